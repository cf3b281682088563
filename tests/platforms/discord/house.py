"""A house with people and a desk on the local Discord, and Placet's own platform to be run in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.adapters.discord.adapter import DiscordPlatform
from bot.pace import Pace
from tests.contracts.platform import Loop, Scene
from tests.platforms.discord.scene import Clock
from tests.platforms.discord.server import DiscordServer


def platform(server: DiscordServer) -> DiscordPlatform:
    urls = {"api_url": server.api_url, "gateway_url": server.gateway_url}
    return DiscordPlatform(token=server.token, **urls, pace=Pace(server.clock), timer=server.clock)


@contextmanager
def house() -> Iterator[Scene]:
    """Alice, Bob and a desk. At the end nothing may be left running, and no call may have broken a rule."""
    # Several starts within five seconds are refused to a bot that has just been made; here they are not the matter.
    with DiscordServer(Clock(), max_concurrency=10) as server:
        guild = server.guild("house")
        chat = server.channel("desk", guild)
        scene = Scene(
            platform=platform(server),
            again=lambda: platform(server),
            hands=server,
            loop=Loop(),
            chat=chat,
            address=chat,
            alice=server.user("Alice", guild),
            bob=server.user("Bob", guild),
            workspace="",
            token=server.token,
        )
        try:
            yield scene
        finally:
            scene.stop()
            scene.loop.close()
        assert server.violations == []
