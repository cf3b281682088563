"""What was found of a habit: how strong the evidence is, how large the effect, and how it is said to people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.learning.effects import Estimate
from core.learning.family import HINT, QUARTERS, WEEKDAYS, Family, Hypothesis, Kind
from core.learning.observations import Edit, Observation

UNLISTED = 1_000_000
"""Steps on either side of a value that has no list: whatever the change, it had room."""
LEAST_SHARE = 2 / 3
LEAST_ODDS = 2.0
"""How large an effect must be, beside the evidence for it, to be called a pattern (facts, section 4)."""
TELLING = 5
"""Answers to *would it agree?* below which they say nothing about what the algorithm lacks: chosen so that
`LEAST_SHARE` wants four of five, and one answer more or less does not turn it round. The facts name none."""


class Level(StrEnum):
    """`counted`: numbers and nothing more. `hint`: worth watching. `pattern`: announced, and may become a candidate."""

    COUNTED = "counted"
    HINT = "hint"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True)
class Target:
    """A habit as something that each recommendation can be tested for, however it was found.

    `up`: an edit goes up, a feature is high. `cut`: where high (or low) begins.
    """

    kind: Kind
    name: str
    up: bool = True
    cut: float | None = None

    def exposed(self, one: Observation) -> bool:
        """Whether the habit could show here."""
        match self.kind:
            case Kind.EDIT:
                return True
            case Kind.FEATURE:
                value = one.features.get(self.name)
                return value is not None and self.cut is not None and (value > self.cut) == self.up
            case Kind.SUBJECT:
                return one.subject == self.name
            case Kind.WEEKDAY:
                return one.day.weekday() < len(WEEKDAYS) and WEEKDAYS[one.day.weekday()] == self.name
            case Kind.QUARTER:
                return QUARTERS[one.quarter] == self.name

    def hit(self, one: Observation) -> bool:
        """Whether it did."""
        if self.kind is Kind.EDIT:
            edit = one.edits.get(self.name)
            return edit is not None and edit.steps != 0 and (edit.steps > 0) == self.up
        return one.rejected and self.exposed(one)

    def edit(self, one: Observation) -> Edit | None:
        """How the parameter was changed, if it is an edit that is looked for."""
        return one.edits.get(self.name) if self.kind is Kind.EDIT else None


@dataclass(frozen=True, slots=True)
class ReasonShare:
    """How often a reason was given, of those that were. It corroborates, and never makes a pattern."""

    code: str
    hits: int
    stated: int
    share: Estimate
    evidence: float

    @property
    def corroborates(self) -> bool:
        return self.evidence >= HINT


@dataclass(frozen=True, slots=True)
class Agreement:
    """What people answered to *would the algorithm agree if it knew what you know?*"""

    yes: int = 0
    no: int = 0
    unsure: int = 0

    @property
    def asks_for(self) -> str:
        """`data`: it lacked something; `logic`: it had everything and people differ; empty while that is not clear."""
        clear = self.yes + self.no
        if clear < TELLING:
            return ""
        if self.yes >= LEAST_SHARE * clear:
            return "data"
        return "logic" if self.no >= LEAST_SHARE * clear else ""

    @property
    def sentence(self) -> str:
        clear = self.yes + self.no
        match self.asks_for:
            case "data":
                return f"In {self.yes} of {clear} the algorithm would agree if it knew: it lacks data."
            case "logic":
                return f"In {self.no} of {clear} the algorithm knew what you knew: its logic differs from yours."
        return ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One hypothesis about one person and one version of an algorithm, as things stood at the end of a day.

    `since`: the first day at whose end it had this level. `effect`: the share of edits in its direction, or the odds
    of a rejection against the rest. `middle`: listed steps. `hits` of `n`: edits in the direction of all, or rejections
    of those exposed; `of`: all recommendations that were reacted to; `elsewhere`: rejections of the rest and how many
    those are. `about`: where high or low begins, as a range. `records`: the recommendations that it was counted on;
    `labels`: by which rules those were labelled. `family`: what else was looked for. `explained_by`: a stronger finding
    without which this one has nothing left.
    """

    person: str
    program: str
    algorithm: str
    hypothesis: Hypothesis
    target: Target
    level: Level
    evidence: float
    threshold: float
    since: date | None
    as_of: date
    effect: Estimate
    hits: int
    n: int
    of: int
    elsewhere: tuple[int, int] = (0, 0)
    middle: Estimate | None = None
    about: tuple[float, float] | None = None
    days: int = 0
    weeks: int = 0
    weeks_to_go: int | None = None
    reasons: tuple[ReasonShare, ...] = ()
    unstated: int = 0
    agreement: Agreement = Agreement()
    records: tuple[str, ...] = ()
    family: Family | None = None
    labels: str = ""
    explained_by: Hypothesis | None = None

    @property
    def stands(self) -> bool:
        """Whether it is large enough, and not another finding's shadow."""
        least = LEAST_SHARE if self.hypothesis.kind is Kind.EDIT else LEAST_ODDS
        return self.effect.value >= least and self.explained_by is None

    @property
    def title(self) -> str:
        return title_of(self.target)

    @property
    def sentence(self) -> str:
        return _edited(self) if self.hypothesis.kind is Kind.EDIT else _rejected(self)

    @property
    def standing(self) -> str:
        """How far it can be believed, in words."""
        strength = f"evidence {_odds(self.evidence)} to 1"
        if self.explained_by is not None:
            return f"Explained by: {named(self.explained_by)} ({strength})."
        if self.level is Level.PATTERN:
            since = f", since {self.since:%d %b %Y}" if self.since else ""
            return f"Pattern{since} ({strength}, where {_odds(self.threshold)} to 1 was asked)."
        if self.level is Level.HINT:
            left = self.weeks_to_go
            weeks = f", about {left} {'week' if left == 1 else 'weeks'} to go" if left is not None else ""
            return f"Watching{weeks} ({strength} of {_odds(self.threshold)} to 1)."
        if self.evidence >= HINT:
            return f"Counted; there may be something, but it is small ({strength})."
        return f"Counted; nothing can be said yet ({strength} of {_odds(self.threshold)} to 1)."


