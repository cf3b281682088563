"""The beta distribution and Student's, in pure Python: a percentage with its interval needs no more."""

from __future__ import annotations

import math


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (DLMF 8.17.22), as Lentz evaluates it."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_share(1 - x, b, a)
    front = a * math.log(x) + b * math.log1p(-x) - math.log(a) - _log_beta(a, b)
    tiny = 1e-300
    c, d = 1.0, 1.0 / _away(1 - (a + b) * x / (a + 1), tiny)
    fraction = d
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1.0 / _away(1 + term * d, tiny), _away(1 + term / c, tiny)
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return math.exp(front) * fraction


def _away(number: float, tiny: float) -> float:
    return number if abs(number) > tiny else tiny


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def beta_quantile(share: float, a: float, b: float) -> float:
    """Where the beta distribution has `share` below it, by halving."""
    if not (0.0 <= share <= 1.0 and a > 0.0 and b > 0.0):
        raise ValueError("a share between 0 and 1, and two positive shapes")
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if beta_share(middle, a, b) < share else (low, middle)
    return high


def t_quantile(share: float, freedom: int) -> float:
    """Student's t, by halving its tail, which is an incomplete beta function (DLMF 8.17)."""
    if share < 0.5:
        return -t_quantile(1 - share, freedom)
    tail = 2 * (1 - share)
    x = beta_quantile(tail, freedom / 2, 0.5)
    return math.sqrt(freedom * (1 - x) / x) if x > 0.0 else math.inf
