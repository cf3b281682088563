"""The thresholds by which advice and orders are brought together. They are shown, and may differ by algorithm.

The figures were found on invented streams (bench/reconciling.py measures them) and held to a year of real prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

RULES = "1"
"""The version of the rules, stamped on every match: other rules make other versions, and the older ones stay."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a difference costs, and from where on two things are too far apart.

    `null`: the price of leaving a recommendation without an order. `margin`: a link that could be otherwise for less
    than this is asked about. `step`, `expiry`, `doubling` and `hour` are prices of one such difference, and
    `most_…` how many of them count. `early`: how far clocks may differ. `longest`: an order later than this belongs
    to no recommendation, unless that was valid for more than a `day`; `after_close`: and one that comes so much after
    the session, where the house has declared one. `one_order`, `one_roll`: how far apart the
    parts of one may be. `filled`: how far a quantity may be off and still be the same; `slippage`: and a price.
    `structure`: the price of another number of legs; `refused`: that of having said no.
    """

    null: float = 4.0
    margin: float = 0.5
    step: float = 1.0
    most_steps: float = 6.0
    expiry: float = 0.8
    most_expiries: float = 6.0
    doubling: float = 0.5
    most_doublings: float = 4.0
    hour: float = 0.125
    structure: float = 1.0
    refused: float = 1.0
    early: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=8)
    day: timedelta = timedelta(days=1)
    after_close: timedelta = timedelta(minutes=30)
    one_order: timedelta = timedelta(minutes=2)
    one_roll: timedelta = timedelta(minutes=10)
    filled: float = 0.10
    slippage: float = 0.0005
    by_algorithm: Mapping[str, Rules] = field(default_factory=dict)

    def of(self, algorithm: str) -> Rules:
        return self.by_algorithm.get(algorithm, self)
