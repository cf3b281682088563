"""A candidate: a habit that the algorithm might learn, proposed with frozen evidence and decided by a person.

    proposed → implement | defer | reject → implemented → validating → kept | rolled back | modified
                                                         → extended → inconclusive

Nothing here changes an algorithm. *Implement* says that somebody will; the change is a new version of the algorithm,
which is told (`deployed`), and what is exposed to it is what it is judged by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.learning.finding import Target, title_of
from core.learning.validation import LOOKS, Judged, Verdict

SILENT = timedelta(weeks=12)
"""A rejected one is not proposed again before, and not before its evidence has grown by `GROWTH`."""
GROWTH = 10.0


class Status(StrEnum):
    """`implement`: somebody will; `implemented`: the new version is named; `validating`: it has been seen at work."""

    PROPOSED = "proposed"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    IMPLEMENT = "implement"
    IMPLEMENTED = "implemented"
    VALIDATING = "validating"
    EXTENDED = "extended"
    KEPT = "kept"
    ROLLED_BACK = "rolled_back"
    MODIFIED = "modified"
    INCONCLUSIVE = "inconclusive"


class Decide(StrEnum):
    """What a person can say to a candidate. `deployed`: the change is made, under this version of the algorithm."""

    IMPLEMENT = "implement"
    DEFER = "defer"
    REJECT = "reject"
    DEPLOYED = "deployed"
    KEEP = "keep"
    ROLL_BACK = "roll_back"
    MODIFY = "modify"


BECOMES: Mapping[Decide, Status] = {
    Decide.IMPLEMENT: Status.IMPLEMENT,
    Decide.DEFER: Status.DEFERRED,
    Decide.REJECT: Status.REJECTED,
    Decide.DEPLOYED: Status.IMPLEMENTED,
    Decide.KEEP: Status.KEPT,
    Decide.ROLL_BACK: Status.ROLLED_BACK,
    Decide.MODIFY: Status.MODIFIED,
}
_TAKING_BACK = (Decide.KEEP, Decide.ROLL_BACK, Decide.MODIFY)
OPEN: Mapping[Status, tuple[Decide, ...]] = {
    Status.PROPOSED: (Decide.IMPLEMENT, Decide.DEFER, Decide.REJECT),
    Status.DEFERRED: (Decide.IMPLEMENT, Decide.DEFER, Decide.REJECT),
    Status.IMPLEMENT: (Decide.DEPLOYED, Decide.REJECT),
    Status.IMPLEMENTED: (Decide.ROLL_BACK, Decide.MODIFY),
    Status.VALIDATING: _TAKING_BACK,
    Status.EXTENDED: _TAKING_BACK,
    Status.INCONCLUSIVE: _TAKING_BACK,
}
"""What can be decided in each state; where nothing stands, it is over."""
OVER = frozenset({Status.REJECTED, Status.KEPT, Status.ROLLED_BACK, Status.MODIFIED})
AT_WORK = frozenset({Status.IMPLEMENTED, Status.VALIDATING, Status.EXTENDED})
REASONS: Mapping[Decide, Mapping[str, str]] = {
    Decide.IMPLEMENT: {
        "on_purpose": "I do it on purpose",
        "evidence": "The evidence convinces me",
        "try": "Worth trying, with a look afterwards",
        "other": "Something else",
    },
    Decide.DEFER: {
        "more_data": "I want to see more of it",
        "busy": "No time for it now",
        "conditions": "The times are unusual",
        "other": "Something else",
    },
    Decide.REJECT: {
        "by_hand": "I want to decide this by hand",
        "chance": "I think it is chance",
        "passing": "It was for a reason that is gone",
        "mistake": "The algorithm is right and I was not",
        "other": "Something else",
    },
    Decide.KEEP: {"works": "It does what it was made for", "harmless": "It does no harm", "other": "Something else"},
    Decide.ROLL_BACK: {
        "no_use": "It did not help",
        "harm": "It made something worse",
        "other": "Something else",
    },
    Decide.MODIFY: {
        "too_little": "It goes the right way, not far enough",
        "too_far": "It goes too far",
        "other": "Something else",
    },
    Decide.DEPLOYED: {},
}
"""Why, by decision: the codes and what their buttons say. `other` takes words."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a candidate will be judged by, named before anybody has decided.

    `primary`: the one measure, in words; it is expected to fall. `exposed`: how many recommendations are waited for, in
    `LOOKS` weeks. `guardrails`: what must not get worse, by name, in words.
    """

    primary: str
    exposed: int
    guardrails: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """`words`: the commitment to what was written. `cause`: the command, so that it counts once."""

    choice: Decide
    by: str
    at: datetime
    via: str
    cause: str
    reason: str = ""
    words: str | None = None
    until: datetime | None = None
    algorithm: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """`version`: how many facts there are about it. `evidence`: at the proposal; `snapshot`: the bytes of all of it,
    and `hash` their SHA-256, which stands in the journal. `moved_at`: when it came into its state.

    `by_hand`: promoted from a hint by whom it is about. `verdict`: what the last look at it said.
    """

    id: str
    version: int
    status: Status
    person: str
    program: str
    algorithm: str
    target: Target
    sentence: str
    evidence: float
    snapshot: bytes
    hash: str
    plan: Plan
    proposed_at: datetime
    moved_at: datetime
    by_hand: bool = False
    decisions: tuple[Decision, ...] = ()
    until: datetime | None = None
    new_algorithm: str | None = None
    implemented_at: datetime | None = None
    looks: int = 0
    verdict: Judged | None = None

    @property
    def title(self) -> str:
        return title_of(self.target)

    @property
    def open_to(self) -> tuple[Decide, ...]:
        """What can be decided now. To be kept, somebody must have looked whether it works."""
        choices = OPEN.get(self.status, ())
        if self.status in (Status.VALIDATING, Status.EXTENDED) and self.verdict is None:
            return tuple(one for one in choices if one is not Decide.KEEP)
        return choices

    @property
    def last(self) -> Decision | None:
        return self.decisions[-1] if self.decisions else None

    @property
    def next_look(self) -> datetime | None:
        """When it is to be judged next."""
        if self.status not in AT_WORK or self.implemented_at is None or self.looks >= len(LOOKS):
            return None
        return self.implemented_at + timedelta(weeks=LOOKS[self.looks])


# Facts


@dataclass(frozen=True, slots=True)
class Proposed:
    """For the first time, or again: with evidence of its own, frozen."""

    person: str
    program: str
    algorithm: str
    target: Target
    sentence: str
    evidence: float
    snapshot: bytes
    hash: str
    plan: Plan
    at: datetime
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    decision: Decision


@dataclass(frozen=True, slots=True)
class Seen:
    """The first recommendation of the new version came."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Reviewed:
    """It was looked at as planned."""

    judged: Judged
    at: datetime


