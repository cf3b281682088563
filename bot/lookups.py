"""Looking at single requests: those that are asked for at the same moment are read together.

A thread for each look costs more than the look itself once many ask, because every thread must get hold of the
interpreter's lock again. So one reading is under way at a time, and whoever comes meanwhile goes with the next.
"""

from __future__ import annotations

import asyncio

from bot.threads import off_the_loop, within
from core.ports import Reader
from core.request import Request


class Lookups:
    """On one event loop."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._wanted: dict[str, list[asyncio.Future[Request | None]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def request(self, name: str) -> Request | None:
        """The request as it stands, read after this call. Raises StoreUnavailable."""
        future: asyncio.Future[Request | None] = asyncio.get_running_loop().create_future()
        self._wanted.setdefault(name, []).append(future)
        if self._task is None:
            self._task = asyncio.create_task(self._read())
        return await within(future)

    async def _read(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, {}
            try:
                found = await off_the_loop(self._reader.requests, list(wanted))
            except BaseException as problem:
                failure = problem if isinstance(problem, Exception) else asyncio.CancelledError()
                for future in (future for futures in wanted.values() for future in futures):
                    if not future.done():
                        future.set_exception(failure)
                if not isinstance(problem, Exception):
                    self._task = None
                    raise
                continue
            for name, futures in wanted.items():
                for future in futures:
                    if not future.done():
                        future.set_result(found.get(name))
        self._task = None
