"""Everything a decision depends on that has a history of its own: people, programs, keys, the policy, the stop.

It is small, so there is no table of it: it is the fold of its events, read once and again when it has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, assert_never, get_args

from core.accounts import (
    AccountCommand,
    AccountEvent,
    AccountLinked,
    Accounts,
    AccountUnlinked,
    LinkAccount,
    LinkOffered,
    OfferLink,
    UnlinkAccount,
    decide_accounts,
    evolve_accounts,
    kept_in_step,
    without_offers,
)
from core.commands import Command
from core.errors import Refused
from core.guests import (
    AddPerson,
    ChangePerson,
    EntryOffered,
    GuestCommand,
    OfferEntry,
    RemovePerson,
    guest_fault,
    invited,
    taken,
)
from core.model import Account, Actor, ActorKind, Away, Key, Person, Program, Words
from core.policy import Policy
from core.policy_document import read_policy

REGISTRY = "registry:"
"""What the streams of the registry begin with. Other parts will have streams of their own, which are none of its."""


@dataclass(frozen=True, slots=True)
class Registry:
    people: Mapping[str, Person] = field(default_factory=dict)
    programs: Mapping[str, Program] = field(default_factory=dict)
    keys: Mapping[str, Key] = field(default_factory=dict)
    accounts: Accounts = field(default_factory=Accounts)
    policy: Policy | None = None
    stopped: str | None = None
    versions: Mapping[str, int] = field(default_factory=dict)
    """How many events each stream has."""


@dataclass(frozen=True, slots=True)
class PersonDeclared:
    """A person as they now are. The name lies in the vault; `name` is the commitment to it."""

    person: Person
    name: str


@dataclass(frozen=True, slots=True)
class PersonRemoved:
    person: str


@dataclass(frozen=True, slots=True)
class AwaySet:
    person: str
    away: Away | None


@dataclass(frozen=True, slots=True)
class ProgramDeclared:
    program: Program


@dataclass(frozen=True, slots=True)
class KeyCreated:
    key: Key


@dataclass(frozen=True, slots=True)
class KeyRevoked:
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PolicyAdopted:
    document: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """`why` in words, which lie in the vault; `commitment` stands for them."""

    why: str
    commitment: str


@dataclass(frozen=True, slots=True)
class Resumed:
    pass


RegistryEvent = (
    PersonDeclared
    | PersonRemoved
    | AwaySet
    | ProgramDeclared
    | KeyCreated
    | KeyRevoked
    | PolicyAdopted
    | Stopped
    | Resumed
    | AccountEvent
    | EntryOffered
)


def stream_of(event: RegistryEvent) -> str:
    """The stream that an event belongs to."""
    match event:
        case PersonDeclared():
            return f"{REGISTRY}person:{event.person.id}"
        case PersonRemoved() | AwaySet() | AccountLinked() | AccountUnlinked() | LinkOffered() | EntryOffered():
            return f"{REGISTRY}person:{event.person}"
        case ProgramDeclared():
            return f"{REGISTRY}program:{event.program.id}"
        case KeyCreated():
            return f"{REGISTRY}key:{event.key.id}"
        case KeyRevoked():
            return f"{REGISTRY}key:{event.key}"
        case PolicyAdopted():
            return f"{REGISTRY}policy"
        case Stopped() | Resumed():
            return f"{REGISTRY}stop"
        case _:
            assert_never(event)


@dataclass(frozen=True, slots=True)
class DeclarePeople(Command):
    """Keep the declared people and programs in step with `placet.yaml`: add, change, remove."""

    people: tuple[Person, ...] = ()
    names: Mapping[str, Words] = field(default_factory=dict)
    programs: tuple[Program, ...] = ()
    accounts: Mapping[str, tuple[Account, ...]] = field(default_factory=dict)
    """By person."""


@dataclass(frozen=True, slots=True)
class AdoptPolicy(Command):
    """`document`: as written; `policy`: the same, read."""

    document: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class SetAway(Command):
    person: str = ""
    away: Away | None = None


@dataclass(frozen=True, slots=True)
class CreateKey(Command):
    """`key.created_at` is set by the engine's clock."""

    key: Key = None  # type: ignore[assignment]
    owner: str | None = None
    """For a program that is not known yet: the person behind it."""


@dataclass(frozen=True, slots=True)
class RevokeKey(Command):
    key: str = ""


@dataclass(frozen=True, slots=True)
class Stop(Command):
    """Nothing may be claimed until it is resumed."""

    why: Words = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Resume(Command):
    pass


