"""Every fact that can be recorded about a request, in the past tense. `codec_events.py` gives each its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.model import Actor, Claim, Decision, Json, Reason, Route, Suggestion, Vote
from core.request import Revision


@dataclass(frozen=True, slots=True)
class Opened:
    """A request was submitted; its first revision was ruled."""

    revision: Revision
    asker: Actor
    key: str | None = None
    replaces: str | None = None
    iteration: int = 1
    floor: int = 1


@dataclass(frozen=True, slots=True)
class Voted:
    """`shown` and `revision_hash` bind the vote to what the person saw, `policy` to the rules in force."""

    vote: Vote
    revision_hash: str
    shown: str
    policy: str


@dataclass(frozen=True, slots=True)
class Revised:
    """A modification made a new revision; the modifier's vote counts for it."""

    revision: Revision
    vote: Vote


@dataclass(frozen=True, slots=True)
class Suggested:
    """A modification by somebody without the authority for it waits to be adopted."""

    suggestion: Suggestion


@dataclass(frozen=True, slots=True)
class VoteVoided:
    """A person was removed; their vote on a pending request no longer counts."""

    person: str
    revision: int


@dataclass(frozen=True, slots=True)
class VoteTakenBack:
    """Somebody took their own vote back before it counted; it stays on record, and they may vote again."""

    person: str
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ReasonGiven:
    person: str
    revision: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class ContextUpdated:
    context: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Reminded:
    """The time is nearly over; those who have not voted are told again."""


@dataclass(frozen=True, slots=True)
class Escalated:
    """Further people were added; nobody was removed."""

    level: int
    to: Route
    why: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nobody who may decide is there, and the ladder is at its top: an administrator is warned."""

    why: str


@dataclass(frozen=True, slots=True)
class Unblocked:
    """Somebody who may decide this is there again."""


@dataclass(frozen=True, slots=True)
class Decided:
    decision: Decision


@dataclass(frozen=True, slots=True)
class Claimed:
    claim: Claim


RequestEvent = (
    Opened
    | Voted
    | Revised
    | Suggested
    | VoteVoided
    | VoteTakenBack
    | ReasonGiven
    | ContextUpdated
    | Reminded
    | Escalated
    | Blocked
    | Unblocked
    | Decided
    | Claimed
)
