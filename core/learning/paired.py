"""What departing from the advice brought, as the difference on the very same recommendation, and in no other way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import fmean, median

from core.learning.counting import ambiguous, begin, once
from core.learning.effects import CLIP, Edge, Estimate, edge, mean, wilson
from core.learning.ladders import PRICES, SIZES
from core.learning.outcome import Outcome, Sum, sums
from core.learning.records import Label, Match

SELECTION = (
    "Each difference is between what was done and the advice on the very same recommendation. Recommendations that "
    "were followed are not compared with those that were changed: who chooses what to change chooses the outcome, too."
)
SMALL = 1.0
"""An edit of up to one listed step, or to at most the double or half of a size, is small."""
SMALL_PRICE = 0.05
"""And so is one of up to 5 % of a price."""

Worths = Mapping[str, Outcome] | Iterable[Outcome]


def by_key(outcomes: Worths) -> Mapping[str, Outcome]:
    return outcomes if isinstance(outcomes, Mapping) else {one.key: one for one in outcomes}


@dataclass(frozen=True, slots=True)
class Paired:
    """What was done minus the advice, on the same recommendation, over those that were departed from.

    `mean`: in `currency`, with Student's interval, for one look. `edge`: in R (`unit`) where a risk is known, else in
    times the difference that was usual before; it may be looked at every week. `better`: the share of pairs in which
    what was done came to more, which says nothing of by how much: who refuses to insure is right most of the time.
    `delayed`: of the pairs, those in which the delay cannot be told from the decision.
    """

    currency: str
    sum: Sum
    mean: Estimate
    better: Estimate
    edge: Edge
    unit: str
    bets: int
    delayed: int
    note: str = SELECTION

    @property
    def undetermined(self) -> bool:
        return self.edge.mean.undetermined


def followed_vs_diverged(matches: Sequence[Match], outcomes: Worths) -> tuple[Paired, ...]:
    """In each currency. Open ones and what cannot be priced are missing, and `sum.coverage` says how many."""
    told = pairs(matches, outcomes)
    found = []
    for total in sums((one, one.difference) for _, one in told):
        here = [(match, one) for match, one in told if one.currency == total.currency and _settled(one)]
        values = [float(one.difference) for _, one in here if one.difference is not None]
        # In R where most have one; mixing both would weigh them by nothing that anybody means.
        unit = "R" if sum(one.r is not None for _, one in here) * 2 > len(here) else "usual differences"
        bets = _bets([(match, one) for match, one in told if one.currency == total.currency], unit)
        found.append(
            Paired(
                currency=total.currency,
                sum=total,
                mean=mean(values),
                better=wilson(sum(value > 0 for value in values), sum(value != 0 for value in values)),
                edge=edge(bets, CLIP),
                unit=unit,
                bets=len(bets),
                delayed=sum(one.delayed for _, one in here),
            )
        )
    return tuple(found)


def pairs(matches: Iterable[Match], outcomes: Worths) -> list[tuple[Match, Outcome]]:
    """What was departed from, with what came of it; without an outcome, one that is not priced."""
    worth = by_key(outcomes)
    return [
        (match, worth.get(match.key) or Outcome(match.key, match.subject, match.label))
        for match in once(matches)
        if match.diverges and not ambiguous(match)
    ]


def _settled(one: Outcome) -> bool:
    return one.difference is not None and not one.open


def _bets(told: Iterable[tuple[Match, Outcome]], unit: str) -> list[float]:
    """One for each subject and week, in the order in which they became known: overlapping positions are one bet."""
    groups: dict[tuple[date, str], list[tuple[Match, Outcome]]] = defaultdict(list)
    for match, one in told:
        groups[begin(match.day, "week"), match.subject].append((match, one))
    known = []
    for key, group in groups.items():
        # As long as a part of it is open, a bet has no result.
        if any(one.open for _, one in group):
            continue
        values = [value for _, one in group if (value := _size(one, unit)) is not None]
        if values:
            on = max(one.known_on or match.day for match, one in group)
            known.append((on, key, fmean(values)))
    values = [value for _, _, value in sorted(known)]
    return values if unit == "R" else _scaled(values)


def _size(one: Outcome, unit: str) -> float | None:
    return one.r if unit == "R" else None if one.difference is None else float(one.difference)


def _scaled(values: Sequence[float]) -> list[float]:
    """In times what was usual before: the scale of a bet is known before the bet is. The first few only set it."""
    sizes: list[float] = []
    found = []
    for value in values:
        if len(sizes) >= 5:
            found.append(value / median(sizes))
        if value:
            sizes.append(abs(value))
    return found


@dataclass(frozen=True, slots=True)
class Point:
    """Up to and with a day: `total` of `n` paired differences. `low`, `high`: where n times their true mean may lie;
    None below two."""

    day: date
    total: Decimal
    low: float | None
    high: float | None
    n: int


def cumulative(matches: Sequence[Match], outcomes: Worths, currency: str) -> tuple[Point, ...]:
    """The paired difference as it grew, by the day on which each became known."""
    days: dict[date, list[Decimal]] = defaultdict(list)
    for match, one in pairs(matches, outcomes):
        if one.currency == currency and one.difference is not None and not one.open:
            days[one.known_on or match.day].append(one.difference)
    points, values, total = [], [], Decimal(0)
    for day in sorted(days):
        total += sum(days[day], Decimal(0))
        values += [float(one) for one in days[day]]
        sure = mean(values)
        low, high = (None, None) if sure.n < 2 else (sure.low * sure.n, sure.high * sure.n)
        points.append(Point(day, total, low, high, sure.n))
    return tuple(points)


@dataclass(frozen=True, slots=True)
class Cost:
    """What departures of one sort brought (below zero: cost) against the advice. `n`: of all of that sort."""

    sort: str
    n: int
    sum: Sum
    mean: Estimate


@dataclass(frozen=True, slots=True)
class Overrides:
    """`sums`: all departures, each once. `sorts`: by direction and size of the edit; one with several edits is in each
    of theirs, so these do not add up. Where others looked, large edits helped and small ones hurt (Fildes and others,
    2009).
    """

    sums: tuple[Sum, ...]
    sorts: tuple[Cost, ...]


def cost_of_overrides(
    matches: Sequence[Match], outcomes: Worths, bounds: tuple[Decimal, Decimal] | None = None
) -> Overrides:
    """`bounds`: the worst and the best that one which cannot be priced may have brought, where somebody knows."""
    told = pairs(matches, outcomes)
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for match, one in told:
        for sort in _sorts(match):
            groups[sort].append(one)
    rows = []
    for sort in sorted(groups):
        for total in sums(((one, one.difference) for one in groups[sort]), bounds):
            here = [one for one in groups[sort] if one.currency == total.currency and _settled(one)]
            values = [float(one.difference) for one in here if one.difference is not None]
            rows.append(Cost(sort, total.coverage.of, total, mean(values)))
    return Overrides(sums(((one, one.difference) for _, one in told), bounds), tuple(rows))


def _sorts(match: Match) -> list[str]:
    if match.label is Label.REJECT:
        return ["rejected"]
    found = []
    for parameter, change in match.edits.items():
        if change:
            # What is no whole number of steps is a relative difference, unless it is a size.
            steps = parameter not in PRICES and (parameter in SIZES or float(change).is_integer())
            small = abs(change) <= (SMALL if steps else SMALL_PRICE)
            found.append(f"{parameter} {'up' if change > 0 else 'down'}, {'small' if small else 'large'}")
    return found or ["otherwise modified"]
