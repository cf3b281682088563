"""Which addresses Telegram takes for links."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

_SCHEMES = ("http", "https", "tg", "ton", "tonsite")


def mentioned_user(url: str) -> int | None:
    """The user that `tg://user?id=…` stands for."""
    parts = urlsplit(url) if url.startswith("tg://user") else None
    number = parse_qs(parts.query).get("id", [""])[0] if parts else ""
    return int(number) if number.isdecimal() else None


def checked_link(url: str) -> str | None:
    """The address as Telegram keeps it; None for what it does not take: other schemes, a host without a dot."""
    url = url.strip()
    if re.search(r"\s", url):
        return None
    scheme, given, rest = url.partition("://")
    if not given:
        scheme, rest = "http", url
    if scheme.lower() not in _SCHEMES:
        return None
    if scheme.lower() == "tg":
        return f"tg://{rest}"
    host, mark, tail = re.match(r"([^/?#]*)([/?#]?)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    name = host.rpartition("@")[2].partition(":")[0]
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", name):
        return None
    return f"{scheme.lower()}://{host.lower()}{mark if mark == '/' else '/' + mark}{tail}"
