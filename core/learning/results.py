"""What came of the advice and of what was done instead: from what programs say, and from closing prices.

What the levels of an outcome mean stands in `core.learning.outcome`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

from core.learning.contract import Part, Terms, terms
from core.learning.counting import once
from core.learning.fold import BOOKED, Order, by_name, orders, size_of
from core.learning.names import words
from core.learning.outcome import NOTHING, Coverage, Outcome, Sum, sums
from core.learning.records import Close, Execution, How, Label, Match, Recommendation, Result
from core.learning.rules import Rules
from core.learning.valuer import (
    ACTUAL,
    MOST,
    RECOMMENDED,
    VALUERS,
    Knowledge,
    Position,
    Valuation,
    Valuer,
    appraise,
    known,
)
from core.model import Json

UNDONE = "nothing was done"
__all__ = ["Coverage", "Outcome", "Sum", "outcomes", "sums"]

CENT = Decimal("0.01")
FINE = Decimal("0.00000001")
COINS = frozenset({"BTC", "XBT", "ETH", "SOL", "BNB", "LTC", "BCH", "XMR"})
"""Currencies of which a hundredth is a sum: told to eight places."""


def outcomes(
    matches: Sequence[Match],
    recommendations: Iterable[Recommendation],
    executions: Iterable[Execution],
    results: Iterable[Result],
    closes: Iterable[Close],
    as_of: date,
    *,
    zone: tzinfo = UTC,
    valuers: Sequence[Valuer] = VALUERS,
    rules: Rules | None = None,
    over: Callable[[date], datetime] | None = None,
) -> list[Outcome]:
    """One for each match, in their order, with what was known at the end of `as_of` (a day in `zone`).

    Matches of later days are left out. `executions` are folded as they were for matching. `over`: when the
    close of a day is known; if nobody says, at the end of the day.
    """
    facts = known(results, closes, as_of, zone, over)
    advice = {one.key: one for one in recommendations}
    advised = {words(one.action) for one in advice.values()}
    done = [
        one
        for one in executions
        # What a broker books is no part of an order, even under its number.
        if facts.day(one.at) <= as_of and (not words(one.action) & BOOKED or words(one.action) in advised)
    ]
    placed = by_name(orders(done, rules or Rules()))
    for order in list(placed.values()):
        for one in order.executions:
            placed.setdefault(one.key, order)
    single = {match.key for match in once(matches)}
    desk = _Desk(facts, valuers, placed)
    return [
        desk.outcome(match, advice.get(match.recommendation or match.key), repeated=match.key not in single)
        for match in matches
        if facts.day(match.at) <= as_of
    ]


@dataclass(frozen=True, slots=True)
class _Done:
    """What was done: `real` after fees, `paper` before them and as much as was wanted."""

    real: Decimal | None = None
    paper: Decimal | None = None
    open: bool = False
    at: datetime | None = None
    by: str = ""
    currency: str = ""
    risk: Decimal | None = None
    fills: tuple[Terms, ...] = ()
    """Every fill, where all of them can be read."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Desk:
    facts: Knowledge
    valuers: Sequence[Valuer]
    placed: Mapping[str, Order]

    def outcome(self, match: Match, advice: Recommendation | None, *, repeated: bool) -> Outcome:
        if repeated:
            why = f"the same advice was given before; it counts there ({match.shared[0]})"
            return Outcome(match.key, match.subject, match.label, why=why)
        if match.label is Label.INDEPENDENT or advice is None:
            done = self._done(match, match.at, advice, None)
            why = done.why if match.label is Label.INDEPENDENT else f"the recommendation {match.key} is not known"
            return self._told(match, Valuation(None, ""), done, None, alone=True, why=why)
        abouts = (advice.key, advice.key.removeprefix("imp:"))
        advised = self._value(RECOMMENDED, abouts, advice.at, _parts(advice, advice.parameters))
        done = self._done(match, advice.at, advice, advised.pnl)
        if not match.orders and not done.by:
            done = self._undone(match, advice, advised)
        later = self._later(match, advice, advised, done)
        if match.label is Label.NO_ACTION or match.how is How.IGNORED:
            # Nobody decided anything: what was missed is told, and is no decision.
            later, done = None, _Done(done.real, None, done.open, done.at, done.by, done.currency, why=done.why)
        return self._told(match, advised, done, later, advice=advice)

    def _value(self, kind: str, abouts: Sequence[str], since: datetime, parts: tuple[Part, ...]) -> Valuation:
        about = next((one for one in abouts if f"{kind}:{one}" in self.facts.results), abouts[0])
        return appraise(Position(kind, about, since, parts), self.facts, self.valuers)

    def _done(self, match: Match, since: datetime, advice: Recommendation | None, advised: Decimal | None) -> _Done:
        """From its orders, or from what was said of it where nothing tells of orders."""
        if not match.orders:
            return self._said(match)
        found: list[_Done] = []
        for key in match.orders:
            order = self.placed.get(key)
            if order is None:
                return _Done(why=f"the order {key} is not known")
            found.append(self._order(order, since))
        fills = tuple(one for part in found for one in part.fills)
        readable = all(part.fills for part in found if part.by != UNDONE)
        missing = next((part for part in found if part.real is None), None)
        real = None if missing else sum((part.real for part in found if part.real is not None), NOTHING)
        paper = None if missing else sum((part.paper for part in found if part.paper is not None), NOTHING)
        if paper is not None and match.fill_incomplete and advice is not None:
            # The market filled less than was wanted: on paper all of it was done, so what is missing is execution.
            if all(part.by == UNDONE for part in found):
                paper = advised
            else:
                paper = _wanted(paper, advice, [self.placed[key] for key in match.orders], fills if readable else ())
        currencies = {part.currency for part in found if part.currency}
        if len(currencies) > 1:
            real = paper = None
        return _Done(
            real,
            paper,
            any(part.open for part in found) and all(part.open or part.real is not None for part in found),
            max((part.at for part in found if part.at is not None), default=None),
            found[0].by or "nobody",
            currencies.pop() if len(currencies) == 1 else "",
            found[0].risk if len(found) == 1 else None,
            fills if readable else (),
            missing.why if missing else "its orders are in several currencies" if currencies else "",
        )

    def _order(self, order: Order, since: datetime) -> _Done:
        parts = tuple(
            Part(one.at, one.action, one.subject, one.parameters)
            for one in order.executions
            if size_of(one.parameters) != 0
        )
        told = [one.fees for one in order.executions if one.fees is not None]
        # No fees told: none are counted.
        fees = sum(told, NOTHING)
        if not parts:
            return _Done(-fees, NOTHING, by=UNDONE)
        abouts = [name for name in order.names if self.placed.get(name) is order]
        if len(order.executions) == 1:
            abouts.append(order.executions[0].key)
        value = self._value(ACTUAL, abouts, since, parts)
        fees = fees if value.fees is None else value.fees
        read = [terms(part) for part in parts]
        fills = tuple(one for one in read if isinstance(one, Terms))
        currency = value.currency or next((one.currency for one in order.executions if one.currency), None)
        return _done(value, fees, currency or "", fills if len(fills) == len(read) else ())

    def _said(self, match: Match) -> _Done:
        """A result that is about the recommendation itself, as agents' actions have it."""
        key = match.recommendation or match.key
        for about in (key, key.removeprefix("imp:")):
            if f"{ACTUAL}:{about}" in self.facts.results:
                value = self._value(ACTUAL, (about,), match.at, ())
                return _done(value, value.fees or NOTHING, value.currency or "", ())
        return _Done(why="nothing is known of what was done")

    def _undone(self, match: Match, advice: Recommendation, advised: Valuation) -> _Done:
        """No order, and nobody told of a result."""
        if match.label in (Label.REJECT, Label.NO_ACTION):
            return _Done(NOTHING, NOTHING, by=UNDONE)
        if advice.decision not in ("approved", "modified"):
            return _Done(why="nothing is known of what was done; send its execution or its result")
        # It was decided, and nothing is known of what followed: on paper it was done as it was decided.
        decided = advice.decided if advice.decided is not None else advice.parameters
        if decided == advice.parameters:
            value = advised
        else:
            value = appraise(Position("", "", advice.at, _parts(advice, decided)), self.facts, self.valuers)
        why = value.why or "it was decided; send its execution or its result"
        return _Done(None, value.pnl, value.open, value.at, value.by, value.currency or "", why=why)

    @staticmethod
    def _later(match: Match, advice: Recommendation, advised: Valuation, done: _Done) -> Decimal | None:
        """The advice at the person's time: the same contract at the price it was really filled at.

        Only the entry differs, so this holds whatever rule ends it. Nobody knows what another contract would have cost.
        """
        if advised.pnl is None:
            return None
        if match.label is Label.REJECT and done.by == UNDONE:
            return advised.pnl
        parts = _parts(advice, advice.parameters)
        one = terms(parts[0]) if len(parts) == 1 else None
        if not isinstance(one, Terms) or one.price is None or not done.fills:
            return None
        paid = [(fill.quantity, fill.price) for fill in done.fills if fill.contract == one.contract]
        if len(paid) != len(done.fills) or any(price is None for _, price in paid):
            return None
        size = sum((quantity for quantity, _ in paid), NOTHING)
        cost = sum((quantity * price for quantity, price in paid if price is not None), NOTHING)
        return advised.pnl - one.units * (cost - one.price * size) / size

    def _told(
        self,
        match: Match,
        advised: Valuation,
        done: _Done,
        later: Decimal | None,
        *,
        advice: Recommendation | None = None,
        alone: bool = False,
        why: str = "",
    ) -> Outcome:
        mine = advised.currency or (advice.currency if advice else None) or ""
        currency = mine or done.currency
        apart = bool(mine and done.currency and mine != done.currency)
        if apart:
            why = f"it was advised in {mine} and done in {done.currency}; send both results in one currency"
        sides = [(done.paper if done.real is None else done.real, done.open, done.at)]
        if not alone:
            sides.append((advised.pnl, advised.open, advised.at))
        is_open = any(running for _, running, _ in sides)
        complete = all(level is not None for level, _, _ in sides) and not is_open and not apart
        known_at = max((at for _, _, at in sides if at is not None), default=match.at) if complete else None

        def money(level: Decimal | None) -> Decimal | None:
            if level is None or abs(level) >= MOST:
                return None
            return level.quantize(FINE if currency in COINS else CENT, ROUND_HALF_EVEN)

        return Outcome(
            key=match.key,
            subject=match.subject,
            label=match.label,
            currency=currency,
            advised=money(advised.pnl),
            later=None if apart else money(later),
            paper=None if apart else money(done.paper),
            real=None if apart else money(done.real),
            risk=advised.risk or done.risk,
            open=is_open,
            known_on=None if known_at is None else self.facts.day(known_at),
            known_at=known_at,
            by=advised.by,
            done_by=done.by,
            why=why or advised.why or done.why,
        )


