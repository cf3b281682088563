"""Text from outside, as text: what Discord would read as markup, a mention or a line of ours is made visible. Pure.

https://support.discord.com/hc/en-us/articles/210298617
"""

from __future__ import annotations

import re

from core import text as plain_text
from core.text import clean, units

_MARKUP = re.compile(r"[\\*_~`|<\[\]]|@(?=everyone|here)|:(?=//)")
# A heading, a quotation or a list begins with these, at the head of a line alone.
_HEAD = re.compile(r"^([ \t]*)([-+>#])|^([ \t]*\d+)([.)])(?=\s|$)", re.MULTILINE)


def visible(text: str) -> str:
    """Discord takes nothing that is blank."""
    return text if text.strip() else "–"


def escaped(text: str, longest: int, *, lines: bool = False) -> str:
    """Text that is read as it stands, in at most `longest` characters; a mark says where something was cut."""
    return _escape(plain_text.cut(clean(text, lines=lines), longest, lambda part: units(_escape(part))))


def cut(text: str, longest: int) -> str:
    """Text where nothing is markup: labels, authors, footers. Discord's limits are read strictly: as UTF-16."""
    return plain_text.cut(clean(text), longest, units)


def _escape(text: str) -> str:
    marked = _MARKUP.sub(lambda found: "\\" + found.group(), text)
    return _HEAD.sub(lambda found: f"{found[1] or found[3] or ''}\\{found[2] or found[4]}", marked)
