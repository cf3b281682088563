"""Whom a pending request waits for: who may decide it and has not."""

from __future__ import annotations

from dataclasses import replace

from core.model import Person
from core.people import audience, waits_for
from tests.cast import ALICE, BOB, CAROL, EVERYBODY, FRANK, PROGRAMS, Story, away, rule, submit, take_back, vote, world
from tests.cast import person as actor

TWO = rule(quorum=2, four_eyes=True)


def waiting(story: Story) -> list[str]:
    """The ids of those it waits for."""
    around = story.world
    return sorted(
        one.id for one in around.people.values() if waits_for(one, story.request, around.people, PROGRAMS, around.now)
    )


def test_it_waits_for_who_is_asked_and_not_for_the_programs_owner_under_four_eyes() -> None:
    assert waiting(Story()) == ["alice", "bob", "frank"]
    assert waiting(Story(world(TWO))) == ["alice", "bob"]


def test_it_does_not_wait_for_who_has_voted_until_they_take_it_back() -> None:
    story = Story(world(rule(quorum=2, grace="PT1M")))
    story.tells(vote("alice", "approve"))
    assert waiting(story) == ["bob", "frank"]
    story = Story(world(rule(grace="PT1M"))).tells(vote("alice", "approve"))
    assert "alice" not in waiting(story)
    story.tells(take_back("alice"))
    assert "alice" in waiting(story)


def test_what_somebody_asked_themselves_never_waits_for_them() -> None:
    story = Story(opening=submit(by=actor("alice")))
    assert waiting(story) == ["bob", "frank"]


def test_it_waits_for_whoever_stands_in() -> None:
    story = Story().with_people(away(ALICE, "carol"))
    assert "carol" in waiting(story)
    # Somebody who is away may still decide: they only need not.
    assert "alice" in waiting(story)


def test_it_waits_for_nobody_who_was_removed() -> None:
    assert waiting(Story().with_people(replace(BOB, active=False))) == ["alice", "frank"]


def test_an_audience_names_the_roles_and_the_person_and_those_they_stand_in_for() -> None:
    everybody: dict[str, Person] = {one.id: one for one in EVERYBODY}
    assert audience(ALICE, everybody) == ("role:trader", "person:alice")
    assert audience(CAROL, everybody) == ("person:carol",)
    everybody["frank"] = away(FRANK, "carol")
    assert audience(CAROL, everybody) == ("person:carol", "role:trader", "person:frank")
