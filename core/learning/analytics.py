"""What overrides are like, in numbers for tables and charts: each with its count, its interval, and "undetermined".

Rates are of recommendations that somebody decided: what nobody advised (`independent`) has its line of its own, what
was let pass in silence is never a preference, and what is ambiguous waits until a person has said what it was. What
departing brought stands in `core.learning.paired`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo

from core.learning.counting import Counts, ambiguous, begin, counted, decided, name_of, once
from core.learning.effects import Estimate, hodges_lehmann, jeffreys, quantile, shrunk, wilson
from core.learning.outcome import Sum, sums
from core.learning.paired import Worths, by_key, pairs
from core.learning.records import Label, Match, Recommendation, Source

ANSWERED = frozenset({"approved", "modified", "rejected", "changes_requested"})


@dataclass(frozen=True, slots=True)
class Period:
    """`name`: `2012-W07`, `2012-02` or `2012-02-14`. `since`: its first day."""

    name: str
    since: date
    rate: Estimate
    counts: Counts


@dataclass(frozen=True, slots=True)
class Divergence:
    """`rate`: over all periods."""

    rate: Estimate
    counts: Counts
    periods: tuple[Period, ...]


def divergence_rate(matches: Sequence[Match], by: str = "week") -> Divergence:
    """How many of the decided ones were departed from. `by`: `day`, `week` or `month`; none in between is left out."""
    groups: dict[date, list[Match]] = defaultdict(list)
    for match in once(matches):
        groups[begin(match.day, by)].append(match)
    periods = []
    day, last = min(groups, default=date.min), max(groups, default=date.min)
    while groups and day <= last:
        counts = counted(groups.get(day, ()))
        periods.append(Period(name_of(day, by), day, wilson(counts.diverged, counts.decided), counts))
        if day == last:
            break
        day = begin(day + {"day": timedelta(1), "week": timedelta(7), "month": timedelta(31)}[by], by)
    counts = counted(matches)
    return Divergence(wilson(counts.diverged, counts.decided), counts, tuple(periods))


@dataclass(frozen=True, slots=True)
class Modification:
    """A parameter that was moved one way. `steps`: listed steps; doublings of a size; a share of a price.

    `share`: of the recommendations that were decided.
    """

    parameter: str
    direction: str
    n: int
    share: Estimate
    steps: Estimate


def top_modifications(matches: Sequence[Match], most: int | None = None) -> tuple[Modification, ...]:
    """The most frequent first."""
    single = once(matches)
    of = sum(decided(match) for match in single)
    moved: dict[tuple[str, str], list[float]] = defaultdict(list)
    for match in _modified(single):
        for parameter, change in match.edits.items():
            if change:
                moved[parameter, "up" if change > 0 else "down"].append(change)
    rows = [
        Modification(parameter, direction, len(values), wilson(len(values), of), hodges_lehmann(values))
        for (parameter, direction), values in moved.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.n, row.parameter, row.direction))[:most])


def _modified(matches: Iterable[Match]) -> list[Match]:
    return [match for match in matches if match.label is Label.MODIFY and match.diverges and not ambiguous(match)]


@dataclass(frozen=True, slots=True)
class Why:
    code: str
    n: int
    share: Estimate
    """Of those that gave a reason."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """`without`: the share of departures nobody gave a reason for. `would_agree`: of those asked whether the algorithm
    would agree if it knew, the share of yes."""

    codes: tuple[Why, ...]
    without: Estimate
    would_agree: Estimate


def reasons(matches: Sequence[Match]) -> Reasons:
    told = [match for match in once(matches) if match.diverges and not ambiguous(match)]
    codes = Counter(match.reason for match in told if match.reason)
    stated = sum(codes.values())
    answers = [match.would_agree for match in told if match.would_agree in ("yes", "no")]
    rows = sorted(codes.items(), key=lambda row: (-row[1], row[0]))
    return Reasons(
        tuple(Why(code, n, jeffreys(n, stated)) for code, n in rows),
        jeffreys(len(told) - stated, len(told)),
        jeffreys(answers.count("yes"), len(answers)),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table. `drawn`: the rate drawn towards the usual one, for lines with few; no evidence of anything."""

    name: str
    counts: Counts
    rate: Estimate
    drawn: float | None
    sums: tuple[Sum, ...] = ()


def by_subject(matches: Sequence[Match], outcomes: Worths = ()) -> tuple[Row, ...]:
    """The most recommended first."""
    rows = _rows(matches, lambda match: match.subject, outcomes)
    return tuple(sorted(rows, key=lambda row: (-row.counts.recommendations, row.name)))


def by_hour(matches: Sequence[Match], zone: tzinfo = UTC, outcomes: Worths = ()) -> tuple[Row, ...]:
    """`09` is from 9:00 until 10:00 in the zone. Hours in which nothing was advised are left out."""
    rows = _rows(matches, lambda match: f"{match.at.astimezone(zone):%H}", outcomes)
    return tuple(sorted((row for row in rows if row.counts.recommendations), key=lambda row: row.name))


def _rows(matches: Sequence[Match], name: Callable[[Match], str], outcomes: Worths) -> list[Row]:
    worth, groups = by_key(outcomes), defaultdict[str, list[Match]](list)
    for match in once(matches):
        groups[name(match)].append(match)
    usual = counted(matches)
    rate = usual.diverged / usual.decided if usual.decided else None
    rows = []
    for key, group in groups.items():
        counts = counted(group)
        drawn = None if rate is None else shrunk(counts.diverged, counts.decided, rate)
        brought = sums((one, one.difference) for _, one in pairs(group, worth)) if worth else ()
        rows.append(Row(key, counts, wilson(counts.diverged, counts.decided), drawn, brought))
    return rows


@dataclass(frozen=True, slots=True)
class Responses:
    """Seconds from being asked to the decision. `unanswered`: of those asked, what nobody has decided."""

    median: Estimate
    p90: Estimate
    unanswered: int


def response_times(recommendations: Iterable[Recommendation]) -> Responses:
    """Of what people were asked live: dates that were imported say nothing of waiting."""
    asked = [one for one in recommendations if one.asked_at is not None and one.source is Source.LIVE]
    waits = [
        max(0.0, (one.decided_at - one.asked_at).total_seconds())
        for one in asked
        if one.asked_at is not None and one.decided_at is not None and one.decision in ANSWERED
    ]
    return Responses(quantile(waits, 0.5), quantile(waits, 0.9), len(asked) - len(waits))


@dataclass(frozen=True, slots=True)
class Load:
    """How much was asked a day, over the days on which anything was. `days`: those, with how many."""

    a_day: Estimate
    busiest: tuple[date, int] | None
    days: tuple[tuple[date, int], ...]


def load(recommendations: Iterable[Recommendation], zone: tzinfo = UTC) -> Load:
    asked = Counter(
        one.asked_at.astimezone(zone).date() for one in recommendations if one.asked_at and one.source is Source.LIVE
    )
    days = sorted(asked.items())
    busiest = max(days, key=lambda day: (day[1], day[0]), default=None)
    return Load(quantile([float(n) for _, n in days], 0.5), busiest, tuple(days))
