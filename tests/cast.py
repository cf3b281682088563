"""The cast that every test knows, and short ways to say what they do.

Alice and Bob trade, Carol may decide nothing, Dave watches the risk, Erin is head of the desk (and administrator).
Frank trades too and owns the program `momentum`, which asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from core.canonical import commit
from core.commands import Cancel, CastVote, Command, GivenReason, GiveReason, Recheck, Submit, TakeBack, TakeClaim, Tick
from core.commands import UpdateContext as Update
from core.errors import Refused
from core.events import RequestEvent
from core.lifecycle import decide, evolve
from core.model import Actor, ActorKind, Away, Choice, Json, Person, Program, Proposal, Words, WouldAgree
from core.policy import Policy
from core.policy_document import read_policy
from core.request import Request
from core.world import World

Doc = dict[str, Any]

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
REQUEST = "req_1"

MOMENTUM = Actor(ActorKind.PROGRAM, "momentum", "api")
OTHER_PROGRAM = Actor(ActorKind.PROGRAM, "carry", "api")
CLOCK = Actor(ActorKind.SYSTEM, "clock", "clock")

ALICE = Person("alice", "Alice", roles=frozenset({"trader"}))
BOB = Person("bob", "Bob", roles=frozenset({"trader"}))
CAROL = Person("carol", "Carol")
DAVE = Person("dave", "Dave", roles=frozenset({"risk"}), skills=frozenset({"options"}))
ERIN = Person("erin", "Erin", roles=frozenset({"head"}), admin=True)
FRANK = Person("frank", "Frank", roles=frozenset({"trader"}))
EVERYBODY = (ALICE, BOB, CAROL, DAVE, ERIN, FRANK)

PROGRAMS: Mapping[str, Program] = {"momentum": Program("momentum", "frank"), "carry": Program("carry", "erin")}

_numbers = count(1)


def fresh() -> str:
    """An id that no command had before."""
    return f"cmd_{next(_numbers)}"


def person(name: str, via: str = "web") -> Actor:
    return Actor(ActorKind.PERSON, name, via)


def words(text: str) -> Words:
    return commit(text, b"sixteen bytes!!!")


def because(code: str, said: str | None = None, would_agree: WouldAgree | None = None) -> GivenReason:
    return GivenReason(code, words(said) if said else None, would_agree)


# Policies


def rule(**changes: Any) -> Doc:
    """A rule that asks any one trader; `changes` as they would stand in the document."""
    return {"name": "routine", "tier": 1, "route": {"roles": ["trader"]}, "expire": "PT4H", **changes}


def document(*rules: Doc, **changes: Any) -> Doc:
    """A policy of these rules, which may read the amount and the volatility. Tiers are as many as the rules reach."""
    rules = rules or (rule(),)
    highest = max(rule["tier"] for rule in rules)
    tiers = {number: word for number, word in enumerate(("routine", "elevated", "critical"), 1) if number <= highest}
    inputs = {"amount": "required", "context.vix": {"default": 100, "min": 0, "max": 200}}
    return {"name": "desk", "currency": "USD", "tiers": tiers, "inputs": inputs, "rules": list(rules), **changes}


def policy(*rules: Doc, **changes: Any) -> Policy:
    return read_policy(document(*rules, **changes))


def two_tiers(**critical: Any) -> Policy:
    """Any trader up to 100,000; above it Erin's role, unless `critical` says otherwise."""
    above = {"name": "critical", "tier": 2, "when": "amount > 100000", "route": {"roles": ["head"]}}
    return policy(rule(**{**above, **critical}), rule())


# The world


def people(*changed: Person) -> dict[str, Person]:
    """Everybody, some of them as they are now."""
    return {someone.id: someone for someone in (*EVERYBODY, *changed)}


def world(*rules: Doc, ruled_by: Policy | None = None, now: datetime = NOW, **changes: Any) -> World:
    return replace(World(now, ruled_by or policy(*rules), people(), PROGRAMS), **changes)


def away(someone: Person, delegate: str | None = None, until: datetime = NOW + 72 * HOUR) -> Person:
    return replace(someone, away=Away(until, delegate))


def gone(someone: Person) -> Person:
    """Somebody as they are in the registry after they were removed."""
    return replace(someone, active=False, away=None)


# What is said


