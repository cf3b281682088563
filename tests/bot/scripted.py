"""A messenger that does as it is told: takes cards, fails, is slow, loses what stood."""

from __future__ import annotations

import asyncio
from collections import deque

from bot.adapters.console.render import lines, plain
from core.card import Card
from core.errors import PostGone
from core.ports import Limits, PostRef


class Chat:
    """The platform: what stands in it survives any messenger. `trouble` is raised one by one, `down` every time."""

    def __init__(self) -> None:
        self.standing: dict[str, Card] = {}
        self.said: list[str] = []
        self.calls: list[str] = []
        self.trouble: deque[Exception] = deque()
        self.down: Exception | None = None
        self.refused: dict[str, Exception] = {}
        """Titles of cards that it never takes."""
        self.delay = 0.0

    async def take(self, call: str) -> None:
        self.calls.append(call)
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.trouble:
            raise self.trouble.popleft()
        if self.down is not None:
            raise self.down

    def seen(self) -> str:
        return "\n".join(line for card in self.standing.values() for line in lines(card)) + "\n".join(self.said)


class Scripted:
    """`core.ports.Messenger` on a `Chat`."""

    limits = Limits()

    def __init__(self, chat: Chat) -> None:
        self.chat = chat

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        await self.chat.take("post")
        if refusal := self.chat.refused.get(card.title):
            raise refusal
        ref = f"{len(self.chat.calls)}:{card.request}"
        self.chat.standing[ref] = card
        return PostRef(channel, ref)

    async def update(self, ref: PostRef, card: Card) -> None:
        await self.chat.take("update")
        if ref.ref not in self.chat.standing:
            raise PostGone("this message was deleted")
        self.chat.standing[ref.ref] = card

    async def notify(self, channel: str, text: str) -> None:
        await self.chat.take("notify")
        self.chat.said.append(plain(text))
