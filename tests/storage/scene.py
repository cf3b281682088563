"""A small trading desk on a real database: four people, one program, three rules, and a clock that is set by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, make_url

from core.canonical import commit, leaf_hash
from core.commands import CastVote, Command, Submit, TakeClaim, Tick
from core.engine import Done, Engine, Outcome
from core.errors import Refused
from core.model import Actor, ActorKind, Choice, Person, Program, Proposal, Words
from core.policy_document import read_policy
from core.registry import AdoptPolicy, DeclarePeople
from core.request import Request
from storage.queries import SqlReader
from storage.store import SqlStore

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SYSTEM = Actor(ActorKind.SYSTEM, "start", "start")
CLOCK = Actor(ActorKind.SYSTEM, "clock", "clock")
PROGRAM = Actor(ActorKind.PROGRAM, "momentum", "api")

POLICY: Mapping[str, Any] = {
    "name": "desk",
    "currency": "USD",
    "tiers": {1: "routine", 2: "elevated", 3: "critical"},
    "inputs": {"amount": "required"},
    "limits": [{"name": "largest position", "must": "amount <= 5000000"}],
    "rules": [
        {
            "name": "critical",
            "tier": 3,
            "when": "amount > 100000",
            "route": {"roles": ["trader", "risk"]},
            "quorum": 2,
            "expire": "PT4H",
            "escalate": [{"after": "PT1H", "to": {"roles": ["head"]}}],
            "reasons": {"reject": "required"},
            "act_within": "PT30M",
        },
        {"name": "elevated", "tier": 2, "when": "amount > 1000", "route": {"roles": ["trader"]}, "expire": "PT2H"},
        {"name": "routine", "tier": 1, "route": {"roles": ["trader"]}, "expire": "PT1H", "silence": "approve"},
    ],
}
PEOPLE = (
    Person("alice", "Alice Archer", frozenset({"trader"}), admin=True),
    Person("bob", "Bob Baker", frozenset({"trader"})),
    Person("carol", "Carol Cook", frozenset({"risk"})),
    Person("dave", "Dave Draper", frozenset({"head"})),
)
EDITABLE = {"type": "object", "properties": {"quantity": {"type": "integer", "minimum": 1, "maximum": 9}}}


@dataclass
class Watch:
    """A clock that stands still until it is set."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def advance(self, **time: float) -> None:
        self.at += timedelta(**time)


def person(name: str, via: str = "console") -> Actor:
    return Actor(ActorKind.PERSON, name, via)


def words(text: str, about: str = "") -> Words:
    """What somebody wrote, under a salt that is made from `about`."""
    return commit(text, hashlib.sha256(about.encode()).digest()[:16])


def declare(people: Sequence[Person] = PEOPLE, id: str = "people", **changes: Any) -> DeclarePeople:
    names = {p.id: words(p.name, f"{id} {p.id}") for p in people}
    programs = (Program("momentum"),)
    return DeclarePeople(id, SYSTEM, "", "d", people=tuple(people), names=names, programs=programs, **changes)


def adopt(document: Mapping[str, Any] = POLICY, id: str = "policy") -> AdoptPolicy:
    return AdoptPolicy(id, SYSTEM, "", "d", document=document, policy=read_policy(document))


def name(number: int) -> str:
    return f"req_{number:012d}"


def submit(request: str, amount: int | str = 500, **changes: Any) -> Submit:
    """`changes`: fields of the proposal, and `key`, `replaces`, `digest`, `id`, `actor` of the command."""
    own = {word: changes.pop(word) for word in ("key", "replaces") if word in changes}
    id, digest = changes.pop("id", f"submit:{request}"), changes.pop("digest", "d")
    actor = changes.pop("actor", PROGRAM)
    proposal = Proposal(
        **{
            "action": "buy",
            "subject": "AAPL",
            "title": "Buy 3 AAPL",
            "parameters": {"quantity": 3, "price": Decimal("411.20")},
            "editable": EDITABLE,
            "amount": Decimal(amount),
            "context": {"spot": Decimal("411.23")},
            **changes,
        }
    )
    return Submit(id, actor, request, digest, proposal=proposal, **own)


def vote(
    request: str, who: str = "alice", choice: str = "approve", revision: int = 1, *, id: str = "", **more: Any
) -> CastVote:
    id, digest = id or f"vote:{request}:{who}:{choice}:{revision}", more.pop("digest", "d")
    return CastVote(id, person(who), request, digest, choice=Choice(choice), revision=revision, **more)


def claim(request: str, claimant: str = "worker-1", *, id: str = "") -> TakeClaim:
    id = id or f"claim:{request}:{claimant}"
    return TakeClaim(id, PROGRAM, request, "d", claim=f"clm_{claimant}", claimant=claimant)


def tick(request: str) -> Tick:
    return Tick("tick", CLOCK, request)


@dataclass
class Scene:
    """An engine at work on one database, and a reader beside it."""

    url: str
    channels: Sequence[str] = ("desk",)
    clock: Watch = field(default_factory=Watch)

    def __post_init__(self) -> None:
        self.store = SqlStore(self.url)
        self.reader = SqlReader(self.url)
        self.engine = Engine(self.store, self.clock, lambda _request, _registry: self.channels)

    def furnish(self) -> Scene:
        """Declare the people and adopt the policy."""
        assert [type(outcome) for outcome in self.run(declare(), adopt())] == [Done, Done]
        return self

    def run(self, *commands: Command) -> list[Outcome]:
        return self.engine.run(commands).outcomes

    def open(self, *requests: str, **changes: Any) -> None:
        assert {type(outcome) for outcome in self.run(*(submit(r, **changes) for r in requests))} == {Done}

    def request(self, request: str) -> Request:
        found = self.reader.request(request)
        assert found is not None
        return found

    def outcome(self, request: str) -> str | None:
        decision = self.request(request).decision
        return decision.outcome.value if decision else None

    def sql(self, statement: str, **values: Any) -> list[Any]:
        return direct(self.url, statement, **values)

    def events(self) -> list[Any]:
        return self.sql("SELECT position, stream, seq, type, at, entry, leaf FROM events ORDER BY position")

    def close(self) -> None:
        self.store.close()
        self.reader.close()


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of one's own, committed at the end."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def direct(url: str, statement: str, **values: Any) -> list[Any]:
    """One statement past Placet, as somebody with a database client would send it."""
    with connected(url) as connection:
        result = connection.execute(text(statement), values)
        return [tuple(row) for row in result] if result.returns_rows else []


def refusal(outcome: Outcome) -> str:
    """The code of a refusal."""
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def state(outcome: Outcome) -> Request:
    """The request that a command was answered with."""
    assert isinstance(outcome, Done), outcome
    assert outcome.request is not None
    return outcome.request


def faults_of_the_journal(rows: Sequence[Any]) -> list[str]:
    """What is wrong with rows of `Scene.events`: leaves that are no hash of their bytes, gaps in streams."""
    faults, seen = [], dict[str, int]()
    for position, stream, seq, _, _, data, leaf in rows:
        if bytes(leaf) != leaf_hash(bytes(data)):
            faults.append(f"{position}: the leaf is not the hash of the bytes")
        if seq != seen.get(stream, 0) + 1:
            faults.append(f"{position}: {stream} goes from {seen.get(stream, 0)} to {seq}")
        seen[stream] = seq
    return faults
