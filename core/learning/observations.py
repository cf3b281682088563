"""What a person made of each recommendation, in the form in which habits are looked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Edit:
    """How a parameter was changed. `steps`: listed steps, up or down; what has no list is +1 or -1.

    `below`, `above`: how many steps the list had on either side: who can only go up has said nothing by going up.
    """

    steps: int
    below: int
    above: int

    @property
    def free(self) -> bool:
        """Whether both directions were open."""
        return self.below > 0 and self.above > 0

    @property
    def mirrored(self) -> bool:
        """Whether as many steps the other way were listed, too."""
        return min(self.below, self.above) >= abs(self.steps)


@dataclass(frozen=True, slots=True)
class Observation:
    """One recommendation, and what was made of it. `day`: in the person's own time zone.

    `rejected`: by an explicit no; what was ignored is no evidence of a preference, and not among the observations.
    `quarter`: which of the four parts of the trading session (or of the working day) it came in.
    """

    id: str
    day: date
    subject: str
    quarter: int
    rejected: bool
    edits: Mapping[str, Edit] = field(default_factory=dict)
    features: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None
    would_agree: str | None = None

    @property
    def week(self) -> tuple[int, int]:
        """The ISO year and week."""
        year, week, _ = self.day.isocalendar()
        return year, week


def by_day(observations: Iterable[Observation]) -> Iterator[tuple[date, Sequence[Observation]]]:
    """Days in order: moods last for a day, so a day is what counts once."""
    for day, group in groupby(sorted(observations, key=lambda one: (one.day, one.id)), key=lambda one: one.day):
        yield day, list(group)
