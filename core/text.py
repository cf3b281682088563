"""Text from outside stays text: what is refused at the door, and what is cut on a card."""

from __future__ import annotations

import unicodedata

_NEWLINES = frozenset("\n\t")
_JOINERS = frozenset("\u200c\u200d")
ELLIPSIS = "…"

# Characters of these Unicode categories show nothing and can hide or reorder what stands beside them:
# Cc control, Cf format (bidi overrides, zero-width), Cs surrogates, Co private, Cn unassigned, Zl and Zp separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and signs that show nothing, whatever their category says.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_MOST_MARKS = 3


def fault(text: str, *, longest: int, lines: bool = False, joiners: bool = False) -> str | None:
    """What is wrong with `text`, as the end of a sentence, or None.

    `longest`: in characters. `lines`: line breaks and tabs may stand in it. `joiners`: so may the zero-width
    joiners that emoji and some scripts need; only in what people write, never in what programs send.
    """
    if len(text) > longest:
        return f"is longer than {longest} characters"
    if text.isascii() and text.isprintable():
        return None
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > _MOST_MARKS:
            return f"stacks more than {_MOST_MARKS} marks on one letter; take them off"
        if category in _INVISIBLE or character in _BLANK:
            if (lines and character in _NEWLINES) or (joiners and character in _JOINERS):
                continue
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            return f"holds a character that cannot be seen ({name}); take it out"
    return None


def normal(text: str) -> str:
    """Unicode NFC, so that the same text has the same bytes."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def cut(text: str, longest: int) -> str:
    """At most `longest` characters, with a mark where something was cut."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + ELLIPSIS
