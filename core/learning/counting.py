"""Which matches count, and as what: the denominators of every rate are made here and nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.learning.records import How, Label, Match, Source


def ambiguous(match: Match) -> bool:
    return bool(match.ambiguous) and match.settled_by is None


def once(matches: Iterable[Match]) -> list[Match]:
    """Without those that repeat an earlier one: the same advice sent again, or given by another algorithm, too."""
    told = list(matches)
    places = {match.key: (match.at, match.key) for match in told}
    return [
        match
        for match in told
        if not any(key in places and places[key] < (match.at, match.key) for key in match.shared)
    ]


def decided(match: Match) -> bool:
    """Whether somebody followed the advice or departed from it, and it is certain which."""
    return not ambiguous(match) and (match.label is Label.CONSENT or match.diverges)


@dataclass(frozen=True, slots=True)
class Counts:
    """`reject` has no `ignored` in it. All but `independent` are recommendations.

    `imported`: of the recommendations, those that came with dates of their own. `repeated`: advice that was given
    already, by this algorithm or by another one; it is none of the others.
    """

    consent: int = 0
    modify: int = 0
    reject: int = 0
    ignored: int = 0
    no_action: int = 0
    ambiguous: int = 0
    independent: int = 0
    imported: int = 0
    repeated: int = 0

    @property
    def recommendations(self) -> int:
        return self.consent + self.modify + self.reject + self.ignored + self.no_action + self.ambiguous

    @property
    def decided(self) -> int:
        return self.consent + self.diverged

    @property
    def diverged(self) -> int:
        return self.modify + self.reject


def counted(matches: Iterable[Match]) -> Counts:
    told = list(matches)
    single = once(told)
    found: Counter[str] = Counter(repeated=len(told) - len(single))
    for match in single:
        if match.label is Label.INDEPENDENT:
            found["independent"] += 1
            continue
        found["imported"] += match.source is Source.IMPORTED
        if ambiguous(match):
            found["ambiguous"] += 1
        elif match.label is Label.REJECT and match.how is How.IGNORED:
            found["ignored"] += 1
        else:
            found[match.label.value] += 1
    return Counts(**found)


def begin(day: date, by: str) -> date:
    """The first day of the `day`, `week` or `month` that a day lies in."""
    if by == "day":
        return day
    if by == "week":
        # Of the first week that a calendar has, Monday lies before its beginning.
        return day - timedelta(min(day.weekday(), day.toordinal() - 1))
    if by == "month":
        return day.replace(day=1)
    raise ValueError(f"{by!r} is no period: day, week or month")


def name_of(day: date, by: str) -> str:
    year, week, _ = day.isocalendar()
    return {"day": day.isoformat(), "week": f"{year:04d}-W{week:02d}", "month": f"{day:%Y-%m}"}[by]
