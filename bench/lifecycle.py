"""Candidates: how often a useless change is kept, and a good one is, by the rule that validates them.

People are invented who override a share of what a change is aimed at, before and after it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure
from core.learning.validation import EXPOSED, LOOKS, MOST_BEFORE, Share, Verdict, judge


@dataclass(frozen=True, slots=True)
class Change:
    """How often people override before, and after."""

    before: float
    after: float


NONE = Change(0.30, 0.30)
CHANGES: Mapping[str, Change] = {
    "no effect": NONE,
    "no effect, rare": Change(0.15, 0.15),
    "no effect, very rare": Change(0.05, 0.05),
    "30 to 5 %": Change(0.30, 0.05),
    "30 to 15 %": Change(0.30, 0.15),
    "30 to 45 %": Change(0.30, 0.45),
}
FEW, ENOUGH = 3, 10
"""Exposed a week: with the one there are 36 after twelve weeks, with the other 40 after four."""
TIMES = 2_000


def look(change: Change, exposed: int, times: int = TIMES, seed: int = 1) -> dict[Verdict, float]:
    """The share of each verdict after four weeks, with so many exposed."""
    chance = random.Random(seed)
    known: dict[tuple[Share, Share], Verdict] = {}
    found: Counter[Verdict] = Counter()
    for _ in range(times):
        pair = _drawn(chance, change.before, MOST_BEFORE), _drawn(chance, change.after, exposed)
        if pair not in known:
            known[pair] = judge(*pair, LOOKS[0]).verdict
        found[known[pair]] += 1
    return {verdict: found[verdict] / times for verdict in Verdict}


def lives(change: Change, weekly: int, times: int = TIMES, seed: int = 1) -> dict[Verdict, float]:
    """How it ends when it is looked at after 4, 8 and 12 weeks, with so many exposed a week."""
    chance = random.Random(seed)
    known: dict[tuple[Share, Share, int], Verdict] = {}
    found: Counter[Verdict] = Counter()
    for _ in range(times):
        before, hits, n, week = _drawn(chance, change.before, MOST_BEFORE), 0, 0, 0
        verdict = Verdict.EXTEND
        for until in LOOKS:
            more = _drawn(chance, change.after, weekly * (until - week))
            hits, n, week = hits + more.hits, n + more.n, until
            place = before, Share(hits, n), until
            verdict = known.get(place) or judge(*place).verdict
            known[place] = verdict
            if verdict is not Verdict.EXTEND:
                break
        found[verdict] += 1
    return {verdict: found[verdict] / times for verdict in Verdict}


def went_down(change: Change, exposed: int, times: int = TIMES, seed: int = 1) -> float:
    """How often the plain rule keeps it: it went down."""
    chance = random.Random(seed)
    kept = 0
    for _ in range(times):
        before, after = _drawn(chance, change.before, MOST_BEFORE), _drawn(chance, change.after, exposed)
        kept += after.hits * before.n < before.hits * after.n
    return kept / times


def _drawn(chance: random.Random, share: float, n: int) -> Share:
    return Share(sum(chance.random() < share for _ in range(n)), n)


def measure(folder: Path) -> list[Figure]:
    """The figures of the table."""
    useless, rare = look(NONE, EXPOSED), look(CHANGES["no effect, rare"], EXPOSED)
    good, harm = look(CHANGES["30 to 5 %"], 40), look(CHANGES["30 to 45 %"], 40)
    half = look(CHANGES["30 to 15 %"], 40)
    ends = {
        (name, weekly): lives(CHANGES[name], weekly, TIMES // 2)
        for name in ("no effect", "no effect, rare", "no effect, very rare", "30 to 5 %")
        for weekly in (FEW, ENOUGH)
    }

    def kept(name: str, weekly: int) -> float:
        return ends[name, weekly][Verdict.KEEP]

    return [
        Figure(
            "candidates: useless change kept, 40 exposed",
            useless[Verdict.KEEP],
            0.03,
            f"rolled back {useless[Verdict.ROLL_BACK]:.0%}, extended {useless[Verdict.EXTEND]:.0%}; "
            f"the plain rule keeps {went_down(NONE, 40):.0%}; where the override is rare: {rare[Verdict.KEEP]:.1%}",
            least=False,
        ),
        *(
            Figure(
                f"candidates: useless change ever kept, {weekly} exposed a week",
                max(kept("no effect", weekly), kept("no effect, rare", weekly)),
                0.03,
                f"three looks; of 30 % {kept('no effect', weekly):.1%}, of 15 % {kept('no effect, rare', weekly):.1%}, "
                f"of 5 % {kept('no effect, very rare', weekly):.1%}; "
                f"inconclusive {ends['no effect', weekly][Verdict.INCONCLUSIVE]:.0%}; "
                f"30 to 5 % is kept in {kept('30 to 5 %', weekly):.0%}",
                least=False,
            )
            for weekly in (FEW, ENOUGH)
        ),
        Figure(
            "candidates: 30 to 5 % kept, 40 exposed",
            good[Verdict.KEEP],
            0.90,
            f"at the first look; 30 to 15 %: {half[Verdict.KEEP]:.0%}",
        ),
        Figure("candidates: 30 to 45 % rolled back, 40 exposed", harm[Verdict.ROLL_BACK], 0.55, "proposed to a person"),
    ]