RegistryCommand = (
    DeclarePeople | AdoptPolicy | SetAway | CreateKey | RevokeKey | Stop | Resume | AccountCommand | GuestCommand
)
REGISTRY_COMMANDS = get_args(RegistryCommand)

SCOPES: Mapping[ActorKind, frozenset[str]] = {
    ActorKind.PROGRAM: frozenset({"submit", "read", "claim"}),
    ActorKind.PERSON: frozenset({"vote", "read", "admin"}),
}
"""What a key may be allowed to do. The two sets meet in reading alone."""


def evolve_registry(registry: Registry, event: RegistryEvent) -> Registry:
    """The registry after one more fact."""
    stream = stream_of(event)
    versions = {**registry.versions, stream: registry.versions.get(stream, 0) + 1}
    registry = replace(registry, versions=versions)
    match event:
        case PersonDeclared():
            return replace(registry, people={**registry.people, event.person.id: event.person})
        case PersonRemoved():
            gone = replace(registry.people[event.person], active=False, away=None)
            accounts = without_offers(registry.accounts, gone.id)
            return replace(registry, people={**registry.people, gone.id: gone}, accounts=accounts)
        case AwaySet():
            person = replace(registry.people[event.person], away=event.away)
            return replace(registry, people={**registry.people, person.id: person})
        case ProgramDeclared():
            return replace(registry, programs={**registry.programs, event.program.id: event.program})
        case KeyCreated():
            return replace(registry, keys={**registry.keys, event.key.id: event.key})
        case KeyRevoked():
            key = replace(registry.keys[event.key], revoked_at=event.at)
            return replace(registry, keys={**registry.keys, key.id: key})
        case PolicyAdopted():
            return replace(registry, policy=read_policy(event.document))
        case Stopped():
            return replace(registry, stopped=event.why)
        case Resumed():
            return replace(registry, stopped=None)
        case AccountLinked() | AccountUnlinked() | LinkOffered():
            return replace(registry, accounts=evolve_accounts(registry.accounts, event))
        case EntryOffered():
            return registry
        case _:
            assert_never(event)


def decide_registry(registry: Registry, command: RegistryCommand, now: datetime) -> tuple[RegistryEvent, ...] | Refused:
    """The facts that follow from a command, or why not."""
    match command:
        case DeclarePeople():
            return _declare(registry, command, now)
        case AdoptPolicy():
            return _adopt(registry, command)
        case SetAway():
            return _away(registry, command, now)
        case CreateKey():
            return _create_key(registry, command, now)
        case RevokeKey():
            if not _is_admin(registry, command.actor):
                return _not_admin()
            key = registry.keys.get(command.key)
            if key is None:
                return Refused("not_found", "There is no such key.")
            return () if key.revoked_at else (KeyRevoked(key.id, now),)
        case Stop():
            if not _is_admin(registry, command.actor):
                return _not_admin()
            return () if registry.stopped else (Stopped(command.why.text or "", command.why.commitment),)
        case Resume():
            if not _is_admin(registry, command.actor):
                return _not_admin()
            return (Resumed(),) if registry.stopped else ()
        case OfferLink() | LinkAccount() | UnlinkAccount():
            return decide_accounts(registry.accounts, registry.people, command, now)
        case AddPerson() | ChangePerson() | RemovePerson() | OfferEntry():
            return _guest(registry, command, now) if _is_admin(registry, command.actor) else _not_admin()
        case _:
            assert_never(command)


def _is_admin(registry: Registry, actor: Actor) -> bool:
    if actor.kind is ActorKind.SYSTEM:
        return True
    person = registry.people.get(actor.ref)
    return actor.kind is ActorKind.PERSON and person is not None and person.active and person.admin


def _not_admin() -> Refused:
    return Refused("not_admin", "Only an administrator can do this.")


def _declare(registry: Registry, command: DeclarePeople, now: datetime) -> tuple[RegistryEvent, ...] | Refused:
    if not any(person.admin for person in command.people):
        return Refused("invalid", "somebody must be `admin: true`, to make keys and to hear warnings", "people")
    events: list[RegistryEvent] = []
    for person in command.people:
        known = registry.people.get(person.id)
        wanted = replace(person, away=known.away if known else None)
        if known != wanted:
            events.append(PersonDeclared(wanted, command.names[person.id].commitment))
    declared = {person.id for person in command.people}
    for person in registry.people.values():
        if person.declared and person.active and person.id not in declared:
            events += _removal(registry, person.id, now)
    removed = [event.person for event in events if isinstance(event, PersonRemoved)]
    events += kept_in_step(registry.accounts, command.accounts, removed)
    events += [ProgramDeclared(p) for p in command.programs if registry.programs.get(p.id) != p]
    return tuple(events)


