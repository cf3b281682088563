"""One platform as this process serves it: whenever its lease is ours, and begun again when it fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.connections import Connection
from bot.pace import Timer
from core.errors import StoreUnavailable
from core.platforms import Taps
from core.ports import Lease, Leases

OK, STANDBY, STARTING = "ok", "standby: another process serves it", "is about to begin"
LOOK = 0.5
"""Seconds between two looks at a lease, ours or another's."""
ANSWER = 1.0
"""Seconds that the database has to say that a lease is still ours; after that it may be another's."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
log = logging.getLogger("placet.channels")


class Served:
    """`moved` is called when it begins and ceases to be ours."""

    def __init__(
        self, name: str, connection: Connection, leases: Leases, timer: Timer, moved: Callable[[], None]
    ) -> None:
        self.name = name
        self.connection = connection
        self._leases = leases
        self._timer = timer
        self._moved = moved
        self._lease: Lease | None = None
        self._state: str | None = STARTING

    @property
    def ours(self) -> bool:
        return self._lease is not None

    @property
    def state(self) -> str:
        """OK, STANDBY, or why no taps can come now."""
        return self._state or self.connection.platform.trouble or OK

    async def run(self, taps: Taps) -> None:
        """Serve until cancelled. The lease is kept then: whoever writes to the platform may not be done yet."""
        while True:
            lease = self._lease = await self._taken()
            self._state = None
            self._moved()
            work = asyncio.create_task(self._supervised(taps), name=f"platform {self.name}")
            try:
                await self._until_lost(lease)
                log.error("the lease of %s is lost: another process may serve it now", self.name)
                self._state, self._lease = STANDBY, None
                self._moved()
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
            await asyncio.to_thread(lease.release)

    async def release(self) -> None:
        """Let another process serve it. After `run`, and after whoever writes to the platform."""
        lease, self._lease = self._lease, None
        if lease is not None:
            await asyncio.to_thread(lease.release)

    async def _taken(self) -> Lease:
        """The lease, however long another process holds it."""
        while True:
            try:
                lease = await self._asked_for()
            except StoreUnavailable as problem:
                self._state = f"waits: {problem}"
            except Exception as problem:
                # It must not take the other platforms with it.
                self._state = f"fault: {type(problem).__name__}"
                log.exception("the lease of %s cannot be taken", self.name)
                await self._timer.sleep(_FIRST_PAUSE)
            else:
                if lease is not None:
                    return lease
                if self._state != STANDBY:
                    log.info("another process serves %s; this one stands by", self.name)
                self._state = STANDBY
            await self._timer.sleep(LOOK)

    async def _asked_for(self) -> Lease | None:
        """Ask once. A thread cannot be stopped: who is cancelled meanwhile gives back what it has got."""
        call = asyncio.ensure_future(asyncio.to_thread(self._leases.take, f"platform-{self.name}"))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            [got] = await asyncio.gather(call, return_exceptions=True)
            if got is not None and not isinstance(got, BaseException):
                got.release()
            raise

    async def _until_lost(self, lease: Lease) -> None:
        while True:
            await self._timer.sleep(LOOK)
            try:
                async with asyncio.timeout(ANSWER):
                    if not await asyncio.to_thread(lease.good):
                        return
            except TimeoutError:
                return
            except Exception:
                log.exception("nobody knows whether the lease of %s is still ours", self.name)
                return

    async def _supervised(self, taps: Taps) -> None:
        """A platform promises to try for ever; one that fails nevertheless is begun again."""
        pause = _FIRST_PAUSE
        while True:
            began = self._timer.time()
            try:
                await self.connection.platform.run(taps)
                self._state = "fault: its connection ended by itself"
                log.error("%s ended by itself and is begun again", self.name)
            except Exception as problem:
                log.exception("%s failed", self.name)
                if _being_stopped():
                    raise
                # Its kind alone: nobody has promised that its words hold no token.
                self._state = f"fault: {type(problem).__name__}"
            if self._timer.time() - began > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            await self._timer.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            self._state = None


def _being_stopped() -> bool:
    """Whether this task was cancelled: then a fault on the way out must not take the place of the end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
