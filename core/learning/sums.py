"""A week in money, and the numbers behind its picture: sums that say of how many they are.

What departing brought is no difference of these sums: that stands in `core.learning.paired`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.learning.counting import decided
from core.learning.records import Label, Match
from core.learning.week import Calendar, Week

MOST_WEEKS = 26
"""Weeks in the picture: half a year is what a phone shows readably."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What came of one match: of what was done, and of the advice as given. None: it cannot be priced (never zero).

    `at`: since when that has been known. `open`: it is still running.
    """

    key: str
    at: datetime
    currency: str
    done: Decimal | None = None
    advised: Decimal | None = None
    open: bool = False
    alone: bool = False
    """Nothing was advised."""


@dataclass(frozen=True, slots=True)
class Money:
    """In one currency: `done` and `advised` of the `came` recommendations whose results came in within the week.

    `priced`, `open`: of the `of` recommendations that are of the week itself. `unadvised`: what trades without a
    recommendation brought within the week, which is no part of the sums; None: no such result came in.
    """

    currency: str
    done: Decimal = Decimal(0)
    advised: Decimal = Decimal(0)
    came: int = 0
    priced: int = 0
    of: int = 0
    open: int = 0
    unadvised: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture's numbers, a row for each week: divergences of what was decided, and sums of both sides."""

    weeks: tuple[str, ...] = ()
    diverged: tuple[int, ...] = ()
    of: tuple[int, ...] = ()
    done: tuple[float, ...] = ()
    advised: tuple[float, ...] = ()
    """Cumulative, over pairs that both could be priced."""
    pairs: int = 0
    currency: str = ""


def money_of(new: Sequence[Match], priced: Sequence[Priced], since: datetime, until: datetime) -> tuple[Money, ...]:
    """What came in within the week, and how much of the week's own recommendations is known by now."""
    keys = {match.key for match in new if match.label is not Label.INDEPENDENT}
    found = []
    known = {one.currency for one in priced if one.currency or one.done is not None or one.advised is not None}
    for currency in sorted(known):
        here = [one for one in priced if one.currency == currency and since <= one.at < until]
        both = [one for one in here if one.done is not None and one.advised is not None]
        freely = [one.done for one in here if one.done is not None and one.alone]
        # What could not be priced has no currency, and is missing in each.
        mine = [one for one in priced if one.key in keys and (one.currency == currency or _unpriced(one))]
        money = Money(
            currency,
            sum((one.done for one in both if one.done is not None), Decimal(0)),
            sum((one.advised for one in both if one.advised is not None), Decimal(0)),
            len(both),
            sum(one.done is not None and one.advised is not None for one in mine),
            len(mine),
            sum(one.open for one in mine),
            sum(freely, Decimal(0)) if freely else None,
        )
        if money.came or money.of or freely:
            found.append(money)
    return tuple(found)


def _unpriced(one: Priced) -> bool:
    return not one.currency and one.done is None and one.advised is None


def chart_of(told: Iterable[tuple[Match, datetime]], priced: Sequence[Priced], calendar: Calendar, week: Week) -> Chart:
    dues = [calendar.due(week.moved(number)) for number in range(-MOST_WEEKS, 1)]
    diverged, of = [0] * MOST_WEEKS, [0] * MOST_WEEKS
    for match, at in told:
        place = _place(dues, at)
        if place is not None and place >= 0 and decided(match):
            of[place] += 1
            diverged[place] += match.diverges
    both = Counter(one.currency for one in priced if one.done is not None and one.advised is not None)
    currency = max(sorted(both), key=both.__getitem__, default="")
    done, advised, pairs = [Decimal(0)] * MOST_WEEKS, [Decimal(0)] * MOST_WEEKS, 0
    for one in priced:
        place = _place(dues, one.at)
        if place is None or place < 0 or one.currency != currency or one.done is None or one.advised is None:
            continue
        done[place] += one.done
        advised[place] += one.advised
        pairs += 1
    start = next((number for number, total in enumerate(of) if total), MOST_WEEKS - 1)
    return Chart(
        tuple(str(week.moved(number + 1 - MOST_WEEKS)) for number in range(start, MOST_WEEKS)),
        tuple(diverged[start:]),
        tuple(of[start:]),
        _running(done)[start:],
        _running(advised)[start:],
        pairs,
        currency,
    )


def _place(dues: Sequence[datetime], at: datetime) -> int | None:
    """The number of the week that tells of it; -1 for what lies before them all, None for what is later."""
    if at >= dues[-1]:
        return None
    return next((number for number in range(len(dues) - 2, -1, -1) if at >= dues[number]), -1)


def _running(values: Sequence[Decimal]) -> tuple[float, ...]:
    found, total = [], Decimal(0)
    for value in values:
        total += value
        found.append(float(total))
    return tuple(found)
