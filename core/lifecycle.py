"""The heart: `evolve(state, event)` and `decide(state, command, world)`. Every fact about a request is made here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, assert_never

from core import attachments, ballot, card, deadlines
from core.canonical import sha256
from core.commands import (
    Cancel,
    CastVote,
    Command,
    GiveReason,
    Recheck,
    Submit,
    TakeBack,
    TakeClaim,
    Tick,
    UpdateContext,
)
from core.errors import Refused
from core.events import (
    Blocked,
    Claimed,
    ContextUpdated,
    Decided,
    Escalated,
    Opened,
    ReasonGiven,
    Reminded,
    RequestEvent,
    Revised,
    Suggested,
    Unblocked,
    Voted,
    VoteTakenBack,
    VoteVoided,
)
from core.expressions import still_valid
from core.model import CLAIMABLE, Claim, Decision, Gate, Outcome
from core.request import Request, Revision
from core.settling import decision_of, settling
from core.wording import ended
from core.world import World

Events = tuple[RequestEvent, ...]
MOST_CONTEXT = 200


def evolve(request: Request | None, event: RequestEvent, request_id: str = "") -> Request:
    """The state after one more fact. Total: a recorded fact is never questioned."""
    if isinstance(event, Opened):
        revision = event.revision
        return Request(
            id=request_id,
            version=1,
            key=event.key,
            asker=event.asker,
            subject=revision.proposal.subject,
            created_at=revision.opened_at,
            revision=revision,
            revised_in=1,
            floor=event.floor,
            replaces=event.replaces,
            iteration=event.iteration,
        )
    if request is None:
        raise ValueError(f"{type(event).__name__} about a request that was never opened")
    version = request.version + 1
    match event:
        case Voted():
            vote, votes, voided = event.vote, request.votes, request.voided
            if vote.person in voided:
                # Somebody who was removed is back: this vote takes the place of the one that was voided.
                void = request.vote_of(vote.person, vote.revision)
                votes = tuple(v for v in votes if v is not void)
                voided -= {vote.person}
            return request.but(version=version, votes=(*votes, vote), voided=voided)
        case Revised():
            same_rule = event.revision.ruling.rule == request.ruling.rule
            return request.but(
                version=version,
                revision=event.revision,
                revised_in=version,
                advice=request.advice or request.revision.content,
                floor=max(request.floor, event.revision.ruling.tier),
                votes=(*request.votes, event.vote),
                voided=frozenset(),
                reminded=False,
                escalated=request.escalated if same_rule else 0,
                blocked=None,
            )
        case Suggested():
            return request.but(version=version, suggestions=(*request.suggestions, event.suggestion))
        case VoteVoided():
            return request.but(version=version, voided=request.voided | {event.person})
        case VoteTakenBack():
            return _with_vote(request, event.person, event.revision, taken_back=event.at)
        case ReasonGiven():
            standing = request.vote_of(event.person, event.revision)
            earlier = standing.reasons if standing else ()
            return _with_vote(request, event.person, event.revision, reasons=(*earlier, event.reason))
        case ContextUpdated():
            return request.but(version=version, updates={**request.updates, **event.context})
        case Reminded():
            return request.but(version=version, reminded=True)
        case Escalated():
            return request.but(version=version, escalated=event.level, blocked=None)
        case Blocked():
            return request.but(version=version, blocked=event.why)
        case Unblocked():
            return request.but(version=version, blocked=None)
        case Decided():
            return request.but(version=version, decision=event.decision)
        case Claimed():
            return request.but(version=version, claim=event.claim)
        case _:
            assert_never(event)


def _with_vote(request: Request, person: str, revision: int, **changes: Any) -> Request:
    """One fact more, which changed a vote that stands."""
    standing = request.vote_of(person, revision)
    votes = tuple(replace(vote, **changes) if vote is standing else vote for vote in request.votes)
    return request.but(version=request.version + 1, votes=votes)


def fold(request: Request | None, events: Iterable[RequestEvent], request_id: str = "") -> Request | None:
    """The state after these facts."""
    for event in events:
        request = evolve(request, event, request_id)
    return request


def decide(request: Request | None, command: Command, world: World) -> tuple[Events, Refused | None]:
    """The facts that follow from a command, and the refusal if it is refused.

    Both can be there at once: what is due by now is recorded first, whatever then becomes of the command. A refused
    command itself changes nothing.
    """
    if isinstance(command, Submit):
        if request is not None:
            return (), Refused("exists", "This request exists already.")
        opened = _submit(command, world)
        return ((), opened) if isinstance(opened, Refused) else (opened, None)
    if request is None:
        return (), Refused("not_found", "There is no such request.")
    events: list[RequestEvent] = []
    if deadlines.overdue(request, world.now):
        events, request = _follow(request, world)
    answer = _answer(request, command, world)
    if isinstance(answer, Refused):
        return tuple(events), answer
    for event in answer:
        events.append(event)
        request = evolve(request, event)
    if answer or isinstance(command, Recheck):
        events += _follow(request, world)[0]
    return tuple(events), None


def _answer(request: Request, command: Command, world: World) -> Events | Refused:
    match command:
        case CastVote():
            gone = _voids(request, world)
            for event in gone:
                request = evolve(request, event)
            answer = ballot.cast(request, command, world)
            return answer if isinstance(answer, Refused) else (*gone, *answer)
        case GiveReason():
            return ballot.give_reason(request, command, world)
        case TakeBack():
            return ballot.take_back(request, command, world)
        case Cancel():
            return _cancel(request, command, world)
        case UpdateContext():
            return _update_context(request, command, world)
        case TakeClaim():
            return _claim(request, command, world)
        case Tick():
            return _due(request, world)
        case Recheck():
            return _voids(request, world) if request.pending else ()
        case _:
            raise TypeError(f"nothing is known of {type(command).__name__}")


def _follow(request: Request, world: World) -> tuple[list[RequestEvent], Request]:
    """What follows by itself from the state: expiry, the tally's verdict, the ladder when nobody can decide."""
    events: list[RequestEvent] = []
    while request.pending:
        event: RequestEvent | None
        if deadlines.overdue(request, world.now):
            event = _next(request, world)
        elif settling(request) is not None:
            event = None
        else:
            verdict = deadlines.count(request, world).verdict
            decision = decision_of(request, verdict, world.now)
            event = Decided(decision) if decision else deadlines.ladder(request, verdict)
        if event is None:
            break
        events.append(event)
        request = evolve(request, event)
    return events, request


