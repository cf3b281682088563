"""What is due when, what silence means, and whom else to ask when nobody can answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from core import people as who
from core.events import Blocked, Decided, Escalated, Reminded, RequestEvent, Unblocked
from core.expressions import still_valid
from core.model import Choice, Decision, Outcome, Silence
from core.request import Request
from core.settling import settling
from core.voting import Tally, Verdict, tally
from core.world import World

LATE = timedelta(minutes=1)
"""How late the clock may come for silence to still mean assent, and for votes whose grace outlasted the time to count:
later, Placet was away, and nobody was asked or could take anything back.
"""
REASON_AFTERWARDS = timedelta(days=30)
"""How long after the decision a voter may still say why."""


def next_due(request: Request) -> datetime | None:
    """When the clock must look at this request again; None once it has ended."""
    if not request.pending:
        return None
    if (decision := settling(request)) is not None:
        return decision.at
    ruling = request.ruling
    moments = [ruling.expire_at]
    if ruling.remind_at is not None and not request.reminded:
        moments.append(ruling.remind_at)
    if request.escalated < len(ruling.escalations):
        moments.append(ruling.escalations[request.escalated].at)
    return min(moments)


def expired(request: Request, now: datetime) -> bool:
    return request.pending and request.ruling.expire_at <= now


def settled(request: Request, now: datetime) -> bool:
    """Whether what the votes have decided counts by now, for its grace is over.

    A vote that was cast in time is not lost to the deadline, which cuts the grace short.
    """
    decision = settling(request)
    return decision is not None and decision.at <= now <= request.ruling.expire_at + LATE


def overdue(request: Request, now: datetime) -> bool:
    """Whether something should have ended it by now, whatever is asked of it: this goes first."""
    return expired(request, now) or settled(request, now)


def step(request: Request, world: World) -> RequestEvent | None:
    """The next thing that is due by now, or None. What ends the request goes before what only tells."""
    ruling = request.ruling
    now = world.now
    if not request.pending:
        return None
    if ruling.expire_at <= now:
        return Decided(_silence(request, world))
    if settling(request) is not None:
        return None
    if request.escalated < len(ruling.escalations) and ruling.escalations[request.escalated].at <= now:
        return _escalation(request, "nobody has decided in time")
    if ruling.remind_at is not None and not request.reminded and ruling.remind_at <= now:
        return Reminded()
    return None


def _silence(request: Request, world: World) -> Decision:
    """What the end of the time means. Silence approves only in tier 1, by rule, and with nothing against it."""
    ruling = request.ruling
    number = request.revision.number
    objections = [v for v in request.counted() if v.choice in (Choice.REJECT, Choice.REQUEST_CHANGES)]
    if (
        ruling.silence is Silence.APPROVE
        and ruling.tier == 1
        and number == 1
        and not objections
        # Silence says something only while people could be heard: Placet was there when the time ended.
        and world.now - ruling.expire_at <= LATE
        and not request.suggestions
        and request.blocked is None
        and not world.policy.broken_limits(request.proposal, request.context)
        and (
            request.proposal.valid_while is None
            or still_valid(request.proposal.valid_while, request.proposal, request.context)
        )
    ):
        return Decision(Outcome.APPROVED, world.now, number, why="nobody objected in time (the rule's silence)")
    return Decision(Outcome.EXPIRED, world.now, number, why="nobody decided in time")


def count(request: Request, world: World) -> Tally:
    """The tally of the current revision, with those who could still vote right now."""
    ruling = request.ruling
    votes = request.counted()
    barred = who.excluded(request.asker, ruling.four_eyes, world.programs)
    voted = frozenset(v.person for v in votes)
    short = ruling.needed - sum(1 for v in votes if v.choice in (Choice.APPROVE, Choice.MODIFY))
    remaining = 0
    if short > 0:
        # Enough to know that the quorum can be reached: a long directory need not be read to its end.
        for person, allowed in who.present(who.routes(request), world.people, barred, voted, world.now):
            if votes and who.second_eye(person, allowed.acting_for, request, world.people, world.now):
                continue
            remaining += 1
            if remaining >= short:
                break
    return tally(votes, ruling.needed, ruling.eligible, remaining)


def ladder(request: Request, verdict: Verdict) -> RequestEvent | None:
    """What follows when the quorum is out of reach: the next step of the ladder, or a warning at its top."""
    if verdict is not Verdict.UNREACHABLE:
        return Unblocked() if verdict is Verdict.OPEN and request.blocked is not None else None
    if request.escalated < len(request.ruling.escalations):
        return _escalation(request, "too few of those asked can decide")
    if request.blocked is None:
        return Blocked("nobody who may decide this is there; it stays open until it expires")
    return None


def _escalation(request: Request, why: str) -> Escalated:
    return Escalated(request.escalated + 1, request.ruling.escalations[request.escalated].to, why)
