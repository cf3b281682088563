"""The command line's side of the HTTP API."""

from __future__ import annotations

import json
import re
import weakref
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from bot.api.view import dump
from bot.config import Settings
from core.errors import PlacetError

_END = re.compile(r"[0-9a-z]{4,26}")
_A_PAGE, _MOST_PAGES = 200, 3


class Unreachable(PlacetError):
    """No server answers at the address."""


class Declined(PlacetError):
    """The server said no. `problem` is its problem+json."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or f"the server answered {status}"))
        self.status = status
        self.problem = problem


class Client:
    """`role`: `person` (decides) or `program` (asks). Raises Unreachable and Declined."""

    def __init__(self, settings: Settings, role: str = "person", token: str | None = None) -> None:
        self._server = settings.server()
        host = _place(self._server)[0]
        self._token = token or _token(settings, self._server, role)
        if not self._token.isascii() or not self._token.isprintable():
            raise Unreachable("The token in PLACET_TOKEN (or in its file) holds characters that no token has.")
        local = host in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.Client(base_url=self._server, trust_env=not local, timeout=httpx.Timeout(70, connect=5))
        weakref.finalize(self, self._http.close)

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, document: Any = None, *, raw: bytes | None = None, key: str | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        content = raw if raw is not None else dump(document if document is not None else {})
        return self._call("POST", path, content=content, headers=headers)

    def send(self, path: str, data: bytes, media_type: str, **query: Any) -> Any:
        """Bytes that are no JSON document."""
        params = {name: value for name, value in query.items() if value is not None}
        return self._call("POST", path, content=data, headers={"Content-Type": media_type}, params=params)

    def download(self, path: str, **query: Any) -> bytes:
        """What is no JSON document, as it is."""
        params = {name: value for name, value in query.items() if value is not None}
        response = self._request("GET", path, params=params)
        if response.status_code >= 400:
            self._read(response)
        return response.content

    def put(self, path: str, document: Any) -> Any:
        return self._call("PUT", path, content=dump(document), headers={"Content-Type": "application/json"})

    def _call(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
        return self._read(self._request(method, path, headers, **more))

    def _request(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        try:
            return self._http.request(
                method, path, headers={"Authorization": f"Bearer {self._token}", **(headers or {})}, **more
            )
        except httpx.TransportError as problem:
            raise Unreachable(
                f"Nothing answers at {self._server} ({problem}). Start it with `placet serve`, or say where it is with "
                "PLACET_URL."
            ) from problem

    def _read(self, response: httpx.Response) -> Any:
        try:
            document = json.loads(response.content, parse_float=Decimal, parse_int=exact)
        except ValueError:
            raise Declined(response.status_code, {"detail": f"{self._server} is not Placet"}) from None
        if response.status_code >= 400:
            raise Declined(response.status_code, document)
        return document


def exact(text: str) -> int | Decimal:
    """A whole number; as a Decimal where it is too big for what writes JSON."""
    return int(text) if len(text) < 16 else Decimal(text)


def _place(server: str) -> tuple[str, int]:
    """Host and port of an address. Raises Unreachable when it is none."""
    try:
        parts = urlsplit(server)
        return parts.hostname or "", parts.port or 80
    except ValueError as problem:
        raise Unreachable(f"{server} is no address ({problem}); correct PLACET_URL.") from None


def _token(settings: Settings, server: str, role: str) -> str:
    if settings.token:
        return settings.token.get_secret_value()
    file = settings.token_file(*_place(server))
    if role == "program":
        file = file.with_name(file.name + ".program")
    if not file.is_file() and "localhost" in file.name:
        file = file.with_name(file.name.replace("localhost", "127.0.0.1"))
    if not file.is_file():
        raise Unreachable(
            f"There is no token for {server}. Start `placet serve` on this machine as the same user, or put a token "
            "into PLACET_TOKEN (made with `placet key create`)."
        )
    return Path(file).read_text(encoding="ascii").strip()


def whole_id(client: Client, typed: str) -> str:
    """The id of a request, of which the end will do, as chats show it. Raises Declined when it is not to be told."""
    end = typed.strip().removeprefix("…").lower()
    if not _END.fullmatch(end):
        return typed
    found: list[str] = []
    for status in ("pending", "decided"):
        cursor = None
        for _ in range(_MOST_PAGES):
            page = client.get("/v1/requests", status=status, limit=_A_PAGE, cursor=cursor)
            found += [request["id"] for request in page["items"] if request["id"].endswith(end)]
            cursor = page["cursor"]
            if cursor is None:
                break
    if not found:
        raise Declined(404, {"detail": f"There is no request that ends with {end}; `placet pending` lists what waits."})
    if len(found) > 1:
        raise Declined(404, {"detail": f"{len(found)} requests end with {end}: give more characters of the id."})
    return found[0]


def request_path(request: str, *more: str) -> str:
    return "/".join(["/v1/requests", quote(request, safe=""), *more])
