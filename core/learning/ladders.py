"""How far apart two values of a parameter are: in listed steps where the choices were listed.

A strike two above the advised one is two steps, be they 1.00 or 5.00 apart: what could be chosen is what was changed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache

from core.learning import names
from core.learning.observations import Edit
from core.learning.records import Recommendation
from core.learning.rules import Rules
from core.model import Json

SIZES, LIMITS, PRICES = frozenset(names.SIZES), frozenset(names.LIMITS), frozenset(names.PRICES)
EXPIRIES = frozenset({*names.EXPIRIES, "dte", "days"})
ASIDE = frozenset({*names.RIGHTS, names.SIDE, *names.EFFECTS, "multiplier"})
"""Not what was chosen: said by the action too, or the same for every contract of a kind."""
ORDERED = "ordered"
"""In an execution: how much was ordered, of which this is a part."""
LEGS = "legs"
"""In the edits of a match: how many legs more than advised."""


class Nature(Enum):
    """What kind of thing a parameter is."""

    SIZE = auto()
    PRICE = auto()
    EXPIRY = auto()
    OTHER = auto()


def nature(name: str) -> Nature | None:
    """None: what is not compared at all."""
    if name in SIZES:
        return Nature.SIZE
    if name in PRICES:
        return Nature.PRICE
    if name in EXPIRIES:
        return Nature.EXPIRY
    return None if name in ASIDE or name == ORDERED else Nature.OTHER


def number(value: Json) -> float | None:
    """A number that can be counted with, or None. Text is none, and neither is true or false."""
    kind = type(value)
    if kind is not float and kind is not int and kind is not Decimal:
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def day(value: Json) -> date | None:
    if not isinstance(value, str) or len(value) < 10:
        return None
    return _day(value)


@lru_cache(maxsize=65536)
def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def place(value: Json) -> float | None:
    """Where a value lies among others of its kind: a number itself, a date by its days. Words lie nowhere."""
    found = number(value)
    if found is None and (when := day(value)) is not None:
        return float(when.toordinal())
    return found


def same(one: Json, other: Json) -> bool:
    if one == other:
        return True
    here, there = place(one), place(other)
    if here is not None and there is not None:
        return math.isclose(here, there, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().casefold() == other.strip().casefold()
    return False


@dataclass(frozen=True, slots=True)
class Ladder:
    """What was listed, in order. Fewer than two places are no ladder."""

    places: tuple[float, ...]

    def nearest(self, value: float) -> int:
        """The index of the listed value that lies nearest; of two, the lower."""
        index = bisect_left(self.places, value)
        if index == 0:
            return 0
        if index == len(self.places):
            return index - 1
        return index if self.places[index] - value < value - self.places[index - 1] else index - 1

    def distance(self, value: float, other: float) -> float:
        """Steps from one to the other. Beyond the list, steps are as wide as the last one in it: what lies far outside
        what was offered is far away."""
        return self._position(other) - self._position(value)

    def _position(self, value: float) -> float:
        first, last = self.places[0], self.places[-1]
        if value > last:
            return len(self.places) - 1 + (value - last) / (last - self.places[-2])
        if value < first:
            return (value - first) / (self.places[1] - first)
        return float(self.nearest(value))


@lru_cache(maxsize=65536)
def _ladder(listed: tuple[Json, ...]) -> Ladder | None:
    places = sorted({found for one in listed if (found := place(one)) is not None})
    return Ladder(tuple(places)) if len(places) > 1 else None


def ladder(recommendation: Recommendation, parameter: str) -> Ladder | None:
    listed = recommendation.ladders.get(parameter)
    return _ladder(tuple(listed)) if listed else None


def steps(recommendation: Recommendation, parameter: str, value: Json) -> Edit:
    """How a parameter was changed: listed steps, up or down, and how many were listed on either side.

    What lies off the list counts to the nearest listed value, but a change is never none: at least one step. What has
    no list is +1 or -1, and both directions were as open as each other.
    """
    advised = recommendation.parameters.get(parameter)
    listed, here, there = ladder(recommendation, parameter), place(advised), place(value)
    if listed is None or here is None or there is None:
        change = 0 if same(advised, value) else 1
        if change and here is not None and there is not None and there < here:
            change = -1
        return Edit(change, 1, 1)
    at = listed.nearest(here)
    below, above = at, len(listed.places) - 1 - at
    if same(advised, value):
        return Edit(0, below, above)
    moved = listed.nearest(there) - at
    return Edit(moved or (1 if there > here else -1), below, above)


def edit(recommendation: Recommendation, parameter: str, value: Json) -> float:
    """The same as one number: for a size the doublings, for a price the relative difference, for an unlisted date the
    weeks, for an unlisted number the relative difference, for other things 1."""
    advised = recommendation.parameters.get(parameter)
    if same(advised, value):
        return 0.0
    kind, here, there = nature(parameter), number(advised), number(value)
    if kind is Nature.SIZE and here and there:
        return math.log2(abs(there) / abs(here))
    if kind is not Nature.PRICE and ladder(recommendation, parameter) is not None and place(value) is not None:
        return float(steps(recommendation, parameter, value).steps)
    if here is not None and there is not None:
        return (there - here) / abs(here) if here else math.copysign(1.0, there)
    if (was := day(advised)) is not None and (now := day(value)) is not None:
        return (now - was).days / 7
    return 1.0


def apart(recommendation: Recommendation, advised: Mapping[str, Json], done: Mapping[str, Json], rules: Rules) -> float:
    """What the difference between two contracts costs: their sizes and prices are not among it.

    `advised`: as the recommendation was decided. What one of them does not say is not held against the other.
    """
    listed = expiries = others = 0.0
    for name, value in advised.items():
        if name not in done:
            continue
        other = done[name]
        if value == other:
            continue
        kind = nature(name)
        if kind not in (Nature.EXPIRY, Nature.OTHER) or same(value, other):
            continue
        known, here, there = ladder(recommendation, name), place(value), place(other)
        if here is None or there is None:
            others += 1.0
        elif known is not None:
            away = abs(known.distance(here, there)) or 1.0
            if kind is Nature.EXPIRY or day(value) is not None:
                expiries += away
            else:
                listed += away
        elif kind is Nature.EXPIRY or day(value) is not None:
            expiries += abs(there - here) / 7
        else:
            others += abs(there - here) / (abs(here) or 1.0)
    cost = rules.step * min(rules.most_steps, listed) + rules.expiry * min(rules.most_expiries, expiries)
    return cost + min(rules.most_steps, others)
