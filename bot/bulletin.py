"""What has changed, told by push: to programs that wait for a decision, and to streams of live changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from bot.threads import off_the_loop
from core.engine import Batch
from core.errors import StoreUnavailable
from core.ports import Reader, Recorded
from core.request import Request

MOST_BEHIND = 1_000
"""Facts that a slow listener may be behind before it is dropped; it comes back with `Last-Event-ID`."""
SIGN_OF_LIFE = 15.0
"""Seconds of silence after which a listener is sent an empty line, so that proxies keep the connection."""
ELSEWHERE = 0.5
"""Seconds between two looks at what other processes on the same database have recorded."""
_PAGE = 500
log = logging.getLogger("placet.bulletin")


class Bulletin:
    """On one event loop; `publish` is called after each committed batch."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._waiters: dict[str, set[asyncio.Future[Request | None]]] = {}
        self._listeners: set[asyncio.Queue[Recorded | None]] = set()
        self._wake = asyncio.Event()
        self._hooks: list[Callable[[Batch], None]] = []
        self._closed = False

    def on_batch(self, hook: Callable[[Batch], None]) -> None:
        """Call `hook` after each batch, too."""
        self._hooks.append(hook)

    def publish(self, batch: Batch) -> None:
        for request in batch.changed.values():
            if not request.pending:
                self._tell(request)
        self._wake.set()
        for hook in self._hooks:
            hook(batch)

    @contextlib.contextmanager
    def waiting_for(self, request: str) -> Iterator[asyncio.Future[Request | None]]:
        """A future of the decided request (None when Placet closes).

        Begin to wait before reading the state, so that no decision falls between the two.
        """
        waiter: asyncio.Future[Request | None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(request, set()).add(waiter)
        if self._closed:
            waiter.set_result(None)
        try:
            yield waiter
        finally:
            waiters = self._waiters.get(request)
            if waiters is not None:
                waiters.discard(waiter)
                if not waiters:
                    del self._waiters[request]

    def close(self) -> None:
        """Let everybody go who waits or listens, and who still comes."""
        self._closed = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
        for queue in self._listeners:
            queue.put_nowait(None)

    async def run(self) -> None:
        """Read the journal behind the last position and hand it to every listener, as long as there is one."""
        position: int | None = None
        loop = asyncio.get_running_loop()
        looked = loop.time()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ELSEWHERE):
                    await self._wake.wait()
            self._wake.clear()
            # However much happens here: a process that is never idle must hear of the others too.
            if loop.time() - looked >= ELSEWHERE:
                await self._look_elsewhere()
                looked = loop.time()
            if not self._listeners:
                position = None
                continue
            try:
                if position is None:
                    position = await off_the_loop(self._reader.position) - MOST_BEHIND
                while facts := await off_the_loop(self._reader.journal, position, _PAGE):
                    position = facts[-1].position
                    self._hand_out(facts)
            except StoreUnavailable as problem:
                log.warning("live changes wait for the database: %s", problem)
                await asyncio.sleep(1)
                self._wake.set()

    async def _look_elsewhere(self) -> None:
        """Another process on the same database may have decided what is waited for here."""
        names = [name for name, waiters in self._waiters.items() if waiters]
        for at in range(0, len(names), _PAGE):
            try:
                found = await off_the_loop(self._reader.requests, names[at : at + _PAGE])
            except StoreUnavailable:
                return
            for request in found.values():
                if not request.pending:
                    self._tell(request)

    def _tell(self, request: Request) -> None:
        for waiter in self._waiters.pop(request.id, ()):
            if not waiter.done():
                waiter.set_result(request)

    def _hand_out(self, facts: Sequence[Recorded]) -> None:
        for queue in list(self._listeners):
            for fact in facts:
                if queue.qsize() >= MOST_BEHIND:
                    self._listeners.discard(queue)
                    queue.put_nowait(None)
                    break
                queue.put_nowait(fact)

    async def listen(self, after: int | None) -> AsyncIterator[Recorded | None]:
        """Facts behind a position, then live ones; None now and then, as a sign of life. Ends for a slow listener."""
        queue: asyncio.Queue[Recorded | None] = asyncio.Queue()
        self._listeners.add(queue)
        self._wake.set()
        if self._closed:
            queue.put_nowait(None)
        try:
            newest = await off_the_loop(self._reader.position)
            # A position from before the database was restored lies behind its end: go on from there.
            last = newest if after is None else min(after, newest)
            while after is not None and (facts := await off_the_loop(self._reader.journal, last, _PAGE)):
                for fact in facts:
                    yield fact
                last = facts[-1].position
            while True:
                try:
                    async with asyncio.timeout(SIGN_OF_LIFE):
                        news = await queue.get()
                except TimeoutError:
                    yield None
                    continue
                if news is None:
                    return
                if news.position > last:
                    last = news.position
                    yield news
        finally:
            self._listeners.discard(queue)
