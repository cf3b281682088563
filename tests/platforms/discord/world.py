"""Who and what there is: users, guilds, channels and messages. Touched on the server's own loop alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.platforms.clock import FastClock

Json = dict[str, Any]

# https://discord.com/developers/docs/reference#snowflakes
_EPOCH = 1_420_070_400_000
# https://discord.com/developers/docs/topics/permissions
PERMISSIONS = {
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "use_application_commands": 1 << 31,
    "send_messages_in_threads": 1 << 38,
}
TEXT, DIRECT, THREAD = 0, 1, 11


@dataclass
class User:
    id: str
    name: str
    bot: bool = False
    guest: bool = False


@dataclass
class Guild:
    id: str
    name: str
    owner: str
    members: dict[str, set[str]]
    """The roles of each member."""
    roles: dict[str, str]
    """Names of the roles; the one of everybody has the guild's own id."""
    joined: bool = True
    """Whether the bot was invited."""


@dataclass
class Message:
    id: str
    channel: str
    author: str
    at: float
    timestamp: str
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    flags: int = 0
    type: int = 0
    nonce: str | int | None = None
    reply_to: str | None = None
    only_for: str | None = None
    webhook: str | None = None
    interaction: Json | None = None
    mentions: list[str] = field(default_factory=list)
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    edited: str | None = None
    edits: int = 0
    changed: int = 0
    """When it last changed, as the world counts its changes."""

    @property
    def loading(self) -> bool:
        """A deferred answer whose content is still to come."""
        return bool(self.flags & 1 << 7)


@dataclass
class Channel:
    id: str
    type: int
    name: str = ""
    guild: str | None = None
    parent: str | None = None
    person: str | None = None
    """Whose direct chat with the bot it is."""
    denied: set[str] = field(default_factory=set)
    """Permissions that the bot does not have here."""
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def permissions(self) -> int:
        return sum(bit for name, bit in PERMISSIONS.items() if name not in self.denied)


class World:
    def __init__(self, clock: FastClock) -> None:
        self.clock = clock
        self.changes = 0
        self._last = 0
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.deleted: set[str] = set()
        self.files: dict[str, bytes] = {}
        """What attachments hold."""
        # Old applications have a bot user with another id than their own: what mixes them up shows here.
        self.application = self.snowflake()
        self.bot = self.add_user("placet", bot=True)
        self.owner = self.add_user("owner")

    def snowflake(self) -> str:
        wanted = (int(self.clock.now().timestamp() * 1000) - _EPOCH) << 22
        self._last = max(wanted, self._last + 1)
        return str(self._last)

    def timestamp(self) -> str:
        return self.clock.now().isoformat()

    def add_user(self, name: str, *, bot: bool = False, guest: bool = False) -> User:
        user = User(self.snowflake(), name, bot, guest)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, *, joined: bool) -> Guild:
        number = self.snowflake()
        members: dict[str, set[str]] = {one: set() for one in [self.owner.id, *([self.bot.id] if joined else [])]}
        guild = Guild(number, name, self.owner.id, members, {number: "@everyone"}, joined)
        self.guilds[number] = guild
        return guild

    def add_channel(self, name: str, guild: str, parent: str | None = None) -> Channel:
        channel = Channel(self.snowflake(), THREAD if parent else TEXT, name, guild, parent)
        self.channels[channel.id] = channel
        return channel

    def direct(self, user: str) -> Channel:
        """The chat of a person with the bot alone."""
        for channel in self.channels.values():
            if channel.person == user:
                return channel
        channel = Channel(self.snowflake(), DIRECT, person=user)
        self.channels[channel.id] = channel
        return channel

    def message(self, channel: str, message: str) -> Message | None:
        found = self.channels.get(channel)
        return found.messages.get(message) if found else None

    def keep(self, message: Message) -> Message:
        self.channels[message.channel].messages[message.id] = message
        return self.touch(message)

    def touch(self, message: Message) -> Message:
        self.changes += 1
        message.changed = self.changes
        return message

    def forget(self, message: Message) -> None:
        self.changes += 1
        self.deleted.add(message.id)
        self.channels[message.channel].messages.pop(message.id, None)

    def sees(self, user: str, channel: Channel) -> bool:
        if channel.guild is None:
            return channel.person == user
        return user in self.guilds[channel.guild].members

    def shares_a_guild(self, user: str) -> bool:
        """Whether the bot may write to this user alone: https://support.discord.com/hc/en-us/articles/217916488"""
        return any(guild.joined and user in guild.members for guild in self.guilds.values())
