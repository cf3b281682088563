"""Telegram keeps what every messenger and every platform promises, on the local server with the real SDK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.adapters.telegram.adapter import TelegramPlatform
from tests.contracts.messenger import MessengerContract, Standing
from tests.contracts.platform import Loop, PlatformContract, Scene
from tests.platforms.telegram.served import platform_on, running, served
from tests.platforms.telegram.server import TelegramServer


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with running() as server:
        yield server


class TestMessenger(MessengerContract):
    @pytest.fixture
    def place(self, server: TelegramServer) -> Iterator[Standing]:
        loop, chat = Loop(), server.group("desk", server.user("Alice"))

        def seen() -> str:
            shown = server.messages(chat)
            return "\n\n".join("\n".join([one.text, *one.buttons]) for one in shown)

        def down(away: bool) -> None:
            server.faults.down = away

        yield Standing(
            platform_on(server).at(chat),
            lambda: platform_on(server).at(chat),
            seen,
            lambda: down(away=True),
            lambda: down(away=False),
            loop.do,
        )
        loop.close()


class TestPlatform(PlatformContract):
    @pytest.fixture
    def scene(self, server: TelegramServer) -> Iterator[Scene]:
        with served(server, bob_started=True) as scene:
            assert isinstance(scene.platform, TelegramPlatform)
            yield scene
