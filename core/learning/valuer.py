"""What a position came to, in money: as its program says, or from closing prices.

Three answers are kept apart. None: not for this valuer. A valuation with a P&L. A valuation without one, which says
why: what cannot be priced is missing, never zero. An open position is marked where there is a close to mark it at, and
says that it is open. Nothing later than `Knowledge.as_of` is ever looked at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Protocol

from core.learning.contract import Part, Terms, most_lost, payoff, terms
from core.learning.records import Close, Result

RECOMMENDED, ACTUAL = "recommended", "actual"
AT_EXPIRY, AT_HORIZON = "option at expiry", "close at the horizon"
HORIZON = timedelta(days=7)
GAP = timedelta(days=4)
"""The longest that a market is shut without anything being wrong: a weekend between two holidays."""
MOST = Decimal(10) ** 18
"""Beyond this no sum of money is meant."""


@dataclass(frozen=True, slots=True)
class Position:
    """What was advised (`recommended`, about a recommendation's key) or done (`actual`, about an order).

    `since`: when the advice was given, from which a horizon counts for both, so that they end on the same day.
    """

    kind: str
    about: str
    since: datetime
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Valuation:
    """`pnl` before fees; where it was `given`, after `fees`. `at`: when that was first known: at the end of the day
    that told the price, or when it was said. `by`: who priced it. `risk`: what one R is. `why`: of what has no P&L,
    and what to do about it."""

    pnl: Decimal | None
    by: str
    at: datetime | None = None
    open: bool = False
    risk: Decimal | None = None
    fees: Decimal | None = None
    currency: str | None = None
    given: bool = False
    why: str = ""


class Valuer(Protocol):
    """Prices positions of one kind. None: not of this kind. It may look at nothing but what it is given."""

    def value(self, position: Position, knowledge: Knowledge) -> Valuation | None: ...


@dataclass(frozen=True, slots=True)
class _Prices:
    days: list[date]
    prices: list[Decimal]
    jumps: list[date]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What was known at the end of `as_of`, a day in `zone`. Made by `known`. `over`: when a day's close is known."""

    as_of: date
    over: Callable[[date], datetime]
    zone: tzinfo = UTC
    results: Mapping[str, Result] = field(default_factory=dict)
    closes: Mapping[str, _Prices] = field(default_factory=dict)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def last(self, subject: str, until: date) -> tuple[date, Decimal] | None:
        """The last close up to that day."""
        known = self.closes.get(subject.casefold())
        place = bisect_right(known.days, until) if known else 0
        return (known.days[place - 1], known.prices[place - 1]) if known and place else None

    def first(self, subject: str, since: date) -> tuple[date, Decimal] | None:
        """The first close from that day on."""
        known = self.closes.get(subject.casefold())
        place = bisect_left(known.days, since) if known else 0
        return (known.days[place], known.prices[place]) if known and place < len(known.days) else None

    def jump(self, subject: str, since: date, until: date) -> date | None:
        """A day after `since` whose close looks as after a split."""
        known = self.closes.get(subject.casefold())
        place = bisect_right(known.jumps, since) if known else 0
        return known.jumps[place] if known and place < len(known.jumps) and known.jumps[place] <= until else None


def known(
    results: Iterable[Result],
    closes: Iterable[Close],
    as_of: date,
    zone: tzinfo = UTC,
    over: Callable[[date], datetime] | None = None,
) -> Knowledge:
    """Without what came later. Of several words on one thing, the last one by then counts.

    `over`: when the close of a day is known; if nobody says, at the end of the day in the zone.
    """
    said: dict[str, Result] = {}
    for one in results:
        if one.at.astimezone(zone).date() <= as_of and (one.key not in said or said[one.key].at <= one.at):
            said[one.key] = one
    by_subject: dict[str, dict[date, Decimal]] = {}
    for close in closes:
        if close.day <= as_of and close.price.is_finite() and close.price > 0:
            by_subject.setdefault(close.subject.casefold(), {})[close.day] = close.price
    prices = {subject: _prices(days) for subject, days in by_subject.items()}
    return Knowledge(as_of, over or _midnight(zone), zone, said, prices)


def _midnight(zone: tzinfo) -> Callable[[date], datetime]:
    return lambda day: datetime.combine(day, time.max, zone).astimezone(UTC)


def _prices(by_day: Mapping[date, Decimal]) -> _Prices:
    days = sorted(by_day)
    prices = [by_day[day] for day in days]
    jumps = [day for day, old, new in zip(days[1:], prices, prices[1:], strict=False) if _split(old, new)]
    return _Prices(days, prices, jumps)


def _split(old: Decimal, new: Decimal) -> bool:
    """Whether one is the other times a whole number of at least two, within the 4 % that a price may move besides."""
    ratio = max(old, new) / min(old, new)
    whole = ratio.to_integral_value()
    return whole >= 2 and abs(ratio / whole - 1) <= Decimal("0.04")


class GivenResults:
    """What whoever runs the algorithm says itself: its own exit rule, its own prices. It wins over all others."""

    def value(self, position: Position, knowledge: Knowledge) -> Valuation | None:
        said = knowledge.results.get(f"{position.kind}:{position.about}")
        if said is None:
            return None
        why = "" if said.pnl is not None else "its result was sent without a P&L"
        return Valuation(said.pnl, said.source, said.at, said.open, said.risk, said.fees, said.currency, True, why)


class EuropeanOptions:
    """Held to expiry and settled at the close of that day: quantity x multiplier x (payoff - premium)."""

    def value(self, position: Position, knowledge: Knowledge) -> Valuation | None:
        one = terms(position.parts[0]) if len(position.parts) == 1 else None
        if not isinstance(one, Terms) or not one.right:
            return None
        risk = most_lost([one])
        if one.price is None:
            return Valuation(None, AT_EXPIRY, risk=risk, why="no premium is said")
        close = self._settled(one, knowledge)
        if close is None:
            waits = knowledge.as_of <= one.expiry + GAP
            why = f"it runs until {one.expiry}" if waits else f"there is no close of {one.subject} at {one.expiry}"
            return Valuation(None, AT_EXPIRY, open=waits, risk=risk, why=why)
        if (jump := knowledge.jump(one.subject, knowledge.day(position.parts[0].at), one.expiry)) is not None:
            return Valuation(None, AT_EXPIRY, risk=risk, why=_jumped(one.subject, jump))
        day, price = close
        return Valuation(one.units * (payoff(one, price) - one.price), AT_EXPIRY, knowledge.over(day), risk=risk)

    @staticmethod
    def _settled(one: Terms, knowledge: Knowledge) -> tuple[date, Decimal] | None:
        """The price, and the day that told it."""
        found = knowledge.last(one.subject, one.expiry)
        if found is None or one.expiry > knowledge.as_of or found[0] < one.expiry - GAP:
            return None
        # Yesterday's close stands for a day without one only when the market has opened again: it was shut then.
        again = knowledge.first(one.subject, one.expiry)
        return None if again is None else (again[0], found[1])


@dataclass(frozen=True, slots=True)
class LinearInstruments:
    """Shares and coins: quantity x (close at the horizon - price). Until then it is open, marked at the last close."""

    horizon: timedelta = HORIZON

    def value(self, position: Position, knowledge: Knowledge) -> Valuation | None:
        part = position.parts[0]
        one = terms(part) if len(position.parts) == 1 else None
        if not isinstance(one, Terms) or one.right:
            return None
        risk = None
        if one.price is None:
            return Valuation(None, AT_HORIZON, why="no price is said")
        if one.stop is not None:
            risk = abs(one.price - one.stop) * one.quantity * one.multiplier or None
        began, ends = knowledge.day(part.at), knowledge.day(position.since + self.horizon)
        found, over = knowledge.first(one.subject, ends), True
        if (found is None or found[0] > ends + GAP) and knowledge.as_of <= ends + GAP:
            found, over = knowledge.last(one.subject, knowledge.as_of), False
            if found is None or found[0] <= began:
                return Valuation(None, AT_HORIZON, open=True, risk=risk, why=f"it runs until {ends}")
        if found is None or found[0] > ends + GAP:
            return Valuation(None, AT_HORIZON, risk=risk, why=f"there is no close of {one.subject} at {ends}")
        if (jump := knowledge.jump(one.subject, began, found[0])) is not None:
            return Valuation(None, AT_HORIZON, risk=risk, why=_jumped(one.subject, jump))
        return Valuation(one.units * (found[1] - one.price), AT_HORIZON, knowledge.over(found[0]), not over, risk)


def _jumped(subject: str, day: date) -> str:
    return f"{subject} looks as if it was split on {day}; send its result instead"


VALUERS: tuple[Valuer, ...] = (GivenResults(), EuropeanOptions(), LinearInstruments())


def appraise(position: Position, knowledge: Knowledge, valuers: Sequence[Valuer] = VALUERS) -> Valuation:
    """By the first valuer that takes it; else part by part, and one part that cannot be priced leaves no sum."""
    for valuer in valuers:
        if (found := valuer.value(position, knowledge)) is not None:
            if found.pnl is None or (found.pnl.is_finite() and abs(found.pnl) < MOST):
                return found
            return replace(found, pnl=None, why="it comes to more money than there is; look at its numbers")
    if len(position.parts) == 1:
        read = terms(position.parts[0])
        why = read if isinstance(read, str) else "nothing here prices such a thing; send its result"
        return Valuation(None, "", why=why)
    if not position.parts:
        return Valuation(None, "", why="nothing is known of what was done")
    # A part is about nothing by itself, or a word about the whole would count once for each.
    each = [appraise(replace(position, about="", parts=(part,)), knowledge, valuers) for part in position.parts]
    missing = next((one for one in each if one.pnl is None), None)
    moments = [one.at for one in each if one.at is not None]
    legs = [one for part in position.parts if isinstance(one := terms(part), Terms)]
    return Valuation(
        None if missing else sum((one.pnl for one in each if one.pnl is not None), Decimal(0)),
        each[0].by,
        max(moments, default=None),
        # Open only if it is still going to be priced: what cannot be is no more than that.
        any(one.open for one in each) and all(one.open or one.pnl is not None for one in each),
        most_lost(legs) if len(legs) == len(each) else None,
        why=missing.why if missing else "",
    )
