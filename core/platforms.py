"""What the core asks of a chat platform: to show cards and notes, and to bring taps.

An absent capability is data (`Limits`), never a method that raises NotImplementedError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.card import Card
from core.note import Note
from core.ports import PostRef
from core.taps import Answer, Form, Tap


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` calls in any `seconds` seconds. `calls`: which of them; `chat`: in each chat, or in all."""

    most: int
    seconds: float
    calls: frozenset[str] = frozenset({"post", "update", "say"})
    chat: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform can show and bear. `None` means unlimited."""

    text: int | None = None
    """Characters in one message."""
    edits: bool = True
    """Whether a message can be changed after it was sent."""
    rates: tuple[Rate, ...] = ()
    fields: int | None = None
    """Fields in one form; 0: forms are asked field by field, in the chat."""


class Messenger(Protocol):
    """Shows cards in one place. What the platform does not take is raised as DeliveryFailed, and nothing else is."""

    @property
    def limits(self) -> Limits: ...

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        """Show a card. The reference must still be good after a restart.

        `again`: an earlier attempt may have come through, and nobody knows. Where the platform can tell, the card
        that stands already is found and shown anew in place of a second one.
        """

    async def update(self, ref: PostRef, card: Card) -> None:
        """Make the post show this card. The same card again is success. Raises PostGone when it was deleted."""

    async def notify(self, channel: str, text: str) -> None:
        """Say one sentence."""

    async def say(self, channel: str, note: Note, again: bool = False) -> PostRef:
        """Say something longer, perhaps with a picture and buttons.

        `again`: an earlier attempt may have come through. Where the platform can tell, the note that stands already
        is found and no second one sent.
        """

    async def renew(self, ref: PostRef, note: Note) -> None:
        """Make a note that was said read so: its text and its buttons. Raises PostGone when it was deleted."""


class Taps(Protocol):
    """What a platform's taps are handed to. Never raises: whatever goes wrong is an answer."""

    async def tap(self, tap: Tap) -> Answer:
        """Do what was asked, durably, and say what came of it. May take as long as the database takes."""

    async def asked(self, tap: Tap, form: Form, ref: str) -> None:
        """A form stands as a question in the message `ref`: a reply to it comes as a tap with `reply_to`."""


class Platform(Protocol):
    """One platform with one account of ours on it. Raises nothing at construction: what is wrong is its `trouble`."""

    name: str

    @property
    def trouble(self) -> str | None:
        """Why no taps can come now (never with a token in it), or None."""

    def at(self, address: str) -> Messenger:
        """The messenger of one chat."""

    def direct(self, user: str) -> Messenger:
        """The messenger of the chat with one person alone."""

    async def run(self, taps: Taps) -> None:
        """Bring taps until cancelled; a platform that is away, or does not take our token, is tried again and again.

        When cancelled: take no more, let the taps in flight be answered, close every connection.
        """

    async def check(self, addresses: Sequence[str] = ()) -> Sequence[Finding]:
        """Look at the token, its rights and these chats, and change nothing: what `placet doctor` prints."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy`: what to do, where it is not in order."""

    what: str
    remedy: str | None = None
