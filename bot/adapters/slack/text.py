"""Text on its way to Slack and back: nothing in it steers, calls, links or forges. Pure."""

from __future__ import annotations

import re
import unicodedata

_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_ELLIPSIS = "…"
# What Slack's markup would make of a text: https://docs.slack.dev/messaging/formatting-message-text. There is no escape
# for the formatting characters, so a text that has any is never sent as markup.
_MARKED = re.compile(r"[*`~<>&]|(?:^|\W)_|_(?:\W|$)|:[\w+'-]+:|^\s*>")
_CONTROL = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


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
    """At most so many characters, with a mark where something was cut, and never within what reads as one."""
    return text if len(text) <= longest else _ended(text, longest - len(_ELLIPSIS))


def _ended(text: str, end: int) -> str:
    while end > 0 and _belongs_to_the_one_before(text, end):
        end -= 1
    return text[:end].rstrip() + _ELLIPSIS


def _belongs_to_the_one_before(text: str, at: int) -> bool:
    """A combining mark, a variation, a skin colour, a joiner, or what a joiner joins."""
    character = text[at]
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character in _JOINERS
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or text[at - 1] in _JOINERS
    )


def harmless(text: str) -> bool:
    """Whether Slack's markup leaves it as it is, so that it may stand within markup of ours."""
    return not _MARKED.search(text)


def escape(text: str) -> str:
    """For the one place where markup cannot be avoided: the text of a notification."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_and_cut(text: str, longest: int) -> str:
    """Escaped, and no longer than so many characters with the escapes; none of them is cut apart."""
    if len(escape(text)) <= longest:
        return escape(text)
    room, end = longest - len(_ELLIPSIS), 0
    for character in text:
        room -= len(escape(character))
        if room < 0:
            break
        end += 1
    return escape(_ended(text, end))


def typed(text: str) -> str:
    """What somebody typed, from how Slack sends it: escaped, with addresses and names in angle brackets."""

    def plain(found: re.Match[str]) -> str:
        target, label = found[1], found[2]
        return (label or target) if target.startswith(("http", "mailto:")) else found[0]

    return _CONTROL.sub(plain, text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
