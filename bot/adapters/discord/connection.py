"""The SDK's part: it keeps the connection and brings what happens. It keeps nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import discord

from bot.pace import Timer

_LONGEST_AWAY, _LOOKS = 30.0, 10
_REMEMBERED = 1_000
log = logging.getLogger("placet.discord")


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told what."""

    connected: Callable[[str], None]
    """The application's id; nothing when the connection was resumed."""
    lost: Callable[[], None]
    pressed: Callable[[discord.Interaction[Any]], None]
    wrote: Callable[[discord.Message, int], None]
    """A message, and our own user id."""


class Ears(discord.Client):
    """One client, for as long as the SDK bears it."""

    def __init__(self, timer: Timer, listeners: Listeners) -> None:
        intents = discord.Intents.none()
        # None of these is privileged: words in servers come along when they mention us, and only then.
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.0,
        )
        self._timer = timer
        self._told = listeners
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._lost_at: float | None = timer.time()
        self.ready_at: float | None = None

    async def listen(self, token: str) -> None:
        """Until the SDK fails or has been away for too long: short losses it resumes by itself, and misses nothing.

        Its own pauses grow to a quarter of an hour; ours do not.
        """
        life = asyncio.create_task(self.start(token))
        away = asyncio.create_task(self._away_for(_LONGEST_AWAY))
        try:
            await asyncio.wait({life, away}, return_when=asyncio.FIRST_COMPLETED)
            if life.done():
                life.result()
        finally:
            await self.close()
            life.cancel()
            away.cancel()
            await asyncio.gather(life, away, return_exceptions=True)

    async def _away_for(self, seconds: float) -> None:
        """Return when there has been no connection for so long."""
        while self._lost_at is None or self._timer.time() - self._lost_at < seconds:
            await self._timer.sleep(seconds / _LOOKS)

    async def on_connect(self) -> None:
        self._lost_at = None
        self.ready_at = self._timer.time()
        self._told.connected(str(self.application_id))

    async def on_resumed(self) -> None:
        self._lost_at = None
        self._told.connected("")

    async def on_disconnect(self) -> None:
        if self._lost_at is None:
            self._lost_at = self._timer.time()
            self._told.lost()

    async def on_interaction(self, given: discord.Interaction[Any]) -> None:
        if self._is_new(given.id):
            self._told.pressed(given)

    async def on_message(self, message: discord.Message) -> None:
        if self.user is not None and self._is_new(message.id):
            self._told.wrote(message, self.user.id)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        log.exception("%s failed", event_method)

    def _is_new(self, number: int) -> bool:
        """A connection that is resumed may bring again what it has brought."""
        if number in self._seen:
            return False
        self._seen[number] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True
