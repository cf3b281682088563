"""From a verdict to the decision that it makes; and the grace, in which a decision stands and does not count yet.

Where a rule gives a grace, the votes are in and the request stays open for a little longer: whoever voted may take it
back, others may still object. Nothing is recorded about that and no timer runs: votes, ruling and deadline say it, so
that it is the same after any restart.
"""

from __future__ import annotations

from datetime import datetime

from core import forms
from core.model import Change, Choice, Decision, Outcome, Override
from core.request import Request
from core.voting import Verdict, tally


def settling(request: Request) -> Decision | None:
    """The decision that the votes make, dated from when it counts on; None where no grace holds one back.

    It counts when nobody has voted for as long as the grace lasts, and at the latest when the time is over.
    """
    grace = request.ruling.grace
    if grace is None or request.decision is not None:
        return None
    votes = request.counted()
    if not votes:
        return None
    ruling = request.ruling
    counts_at = min(max(vote.at for vote in votes) + grace, ruling.expire_at)
    # Who could still vote makes no difference to a verdict that has been reached.
    return decision_of(request, tally(votes, ruling.needed, ruling.eligible, 0).verdict, counts_at)


def decision_of(request: Request, verdict: Verdict, at: datetime) -> Decision | None:
    """The decision that a verdict makes, or None while it is open or out of reach."""
    votes = request.counted()
    number = request.revision.number

    def by(*choices: Choice) -> tuple[str, ...]:
        return tuple(v.person for v in votes if v.choice in choices)

    match verdict:
        case Verdict.APPROVED:
            changed: tuple[Change, ...] = ()
            if request.advice is not None:
                changed = forms.changes(request.recommended.parameters, request.proposal.parameters)
            kind = "replaced" if changed and len(changed) >= len(_editable(request)) else "refined"
            return Decision(
                Outcome.MODIFIED if changed else Outcome.APPROVED,
                at,
                number,
                by=by(Choice.APPROVE, Choice.MODIFY),
                override=Override(kind, changed) if changed else None,
            )
        case Verdict.REJECTED:
            return Decision(Outcome.REJECTED, at, number, by(Choice.REJECT), override=Override("replaced"))
        case Verdict.CHANGES_REQUESTED:
            return Decision(Outcome.CHANGES_REQUESTED, at, number, by(Choice.REQUEST_CHANGES))
        case _:
            return None


def _editable(request: Request) -> tuple[str, ...]:
    return tuple(request.recommended.editable["properties"]) if request.recommended.editable else ()