def proposal(**changes: Any) -> Proposal:
    """Buy 100 NVDA for 42,500 USD; the quantity may be changed."""
    plain = Proposal(
        action="buy",
        subject="NVDA",
        title="Buy 100 NVDA",
        parameters={"qty": 100, "limit": Decimal("425.00"), "side": "buy"},
        editable=form(qty={"type": "integer", "minimum": 1, "maximum": 100_000}),
        confidence=Decimal("0.8"),
        amount=Decimal(42_500),
        currency="USD",
        context={"vix": 20},
        algorithm="momentum 1.4",
    )
    return replace(plain, **changes)


def form(**fields: Doc) -> Doc:
    return {"type": "object", "properties": fields}


def submit(asked: Proposal | None = None, by: Actor = MOMENTUM, request: str = REQUEST, **changes: Any) -> Submit:
    key, replaces = changes.pop("key", None), changes.pop("replaces", None)
    wanted = replace(asked or proposal(), **changes)
    return Submit(fresh(), by, request, proposal=wanted, key=key, replaces=replaces)


def vote(
    name: str, choice: Choice | str, revision: int = 1, *, via: str = "web", request: str = REQUEST, **changes: Any
) -> CastVote:
    return CastVote(fresh(), person(name, via), request, choice=Choice(choice), revision=revision, **changes)


def modify(name: str, revision: int = 1, *, adopt: int | None = None, via: str = "web", **values: Json) -> CastVote:
    """A modification of parameters, or the adoption of a suggestion; with a reason, so that no rule asks for one."""
    return vote(name, "modify", revision, via=via, parameters=values or None, adopt=adopt, reason=because("size"))


def reason(name: str, given: GivenReason, revision: int | None = None, by: Actor | None = None) -> GiveReason:
    return GiveReason(fresh(), by or person(name), REQUEST, reason=given, revision=revision)


def take_back(name: str, revision: int | None = None, via: str = "web") -> TakeBack:
    return TakeBack(fresh(), person(name, via), REQUEST, revision=revision)


def cancel(by: Actor = MOMENTUM, why: str | None = None) -> Cancel:
    return Cancel(fresh(), by, REQUEST, why=why)


def context(by: Actor = MOMENTUM, **values: Json) -> Update:
    return Update(fresh(), by, REQUEST, context=values)


def claim(claimant: str = "momentum-7", by: Actor = MOMENTUM, hash: str | None = None) -> TakeClaim:
    return TakeClaim(fresh(), by, REQUEST, claim="clm_" + claimant, claimant=claimant, hash=hash)


def tick() -> Tick:
    return Tick(fresh(), CLOCK, REQUEST)


def recheck() -> Recheck:
    return Recheck(fresh(), CLOCK, REQUEST)


class Story:
    """One request from its submission on: what was recorded, what was refused, and the world around it."""

    def __init__(self, around: World | None = None, opening: Submit | None = None) -> None:
        self.world = around or world()
        self.state: Request | None = None
        self.events: list[RequestEvent] = []
        self.latest: tuple[RequestEvent, ...] = ()
        """The facts that the latest command made."""
        assert self.hears(opening or submit()) is None

    @property
    def request(self) -> Request:
        assert self.state is not None
        return self.state

    @property
    def outcome(self) -> str | None:
        return self.request.decision.outcome.value if self.request.decision else None

    def hears(self, command: Command) -> Refused | None:
        """Carry out a command; its refusal, if it is refused."""
        self.latest, refused = decide(self.state, command, self.world)
        for event in self.latest:
            self.state = evolve(self.state, event, command.request)
        self.events += self.latest
        return refused

    def refusal(self, command: Command) -> str:
        """The code with which a command is refused; it must be."""
        refused = self.hears(command)
        assert refused is not None, f"{type(command).__name__} was not refused"
        assert refused.detail
        return refused.code

    def tells(self, *commands: Command) -> Story:
        """Carry out commands, none of which is refused."""
        for command in commands:
            refused = self.hears(command)
            assert refused is None, refused
        return self

    def later(self, by: timedelta) -> Story:
        self.world = replace(self.world, now=self.world.now + by)
        return self

    def with_people(self, *changed: Person) -> Story:
        self.world = replace(self.world, people={**self.world.people, **{p.id: p for p in changed}})
        return self

    def happened(self) -> list[str]:
        """The names of all facts, in order."""
        return names(self.events)


def names(events: Iterable[RequestEvent]) -> list[str]:
    return [type(event).__name__ for event in events]
