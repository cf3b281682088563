"""Notes as Telegram's HTML. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.adapters.telegram.render import LONGEST_TEXT
from bot.adapters.telegram.text import cut, inert
from core.note import Note, Section
from core.shortening import shortened
from core.text import clean, units

# https://core.telegram.org/bots/api#sendphoto: "0-1024 characters after entities parsing", "at most 10 MB in size".
LONGEST_CAPTION, LARGEST_PICTURE = 1_024, 10 * 1024 * 1024
# telegram.constants.InlineKeyboardMarkupLimit; in rows of our own making they are never more than five.
MOST_BUTTONS = 100
_LONGEST_WORDS = 900
_MOST_LIVELY = 60
"""Words within code, of the hundred entities that a message bears; each section has a heading besides."""


def shown_note(note: Note, *, longest: int = LONGEST_TEXT, picture: bool = True) -> Note:
    """What there is room for. `picture`: whether that stands beside it, or its words do."""
    if note.picture and not picture:
        words = cut(clean(note.alt), _LONGEST_WORDS) or "a picture"
        sections = (Section("", (f"🖼 {words}",)), *note.sections)
        return shown_note(replace(note, sections=sections, picture=b""), longest=longest)
    return shortened(note, longest, units, most_buttons=MOST_BUTTONS)


def fits_a_caption(note: Note) -> bool:
    """Whether all of it can stand with its picture in one message."""
    return shown_note(note, longest=LONGEST_CAPTION) == shown_note(note)


def note_html(note: Note) -> str:
    """A note that was shortened."""
    blocks = [inert(note.title, "b")]
    bodies = [[inert(line) for line in section.lines] for section in note.sections]
    if sum(line.count("<code>") for body in bodies for line in body) > _MOST_LIVELY:
        # All of a section's text as one piece of code, where Telegram finds nothing to link.
        bodies = [[inert("\n".join(section.lines), most=-1)] if section.lines else [] for section in note.sections]
    for section, body in zip(note.sections, bodies, strict=True):
        heading = [inert(section.title, "b", 0)] if section.title else []
        blocks.append("\n".join([*heading, *body]))
    if note.foot:
        blocks.append(inert(note.foot, "i", 0))
    return "\n\n".join(block for block in blocks if block)
