"""Something said in a chat that is no card: a digest, a question about what was done."""

from __future__ import annotations

from dataclasses import dataclass

from core.card import Button


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and lines under it. `lines` are text, never markup; each platform sets them in its own way."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """`id`: the same for the same note, so that one that may have come through is found.

    `picture`: a PNG, and `alt` what it shows, in words. `rows`: rows of buttons, as an answer has them.
    """

    id: str
    title: str
    sections: tuple[Section, ...] = ()
    foot: str = ""
    picture: bytes = b""
    alt: str = ""
    rows: tuple[tuple[Button, ...], ...] = ()
