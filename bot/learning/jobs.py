"""What learning does by itself: reconcile at nine, price at ten, and on Saturday tell each person of their week.

What is due is told by the ledger, and a lease sees to it that of several processes one alone is at it. Whatever fails
is tried again a minute later; nothing of it ever stands in the way of an approval.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta

from bot.desk import Closing, NotCertain, Overloaded
from bot.learning import tasks
from bot.learning.deliver import Delivering
from bot.learning.digests import MADE, SENDING, SENT, Composed, Digests, week_in
from bot.learning.questions import ask_about, close_answered, send_waiting
from bot.learning.schedule import Alarm, last_due, weeks_due
from bot.learning.steps import FOREVER, PROGRESS, Steps, Working
from bot.learning.tasks import Found
from bot.learning.work import Worker, WorkFailed
from bot.pace import Timer
from bot.services import Services
from bot.threads import off_the_loop
from core.engine import CLOCK
from core.errors import PlacetError, StoreUnavailable
from core.learning import records
from core.learning.ledger import Record, Wanted
from core.learning.week import Week, calendar_of, moment_on, read_week
from core.model import Actor
from core.ports import Lease, Leases, Reader

LOOK = 60.0
"""Seconds between two looks at what is due."""
QUIET = timedelta(weeks=4)
"""How long somebody of whom nothing is heard is still told, each week, that nothing came."""
_PATIENCE = 120.0
"""Seconds that somebody who asks for a job waits for another process to be done with its own."""
_LATE_DAYS = timedelta(days=45)
"""How far back a night looks; what is imported of earlier times is reconciled when it is asked for."""
_DATABASE = (StoreUnavailable, NotCertain, Overloaded)
log = logging.getLogger("placet.learning")


class Busy(PlacetError):
    """Another process is at it, and has been for long."""


class Jobs:
    """`url`: the database, which the child reads for itself."""

    def __init__(
        self, services: Services, url: str, leases: Leases, timer: Timer, worker: Working | None = None
    ) -> None:
        self._services = services
        self._url = url
        self._leases = leases
        self._timer = timer
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._began: datetime | None = None
        self.digests = Digests(services.ask, services.reader)
        self._steps = Steps(services, url, worker or Worker(), self.digests)
        self._told: Week | None = None
        self._delivering = Delivering(
            self.digests, services.clock, lambda: services.channels.places(services.registry())
        )

    # By itself

    async def run(self) -> None:
        """Until cancelled."""
        alarm, setup = self._alarm(), self._services.learning
        try:
            while True:
                self._wake.clear()
                try:
                    await self.look()
                except Closing:
                    return
                except _DATABASE as problem:
                    log.warning("learning waits for the database: %s", problem)
                except WorkFailed as problem:
                    log.error("learning: %s", problem)
                except Exception:
                    log.exception("learning failed, and is tried again")
                if self._services.learning != setup:
                    alarm.stop()
                    alarm, setup = self._alarm(), self._services.learning
                await self._rest()
        finally:
            alarm.stop()
            await self._steps.worker.close()

    def look_soon(self) -> None:
        """Something has happened that changes what is due: on the event loop."""
        self._wake.set()

    def _alarm(self) -> Alarm:
        alarm = Alarm(self._services.learning, self._wake.set)
        alarm.start()
        return alarm

    async def _rest(self) -> None:
        resting = asyncio.ensure_future(self._timer.sleep(LOOK))
        called = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({resting, called}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (resting, called):
                one.cancel()

    async def look(self) -> None:
        """Do what is due, if no other process is at it."""
        now = self._services.clock.now()
        self._began = self._began or now
        async with self._turn:
            lease = await asyncio.to_thread(self._leases.take, "learning")
            if lease is None:
                return
            try:
                await self._due(now)
            finally:
                await asyncio.to_thread(lease.release)

    async def _due(self, now: datetime) -> None:
        """Each on its own: one that fails keeps none of the others from being done."""
        failed: list[Exception] = []
        for step in (self._nightly, self._priced, self._weekly, self._deliver, self._questions):
            try:
                await step(now)
            except Exception as problem:  # noqa: BLE001 - it is raised when the others are done
                failed.append(problem)
        for other in failed[1:]:
            log.error("learning failed, and is tried again", exc_info=other)
        if failed:
            raise failed[0]

    async def _nightly(self, now: datetime) -> None:
        setup = self._services.learning
        due = last_due(setup.reconcile_at, setup, now)
        if await self._is_due("reconcile", due):
            found = await self._steps.reconcile(now - _LATE_DAYS, FOREVER)
            await ask_about(self._services, found.matches)
            await self._steps.propose(now)
            await self._progress("reconcile", due)

    async def _priced(self, now: datetime) -> None:
        setup = self._services.learning
        due = last_due(setup.results_at, setup, now)
        if await self._is_due("results", due):
            await self._steps.results(None)
            await self._progress("results", due)

    async def _weekly(self, now: datetime) -> None:
        calendar = calendar_of(self._services.learning)
        latest = calendar.latest(now)
        due = calendar.due(latest)
        if self._told == latest:
            return
        # A server that is only just set up has nothing to reckon, and needs no child for that.
        if await self._steps.behind(due):
            await self._steps.gather()
        waiting = {name: weeks for name in await self._recipients(due) if (weeks := await self._weeks(name, latest))}
        if not waiting:
            self._told = latest
            return
        await self._ready(now)
        for person, weeks in waiting.items():
            for week in weeks:
                missed = tuple(map(str, weeks[:-1])) if week == weeks[-1] else ()
                await self._steps.made(person, week, CLOCK, missed)
        self._told = latest

    async def _ready(self, now: datetime) -> None:
        """What is to stand in a digest, and be asked and proposed with it, is known."""
        found = await self._steps.reconcile(now - _LATE_DAYS, FOREVER)
        # What came in since last night is new here, and will not be tonight.
        await ask_about(self._services, found.matches)
        await self._steps.propose(now)

    async def _deliver(self, now: datetime) -> None:
        """The latest one of each person, for a week; an older one is there to be looked at."""
        calendar = calendar_of(self._services.learning)
        due = calendar.due(calendar.latest(now))
        for record in await self.digests.of(None, due, due + timedelta(microseconds=1)):
            try:
                if record.status in (MADE, SENDING):
                    await self._delivering.send(record)
                elif record.status == SENT:
                    await self._delivering.renew(record)
            except Exception:
                log.exception("the digest %s could not be brought on its way, and is tried again", record.key)

    async def _questions(self, now: datetime) -> None:
        await send_waiting(self._services)
        await close_answered(self._services)

    # When somebody asks for it

    async def reconcile(self, day: date | None = None) -> Found:
        """Reconcile one day (in the owner's zone), or everything there is."""
        async with self._alone():
            if day is None:
                await self._steps.gather()
                reach = await self._steps.worker.run(tasks.reach, self._steps.basis())
                if reach is None:
                    return Found((), tasks.no_counts())
                found = await self._steps.reconcile(reach.since, FOREVER, gather=False, reach=reach)
            else:
                zone = self._services.learning.zone
                since, until = moment_on(day, time(), zone), moment_on(day + timedelta(days=1), time(), zone)
                found = await self._steps.reconcile(since, until)
            await ask_about(self._services, found.matches)
            return found

    async def results(self, as_of: date | None = None) -> Found:
        """Price everything, with what was known at the end of a day; by now it is also written down."""
        async with self._alone():
            return await self._steps.results(as_of)

    async def digest(self, person: str, week: Week, by: Actor) -> Record:
        """The digest of a week: the one there is, or else it is made now."""
        found = await self.digests.find(person, week)
        if found is not None:
            return found
        async with self._alone():
            now = self._services.clock.now()
            if week == calendar_of(self._services.learning).latest(now):
                await self._ready(now)
            else:
                await self._steps.gather()
            return await self._steps.made(person, week, by, ())

    async def again(self, person: str, week: Week) -> Composed:
        """What would be said of a week today. Nothing is kept, and nobody is told."""
        await self._steps.gather()
        return await self._steps.composed(person, week, ())

    async def _recipients(self, due: datetime) -> list[str]:
        """Who is told: those that are named, or everybody; but nobody of whom nothing was ever heard."""
        people = self._services.registry().people
        heard = await off_the_loop(_heard, self._services.reader, due - QUIET, due)
        named = self._services.learning.people
        if named is not None:
            told = {one.person for one in await self.digests.of(None)}
            heard = {one for one in named if one in heard or one in told}
        return sorted(one for one in heard if one in people and people[one].active)

    async def _weeks(self, person: str, latest: Week) -> list[Week]:
        """The weeks of which somebody is to be told. A first digest tells of the last week alone."""
        mine = await self.digests.of(person)
        made = {week_in(one) for one in mine}
        by_schedule = [read_week(week_in(one)) for one in mine if one.body.get("by") == CLOCK.ref]
        weeks = weeks_due(latest, max(by_schedule, default=None))
        return [week for week in weeks if str(week) not in made]

    async def _is_due(self, job: str, due: datetime) -> bool:
        """Whether it has not been done for that moment yet. Where nothing is known, there is nothing to do."""
        reader = self._services.reader
        known = await off_the_loop(reader.record, PROGRESS, job)
        if known is not None:
            return known.at < due
        if self._began is not None and due >= self._began:
            return True
        return bool(await off_the_loop(_anything, reader))

    async def _progress(self, job: str, due: datetime) -> None:
        await self._steps.write([(Record(PROGRESS, job, due, {"at": self._services.clock.now().isoformat()}), -1)])

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Nobody else is at it, here or in another process. Raises Busy."""
        async with self._turn:
            lease = await self._taken()
            try:
                yield
            finally:
                await asyncio.to_thread(lease.release)

    async def _taken(self) -> Lease:
        waited = 0.0
        while True:
            lease = await asyncio.to_thread(self._leases.take, "learning")
            if lease is not None:
                return lease
            if waited >= _PATIENCE:
                raise Busy("Another process of Placet is reconciling; ask again in a minute.")
            await self._timer.sleep(0.5)
            waited += 0.5


def _heard(reader: Reader, since: datetime, until: datetime) -> set[str]:
    found = set()
    for kind in (records.RECOMMENDATION, records.MATCH, records.EXECUTION):
        found |= {one.person for one in tasks.every(reader, Wanted(kind, since, until)) if one.person}
    return found


def _anything(reader: Reader) -> bool:
    return any(reader.records(Wanted(kind), 1) for kind in (records.RECOMMENDATION, records.EXECUTION))
