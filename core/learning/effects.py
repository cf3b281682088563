"""How large something is, and how surely: an estimate never goes without its interval and its count.

These intervals describe. Whether there is a pattern at all is told by evidence that may be looked at every week
(`core.learning.evidence`); so the one number here that is looked at every week as evidence, `edge`, has an interval of
that kind. Pure Python: the server that only waits for approvals never loads scipy for a percentage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, median, stdev

from core.learning import evidence
from core.learning.distributions import beta_quantile, t_quantile
from core.model import Json

CONFIDENCE = 0.95
FEWEST = 8
"""Below this count an estimate is undetermined, however narrow its interval looks."""
STRENGTH = 10.0
"""Shrinkage in tables: as if so many earlier ones had gone as the person's own usual rate."""
CLIP = 3.0
"""Differences are clipped to ±3 R before they are bet on: one windfall proves no skill."""
EXACT = 50
"""Up to so many, the distribution of ranks is counted exactly."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`low`, `high`: the interval, with `CONFIDENCE`. `n`: from how many. `value` is not a number when n is 0.

    `no_effect`: the value that says nothing is there (0 for a difference, 1 for odds), where there is one.
    `method`: how it was reckoned, for whoever asks.
    """

    value: float
    low: float
    high: float
    n: int
    no_effect: float | None = None
    method: str = ""

    @property
    def undetermined(self) -> bool:
        """Whether it may as well be nothing: the interval spans no effect, or there are too few to say."""
        if self.n < FEWEST or math.isnan(self.value):
            return True
        return self.no_effect is not None and self.low <= self.no_effect <= self.high

    def plain(self) -> dict[str, Json]:
        """As JSON, in which what is not known or has no bound is null."""
        return {
            "value": _finite(self.value),
            "low": _finite(self.low),
            "high": _finite(self.high),
            "n": self.n,
            "undetermined": self.undetermined,
            "method": self.method,
        }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def wilson(hits: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """A share, with the interval of Wilson (1927)."""
    _counts(hits, n)
    if not n:
        return Estimate(math.nan, 0.0, 1.0, 0, method="Wilson")
    z, share = NormalDist().inv_cdf(0.5 + confidence / 2), hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the bound is the end itself, which rounding would miss by a hair.
    low = 0.0 if not hits else max(0.0, centre - half)
    return Estimate(share, low, 1.0 if hits == n else min(1.0, centre + half), n, method="Wilson")


def jeffreys(hits: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """A share, with Jeffreys' interval; closed at the ends as Brown, Cai and DasGupta (2001) have it."""
    _counts(hits, n)
    if not n:
        return Estimate(math.nan, 0.0, 1.0, 0, method="Jeffreys")
    tail = (1 - confidence) / 2
    low = beta_quantile(tail, hits + 0.5, n - hits + 0.5) if hits else 0.0
    high = beta_quantile(1 - tail, hits + 0.5, n - hits + 0.5) if hits < n else 1.0
    return Estimate(hits / n, low, high, n, method="Jeffreys")


def shrunk(hits: int, n: int, usual: float, strength: float = STRENGTH) -> float:
    """A share drawn towards the person's usual one, for tables with few in a row; never shown as evidence."""
    _counts(hits, n)
    return (hits + strength * usual) / (n + strength)


def _counts(hits: int, n: int) -> None:
    if not 0 <= hits <= n:
        raise ValueError("hits lie between 0 and how many there were")


def odds_ratio(hits: int, misses: int, other_hits: int, other_misses: int, confidence: float = CONFIDENCE) -> Estimate:
    """The odds of the first group over those of the other, with the interval of its logarithm (Woolf, 1955).

    Where a cell is empty, a half is added to each (Haldane, 1956; Anscombe, 1956), and `method` says so. A group
    without anybody, or hits (or misses) nowhere at all, say nothing about the ratio.
    """
    cells = (hits, misses, other_hits, other_misses)
    if min(cells) < 0:
        raise ValueError("counts are not negative")
    n = sum(cells)
    if not (hits + misses and other_hits + other_misses and hits + other_hits and misses + other_misses):
        return Estimate(math.nan, 0.0, math.inf, n, 1.0, "log odds")
    added = 0.0 if all(cells) else 0.5
    a, b, c, d = (cell + added for cell in cells)
    log = math.log(a * d / (b * c))
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    method = "log odds, a half added to each count" if added else "log odds"
    return Estimate(math.exp(log), math.exp(log - half), math.exp(log + half), n, 1.0, method)


def hodges_lehmann(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """The middle of all means of two (Hodges and Lehmann, 1963), with Wilcoxon's signed-rank interval.

    Below six values there is no such interval at 95 %: it is without bounds then.
    """
    n = len(values)
    if not n:
        return Estimate(math.nan, -math.inf, math.inf, 0, 0.0, "Hodges-Lehmann")
    ordered = sorted(values)
    pairs = n * (n + 1) // 2
    middle = (_walsh(ordered, (pairs + 1) // 2) + _walsh(ordered, pairs // 2 + 1)) / 2
    outside = _signed_rank(n, (1 - confidence) / 2)
    if not outside:
        return Estimate(middle, -math.inf, math.inf, n, 0.0, "Hodges-Lehmann")
    low, high = _walsh(ordered, outside), _walsh(ordered, pairs + 1 - outside)
    return Estimate(middle, low, high, n, 0.0, "Hodges-Lehmann")


def _walsh(ordered: Sequence[float], rank: int) -> float:
    """The mean of two that has this rank, from 1, among all of them; without writing all of them down."""
    low, high = ordered[0], ordered[-1]
    # `high` is always such a mean, with at least `rank` up to it: it is found when fewer lie truly below.
    while _up_to(ordered, math.nextafter(2 * high, -math.inf))[0] >= rank:
        middle = low + (high - low) / 2
        if not low < middle < high:
            return low
        count, largest = _up_to(ordered, 2 * middle)
        if count >= rank:
            high = largest / 2
        else:
            low = middle
    return high


def _up_to(ordered: Sequence[float], most: float) -> tuple[int, float]:
    """How many pairs (each value with itself, too) have a sum of at most `most`, and the largest such sum."""
    count, largest, other = 0, -math.inf, len(ordered) - 1
    for place, value in enumerate(ordered):
        while other >= 0 and value + ordered[other] > most:
            other -= 1
        if other < place:
            break
        count += other - place + 1
        largest = max(largest, value + ordered[other])
    return count, largest


def _signed_rank(n: int, tail: float) -> int:
    """The largest k for which fewer than k ranks happen by chance in at most `tail`: 0 where there is none."""
    most = n * (n + 1) // 2
    if n > EXACT:
        spread = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return max(0, math.floor(most / 2 + NormalDist().inv_cdf(tail) * spread))
    ways = [1] + [0] * most
    for rank in range(1, n + 1):
        for total in range(most, rank - 1, -1):
            ways[total] += ways[total - rank]
    below, found = 0, 0
    for total, count in enumerate(ways):
        below += count
        if below > tail * 2**n:
            break
        found = total + 1
    return found


def quantile(values: Sequence[float], share: float, confidence: float = CONFIDENCE) -> Estimate:
    """The value that `share` of them do not exceed, between those order statistics that hold it (Conover, 1999)."""
    n = len(values)
    if not n:
        return Estimate(math.nan, -math.inf, math.inf, 0, method="order statistics")
    ordered, tail = sorted(values), (1 - confidence) / 2
    value = median(ordered) if share == 0.5 else ordered[max(0, math.ceil(share * n) - 1)]
    low, high = -math.inf, math.inf
    total = 0.0
    for count in range(n):
        # `total`: the chance that no more than `count` of them lie below the true one.
        total += math.exp(_log_binomial(count, n, share))
        if total <= tail:
            low = ordered[count]
        if total >= 1 - tail:
            high = ordered[count]
            break
    return Estimate(value, low, high, n, method="order statistics")


def _log_binomial(hits: int, n: int, share: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(hits + 1) - math.lgamma(n - hits + 1)
    return ways + hits * math.log(share) + (n - hits) * math.log1p(-share)


def mean(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """The mean with Student's interval: for one look; what is looked at every week is `edge`."""
    n = len(values)
    if n < 2:
        return Estimate(values[0] if values else math.nan, -math.inf, math.inf, n, 0.0, "Student's t")
    centre = fmean(values)
    half = t_quantile(0.5 + confidence / 2, n - 1) * stdev(values) / math.sqrt(n)
    return Estimate(centre, centre - half, centre + half, n, 0.0, "Student's t")


@dataclass(frozen=True, slots=True)
class Edge:
    """Whether somebody's departures were better than the advice: the mean difference, clipped to ±`clip`.

    `evidence`: against "on average no better", to 1. `against`: the same for "on average no worse".
    `mean` has an interval that holds however often one looks. `needed`: about how many further ones would tell, if
    the evidence goes on growing as it did; None when it is known already, and when it does not grow.
    """

    mean: Estimate
    evidence: float
    against: float
    clip: float
    needed: int | None


def edge(differences: Sequence[float], clip: float = CLIP, confidence: float = CONFIDENCE) -> Edge:
    """From differences in the order in which they became known; several of one bet are one of them."""
    n = len(differences)
    method = f"betting, each difference clipped to ±{clip:g}"
    if not n:
        return Edge(Estimate(math.nan, -clip, clip, 0, 0.0, method), 1.0, 1.0, clip, None)
    clipped = [max(-1.0, min(1.0, one / clip)) for one in differences]
    mirrored = [-one for one in clipped]
    # Half of what may go wrong on either side. Ville: the bound is on what the evidence ever reaches.
    enough = math.log(2 / (1 - confidence))
    low = _bound(lambda assumed: _reached(clipped, assumed) >= enough)
    high = -_bound(lambda assumed: _reached(mirrored, assumed) >= enough)
    # The two bounds can cross when an early run was undone later; the mean is then wherever they meet.
    centre = max(-1.0, min(1.0, fmean(clipped)))
    low, high = min(low, centre), max(high, centre)
    found = Estimate(centre * clip, low * clip, high * clip, n, 0.0, method)
    better, worse = _stands(clipped), _stands(mirrored)
    more = needed(n, max(better.log, worse.log), enough) if found.undetermined else None
    return Edge(found, better.evidence, worse.evidence, clip, more)


def _bound(refuted: Callable[[float], bool]) -> float:
    """The largest mean, between -1 and 1, that is refuted."""
    low, high = -1.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low


def _reached(clipped: Sequence[float], assumed: float) -> float:
    """The highest the log evidence ever was that the mean is above `assumed`."""
    # What is left of a difference is scaled so that it stays within -1 and 1; a larger `assumed` then never gains more.
    bets, highest = evidence.Bets(), 0.0
    for one in clipped:
        bets.place(evidence.above(max(-1.0, min(1.0, (one - assumed) / (1 + abs(assumed))))))
        highest = max(highest, bets.log)
    return highest


def _stands(clipped: Sequence[float]) -> evidence.Bets:
    bets = evidence.Bets()
    for one in clipped:
        bets.place(evidence.above(one))
    return bets


def needed(n: int, grown: float, enough: float) -> int | None:
    """About how many more bets, of which `n` have grown the log evidence by `grown`, until it reaches `enough`.

    The evidence grows by about as much with each bet (its growth rate: Kelly, 1956). None where it has not grown.
    """
    if grown <= 0 or grown >= enough:
        return None
    # What a million bets would not tell is not worth a number.
    whole = n * enough / grown
    return max(1, math.ceil(whole) - n) if whole < 1e6 else None