def _next(request: Request, world: World) -> RequestEvent | None:
    """What is due by now. What the votes have decided goes before the deadline, and the votes are looked at again."""
    if deadlines.settled(request, world.now):
        return ballot.voided(request, world) or ballot.settle(request, world)
    return deadlines.step(request, world)


def _due(request: Request, world: World) -> Events:
    events: list[RequestEvent] = []
    while (event := _next(request, world)) is not None:
        events.append(event)
        request = evolve(request, event)
    return tuple(events)


def _voids(request: Request, world: World) -> Events:
    events: list[RequestEvent] = []
    while (event := ballot.voided(request, world)) is not None:
        events.append(event)
        request = evolve(request, event)
    return tuple(events)


def _submit(command: Submit, world: World) -> Events | Refused:
    proposal, floor, iteration = command.proposal, 1, 1
    if command.replaces is not None:
        earlier = world.replaced
        if earlier is None or not earlier.asked_by(command.actor):
            return Refused("invalid", "names no request of yours", "replaces")
        if earlier.decision is None or earlier.decision.outcome is not Outcome.CHANGES_REQUESTED:
            return Refused("invalid", "names a request for which no changes were asked", "replaces")
        floor, iteration = max(earlier.floor, earlier.ruling.tier), earlier.iteration + 1
    if proposal.attachments:
        whole = attachments.attached(proposal, command.actor, world.uploads)
        if isinstance(whole, Refused):
            return whole
        proposal = whole
    if proposal.valid_while is not None and not still_valid(proposal.valid_while, proposal, proposal.context):
        return Refused(
            "invalid",
            "does not hold (or cannot be judged) with the values of this very request",
            "valid_while",
        )
    ruling = world.policy.rule(
        proposal, proposal.context, command.actor, floor, world.people, world.programs, world.now, world.now
    )
    shown = card.face_hash(command.actor, proposal, ruling, 1)
    revision = Revision.of(1, proposal, ruling, shown, world.now)
    opened = Opened(revision, command.actor, command.key, command.replaces, iteration, max(floor, ruling.tier))
    request = evolve(None, opened, command.request)
    if ruling.gate is not Gate.ASK:
        return (
            opened,
            Decided(Decision(Outcome.ADVISED, world.now, 1, why=f"the gate is {ruling.gate.value}")),
        )
    return (opened, *_follow(request, world)[0])


