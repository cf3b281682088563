"""The real SDK, pointed at the local server: only its two addresses are changed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.platforms.discord.server import TOKEN, DiscordServer

Result = TypeVar("Result")
Press = discord.Interaction[discord.Client]


@contextmanager
def addressed(server: DiscordServer) -> Iterator[None]:
    """The addresses are process-wide, and good for as long as this context."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Route, "BASE", server.api_url)
        patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
        yield


class Bot(discord.Client):
    """Remembers what it is told; `answer` is what it does about an interaction."""

    def __init__(self, intents: discord.Intents | None = None, **options: Any) -> None:
        super().__init__(intents=intents or discord.Intents.default(), guild_ready_timeout=0.1, **options)
        self.answer: Callable[[Press], Awaitable[Any]] | None = None
        self.heard: list[discord.Message] = []
        self.pressed: list[Press] = []
        self.resumed = 0
        self.problems: list[BaseException] = []

    async def on_interaction(self, press: Press) -> None:
        self.pressed.append(press)
        if self.answer is not None:
            try:
                await self.answer(press)
            except (discord.DiscordException, OSError) as problem:
                self.problems.append(problem)

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message)

    async def on_resumed(self) -> None:
        self.resumed += 1

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The SDK's five seconds are the server's business here."""


class Running:
    """A bot on a loop and a thread of its own."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.ended: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stop = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="bot", daemon=True)

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._up.set()
        life = asyncio.create_task(self._start())
        await self._stop.wait()
        await self.bot.close()
        await life

    async def _start(self) -> None:
        try:
            await self.bot.start(TOKEN)
        except (discord.DiscordException, OSError) as problem:
            self.ended = problem

    def do(self, act: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(act, self._loop).result(20)

    def __enter__(self) -> Running:
        self._thread.start()
        self._up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


@contextmanager
def connected(server: DiscordServer, bot: Bot | None = None) -> Iterator[Running]:
    """A bot that is connected and has seen its guilds."""
    with addressed(server), Running(bot or Bot()) as running:
        until(lambda: running.bot.is_ready() or running.ended)
        yield running


def until(true: Callable[[], Any], seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
