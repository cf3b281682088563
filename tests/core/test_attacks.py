"""What an attack found: keys that came back to life, and silence while nobody could be heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.deadlines import LATE
from core.model import ActorKind, Key, Outcome, Program
from core.registry import KeyRevoked, PersonRemoved
from tests.cast import ALICE, BOB, ERIN, EVERYBODY, HOUR, NOW, Story, rule, tick, world
from tests.core.test_registry import ADMIN, Book, create, declare, key

SECOND = timedelta(seconds=1)
WITHOUT_BOB = tuple(person for person in EVERYBODY if person != BOB)


def keys(book: Book, person: str) -> list[Key]:
    return [k for k in book.registry.keys.values() if k.kind is ActorKind.PERSON and k.ref == person]


def test_who_is_taken_out_loses_every_key_and_somebody_of_the_same_name_later_has_none() -> None:
    book = Book()
    for number, ref in enumerate(("bob", "bob", "alice"), 1):
        made = key(ref, ActorKind.PERSON, "vote", "read")
        book.tells(create(replace(made, id=f"key_{number}", digest=f"digest {number}")))

    facts = book.tells(declare(*WITHOUT_BOB))

    assert facts == (PersonRemoved("bob"), KeyRevoked("key_1", NOW), KeyRevoked("key_2", NOW))
    assert [k.revoked_at for k in keys(book, "bob")] == [NOW, NOW]
    assert [k.revoked_at for k in keys(book, "alice")] == [None]
    book.tells(declare(*WITHOUT_BOB, replace(BOB, name="Another Bob")))
    assert book.registry.people["bob"].active
    assert [k.revoked_at for k in keys(book, "bob")] == [NOW, NOW]


def test_a_key_that_was_revoked_before_is_not_revoked_once_more() -> None:
    book = Book()
    book.tells(create(key("bob", ActorKind.PERSON, "vote")))
    book.tells(declare(*WITHOUT_BOB))
    book.tells(declare(*EVERYBODY))

    assert book.tells(declare(*WITHOUT_BOB)) == (PersonRemoved("bob"),)


def test_the_keys_of_a_program_outlive_the_person_who_owns_it() -> None:
    book = Book()
    book.tells(create(key("momentum")))

    assert book.tells(declare(ALICE, ERIN)) == tuple(PersonRemoved(name) for name in ("bob", "carol", "dave", "frank"))
    assert book.registry.keys["key_1"].revoked_at is None


def test_a_program_that_is_made_with_its_key_belongs_to_whoever_makes_it() -> None:
    book = Book()
    book.tells(create(key("carry"), by=ADMIN))
    assert book.registry.programs["carry"] == Program("carry", "erin")

    book.tells(create(replace(key("value"), id="key_2", digest="other"), owner="alice", by=ADMIN))
    assert book.registry.programs["value"] == Program("value", "alice")


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        (0 * SECOND, Outcome.APPROVED),
        (LATE, Outcome.APPROVED),
        (LATE + SECOND, Outcome.EXPIRED),
        (72 * HOUR, Outcome.EXPIRED),
    ],
)
def test_silence_means_assent_only_when_the_clock_comes_within_a_minute(late: timedelta, outcome: Outcome) -> None:
    assert timedelta(minutes=1) == LATE
    story = Story(world(rule(silence="approve"))).later(4 * HOUR + late)

    assert story.tells(tick()).outcome == outcome
