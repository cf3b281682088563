"""Evidence that may be looked at as often as one likes: e-processes.

An e-process is a bet against "there is no pattern". It starts at 1; each stratum (a day, a week) multiplies it by a
factor whose mean is at most 1 if there is none, whatever happened before. So the chance that it ever passes 1/a is at
most a (Ville's inequality, 1939), and a Saturday digest may look at it every week for ever.

How large an effect to bet on is not known beforehand, so each bet is placed on several at once; the evidence is the
mean of their products (a mixture, which is an e-process too). Numbers are kept as logarithms.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

TILTS = (-2.0, -1.2, -0.6, 0.6, 1.2, 2.0)
"""Log-odds by which a direction is bet to be likelier than chance."""
SLOPES = (-6.0, -3.5, -1.75, 1.75, 3.5, 6.0)
"""Log-odds between the lowest and the highest rank of a feature. The outer third lies half of that range from the rest,
so these are 0.9, 1.75 and 3 of log-odds for that third: chosen so that the first two lie at the effects that the facts
measure with (+1.0 and +1.8), and one beyond. The bound holds whatever they are."""
RAISES = (0.6, 1.2, 2.0)
"""Log-odds by which a level (a symbol, a quarter of the day) is bet to be rejected more; never less: see `patterns`."""
DAY = 2.0
"""Recommendations that a whole day is weighed as, where days are compared (`ordered`): chosen as half of the four a day
that the facts count on (20 a week), for moods cluster. Invented people without moods would be found a little sooner
with 4 (a weekday of +1.2 after 14 weeks instead of 17), and later with 1 (26)."""
STAKES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Shares of the capital that are bet on a mean above zero, in units of the clip."""
_WORST = -700.0
ENOUGH = 8
"""Values that must have been there before a rank says anything."""


def mean_of_logs(logs: Sequence[float]) -> float:
    """log(mean(exp(x))), without overflow."""
    highest = max(logs)
    if highest == -math.inf:
        return -math.inf
    return highest + math.log(math.fsum(math.exp(one - highest) for one in logs) / len(logs))


@dataclass(slots=True)
class Bets:
    """One e-process: a bet on each of several effects. `logs`: what each has become."""

    logs: list[float] = field(default_factory=list)

    def place(self, factors: Sequence[float]) -> None:
        """Multiply by one stratum: the logarithm of the factor of each bet."""
        if not self.logs:
            self.logs = [0.0] * len(factors)
        self.logs = [max(_WORST, log + factor) for log, factor in zip(self.logs, factors, strict=True)]

    @property
    def log(self) -> float:
        """The logarithm of the evidence."""
        return mean_of_logs(self.logs) if self.logs else 0.0

    @property
    def evidence(self) -> float:
        """`240.0` is read as 240 to 1 against chance."""
        return math.exp(min(self.log, 700.0))


def direction(up: bool, tilts: Sequence[float] = TILTS) -> list[float]:
    """A day's vote for up or down, which without a preference are alike: log(2 q), q = 1/(1 + exp(-tilt))."""
    sign = 1.0 if up else -1.0
    return [math.log(2.0) - math.log1p(math.exp(-sign * tilt)) for tilt in tilts]


def chosen_by(scores: Sequence[float], chosen: Sequence[bool], slopes: Sequence[float]) -> list[float]:
    """Whether those chosen of a stratum have high (or low) scores: conditional logistic regression, exactly.

    Given how many were chosen, without a pattern every subset of that size is equally likely. The factor of a slope s
    is exp(s · sum of the chosen scores) over the mean of that over all subsets, which are summed by their elementary
    symmetric polynomial. For scores of 0 and 1 that is Fisher's noncentral hypergeometric distribution.
    """
    size = sum(chosen)
    if not 0 < size < len(scores):
        return [0.0] * len(slopes)
    total = math.fsum(score for score, is_chosen in zip(scores, chosen, strict=True) if is_chosen)
    subsets = math.log(math.comb(len(scores), size))
    return [slope * total - (_log_symmetric([slope * score for score in scores], size) - subsets) for slope in slopes]


def _log_symmetric(logs: Sequence[float], size: int) -> float:
    """The logarithm of the elementary symmetric polynomial of degree `size` of exp(logs)."""
    # Shifted by the largest, so that nothing overflows; what underflows is smaller than anybody could see.
    top = max(logs)
    sums = [1.0] + [0.0] * size
    for log in logs:
        value = math.exp(log - top)
        for degree in range(size, 0, -1):
            sums[degree] += sums[degree - 1] * value
    return math.log(sums[size]) + size * top if sums[size] > 0.0 else _WORST


def ordered(shares: Sequence[float], place: int, raises: Sequence[float]) -> list[float]:
    """Whether one place of a week stands out, the places being exchangeable: exp(r · share there) over its mean.

    `shares`: of each place (weekday) that had anything, how much of it was rejected, 0 to 1. The factor has a mean of 1
    over the places whatever multiplies the share. Were the recommendations of a day independent, that would be how many
    there are; they share a mood, so a whole day is weighed as two of them.
    """
    if len(shares) < 2:
        return [0.0] * len(raises)
    return [
        scale * shares[place] - mean_of_logs([scale * share for share in shares])
        for scale in (DAY * one for one in raises)
    ]


def above(difference: float, stakes: Sequence[float] = STAKES) -> list[float]:
    """A bet that a mean is above zero: log(1 + stake · d), d within -1 and 1 (Waudby-Smith and Ramdas, 2024)."""
    if not -1.0 <= difference <= 1.0:
        raise ValueError("a difference is clipped to -1 .. 1 before it is bet on")
    return [math.log1p(stake * difference) for stake in stakes]


@lru_cache(maxsize=4096)
def more_than(share: float, hits: int, trials: int) -> float:
    """The logarithm of the evidence that something happens more often than `share`: hits of trials, whatever the order.

    The mixture of all larger chances, uniformly (a one-sided beta mixture).
    """
    if not 0 <= hits <= trials:
        raise ValueError("hits lie within the trials")
    if not trials:
        return 0.0
    steps = 64
    logs = []
    for step in range(steps):
        chance = share + (1.0 - share) * (step + 0.5) / steps
        logs.append(hits * math.log(chance / share) + (trials - hits) * math.log((1.0 - chance) / (1.0 - share)))
    return mean_of_logs(logs)


class Ranks:
    """Where values lie among those before them: what comes later never changes what was said."""

    def __init__(self) -> None:
        self._past: list[float] = []

    def places(self, values: Sequence[float | None]) -> list[float | None]:
        """Of the values of one stratum, each among those of earlier ones: -0.5 (below all) to 0.5.

        None for what is not known, and while there are too few to say. They are of the past then.
        """
        past = self._past
        found: list[float | None] = []
        for value in values:
            if value is None or len(past) < ENOUGH:
                found.append(None)
            else:
                found.append((bisect_left(past, value) + bisect_right(past, value)) / (2 * len(past)) - 0.5)
        for value in values:
            if value is not None:
                insort(past, value)
        return found
