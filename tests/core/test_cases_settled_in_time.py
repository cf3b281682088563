"""The table "Cases settled" of the design, from its fifth row on: time, absence, and what meets in one batch."""

from datetime import timedelta

from core import card
from core.events import Escalated, Voted, VoteVoided
from core.model import Gate, Outcome, Route
from core.people import authority, routes
from tests.cast import (
    ALICE,
    DAVE,
    ERIN,
    FRANK,
    HOUR,
    Story,
    away,
    because,
    claim,
    context,
    gone,
    names,
    people,
    proposal,
    reason,
    recheck,
    rule,
    submit,
    tick,
    vote,
    world,
)

TWO_OF_THREE = rule(quorum=2)
HEAD_LATER = {"after": "PT1H", "to": {"roles": ["head"]}}


# Escalation adds people, removes nobody


def test_escalation_adds_people_and_removes_nobody() -> None:
    story = Story(world(rule(escalate=[HEAD_LATER])))
    assert story.refusal(vote("erin", "approve")) == "not_entitled"

    story.later(HOUR).tells(tick())

    assert story.request.escalated == 1
    entitled = {
        name
        for name, someone in story.world.people.items()
        if authority(someone, routes(story.request), story.world.people, frozenset(), story.world.now)
    }
    assert entitled == {"alice", "bob", "frank", "erin"}
    for decider in ("alice", "erin"):
        again = Story(world(rule(escalate=[HEAD_LATER]))).later(HOUR).tells(tick(), vote(decider, "approve"))
        assert again.outcome == Outcome.APPROVED


# The only approver is away, nobody has the authority


def test_it_escalates_at_once_when_the_only_approver_is_away() -> None:
    only_dave = rule(route={"roles": ["risk"]}, escalate=[HEAD_LATER])
    story = Story(world(only_dave, people=people(away(DAVE))))

    assert story.happened() == ["Opened", "Escalated"]
    assert story.request.blocked is None
    story.tells(vote("erin", "approve"))
    assert story.outcome == Outcome.APPROVED


def test_at_the_top_of_the_ladder_it_stays_blocked_and_never_decides() -> None:
    only_dave = rule(route={"roles": ["risk"]}, escalate=[HEAD_LATER])
    story = Story(world(only_dave, people=people(away(DAVE), away(ERIN))))

    assert story.happened() == ["Opened", "Escalated", "Blocked"]
    assert story.outcome is None
    assert story.request.blocked
    assert story.request.blocked in card.of(story.request).left
    story.later(5 * HOUR).tells(tick())
    assert story.outcome == Outcome.EXPIRED


def test_it_is_blocked_when_nobody_has_the_authority_and_silence_does_not_approve_then() -> None:
    story = Story(world(rule(route={"roles": ["nobody"]}, silence="approve")))

    assert story.happened() == ["Opened", "Blocked"]
    story.later(5 * HOUR).tells(tick())
    assert story.outcome == Outcome.EXPIRED


def test_it_escalates_when_the_last_who_could_decide_goes_away() -> None:
    story = Story(world(rule(route={"roles": ["risk"]}, escalate=[HEAD_LATER])))
    assert story.happened() == ["Opened"]

    story.with_people(away(DAVE)).tells(recheck())

    assert story.happened() == ["Opened", "Escalated"]


# One person, three chats, one batch


def test_of_one_persons_taps_in_three_chats_the_first_counts() -> None:
    story = Story(world(TWO_OF_THREE)).tells(vote("alice", "approve", via="slack"))

    assert story.refusal(vote("alice", "approve", via="telegram")) == "already_voted"
    assert story.refusal(vote("alice", "reject", via="discord")) == "voted_otherwise"

    assert [(v.person, v.via) for v in story.request.counted()] == [("alice", "slack")]
    assert story.outcome is None


def test_the_same_tap_is_answered_already_even_when_the_first_has_decided() -> None:
    story = Story().tells(vote("alice", "approve", via="slack"))

    assert story.outcome == Outcome.APPROVED
    assert story.refusal(vote("alice", "approve", via="telegram")) == "already_voted"
    assert story.refusal(vote("bob", "approve", via="telegram")) == "ended"


# Vote and expiry in one batch


def test_a_late_vote_is_refused_and_the_expiry_recorded() -> None:
    story = Story().later(4 * HOUR)

    assert story.refusal(vote("alice", "approve")) == "ended"

    assert names(story.latest) == ["Decided"]
    assert story.outcome == Outcome.EXPIRED
    assert story.request.votes == ()


def test_a_vote_in_the_last_moment_counts() -> None:
    story = Story().later(4 * HOUR - timedelta(microseconds=1)).tells(vote("alice", "approve"))

    assert story.outcome == Outcome.APPROVED


# Context makes it lapse in the batch of an approval

CALM = submit(proposal(valid_while="context.vix < 30"))


