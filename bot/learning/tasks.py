"""What the child process reckons: functions of what the ledger holds, which write nothing.

They come back with records for the parent to write, each with the version that it was made from: what somebody has
said meanwhile is not written over, but found by the next run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.durations import LONGEST
from core.learning import records
from core.learning.counting import counted
from core.learning.gather import recommendation_of, to_record
from core.learning.ledger import Record, Wanted
from core.learning.records import Close, Execution, Match, Recommendation, Result
from core.learning.setup import Learning
from core.model import Outcome, Person, Program
from core.ports import Reader

if TYPE_CHECKING:
    from core.learning.finding import Finding
    from core.learning.observations import Observation
    from core.learning.patterns import Who
    from core.learning.results import Outcome as Worth

MARGIN = timedelta(days=40)
"""What lies so near to a stretch of time may have to do with it. What is valid for longer, and what an order names,
is fetched besides."""
_A_PAGE = 2_000
_EXPIRED = frozenset({Outcome.EXPIRED})


@dataclass(frozen=True, slots=True)
class Basis:
    """Where to read, and how the house is set up."""

    url: str
    setup: Learning
    people: Mapping[str, Person] = field(default_factory=dict)
    programs: Mapping[str, Program] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """Records to write, each with the version that it follows (0: there was none)."""

    records: tuple[tuple[Record, int], ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    matches: tuple[Match, ...] = ()
    """Those that are new or were changed."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Requests as recommendations, from the journal up to `position`. `more`: there is more behind it."""

    records: tuple[Record, ...]
    position: int
    more: bool


@contextlib.contextmanager
def reading(basis: Basis) -> Iterator[Reader]:
    from bot.bootstrap import reader_of  # noqa: PLC0415 - it knows everybody, and is not needed to be imported

    reader = reader_of(basis.url)
    try:
        yield reader
    finally:
        reader.close()


def every(reader: Reader, wanted: Wanted) -> Iterator[Record]:
    """All records of a kind, page by page."""
    after: str | None = None
    while True:
        page = reader.records(wanted, _A_PAGE, after)
        yield from page
        if len(page) < _A_PAGE:
            return
        after = page[-1].key


# From requests to recommendations


def gather(basis: Basis, after: int, most: int = 5_000) -> Gathered:
    """What was decided (or asked) since a position of the journal."""
    with reading(basis) as reader:
        facts = reader.journal(after, most)
        names = list(dict.fromkeys(one.stream for one in facts if one.stream.startswith("req_")))
        found = []
        for start in range(0, len(names), 500):
            for request in reader.requests(names[start : start + 500]).values():
                seen = True
                if request.decision is not None and request.decision.outcome in _EXPIRED:
                    posts = reader.posts_of(request.id)
                    # Where no chat shows it, the web inbox does, and nobody knows who looked.
                    seen = not posts or any(post.shown for post in posts)
                one = recommendation_of(
                    request,
                    people=basis.people,
                    programs=basis.programs,
                    accounts=basis.setup.accounts,
                    seen=seen,
                )
                found.append(to_record(one))
    return Gathered(tuple(found), facts[-1].position if facts else after, len(facts) == most)


# From recommendations and executions to matches


@dataclass(frozen=True, slots=True)
class Reach:
    """All that there is: since when, how long the longest advice is valid, and whether any order names what it is of.

    So that nobody looks a year around for what there is none of.
    """

    since: datetime
    longest: timedelta
    linked: bool


ANYTHING = Reach(datetime.min.replace(tzinfo=UTC), LONGEST, linked=True)


def reach(basis: Basis) -> Reach | None:
    with reading(basis) as reader:
        first = [
            page[0].at
            for kind in (records.RECOMMENDATION, records.EXECUTION)
            if (page := reader.records(Wanted(kind), 1))
        ]
        if not first:
            return None
        lasts = (
            datetime.fromisoformat(one.body["valid_until"]) - one.at
            for one in every(reader, Wanted(records.RECOMMENDATION))
        )
        longest = max(lasts, default=timedelta())
        linked = any(one.body.get("link") for one in every(reader, Wanted(records.EXECUTION)))
    return Reach(min(first), longest, linked)


def advised(
    reader: Reader, setup: Learning, since: datetime | None, until: datetime | None, subject: str | None = None
) -> list[Recommendation]:
    found = []
    for record in every(reader, Wanted(records.RECOMMENDATION, since, until, subject=subject)):
        one = records.read(records.RECOMMENDATION, record.body)
        if isinstance(one, Recommendation):
            found.append(setup.renamed(one))
    return found


def executed(
    reader: Reader, setup: Learning, since: datetime | None, until: datetime | None, subject: str | None = None
) -> list[Execution]:
    found = []
    for record in every(reader, Wanted(records.EXECUTION, since, until, subject=subject)):
        one = records.read(records.EXECUTION, record.body)
        if isinstance(one, Execution):
            found.append(setup.owned(one))
    return found


def matched(
    reader: Reader, since: datetime | None, until: datetime | None, subject: str | None = None
) -> dict[str, tuple[Match, Record]]:
    """The matches that are still some, by key."""
    found = {}
    for record in every(reader, Wanted(records.MATCH, since, until, subject=subject)):
        one = records.read(records.MATCH, record.body)
        if isinstance(one, Match) and record.status != records.WITHDRAWN:
            found[one.key] = (one, record)
    return found


