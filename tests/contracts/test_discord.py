"""Discord keeps what every messenger and every platform promises: the real SDK, against a local server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.messenger import MessengerContract, Standing
from tests.contracts.platform import PlatformContract, Scene
from tests.platforms.clock import FastClock
from tests.platforms.discord.house import house, platform
from tests.platforms.discord.server import DiscordServer


@pytest.fixture
def server() -> Iterator[DiscordServer]:
    with DiscordServer(FastClock()) as running:
        yield running


class TestDiscordMessenger(MessengerContract):
    @pytest.fixture
    def place(self, server: DiscordServer) -> Any:
        chat = server.channel("desk", server.guild("house"))

        def down(away: bool) -> None:
            server.faults.down = away

        yield Standing(
            platform(server).at(chat),
            lambda: platform(server).at(chat),
            lambda: "\n".join(f"{shown.text}\n{' | '.join(shown.buttons)}" for shown in server.messages(chat)),
            lambda: down(away=True),
            lambda: down(away=False),
        )
        # What is no message's number is never sent.
        assert server.violations == []


class TestDiscordPlatform(PlatformContract):
    @pytest.fixture
    def scene(self) -> Iterator[Scene]:
        with house() as made:
            assert made.platform.__class__.__module__ == "bot.adapters.discord.adapter"
            yield made