def title_of(target: Target) -> str:
    """The habit in a few words."""
    match target.kind:
        case Kind.EDIT:
            return f"{_verb(target)} {_words(target.name)}".capitalize()
        case Kind.FEATURE:
            return f"Rejects {'high' if target.up else 'low'} {_words(target.name, '')}"
        case Kind.SUBJECT:
            return f"Rejects {target.name}"
        case Kind.WEEKDAY:
            return f"Rejects on {target.name}s"
        case Kind.QUARTER:
            return f"Rejects in the {target.name} of the session"


def named(hypothesis: Hypothesis) -> str:
    """A hypothesis as another finding refers to it."""
    match hypothesis.kind:
        case Kind.EDIT:
            return f"edits of {_words(hypothesis.name)}"
        case Kind.QUARTER:
            return f"the {hypothesis.name} of the session"
        case _:
            return _words(hypothesis.name)


_IN_TIME = ("expir", "dte", "date", "day", "horizon", "deadline", "duration", "term")


def _verb(target: Target) -> str:
    in_time = any(part in target.name.lower() for part in _IN_TIME)
    if in_time:
        return "lengthens" if target.up else "shortens"
    return "raises" if target.up else "lowers"


_PAST: Mapping[str, str] = {
    "lengthens": "lengthened",
    "shortens": "shortened",
    "raises": "raised",
    "lowers": "lowered",
}


def _edited(one: Finding) -> str:
    said = f"You {_PAST[_verb(one.target)]} {_words(one.target.name)} in {one.hits} of {_edits(one.n)}"
    said += f" ({percent(one.effect.value)}, {percent(one.effect.low, '')} to {percent(one.effect.high)})"
    if one.middle is not None and one.middle.value:
        steps = abs(one.middle.value)
        said += f", by {steps:.3g} listed {'step' if steps == 1 else 'steps'} in the middle"
    return f"{said}."


def _edits(count: int) -> str:
    return f"{count} edit" if count == 1 else f"{count} edits"


def _rejected(one: Finding) -> str:
    hits, rest = one.elsewhere
    where = {
        Kind.FEATURE: f"whose {_words(one.target.name, '')} was {_side(one)}",
        Kind.SUBJECT: f"for {one.target.name}",
        Kind.WEEKDAY: f"on a {one.target.name}",
        Kind.QUARTER: f"in the {one.target.name} of the session",
    }[one.hypothesis.kind]
    said = f"You rejected {one.hits} of {one.n} recommendations {where}, {percent(one.hits / one.n)} of them"
    if rest:
        said += f", and {hits} of the {rest} others ({percent(hits / rest)})"
    if not math.isfinite(one.effect.value):
        return f"{said}."
    return f"{said}: {_times(one.effect.value)} times the odds ({_times(one.effect.low)} to {_times(one.effect.high)})."


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"


def _side(one: Finding) -> str:
    side = "high (above" if one.target.up else "low (below"
    if one.about is None:
        return "high" if one.target.up else "low"
    low, high = (f"{value:.3g}" for value in one.about)
    return f"{side} {low})" if low == high else f"{side} {low} to {high})"


def percent(share: float, sign: str = " %") -> str:
    return f"{100 * share:.0f}{sign}"


def _odds(evidence: float) -> str:
    """Evidence as people read odds: 3.2, 41, 260, more than a million."""
    if evidence > 1e6:
        return "more than 1,000,000"
    if evidence < 0.1:
        return "less than 0.1"
    return f"{evidence:,.0f}" if evidence >= 10 else f"{evidence:.2g}"


def _words(name: str, article: str = "the ") -> str:
    """A parameter or a feature as people say it."""
    return article + name.replace("_", " ")
