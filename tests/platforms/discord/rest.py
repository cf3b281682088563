"""One call of the REST API from its arrival to its answer: faults, token, rates, description, and a record of it all.

https://discord.com/developers/docs/reference
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from tests.platforms.discord import official
from tests.platforms.discord.errors import Refused, asked_for, invalid
from tests.platforms.discord.message_rules import LARGEST_CALL
from tests.platforms.discord.rates import Rates
from tests.platforms.hands import Faults

_BANNED = "<html><title>Access denied | discord.com used Cloudflare to restrict access</title>error code: 1015</html>"


@dataclass
class Call:
    """What came in, and what was answered (no status: the connection was cut)."""

    operation: str
    route: str
    arguments: Any
    at: float
    status: int | None = None
    answer: Any = None


@dataclass(frozen=True)
class Ask:
    """A call as its handler sees it."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: Mapping[int, tuple[str, bytes]] = field(default_factory=dict)


Handler = Callable[[Ask], tuple[int, Any]]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    operation: str
    """The name in Discord's own description."""
    handler: Handler
    public: bool = False
    """Whether the token stands in the path, so that none is asked for in the header."""

    @property
    def names(self) -> tuple[str, str, str]:
        return self.operation, f"{self.method} {self.path}", "*"


class Rest:
    def __init__(self, token: str, faults: Faults, rates: Rates, violations: list[str]) -> None:
        self._token = token
        self._faults = faults
        self._rates = rates
        self._violations = violations
        self.calls: list[Call] = []
        self.rate_limited = 0
        self._busy: Counter[str] = Counter()
        self._touched: dict[str, float] = {}
        self._unanswered: set[str] = set()

    def resources(self, routes: list[Route]) -> list[web.RouteDef]:
        return [web.route(one.method, f"/api/v10{one.path}", self._taker(one)) for one in routes]

    def quiet_for(self, keys: tuple[str, ...]) -> float:
        """Seconds on the wall since the last call that names one of these channels or tokens; 0 while one goes on."""
        if any(self._busy[key] for key in keys):
            return 0.0
        return time.monotonic() - max((self._touched.get(key, 0.0) for key in keys), default=0.0)

    def _taker(self, route: Route) -> Callable[[web.Request], Any]:
        async def take(request: web.Request) -> web.StreamResponse:
            keys = set(request.match_info.values())
            self._busy.update(keys)
            try:
                return await self._take(route, request)
            finally:
                self._busy.subtract(keys)
                self._touched |= dict.fromkeys(keys, time.monotonic())

        return take

    async def _take(self, route: Route, request: web.Request) -> web.StreamResponse:
        clock = self._rates.clock
        call = Call(route.operation, f"{request.method} {request.path}", None, clock.time())
        if self._faults.down or _spent(self._faults.drop, route.names):
            return cut_off(request)
        headers = {"Via": "1.1 google"}
        try:
            ask = await self._read(request)
            call.arguments = ask.body
            status, answer = self._answered(route, request, ask, headers)
        except Refused as refused:
            status, answer = refused.status, self._refusal(refused, route, call, headers, request)
        self.calls.append(call)
        call.status, call.answer = status, answer
        if isinstance(answer, (dict, list)) and (fault := official.fault_of_answer(route.operation, status, answer)):
            self._violations.append(f"this server itself, {route.operation}: {fault}")
        seconds = next((self._faults.delay[name] for name in route.names if name in self._faults.delay), 0.0)
        await clock.sleep(seconds)
        if self._faults.down or _spent(self._faults.cut, route.names):
            call.status = None
            self._unanswered.add(call.route)
            return cut_off(request)
        if answer is None:
            return web.Response(status=status, headers=headers)
        if isinstance(answer, str):
            return web.Response(status=status, text=answer, content_type="text/html")
        # Exactly this type: with a charset behind it the SDK takes the body for text.
        body = json.dumps(answer).encode()
        return web.Response(status=status, body=body, headers=headers | {"Content-Type": "application/json"})

    def _answered(self, route: Route, request: web.Request, ask: Ask, headers: dict[str, str]) -> tuple[int, Any]:
        if self._rates.banned():
            return 429, _BANNED
        waiting = next((self._faults.refuse[name] for name in route.names if self._faults.refuse.get(name)), None)
        if waiting:
            wanted = waiting.pop(0)
            if wanted == "1015":
                headers.pop("Via")
                return 429, _BANNED
            raise asked_for(wanted)
        if not route.public:
            self._authorised(request)
        for name, value in ask.path.items():
            if name.endswith("_id") and value != "@original" and not (value.isascii() and value.isdigit()):
                raise invalid(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        headers |= self._rates.take(route.operation, _major(ask.path))
        status, answer = route.handler(ask)
        if fault := official.fault_of_request(route.operation, ask.body):
            self._violations.append(f"{request.method} {request.path} breaks the official description: {fault}")
        return status, answer

    def _authorised(self, request: web.Request) -> None:
        if self._faults.token_revoked:
            raise Refused(0, blamed=False)
        if request.headers.get("Authorization") != f"Bot {self._token}":
            raise Refused(0, why="a wrong token")
        if not request.headers.get("User-Agent", "").startswith("DiscordBot ("):
            raise Refused(40333, status=403, message="internal network error", why="no valid User-Agent")

    def _refusal(
        self, refused: Refused, route: Route, call: Call, headers: dict[str, str], request: web.Request
    ) -> dict[str, Any]:
        # Who does not know how a call ended may make it again.
        if refused.blamed and call.route not in self._unanswered:
            self._violations.append(f"{call.route}: {refused}")
        if refused.status in (401, 403, 429):
            self._rates.count_invalid()
        body = refused.body()
        if refused.status == 429:
            self.rate_limited += 1
            headers |= self._rates.headers_of_a_refusal(refused, route.operation, _major(request.match_info))
            after = self._rates.on_the_wall(refused.retry_after or 0)
            body |= {"retry_after": after, "global": refused.everywhere}
        return body

    async def _read(self, request: web.Request) -> Ask:
        files: dict[int, tuple[str, bytes]] = {}
        body: Any = None
        if (request.content_length or 0) > LARGEST_CALL:
            raise Refused(40005, why="a call of more than 25 MiB")
        if request.content_type == "multipart/form-data":
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader) or part.name is None:
                    raise Refused(50109)
                content = bytes(await part.read())
                if part.name == "payload_json":
                    body = _parsed(content)
                elif part.name.startswith("files[") and part.name[6:-1].isdigit():
                    files[int(part.name[6:-1])] = (part.filename or "unknown", content)
                else:
                    raise invalid(part.name, "UNKNOWN_FIELD", "is no field of a call with files")
        elif request.can_read_body:
            if request.content_type != "application/json":
                raise Refused(50109, why=f"Content-Type {request.headers.get('Content-Type')}")
            body = _parsed(await request.read())
        return Ask(request.match_info, request.query, body, files)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise Refused(50109) from None


def _major(path: Mapping[str, str]) -> str:
    """The resource that a limit counts by: https://discord.com/developers/docs/topics/rate-limits"""
    return "+".join(path[name] for name in ("channel_id", "guild_id", "webhook_id", "webhook_token") if name in path)


def _spent(counts: dict[str, int], names: tuple[str, ...]) -> bool:
    for name in names:
        if counts.get(name, 0) > 0:
            counts[name] -= 1
            return True
    return False


def cut_off(request: web.Request) -> web.StreamResponse:
    """The connection is gone before an answer went over it."""
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    return web.Response()
