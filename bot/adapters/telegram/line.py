"""The line to the Bot API: one SDK client to speak and one to listen, and none before they are needed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from telegram import Bot, Update
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

POLL = 25
"""Seconds that Telegram keeps a poll open where nothing comes."""
_ANSWERED, _CONNECTED = 15.0, 10.0
_AT_ONCE = 16
log = logging.getLogger("placet.telegram")


class Line:
    def __init__(self, token: str, api_url: str) -> None:
        self._token = token
        self._api_url = api_url.rstrip("/")
        self._kept: Bot | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep one client for all that is said meanwhile."""
        quiet()
        async with self.client(HTTPXRequest, _AT_ONCE) as kept:
            self._kept = kept
            try:
                yield
            finally:
                self._kept = None

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Bot]:
        """To speak through: the client that is kept, or one for this once, so that nothing is left open."""
        if self._kept is not None:
            yield self._kept
            return
        quiet()
        async with self.client(HTTPXRequest, 1) as once:
            yield once

    @asynccontextmanager
    async def ears(self) -> AsyncIterator[Bot]:
        """To listen with. A client whose pool is wedged never heals: take a new one after each failure."""
        async with self.client(_Ears, 2) as ears:
            yield ears

    @asynccontextmanager
    async def client(self, kind: type[HTTPXRequest], connections: int) -> AsyncIterator[Bot]:
        request = kind(
            connection_pool_size=connections,
            read_timeout=_ANSWERED,
            write_timeout=_ANSWERED,
            connect_timeout=_CONNECTED,
            pool_timeout=_ANSWERED,
        )
        try:
            # The SDK takes no empty token; that none is set is said by whoever answers.
            token = self._token or "0:none"
            yield Bot(token, base_url=f"{self._api_url}/bot", request=request, get_updates_request=request)
        finally:
            await request.shutdown()


class _Ears(HTTPXRequest):
    """For updates alone. One that the SDK cannot read must not keep all others from being read for ever."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        answer = HTTPXRequest.parse_json_payload(payload)
        found = answer.get("result")
        if isinstance(found, list):
            answer["result"] = [one if _readable(one) else {"update_id": one["update_id"]} for one in found]
        return answer


def _readable(update: Any) -> bool:
    try:
        Update.de_json(dict(update), None)
    except (TypeError, ValueError, LookupError, AttributeError, TelegramError) as problem:
        log.debug("an update that makes no sense: %s", type(problem).__name__)
        return False
    return True


def quiet() -> None:
    """The HTTP client and the SDK log addresses, in which the token stands, and the SDK what people write besides."""
    for name in ("httpx", "httpcore", "telegram"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
