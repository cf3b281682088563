"""Text on its way to Slack and back: nothing in it steers, calls, links or forges. Pure."""

from __future__ import annotations

import re

from core.text import cut

# What Slack's markup would make of a text: https://docs.slack.dev/messaging/formatting-message-text. There is no escape
# for the formatting characters, so a text that has any is never sent as markup.
_MARKED = re.compile(r"[*`~<>&]|(?:^|\W)_|_(?:\W|$)|:[\w+'-]+:|^\s*>")
_CONTROL = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


def harmless(text: str) -> bool:
    """Whether Slack's markup leaves it as it is, so that it may stand within markup of ours."""
    return not _MARKED.search(text)


def escape(text: str) -> str:
    """For the one place where markup cannot be avoided: the text of a notification."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_and_cut(text: str, longest: int) -> str:
    """Escaped, and no longer than so many characters with the escapes; none of them is cut apart."""
    return escape(cut(text, longest, lambda part: len(escape(part))))


def typed(text: str) -> str:
    """What somebody typed, from how Slack sends it: escaped, with addresses and names in angle brackets."""

    def plain(found: re.Match[str]) -> str:
        target, label = found[1], found[2]
        return (label or target) if target.startswith(("http", "mailto:")) else found[0]

    return _CONTROL.sub(plain, text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
