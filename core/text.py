"""Text from outside stays text: what is refused at the door, what is shown of it, and where it is cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_NEWLINES = frozenset("\n\t")
_JOINER = "\u200d"
_JOINERS = frozenset("\u200c\u200d")
_SKIN_COLOURS = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_FLAG_HALVES = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))
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


def units(text: str) -> int:
    """How long a text is in UTF-16, as Discord and Telegram count: an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str, *, lines: bool = False) -> str:
    """A text that shows all it holds: what could steer, hide or reorder becomes a mark. `lines`: in several lines."""
    if text.isascii() and text.isprintable():
        return text
    shown = []
    for at, character in enumerate(text):
        if character == "\n":
            shown.append("\n" if lines else "⏎")
        elif unicodedata.category(character) not in _INVISIBLE or _joins(text, at):
            shown.append(character)
        else:
            shown.append("\ufffd")
    return "".join(shown)


def _joins(text: str, at: int) -> bool:
    """Whether a joiner stands where emoji and some scripts need it: between two characters that are not ASCII."""
    if text[at] not in _JOINERS or not 0 < at < len(text) - 1:
        return False
    return not text[at - 1].isascii() and not text[at + 1].isascii() and text[at + 1] not in _JOINERS


def cut(text: str, longest: int, size: Callable[[str], int] = len) -> str:
    """At most `longest`, as `size` counts it, with a mark where something was cut.

    Never within what reads as one character: a letter and its marks, a joined emoji, a flag. `size` must not shrink as
    a text grows, and counts the mark as one.
    """
    if len(text) <= longest and size(text) <= longest:
        return text
    if longest <= 0:
        return ""
    low, high = 0, min(len(text), longest - 1)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle]) < longest:
            low = middle
        else:
            high = middle - 1
    return text[: _boundary(text, low)].rstrip() + ELLIPSIS


def _boundary(text: str, end: int) -> int:
    """The last place up to `end` at which nothing is parted that reads as one character."""
    while 0 < end < len(text) and _is_within(text, end):
        end -= 1
    return end


def _is_within(text: str, at: int) -> bool:
    """Whether what stands at `at` belongs to the character before it.

    The rules of https://www.unicode.org/reports/tr29/ as far as they show: marks, joiners and what they join, skin
    colours, the second half of a flag, the parts of a Korean syllable.
    """
    character, before = text[at], text[at - 1]
    if character.isascii():
        return False
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character in _JOINERS
        or before == _JOINER
        or character in _SKIN_COLOURS
        or character in _TAGS
        or (character in _FLAG_HALVES and _halves_before(text, at) % 2 == 1)
        or ("\u1160" <= character <= "\u11ff" and ("\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"))
    )


def _halves_before(text: str, at: int) -> int:
    begun = at
    while begun > 0 and text[begun - 1] in _FLAG_HALVES:
        begun -= 1
    return at - begun
