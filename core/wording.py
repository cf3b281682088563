"""Sentences about how a request ended, the same on every surface."""

from __future__ import annotations

from core.model import Outcome
from core.request import Request

_VERBS = {
    Outcome.APPROVED: "Approved",
    Outcome.MODIFIED: "Approved as modified",
    Outcome.REJECTED: "Rejected",
    Outcome.CHANGES_REQUESTED: "Changes requested",
    Outcome.EXPIRED: "Expired",
    Outcome.LAPSED: "Lapsed",
    Outcome.CANCELLED: "Withdrawn",
    Outcome.ADVISED: "For information",
}


def outcome_sentence(request: Request) -> str | None:
    """Who, what, when and why, once it has ended: `Rejected by alice, 20 Nov 09:15 UTC (risk)`."""
    decision = request.decision
    if decision is None:
        return None
    sentence = _VERBS[decision.outcome]
    if decision.by:
        sentence += " by " + ", ".join(decision.by)
    sentence += decision.at.strftime(", %d %b %H:%M UTC")
    codes = [vote.reasons[-1].code for vote in request.votes if vote.reasons and vote.person in decision.by]
    if why := ", ".join(dict.fromkeys(codes)) or decision.why:
        sentence += f" ({why})"
    if request.claim is not None:
        sentence += f"; claimed by {request.claim.claimant}"
    return sentence


def ended(request: Request) -> str:
    """The same for somebody who comes too late."""
    sentence = outcome_sentence(request)
    return "It is still open." if sentence is None else f"{sentence} already; nothing was changed."
