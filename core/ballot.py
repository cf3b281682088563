"""Casting a vote: who may, on what, and what follows. The only place where a person's answer becomes a fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core import card, forms
from core import people as who
from core.commands import CastVote, GivenReason, GiveReason, TakeBack
from core.deadlines import REASON_AFTERWARDS
from core.errors import Refused
from core.events import Decided, ReasonGiven, RequestEvent, Revised, Suggested, Voted, VoteTakenBack, VoteVoided
from core.model import (
    CLAIMABLE,
    ActorKind,
    Choice,
    Decision,
    Gate,
    Json,
    Outcome,
    Person,
    Proposal,
    Reason,
    ReasonRule,
    Route,
    Ruling,
    Suggestion,
    Vote,
)
from core.request import Request, Revision
from core.settling import settling
from core.wording import ended
from core.world import World

MOST_SUGGESTIONS = 20
MOST_TAKEN_BACK = 10
"""Votes of one person on one request, so that nobody keeps it in the air for ever."""
WEB_SURFACES = frozenset({"api", "web", "cli"})
_LETS_PASS = frozenset({Choice.APPROVE, Choice.MODIFY})
_NOT_WHOLE = "A card cannot show all of this: look at the whole of it before you approve it."


def cast(request: Request, command: CastVote, world: World) -> tuple[RequestEvent, ...] | Refused:
    """The events of one vote, without what the tally makes of them."""
    person = _voter(request, command, world)
    if isinstance(person, Refused):
        return person
    if command.choice is Choice.MODIFY and command.adopt is not None:
        # Who may adopt is judged in `_modify`, by the rule of the revision that it makes.
        acting_for = None
    else:
        allowed = _may(request, request.ruling, who.routes(request), person, command.actor.via, world)
        if isinstance(allowed, Refused):
            return allowed
        if shared := who.second_eye(person, allowed.acting_for, request, world.people, world.now):
            return shared
        acting_for = allowed.acting_for
    reason = _reason(command.choice, command.reason, request.ruling, world)
    if isinstance(reason, Refused):
        return reason
    vote = Vote(
        person=person.id,
        choice=command.choice,
        revision=request.revision.number,
        at=world.now,
        via=command.actor.via,
        note=command.note.commitment if command.note else None,
        reasons=(reason,) if reason else (),
        acting_for=acting_for,
    )
    in_chat = command.actor.via not in WEB_SURFACES
    if in_chat and command.choice in _LETS_PASS and not card.is_whole(request.proposal):
        # With a small change as little as with none: what is not changed passes as it is.
        return Refused("not_whole", _NOT_WHOLE)
    if command.choice is Choice.MODIFY:
        return _modify(request, command, vote, person, world)
    if command.parameters is not None or command.adopt is not None:
        return Refused("invalid", "only `modify` takes parameters", "parameters")
    # Where there are no limits the proposal need not be decoded, which is most of what a plain approval would cost.
    limited = command.choice is Choice.APPROVE and bool(world.policy.limits)
    if limited and (broken := world.policy.broken_limits(request.proposal, request.context)):
        return Refused("limit", f"Nobody can approve this, it breaks a hard limit: {'; '.join(broken)}.")
    return (_voted(request, vote),)


def _voted(request: Request, vote: Vote) -> Voted:
    revision = request.revision
    return Voted(vote, revision.hash, revision.shown, revision.ruling.policy)


def _voter(request: Request, command: CastVote, world: World) -> Person | Refused:
    if command.actor.kind is not ActorKind.PERSON:
        return Refused("not_a_person", "Only people decide: use a person's token, not a program's key.")
    person = world.people.get(command.actor.ref)
    if person is None or not person.active:
        return Refused("unknown_person", "You are not (or no longer) among the people who decide here.")
    earlier = request.vote_of(person.id, command.revision)
    if earlier is not None and person.id not in request.voided:
        if earlier.choice is command.choice:
            return Refused("already_voted", f"You have said {_word(command.choice)} already; it counts once.")
        return Refused(
            "voted_otherwise",
            f"You have voted {_word(earlier.choice)} on this revision already, and "
            + ("a vote stands." if request.ruling.grace is None else "it counts until you take it back."),
        )
    if request.decision is not None:
        return Refused("ended", ended(request))
    if command.revision != request.revision.number:
        return Refused(
            "stale_revision",
            f"This is about revision {command.revision}, and revision {request.revision.number} is now asked: "
            "look at it and decide again.",
            "revision",
        )
    return person


def _word(choice: Choice) -> str:
    return choice.value.replace("_", " ")


def _may(
    request: Request, ruling: Ruling, over: tuple[Route, ...], person: Person, via: str, world: World
) -> who.Authority | Refused:
    """The person's right under a ruling: that of the current revision, or of the one they would make."""
    barred = who.excluded(request.asker, ruling.four_eyes, world.programs)
    if person.id in barred:
        if request.asker.ref == person.id and request.asker.kind is ActorKind.PERSON:
            return Refused("own_request", "You asked for this yourself; somebody else must decide it.")
        return Refused("four_eyes", f"You own {request.asker.ref}, which asks this: a second pair of eyes must decide.")
    allowed = who.authority(person, over, world.people, barred, world.now)
    if allowed is None:
        return Refused("not_entitled", "This is not yours to decide: its rule asks other people.")
    if ruling.web_only and via not in WEB_SURFACES:
        return Refused("web_only", "The policy keeps this decision out of chats: decide it in the web inbox.")
    return allowed


