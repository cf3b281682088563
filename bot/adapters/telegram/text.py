"""Text on its way to Telegram: nothing in it steers, calls, links or forges. Pure."""

from __future__ import annotations

import re
from html import escape

from core import text as plain_text
from core.text import units

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


def cut(text: str, longest: int) -> str:
    """At most so many units, as Telegram counts them, with a mark where something was cut."""
    return plain_text.cut(text, longest, units)


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
