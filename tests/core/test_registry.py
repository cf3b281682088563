"""People, programs, keys, the policy and the stop: who may change them, and what follows."""

from dataclasses import replace

import pytest

from core.errors import Refused
from core.model import Actor, ActorKind, Away, Key, Person, Program
from core.policy_document import read_policy
from core.registry import (
    AdoptPolicy,
    AwaySet,
    CreateKey,
    DeclarePeople,
    KeyCreated,
    KeyRevoked,
    PersonDeclared,
    PersonRemoved,
    PolicyAdopted,
    ProgramDeclared,
    Registry,
    RegistryCommand,
    RegistryEvent,
    Resume,
    Resumed,
    RevokeKey,
    SetAway,
    Stop,
    Stopped,
    decide_registry,
    evolve_registry,
    stream_of,
)
from tests.cast import ALICE, BOB, CAROL, DAVE, ERIN, EVERYBODY, HOUR, MOMENTUM, NOW, document, person, rule, words

SYSTEM = Actor(ActorKind.SYSTEM, "start", "start")
ADMIN = person("erin")


def declare(*people: Person, programs: tuple[Program, ...] = ()) -> DeclarePeople:
    names = {someone.id: words(someone.name) for someone in people}
    return DeclarePeople("cmd", SYSTEM, "", people=people, names=names, programs=programs)


def adopt(*rules: dict[str, object]) -> AdoptPolicy:
    written = document(*rules)
    return AdoptPolicy("cmd", SYSTEM, "", document=written, policy=read_policy(written))


def leave(name: str, away: Away | None, by: Actor | None = None) -> SetAway:
    return SetAway("cmd", by or person(name), "", person=name, away=away)


def key(ref: str = "momentum", kind: ActorKind = ActorKind.PROGRAM, *scopes: str) -> Key:
    return Key("key_1", "digest", kind, ref, frozenset(scopes or {"submit", "read"}), NOW - HOUR)


def create(wanted: Key, owner: str | None = None, by: Actor = ADMIN) -> CreateKey:
    return CreateKey("cmd", by, "", key=wanted, owner=owner)


