"""Telegram keeps what every messenger and every platform promises, on the local server with the real SDK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.adapters.telegram.adapter import TelegramPlatform
from bot.pace import Pace
from tests.contracts.messenger import MessengerContract, Standing
from tests.contracts.platform import Loop, PlatformContract, Scene
from tests.platforms.clock import FastClock
from tests.platforms.telegram.server import TelegramServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with TelegramServer(FastClock()) as running:
        yield running
        assert running.violations == []
        assert running.rate_limited == 0


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


def platform(server: TelegramServer) -> TelegramPlatform:
    return TelegramPlatform(token=server.token, api_url=server.api_url, pace=Pace(server.clock), timer=server.clock)


class TestMessenger(MessengerContract):
    @pytest.fixture
    def place(self, server: TelegramServer, loop: Loop) -> Standing:
        chat = server.group("desk", server.user("Alice"))

        def seen() -> str:
            shown = server.messages(chat)
            return "\n\n".join("\n".join([one.text, *one.buttons]) for one in shown)

        def down(away: bool) -> None:
            server.faults.down = away

        return Standing(
            platform(server).at(chat),
            lambda: platform(server).at(chat),
            seen,
            lambda: down(away=True),
            lambda: down(away=False),
            loop.do,
        )


class TestPlatform(PlatformContract):
    @pytest.fixture
    def scene(self, server: TelegramServer, loop: Loop) -> Iterator[Scene]:
        alice, bob = server.user("Alice", started=True), server.user("Bob", started=True)
        chat = server.group("desk", alice, bob)
        made = Scene(platform(server), lambda: platform(server), server, loop, chat, chat, alice, bob, "", server.token)
        yield made
        made.stop()
