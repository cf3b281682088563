"""The steps of learning: gather, reconcile, price, look for habits, compose. The child reckons, the desk writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from bot.ids import new_id
from bot.learning import candidates, tasks
from bot.learning.composing import Wish, compose
from bot.learning.digests import Composed, Digests
from bot.learning.tasks import ANYTHING, Basis, Found, Reach
from bot.learning.work import Given, Made
from bot.services import Services
from bot.threads import off_the_loop
from core.card import Button
from core.engine import CLOCK, Failed, Recording
from core.errors import PlacetError, Refused
from core.learning.candidates import AT_WORK
from core.learning.ledger import Record
from core.learning.records import Match
from core.learning.week import Week, calendar_of, moment_on
from core.model import Actor
from core.ports import Reader, Transaction, Writing

SLICE = 50
"""Records in one command: so few that nobody who approves has to wait for them."""
STRETCH = timedelta(days=60)
"""What is reconciled at a time."""
PROGRESS = "progress"
"""The kind of the records of how far a job has come."""
FOREVER = datetime.max.replace(tzinfo=UTC)


class Working(Protocol):
    """`bot.learning.work.Worker`."""

    async def run(self, task: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> Made: ...

    async def close(self) -> None: ...


class Steps:
    def __init__(self, services: Services, url: str, worker: Working, digests: Digests) -> None:
        self.worker = worker
        self._services = services
        self._url = url
        self._digests = digests

    def basis(self) -> Basis:
        registry = self._services.registry()
        return Basis(self._url, self._services.learning, dict(registry.people), dict(registry.programs))

    async def behind(self, due: datetime) -> bool:
        """Whether the journal tells of requests, before that moment, that were not gathered yet."""
        return await off_the_loop(_behind, self._services.reader, due)

    async def gather(self) -> None:
        """Requests that were asked or decided since the last time, as recommendations."""
        reader = self._services.reader
        known = await off_the_loop(reader.record, PROGRESS, "gather")
        position = int(known.body["position"]) if known is not None else 0
        if position >= await off_the_loop(reader.position):
            return
        more = True
        while more:
            gathered = await self.worker.run(tasks.gather, self.basis(), position)
            await self.write([(one, -1) for one in gathered.records])
            position, more = gathered.position, gathered.more
            at = self._services.clock.now()
            await self.write([(Record(PROGRESS, "gather", at, {"position": position}), -1)])

    async def reconcile(
        self, since: datetime, until: datetime, *, gather: bool = True, reach: Reach = ANYTHING
    ) -> Found:
        """A stretch of time after the other, so that no process holds more than one of them."""
        if gather:
            await self.gather()
        now = self._services.clock.now()
        counts, changed = tasks.no_counts(), 0
        matches: list[Match] = []
        end = min(until, now + timedelta(days=1))
        while since < end:
            here = min(since + STRETCH, end)
            found = await self.worker.run(tasks.reconcile, self.basis(), since, here, now, reach)
            await self.write(found.records)
            changed += len(found.records)
            counts = {name: count + found.counts[name] for name, count in counts.items()}
            matches += found.matches
            since = here
        return Found((), {**counts, "changed": changed}, tuple(matches))

    async def results(self, as_of: date | None) -> Found:
        now = self._services.clock.now()
        zone = self._services.learning.zone
        end = now if as_of is None else min(now, moment_on(as_of + timedelta(days=1), time(), zone))
        found = await self.worker.run(tasks.results, self.basis(), end)
        if as_of is None:
            await self.write(found.records)
        return replace(found, records=())

    async def propose(self, now: datetime) -> None:
        """Patterns become candidates, and changes whose time has come are looked at."""
        known = await off_the_loop(candidates.find, self._services.reader)
        at_work = any(one.status in AT_WORK for one in known)
        found = await self.worker.run(tasks.habits, self.basis(), now, at_work)
        await candidates.propose(self._services, found.findings)
        if at_work:
            await candidates.review_due(self._services, found.seen)

    async def made(self, person: str, week: Week, by: Actor, missed: tuple[str, ...]) -> Record:
        made = await self.composed(person, week, missed)
        due = calendar_of(self._services.learning).due(week)
        return await self._digests.keep(person, week, due, made, by)

    async def composed(self, person: str, week: Week, missed: tuple[str, ...]) -> Composed:
        reader = self._services.reader
        position = await off_the_loop(reader.position)
        last = await off_the_loop(reader.journal, max(0, position - 1), 1)
        wish = Wish(
            person,
            week,
            self._services.clock.now(),
            position,
            last[-1].leaf.hex() if last else "",
            missed,
        )
        made = await self.worker.run(compose, self.basis(), wish)
        return replace(made, note=replace(made.note, rows=await self._rows(person, made)))

    async def _rows(self, person: str, made: Composed) -> tuple[tuple[Button, ...], ...]:
        """Buttons for what waits to be decided, numbered as the text numbers it."""
        from bot.taps.candidates import buttons  # noqa: PLC0415 - the desk of taps knows these jobs, too

        waiting = [one["id"] for one in made.figures["offers"] if one["state"] == "proposed"][:3]
        rows: list[tuple[Button, ...]] = []
        for number, name in enumerate(waiting, 1):
            candidate = await off_the_loop(candidates.one, self._services.reader, name)
            if candidate is None or candidate.person != person:
                continue
            rows += buttons(candidate, number=number if len(waiting) > 1 else None)
        return tuple(rows)

    async def write(self, found: Sequence[tuple[Record, int]]) -> None:
        """In slices, between which whoever approves is served. Each with the version that it follows, or -1 for any."""
        for start in range(0, len(found), SLICE):
            slice_of = found[start : start + SLICE]

            def apply(
                transaction: Transaction, now: datetime, chosen: Sequence[tuple[Record, int]] = slice_of
            ) -> Writing:
                following = {(one.kind, one.key): version for one, version in chosen if version >= 0}
                transaction.record([one for one, _ in chosen], now, following)
                return Writing()

            outcome = await self._services.ask(Recording(new_id("cmd"), CLOCK, "", apply=apply))
            if isinstance(outcome, Failed):
                raise PlacetError("what was learned could not be recorded; see the log") from outcome.error
            if isinstance(outcome, Refused):
                raise PlacetError(f"what was learned could not be recorded: {outcome.detail}")
            await asyncio.sleep(0)


def _behind(reader: Reader, due: datetime) -> bool:
    known = reader.record(PROGRESS, "gather")
    facts = reader.journal(int(known.body["position"]) if known is not None else 0, 5_000)
    return len(facts) == 5_000 or any(one.stream.startswith("req_") and one.fact.at < due for one in facts)
