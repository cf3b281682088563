"""What Telegram remembers: people, chats, messages and pressed buttons. Touched on the server's own loop only."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.clock import FastClock

Json = dict[str, Any]
SUPERGROUP = -1_000_000_000_000
GENERAL = 1
"""The topic of a forum that every message without a topic is in."""


@dataclass
class User:
    id: int
    name: str
    username: str | None = None
    bot: bool = False
    started: bool = False
    blocked: bool = False
    deleted: bool = False


@dataclass
class Message:
    id: int
    chat: int
    sender: int
    date: float
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    keyboard: list[list[Json]] = field(default_factory=list)
    force_reply: Json | None = None
    photo: bytes | None = None
    photo_id: str = ""
    photo_size: tuple[int, int] = (0, 0)
    preview: Json | None = None
    reply_to: int | None = None
    topic: int | None = None
    edits: int = 0
    edited: float | None = None
    service: Json | None = None
    inaccessible: bool = False
    """The bot can no longer see it, though people still can."""
    changed: int = 0

    @property
    def buttons(self) -> list[Json]:
        return [button for row in self.keyboard for button in row]


@dataclass
class Chat:
    id: int
    kind: str
    """private, group or supergroup."""
    title: str = ""
    members: dict[int, str] = field(default_factory=dict)
    """User to creator, administrator, member, left or kicked."""
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)
    forum: bool = False
    migrated_to: int | None = None
    muted: bool = False
    """Members may not write here; the bot is one."""
    last_sender: int = 0

    def has(self, user: int) -> bool:
        return self.members.get(user) in ("creator", "administrator", "member")


@dataclass
class Query:
    """A pressed button that waits for its answer."""

    id: str
    user: int
    asked: float
    answered: float | None = None
    text: str = ""
    alert: bool = False


class World:
    def __init__(self, clock: FastClock, bot: User) -> None:
        self.clock = clock
        self.bot = bot
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self.photos: dict[str, bytes] = {}
        self.changes = 0
        self._user_ids = itertools.count(10_000_001)
        self._group_ids = itertools.count(4_000_001)
        self._supergroup_ids = itertools.count(2_000_000_001)
        # Private chats and basic groups number their messages together, each supergroup for itself: so ids repeat.
        self._shared_ids = itertools.count(101)
        self._own_ids: dict[int, itertools.count[int]] = {}

    def unix(self, at: float | None = None) -> int:
        began = self.clock.now().timestamp() - self.clock.time()
        return int(began + (self.clock.time() if at is None else at))

    def add_user(self, name: str, username: str | None, *, bot: bool) -> User:
        user = User(next(self._user_ids), name, username, bot)
        self.users[user.id] = user
        self.chats[user.id] = Chat(user.id, "private", members={user.id: "member", self.bot.id: "member"})
        return user

    def add_group(self, title: str, *, supergroup: bool, forum: bool) -> Chat:
        plain = not supergroup and not forum
        number = -next(self._group_ids) if plain else SUPERGROUP - next(self._supergroup_ids)
        chat = Chat(number, "group" if plain else "supergroup", title, forum=forum)
        self.chats[chat.id] = chat
        return chat

    def find(self, chat: str) -> tuple[Chat, int | None]:
        """A chat by the name that `Hands` use: its id, perhaps with a topic (`-100…/17`)."""
        number, _, topic = chat.partition("/")
        return self.chats[int(number)], int(topic) if topic else None

    def message(self, chat: str, number: str) -> Message | None:
        return self.find(chat)[0].messages.get(int(number))

    def add(self, chat: Chat, sender: int, **content: Any) -> Message:
        ids = self._own_ids.setdefault(chat.id, itertools.count(1)) if chat.kind == "supergroup" else self._shared_ids
        message = Message(next(ids), chat.id, sender, self.clock.time(), **content)
        chat.messages[message.id] = message
        if message.service is None:
            chat.last_sender = sender
        self.touch(message)
        return message

    def touch(self, message: Message) -> None:
        self.changes += 1
        message.changed = self.changes

    def edit(self, message: Message, **content: Any) -> None:
        for name, value in content.items():
            setattr(message, name, value)
        message.edits += 1
        message.edited = self.clock.time()
        self.touch(message)

    def ask(self, user: int) -> Query:
        query = Query(str(secrets.randbits(62)), user, self.clock.time())
        self.queries[query.id] = query
        return query

    def migrate(self, old: Chat) -> Chat:
        """A basic group becomes a supergroup with a new id; its messages stay behind."""
        new = self.add_group(old.title, supergroup=True, forum=False)
        new.members = dict(old.members)
        old.migrated_to = new.id
        return new

    def known(self, user: User) -> bool:
        """Whether the bot has ever met this user."""
        groups = [chat for chat in self.chats.values() if chat.kind != "private"]
        return user.started or any(user.id in chat.members and self.bot.id in chat.members for chat in groups)
