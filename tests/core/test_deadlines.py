"""What is due when, and what silence means."""

from decimal import Decimal

import pytest

from core.commands import Command
from core.deadlines import next_due
from core.events import Escalated
from core.model import Outcome, Route
from tests.cast import (
    HOUR,
    MINUTE,
    NOW,
    Story,
    cancel,
    claim,
    modify,
    policy,
    rule,
    submit,
    tick,
    vote,
    world,
)

HEAD_LATER = {"after": "PT1H", "to": {"roles": ["head"]}}
LIMITS = [{"name": "largest", "must": "amount <= 50000"}]


# Reminders, escalations, expiry


def test_it_reminds_once_when_most_of_the_time_is_over() -> None:
    story = Story()
    assert next_due(story.request) == NOW + 0.8 * 4 * HOUR

    story.later(3 * HOUR).tells(tick())
    assert story.latest == ()

    story.later(12 * MINUTE).tells(tick(), tick())
    assert story.happened() == ["Opened", "Reminded"]
    assert next_due(story.request) == NOW + 4 * HOUR


def test_it_escalates_step_by_step() -> None:
    ladder = [HEAD_LATER, {"after": "PT2H", "to": {"people": ["dave"]}}]
    story = Story(world(rule(escalate=ladder, remind=None)))
    assert next_due(story.request) == NOW + HOUR

    story.later(HOUR).tells(tick())
    assert story.latest == (Escalated(1, Route(roles=("head",)), "nobody has decided in time"),)
    assert story.refusal(vote("dave", "approve")) == "not_entitled"

    story.later(HOUR).tells(tick(), vote("dave", "approve"))
    assert story.outcome == Outcome.APPROVED


def test_after_a_long_sleep_it_expires_and_does_nothing_else() -> None:
    story = Story(world(rule(escalate=[HEAD_LATER]))).later(24 * HOUR).tells(tick())

    assert story.happened() == ["Opened", "Decided"]
    assert story.outcome == Outcome.EXPIRED
    assert story.tells(tick()).latest == ()


def test_what_has_ended_is_never_due() -> None:
    assert next_due(Story().tells(cancel()).request) is None


# Silence


def test_silence_approves_in_tier_one_where_the_policy_says_so() -> None:
    story = Story(world(rule(silence="approve"))).later(4 * HOUR).tells(tick())

    assert story.outcome == Outcome.APPROVED
    assert story.request.decision is not None
    assert (story.request.decision.by, story.request.votes) == ((), ())
    assert story.tells(claim()).request.claim is not None


def test_the_policy_that_lets_silence_approve_says_nothing_of_a_higher_tier() -> None:
    story = Story(world(ruled_by=policy(two_tiers_rule(), rule(silence="approve"))), submit(amount=Decimal(200_000)))

    assert story.later(24 * HOUR).tells(tick()).outcome == Outcome.EXPIRED


def two_tiers_rule() -> dict[str, object]:
    return rule(name="critical", tier=2, when="amount > 100000")


@pytest.mark.parametrize("objection", [vote("alice", "reject"), modify("alice", qty=80), modify("alice", qty=90_000)])
def test_silence_does_not_approve_against_an_objection_a_change_or_a_suggestion(objection: Command) -> None:
    critical = rule(name="critical", tier=2, when="amount > 100000", route={"roles": ["head"]})
    story = Story(world(critical, rule(silence="approve", quorum=2))).tells(objection)

    assert story.outcome is None
    assert story.later(24 * HOUR).tells(tick()).outcome == Outcome.EXPIRED


def test_silence_does_not_approve_what_breaks_a_hard_limit_or_holds_no_longer() -> None:
    around = world(ruled_by=policy(rule(silence="approve"), limits=LIMITS))
    assert Story(around).later(4 * HOUR).tells(tick()).outcome == Outcome.APPROVED

    large = Story(around, submit(amount=Decimal(60_000))).later(4 * HOUR).tells(tick())
    assert large.outcome == Outcome.EXPIRED


def test_a_vote_that_comes_after_silence_has_approved_is_refused() -> None:
    story = Story(world(rule(silence="approve"))).later(4 * HOUR)

    assert story.refusal(vote("alice", "reject")) == "ended"
    assert story.outcome == Outcome.APPROVED
