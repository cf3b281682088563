"""From what a person did, day by day, to the evidence for each hypothesis of a family.

What was said of a day depends on that day and on those before it alone: a later day never changes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.learning import evidence
from core.learning.evidence import RAISES, SLOPES, Bets, Ranks
from core.learning.family import HINT, QUARTERS, WEEKDAYS, Family, Hypothesis, Kind
from core.learning.observations import Edit, Observation, by_day


@dataclass(slots=True)
class Watched:
    """The evidence for one hypothesis, and how it grew.

    `strata`: days (or weeks) that said anything; `events`: the edits or rejections in them.
    `hint_on`, `pattern_on`: the first day at whose end it had reached that level. The evidence may fall again; that it
    was reached is what is bounded.
    """

    hypothesis: Hypothesis
    threshold: float
    bets: tuple[Bets, ...]
    strata: int = 0
    events: int = 0
    weeks: set[tuple[int, int]] = field(default_factory=set)
    hint_on: date | None = None
    pattern_on: date | None = None

    @property
    def log(self) -> float:
        """Of several bets under different readings of "no pattern", the least convinced speaks."""
        return min(bet.log for bet in self.bets)

    @property
    def evidence(self) -> float:
        return math.exp(min(self.log, 700.0))

    def note(self, day: date) -> None:
        """The levels are looked at after each day."""
        if self.hint_on is None and self.evidence >= HINT:
            self.hint_on = day
        if self.pattern_on is None and self.evidence >= self.threshold and self._enough():
            self.pattern_on = day

    def _enough(self) -> bool:
        """However strong, a handful of days is no habit."""
        if self.hypothesis.kind is Kind.EDIT:
            return self.strata >= 8 and len(self.weeks) >= 3
        return self.events >= 8 and self.strata >= 5


def voted(readings: Sequence[Bets], edits: Sequence[Edit]) -> bool:
    """A day's one vote, for each reading: "no preference" may mean that either direction is alike, or that every listed
    step is; both must be refuted. False where the day says nothing."""
    spoke = False
    counted = ([one for one in edits if one.free], [one for one in edits if one.mirrored])
    for bets, counts in zip(readings, counted, strict=True):
        total = sum((one.steps > 0) - (one.steps < 0) for one in counts)
        if total:
            bets.place(evidence.direction(total > 0))
            spoke = True
    return spoke


class Watch:
    """Takes days in order. One for a person and a version of an algorithm."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.watched: dict[Hypothesis, Watched] = {}
        self._ranks: dict[str, Ranks] = {}
        self._week: list[tuple[date, Sequence[Observation]]] = []
        for hypothesis in family.hypotheses:
            self._begin(hypothesis)

    def _begin(self, hypothesis: Hypothesis) -> None:
        bets = (Bets(), Bets()) if hypothesis.kind is Kind.EDIT else (Bets(),)
        self.watched[hypothesis] = Watched(hypothesis, self.family.threshold(hypothesis), bets)

    def days(self, observations: Iterable[Observation]) -> Watch:
        """All days of the observations. Weeks are closed by the first day after them."""
        for day, group in by_day(observations):
            self.day(day, group)
        return self

    def day(self, day: date, group: Sequence[Observation]) -> None:
        if self._week and self._week[-1][0].isocalendar()[:2] != day.isocalendar()[:2]:
            self.close_week()
        for subject in dict.fromkeys(one.subject for one in group):
            self._meet(subject)
        ranks = self._ranked(group)
        rejected = [one.rejected for one in group]
        for watched in list(self.watched.values()):
            self._count(watched, day, group, rejected, ranks)
        self._week.append((day, group))

    def _meet(self, subject: str) -> None:
        hypothesis = Hypothesis(Kind.SUBJECT, subject)
        if hypothesis not in self.watched and self.family.reserve:
            self.family = self.family.joined_by(subject)
            self._begin(hypothesis)

    def _ranked(self, group: Sequence[Observation]) -> dict[str, list[float | None]]:
        """Where each lies among those of earlier days: not of the same day, in which they are compared."""
        found: dict[str, list[float | None]] = {}
        for hypothesis in self.watched:
            if hypothesis.kind is Kind.FEATURE:
                known = self._ranks.setdefault(hypothesis.name, Ranks())
                values = [one.features.get(hypothesis.name) for one in group]
                found[hypothesis.name] = known.places(values)
        return found

    def _count(
        self,
        watched: Watched,
        day: date,
        group: Sequence[Observation],
        rejected: Sequence[bool],
        ranks: dict[str, list[float | None]],
    ) -> None:
        kind, name = watched.hypothesis.kind, watched.hypothesis.name
        if kind is Kind.EDIT:
            self._vote(watched, day, [one.edits[name] for one in group if name in one.edits])
            return
        if kind is Kind.WEEKDAY:
            return
        if kind is Kind.FEATURE:
            known = [(rank, no) for rank, no in zip(ranks[name], rejected, strict=True) if rank is not None]
            scores, chosen = [rank for rank, _ in known], [no for _, no in known]
            slopes: Sequence[float] = SLOPES
        else:
            scores = [
                float(one.subject == name if kind is Kind.SUBJECT else QUARTERS[one.quarter] == name) for one in group
            ]
            chosen, slopes = list(rejected), RAISES
        if not 0 < sum(chosen) < len(chosen) or len(set(scores)) < 2:
            return
        watched.bets[0].place(evidence.chosen_by(scores, chosen, slopes))
        watched.strata += 1
        watched.events += sum(chosen)
        watched.weeks.add(day.isocalendar()[:2])
        watched.note(day)

    @staticmethod
    def _vote(watched: Watched, day: date, edits: Sequence[Edit]) -> None:
        if voted(watched.bets, edits):
            watched.strata += 1
            watched.events += len(edits)
            watched.weeks.add(day.isocalendar()[:2])
            watched.note(day)

    def close_week(self) -> None:
        """The weekdays of a week are compared when all of them are there."""
        week, self._week = [(day, group) for day, group in self._week if day.weekday() < len(WEEKDAYS) and group], []
        if not week:
            return
        # The share of a day with few is all or nothing more often than that of a day with many, whatever the weekday:
        # only as many of each day are counted as half of the days have, and days with fewer are left out.
        size = sorted(len(group) for _, group in week)[len(week) // 2]
        shares = {
            WEEKDAYS[day.weekday()]: sum(one.rejected for one in group[:size]) / size
            for day, group in week
            if len(group) >= size
        }
        if len(shares) < 2 or not any(shares.values()):
            return
        names = list(shares)
        last = week[-1][0]
        for watched in self.watched.values():
            if watched.hypothesis.kind is Kind.WEEKDAY and watched.hypothesis.name in shares:
                place = names.index(watched.hypothesis.name)
                watched.bets[0].place(evidence.ordered(list(shares.values()), place, RAISES))
                watched.strata += 1
                watched.events += sum(one.rejected for day, group in week for one in group)
                watched.weeks.add(last.isocalendar()[:2])
                watched.note(last)
