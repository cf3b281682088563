"""A small desk on the local Discord, for tests that drive it with the SDK alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import discord
import pytest
from discord import ui

from tests.platforms.clock import FastClock
from tests.platforms.discord.client import Press, Running
from tests.platforms.discord.server import DiscordServer
from tests.platforms.hands import Shown


class Clock(FastClock):
    """One that can be put forward."""

    def put_forward(self, seconds: float) -> None:
        self._began -= seconds / self.speed


class Scene:
    """A guild with Alice and Bob, one channel, and a bot in it."""

    def __init__(self, server: DiscordServer) -> None:
        self.server = server
        self.guild = server.guild("desk")
        self.alice = server.user("Alice", self.guild)
        self.bob = server.user("Bob", self.guild)
        self.chat = server.channel("orders", self.guild)

    def post(self, running: Running, *args: Any, **options: Any) -> discord.Message:
        channel = running.bot.get_partial_messageable(int(self.chat))
        return running.do(channel.send(*args, **options))

    def card(self, running: Running, *labels: str) -> Shown:
        view = ui.View(timeout=None)
        for label in labels or ("Approve", "Reject"):
            view.add_item(ui.Button[ui.View](label=label, custom_id=f"{label.lower()}:1"))
        self.post(running, "**Sell** 1 AAPL?", view=view)
        return self.server.messages(self.chat)[-1]


def answering(running: Running, answer: Callable[[Press], Awaitable[Any]]) -> None:
    running.bot.answer = answer


def refusal(call: Callable[[], Any]) -> tuple[int, int]:
    with pytest.raises(discord.HTTPException) as problem:
        call()
    return problem.value.status, problem.value.code
