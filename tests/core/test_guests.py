"""People who were invited: who may add, change and remove them, and what follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.accounts import AccountLinked, AccountUnlinked
from core.errors import Refused
from core.guests import AddPerson, ChangePerson, EntryOffered, OfferEntry, RemovePerson
from core.model import Account, Actor, ActorKind, Away, Key, Person, Program
from core.registry import (
    DeclarePeople,
    KeyCreated,
    KeyRevoked,
    PersonDeclared,
    PersonRemoved,
    ProgramDeclared,
    Registry,
    decide_registry,
    evolve_registry,
    stream_of,
)
from tests.cast import EVERYBODY, HOUR, NOW, person, words

GINA = Person("gina", "Gina", frozenset({"trader"}), declared=False)
SLACK = Account("slack", "T1", "UGINA")
SYSTEM = Actor(ActorKind.SYSTEM, "start", "start")


def add(who: Person = GINA, by: str = "erin") -> AddPerson:
    return AddPerson("cmd", person(by), "", person=who, name=words(who.name))


def change(who: Person, by: str = "erin") -> ChangePerson:
    return ChangePerson("cmd", person(by), "", person=who, name=words(who.name))


def remove(who: str, by: str = "erin") -> RemovePerson:
    return RemovePerson("cmd", person(by), "", person=who)


def house(*more: object) -> Registry:
    registry = Registry(people={one.id: one for one in EVERYBODY})
    for event in more:
        registry = evolve_registry(registry, event)  # type: ignore[arg-type]
    return registry


def facts(registry: Registry, command: AddPerson | ChangePerson | RemovePerson | OfferEntry) -> tuple[object, ...]:
    found = decide_registry(registry, command, NOW)
    assert not isinstance(found, Refused), found
    return found


def refusal(
    registry: Registry, command: AddPerson | ChangePerson | RemovePerson | OfferEntry
) -> tuple[str, str | None]:
    refused = decide_registry(registry, command, NOW)
    assert isinstance(refused, Refused)
    return refused.code, refused.field


def test_an_administrator_adds_somebody_whom_the_file_does_not_know() -> None:
    assert facts(house(), add()) == (PersonDeclared(GINA, words("Gina").commitment),)


def test_nobody_is_added_as_declared_as_away_or_as_removed() -> None:
    odd = replace(GINA, declared=True, active=False, away=Away(NOW + HOUR))
    assert facts(house(), add(odd)) == (PersonDeclared(GINA, words("Gina").commitment),)


def test_who_is_added_survives_the_file() -> None:
    registry = house(PersonDeclared(GINA, "commitment"))
    names = {one.id: words(one.name) for one in EVERYBODY}
    declare = DeclarePeople("cmd", SYSTEM, "", people=EVERYBODY, names=names)
    assert decide_registry(registry, declare, NOW) == ()


@pytest.mark.parametrize("by", ["alice", "nobody"])
def test_only_an_administrator_does_any_of_this(by: str) -> None:
    registry = house(PersonDeclared(GINA, "commitment"))
    offer = OfferEntry("cmd", person(by), "", person="bob")
    assert refusal(registry, add(replace(GINA, id="hugo"), by)) == ("not_admin", None)
    assert refusal(registry, change(GINA, by)) == ("not_admin", None)
    assert refusal(registry, remove("gina", by)) == ("not_admin", None)
    assert refusal(registry, offer) == ("not_admin", None)


def test_who_was_an_administrator_may_not_any_more() -> None:
    hugo = replace(GINA, id="hugo", admin=True)
    registry = house(PersonDeclared(hugo, "c"))
    assert facts(registry, add(by="hugo"))
    assert refusal(house(PersonDeclared(hugo, "c"), PersonRemoved("hugo")), add(by="hugo")) == ("not_admin", None)
    assert refusal(house(PersonDeclared(replace(hugo, admin=False), "c")), add(by="hugo")) == ("not_admin", None)


@pytest.mark.parametrize(
    ("who", "field"),
    [
        (replace(GINA, id="alice"), "id"),
        (replace(GINA, id="momentum"), "id"),
        (replace(GINA, id="Gina"), "id"),
        (replace(GINA, id="gina\n"), "id"),
        (replace(GINA, name=" "), "name"),
        (replace(GINA, name="Gi\u202ena"), "name"),
        (replace(GINA, name="x" * 81), "name"),
        (replace(GINA, roles=frozenset({"a role"})), "roles"),
        (replace(GINA, skills=frozenset({f"s{number}" for number in range(21)})), "skills"),
    ],
)
def test_who_makes_no_sense_is_not_added(who: Person, field: str) -> None:
    registry = house(ProgramDeclared(Program("momentum", "frank")))
    assert refusal(registry, add(who)) == ("invalid", field)


def test_who_was_removed_comes_back_the_way_they_came() -> None:
    gone = house(PersonDeclared(GINA, "c"), PersonRemoved("gina"))
    assert facts(gone, add()) == (PersonDeclared(GINA, words("Gina").commitment),)
    # Whoever the file once declared is somebody else than a guest of that name.
    assert refusal(house(PersonRemoved("bob")), add(replace(GINA, id="bob"))) == ("invalid", "id")


def test_a_guest_is_changed_and_stays_away_if_they_are() -> None:
    away = Away(NOW + HOUR, "alice")
    registry = house(PersonDeclared(replace(GINA, away=away), "c"))
    wanted = replace(GINA, name="Gina B", roles=frozenset({"risk"}), away=None)
    assert facts(registry, change(wanted)) == (PersonDeclared(replace(wanted, away=away), words("Gina B").commitment),)
    assert facts(registry, change(GINA)) == ()


def test_who_is_declared_is_changed_and_removed_in_the_file() -> None:
    assert refusal(house(), change(replace(GINA, id="bob"))) == ("invalid", "person")
    assert refusal(house(), remove("bob")) == ("invalid", "person")
    assert refusal(house(), remove("gina")) == ("not_found", None)
    assert refusal(house(), change(GINA)) == ("not_found", None)


def test_with_a_guest_go_their_keys_and_their_accounts() -> None:
    key = Key("key_1", "digest", ActorKind.PERSON, "gina", frozenset({"vote"}), NOW)
    other = Key("key_2", "digest2", ActorKind.PROGRAM, "gina", frozenset({"read"}), NOW)
    registry = house(PersonDeclared(GINA, "c"), KeyCreated(key), KeyCreated(other), AccountLinked("gina", SLACK))
    found = facts(registry, remove("gina"))
    assert found == (PersonRemoved("gina"), KeyRevoked("key_1", NOW), AccountUnlinked("gina", SLACK))


def test_that_somebody_can_come_in_as_another_is_a_fact() -> None:
    offer = OfferEntry("cmd", person("erin"), "", person="bob")
    assert facts(house(), offer) == (EntryOffered("bob"),)
    assert stream_of(EntryOffered("bob")) == "registry:person:bob"
    assert refusal(house(PersonRemoved("bob")), offer) == ("not_found", None)
    assert refusal(house(), replace(offer, person="nobody")) == ("not_found", None)
