"""Sentences about a request, the same on every surface: how it ended, what is said aloud, what comes too late."""

from __future__ import annotations

from collections.abc import Mapping

from core.events import Blocked, Escalated, Reminded, RequestEvent
from core.model import Outcome, Reason
from core.policy import describe
from core.request import Request
from core.settling import settling
from core.text import cut

LONGEST_WORDS = 200

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


def outcome_sentence(
    request: Request, labels: Mapping[str, str] | None = None, words: Mapping[str, str] | None = None
) -> str | None:
    """Who, what, when and why, once it has ended: `Rejected by alice, 20 Nov 09:15 UTC (Too risky: "earnings")`.

    `labels`: what the reason codes say; `words`: what people wrote, by commitment, as far as it is to be shown.
    """
    decision = request.decision
    if decision is None:
        return None
    sentence = _VERBS[decision.outcome]
    if decision.by:
        sentence += " by " + ", ".join(decision.by)
    sentence += decision.at.strftime(", %d %b %H:%M UTC")
    if decision.outcome is Outcome.CHANGES_REQUESTED:
        written = [(words or {}).get(vote.note or "") for vote in request.votes if vote.taken_back is None]
        notes = [cut(note, LONGEST_WORDS) for note in written if note]
        sentence += "".join(f": “{note}”" for note in notes)
    latest = [
        vote.reasons[-1]
        for vote in request.votes
        if vote.reasons and vote.taken_back is None and vote.person in decision.by
    ]
    reasons = [reason_text(reason, labels or {}, words or {}) for reason in latest]
    if why := ", ".join(dict.fromkeys(reasons)) or decision.why:
        sentence += f" ({why})"
    if request.claim is not None:
        sentence += f"; claimed by {request.claim.claimant.partition('/clm_')[0]}"
    return sentence


def settling_sentence(request: Request) -> str | None:
    """What the votes have decided and a grace holds back: `Approved by alice, counts at 12:03:10 UTC unless …`."""
    decision = settling(request)
    if decision is None:
        return None
    by = ", ".join(decision.by)
    return f"{_VERBS[decision.outcome]} by {by}, counts at {decision.at:%H:%M:%S} UTC unless taken back"


def reason_text(reason: Reason, labels: Mapping[str, str], words: Mapping[str, str]) -> str:
    """A reason as people read it: what its code says, and what was written with it."""
    text = labels.get(reason.code, reason.code)
    written = words.get(reason.words or "")
    return f"{text}: “{cut(written, LONGEST_WORDS)}”" if written else text


def notice(request: Request, event: RequestEvent) -> str | None:
    """What is said aloud about a fact, because a card that only changes calls nobody: or None."""
    title = request.proposal.title
    match event:
        case Reminded():
            return f"Still open: {title}. Decide it before {request.ruling.expire_at:%d %b, %H:%M} UTC."
        case Escalated():
            return f"Now asked as well: {describe(event.to)}. {title}: {event.why}."
        case Blocked():
            return f"Nobody can decide this: {title}. An administrator should look: {event.why}."
        case _:
            return None


def ended(request: Request) -> str:
    """What somebody is told who comes too late."""
    sentence = outcome_sentence(request)
    return "It is still open." if sentence is None else f"{sentence} already; nothing was changed."
