"""Votes to a verdict: a truth table, whatever the order in which they arrive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.model import Choice, QuorumKind, Vote


class Verdict(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    UNREACHABLE = "unreachable"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Tally:
    approvals: int
    rejections: int
    abstentions: int
    needed: int
    verdict: Verdict


def needed(kind: QuorumKind, eligible: int, n: int = 1) -> int:
    """How many must approve, of `eligible` people. Never less than one: nobody is not everybody."""
    match kind:
        case QuorumKind.ANY:
            return 1
        case QuorumKind.ALL:
            return max(1, eligible)
        case QuorumKind.MAJORITY:
            return eligible // 2 + 1
        case QuorumKind.N:
            return max(1, n)


def tally(votes: Iterable[Vote], needed: int, eligible: int, remaining: int) -> Tally:
    """Count. `eligible`: how many may vote in all; `remaining`: how many of them still can.

    - asking for changes ends the request, whoever else has said what;
    - `needed` approvals approve; as many rejections reject, and so do fewer when they alone put the quorum out of
      reach (of three who must all agree, one is enough);
    - where both would do (a grace leaves the time for it), it is rejected: a tie never approves;
    - an abstention counts for neither side. A quorum that abstentions or absences put out of reach is
      `unreachable`: it is escalated, and expires; it never decides.
    A modification counts as approval of the revision it made.
    """
    approvals = rejections = abstentions = 0
    asked_for_changes = False
    for vote in votes:
        if vote.choice in (Choice.APPROVE, Choice.MODIFY):
            approvals += 1
        elif vote.choice is Choice.REJECT:
            rejections += 1
        elif vote.choice is Choice.ABSTAIN:
            abstentions += 1
        else:
            asked_for_changes = True
    if asked_for_changes:
        verdict = Verdict.CHANGES_REQUESTED
    elif rejections >= needed or (rejections and max(eligible, needed) - rejections < needed):
        verdict = Verdict.REJECTED
    elif approvals >= needed:
        verdict = Verdict.APPROVED
    elif approvals + remaining < needed:
        verdict = Verdict.UNREACHABLE
    else:
        verdict = Verdict.OPEN
    return Tally(approvals, rejections, abstentions, needed, verdict)