class Book:
    """A registry that hears one command after another."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.tells(declare(*EVERYBODY, programs=(Program("momentum", "frank"),)))

    def tells(self, command: RegistryCommand) -> tuple[RegistryEvent, ...]:
        facts = decide_registry(self.registry, command, NOW)
        assert not isinstance(facts, Refused), facts
        for fact in facts:
            self.registry = evolve_registry(self.registry, fact)
        return facts

    def refusal(self, command: RegistryCommand) -> tuple[str, str | None]:
        refused = decide_registry(self.registry, command, NOW)
        assert isinstance(refused, Refused)
        return refused.code, refused.field


# People and programs


def test_declared_people_are_kept_in_step() -> None:
    book = Book()
    promoted = replace(BOB, roles=frozenset({"trader", "risk"}))

    facts = book.tells(declare(ALICE, promoted, ERIN))

    assert facts == (
        PersonDeclared(promoted, words("Bob").commitment),
        PersonRemoved("carol"),
        PersonRemoved("dave"),
        PersonRemoved("frank"),
    )
    assert book.registry.people["bob"].roles == {"trader", "risk"}
    assert not book.registry.people["dave"].active
    assert book.tells(declare(ALICE, promoted, ERIN)) == ()


def test_who_was_removed_can_be_declared_again() -> None:
    book = Book()
    book.tells(declare(ALICE, ERIN))

    assert book.tells(declare(ALICE, BOB, ERIN)) == (PersonDeclared(BOB, words("Bob").commitment),)
    assert book.registry.people["bob"] == BOB


def test_people_who_were_invited_stand_beside_those_declared() -> None:
    book = Book()
    guest = Person("gina", "Gina", declared=False)
    book.registry = evolve_registry(book.registry, PersonDeclared(guest, "commitment"))

    assert book.tells(declare(*EVERYBODY)) == ()
    assert book.registry.people["gina"].active


def test_declaring_people_does_not_call_anybody_back_from_their_absence() -> None:
    book = Book()
    book.tells(leave("alice", Away(NOW + HOUR)))

    book.tells(declare(replace(ALICE, roles=frozenset({"head"})), *EVERYBODY[1:]))

    assert book.registry.people["alice"].away == Away(NOW + HOUR)
    assert book.registry.people["alice"].roles == {"head"}


def test_somebody_must_be_an_administrator() -> None:
    assert Book().refusal(declare(ALICE, BOB)) == ("invalid", "people")


def test_a_program_is_declared_when_it_or_its_owner_is_new() -> None:
    book = Book()

    assert book.tells(declare(*EVERYBODY, programs=(Program("momentum", "frank"),))) == ()
    assert book.tells(declare(*EVERYBODY, programs=(Program("momentum", "erin"), Program("carry")))) == (
        ProgramDeclared(Program("momentum", "erin")),
        ProgramDeclared(Program("carry")),
    )
    assert book.registry.programs["momentum"].owner == "erin"


def test_every_stream_counts_its_own_events() -> None:
    book = Book()
    book.tells(leave("alice", Away(NOW + HOUR)))

    assert book.registry.versions["registry:person:alice"] == 2
    assert book.registry.versions["registry:person:bob"] == 1
    assert book.registry.versions["registry:program:momentum"] == 1
    assert stream_of(KeyRevoked("key_1", NOW)) == "registry:key:key_1"


# The policy


def test_a_policy_is_adopted_once() -> None:
    book = Book()

    (adopted,) = book.tells(adopt(rule()))

    assert isinstance(adopted, PolicyAdopted)
    assert book.registry.policy is not None
    assert book.registry.policy.hash == adopted.hash
    assert book.tells(adopt(rule())) == ()
    assert len(book.tells(adopt(rule(quorum=2)))) == 1


def test_a_policy_that_nobody_could_satisfy_is_not_adopted() -> None:
    assert Book().refusal(adopt(rule(quorum=9))) == ("invalid", "policy")


def test_a_policy_is_adopted_as_read() -> None:
    with pytest.raises(ValueError, match="what was read"):
        decide_registry(Book().registry, AdoptPolicy("cmd", SYSTEM, "", document=document()), NOW)


# Absence


def test_everybody_says_themselves_that_they_are_away() -> None:
    book = Book()
    absence = Away(NOW + HOUR, "bob")

    assert book.tells(leave("alice", absence)) == (AwaySet("alice", absence),)
    assert book.tells(leave("alice", absence)) == ()
    assert book.registry.people["alice"].is_away(NOW)
    assert not book.registry.people["alice"].is_away(NOW + HOUR)
    assert book.tells(leave("alice", None)) == (AwaySet("alice", None),)


def test_only_an_administrator_says_it_of_somebody_else() -> None:
    book = Book()

    assert book.refusal(leave("alice", Away(NOW + HOUR), by=person("bob"))) == ("not_admin", None)
    assert book.refusal(leave("alice", Away(NOW + HOUR), by=MOMENTUM)) == ("not_admin", None)
    assert book.tells(leave("alice", Away(NOW + HOUR), by=ADMIN))


def test_a_program_that_is_called_like_a_person_is_not_that_person() -> None:
    impostor = Actor(ActorKind.PROGRAM, "alice", "api")

    assert Book().refusal(leave("alice", Away(NOW + HOUR, "carol"), by=impostor)) == ("not_admin", None)


def test_an_absence_lies_ahead_and_its_delegate_is_here() -> None:
    book = Book()
    book.tells(declare(ALICE, BOB, CAROL, ERIN))

    assert book.refusal(leave("alice", Away(NOW))) == ("invalid", "until")
    for delegate in ("alice", "mallory", DAVE.id):
        assert book.refusal(leave("alice", Away(NOW + HOUR, delegate))) == ("invalid", "delegate")
    assert book.refusal(leave("mallory", Away(NOW + HOUR), by=ADMIN)) == ("not_found", None)
    assert book.refusal(leave("dave", Away(NOW + HOUR))) == ("not_found", None)


# Keys


def test_a_key_is_made_by_an_administrator_at_the_engines_time() -> None:
    book = Book()

    assert book.refusal(create(key(), by=person("alice"))) == ("not_admin", None)
    assert book.refusal(create(key(), by=MOMENTUM)) == ("not_admin", None)
    assert book.tells(create(key())) == (KeyCreated(replace(key(), created_at=NOW)),)
    assert book.registry.keys["key_1"].revoked_at is None


def test_an_administrator_who_was_removed_is_none() -> None:
    book = Book()
    book.tells(declare(replace(ALICE, admin=True)))

    assert book.refusal(create(key())) == ("not_admin", None)
    assert book.tells(create(key(), by=person("alice")))


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (key("momentum", ActorKind.PROGRAM, "vote"), "scopes"),
        (key("momentum", ActorKind.PROGRAM, "submit", "admin"), "scopes"),
        (replace(key(), scopes=frozenset()), "scopes"),
        (key("clock", ActorKind.SYSTEM, "read"), "scopes"),
        (key("alice", ActorKind.PERSON, "submit"), "scopes"),
        (key("alice", ActorKind.PERSON, "vote", "admin"), "scopes"),
        (key("mallory", ActorKind.PERSON, "vote"), "person"),
        (key("alice", ActorKind.PROGRAM, "submit"), "program"),
    ],
)
def test_a_key_never_holds_more_than_its_kind_may(wanted: Key, field: str) -> None:
    assert Book().refusal(create(wanted)) == ("invalid", field)


def test_a_persons_key_may_vote_and_an_administrators_may_administrate() -> None:
    assert Book().tells(create(key("alice", ActorKind.PERSON, "vote", "read")))
    assert Book().tells(create(key("erin", ActorKind.PERSON, "vote", "admin")))


def test_a_new_program_comes_with_its_owner_and_an_old_one_keeps_it() -> None:
    book = Book()

    facts = book.tells(create(key("carry"), owner="erin"))
    assert facts[0] == ProgramDeclared(Program("carry", "erin"))
    assert book.refusal(create(key("carry"), owner="alice")) == ("invalid", "owner")
    assert book.refusal(create(key("other"), owner="mallory")) == ("invalid", "owner")
    assert len(book.tells(create(key("carry"), owner="erin"))) == 1
    assert len(book.tells(create(key("carry")))) == 1


def test_a_key_is_revoked_once_and_by_an_administrator() -> None:
    book = Book()
    book.tells(create(key()))

    assert book.refusal(RevokeKey("cmd", person("alice"), "", key="key_1")) == ("not_admin", None)
    assert book.refusal(RevokeKey("cmd", ADMIN, "", key="key_2")) == ("not_found", None)
    assert book.tells(RevokeKey("cmd", ADMIN, "", key="key_1")) == (KeyRevoked("key_1", NOW),)
    assert book.tells(RevokeKey("cmd", ADMIN, "", key="key_1")) == ()
    assert book.registry.keys["key_1"].revoked_at == NOW


# The stop


def test_an_administrator_stops_everything_and_resumes_it() -> None:
    book = Book()
    assert book.refusal(Stop("cmd", person("alice"), "", why=words("no"))) == ("not_admin", None)

    assert book.tells(Stop("cmd", ADMIN, "", why=words("fat finger"))) == (
        Stopped("fat finger", words("fat finger").commitment),
    )
    assert book.registry.stopped == "fat finger"
    assert book.tells(Stop("cmd", ADMIN, "", why=words("again"))) == ()

    assert book.refusal(Resume("cmd", person("alice"), "")) == ("not_admin", None)
    assert book.tells(Resume("cmd", ADMIN, "")) == (Resumed(),)
    assert book.tells(Resume("cmd", ADMIN, "")) == ()
    assert book.registry == replace(Book().registry, versions=book.registry.versions)
