"""Placet's own Slack adapter before the local Slack, with taps that answer as told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.adapters.slack.adapter import SlackPlatform
from bot.pace import Pace, Timer, WallTimer
from tests.contracts.platform import Loop, Scene, eventually
from tests.platforms.slack.desk import Clock, Json
from tests.platforms.slack.server import SlackServer
from tests.platforms.slack.socket_mode import Ack


def platform(server: SlackServer, timer: Timer | None = None) -> SlackPlatform:
    timer = timer or WallTimer()
    return SlackPlatform(
        bot_token=server.bot_token, app_token=server.app_token, api_url=server.api_url, pace=Pace(timer), timer=timer
    )


@contextmanager
def slack_scene(server: SlackServer, loop: Loop, timer: Timer | None = None) -> Iterator[Scene]:
    """Alice and Bob in a channel with the bot. `timer`: by which Placet waits, if not by the machine's own seconds."""
    alice, bob = server.add_user("Alice"), server.add_user("Bob")
    chat = server.add_channel("orders", alice, bob)
    made = Scene(
        platform(server, timer),
        lambda: platform(server, timer),
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


async def _left() -> int:
    return len(asyncio.all_tasks()) - 1


@dataclass
class Stage:
    """A scene with what only Slack's server can do."""

    server: SlackServer
    scene: Scene
    clock: Clock

    @property
    def platform(self) -> SlackPlatform:
        assert isinstance(self.scene.platform, SlackPlatform)
        return self.scene.platform

    def deliver(self, kind: str, payload: Json) -> Ack:
        """Send anything at all to the app; how it was acknowledged."""
        return self.server.deliver(kind, payload)

    def calls(self, method: str) -> list[Json]:
        return [one.asked for one in self.server.calls if one.method == method]

    def sees(self, words: str, user: str = "") -> Callable[[], bool]:
        def look() -> bool:
            return any(words in one.text for one in self.server.messages(self.scene.chat, user or self.scene.alice))

        return look
