"""Numbers as people read them: never without their interval, and "undetermined" where they say nothing yet."""

from __future__ import annotations

import math
from decimal import Decimal

from core.learning.counting import Counts
from core.learning.effects import FEWEST, Estimate


def share(one: Estimate) -> str:
    """A rate with its interval; what rests on too few says so."""
    if not one.n:
        return "–"
    value = f"{one.value * 100:.0f} % ({one.low * 100:.0f} to {one.high * 100:.0f} %)"
    return f"{value}, undetermined: n = {one.n}" if one.n < FEWEST else value


def steps(one: Estimate) -> str:
    if not one.n:
        return "–"
    value = f"{one.value:+.2g}".replace("-", "−")
    if not (math.isfinite(one.low) and math.isfinite(one.high)):
        return f"{value}, undetermined: n = {one.n}"
    return f"{value} ({one.low:+.2g} to {one.high:+.2g})".replace("-", "−")


def money(amount: Decimal, currency: str) -> str:
    text = f"{amount:+,.0f}" if abs(amount) >= 100 else f"{amount:+,.2f}"
    return f"{text} {currency}".strip().replace("-", "−")


def money_estimate(one: Estimate, currency: str, *, plain: bool = False) -> str:
    """`plain`: whether it says something is told elsewhere."""
    if not one.n:
        return "–"
    if not (math.isfinite(one.low) and math.isfinite(one.high)):
        return f"{money(Decimal(one.value), currency)}, undetermined: n = {one.n}"
    told = f"{money(Decimal(one.value), currency)} ({_number(one.low)} to {_number(one.high)})"
    return f"{told}, undetermined" if one.undetermined and not plain else told


def _number(value: float) -> str:
    return (f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+,.2f}").replace("-", "−")


def between(low: float | None, high: float | None, currency: str) -> str:
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return "–"
    return f"{_number(low)} to {_number(high)} {currency}".strip()


def duration(seconds: float) -> str:
    """A waiting time in the unit that fits."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds / size
            told = f"{count:.1f}".removesuffix(".0") if count < 10 else f"{count:.0f}"
            return f"{told} {name}{'' if told == '1' else 's'}"
    return f"{seconds:.0f} seconds"


def figures_line(counts: Counts) -> tuple[tuple[str, int], ...]:
    """What became of the recommendations, in the order of a sentence. What nobody advised stands apart."""
    return (
        ("Recommendations", counts.recommendations),
        ("Followed", counts.consent),
        ("Modified", counts.modify),
        ("Rejected", counts.reject),
        ("Let pass in silence", counts.ignored),
        ("Nothing done", counts.no_action),
        ("Not certain yet", counts.ambiguous),
        ("On your own", counts.independent),
    )
