"""The state of one request, and the revision that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from core.canonical import decode, sha256
from core.codec import proposal_bytes, read_proposal
from core.model import (
    Actor,
    Claim,
    Decision,
    Json,
    Proposal,
    Ruling,
    Suggestion,
    Vote,
)


@dataclass(frozen=True)
class Revision:
    """One version of the proposal with its ruling.

    `content`: the proposal's canonical bytes; they are read into `proposal` when somebody asks, which a plain approval
    never does. `hash`: their SHA-256. `shown`: the SHA-256 of the card's face, which is what people saw when they
    decided.
    """

    number: int
    content: bytes
    ruling: Ruling
    hash: str
    shown: str
    opened_at: datetime

    @staticmethod
    def of(number: int, proposal: Proposal, ruling: Ruling, shown: str, opened_at: datetime) -> Revision:
        content = proposal_bytes(proposal)
        revision = Revision(number, content, ruling, sha256(content), shown, opened_at)
        revision.__dict__["proposal"] = proposal
        return revision

    @cached_property
    def proposal(self) -> Proposal:
        return read_proposal(decode(self.content))


@dataclass(frozen=True)
class Request:
    """The state of one request: the fold of its events (`lifecycle.evolve`). `version` counts them."""

    id: str
    version: int
    key: str | None
    asker: Actor
    subject: str
    created_at: datetime
    revision: Revision
    revised_in: int
    """The version (and so the place in the stream) in which the current revision was opened."""
    floor: int
    """The tier that no later revision may fall below."""
    advice: bytes | None = None
    """The content of the revision that the asker sent, where it is no longer the current one."""
    updates: Mapping[str, Json] = field(default_factory=dict)
    """What the asker has said of the world since: laid over the proposal's context."""
    replaces: str | None = None
    iteration: int = 1
    votes: tuple[Vote, ...] = ()
    """Votes that count or counted: those on the current revision, earlier ones for their reasons, and what was taken
    back."""
    voided: frozenset[str] = frozenset()
    """People whose votes on the current revision were voided because they were removed."""
    suggestions: tuple[Suggestion, ...] = ()
    reminded: bool = False
    escalated: int = 0
    blocked: str | None = None
    decision: Decision | None = None
    claim: Claim | None = None

    def but(self, **changes: Any) -> Request:
        """The same with some fields changed: `dataclasses.replace`, four times as fast; every event needs one."""
        other = object.__new__(Request)
        other.__dict__.update(self.__dict__)
        other.__dict__.pop("recommended", None)
        other.__dict__.update(changes)
        return other

    @property
    def pending(self) -> bool:
        return self.decision is None

    @property
    def ruling(self) -> Ruling:
        return self.revision.ruling

    @property
    def proposal(self) -> Proposal:
        return self.revision.proposal

    @cached_property
    def recommended(self) -> Proposal:
        """What the asker recommended: what an override is measured against."""
        return self.revision.proposal if self.advice is None else read_proposal(decode(self.advice))

    @property
    def context(self) -> Mapping[str, Json]:
        """The live context."""
        context = self.revision.proposal.context
        return {**context, **self.updates} if self.updates else context

    def asked_by(self, actor: Actor) -> bool:
        """Whether it is this actor who asks, over whatever surface."""
        return self.asker.kind is actor.kind and self.asker.ref == actor.ref

    def counted(self) -> tuple[Vote, ...]:
        """The votes that count for the current revision."""
        if not self.votes:
            return ()
        number = self.revision.number
        return tuple(
            v for v in self.votes if v.revision == number and v.taken_back is None and v.person not in self.voided
        )

    def vote_of(self, person: str, revision: int | None = None) -> Vote | None:
        """This person's vote on `revision`, or their latest on any; none that they have taken back."""
        for vote in reversed(self.votes):
            if vote.person == person and vote.taken_back is None and (revision is None or vote.revision == revision):
                return vote
        return None
