"""Telegram's refusals, in the words of the official Bot API server: https://github.com/tdlib/telegram-bot-api"""

from __future__ import annotations

import re
from typing import Any

_CODES = {
    "Bad Request": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "Not Found": 404,
    "Conflict": 409,
    "Request Entity Too Large": 413,
    "Too Many Requests": 429,
    "Internal Server Error": 500,
    "Bad Gateway": 502,
    "Gateway Timeout": 504,
}


class Refused(Exception):
    """An answer with `ok: false`. `blamed`: the call broke a documented limit, where others only met bad luck."""

    def __init__(
        self, description: str, *, blamed: bool = False, retry_after: int | None = None, migrated_to: int | None = None
    ) -> None:
        super().__init__(description)
        prefix = description.split(":", maxsplit=1)[0]
        self.code = _CODES.get(prefix, 400)
        self.description = description
        self.blamed = blamed
        self.parameters: dict[str, Any] = {}
        if retry_after is not None:
            self.parameters["retry_after"] = retry_after
        if migrated_to is not None:
            self.parameters["migrate_to_chat_id"] = migrated_to

    def answer(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return {**body, "parameters": self.parameters} if self.parameters else body


def broken(what: str) -> Refused:
    """400 for a call that no documentation allows."""
    return Refused(f"Bad Request: {what}", blamed=True)


def missed(what: str) -> Refused:
    """400 for a call that was fine but for the state of the world."""
    return Refused(f"Bad Request: {what}")


def forbidden(what: str) -> Refused:
    return Refused(f"Forbidden: {what}")


def asked_for(description: str) -> Refused:
    """The error that a test has put into `Faults.refuse`: the text as Telegram writes it, with its prefix."""
    found = re.search(r"retry after (\d+)", description)
    return Refused(description, retry_after=int(found[1]) if found else None)
