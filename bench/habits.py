"""Whether habits are found, and nothing where there is none: invented people, 52 Saturdays each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from bench import rivals
from bench.figures import Figure
from bench.invented import FEATURES, MONDAY, NULLS, PARAMETERS, PLANTED, SUBJECTS, year
from core.learning.family import Hypothesis, Kind, family
from core.learning.observations import Observation
from core.learning.watch import Watch

NULL_PEOPLE, PLANTED_PEOPLE, RIVAL_PEOPLE = 300, 60, 30
FAMILY = family(PARAMETERS, FEATURES, SUBJECTS)
DELAYS = {
    "longer .90": 14,
    "longer .75": 37,
    "low premium +1.8": 15,
    "low premium +1.0": 51,
    "subject +2.0": 10,
    "subject +1.2": 25,
    "weekday +2.0": 11,
    "weekday +1.2": 20,
    "last quarter +2.0": 6,
    "last quarter +1.2": 16,
}
"""Weeks until half of the people are told, as a sketch of this design measured it: what is to be reached."""
_NEVER = 99.0
Found = Mapping[Hypothesis, date]
Rule = Callable[[Sequence[Observation]], Found]


def ours(observations: Sequence[Observation]) -> Found:
    watched = Watch(FAMILY).days(observations).watched
    return {one: seen.pattern_on for one, seen in watched.items() if seen.pattern_on is not None}


def naive(observations: Sequence[Observation]) -> Found:
    return rivals.naive(FAMILY, observations)


def weekly(observations: Sequence[Observation]) -> Found:
    return rivals.benjamini_hochberg(FAMILY, observations)


def nobody(job: tuple[str, Rule, int]) -> float:
    """The share of those without a habit who are told of one."""
    name, rule, people = job
    return sum(bool(rule(list(year(NULLS[name], seed)))) for seed in range(people)) / people


def somebody(job: tuple[str, Rule, int]) -> list[float]:
    """After how many weeks each of those with a habit is told of it."""
    name, rule, people = job
    person, (kind, what) = PLANTED[name]
    hypothesis = Hypothesis(Kind(kind), what)
    delays = []
    for seed in range(people):
        told = rule(list(year(person, 1_000 + seed))).get(hypothesis)
        delays.append(_NEVER if told is None else (told - MONDAY).days / 7)
    return delays


def measure(folder: Path) -> list[Figure]:
    """All people, on every processor. `folder` is not used."""
    del folder
    figures = []
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        told = pool.map(nobody, [(name, ours, NULL_PEOPLE) for name in NULLS])
        told_naively = list(pool.map(nobody, [(name, naive, RIVAL_PEOPLE) for name in NULLS]))
        told_weekly = list(pool.map(nobody, [(name, weekly, RIVAL_PEOPLE) for name in NULLS]))
        for name, ever, one, other in zip(NULLS, told, told_naively, told_weekly, strict=True):
            detail = f"of {NULL_PEOPLE}, 52 Saturdays; a naive rule {one:.0%}, Benjamini-Hochberg weekly {other:.0%}"
            figures.append(Figure(f"no habit ({name}): ever told of one, %", 100 * ever, 10, detail, least=False))
        found = pool.map(somebody, [(name, ours, PLANTED_PEOPLE) for name in PLANTED])
        naively = list(pool.map(somebody, [(name, naive, RIVAL_PEOPLE) for name in PLANTED]))
        by_week = list(pool.map(somebody, [(name, weekly, RIVAL_PEOPLE) for name in PLANTED]))
        for name, weeks, one_by_one, tested in zip(PLANTED, found, naively, by_week, strict=True):
            recall = "/".join(f"{sum(week <= limit for week in weeks) / len(weeks):.2f}" for limit in (12, 26, 52))
            detail = f"recall at 12/26/52 weeks {recall}; naive {median(one_by_one):.0f}, weekly {median(tested):.0f}"
            figures.append(Figure(f"habit {name}: weeks until told", median(weeks), DELAYS[name], detail, least=False))
    return figures