def test_a_lapse_before_the_approval_refuses_the_approval() -> None:
    story = Story(opening=CALM).tells(context(vix=50))

    assert story.outcome == Outcome.LAPSED
    assert story.refusal(vote("alice", "approve")) == "ended"


def test_after_the_approval_the_condition_is_judged_again_at_the_claim() -> None:
    story = Story(opening=CALM).tells(vote("alice", "approve"), context(vix=50))

    assert story.outcome == Outcome.APPROVED
    assert story.refusal(claim()) == "lapsed"

    story.tells(context(vix=25), claim())
    assert story.request.claim is not None


# A reason after the decision


def test_a_reason_is_taken_from_the_voter_for_thirty_days_after_the_decision() -> None:
    story = Story().tells(vote("alice", "reject")).later(timedelta(days=30)).tells(reason("alice", because("size")))

    assert story.request.votes[0].reasons[0].code == "size"
    story.later(timedelta(microseconds=1))
    assert story.refusal(reason("alice", because("price"))) == "too_late"


def test_a_later_reason_is_bound_to_the_vote_and_the_earlier_stays_on_record() -> None:
    story = Story().tells(vote("alice", "reject", reason=because("risk")), reason("alice", because("size")))

    assert [given.code for given in story.request.votes[0].reasons] == ["risk", "size"]


def test_nobody_gives_a_reason_for_somebody_elses_vote() -> None:
    story = Story().tells(vote("alice", "reject"))

    assert story.refusal(reason("bob", because("size"))) == "no_vote"


# A person is removed while their vote counts


def test_the_vote_of_somebody_removed_is_voided_by_an_event() -> None:
    story = Story(world(TWO_OF_THREE)).tells(vote("alice", "approve"))

    story.with_people(gone(ALICE)).tells(recheck())

    assert story.latest == (VoteVoided("alice", 1),)
    assert story.request.counted() == ()


def test_a_vote_after_a_removal_meets_the_voided_one_in_the_same_batch() -> None:
    story = Story(world(TWO_OF_THREE)).tells(vote("alice", "approve")).with_people(gone(ALICE))

    story.tells(vote("bob", "approve"))

    assert [type(event) for event in story.latest] == [VoteVoided, Voted]
    assert story.outcome is None


def test_the_size_of_the_quorum_never_shrinks_and_removal_never_approves() -> None:
    story = Story(world(rule(quorum="all"))).tells(vote("alice", "approve"), vote("bob", "approve"))
    assert story.request.ruling.needed == 3

    story.with_people(gone(FRANK)).tells(recheck())

    assert story.outcome is None
    assert story.request.ruling.needed == 3
    assert story.happened()[-1] == "Blocked"


def test_somebody_removed_and_taken_back_may_vote_again_and_that_vote_counts_once() -> None:
    story = Story(world(TWO_OF_THREE)).tells(vote("alice", "approve")).with_people(gone(ALICE)).tells(recheck())

    story.with_people(ALICE).tells(vote("alice", "approve"))

    assert [v.person for v in story.request.counted()] == ["alice"]
    assert story.refusal(vote("alice", "approve")) == "already_voted"
    story.tells(vote("bob", "approve"))
    assert story.outcome == Outcome.APPROVED


# An advisory request


def test_an_advisory_request_is_advised_and_never_claimable() -> None:
    story = Story(opening=submit(advisory=True))

    assert story.outcome == Outcome.ADVISED
    assert story.request.ruling.gate is Gate.NOTIFY
    assert story.refusal(claim()) == "not_approved"
    assert story.refusal(vote("alice", "approve")) == "ended"


# Abstention


def test_an_abstention_counts_for_neither_side() -> None:
    story = Story().tells(vote("alice", "abstain"))

    assert story.outcome is None
    assert story.happened() == ["Opened", "Voted"]
    story.tells(vote("bob", "approve"))
    assert story.outcome == Outcome.APPROVED


def test_abstentions_do_not_escalate_while_enough_others_can_still_vote() -> None:
    story = Story(world(rule(quorum=2, escalate=[HEAD_LATER])))

    story.tells(vote("alice", "approve"), vote("bob", "abstain"))
    assert story.request.escalated == 0  # Frank can still be the second

    story.tells(vote("frank", "approve"))
    assert story.outcome == Outcome.APPROVED


def test_a_quorum_out_of_reach_escalates_and_then_expires() -> None:
    story = Story(world(rule(quorum=2, escalate=[HEAD_LATER])))

    story.tells(vote("alice", "approve"), vote("bob", "abstain"), vote("frank", "abstain"))
    assert story.latest[-1] == Escalated(1, Route(roles=("head",)), "too few of those asked can decide")

    story.tells(vote("erin", "abstain"))
    assert names(story.latest) == ["Voted", "Blocked"]

    story.later(4 * HOUR).tells(tick())
    assert story.outcome == Outcome.EXPIRED
    assert names(story.latest) == ["Decided"]
