"""A ruling as pages show it: the tier, the rule, which clause of it, who decides and until when."""

from __future__ import annotations

from dataclasses import dataclass

from core import card
from core import people as who
from core.model import Actor, Gate, Person, Proposal, Ruling
from core.policy import Policy
from core.policy_words import Said, about_ruling, condition
from core.registry import Registry
from core.scratch import clauses_met


@dataclass(frozen=True, slots=True)
class Clause:
    """`words` is None where only the expression itself says it well; `met` where nothing was judged."""

    source: str
    words: str | None
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Ruled:
    """`tier`: its level, which has a colour; `deciders`: who is entitled as things are now."""

    tier: int
    mark: str
    rule: str
    asks: bool
    why: tuple[str, ...]
    clauses: tuple[Clause, ...]
    said: tuple[Said, ...]
    deciders: tuple[Person, ...]
    broken: tuple[str, ...]


def ruled(ruling: Ruling, policy: Policy, proposal: Proposal, asker: Actor, registry: Registry) -> Ruled:
    """What is shown of a ruling on this proposal."""
    barred = who.excluded(asker, ruling.four_eyes, registry.programs)
    met = clauses_met(policy, ruling.rule, proposal)
    return Ruled(
        tier=card.level(ruling),
        mark=card.mark(ruling),
        rule=ruling.rule,
        asks=ruling.gate is Gate.ASK,
        why=ruling.why,
        clauses=tuple(Clause(source, condition(source, policy.currency), holds) for source, holds in met),
        said=about_ruling(ruling),
        deciders=tuple(p for p in registry.people.values() if p.active and p.id not in barred and _asked(p, ruling)),
        broken=ruling.broken,
    )


def _asked(person: Person, ruling: Ruling) -> bool:
    return who.fits(person, ruling.route)
