"""A client with as little in it as can be: keep-alive HTTP/1.1 on asyncio streams, so that the server is measured."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson


class Connection:
    """One connection, one call at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = f"Host: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"

    @staticmethod
    async def open(host: str, port: int, token: str) -> Connection:
        return Connection(*await asyncio.open_connection(host, port), token)

    async def call(self, method: str, path: str, body: bytes = b"") -> Any:
        """The parsed answer. RuntimeError unless the status is 2xx."""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        status = int(answer[9:12])
        lowered = answer.lower()
        start = lowered.index(b"content-length:") + 15
        length = int(lowered[start : lowered.index(b"\r\n", start)])
        content = await self._reader.readexactly(length)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {content!r}")
        return orjson.loads(content)

    def close(self) -> None:
        self._writer.close()
