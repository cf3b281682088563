"""What others would do with the same overrides: a rule on the week's numbers, and Benjamini-Hochberg every Saturday.

The first is how such digests are usually written; the second is the textbook's answer, looked at 52 times.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date

from core.learning.family import QUARTERS, WEEKDAYS, Family, Hypothesis, Kind
from core.learning.observations import Observation

RATE = 0.10
"""The share of false discoveries that Benjamini-Hochberg is asked for."""


def naive(family: Family, observations: Sequence[Observation]) -> dict[Hypothesis, date]:
    """Three edits of a week that average half a step or more; two rejections at twice the rate of the rest."""
    found: dict[Hypothesis, date] = {}
    for saturday, week in _weeks(observations):
        for hypothesis in family.hypotheses:
            if hypothesis in found:
                continue
            if hypothesis.kind is Kind.EDIT:
                steps = [one.edits[hypothesis.name].steps for one in week if hypothesis.name in one.edits]
                if len(steps) >= 3 and abs(sum(steps)) >= 0.5 * len(steps):
                    found[hypothesis] = saturday
            else:
                inside, outside = _split(hypothesis, week, week)
                if sum(inside) >= 2 and sum(inside) * len(outside) >= 2 * max(1, sum(outside)) * len(inside):
                    found[hypothesis] = saturday
    return found


def benjamini_hochberg(family: Family, observations: Sequence[Observation]) -> dict[Hypothesis, date]:
    """All that was seen so far, tested anew every Saturday: a sign test for edits, two shares otherwise."""
    found: dict[Hypothesis, date] = {}
    seen: list[Observation] = []
    for saturday, week in _weeks(observations):
        seen += week
        values = {hypothesis: _chance(hypothesis, seen) for hypothesis in family.hypotheses}
        ordered = sorted(values.items(), key=lambda one: one[1])
        passed = 0
        for place, (_, value) in enumerate(ordered, 1):
            if value <= RATE * place / len(ordered):
                passed = place
        for hypothesis, _ in ordered[:passed]:
            found.setdefault(hypothesis, saturday)
    return found


def _weeks(observations: Iterable[Observation]) -> list[tuple[date, list[Observation]]]:
    weeks: dict[tuple[int, int], list[Observation]] = {}
    for one in observations:
        weeks.setdefault(one.week, []).append(one)
    return [(date.fromisocalendar(*week, 6), weeks[week]) for week in sorted(weeks)]


def _split(
    hypothesis: Hypothesis, some: Sequence[Observation], everything: Sequence[Observation]
) -> tuple[list[bool], list[bool]]:
    """Who was rejected where the hypothesis says more are, and elsewhere."""
    inside: list[bool] = []
    outside: list[bool] = []
    middle = 0.0
    if hypothesis.kind is Kind.FEATURE:
        middle = sorted(one.features[hypothesis.name] for one in everything)[len(everything) // 3]
    for one in some:
        match hypothesis.kind:
            case Kind.SUBJECT:
                is_in = one.subject == hypothesis.name
            case Kind.WEEKDAY:
                is_in = WEEKDAYS[one.day.weekday()] == hypothesis.name
            case Kind.QUARTER:
                is_in = QUARTERS[one.quarter] == hypothesis.name
            case _:
                is_in = one.features[hypothesis.name] < middle
        (inside if is_in else outside).append(one.rejected)
    return inside, outside


def _chance(hypothesis: Hypothesis, seen: Sequence[Observation]) -> float:
    """A p-value by the normal approximation."""
    if hypothesis.kind is Kind.EDIT:
        ups = [one.edits[hypothesis.name].steps > 0 for one in seen if hypothesis.name in one.edits]
        if len(ups) < 5:
            return 1.0
        return math.erfc(max(0.0, abs(sum(ups) - len(ups) / 2) - 0.5) / math.sqrt(len(ups) / 4) / math.sqrt(2))
    inside, outside = _split(hypothesis, seen, seen)
    if not inside or not outside:
        return 1.0
    share = (sum(inside) + sum(outside)) / len(seen)
    spread = share * (1 - share) * (1 / len(inside) + 1 / len(outside))
    if spread <= 0.0:
        return 1.0
    return math.erfc(abs(sum(inside) / len(inside) - sum(outside) / len(outside)) / math.sqrt(2 * spread))
