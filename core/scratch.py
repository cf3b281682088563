"""What if: another policy had ruled what has been asked. Nothing of it is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.durations import in_words
from core.expressions import compiled
from core.model import Gate, Json, Person, Program, Proposal, QuorumKind, Ruling, Silence
from core.policy import Limit, Policy, describe
from core.policy_words import clauses, reasons_said
from core.request import Request


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two policies say differently."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One request under two policies."""

    request: Request
    before: Ruling
    after: Ruling
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`differing`: those that the policies rule differently, what becomes stricter first; `same`: how many others."""

    differing: tuple[Compared, ...]
    same: int

    @property
    def ruled(self) -> int:
        return len(self.differing) + self.same


def clauses_met(policy: Policy, rule: str, proposal: Proposal) -> tuple[tuple[str, bool], ...]:
    """The clauses of a rule's condition, of which one is enough, each with whether it holds."""
    found = next((one for one in policy.rules if one.name == rule), None)
    if found is None or found.when is None:
        return ()
    try:
        parts = [Limit(part, compiled(part)) for part in clauses(found.when.source)]
    except ValueError:
        return ()
    return tuple((part.name, _kept(policy, part, proposal, proposal.context)) for part in parts)


def _kept(policy: Policy, limit: Limit, proposal: Proposal, context: Mapping[str, Json]) -> bool:
    return not replace(policy, limits=(limit,)).broken_limits(proposal, context)


def compare(
    before: Policy,
    after: Policy,
    requests: Iterable[Request],
    people: Mapping[str, Person],
    programs: Mapping[str, Program],
) -> Comparison:
    """What two policies say of these requests, each as it was first asked: by whom, when, and with the context of then.

    A resubmission keeps the tier of what it replaces as its floor, under each policy by itself, where that is among
    the requests.
    """
    compared: list[Compared] = []
    known: dict[str, Compared] = {}
    for request in sorted(requests, key=lambda one: one.id):
        earlier = known.get(request.replaces or "")
        floors = (earlier.before.tier, earlier.after.tier) if earlier else (1, 1)
        one, other = (
            _first_ruling(policy, request, people, programs, floor)
            for policy, floor in zip((before, after), floors, strict=True)
        )
        known[request.id] = both = Compared(request, one, other, _differences(one, other, request.created_at))
        compared.append(both)
    differing = [both for both in compared if both.differences]
    differing.sort(key=lambda both: (both.after.tier - both.before.tier, both.request.id), reverse=True)
    return Comparison(tuple(differing), len(compared) - len(differing))


def _first_ruling(
    policy: Policy, request: Request, people: Mapping[str, Person], programs: Mapping[str, Program], floor: int
) -> Ruling:
    first, at = request.recommended, request.created_at
    return policy.rule(first, first.context, request.asker, floor, people, programs, at, at)


def _differences(before: Ruling, after: Ruling, at: datetime) -> tuple[Difference, ...]:
    one, other = _facts(before, at), _facts(after, at)
    return tuple(Difference(what, one[what], other[what]) for what in one if one[what] != other[what])


def _facts(ruling: Ruling, at: datetime) -> dict[str, str]:
    """What people would notice of a ruling. The name of a rule and the words of its condition are none of it."""
    asks = ruling.gate is Gate.ASK
    ladder = [f"{describe(step.to)} after {in_words(step.at - at)}" for step in ruling.escalations]
    return {
        "Tier": f"{ruling.tier} {ruling.tier_name}",
        "Asked": {Gate.ASK: "people decide", Gate.NOTIFY: "people are told", Gate.NONE: "nobody is told"}[ruling.gate],
        "Who decides": _who(ruling) if asks else "–",
        "Four eyes": "yes" if ruling.four_eyes and asks else "no",
        "Time": in_words(ruling.expire_at - at) if asks else "–",
        "Reminder": in_words(ruling.remind_at - at) if ruling.remind_at and asks else "–",
        "Asked as well": (", ".join(ladder) or "nobody") if asks else "–",
        "Silence": ("counts as approval" if ruling.silence is Silence.APPROVE else "expires") if asks else "–",
        "Reasons": reasons_said(ruling.reasons) if asks else "–",
        "Where": ("on the web alone" if ruling.web_only else "everywhere") if asks else "–",
        "To be acted on": f"within {in_words(ruling.act_within)}" if ruling.act_within else "at any time",
        "Undo": in_words(ruling.grace) if ruling.grace else "–",
        "Hard limits broken": ", ".join(ruling.broken) or "none",
    }


def _who(ruling: Ruling) -> str:
    needs = {
        QuorumKind.ANY: "one of",
        QuorumKind.ALL: f"all {ruling.needed} of",
        QuorumKind.MAJORITY: f"{ruling.needed} of {ruling.eligible},",
    }.get(ruling.quorum, f"{ruling.needed} of")
    return f"{needs} {describe(ruling.route)}"
