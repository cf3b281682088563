"""What a new revision takes over from the old one, and what it begins anew."""

from dataclasses import replace

from core.model import Outcome
from tests.cast import (
    ALICE,
    BOB,
    FRANK,
    HOUR,
    Story,
    away,
    gone,
    modify,
    people,
    recheck,
    rule,
    tick,
    two_tiers,
    vote,
    world,
)

HEAD_LATER = {"after": "PT1H", "to": {"roles": ["head"]}}


def test_under_the_same_rule_those_who_were_added_stay_asked() -> None:
    story = Story(world(rule(quorum=2, escalate=[HEAD_LATER]))).later(HOUR).tells(tick(), modify("erin", qty=80))

    assert story.request.revision.number == 2
    assert story.request.escalated == 1
    assert story.tells(vote("alice", "approve", 2)).outcome == Outcome.MODIFIED


def test_under_another_rule_the_ladder_begins_anew() -> None:
    above = two_tiers(route={"roles": ["trader"]}, quorum=2, escalate=[HEAD_LATER])
    lower = replace(above.rules[1], escalate=above.rules[0].escalate)
    story = Story(world(ruled_by=replace(above, rules=(above.rules[0], lower)))).later(HOUR).tells(tick())
    assert story.request.escalated == 1

    story.tells(modify("alice", qty=1_000))

    assert story.request.ruling.tier == 2
    assert story.request.escalated == 0
    assert story.refusal(vote("erin", "approve", 2)) == "not_entitled"


def test_the_time_and_its_reminder_begin_anew() -> None:
    story = Story(world(rule(quorum=2))).later(3.5 * HOUR).tells(tick())
    assert story.happened() == ["Opened", "Reminded"]

    story.tells(modify("alice", qty=80))
    assert not story.request.reminded
    assert story.request.ruling.expire_at == story.world.now + 4 * HOUR

    story.later(3.5 * HOUR).tells(tick())
    assert story.happened()[-1] == "Reminded"


def test_what_was_blocked_is_looked_at_anew() -> None:
    story = Story(world(rule(quorum=2), people=people(away(ALICE), away(BOB), away(FRANK))))
    assert story.happened() == ["Opened", "Blocked"]

    story.with_people(BOB).tells(modify("alice", qty=80))

    assert story.request.blocked is None
    assert story.outcome is None


def test_nobodys_vote_is_voided_on_a_revision_that_is_new() -> None:
    story = Story(world(rule(quorum=2))).tells(vote("alice", "approve")).with_people(gone(ALICE)).tells(recheck())
    assert story.request.voided == {"alice"}

    story.tells(modify("bob", qty=80))

    assert story.request.voided == frozenset()
    assert story.with_people(ALICE).tells(vote("alice", "approve", 2)).outcome == Outcome.MODIFIED


def test_the_floor_rises_with_the_tier() -> None:
    story = Story(world(ruled_by=two_tiers(route={"roles": ["trader"]}, quorum=2)))
    assert story.request.floor == 1

    story.tells(modify("alice", qty=1_000))
    assert story.request.floor == 2

    story.tells(modify("bob", 2, qty=10))
    assert (story.request.floor, story.request.ruling.tier) == (2, 2)


def test_the_card_of_the_first_revision_is_what_an_override_is_measured_against() -> None:
    story = Story(world(rule(quorum=3))).tells(modify("alice", qty=80), modify("bob", 2, qty=60))

    assert story.request.recommended.parameters["qty"] == 100
    assert story.tells(vote("alice", "approve", 3), vote("frank", "approve", 3)).outcome == Outcome.MODIFIED
    assert story.request.decision is not None
    assert story.request.decision.override is not None
    assert [(change.old, change.new) for change in story.request.decision.override.changes] == [(100, 60)]
