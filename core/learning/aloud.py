"""Numbers, times and lists in words that can be read aloud."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo


def amount(value: Decimal, currency: str) -> str:
    """`+1,180.00 USD`, with a minus sign that is read aloud as one."""
    digits = Decimal("0.01") if abs(value) < 10_000 else Decimal(1)
    rounded = value.quantize(digits, ROUND_HALF_EVEN)
    sign = "−" if rounded < 0 else "+" if rounded > 0 else ""
    return f"{sign}{abs(rounded):,}" + (f" {currency}" if currency else "")


def duration(seconds: float) -> str:
    """`40 seconds`, `12 minutes`, `3 hours`, `2 days`."""
    span = timedelta(seconds=max(0.0, seconds))
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if span >= 2 * size or (unit == "minute" and span >= size):
            return count(round(span / size), unit)
    return count(round(span.total_seconds()), "second")


def count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def of_them(number: int, all_of: int) -> str:
    if number == all_of:
        return "each time" if number > 1 else "it"
    return f"{number:,} of them" if number else "none of them"


def share(hits: int, of: int) -> str:
    return f"{hits} of {of} ({100 * hits / of:.0f} %)"


def to_one(evidence: float) -> str:
    if evidence >= 1_000_000:
        return "over a million to 1"
    return f"{evidence:,.0f} to 1" if evidence >= 10 else f"{evidence:.1f} to 1"


def about(number: int) -> str:
    """Two digits are all that such a guess is worth."""
    size = 10 ** max(0, len(str(number)) - 2)
    return f"{-(-number // size) * size:,}"


def listed(items: Sequence[str], word: str = "and") -> str:
    return f"{', '.join(items[:-1])} {word} {items[-1]}" if len(items) > 1 else "".join(items)


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def day_of(day: date) -> str:
    return f"{day.day} {day:%b}"


def moment_in(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b} {local:%H:%M}"
