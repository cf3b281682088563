"""Calls of Discord's REST API: https://discord.com/developers/docs/reference

The SDK's own caller waits in silence until a rate allows the next call, and repeats what failed for half a minute: that
is our pace's business, and a tap has three seconds. So the SDK brings the events, and what is sent goes out here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord

Json = dict[str, Any]

_USER_AGENT = f"DiscordBot (https://github.com/Rapptz/discord.py, {discord.__version__})"
_PATIENCE, _PATIENCE_WITH_FILES = 10.0, 40.0
LIMITED = 429
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, NOT_OURS = 10003, 10008, 50005
UNKNOWN_INTERACTION, ALREADY_ANSWERED = 10062, 40060
NO_ACCESS, CLOSED_TO_US, NO_PERMISSION, INVALID_FORM = 50001, 50007, 50013, 50035
TOO_LARGE = 40005


class Refusal(Exception):
    """Discord's no. `code` as https://discord.com/developers/docs/topics/opcodes-and-status-codes lists them."""

    def __init__(self, status: int, code: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"Discord says {status}: {message}" + (f" ({code})" if code else ""))
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Away(Exception):
    """Discord did not answer. The call may have been carried out."""


class Rest:
    """`url`: with the version, as in https://discord.com/api/v10. Works closed too, with a connection for each call."""

    def __init__(self, token: str, url: str) -> None:
        self._token = token
        self._url = url.rstrip("/")
        self._kept: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Rest:
        self._kept = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept.close()

    async def call(
        self, method: str, path: str, body: Any = None, files: Mapping[str, bytes] | None = None, **query: str
    ) -> Any:
        """One attempt. Raises Refusal and Away, and neither ever holds a token. `files`: PNG pictures, by name."""
        headers = {"User-Agent": _USER_AGENT}
        if not path.startswith(("/interactions/", "/webhooks/")):
            headers["Authorization"] = f"Bot {self._token}"
        data: Any = None if body is None else json.dumps(body)
        if files:
            data = _with_files(data, files)
        elif data is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with (
                asyncio.timeout(_PATIENCE_WITH_FILES if files else _PATIENCE),
                self._connections() as connections,
                connections.request(
                    method, self._url + path, data=data, headers=headers, params=query, allow_redirects=False
                ) as answer,
            ):
                return _understood(answer, await answer.text())
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            # Their texts may hold an address, and some addresses hold tokens.
            raise Away(f"Discord is not reached ({type(problem).__name__})") from None

    @asynccontextmanager
    async def _connections(self) -> AsyncIterator[aiohttp.ClientSession]:
        if self._kept is not None and not self._kept.closed:
            yield self._kept
            return
        async with aiohttp.ClientSession() as one:
            yield one


def _with_files(body: str, files: Mapping[str, bytes]) -> aiohttp.FormData:
    """https://discord.com/developers/docs/reference#uploading-files"""
    form = aiohttp.FormData()
    form.add_field("payload_json", body, content_type="application/json")
    for number, (name, content) in enumerate(files.items()):
        form.add_field(f"files[{number}]", content, filename=name, content_type="image/png")
    return form


def _understood(answer: aiohttp.ClientResponse, text: str) -> Any:
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = None
    if 200 <= answer.status < 300:
        return body
    said = body if isinstance(body, dict) else {}
    code = said.get("code")
    after = said.get("retry_after", answer.headers.get("Retry-After")) if answer.status == LIMITED else None
    raise Refusal(
        answer.status,
        code if isinstance(code, int) else 0,
        f"{said.get('message') or answer.reason or 'no reason'}{_places(said.get('errors'))}",
        _seconds(after),
    )


def _seconds(value: Any) -> float | None:
    try:
        return max(0.0, float(value)) if value is not None else None
    except (TypeError, ValueError):
        return 1.0


def _places(errors: Any, path: str = "") -> str:
    """Where a form was wrong, and why: ` [embeds.0.title: Must be 256 or fewer in length.]`."""
    if not isinstance(errors, dict):
        return ""
    faults = errors.get("_errors")
    if isinstance(faults, list) and faults and isinstance(faults[0], dict):
        return f" [{path}: {faults[0].get('message', '')}]"
    steps = [(name, inner) for name, inner in errors.items() if name != "_errors"]
    return "".join(_places(inner, f"{path}.{name}".strip(".")) for name, inner in steps)[:300]
