"""A request that nobody can decide, and what lifts that again."""

from __future__ import annotations

from core.deadlines import next_due
from core.events import Unblocked
from core.model import Outcome
from tests.cast import (
    ALICE,
    BOB,
    ERIN,
    FRANK,
    HOUR,
    Story,
    away,
    context,
    names,
    people,
    recheck,
    rule,
    tick,
    vote,
    world,
)

HEAD_LATER = {"after": "PT1H", "to": {"roles": ["head"]}}
NOBODY_HERE = people(away(ALICE), away(BOB), away(FRANK))


def blocked(**changes: object) -> Story:
    story = Story(world(rule(**changes), people=NOBODY_HERE))
    assert story.happened() == ["Opened", "Blocked"]
    return story


def test_what_was_blocked_is_open_again_when_somebody_is_back_and_it_is_looked_at() -> None:
    story = blocked().with_people(BOB)
    assert story.request.blocked, "nobody has looked yet"

    story.tells(recheck())

    assert story.latest == (Unblocked(),)
    assert not story.request.blocked
    assert story.tells(recheck()).latest == ()


def test_too_few_who_are_back_lift_no_block() -> None:
    story = blocked(quorum=2).with_people(BOB).tells(recheck())
    assert story.happened() == ["Opened", "Blocked"]

    assert names(story.with_people(ALICE).tells(recheck()).latest) == ["Unblocked"]


def test_a_vote_lifts_the_block_when_others_can_follow_it() -> None:
    story = blocked(quorum=2).with_people(BOB, ALICE).tells(vote("bob", "approve"))

    assert names(story.latest) == ["Voted", "Unblocked"]
    assert story.tells(vote("alice", "approve")).outcome == Outcome.APPROVED


def test_a_vote_that_decides_needs_no_lifting() -> None:
    story = blocked().with_people(BOB).tells(vote("bob", "approve"))

    assert names(story.latest) == ["Voted", "Decided"]


def test_a_refused_vote_lifts_nothing() -> None:
    story = blocked().with_people(BOB)

    assert story.refusal(vote("carol", "approve")) == "not_entitled"
    assert story.latest == ()


def test_an_update_of_the_context_looks_too() -> None:
    assert names(blocked().with_people(BOB).tells(context(vix=3)).latest) == ["ContextUpdated", "Unblocked"]


def test_it_is_blocked_again_when_they_leave_again() -> None:
    story = blocked().with_people(BOB).tells(recheck()).with_people(away(BOB)).tells(recheck())

    assert story.happened() == ["Opened", "Blocked", "Unblocked", "Blocked"]


def test_the_top_of_the_ladder_is_not_left_when_the_block_is_lifted() -> None:
    absent = people(away(ALICE), away(BOB), away(FRANK), away(ERIN))
    story = Story(world(rule(escalate=[HEAD_LATER]), people=absent))
    assert story.happened() == ["Opened", "Escalated", "Blocked"]

    story.with_people(BOB).tells(recheck())

    assert (story.request.blocked, story.request.escalated) == (None, 1)
    assert story.with_people(ERIN).tells(vote("erin", "approve")).outcome == Outcome.APPROVED


def test_silence_approves_only_what_is_not_blocked_any_more() -> None:
    unseen = blocked(silence="approve").with_people(BOB).later(4 * HOUR).tells(tick())
    assert unseen.outcome == Outcome.EXPIRED

    seen = blocked(silence="approve").with_people(BOB).tells(recheck()).later(4 * HOUR).tells(tick())
    assert seen.outcome == Outcome.APPROVED


def test_its_deadline_is_the_same_blocked_or_not() -> None:
    story = blocked(remind=None)
    due = next_due(story.request)

    assert next_due(story.with_people(BOB).tells(recheck()).request) == due


def test_what_has_expired_is_not_lifted() -> None:
    story = blocked().with_people(BOB).later(4 * HOUR).tells(recheck())

    assert names(story.latest) == ["Decided"]
    assert story.outcome == Outcome.EXPIRED
