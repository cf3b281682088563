"""A platform with a channel in which the bot is, and the people of the house on it."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.platforms.clock import FastClock
from tests.platforms.discord.server import DiscordServer
from tests.platforms.hands import Hands, Reaction, Shown
from tests.platforms.slack.server import SlackServer
from tests.platforms.telegram.server import TelegramServer

PEOPLE = ("alice", "bob", "dave", "erin", "frank")
_LATE = re.compile(r"acknowledged after|not acknowledged within|after it began|query is too old|10062")
_SLACK_PING = re.compile(r"<[!@#]")


@dataclass
class Town:
    """`users`: the platform's id of each person. `edits`: the methods by which cards are changed."""

    name: str
    hands: Hands
    settings: Mapping[str, Any]
    token: str
    chat: str
    address: str
    """The chat as `placet.yaml` names it."""
    users: Mapping[str, str]
    stranger: str
    edits: tuple[str, ...]
    pinged: Callable[[], list[str]]
    """Whom or what our own messages would have called, if anybody."""
    rename: Callable[[str, str], None]
    workspace: str = ""

    def account(self, person: str) -> str:
        """As `placet.yaml` declares it."""
        user = self.users[person]
        return json.dumps(f"{self.workspace}/{user}" if self.workspace else user)

    def broken(self, clock: FastClock) -> list[str]:
        """What broke a rule of the platform. Where its time runs faster, its 3 s are a part of one of ours: then what
        came late says how busy this machine was.
        """
        return [one for one in self.hands.violations if clock.speed == 1 or not _LATE.search(one)]

    def cards(self) -> list[Shown]:
        """What stands in the channel for everybody."""
        return [shown for shown in self.hands.messages(self.chat) if shown.only_for is None]

    @staticmethod
    def offering(reaction: Reaction, label: str) -> Shown:
        found = [shown for shown in reaction.messages if label in shown.buttons]
        assert found, (label, reaction)
        return found[-1]

    def sets(self, opened: Reaction, name: str, value: str) -> Reaction:
        """Change one parameter, from what *Modify* has opened to the difference; by form or by keyboard."""
        alice = self.users["alice"]
        if opened.form is not None:
            return self.hands.fill(alice, opened.form, {name: value})
        panel = next(shown for shown in opened.messages if any(label.startswith(name) for label in shown.buttons))
        label = next(label for label in panel.buttons if label.startswith(name))
        asked = self.hands.press(alice, panel, label)
        question = asked.messages[-1]
        answered = self.hands.say(alice, question.chat, value, reply_to=question)
        done = "Done: show the change"
        return self.hands.press(alice, self.offering(answered, done), done)

    @contextmanager
    def slow_database(self, url: str, seconds: float) -> Iterator[None]:
        """Somebody else holds the SQLite file for so long."""
        held = threading.Event()

        def hold() -> None:
            connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(seconds)
            connection.execute("ROLLBACK")
            connection.close()

        thread = threading.Thread(target=hold)
        thread.start()
        assert held.wait(10)
        try:
            yield
        finally:
            thread.join()


@contextmanager
def slack(clock: FastClock) -> Iterator[Town]:
    with SlackServer(clock) as server:
        users = {name: server.add_user(name.capitalize()) for name in PEOPLE}
        stranger = server.add_user("Mallory")
        chat = server.add_channel("orders", *users.values(), stranger)

        def pinged() -> list[str]:
            return [
                text
                for call in server.calls
                if call.method in ("chat.postMessage", "chat.update")
                for text in _mrkdwn(call.asked)
                if _SLACK_PING.search(re.sub(r"<!date\^[^>]*>", "", text))
            ]

        settings = {
            "slack_bot_token": server.bot_token,
            "slack_app_token": server.app_token,
            "slack_api_url": server.api_url,
        }
        edits = ("chat.update",)
        yield Town(
            "slack",
            server,
            settings,
            server.bot_token,
            chat,
            chat,
            users,
            stranger,
            edits,
            pinged,
            server.rename,
            server.team.id,
        )


def _mrkdwn(arguments: Mapping[str, Any]) -> list[str]:
    """Every text of a call in which Slack looks for markup."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("type") == "mrkdwn":
                found.append(value["text"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(arguments.get("blocks", []))
    if "text" in arguments:
        found.append(str(arguments["text"]))
    return found


@contextmanager
def discord(clock: FastClock) -> Iterator[Town]:
    with DiscordServer(clock, max_concurrency=5) as server:
        guild = server.guild("desk")
        users = {name: server.user(name.capitalize(), guild) for name in PEOPLE}
        stranger = server.user("Mallory", guild)
        chat = server.channel("orders", guild)

        def pinged() -> list[str]:
            return [
                call.route
                for call in server.calls
                if call.route.endswith("/messages") and (call.arguments or {}).get("allowed_mentions") != {"parse": []}
            ]

        settings = {
            "discord_token": server.token,
            "discord_api_url": server.api_url,
            "discord_gateway_url": server.gateway_url,
        }
        edits = ("PATCH /channels/{channel}/messages/{message}",)
        yield Town("discord", server, settings, server.token, chat, chat, users, stranger, edits, pinged, server.rename)


@contextmanager
def telegram(clock: FastClock) -> Iterator[Town]:
    with TelegramServer(clock) as server:
        users = {name: server.user(name.capitalize(), started=True) for name in PEOPLE}
        stranger = server.user("Mallory", started=True)
        chat = server.group("orders", *users.values(), stranger)

        def pinged() -> list[str]:
            return [
                str(entity)
                for shown in server.messages(chat)
                if shown.buttons
                for entity in server.entities(shown)
                if entity["type"] in ("mention", "text_mention", "url", "text_link")
            ]

        settings = {"telegram_token": server.token, "telegram_api_url": server.api_url}
        edits = ("editMessageText",)
        yield Town(
            "telegram", server, settings, server.token, chat, chat, users, stranger, edits, pinged, server.rename
        )


MAKERS: dict[str, Callable[[FastClock], AbstractContextManager[Town]]] = {
    "slack": slack,
    "discord": discord,
    "telegram": telegram,
}