def _reason(choice: Choice, given: GivenReason | None, ruling: Ruling, world: World) -> Reason | Refused | None:
    if given is None:
        if ruling.reason_rule(choice) is ReasonRule.REQUIRED:
            codes = ", ".join(world.policy.reasons)
            return Refused("reason_required", f"To {_word(choice)} this, say why: {codes}.", "reason")
        return None
    return reason_from(given, world)


def reason_from(given: GivenReason, world: World, said_before: bool = False) -> Reason | Refused:
    if given.code not in world.policy.reasons:
        return Refused("invalid", f"is none of the codes: {', '.join(world.policy.reasons)}", "reason.code")
    if given.code == "other" and given.words is None and not said_before:
        return Refused("invalid", "must say what it is when the code is `other`", "reason.words")
    words = given.words.commitment if given.words else None
    return Reason(given.code, world.now, words, given.would_agree, world.policy.catalogue)


def would_be(request: Request, parameters: Mapping[str, Json], world: World) -> tuple[Proposal, Ruling]:
    """What a modification to these parameters would make of a request: the proposal, and how it would be ruled."""
    amount = forms.pessimistic_amount(request.proposal, parameters)
    proposal = replace(request.proposal, parameters=parameters, amount=amount)
    ruling = world.policy.rule(
        proposal,
        request.context,
        request.asker,
        request.floor,
        world.people,
        world.programs,
        world.now,
        request.created_at,
        open_already=True,
    )
    return proposal, ruling


def may_make(request: Request, ruling: Ruling, person: Person, via: str, world: World) -> who.Authority | Refused:
    """The person's right to a modification that would be ruled so. Without it, theirs is a suggestion."""
    over = who.routes(request) if ruling.rule == request.ruling.rule else (ruling.route,)
    return _may(request, ruling, over, person, via, world)


def _modify(
    request: Request, command: CastVote, vote: Vote, person: Person, world: World
) -> tuple[RequestEvent, ...] | Refused:
    wanted = command.parameters
    if command.adopt is not None:
        found = next((s for s in request.suggestions if s.number == command.adopt), None)
        if found is None or wanted is not None:
            return Refused("invalid", "adopt one of the suggestions by its number, without parameters", "adopt")
        wanted = found.parameters
    if not wanted:
        return Refused("invalid", "say which parameters to change, and to what", "parameters")
    merged = forms.modified(request.proposal, wanted)
    if isinstance(merged, Refused):
        return merged
    proposal, ruling = would_be(request, merged, world)
    if command.adopt is not None and command.actor.via not in WEB_SURFACES and not card.is_whole(proposal):
        # What one has typed one has seen; what another has typed one must be shown.
        return Refused("not_whole", _NOT_WHOLE)
    if broken := world.policy.broken_limits(proposal, request.context):
        return Refused("limit", f"That would break a hard limit: {'; '.join(broken)}.", "parameters")
    if ruling.gate is not Gate.ASK:
        return Refused("no_rule", "No rule asks anybody about this any more: approve it or reject it as it is.")
    allowed = may_make(request, ruling, person, command.actor.via, world)
    if isinstance(allowed, Refused):
        if allowed.code == "web_only" or command.adopt is not None:
            return allowed
        if len(request.suggestions) >= MOST_SUGGESTIONS:
            return Refused("too_many", "This request has too many suggestions already.")
        return (Suggested(Suggestion(len(request.suggestions) + 1, person.id, dict(wanted), world.now)),)
    if isinstance(missing := _reason(Choice.MODIFY, command.reason, ruling, world), Refused):
        return missing
    number = request.revision.number + 1
    shown = card.face_hash(request.asker, proposal, ruling, number)
    revision = Revision.of(number, proposal, ruling, shown, world.now)
    if command.adopt is not None:
        vote = replace(vote, acting_for=allowed.acting_for)
    counted = replace(vote, revision=number, reasons=(), note=None, acting_for=allowed.acting_for)
    return (_voted(request, vote), Revised(revision, counted))