CandidateFact = Proposed | Decided | Seen | Reviewed
_CONCLUDES: Mapping[Verdict, Status] = {
    Verdict.KEEP: Status.KEPT,
    Verdict.EXTEND: Status.EXTENDED,
    Verdict.INCONCLUSIVE: Status.INCONCLUSIVE,
}
"""What a look decides by itself. To roll back or to modify is proposed, and a person confirms it."""


def evolve(candidate: Candidate | None, fact: CandidateFact, name: str = "") -> Candidate:
    """The candidate after a fact. `name`: its id, for the first one."""
    if isinstance(fact, Proposed):
        before = candidate or Candidate(
            name, 0, Status.PROPOSED, fact.person, fact.program, fact.algorithm, fact.target, fact.sentence,
            fact.evidence, fact.snapshot, fact.hash, fact.plan, fact.at, fact.at,
        )  # fmt: skip
        return replace(
            before,
            version=before.version + 1,
            status=Status.PROPOSED,
            target=fact.target,
            sentence=fact.sentence,
            evidence=fact.evidence,
            snapshot=fact.snapshot,
            hash=fact.hash,
            plan=fact.plan,
            proposed_at=fact.at,
            moved_at=fact.at,
            by_hand=fact.by_hand,
            until=None,
        )
    if candidate is None:
        raise ValueError("a candidate begins with its proposal")
    after = replace(candidate, version=candidate.version + 1)
    match fact:
        case Decided(decision):
            after = replace(
                after,
                status=BECOMES[decision.choice],
                moved_at=decision.at,
                decisions=(*candidate.decisions, decision),
                until=decision.until,
            )
            if decision.algorithm is not None:
                status = Status.IMPLEMENTED
                after = replace(
                    after, status=status, new_algorithm=decision.algorithm, implemented_at=decision.at, looks=0
                )
            return after
        case Seen(at):
            return replace(after, status=Status.VALIDATING, moved_at=at)
        case Reviewed(judged, at):
            status = _CONCLUDES.get(judged.verdict, candidate.status)
            moved = at if status is not candidate.status else candidate.moved_at
            return replace(after, status=status, moved_at=moved, looks=candidate.looks + 1, verdict=judged)


_SAID: Mapping[Status, str] = {
    Status.IMPLEMENT: "to be implemented",
    Status.ROLLED_BACK: "rolled back",
    Status.VALIDATING: "being validated",
}
_DID: Mapping[Decide, str] = {
    Decide.IMPLEMENT: "asked for it to be implemented",
    Decide.DEFER: "deferred it",
    Decide.REJECT: "rejected it",
    Decide.DEPLOYED: "named the new version",
    Decide.KEEP: "kept it",
    Decide.ROLL_BACK: "rolled it back",
    Decide.MODIFY: "asked for another change",
}


def said(status: Status) -> str:
    """A state as people say it."""
    return _SAID.get(status, status.value)


def decided_by(decision: Decision) -> str:
    """Who decided what, and when: `alice rejected it on 3 Mar 2012.`"""
    return f"{decision.by} {_DID[decision.choice]} on {decision.at:%-d %b %Y}."
