"""A grace: what the votes have decided waits for a little, and whoever voted may take it back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import card
from core.canonical import decode, encode
from core.codec import read_ruling, write_ruling, write_vote
from core.codec_events import read_state, state_bytes
from core.deadlines import next_due
from core.errors import PolicyError
from core.events import Decided, VoteTakenBack
from core.model import Outcome
from core.policy_document import read_policy
from core.settling import settling
from core.wording import settling_sentence
from tests.cast import (
    ALICE,
    BOB,
    FRANK,
    HOUR,
    MINUTE,
    MOMENTUM,
    NOW,
    Story,
    because,
    claim,
    context,
    document,
    gone,
    modify,
    policy,
    reason,
    recheck,
    rule,
    submit,
    take_back,
    tick,
    two_tiers,
    vote,
    world,
)

SECOND = timedelta(seconds=1)


def story(**changes: Any) -> Story:
    """Any one trader decides, and has ten seconds to undo it."""
    return Story(world(rule(**{"grace": "PT10S", **changes})))


# What waits


def test_an_approval_waits_for_its_grace_and_is_then_recorded_by_the_clock() -> None:
    told = story().tells(vote("alice", "approve"))
    assert told.outcome is None
    assert next_due(told.request) == NOW + 10 * SECOND
    assert told.refusal(claim()) == "not_decided"

    told.later(9 * SECOND).tells(tick())
    assert told.latest == ()
    told.later(SECOND).tells(tick())
    decision = told.request.decision
    assert decision is not None
    assert (decision.outcome, decision.by, decision.at) == (Outcome.APPROVED, ("alice",), NOW + 10 * SECOND)
    assert told.tells(claim()).request.claim is not None


@pytest.mark.parametrize(
    ("choice", "outcome"), [("reject", Outcome.REJECTED), ("request_changes", Outcome.CHANGES_REQUESTED)]
)
def test_so_does_every_other_decision_by_votes(choice: str, outcome: Outcome) -> None:
    told = story().tells(vote("alice", choice))
    assert told.outcome is None
    assert told.later(10 * SECOND).tells(tick()).outcome == outcome


def test_without_a_grace_it_counts_at_once_and_cannot_be_taken_back() -> None:
    told = Story().tells(vote("alice", "approve"))
    assert told.outcome == Outcome.APPROVED
    assert told.refusal(take_back("alice")) == "ended"

    waiting = Story(world(rule(quorum=2))).tells(vote("alice", "approve"))
    assert waiting.refusal(take_back("alice")) == "no_grace"


def test_whatever_is_asked_after_the_grace_finds_it_decided() -> None:
    told = story().tells(vote("alice", "approve")).later(11 * SECOND)
    assert told.refusal(take_back("alice")) == "ended"
    assert told.outcome == Outcome.APPROVED


def test_while_it_waits_it_neither_reminds_nor_escalates() -> None:
    ladder = [{"after": "PT1H", "to": {"roles": ["head"]}}]
    told = story(escalate=ladder, grace="PT5M").later(HOUR - MINUTE).tells(vote("alice", "approve"))
    told.later(3 * MINUTE).tells(tick())
    assert told.happened() == ["Opened", "Voted"]
    told.tells(take_back("alice")).tells(tick())
    assert told.happened() == ["Opened", "Voted", "VoteTakenBack", "Escalated"]


# Taking back


def test_a_vote_that_is_taken_back_counts_no_longer_and_stays_on_record() -> None:
    told = story().tells(vote("alice", "approve", reason=because("price"))).later(5 * SECOND)
    told.tells(take_back("alice"))
    assert told.latest == (VoteTakenBack("alice", 1, NOW + 5 * SECOND),)
    assert told.request.counted() == ()
    assert told.request.votes[0].taken_back == NOW + 5 * SECOND
    assert next_due(told.request) == told.request.ruling.remind_at
    assert told.later(HOUR).tells(tick()).outcome is None


def test_whoever_took_a_vote_back_may_vote_again() -> None:
    told = story().tells(vote("alice", "approve"), take_back("alice"), vote("alice", "reject"))
    assert [(v.choice.value, v.taken_back) for v in told.request.votes] == [("approve", NOW), ("reject", None)]
    assert told.refusal(vote("alice", "approve")) == "voted_otherwise"
    assert told.later(10 * SECOND).tells(tick()).outcome == Outcome.REJECTED


def test_a_reason_goes_to_the_vote_that_stands() -> None:
    told = story().tells(vote("alice", "reject"), take_back("alice"))
    assert told.refusal(reason("alice", because("risk"))) == "no_vote"
    told.tells(vote("alice", "reject"), reason("alice", because("risk")))
    assert [[r.code for r in v.reasons] for v in told.request.votes] == [[], ["risk"]]


def test_nobody_takes_back_what_another_said() -> None:
    told = story().tells(vote("alice", "approve"))
    assert told.refusal(take_back("bob")) == "no_vote"
    assert told.refusal(replace(take_back("alice"), actor=MOMENTUM)) == "not_a_person"
    assert told.with_people(gone(ALICE)).refusal(take_back("alice")) == "unknown_person"


def test_a_modification_that_is_taken_back_leaves_its_values_to_be_decided() -> None:
    told = story().tells(modify("alice", qty=80))
    assert (told.outcome, told.request.revision.number) == (None, 2)
    assert told.refusal(take_back("alice", 1)) == "stale_revision"

    told.tells(take_back("alice"))
    assert (told.request.revision.number, told.request.counted()) == (2, ())
    told.tells(vote("alice", "approve", 2)).later(10 * SECOND).tells(tick())
    assert told.outcome == Outcome.MODIFIED


def test_nobody_keeps_a_request_in_the_air_for_ever() -> None:
    told = story()
    for _ in range(10):
        told.tells(vote("alice", "approve"), take_back("alice"))
    told.tells(vote("alice", "approve"))
    assert told.refusal(take_back("alice")) == "too_many"


# Others, meanwhile


def test_an_objection_within_the_grace_rejects_whoever_was_first() -> None:
    approved_first = story().tells(vote("alice", "approve"), vote("bob", "reject"))
    rejected_first = story().tells(vote("bob", "reject"), vote("alice", "approve"))
    for told in (approved_first, rejected_first):
        assert told.later(10 * SECOND).tells(tick()).outcome == Outcome.REJECTED


def test_it_counts_when_nobody_has_voted_for_as_long_as_the_grace_lasts() -> None:
    told = story().tells(vote("alice", "approve")).later(6 * SECOND).tells(vote("bob", "approve"))
    assert next_due(told.request) == NOW + 16 * SECOND
    told.later(6 * SECOND).tells(take_back("alice"))
    assert next_due(told.request) == NOW + 16 * SECOND
    told.later(4 * SECOND).tells(tick())
    assert told.request.decision is not None
    assert told.request.decision.by == ("bob",)


def test_a_quorum_that_is_broken_again_asks_the_others_as_before() -> None:
    told = story(quorum=2).tells(vote("alice", "approve"), vote("bob", "approve"), take_back("alice"))
    assert settling(told.request) is None
    told.later(10 * SECOND).tells(tick())
    assert told.outcome is None
    told.tells(vote("frank", "approve")).later(10 * SECOND).tells(tick())
    assert told.outcome == Outcome.APPROVED


def test_a_modification_by_another_is_asked_anew() -> None:
    told = story(quorum=2).tells(vote("alice", "approve"), vote("bob", "approve"), modify("frank", qty=80))
    assert settling(told.request) is None
    assert [v.person for v in told.request.counted()] == ["frank"]


# Judged again


def test_the_vote_of_somebody_who_was_removed_does_not_settle() -> None:
    told = story().tells(vote("alice", "approve")).with_people(gone(ALICE)).later(10 * SECOND)
    told.tells(tick())
    assert told.outcome is None
    assert told.happened() == ["Opened", "Voted", "VoteVoided"]

    at_once = story().tells(vote("alice", "approve")).with_people(gone(ALICE), gone(BOB), gone(FRANK)).tells(recheck())
    assert at_once.happened() == ["Opened", "Voted", "VoteVoided", "Blocked"]
    assert at_once.later(10 * SECOND).tells(tick()).outcome is None


def test_what_breaks_a_hard_limit_by_then_lapses() -> None:
    calm = [{"name": "calm market", "must": "context.vix < 30"}]
    told = Story(world(ruled_by=policy(rule(grace="PT10S"), limits=calm))).tells(vote("alice", "approve"))
    told.tells(context(vix=50)).later(10 * SECOND).tells(tick())
    assert told.outcome == Outcome.LAPSED
    assert told.request.decision is not None
    assert "calm market: context.vix < 30 (context.vix is 50)" in (told.request.decision.why or "")


# Beside the deadline


def test_the_deadline_cuts_the_grace_short_and_a_vote_in_time_counts() -> None:
    told = story().later(4 * HOUR - 3 * SECOND).tells(vote("alice", "approve"))
    assert next_due(told.request) == NOW + 4 * HOUR
    assert told.later(3 * SECOND).tells(tick()).outcome == Outcome.APPROVED


def test_where_placet_was_away_at_both_the_grace_and_the_deadline_it_expires() -> None:
    told = story().later(4 * HOUR - 3 * SECOND).tells(vote("alice", "approve"))
    assert told.later(2 * MINUTE).tells(tick()).outcome == Outcome.EXPIRED


def test_where_it_was_away_and_there_is_time_left_the_decision_counts_late() -> None:
    told = story().tells(vote("alice", "approve")).later(HOUR).tells(tick())
    assert told.outcome == Outcome.APPROVED
    assert told.request.decision is not None
    assert told.request.decision.at == NOW + HOUR


def test_silence_is_no_second_way_to_an_approval_that_was_taken_back() -> None:
    told = story(silence="approve").tells(vote("alice", "reject"), take_back("alice"))
    assert told.later(4 * HOUR).tells(tick()).outcome == Outcome.APPROVED  # Nobody objects any more.
    objected = story(silence="approve").later(4 * HOUR - SECOND).tells(vote("alice", "reject"))
    assert objected.later(SECOND).tells(tick()).outcome == Outcome.REJECTED


# What people see


def test_the_card_says_what_it_will_be_and_when_and_offers_the_undo() -> None:
    told = story().tells(vote("alice", "approve"))
    shown = card.of(told.request)
    assert shown.note == "Approved by alice, counts at 09:00:10 UTC unless taken back."
    assert shown.left == "Until 20 Nov, 09:00 UTC it can be taken back"
    assert shown.until == NOW + 10 * SECOND
    assert [(b.verb, b.token) for b in shown.buttons] == [
        ("undo", "undo:r1:1"),
        ("reject", "reject:r1:1"),
        ("more", "more:r1:1"),
    ]
    assert shown.outcome is None

    rejected = card.of(story().tells(vote("alice", "reject")).request)
    assert [b.verb for b in rejected.buttons] == ["undo", "more"]
    assert card.of(told.tells(take_back("alice")).request).buttons == card.of(story().request).buttons


def test_the_words_of_a_vote_that_was_taken_back_are_not_told_as_the_reason() -> None:
    told = story().tells(vote("alice", "reject", reason=because("risk")), take_back("alice"))
    told.tells(vote("alice", "reject", reason=because("size")))
    assert settling_sentence(told.request) == "Rejected by alice, counts at 09:00:10 UTC unless taken back"
    assert (
        card.of(told.later(10 * SECOND).tells(tick()).request).outcome == "Rejected by alice, 20 Nov 09:00 UTC (size)"
    )


# In the journal and in the policy


def test_what_has_no_grace_is_written_as_it_always_was() -> None:
    plain = Story().tells(vote("alice", "approve")).request
    assert "grace_us" not in write_ruling(plain.ruling)
    assert "taken_back" not in write_vote(plain.votes[0])
    old = {name: value for name, value in write_ruling(plain.ruling).items() if name not in ("tiers", "broken")}
    read = read_ruling(decode(encode(old)))
    assert (read.grace, read.tiers, read.broken) == (None, None, ())


def test_the_state_of_what_waits_is_read_back_from_its_row() -> None:
    told = story().tells(vote("alice", "approve"), take_back("alice"), vote("alice", "reject")).request
    read = read_state(told.id, told.version, told.revised_in, decode(state_bytes(told)), told.revision)
    assert read == told
    assert settling(read) == settling(told)


@pytest.mark.parametrize(
    ("grace", "said"),
    [
        ("PT6M", "`grace` is at most 5"),
        ("soon", "must be a duration"),
        ("PT4H", "`grace` is at most"),
        (10, "must be a duration"),
    ],
)
def test_a_grace_that_will_not_do_is_refused_at_its_place(grace: object, said: str) -> None:
    with pytest.raises(PolicyError, match=said) as problem:
        policy(rule(grace=grace))
    assert problem.value.path == ("rules", 0, "grace")


def test_a_grace_must_end_before_the_time_does() -> None:
    with pytest.raises(PolicyError, match="would never end"):
        policy(rule(grace="PT1M", expire="PT1M"))


def test_no_grace_can_be_written_down_as_such() -> None:
    assert policy(rule(grace="PT0S")).rules[0].grace is None
    assert read_policy(document(rule(grace="PT10S"))).rules[0].grace == 10 * SECOND


def test_the_revision_that_is_made_has_the_grace_of_its_own_rule() -> None:
    told = Story(world(ruled_by=two_tiers(grace="PT1M", route={"roles": ["trader"]})), submit(amount=Decimal(90_000)))
    told.tells(modify("alice", qty=200))
    assert (told.request.ruling.rule, told.outcome) == ("critical", None)
    told.later(MINUTE).tells(tick())
    assert isinstance(told.latest[0], Decided)
    assert told.outcome == Outcome.MODIFIED
