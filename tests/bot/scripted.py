"""A messenger that does as it is told: takes cards, fails, is slow, loses what stood, counts how often it is called."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.adapters.console.render import lines, note_lines, plain
from bot.pace import Timer
from core.card import Card
from core.errors import DeliveryFailed, PostGone
from core.note import Note
from core.platforms import Limits, Rate
from core.ports import PostRef


@dataclass(frozen=True)
class Call:
    """What was called, when, and with which card (its `request`), note (its `id`) or sentence."""

    kind: str
    at: float
    what: str


class Chat:
    """The platform: what stands in it survives any messenger. `trouble` is raised one by one, `down` every time."""

    def __init__(self, timer: Timer | None = None, rates: tuple[Rate, ...] = ()) -> None:
        self.standing: dict[str, Card] = {}
        self.notes: dict[str, Note] = {}
        """By the reference of the message."""
        self.said: list[str] = []
        self.calls: list[str] = []
        self.log: list[Call] = []
        self.trouble: deque[Exception] = deque()
        self.down: Exception | None = None
        self.refused: dict[str, Exception] = {}
        """Titles of cards that it never takes."""
        self.lost: deque[Exception] = deque()
        """What is raised one by one after a card was posted: it stands, and nobody was told so."""
        self.afterwards: Callable[[], Awaitable[None]] | None = None
        """Awaited after a card was posted and before anybody is told."""
        self.again: list[str] = []
        """The cards that were posted as perhaps standing already."""
        self.violations: list[str] = []
        self.delay = 0.0
        self.rates = rates
        self._timer = timer

    async def take(self, call: str, what: str) -> None:
        self.calls.append(call)
        if self._timer is not None:
            self._count(Call(call, self._timer.time(), what))
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.trouble:
            raise self.trouble.popleft()
        if self.down is not None:
            raise self.down

    def _count(self, call: Call) -> None:
        """Strictly: in no window of any rate may there be more calls than it allows."""
        kind = {"notify": "say", "renew": "update"}
        self.log.append(call)
        for rate in self.rates:
            if kind.get(call.kind, call.kind) not in rate.calls:
                continue
            lately = [
                other
                for other in self.log
                if kind.get(other.kind, other.kind) in rate.calls and other.at > call.at - rate.seconds
            ]
            if len(lately) > rate.most:
                self.violations.append(f"{len(lately)} calls within {rate.seconds} s at {call.at:.3f}")

    def cards_of(self, request: str) -> list[Card]:
        return [card for card in self.standing.values() if card.request == request]

    def seen(self) -> str:
        cards = [line for card in self.standing.values() for line in lines(card)]
        notes = [line for note in self.notes.values() for line in note_lines(note)]
        return "\n".join(cards) + "\n".join(self.said) + "\n".join(notes)


class Scripted:
    """`core.ports.Messenger` on a `Chat`. `looks`: whether it can look for what stands already."""

    def __init__(self, chat: Chat, looks: bool = False) -> None:
        self.chat = chat
        self.looks = looks

    @property
    def limits(self) -> Limits:
        return Limits(rates=self.chat.rates)

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        await self.chat.take("post", card.request)
        if refusal := self.chat.refused.get(card.title):
            raise refusal
        ref = f"{len(self.chat.calls)}:{card.request}"
        if again:
            self.chat.again.append(card.request)
            found = [name for name, there in self.chat.standing.items() if there.request == card.request]
            ref = found[0] if self.looks and found else ref
        self.chat.standing[ref] = card
        if self.chat.afterwards is not None:
            await self.chat.afterwards()
        if self.chat.lost:
            raise self.chat.lost.popleft()
        return PostRef(channel, ref)

    async def update(self, ref: PostRef, card: Card) -> None:
        await self.chat.take("update", card.request)
        if ref.ref not in self.chat.standing:
            raise PostGone("this message was deleted")
        self.chat.standing[ref.ref] = card

    async def notify(self, channel: str, text: str) -> None:
        await self.chat.take("notify", text)
        self.chat.said.append(plain(text))

    async def say(self, channel: str, note: Note, again: bool = False) -> PostRef:
        await self.chat.take("say", note.id)
        if refusal := self.chat.refused.get(note.title):
            raise refusal
        ref = f"{len(self.chat.calls)}:{note.id}"
        if again:
            self.chat.again.append(note.id)
            found = [name for name, there in self.chat.notes.items() if there.id == note.id]
            ref = found[0] if self.looks and found else ref
        self.chat.notes[ref] = note
        if self.chat.lost:
            raise self.chat.lost.popleft()
        return PostRef(channel, ref)

    async def renew(self, ref: PostRef, note: Note) -> None:
        await self.chat.take("renew", note.id)
        if ref.ref not in self.chat.notes:
            raise PostGone("this message was deleted")
        self.chat.notes[ref.ref] = note


AWAY = DeliveryFailed("the platform is away", permanent=False)
