"""Who may decide about a candidate, and what: every surface asks here, inside the transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import Refused
from core.learning.candidates import (
    BECOMES,
    OPEN,
    OVER,
    REASONS,
    Candidate,
    Decide,
    Decided,
    Decision,
    Status,
    decided_by,
    said,
)
from core.model import Actor, ActorKind, Person, Program
from core.registry import Registry

LONGEST_DEFERRED = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants done. `version`: the candidate as they saw it, or None: as it stands."""

    choice: Decide
    actor: Actor
    cause: str
    reason: str = ""
    words: str | None = None
    until: datetime | None = None
    algorithm: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a decision depends on besides the candidate. `four_eyes`: whether a rule of the policy wants them."""

    now: datetime
    people: Mapping[str, Person]
    programs: Mapping[str, Program]
    four_eyes: bool


def wants_four_eyes(registry: Registry) -> bool:
    """Whether any rule wants a second pair of eyes: then what a program learns wants them, too."""
    return registry.policy is not None and any(rule.four_eyes for rule in registry.policy.rules)


def decide(candidate: Candidate, asked: Asked, known: Known) -> Decided | Refused | None:
    """The decision as a fact, or why not. None: it was recorded before, by this very command or by the same person."""
    if any(one.cause == asked.cause for one in candidate.decisions):
        return None
    if (refused := may(candidate, asked.actor, asked.choice, known)) is not None:
        return refused
    if (refused := _stands(candidate, asked)) is not None:
        last = candidate.last
        same = last is not None and last.choice is asked.choice and last.by == asked.actor.ref
        return None if same and BECOMES[asked.choice] is candidate.status else refused
    if (refused := _complete(asked, known.now)) is not None:
        return refused
    if asked.algorithm == candidate.algorithm:
        return Refused("invalid", "must be a new version: this one is the one that the habit was found in", "algorithm")
    return Decided(
        Decision(
            asked.choice,
            asked.actor.ref,
            known.now,
            asked.actor.via,
            asked.cause,
            asked.reason,
            asked.words,
            asked.until if asked.choice is Decide.DEFER else None,
            asked.algorithm,
        )
    )


def may(candidate: Candidate, actor: Actor, choice: Decide, known: Known) -> Refused | None:
    """Why somebody may not decide this: it is for whom it is about, or for an administrator."""
    person = known.people.get(actor.ref) if actor.kind is ActorKind.PERSON else None
    if person is None or not person.active:
        return Refused("not_a_person", "A candidate is decided by a person, never by a program.")
    program = known.programs.get(candidate.program)
    owner = program.owner if program is not None else None
    if choice is Decide.DEPLOYED and person.id == owner:
        return None
    if person.id != candidate.person and not person.admin:
        return Refused("not_entitled", f"This is for {candidate.person} to decide, or for an administrator.")
    if known.four_eyes and person.id == owner and choice in (Decide.IMPLEMENT, Decide.KEEP):
        return Refused("four_eyes", f"You own {candidate.program}: a second pair of eyes must decide what it learns.")
    return None


def _stands(candidate: Candidate, asked: Asked) -> Refused | None:
    """Why it is not open to this any more: somebody else has decided, or it was proposed anew."""
    if asked.choice not in candidate.open_to:
        last = candidate.last
        settled = candidate.status in OVER or asked.choice in OPEN[Status.PROPOSED]
        if last is None or not settled:
            return Refused("not_open", f"It is {said(candidate.status)}; this cannot be decided about it now.")
        return Refused("already_decided", f"{decided_by(last)} It is {said(candidate.status)}.")
    if asked.version is not None and asked.version != candidate.version:
        since = f" {decided_by(candidate.last)}" if candidate.last is not None else ""
        return Refused(
            "stale_version",
            f"It has changed since this was shown, and is {said(candidate.status)}.{since} Look again.",
        )
    return None


def _complete(asked: Asked, now: datetime) -> Refused | None:
    codes = REASONS[asked.choice]
    if codes and not asked.reason:
        return Refused("reason_required", f"Say why, with one of these: {', '.join(codes)}.", "reason")
    if codes and asked.reason not in codes:
        return Refused("invalid", f"must be one of {', '.join(codes)}", "reason")
    if asked.reason == "other" and asked.words is None:
        return Refused("reason_required", "`other` wants words: say it in `words`.", "words")
    if asked.choice is Decide.DEFER:
        if asked.until is None:
            return Refused("invalid", "must be said: a candidate is deferred to a date", "until")
        if not now < asked.until <= now + LONGEST_DEFERRED:
            return Refused("invalid", "must lie ahead, and at most a year", "until")
    elif asked.until is not None:
        return Refused("invalid", "goes with `defer` alone", "until")
    if asked.choice is Decide.DEPLOYED and not asked.algorithm:
        return Refused("invalid", "must name the new version of the algorithm", "algorithm")
    if asked.algorithm is not None and asked.choice not in (Decide.DEPLOYED, Decide.IMPLEMENT):
        return Refused("invalid", "goes with `implement` and `deployed` alone", "algorithm")
    return None
