"""Text from outside, as text: what Discord would read as markup, a mention or a line of ours is made visible. Pure.

https://support.discord.com/hc/en-us/articles/210298617
"""

from __future__ import annotations

import re
import unicodedata

from core.text import ELLIPSIS

_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
_JOINER = "\u200d"
_MARKUP = re.compile(r"[\\*_~`|<\[\]]|@(?=everyone|here)|:(?=//)")
# A heading, a quotation or a list begins with these, at the head of a line alone.
_HEAD = re.compile(r"^([ \t]*)([-+>#])|^([ \t]*\d+)([.)])(?=\s|$)", re.MULTILINE)
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def size(text: str) -> int:
    """Characters as the strictest reading of Discord's limits counts them: UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain(text: str, *, lines: bool = False) -> str:
    """Text without anything that cannot be seen. Line breaks become a mark, unless they are ours (`lines`)."""
    if text.isascii() and text.isprintable():
        return text
    shown = []
    for place, character in enumerate(text):
        if character == "\n":
            shown.append("\n" if lines else "⏎")
        elif unicodedata.category(character) not in _SHOWS_NOTHING or (
            # Emoji and some scripts are joined so.
            character in _JOINERS and place > 0 and not text[place - 1].isascii()
        ):
            shown.append(character)
        else:
            shown.append("\ufffd")
    return "".join(shown)


def visible(text: str) -> str:
    """Discord takes nothing that is blank."""
    return text if text.strip() else "–"


def escaped(text: str, longest: int, *, lines: bool = False) -> str:
    """Text that is read as it stands, in at most `longest` characters; a mark says where something was cut."""
    shown = plain(text, lines=lines)
    if size(shown) <= longest and size(whole := _escape(shown)) <= longest:
        return whole
    return _escape(_prefix(shown, longest)) + ELLIPSIS


def cut(text: str, longest: int) -> str:
    """Text where nothing is markup: labels, authors, footers."""
    shown = plain(text)
    if size(shown) <= longest:
        return shown
    end = longest - 1
    while size(shown[:end]) > longest - 1:
        end -= 1
    return shown[: _boundary(shown, end)].rstrip() + ELLIPSIS


def _escape(text: str) -> str:
    marked = _MARKUP.sub(lambda found: "\\" + found.group(), text)
    return _HEAD.sub(lambda found: f"{found[1] or found[3] or ''}\\{found[2] or found[4]}", marked)


def _prefix(text: str, longest: int) -> str:
    """The longest beginning that fits when it is escaped, with a mark behind it."""
    low, high = 0, min(len(text), longest)
    while low < high:
        middle = (low + high + 1) // 2
        if size(_escape(text[:middle])) < longest:
            low = middle
        else:
            high = middle - 1
    return text[: _boundary(text, low)].rstrip()


def _boundary(text: str, end: int) -> int:
    """The last place up to `end` that does not part what belongs together: marks, joined emoji, skin tones."""
    while 0 < end < len(text) and (
        unicodedata.category(text[end]) in ("Mn", "Me")
        or text[end] in _JOINERS
        or text[end - 1] == _JOINER
        or ord(text[end]) in _SKIN_TONES
    ):
        end -= 1
    return end
