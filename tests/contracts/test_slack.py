"""Slack keeps what every messenger and every platform promises, with its real SDK against the local server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bot.adapters.slack.adapter import SlackPlatform
from bot.pace import Pace, WallTimer
from tests.contracts.messenger import MessengerContract, Standing
from tests.contracts.platform import Loop, PlatformContract, Scene, eventually
from tests.platforms.slack.server import SlackServer


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would go through one even to this machine."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with SlackServer() as running:
        # Rates are the business of the pace, which is not there when a messenger is called directly.
        running.web_api.rates.on = False
        yield running


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


def platform(server: SlackServer) -> SlackPlatform:
    timer = WallTimer()
    return SlackPlatform(
        bot_token=server.bot_token, app_token=server.app_token, api_url=server.api_url, pace=Pace(timer), timer=timer
    )


async def _left() -> int:
    return len(asyncio.all_tasks()) - 1


class TestMessenger(MessengerContract):
    @pytest.fixture
    def place(self, server: SlackServer, loop: Loop) -> Iterator[Standing]:
        chat = server.add_channel("orders")

        def seen() -> str:
            return "\n".join("\n".join([shown.text, *shown.buttons]) for shown in server.messages(chat))

        def plug(out: bool) -> None:
            server.faults.down = out

        yield Standing(
            platform(server).at(chat),
            lambda: platform(server).at(chat),
            seen,
            lambda: plug(out=True),
            lambda: plug(out=False),
            loop.do,
        )
        assert server.violations == []


class TestPlatform(PlatformContract):
    @pytest.fixture
    def scene(self, server: SlackServer, loop: Loop) -> Iterator[Scene]:
        alice, bob = server.add_user("Alice"), server.add_user("Bob")
        chat = server.add_channel("orders", alice, bob)
        made = Scene(
            platform(server),
            lambda: platform(server),
            server,
            loop,
            chat,
            chat,
            alice,
            bob,
            server.team.id,
            server.bot_token,
        )
        yield made
        made.stop()
        # Taps in flight are answered first, however long the database takes.
        eventually(lambda: loop.do(_left()) == 0)
        assert server.violations == []
        assert server.pings == []
