"""Whether a change did what it was made for: fewer of the overrides that it was aimed at, among what was exposed to it.

How often those were made before and after is uncertain; each has a beta distribution (Jeffreys' prior, a half hit and a
half miss), and what counts is how likely it is that the one lies below three quarters of the other. The limits are
those of the facts, section 6, but for the one at which a change is kept: three looks each have a chance to be wrong, so
there it is higher (`bench/lifecycle.py` says what that comes to).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

FEWEST = 12
"""Exposed recommendations below which nothing is concluded; of the time before, too."""
EXPOSED = 40
"""Recommendations exposed to a change that are planned for: before, it is kept only at the last look."""
MOST_BEFORE = 80
"""Recommendations of the time before that are compared with."""
LESS = 0.75
"""How much rarer the override must have become."""
SURE = 0.90
"""How likely it must be that the override has become more frequent (or only less frequent) to say so."""
SURE_TO_KEEP = 0.95
"""And that it has become rarer by so much, to keep the change: with 0.90 at each of the three looks a useless one is
kept in up to 5 % where 15 % are overridden, with this in less than 3 %."""
LOOKS = (4, 8, 12)
"""Weeks after the change in which it is looked at; after the last one nothing more is waited for."""
ONE_SIGN = 10.0
"""Evidence that what is still edited goes one way, at which the change was right and too small, or too large."""
_GRID = 720


class Verdict(StrEnum):
    KEEP = "keep"
    ROLL_BACK = "roll_back"
    MODIFY = "modify"
    EXTEND = "extend"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of those that were exposed were overridden in the way in question."""

    hits: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.n:
            raise ValueError("hits lie between 0 and how many there were")

    @property
    def words(self) -> str:
        share = f" ({100 * self.hits / self.n:.0f} %)" if self.n else ""
        return f"{self.hits} of {self.n}{share}"


@dataclass(frozen=True, slots=True)
class Judged:
    """`fewer`: how likely the override is now less than three quarters as frequent; `more`: that it is more frequent.

    `broken`: guardrails that did not hold.
    """

    verdict: Verdict
    week: int
    before: Share
    after: Share
    fewer: float
    more: float
    broken: tuple[str, ...] = ()
    why: str = ""


def judge(
    before: Share,
    after: Share,
    week: int,
    *,
    planned: int = EXPOSED,
    left: float = 1.0,
    beyond: bool = False,
    broken: Sequence[str] = (),
) -> Judged:
    """What four weeks (or eight, or twelve) say of a change.

    `planned`: how many exposed were to be waited for. `left`: evidence that what is still edited goes one way (a bet of
    `evidence.direction`), and `beyond`: that this is against the habit. `broken`: guardrails that did not hold.
    """
    fewer, less = less_than(after, before, LESS), less_than(after, before, 1.0)
    more = 1.0 - less
    enough = after.n >= FEWEST and before.n >= FEWEST
    verdict, why = Verdict.EXTEND, "it cannot be told yet"
    if not enough:
        which, n = ("after", after.n) if after.n < FEWEST else ("before", before.n)
        why = f"only {n} recommendations count {which} the change; {FEWEST} are wanted"
    elif more >= SURE:
        verdict, why = Verdict.ROLL_BACK, "it is overridden more often than before"
    elif left >= ONE_SIGN and beyond:
        verdict, why = Verdict.MODIFY, "it is changed the other way now: the change went too far"
    elif fewer >= SURE_TO_KEEP and not broken:
        if after.n >= planned or week >= LOOKS[-1]:
            verdict, why = Verdict.KEEP, "it is overridden clearly less often than before"
        else:
            why = f"it is overridden less often so far, with {after.n} of the {planned} that were to be waited for"
    elif left >= ONE_SIGN and less >= SURE:
        # A useless change leaves the habit as it was, all of it one way: that alone asks for nothing.
        verdict, why = (
            Verdict.MODIFY,
            "it helped, and what is still changed goes the same way: the change was too small",
        )
    elif broken:
        why = f"{', '.join(broken)} did not hold"
    if verdict is Verdict.EXTEND and week >= LOOKS[-1]:
        verdict = Verdict.INCONCLUSIVE
    return Judged(verdict, week, before, after, fewer, more, tuple(broken), why)


def less_than(after: Share, before: Share, factor: float) -> float:
    """How likely it is that the share after lies below `factor` times the share before."""
    # With q = sin² t the densities have no poles at the ends, so that a plain sum over t is exact enough (1e-4).
    step = math.pi / 2 / _GRID
    places = [(number + 0.5) * step for number in range(_GRID)]
    weights = _weights(before, places)
    cumulative, total = [0.0], 0.0
    for weight in _weights(after, places):
        total += weight
        cumulative.append(total)
    found = 0.0
    for place, weight in zip(places, weights, strict=True):
        limit = math.asin(math.sqrt(min(1.0, factor * math.sin(place) ** 2))) / step
        cell = min(_GRID - 1, int(limit))
        part = limit - cell
        found += weight * (cumulative[cell] * (1.0 - part) + cumulative[cell + 1] * part)
    return min(1.0, max(0.0, found))


def _weights(share: Share, places: Sequence[float]) -> list[float]:
    """The chance of each cell: the density of sin² t, where the half of Jeffreys and that of the substitution meet."""
    hits, misses = 2.0 * share.hits, 2.0 * (share.n - share.hits)
    logs = [hits * math.log(math.sin(place)) + misses * math.log(math.cos(place)) for place in places]
    top = max(logs)
    raw = [math.exp(log - top) for log in logs]
    total = math.fsum(raw)
    return [one / total for one in raw]
