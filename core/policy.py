"""Rules to a Ruling. The highest tier that matches wins; what is unknown means the highest tier there is.

A policy is a document (YAML in `placet.yaml`); `policy_document.py` reads it into these values. Rules are judged in
order of tier, highest first, and within a tier in the order they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import cel

from core import people as who
from core.durations import in_words
from core.errors import PolicyError
from core.expressions import Expression, Unknown, is_number, read, scalar
from core.kinds import Kind
from core.model import (
    Actor,
    Escalation,
    Gate,
    Json,
    Person,
    Program,
    Proposal,
    QuorumKind,
    ReasonRule,
    Route,
    Ruling,
    Silence,
)
from core.voting import needed

GATES = (Gate.NONE, Gate.NOTIFY, Gate.ASK)
"""From the weakest to the strongest."""


_FITS: Mapping[Kind, Callable[[Json], bool]] = {
    Kind.NUMBER: is_number,
    Kind.TEXT: lambda value: isinstance(value, str),
    Kind.YES_NO: lambda value: isinstance(value, bool),
}
_KINDS = {Kind.NUMBER: "no number", Kind.TEXT: "no text", Kind.YES_NO: "neither yes nor no"}


@dataclass(frozen=True, slots=True)
class Input:
    """A value that rules read. Missing, it takes the pessimistic `default`; without one it is unknown."""

    path: str
    default: Json = None
    minimum: Decimal | int | None = None
    maximum: Decimal | int | None = None
    kind: Kind | None = None
    """What rules take it for; a value of another kind is unknown."""

    def value(self, proposal: Proposal, context: Mapping[str, Json]) -> Any:
        """The value as CEL reads it. Raises Unknown."""
        raw = read(proposal, context, self.path)
        if raw is None:
            raw = self.default
        if raw is None:
            raise Unknown(f"{self.path} is missing")
        if self.kind is not None and not _FITS[self.kind](raw):
            raise Unknown(f"{self.path} is {_KINDS[self.kind]}")
        below = is_number(raw) and self.minimum is not None and raw < self.minimum
        above = is_number(raw) and self.maximum is not None and raw > self.maximum
        if below or above:
            raise Unknown(f"{self.path} is {raw}, outside what is possible")
        return scalar(raw)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `when` None matches everything; `remind` is the share of the time after which to remind."""

    name: str
    tier: int
    gate: Gate
    when: Expression | None
    route: Route = field(default_factory=Route)
    quorum: QuorumKind = QuorumKind.ANY
    n: int = 1
    expire: timedelta = timedelta(hours=24)
    remind: Decimal | None = Decimal("0.8")
    escalate: tuple[tuple[timedelta, Route], ...] = ()
    silence: Silence = Silence.EXPIRE
    four_eyes: bool = False
    reasons: Mapping[str, ReasonRule] = field(default_factory=dict)
    web_only: bool = False
    act_within: timedelta | None = None
    grace: timedelta | None = None
    """How long a decision by votes waits, so that it can be taken back."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A hard limit: what must hold for anybody to approve, modify or claim. Nothing lifts it."""

    name: str
    must: Expression


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    hash: str
    currency: str | None
    tiers: Mapping[int, str]
    inputs: Mapping[str, Input]
    rules: tuple[Rule, ...]
    """Highest tier first."""
    limits: tuple[Limit, ...]
    reasons: Mapping[str, str]
    """Reason codes, each with the words that people see."""
    catalogue: int = 1
    """The version of the reason catalogue."""

    def rule(
        self,
        proposal: Proposal,
        context: Mapping[str, Json],
        asker: Actor,
        floor: int,
        people: Mapping[str, Person],
        programs: Mapping[str, Program],
        now: datetime,
        asked_at: datetime,
        *,
        open_already: bool = False,
    ) -> Ruling:
        """The verdict on one revision, with the reasons for it. Never raises: what is unclear is the highest tier.

        `asked_at`: when the request was submitted; the proposal's `valid_for` counts from there. `open_already`:
        people were asked already, so a rule that asks nobody does not do.
        """
        rule, why = self._match(proposal, context)
        if rule.tier < floor:
            rule = self._strictest(min((r.tier for r in self.rules if r.tier >= floor), default=self.rules[0].tier))
            why = (*why, f"an earlier revision had tier {floor}, and a tier never falls")
        if open_already and rule.gate is not Gate.ASK:
            asking = [r.tier for r in self.rules if r.tier >= rule.tier and r.gate is Gate.ASK]
            rule = self._strictest(min(asking)) if asking else rule
            why = (*why, "people were asked already")
        broken = self._broken(proposal, context)
        why += tuple(f"nobody can approve it as it is, for it breaks {said}" for _, said in broken)
        ruling = self._ruling(rule, why, proposal, asker, people, programs, now, asked_at)
        return replace(ruling, broken=tuple(name for name, _ in broken)) if broken else ruling

    def _strictest(self, tier: int) -> Rule:
        """Of a tier's rules, the first that asks, rather than one that only tells or lets silence approve."""
        rules = [rule for rule in self.rules if rule.tier == tier]
        return max(rules, key=lambda rule: (GATES.index(rule.gate), rule.silence is Silence.EXPIRE))

    def _match(self, proposal: Proposal, context: Mapping[str, Json]) -> tuple[Rule, tuple[str, ...]]:
        highest = self._strictest(self.rules[0].tier)
        try:
            values = self._values(proposal, context)
            known = cel.Context(values)
            for rule in self.rules:
                if rule.when is None:
                    return rule, ("every other request",)
                if rule.when.holds(known):
                    held = rule.when.held(known)
                    shown = self._shown(held.paths, values, self._assumed(proposal, context))
                    return rule, (f"{held.source} ({shown})" if shown else held.source,)
        except Unknown as unknown:
            return highest, (f"{unknown}, so the highest tier decides",)
        return highest, ("no rule speaks of this, so the highest tier decides",)

    def _values(self, proposal: Proposal, context: Mapping[str, Json]) -> dict[str, Any]:
        if "amount" in self.inputs and proposal.currency not in (None, self.currency):
            raise Unknown(f"the amount is in {proposal.currency}, and the policy speaks of {self.currency}")
        values: dict[str, Any] = {"context": {}, "parameters": {}}
        for declared in self.inputs.values():
            value = declared.value(proposal, context)
            head, _, tail = declared.path.partition(".")
            if tail:
                values[head][tail] = value
            else:
                values[head] = value
        return values

    def _assumed(self, proposal: Proposal, context: Mapping[str, Json]) -> frozenset[str]:
        """The inputs that nobody gave, so that their pessimistic default stands for them."""
        return frozenset(path for path in self.inputs if read(proposal, context, path) is None)

    @staticmethod
    def _shown(paths: Iterable[str], values: Mapping[str, Any], assumed: frozenset[str]) -> str:
        """The values that were judged: what was measured, and what was only assumed."""
        parts = []
        for path in sorted(paths):
            head, _, tail = path.partition(".")
            value = values[head][tail] if tail else values[head]
            whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
            text = int(value) if whole else value
            parts.append(f"{path} is not known, so {text} is assumed" if path in assumed else f"{path} is {text}")
        return ", ".join(parts)

    def _ruling(
        self,
        rule: Rule,
        why: tuple[str, ...],
        proposal: Proposal,
        asker: Actor,
        people: Mapping[str, Person],
        programs: Mapping[str, Program],
        now: datetime,
        asked_at: datetime,
    ) -> Ruling:
        lasts = rule.expire
        if proposal.valid_for is not None:
            lasts = min(lasts, asked_at + proposal.valid_for - now)
        barred = who.excluded(asker, rule.four_eyes, programs)
        asked = who.eligible(rule.route, people, barred)
        acting = [limit for limit in (rule.act_within, proposal.act_within) if limit is not None]
        gate = rule.gate
        if proposal.advisory and gate is Gate.ASK:
            gate = Gate.NOTIFY
        return Ruling(
            tier=rule.tier,
            tier_name=self.tiers[rule.tier],
            gate=gate,
            rule=rule.name,
            why=why,
            policy=self.hash,
            route=rule.route,
            quorum=rule.quorum,
            needed=needed(rule.quorum, asked, rule.n),
            eligible=asked,
            expire_at=now + lasts,
            remind_at=now + lasts * float(rule.remind) if rule.remind is not None else None,
            escalations=tuple(Escalation(now + min(after, lasts), to) for after, to in rule.escalate),
            silence=rule.silence,
            four_eyes=rule.four_eyes,
            reasons=rule.reasons,
            web_only=rule.web_only,
            act_within=min(acting, default=None),
            grace=rule.grace,
            tiers=len(self.tiers),
        )

    def broken_limits(self, proposal: Proposal, context: Mapping[str, Json]) -> tuple[str, ...]:
        """The hard limits that this proposal does not keep, with why. One that cannot be judged is not kept."""
        return tuple(said for _, said in self._broken(proposal, context))

    def _broken(self, proposal: Proposal, context: Mapping[str, Json]) -> list[tuple[str, str]]:
        """The name of each limit that is not kept, and what is said of it."""
        if not self.limits:
            return []
        try:
            values = self._values(proposal, context)
        except Unknown as unknown:
            return [(limit.name, f"{limit.name} ({unknown})") for limit in self.limits]
        broken = []
        known = cel.Context(values)
        for limit in self.limits:
            try:
                if not limit.must.holds(known):
                    shown = self._shown(limit.must.paths, values, self._assumed(proposal, context))
                    broken.append((limit.name, f"{limit.name}: {limit.must.source} ({shown})"))
            except Unknown as unknown:
                broken.append((limit.name, f"{limit.name} ({unknown})"))
        return broken

    def faults(self, people: Mapping[str, Person], programs: Mapping[str, Program]) -> tuple[PolicyError, ...]:
        """What cannot be satisfied by the people there are: a rule whose quorum nobody can reach."""
        found = []
        if any(rule.four_eyes for rule in self.rules):
            found += [
                PolicyError(
                    f"nobody owns the program `{name}`, so under four eyes nobody can be kept out; name its owner"
                )
                for name, program in programs.items()
                if program.owner is None
            ]
        owners = {program.owner for program in programs.values() if program.owner}
        for index, rule in enumerate(self.rules):
            if rule.gate is not Gate.ASK:
                continue
            asked = [p.id for p in people.values() if p.active and who.fits(p, rule.route)]
            fewest = len(asked) - (1 if rule.four_eyes and owners.intersection(asked) else 0)
            needs = rule.n if rule.quorum is QuorumKind.N else 1
            if fewest < needs:
                found.append(
                    PolicyError(
                        f"rule `{rule.name}` needs {needs} of {describe(rule.route)}, and "
                        f"{'nobody' if not asked else ', '.join(sorted(asked))} can decide it"
                        + (" – less the owner of what asks, who is no second eye" if fewest < len(asked) else "")
                        + "; give more people the role, or ask others",
                        ("rules", index),
                    )
                )
            for after, to in rule.escalate:
                if not any(p.active and who.fits(p, to) for p in people.values()):
                    found.append(
                        PolicyError(
                            f"rule `{rule.name}` escalates after {in_words(after)} to {describe(to)}, "
                            "and there is nobody like that",
                            ("rules", index, "escalate"),
                        )
                    )
        return tuple(found)


def describe(route: Route) -> str:
    """A route in words: `trader or risk or erin`."""
    words = " or ".join((*route.roles, *route.people)) or "nobody"
    return f"{words} with {' and '.join(route.skills)}" if route.skills else words
