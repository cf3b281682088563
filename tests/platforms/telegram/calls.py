"""A call of the Bot API as it came over the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.platforms.telegram.refusals import broken
from tests.platforms.telegram.world import Json


@dataclass
class Call:
    """`arguments` as text, the way Telegram gets them. `answer`: None while there is none, or where it was cut off."""

    method: str
    arguments: dict[str, str]
    at: float
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    status: int | None = None
    answer: Json | None = None

    def text(self, name: str) -> str:
        return self.arguments.get(name, "")

    def number(self, name: str, default: int | None = None) -> int:
        value = self.arguments.get(name, "")
        if not value:
            if default is None:
                raise broken(f"parameter {name} is required")
            return default
        if not value.lstrip("-").isdecimal():
            raise broken(f"parameter {name} must be an Integer")
        return int(value)

    def flag(self, name: str) -> bool:
        return self.arguments.get(name, "").lower() in ("true", "1", "yes")

    def parsed(self, name: str) -> Any:
        """A parameter that is JSON; None where it is not given."""
        value = self.arguments.get(name, "")
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise broken(f"can't parse {name} JSON object") from None


async def read_call(method: str, request: web.Request, at: float) -> Call:
    """Query, form, multipart and JSON bodies are all allowed, and may be mixed."""
    call = Call(method, dict(request.query), at)
    if request.content_type == "application/json":
        body = await request.json() if request.can_read_body else {}
        call.arguments |= {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
        return call
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            call.files[name] = value.file.read()
            value.file.close()
        elif isinstance(value, str):
            call.arguments[name] = value
        else:
            call.files[name] = bytes(value)
    return call
