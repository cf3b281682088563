"""Placet's adapter, and nothing else of Placet, on the local Telegram."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.adapters.telegram.adapter import TelegramPlatform
from bot.pace import Pace
from tests.contracts.platform import Loop, Scene
from tests.platforms.clock import FastClock
from tests.platforms.telegram.server import TelegramServer


@contextmanager
def running() -> Iterator[TelegramServer]:
    """A server that nobody has done anything forbidden to at the end."""
    with pytest.MonkeyPatch.context() as patch, TelegramServer(FastClock()) as server:
        # A proxy that the machine may have is for the internet.
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield server
        assert server.violations == []
        assert server.rate_limited == 0


def platform_on(server: TelegramServer) -> TelegramPlatform:
    return TelegramPlatform(token=server.token, api_url=server.api_url, pace=Pace(server.clock), timer=server.clock)


@contextmanager
def served(server: TelegramServer, *, bob_started: bool = False) -> Iterator[Scene]:
    """A group with Alice, who has started the bot, and Bob, who may have."""
    loop = Loop()
    alice, bob = server.user("Alice", started=True), server.user("Bob", started=bob_started)
    chat = server.group("desk", alice, bob)
    scene = Scene(
        platform_on(server), lambda: platform_on(server), server, loop, chat, chat, alice, bob, "", server.token
    )
    try:
        yield scene
    finally:
        scene.stop()
        loop.close()