def _done(value: Valuation, fees: Decimal, currency: str, fills: tuple[Terms, ...]) -> _Done:
    if value.pnl is None:
        return _Done(
            open=value.open, at=value.at, by=value.by or "nobody", currency=currency, fills=fills, why=value.why
        )
    real = value.pnl if value.given else value.pnl - fees
    return _Done(real, real + fees, value.open, value.at, value.by, currency, value.risk, fills)


def _parts(advice: Recommendation, parameters: Mapping[str, Json]) -> tuple[Part, ...]:
    """One, or one for each of its `legs`."""
    legs = parameters.get("legs")
    if not isinstance(legs, list | tuple) or not legs or not all(isinstance(leg, Mapping) for leg in legs):
        return (Part(advice.at, advice.action, advice.subject, parameters),)
    return tuple(
        Part(advice.at, str(leg.get("action", advice.action)), str(leg.get("subject", advice.subject)), leg)
        for leg in legs
    )


def _wanted(paper: Decimal, advice: Recommendation, placed: Sequence[Order], fills: Sequence[Terms]) -> Decimal | None:
    """As if all had been filled that was ordered; or that was decided or advised, where no order says how much."""
    if len({fill.contract for fill in fills}) != 1:
        return None
    meant: float | None = sum(order.ordered for order in placed if order.ordered is not None)
    if not meant:
        meant = size_of(advice.decided or {}) or size_of(advice.parameters)
    return paper * Decimal(str(meant)) / sum((fill.quantity for fill in fills), NOTHING) if meant else None