def _removal(registry: Registry, person: str, now: datetime) -> list[RegistryEvent]:
    """Somebody goes, and their keys with them: they must not come back to life with somebody of the same name."""
    keys = (key for key in registry.keys.values() if key.kind is ActorKind.PERSON and key.ref == person)
    return [PersonRemoved(person), *(KeyRevoked(key.id, now) for key in keys if key.revoked_at is None)]


def _guest(registry: Registry, command: GuestCommand, now: datetime) -> tuple[RegistryEvent, ...] | Refused:
    if isinstance(command, OfferEntry):
        found = registry.people.get(command.person)
        if found is None or not found.active:
            return Refused("not_found", "There is no such person.")
        return (EntryOffered(found.id),)
    if isinstance(command, RemovePerson):
        known = invited(command.person, registry.people)
        if isinstance(known, Refused):
            return known
        accounts = (AccountUnlinked(known.id, account) for account in registry.accounts.of(known.id))
        return (*_removal(registry, known.id, now), *accounts)
    person = replace(command.person, active=True, declared=False, away=None)
    if refused := guest_fault(person):
        return refused
    if isinstance(command, ChangePerson):
        known = invited(person.id, registry.people)
        if isinstance(known, Refused):
            return known
        person = replace(person, away=known.away)
        return () if person == known else (PersonDeclared(person, command.name.commitment),)
    if refused := taken(person.id, registry.people, registry.programs):
        return refused
    return (PersonDeclared(person, command.name.commitment),)


def _adopt(registry: Registry, command: AdoptPolicy) -> tuple[RegistryEvent, ...] | Refused:
    policy = command.policy
    if policy is None:
        raise ValueError("a policy is adopted as a document and as what was read from it")
    if faults := policy.faults(registry.people, registry.programs):
        return Refused("invalid", "; ".join(str(fault) for fault in faults), "policy")
    if registry.policy is not None and registry.policy.hash == policy.hash:
        return ()
    return (PolicyAdopted(command.document, policy.hash),)


def _away(registry: Registry, command: SetAway, now: datetime) -> tuple[RegistryEvent, ...] | Refused:
    themselves = command.actor.kind is ActorKind.PERSON and command.actor.ref == command.person
    if not themselves and not _is_admin(registry, command.actor):
        return Refused("not_admin", "Only an administrator can say that somebody else is away.")
    person = registry.people.get(command.person)
    if person is None or not person.active:
        return Refused("not_found", "There is no such person.")
    if command.away is not None:
        if command.away.until <= now:
            return Refused("invalid", "must lie in the future", "until")
        delegate = registry.people.get(command.away.delegate or "")
        if command.away.delegate and (delegate is None or not delegate.active or delegate.id == person.id):
            return Refused("invalid", "must be somebody else who is here", "delegate")
    return () if person.away == command.away else (AwaySet(person.id, command.away),)


def _create_key(registry: Registry, command: CreateKey, now: datetime) -> tuple[RegistryEvent, ...] | Refused:
    if not _is_admin(registry, command.actor):
        return _not_admin()
    key = replace(command.key, created_at=now)
    if key.kind is ActorKind.SYSTEM or not key.scopes or not key.scopes <= SCOPES[key.kind]:
        allowed = ", ".join(sorted(SCOPES.get(key.kind, ())))
        return Refused("invalid", f"for a {key.kind.value} are: {allowed}", "scopes")
    events: list[RegistryEvent] = []
    if key.kind is ActorKind.PERSON:
        person = registry.people.get(key.ref)
        if person is None or not person.active:
            return Refused("invalid", "is not among the people", "person")
        if "admin" in key.scopes and not person.admin:
            return Refused("invalid", "may hold `admin` only if the person is an administrator", "scopes")
    elif key.ref in registry.people:
        return Refused("invalid", "is a person's name; a program needs a name of its own", "program")
    else:
        known = registry.programs.get(key.ref)
        if command.owner is not None and command.owner not in registry.people:
            return Refused("invalid", "is not among the people", "owner")
        if known is None:
            # Somebody stands behind every program: whoever makes its first key, if nobody else is named.
            maker = command.actor.ref if command.actor.kind is ActorKind.PERSON else None
            events.append(ProgramDeclared(Program(key.ref, command.owner or maker)))
        elif command.owner is not None and known.owner != command.owner:
            return Refused("invalid", f"of {known.id} is {known.owner or 'nobody'} already", "owner")
    return (*events, KeyCreated(key))
