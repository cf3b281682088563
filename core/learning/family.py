"""Which habits are looked for: a list that is fixed before anything is counted.

The more one looks for, the more chance finds; so each hypothesis must reach K/(α·w) to 1, where K is how many there are
and w its weight. That bounds the chance that anything false is ever announced, for one person and one version of the
algorithm, by α, whatever the hypotheses have to do with one another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ALPHA = 0.10
"""The chance of ever announcing a pattern to somebody who has none."""
HINT = 10.0
"""Evidence at which something is worth watching, and no more."""
RESERVE = 4
"""Hypotheses' worth of weight that is kept for subjects that nobody has heard of yet."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
QUARTERS = ("first quarter", "second quarter", "third quarter", "last quarter")


class Kind(StrEnum):
    """`edit`: changes a parameter in one direction. The others: rejects more where a feature is high (or low), for a
    subject, on a weekday, in a quarter of the session."""

    EDIT = "edit"
    FEATURE = "feature"
    SUBJECT = "subject"
    WEEKDAY = "weekday"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, order=True)
class Hypothesis:
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Family:
    """The hypotheses with their weights, which sum to how many there are. Each version of an algorithm has its own."""

    weights: Mapping[Hypothesis, float]
    reserve: float = 0.0
    """Weight that subjects which come later share: half of what is left to each, and no more than others have."""
    later: Mapping[Hypothesis, float] = field(default_factory=dict)

    @property
    def size(self) -> float:
        """K."""
        return math.fsum(self.weights.values()) + self.reserve

    def threshold(self, hypothesis: Hypothesis) -> float:
        """The evidence at which it is a pattern; infinite for what is not in the family."""
        weight = self.weights.get(hypothesis, self.later.get(hypothesis, 0.0))
        return self.size / (ALPHA * weight) if weight > 0.0 else math.inf

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        return (*self.weights, *self.later)

    def joined_by(self, subject: str) -> Family:
        """With a subject that was not known when the family was fixed."""
        new = Hypothesis(Kind.SUBJECT, subject)
        if new in self.weights or new in self.later:
            return self
        left = self.reserve - math.fsum(self.later.values())
        return Family(self.weights, self.reserve, {**self.later, new: min(1.0, left / 2)})


def family(
    parameters: Iterable[str], features: Iterable[str], subjects: Iterable[str], favoured: Iterable[Hypothesis] = ()
) -> Family:
    """What can be told from an algorithm's first proposals, before anything is counted.

    `favoured`: what the person asked about beforehand; it weighs twice as much as each of the others.
    """
    names = [
        *((Kind.EDIT, one) for one in parameters),
        *((Kind.FEATURE, one) for one in features),
        *((Kind.SUBJECT, one) for one in subjects),
        *((Kind.WEEKDAY, one) for one in WEEKDAYS),
        *((Kind.QUARTER, one) for one in QUARTERS),
    ]
    members = [Hypothesis(kind, name) for kind, name in dict.fromkeys(names)]
    doubled = set(favoured)
    raw = {one: 2.0 if one in doubled else 1.0 for one in members}
    scale = len(members) / math.fsum(raw.values())
    return Family({one: weight * scale for one, weight in raw.items()}, reserve=RESERVE)