def _cancel(request: Request, command: Cancel, world: World) -> Events | Refused:
    if not request.asked_by(command.actor):
        return Refused("not_yours", "Only who asked can withdraw this.")
    if request.decision is not None:
        return Refused("ended", ended(request))
    decision = Decision(Outcome.CANCELLED, world.now, request.revision.number, why=command.why)
    return (Decided(decision),)


def _update_context(request: Request, command: UpdateContext, world: World) -> Events | Refused:
    if not request.asked_by(command.actor):
        return Refused("not_yours", "Only who asked can update the context.")
    open_for_claim = request.decision and request.decision.outcome in CLAIMABLE and request.claim is None
    if not request.pending and not open_for_claim:
        return Refused("ended", ended(request))
    merged = {**request.context, **command.context}
    if len(merged) > MOST_CONTEXT:
        return Refused("invalid", f"has more than {MOST_CONTEXT} fields in all", "context")
    events: Events = (ContextUpdated(command.context),)
    source = request.proposal.valid_while
    if request.pending and source is not None and not still_valid(source, request.proposal, merged):
        why = f"`{source}` holds no longer"
        events += (Decided(Decision(Outcome.LAPSED, world.now, request.revision.number, why=why)),)
    return events


def _claim(request: Request, command: TakeClaim, world: World) -> Events | Refused:
    if not request.asked_by(command.actor):
        return Refused("not_yours", "Only who asked can act on this.")
    decision, revision = request.decision, request.revision
    if decision is None:
        return Refused("not_decided", "This is still being decided.")
    if decision.outcome not in CLAIMABLE:
        return Refused(
            "not_approved",
            f"This was {decision.outcome.value.replace('_', ' ')}: there is nothing to act on.",
        )
    if request.claim is not None and request.claim.claimant != command.claimant:
        return Refused("claimed", f"{request.claim.claimant} has claimed this already; it is acted on once.")
    if world.stopped is not None:
        return Refused("stopped", "Everything is stopped; nothing may be acted on until an administrator resumes it.")
    if command.hash is not None and command.hash != revision.hash:
        return Refused("other_revision", "What you would act on is not what was approved.", "hash")
    if request.claim is not None:
        return ()
    if sha256(revision.content) != revision.hash:
        return Refused("altered", "What is stored is not what was approved. Do not act; tell an administrator.")
    within = revision.ruling.act_within
    if within is not None and world.now > decision.at + within:
        return Refused("too_late", "The time to act on this approval is over: ask again.")
    source = request.proposal.valid_while
    if source is not None and not still_valid(source, request.proposal, request.context):
        return Refused("lapsed", f"It was approved only while {source}, and that holds no longer.")
    if broken := world.policy.broken_limits(request.proposal, request.context):
        return Refused("limit", f"A hard limit forbids it now: {'; '.join(broken)}.")
    return (Claimed(Claim(command.claim, command.claimant, world.now)),)