def settle(request: Request, world: World) -> Decided | None:
    """What a grace has held back counts now; it is judged again, for the world may have moved meanwhile."""
    decision = settling(request)
    if decision is None:
        return None
    if decision.outcome in CLAIMABLE and (broken := world.policy.broken_limits(request.proposal, request.context)):
        why = f"a hard limit forbids it now: {'; '.join(broken)}"
        return Decided(Decision(Outcome.LAPSED, world.now, decision.revision, why=why))
    return Decided(replace(decision, at=world.now))


def take_back(request: Request, command: TakeBack, world: World) -> tuple[RequestEvent, ...] | Refused:
    """One's own vote counts no longer, where the rule leaves the time for it; it stays on record."""
    if command.actor.kind is not ActorKind.PERSON:
        return Refused("not_a_person", "Only the person who voted can take it back.")
    person = world.people.get(command.actor.ref)
    if person is None or not person.active:
        return Refused("unknown_person", "You are not (or no longer) among the people who decide here.")
    vote = request.vote_of(person.id, command.revision)
    if vote is None or (vote.revision == request.revision.number and person.id in request.voided):
        return Refused("no_vote", "You have no vote on this that could be taken back.")
    if request.decision is not None:
        return Refused("ended", ended(request))
    if vote.revision != request.revision.number:
        return Refused("stale_revision", "Your vote was on an earlier revision and counts no longer.", "revision")
    if request.ruling.grace is None:
        return Refused("no_grace", "A vote stands: the rule gives no time to take it back.")
    if sum(1 for v in request.votes if v.person == person.id and v.taken_back is not None) >= MOST_TAKEN_BACK:
        return Refused("too_many", f"You have taken back {MOST_TAKEN_BACK} votes on this: this one stands.")
    return (VoteTakenBack(person.id, vote.revision, world.now),)


def voided(request: Request, world: World) -> VoteVoided | None:
    """The first vote of somebody who has been removed since, if there is one."""
    for vote in request.counted():
        person = world.people.get(vote.person)
        if person is None or not person.active:
            return VoteVoided(vote.person, vote.revision)
    return None


def give_reason(request: Request, command: GiveReason, world: World) -> tuple[RequestEvent, ...] | Refused:
    """A reason bound to one's own vote, while the request is open and for 30 days after it ended."""
    if command.actor.kind is not ActorKind.PERSON:
        return Refused("not_a_person", "Only the person who voted can say why.")
    vote = request.vote_of(command.actor.ref, command.revision)
    if vote is None or vote.person not in world.people or not world.people[vote.person].active:
        return Refused("no_vote", "You have not voted on this, so there is no vote to give a reason for.")
    if request.decision and world.now > request.decision.at + REASON_AFTERWARDS:
        return Refused("too_late", "Reasons are taken for 30 days after the decision.")
    earlier = vote.reasons[-1] if vote.reasons else None
    given = _completed(command.reason, earlier)
    said_before = earlier is not None and earlier.code == given.code and earlier.words is not None
    reason = reason_from(given, world, said_before)
    if isinstance(reason, Refused):
        return reason
    if earlier is not None and earlier.code == reason.code:
        # Whoever adds to a reason does not take back what they said with it before.
        reason = replace(
            reason,
            words=reason.words or earlier.words,
            would_agree=reason.would_agree or earlier.would_agree,
        )
    return (ReasonGiven(vote.person, vote.revision, reason),)


def _completed(given: GivenReason, earlier: Reason | None) -> GivenReason:
    """An answer to *would the algorithm agree?* alone belongs to the reason that was given before."""
    return given if given.code or earlier is None else replace(given, code=earlier.code)
