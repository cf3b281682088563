"""What can be asked of the engine. Every command has an id; a repeat of the id gets the first answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from core.model import Account, Actor, Choice, Json, Proposal, Words, WouldAgree


@dataclass(frozen=True, slots=True)
class GivenReason:
    """A reason as it arrives: a code, and words if the person wrote some."""

    code: str
    words: Words | None = None
    would_agree: WouldAgree | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """`id` repeats; `digest` is a hash of what is asked, so that the same id with another body is noticed.

    An empty `digest` says that the id is fresh: nobody outside knows it, so no first answer needs to be kept.
    `draft`: the unfinished answer that this command finishes; it is dropped in the same transaction.
    `over`: the account that the actor speaks over; whether it is theirs is judged in the same transaction.
    """

    id: str
    actor: Actor
    request: str
    digest: str = ""
    draft: str | None = field(default=None, kw_only=True)
    over: Account | None = field(default=None, kw_only=True)
    creates: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Submit(Command):
    """A program asks (or a person, by hand). `request` is the new id; `key` the asker's own name for it."""

    proposal: Proposal = None  # type: ignore[assignment]
    key: str | None = None
    replaces: str | None = None
    creates: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CastVote(Command):
    """One person's answer to one revision. `adopt`: the number of the suggestion whose values are modified to."""

    choice: Choice = Choice.ABSTAIN
    revision: int = 0
    parameters: Mapping[str, Json] | None = None
    adopt: int | None = None
    reason: GivenReason | None = None
    note: Words | None = None


@dataclass(frozen=True, slots=True)
class GiveReason(Command):
    """A reason for one's own vote, at the time or up to 30 days later."""

    reason: GivenReason = None  # type: ignore[assignment]
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class TakeBack(Command):
    """One's own vote is not meant after all: where the rule gives a grace, and before the decision counts."""

    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Cancel(Command):
    """The asker withdraws."""

    why: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateContext(Command):
    """The asker says what has changed in the world."""

    context: Mapping[str, Json] = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class TakeClaim(Command):
    """The asker takes the right to act. `claim` is the id it will have; `hash` the revision it means to act on."""

    claim: str = ""
    claimant: str = ""
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Tick(Command):
    """The clock: do what is due by now (remind, escalate, expire)."""


@dataclass(frozen=True, slots=True)
class Recheck(Command):
    """People have changed: void the votes of those who were removed, and escalate what nobody can decide."""
