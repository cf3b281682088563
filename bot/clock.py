"""Deadlines: rows in the database, looked at twice a second, so that they fire after any restart."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from datetime import UTC, datetime, timedelta

from bot.desk import Closing, Desk, NotCertain, Overloaded
from bot.ids import new_id
from bot.threads import off_the_loop
from core.commands import Recheck, Tick
from core.engine import CLOCK, Batch, Bookkeeping, Failed
from core.errors import StoreUnavailable
from core.ports import Clock, Filter, Reader

PERIOD = 0.5
"""Seconds between two looks: well inside the two seconds that a deadline may be late."""
_AT_ONCE = 500
_SWEEP_EVERY = 3_600.0
_TRANSIENT = (StoreUnavailable, NotCertain, Overloaded)
log = logging.getLogger("placet.clock")


class SystemClock:
    """The machine's time in UTC, which never goes back and never stands still.

    A clock that is set back (or a database that holds later facts) is run on from where it was with the time that
    passes, until the machine's own has caught up: standing still would keep every deadline from coming.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = datetime.now(UTC)
        self._at = time.monotonic()

    def not_before(self, moment: datetime) -> None:
        """Go on from this moment, if it lies ahead."""
        with self._lock:
            ahead = (moment - self._now()).total_seconds()
            if ahead > 0:
                log.warning("the latest fact lies %.0f s ahead of this machine's clock; time goes on from there", ahead)
                self._latest = moment

    def now(self) -> datetime:
        with self._lock:
            return self._now()

    def _now(self) -> datetime:
        at = time.monotonic()
        self._latest = max(datetime.now(UTC), self._latest + timedelta(seconds=at - self._at))
        self._at = at
        return self._latest


class Deadlines:
    """Sends what is due through the desk, like any command; and looks again at what is open when people change."""

    def __init__(self, desk: Desk, reader: Reader, clock: Clock) -> None:
        self._desk = desk
        self._reader = reader
        self._clock = clock
        self._poisonous: set[str] = set()
        self._recheck = True
        self._swept = 0.0

    def on_batch(self, batch: Batch) -> None:
        self._recheck = self._recheck or batch.registry_changed

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        while True:
            try:
                await self._look()
            except Closing:
                return
            except _TRANSIENT as problem:
                log.warning("deadlines wait for the database: %s", problem)
            except Exception:
                # Whatever it is, the next deadline must still fire.
                log.exception("a look at the deadlines failed")
            await asyncio.sleep(PERIOD)

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        # An empty transaction: it finds out that a database is back (nobody may be asking for anything while we say
        # that we are not ready), and what another process has changed of people, keys and the stop.
        await self._desk.ask(Bookkeeping(new_id("cmd"), CLOCK, ""))
        if self._recheck:
            self._recheck = False
            try:
                await self._recheck_all()
            except BaseException:
                self._recheck = True
                raise
        while True:
            due = await off_the_loop(self._reader.due, self._clock.now(), _AT_ONCE + len(self._poisonous))
            fresh = [request for request in due if request not in self._poisonous]
            await self._send([Tick(new_id("cmd"), CLOCK, request) for request in fresh])
            if len(fresh) < _AT_ONCE:
                break
        if loop.time() - self._swept > _SWEEP_EVERY or not self._swept:
            now = self._clock.now()
            await self._desk.ask(Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda tx: tx.sweep(now)))
            self._swept = loop.time()

    async def _recheck_all(self) -> None:
        cursor: str | None = None
        while True:
            page = await off_the_loop(self._reader.page, Filter(), cursor, _AT_ONCE)
            await self._send([Recheck(new_id("cmd"), CLOCK, request.id) for request in page.items])
            cursor = page.cursor
            if cursor is None:
                return

    async def _send(self, commands: list[Tick] | list[Recheck]) -> None:
        outcomes = await asyncio.gather(*(self._desk.ask(command) for command in commands), return_exceptions=True)
        trouble: BaseException | None = None
        for command, outcome in zip(commands, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                trouble = outcome
            elif isinstance(outcome, Failed):
                # Logged by the desk. Asked again after a restart; until then it must not keep the others waiting.
                self._poisonous.add(command.request)
        if trouble is not None:
            raise trouble
