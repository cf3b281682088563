"""Somebody with a habit, in a whole Placet, and the candidate that comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from bench.invented import PLANTED, year
from bot.learning import candidates
from core.learning.candidate_bodies import STREAM, from_record, read_fact
from core.learning.candidates import Candidate, Proposed, evolve
from core.learning.finding import Finding
from core.learning.patterns import findings
from core.model import Actor, ActorKind
from tests.bot.running import Running
from tests.core.learning.habits import told

END = date(2012, 12, 31)
ALICE, ERIN = (Actor(ActorKind.PERSON, name, "test") for name in ("alice", "erin"))
_numbers = count(1)


class Leaping:
    """A clock that goes, and that can be put forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def leap(self, by: timedelta) -> None:
        self._ahead += by


@cache
def habit() -> Finding:
    """Alice lengthens the expiry."""
    advice, matches = told(year(PLANTED["longer .90"][0], 1_001))
    return findings(matches, advice, UTC, None, END)[0]


def another() -> Finding:
    """The same habit with a version that nothing else is about."""
    return replace(habit(), algorithm=f"a-{next(_numbers)}")


def do(house: Running, work: Coroutine[Any, Any, Any]) -> Any:
    """Work on the event loop of the house."""
    return asyncio.run_coroutine_threadsafe(work, house.loop).result(60)


def proposed(house: Running, finding: Finding | None = None) -> Candidate:
    (made,) = do(house, candidates.propose(house.services, [finding or another()]))
    assert isinstance(made, Candidate)
    return made


def now(house: Running, name: str) -> Candidate:
    """As it stands."""
    found = candidates.one(house.services.reader, name)
    assert found is not None
    return found


def folded(house: Running, name: str) -> Candidate:
    """The candidate as the journal alone tells it, with the snapshots that the ledger holds."""
    versions = house.services.reader.versions("candidate", name)
    snapshots = {one.hash: one.snapshot for one in map(from_record, versions)}
    candidate: Candidate | None = None
    for recorded in house.services.reader.history(f"{STREAM}{name}"):
        fact = read_fact(recorded.fact)
        if isinstance(fact, Proposed):
            fact = replace(fact, snapshot=snapshots[fact.hash])
        candidate = evolve(candidate, fact, name)
    assert candidate is not None
    return candidate
