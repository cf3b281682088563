"""Findings that are another finding's shadow.

Who rejects what has a low premium also rejects what has a low delta, for the two go together. So each finding is tested
once more with the stronger one taken into account; if nothing is left of it, it is said to be explained by that one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from statistics import fmean

from core.learning import evidence
from core.learning.evidence import RAISES, SLOPES, Bets
from core.learning.family import HINT, Kind
from core.learning.finding import Finding, Level, Target
from core.learning.observations import Observation, by_day

_STEEPEST = 8.0
"""How steep the other finding may be: chosen so that it is a third beyond the steepest of `SLOPES` (6). The
facts name none."""
_GOLDEN = (math.sqrt(5) - 1) / 2
_LOOKS = 18
"""Narrowings of the slope of the other finding: to a thousandth of the widest."""
Stratum = tuple[Sequence[float], Sequence[float], Sequence[bool]]
"""Scores for the finding, scores for the other, and which were rejected."""


def explained(findings: Sequence[Finding], observations: Sequence[Observation]) -> list[Finding]:
    """The findings, each with the strongest other one that explains it, if any does. Of two that explain each other
    the stronger one stands."""
    named = [one for one in findings if one.level is not Level.COUNTED]
    standing: list[Finding] = []
    told: dict[int, Finding] = {}
    for one in sorted(named, key=lambda one: (-one.evidence, one.hypothesis)):
        for other in standing:
            if _is_shadow(one.target, other.target, observations):
                told[id(one)] = replace(one, explained_by=other.hypothesis)
                break
        else:
            standing.append(one)
    return [told.get(id(one), one) for one in findings]


def _is_shadow(one: Target, other: Target, observations: Sequence[Observation]) -> bool:
    if one.kind is Kind.EDIT and other.kind is Kind.EDIT:
        return _left_without(one, other, observations) < math.log(HINT)
    if Kind.EDIT in (one.kind, other.kind):
        # What is edited and what is rejected are different recommendations.
        return False
    if other.kind is Kind.WEEKDAY and one.kind is not Kind.WEEKDAY:
        # The evidence for it was gathered within days: the day cannot be what it is.
        return False
    if one.kind is Kind.WEEKDAY:
        return _left_of_days(one, other, observations) < math.log(HINT)
    return _left_beside(one, other, observations) < math.log(HINT)


def _left_without(one: Target, other: Target, observations: Sequence[Observation]) -> float:
    """The evidence for an edit on the recommendations on which the other edit was not made."""
    bets = Bets()
    for _, group in by_day(observations):
        alone = [edit for seen in group if not other.hit(seen) and (edit := one.edit(seen)) is not None and edit.free]
        total = sum((edit.steps > 0) - (edit.steps < 0) for edit in alone)
        if total:
            bets.place(evidence.direction(total > 0))
    return bets.log


def _left_of_days(one: Target, other: Target, observations: Sequence[Observation]) -> float:
    """The evidence for a weekday by what its rejections are above those that the other finding lets expect.

    Weighed in whole days, as the evidence itself is: the recommendations of a day share a mood.
    """
    rates = {}
    for hit in (True, False):
        told = [seen.rejected for seen in observations if other.exposed(seen) is hit]
        rates[hit] = sum(told) / len(told) if told else 0.0
    bets = Bets()
    for _, week in groupby(sorted(observations, key=lambda seen: (seen.day, seen.id)), key=lambda seen: seen.week):
        days = list(by_day(week))
        above = [fmean(seen.rejected - rates[other.exposed(seen)] for seen in group) for _, group in days]
        place = next((number for number, (_, group) in enumerate(days) if one.exposed(group[0])), None)
        if place is not None and len(days) > 1:
            bets.place(evidence.ordered(above, place, RAISES))
    return bets.log


def _left_beside(one: Target, other: Target, observations: Sequence[Observation]) -> float:
    """The logarithm of how much likelier the rejections are with both than with the other one alone.

    Conditional logistic regression with two scores, given how many of a stratum were rejected; the slope of the other
    is the likeliest one, each time.
    """
    strata: list[Stratum] = []
    mine, its = _scores(one, observations), _scores(other, observations)
    for _, group in by_day(observations):
        known = [seen for seen in group if seen.id in mine and seen.id in its]
        rejected = [seen.rejected for seen in known]
        if 0 < sum(rejected) < len(rejected):
            strata.append(([mine[seen.id] for seen in known], [its[seen.id] for seen in known], rejected))
    if not strata:
        return 0.0
    alone = _best(partial(_log_chance, strata, 0.0))
    slopes = SLOPES if one.kind is Kind.FEATURE else RAISES
    return evidence.mean_of_logs([_best(partial(_log_chance, strata, own)) - alone for own in slopes])


def _scores(target: Target, observations: Sequence[Observation]) -> dict[str, float]:
    """By recommendation: the rank of a feature, -0.5 to 0.5, or whether it is at the level."""
    if target.kind is not Kind.FEATURE:
        return {one.id: float(target.exposed(one)) for one in observations}
    known = [one for one in observations if target.name in one.features]
    ordered = sorted(known, key=lambda one: one.features[target.name])
    found: dict[str, float] = {}
    place = 0
    for _, group in groupby(ordered, key=lambda one: one.features[target.name]):
        same = list(group)
        rank = (place + len(same) / 2) / len(ordered) - 0.5
        found.update((one.id, rank) for one in same)
        place += len(same)
    return found


def _log_chance(strata: Sequence[Stratum], own: float, slope: float) -> float:
    """Up to what does not depend on the slopes: the logarithm of the chance of exactly these rejections."""
    total = 0.0
    for mine, its, rejected in strata:
        scores = [own * score + slope * other for score, other in zip(mine, its, strict=True)]
        total += evidence.chosen_by(scores, rejected, (1.0,))[0]
    return total


def _best(of: Callable[[float], float]) -> float:
    """The largest value over all slopes: it is concave, so the golden section finds it."""
    low, high = -_STEEPEST, _STEEPEST
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = of(left), of(right)
    for _ in range(_LOOKS):
        if at_left < at_right:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = of(right)
        else:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = of(left)
    return max(at_left, at_right)
