"""When a habit is proposed as a candidate, with what evidence, and by what the change will be judged.

The evidence is frozen as bytes: what was looked for, what was found, on which recommendations, by which rules. Their
hash stands in the journal, so that nobody can say later that it was about something else.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo

from core.canonical import encode, sha256, time_text
from core.learning.candidates import GROWTH, SILENT, Candidate, Plan, Proposed, Status
from core.learning.effects import Estimate
from core.learning.evidence import Bets
from core.learning.family import ALPHA, Hypothesis, Kind
from core.learning.finding import Finding, Level, Target, percent, title_of
from core.learning.observations import Observation, by_day
from core.learning.patterns import RULES
from core.learning.validation import (
    EXPOSED,
    FEWEST,
    LESS,
    LOOKS,
    MOST_BEFORE,
    SURE,
    SURE_TO_KEEP,
    Judged,
    Share,
    judge,
    less_than,
)
from core.learning.watch import voted
from core.model import Json

_OTHERS = "other overrides"


def candidate_id(finding: Finding) -> str:
    """The same for the same habit of a person with a version of an algorithm, whoever proposes it, and whenever."""
    parts = (finding.person, finding.program, finding.algorithm, finding.hypothesis.kind, finding.hypothesis.name)
    digest = hashlib.sha256("\0".join(parts).encode(errors="replace")).digest()
    return "cnd_" + b32encode(digest).decode().lower()[:26]


def may_propose(finding: Finding, before: Candidate | None, now: datetime, *, by_hand: bool = False) -> bool:
    """Whether it is time to propose it, or to propose it again. `by_hand`: whom it is about promotes a hint."""
    if not finding.stands or not (finding.level is Level.PATTERN or (by_hand and finding.level is Level.HINT)):
        return False
    if before is None:
        return True
    if before.status is Status.REJECTED:
        grown = finding.evidence >= GROWTH * before.evidence and now >= before.moved_at + SILENT
        return grown or by_hand
    return before.status is Status.DEFERRED and before.until is not None and now >= before.until


def proposal(finding: Finding, now: datetime, *, by_hand: bool = False) -> Proposed:
    """The finding as it stands, frozen."""
    plan = plan_of(finding)
    snapshot = encode(_snapshot(finding, plan, now, by_hand))
    return Proposed(
        finding.person,
        finding.program,
        finding.algorithm,
        finding.target,
        finding.sentence,
        finding.evidence,
        snapshot,
        sha256(snapshot),
        plan,
        now,
        by_hand,
    )


def plan_of(finding: Finding) -> Plan:
    """What will be measured, named beforehand."""
    target = finding.target
    if target.kind is Kind.EDIT:
        share, way = finding.hits / finding.of, "up" if target.up else "down"
        primary = f"share of recommendations whose {target.name} is changed {way}"
    else:
        share = finding.hits / finding.n
        primary = f"share of rejections among what it is about ({title_of(target)[len('Rejects ') :]})"
    return Plan(
        f"{primary}; it was {percent(share)} and is expected to fall below {percent(LESS * share)}",
        EXPOSED,
        {_OTHERS: "all other overrides must not become more frequent"},
    )


def _snapshot(finding: Finding, plan: Plan, now: datetime, by_hand: bool) -> Json:
    """Numbers are written as text: a float has no one way to be written."""
    family = finding.family
    return {
        "v": 1,
        "at": time_text(now),
        "as_of": finding.as_of.isoformat(),
        "person": finding.person,
        "program": finding.program,
        "algorithm": finding.algorithm,
        "target": target_body(finding.target),
        "level": finding.level.value,
        "by_hand": by_hand,
        "since": _day(finding.since),
        "evidence": _text(finding.evidence),
        "threshold": _text(finding.threshold),
        "alpha": _text(ALPHA),
        "size": _text(family.size) if family else None,
        "family": [[*_named(one), _text(family.threshold(one))] for one in family.hypotheses] if family else [],
        "effect": _estimate(finding.effect),
        "middle": _estimate(finding.middle),
        "about": [_text(one) for one in finding.about] if finding.about else None,
        "hits": finding.hits,
        "n": finding.n,
        "elsewhere": list(finding.elsewhere),
        "days": finding.days,
        "weeks": finding.weeks,
        "reasons": [[one.code, one.hits, one.stated] for one in finding.reasons],
        "agreement": [finding.agreement.yes, finding.agreement.no, finding.agreement.unsure],
        "explained_by": list(_named(finding.explained_by)) if finding.explained_by else None,
        "sentence": finding.sentence,
        "records": sorted(finding.records),
        "rules": {"patterns": RULES, "labels": finding.labels},
        "plan": plan_body(plan),
    }


def plan_body(plan: Plan) -> Json:
    return {
        "primary": plan.primary,
        "exposed": plan.exposed,
        "fewest": FEWEST,
        "weeks": list(LOOKS),
        "keep": f"P(after < {LESS} x before) >= {SURE_TO_KEEP}, with all exposed or in the last of these weeks",
        "roll_back": f"P(after > before) >= {SURE}",
        # Keys of a canonical document are ASCII words of our own; these are.
        "guardrails": dict(plan.guardrails),
    }


def target_body(target: Target) -> dict[str, Json]:
    body: dict[str, Json] = {"kind": target.kind.value, "name": target.name, "up": target.up}
    return body if target.cut is None else {**body, "cut": _text(target.cut)}


def _named(hypothesis: Hypothesis) -> tuple[str, str]:
    return hypothesis.kind.value, hypothesis.name


def _estimate(one: Estimate | None) -> Json:
    if one is None:
        return None
    return {"value": _text(one.value), "low": _text(one.low), "high": _text(one.high), "n": one.n, "how": one.method}


def _text(number: float) -> str:
    return repr(float(number))


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


# Looking at it afterwards


def review(
    candidate: Candidate,
    before: Sequence[Observation],
    after: Sequence[Observation],
    week: int,
    zone: tzinfo = UTC,
) -> Judged:
    """What the recommendations after the change say of it, beside those of the old version.

    `before`: those of the old version; `after`: those of the new one. `zone`: in which the days of both are days.
    """
    target = candidate.target
    old = baseline(candidate, before, zone)
    new = [one for one in after if target.exposed(one)]
    others = _others(target, before), _others(target, after)
    broken = [_OTHERS] if min(one.n for one in others) >= FEWEST and _more(*others) >= SURE else []
    left, beyond = _one_sign(target, new)
    return judge(
        Share(sum(map(target.hit, old)), len(old)),
        Share(sum(map(target.hit, new)), len(new)),
        week,
        planned=candidate.plan.exposed,
        left=left,
        beyond=beyond,
        broken=broken,
    )


def baseline(candidate: Candidate, before: Sequence[Observation], zone: tzinfo = UTC) -> list[Observation]:
    """Up to `MOST_BEFORE` that the habit could show in, from the days after that of the announcement.

    What led to it flatters a change (it was announced because it was so frequent), so nothing earlier stands in.
    """
    announced = candidate.proposed_at.astimezone(zone).date()
    return [one for one in before if one.day > announced and candidate.target.exposed(one)][-MOST_BEFORE:]


def _others(target: Target, group: Sequence[Observation]) -> Share:
    """Overrides of every other kind."""
    counted = [one for one in group if not target.hit(one)]
    return Share(sum(one.rejected or bool(one.edits) for one in counted), len(counted))


def _more(before: Share, after: Share) -> float:
    return 1.0 - less_than(after, before, 1.0)


def _one_sign(target: Target, after: Sequence[Observation]) -> tuple[float, bool]:
    """Evidence that what is still edited goes one way, and whether that is against the habit.

    Each day has one vote, and both readings of "no preference" must be refuted, as for the habit itself.
    """
    bets = Bets(), Bets()
    up = 0
    for _, group in by_day(after):
        edits = [edit for one in group if (edit := target.edit(one)) is not None]
        voted(bets, edits)
        free = sum((edit.steps > 0) - (edit.steps < 0) for edit in edits if edit.free)
        up += (free > 0) - (free < 0)
    return min(one.evidence for one in bets), (up > 0) != target.up