def reconcile(basis: Basis, since: datetime, until: datetime, now: datetime, reach: Reach = ANYTHING) -> Found:
    """The matches of a stretch of time, and of older advice that was still open in it, as far as they differ from what
    is known."""
    from bot.learning.stretch import stretch  # noqa: PLC0415 - it reads with what is above
    from core.learning.reconcile import reconcile as matching  # noqa: PLC0415 - in the child alone
    from core.learning.testimony import ORDER, carried, settled  # noqa: PLC0415

    with reading(basis) as reader:
        there = stretch(reader, basis.setup, since, until, reach)
        before = there.before
        fresh = matching(
            there.advice,
            there.fills,
            zone=basis.setup.zone,
            settled=settled(match for match, _ in before.values()),
            session=basis.setup.session,
            now=now,
        )
        mine = {one.key: one for one in fresh if since <= one.at < until or one.key in there.older}
        changed, told = [], []
        for key, one in mine.items():
            known = before.get(key)
            after = carried(one, known[0] if known else None)
            if known is None or after != known[0]:
                version = known[1].version if known else _version(reader, key)
                changed.append((to_record(after), version))
                told.append(after)
        gone = there.older | {ORDER + order for key in there.older & mine.keys() for order in mine[key].orders}
        for key, (match, record) in before.items():
            if (since <= match.at < until or key in gone) and key not in mine:
                changed.append((replace(to_record(match), status=records.WITHDRAWN), record.version))
    return Found(tuple(changed), _counts(one for one in mine.values() if since <= one.at < until), tuple(told))


def _version(reader: Reader, key: str) -> int:
    """Of a match that had been withdrawn, or 0."""
    known = reader.record(records.MATCH, key)
    return known.version if known is not None else 0


def moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def no_counts() -> dict[str, int]:
    """None of each."""
    return {**{label.value: 0 for label in records.Label}, "ambiguous": 0}


def _counts(matches: Iterable[Match]) -> dict[str, int]:
    """As everywhere (`core.learning.counting`); a rejection in silence is one of the rejections here."""
    found = counted(matches)
    return {name: getattr(found, name) + (found.ignored if name == "reject" else 0) for name in no_counts()}


# From matches to what they were worth


def priced(
    reader: Reader,
    setup: Learning,
    matches: Sequence[Match],
    advice: Sequence[Recommendation],
    fills: Sequence[Execution],
    as_of: datetime,
) -> list[Worth]:
    """What came of them, as far as that was known by then."""
    from core.learning.results import outcomes  # noqa: PLC0415 - in the child alone

    given = []
    for record in every(reader, Wanted(records.RESULT)):
        one = records.read(records.RESULT, record.body)
        if isinstance(one, Result) and one.at < as_of:
            given.append(one)
    closes = []
    for record in every(reader, Wanted(records.CLOSE, until=as_of)):
        close = records.read(records.CLOSE, record.body)
        if isinstance(close, Close) and setup.ends(close.day) <= as_of:
            closes.append(setup.renamed(close))
    day = as_of.astimezone(setup.zone).date()
    return outcomes(matches, advice, fills, given, closes, day, zone=setup.zone, over=setup.ends)


def results(basis: Basis, as_of: datetime) -> Found:
    """What each match was worth as that was known by then: a version of its own wherever it has changed."""
    with reading(basis) as reader:
        found = matched(reader, None, as_of)
        advice = advised(reader, basis.setup, None, as_of)
        fills = executed(reader, basis.setup, None, as_of)
        worth = priced(reader, basis.setup, [match for match, _ in found.values()], advice, fills, as_of)
        before = {one.key: one for one in every(reader, Wanted(records.OUTCOME))}
    changed, counts = [], {"priced": 0, "open": 0, "unpriced": 0}
    for one in worth:
        status = "priced" if one.priced else "open" if one.open else "unpriced"
        counts[status] += 1
        match, known = found[one.key][0], before.get(one.key)
        if known is None or known.body != one.plain() or known.status != status:
            made = Record(
                records.OUTCOME, one.key, match.at, one.plain(), match.person, match.program, match.subject, status
            )
            changed.append((made, known.version if known else 0))
    return Found(tuple(changed), {"matches": len(worth), **counts})


# What people have in common with themselves


@dataclass(frozen=True, slots=True)
class Habits:
    """Everything that was counted, and, where it was asked for, what it was counted on."""

    findings: tuple[Finding, ...] = ()
    seen: Mapping[Who, Sequence[Observation]] = field(default_factory=dict)


def habits(basis: Basis, now: datetime, with_observations: bool = False) -> Habits:
    """What can be said of everybody's habits at the end of the last day that is over."""
    from core.learning.patterns import findings, observations  # noqa: PLC0415 - in the child alone

    setup = basis.setup
    day = setup.last_over(now)
    with reading(basis) as reader:
        matches = [match for match, _ in matched(reader, None, now).values()]
        advice = advised(reader, setup, None, now)
    found = findings(matches, advice, setup.zone, setup.session, day)
    seen = observations(matches, advice, setup.zone, setup.session) if with_observations else {}
    return Habits(tuple(found), seen)
