"""Text on its way to Telegram: nothing in it steers, calls, links or forges. Pure."""

from __future__ import annotations

import re
import unicodedata
from html import escape

_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_ELLIPSIS = "…"
# What Telegram makes a link, a call or a command of by itself, and a tap on a command says it in one's own name. There
# is no switch for it; only within code it finds nothing: https://core.telegram.org/bots/api#messageentity
_LIVELY = re.compile(
    r"""\S*@\S*                    # @somebody, an address
    | \S*(?<![\w/])/\w\S*          # /command
    | \S*(?<!\w)[#$][^\W\d]\S*     # #hashtag, $CASHTAG
    | \S*://\S*                    # https://…
    | \S*\w\.[^\W\d_]{2,}\S*       # example.com
    | \S*\w\.xn--\S*
    | (?<!\S)\+?\d[\d() -]{9,}\d   # a telephone number or the number of a bank card
    """,
    re.VERBOSE,
)


def units(text: str) -> int:
    """How long a text is for Telegram, which counts in UTF-16."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str, *, lines: bool = False) -> str:
    """A text that shows all it holds: what could steer, hide or reorder becomes a mark. `lines`: in several lines."""
    if text.isascii() and text.isprintable():
        return text
    shown = []
    for at, character in enumerate(text):
        if character == "\n":
            shown.append("\n" if lines else "⏎")
        elif unicodedata.category(character) not in _SHOWS_NOTHING or _joins(text, at):
            shown.append(character)
        else:
            shown.append("\ufffd")
    return "".join(shown)


def _joins(text: str, at: int) -> bool:
    """Whether a joiner stands where emoji and some scripts need it: between two characters that are not ASCII."""
    if text[at] not in _JOINERS or not 0 < at < len(text) - 1:
        return False
    return not text[at - 1].isascii() and not text[at + 1].isascii() and text[at + 1] not in _JOINERS


def cut(text: str, longest: int) -> str:
    """At most so many units, with a mark where something was cut, and never within what reads as one character."""
    if units(text) <= longest:
        return text
    end = min(len(text), max(0, longest - 1))
    while end > 0 and (units(text[:end]) > longest - 1 or _belongs_to_the_one_before(text, end)):
        end -= 1
    return text[:end].rstrip() + _ELLIPSIS if longest > 0 else ""


def _belongs_to_the_one_before(text: str, at: int) -> bool:
    """A combining mark, a variation, a skin colour, a joiner, what a joiner joins, or the second half of a flag."""
    character = text[at]
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character in _JOINERS
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or text[at - 1] in _JOINERS
        or ("\U0001f1e6" <= character <= "\U0001f1ff" and "\U0001f1e6" <= text[at - 1] <= "\U0001f1ff")
    )


def inert(text: str, tag: str = "", most: int = 3) -> str:
    """The text as HTML in which Telegram finds nothing to link: within `tag` (b, i), and lively words as code.

    Where there are more than `most` of them all of it becomes code: a message bears a hundred entities.
    """
    lively = list(_LIVELY.finditer(text))
    if len(lively) > most:
        return _within("code", text)
    pieces, at = [], 0
    for found in lively:
        pieces += [_within(tag, text[at : found.start()]), f"<code>{escape(found[0], quote=False)}</code>"]
        at = found.end()
    return "".join([*pieces, _within(tag, text[at:])])


def _within(tag: str, text: str) -> str:
    escaped = escape(text, quote=False)
    return f"<{tag}>{escaped}</{tag}>" if tag and text else escaped
