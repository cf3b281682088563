"""Slack (`bot.adapters.slack`) keeps what every messenger and every platform promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.messenger import MessengerContract, Standing
from tests.contracts.platform import Loop, PlatformContract, Scene
from tests.platforms.slack.server import SlackServer
from tests.platforms.slack.stage import platform, slack_scene


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
        with slack_scene(server, loop) as made:
            yield made
        assert server.violations == []
        assert server.pings == []
