"""What there is to read for a stretch of time: what lies in it and near it, and what reaches into it from afar.

Advice may be valid for a year, and an order that names its recommendation belongs to it at any time. Of the subjects
that such advice is about, everything is read: what of it the orders of the years before belong to is told by those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.learning.tasks import ANYTHING, MARGIN, Reach, advised, every, executed, matched, moved
from core.durations import LONGEST
from core.learning import records
from core.learning.episodes import IMPORTED
from core.learning.ledger import Record, Wanted
from core.learning.records import Execution, Match, Recommendation
from core.learning.setup import Learning
from core.ports import Reader

_AT_ONCE = 500
"""Keys that are asked for in one question."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """`older`: the keys of advice from before it that was still valid in it, or that an order in it names."""

    advice: Sequence[Recommendation]
    fills: Sequence[Execution]
    before: dict[str, tuple[Match, Record]]
    older: frozenset[str]


def stretch(reader: Reader, setup: Learning, since: datetime, until: datetime, reach: Reach = ANYTHING) -> Stretch:
    low, high = moved(since, -MARGIN), moved(until, MARGIN)
    advice = {one.key: one for one in advised(reader, setup, low, high)}
    fills = {one.key: one for one in executed(reader, setup, low, high)}
    before = matched(reader, low, high)

    named = set(_named(one.link for one in fills.values() if since <= one.at < until))
    reaching = {key: one for key, one in advice.items() if one.at < since and _reaches(one, since, named)}
    reaching |= {one.key: one for one in _from_before(reader, setup, since, low, named, reach)}
    far = [one for one in reaching.values() if one.at < moved(since, -MARGIN / 2)]
    here = [one for one in advice.values() if since <= one.at < until]
    far += [one for one in here if one.valid_until > high]
    links = set(_named(_links_behind(reader, high))) if reach.linked else set()
    far += [one for one in here if not links.isdisjoint(_names(one)) or _done_after(before.get(one.key), high)]
    for subject in sorted({one.subject for one in far}):
        for name in _formerly(setup, subject):
            advice |= {one.key: one for one in advised(reader, setup, None, None, name)}
            fills |= {one.key: one for one in executed(reader, setup, None, None, name)}
            before |= matched(reader, None, None, name)
    # An order names what it will, also of another subject.
    advice = reaching | advice
    return Stretch(list(advice.values()), list(fills.values()), before, frozenset(reaching))


def _named(links: Iterable[str | None]) -> Iterator[str]:
    """What links may name: as `core.learning.episodes.named_by` reads them."""
    for link in links:
        if link:
            yield link
            yield from (part for part in link.split(":") if part.startswith("req_"))


def _names(one: Recommendation) -> set[str]:
    """What an order may call it by."""
    return {one.key, one.key.removeprefix(IMPORTED), *([one.claim] if one.claim else [])}


def _reaches(one: Recommendation, since: datetime, named: set[str]) -> bool:
    return one.valid_until >= since or not named.isdisjoint(_names(one))


def _from_before(
    reader: Reader, setup: Learning, since: datetime, low: datetime, named: set[str], reach: Reach
) -> Iterator[Recommendation]:
    """Advice from before `low` that is valid still, or named: by its key however old it is, by a claim for a year."""
    found: dict[str, Record] = {}
    keys = sorted({key for name in named for key in (name, IMPORTED + name)})
    for start in range(0, len(keys), _AT_ONCE):
        asked = Wanted(records.RECOMMENDATION, until=low, keys=tuple(keys[start : start + _AT_ONCE]))
        found |= {one.key: one for one in reader.records(asked)}
    back = LONGEST if named else reach.longest
    for one in every(reader, Wanted(records.RECOMMENDATION, max(moved(low, -back), reach.since), low)):
        if one.body.get("claim") in named or datetime.fromisoformat(one.body["valid_until"]) >= since:
            found[one.key] = one
    for record in found.values():
        read = records.read(records.RECOMMENDATION, record.body)
        if isinstance(read, Recommendation):
            yield setup.renamed(read)


def _links_behind(reader: Reader, high: datetime) -> Iterator[str | None]:
    """What the orders of the year after it name."""
    for one in every(reader, Wanted(records.EXECUTION, high, moved(high, LONGEST))):
        yield one.body.get("link")


def _done_after(known: tuple[Match, Record] | None, high: datetime) -> bool:
    """Whether its order is known to have come later than that."""
    return known is not None and known[0].at + timedelta(seconds=known[0].delay or 0.0) >= high


def _formerly(setup: Learning, subject: str) -> list[str]:
    """Everything that a subject was ever called."""
    return [subject, *(name for name, now in setup.subjects.items() if now == subject and name != subject)]
