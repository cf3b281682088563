"""What a Slack remembers: teams, people, conversations, messages, modals."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.clock import FastClock

Json = dict[str, Any]

SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "users:read",
    }
)
"""What the bot's token may do, unless a test says otherwise."""


@dataclass
class Team:
    id: str
    name: str
    bot_user: str
    bot_id: str
    token: str
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))


@dataclass
class User:
    id: str
    team: str
    name: str
    bot: bool = False
    guest: bool = False
    deleted: bool = False
    tz: str = "Europe/Zurich"


@dataclass
class Channel:
    id: str
    team: str
    kind: str
    """channel, group or im"""
    name: str
    members: set[str]
    archived: bool = False
    read_only: bool = False
    """A preference of the workspace keeps apps from posting here."""
    messages: list[Message] = field(default_factory=list)


@dataclass
class Message:
    channel: str
    ts: str
    user: str
    at: float
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    only_for: str | None = None
    edits: int = 0
    files: list[Json] = field(default_factory=list)
    versions: list[tuple[list[Json], list[Json]]] = field(default_factory=list)
    """Blocks and attachments as they were before each edit: somebody may still look at them."""
    unfurl: bool = False
    """Whether Slack looks at addresses in it, as was said when it was posted."""
    deleted: bool = False
    touched: int = 0
    """The world's count of changes when this one was last changed."""

    def remember(self) -> None:
        self.versions.append((deepcopy(self.blocks), deepcopy(self.attachments)))


@dataclass
class View:
    """One layer of a stack of modals."""

    id: str
    user: str
    team: str
    body: Json
    hash: str
    root: str
    previous: str | None
    values: dict[str, str] = field(default_factory=dict)
    """What stands in the inputs now, by block id, where the user or a proposal of the app has put something."""
    errors: dict[str, str] = field(default_factory=dict)
    touched: int = 0


@dataclass
class Trigger:
    """A right to open one modal, for three seconds."""

    user: str
    team: str
    at: float
    from_view: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    """A place to answer to an interaction, five times in half an hour."""

    user: str
    channel: str
    at: float
    message: Message | None
    uses: int = 0


@dataclass
class File:
    id: str
    name: str
    length: int
    content: bytes | None = None
    ready_at: float | None = None


class World:
    """Everything, without any wire."""

    def __init__(self, clock: FastClock) -> None:
        self.clock = clock
        self.app_id = "A0PLACET01"
        self.app_token = f"xapp-1-{self.app_id}-1-{secrets.token_hex(16)}"
        self.app_scopes = {"connections:write"}
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.stacks: dict[str, list[View]] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.files: dict[str, File] = {}
        self.changes = 0
        self._last_ts = 0

    # Making

    def id(self, letter: str) -> str:
        return letter + secrets.token_hex(5).upper()

    def ts(self) -> str:
        """The time of a message, which is its name too: never the same twice."""
        micros = max(int(self.clock.now().timestamp() * 1_000_000), self._last_ts + 1)
        self._last_ts = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def touch(self, thing: Message | View) -> None:
        self.changes += 1
        thing.touched = self.changes

    def team(self, name: str) -> Team:
        """A workspace that has installed the app."""
        made = Team(self.id("T"), name, self.id("U"), self.id("B"), f"xoxb-{secrets.token_hex(12)}")
        self.teams[made.id] = made
        self.users[made.bot_user] = User(made.bot_user, made.id, "placet", bot=True)
        return made

    def direct(self, user: str) -> Channel:
        """The conversation that this user and the bot of the team have alone."""
        for channel in self.channels.values():
            if channel.kind == "im" and user in channel.members:
                return channel
        person = self.users[user]
        bot = self.teams[person.team].bot_user
        channel = Channel(self.id("D"), person.team, "im", "directmessage", {user, bot})
        self.channels[channel.id] = channel
        return channel

    def trigger(self, user: str, team: str, from_view: str | None = None) -> str:
        name = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[name] = Trigger(user, team, self.clock.time(), from_view)
        return name

    # Finding

    def visible(self, channel: Channel, user: str | None) -> Iterator[Message]:
        """What stands there, for this user (what only one user sees comes for that one alone)."""
        return (m for m in channel.messages if not m.deleted and m.only_for in (None, user))

    def message(self, channel: str, ts: str, *, ephemeral: bool = False) -> Message | None:
        """A message as the API finds it: what only one user sees is not there."""
        there = self.channels.get(channel)
        for message in there.messages if there else ():
            if message.ts == ts and not message.deleted and (ephemeral or message.only_for is None):
                return message
        return None

    def view(self, id: str | None = None, external: str | None = None) -> View | None:
        for stack in self.stacks.values():
            for view in stack:
                if (id and view.id == id) or (external and view.body.get("external_id") == external):
                    return view
        return None

    def public_view(self, view: View) -> Json:
        """A view as Slack describes it to the app."""
        team = self.teams[view.team]
        body = view.body
        return {
            "id": view.id,
            "team_id": view.team,
            "type": "modal",
            "blocks": body["blocks"],
            "private_metadata": body.get("private_metadata", ""),
            "callback_id": body.get("callback_id", ""),
            "state": {"values": {}},
            "hash": view.hash,
            "title": body["title"],
            "clear_on_close": body.get("clear_on_close", False),
            "notify_on_close": body.get("notify_on_close", False),
            "close": body.get("close"),
            "submit": body.get("submit"),
            "previous_view_id": view.previous,
            "root_view_id": view.root,
            "app_id": self.app_id,
            "external_id": body.get("external_id", ""),
            "app_installed_team_id": view.team,
            "bot_id": team.bot_id,
        }

    def public_message(self, message: Message, metadata: bool = False) -> Json:
        """A message as Slack describes it to the app."""
        team = self.teams[self.channels[message.channel].team]
        body: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text, "team": team.id}
        if message.user == team.bot_user:
            body |= {"bot_id": team.bot_id, "app_id": self.app_id}
            body["bot_profile"] = {"id": team.bot_id, "app_id": self.app_id, "name": "Placet", "team_id": team.id}
        elif self.users[message.user].bot:
            body |= {"subtype": "bot_message", "bot_id": f"B{message.user[1:]}"}
        if message.blocks:
            body["blocks"] = message.blocks
        if message.attachments:
            body["attachments"] = message.attachments
        if message.thread_ts:
            body["thread_ts"] = message.thread_ts
        if message.edits:
            body["edited"] = {"user": message.user, "ts": message.ts}
        if message.files:
            body["files"] = message.files
        if metadata and message.metadata:
            body["metadata"] = message.metadata
        return body
