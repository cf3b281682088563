"""The table "Cases settled" of the design, its first four rows: what one vote does to a request."""

from decimal import Decimal

from core.commands import CastVote
from core.model import Choice, Outcome
from tests.cast import (
    ALICE,
    HOUR,
    Story,
    because,
    claim,
    gone,
    modify,
    names,
    rule,
    submit,
    two_tiers,
    vote,
    world,
)

TWO_OF_THREE = rule(quorum=2)


# Two of three must agree, one modifies


def test_a_modification_makes_a_new_revision_and_asks_the_others_again() -> None:
    story = Story(world(TWO_OF_THREE)).tells(vote("alice", "approve"), modify("bob", qty=80))

    assert story.outcome is None
    assert story.request.revision.number == 2
    assert story.request.proposal.parameters["qty"] == 80
    assert [(v.person, v.choice) for v in story.request.counted()] == [("bob", Choice.MODIFY)]


def test_the_modifiers_vote_counts_once_for_the_new_revision() -> None:
    story = Story(world(TWO_OF_THREE)).tells(modify("bob", qty=80))

    assert story.refusal(vote("bob", "approve", 2)) == "voted_otherwise"
    assert story.refusal(modify("bob", 2, qty=70)) == "already_voted"
    assert story.outcome is None


def test_who_approved_the_old_revision_may_vote_again_on_the_new_one() -> None:
    story = Story(world(TWO_OF_THREE)).tells(vote("alice", "approve"), modify("bob", qty=80))

    story.tells(vote("alice", "approve", 2))

    assert story.outcome == Outcome.MODIFIED
    assert story.request.decision is not None
    assert story.request.decision.by == ("bob", "alice")


def test_a_vote_on_the_old_revision_is_refused_and_says_so() -> None:
    story = Story(world(TWO_OF_THREE)).tells(modify("bob", qty=80))

    assert story.refusal(vote("alice", "approve", 1)) == "stale_revision"
    assert story.latest == ()


# A modification whose tier needs more authority than the modifier has


def test_a_modification_beyond_ones_authority_becomes_a_suggestion() -> None:
    story = Story(world(ruled_by=two_tiers())).tells(modify("alice", qty=1_000))

    assert names(story.latest) == ["Suggested"]
    assert story.request.revision.number == 1
    assert story.request.suggestions[0].person == "alice"
    assert story.request.suggestions[0].parameters == {"qty": 1_000}


def test_earlier_votes_stand_while_a_suggestion_waits() -> None:
    rules = (rule(name="critical", tier=2, when="amount > 100000", route={"roles": ["head"]}), TWO_OF_THREE)
    story = Story(world(*rules)).tells(vote("alice", "approve"), modify("bob", qty=1_000))

    story.tells(vote("frank", "approve"))

    assert story.outcome == Outcome.APPROVED
    assert story.request.proposal.parameters["qty"] == 100


def test_somebody_with_the_authority_adopts_the_suggestion() -> None:
    # Erin is no trader: the rule for the small amount does not ask her, the one for the large amount does.
    story = Story(world(ruled_by=two_tiers())).tells(modify("alice", qty=1_000))

    story.tells(modify("erin", adopt=1))

    assert story.outcome == Outcome.MODIFIED
    assert story.request.decision is not None
    assert story.request.decision.by == ("erin",)
    assert story.request.proposal.parameters["qty"] == 1_000
    assert story.request.ruling.tier == 2


def test_nobody_without_the_authority_adopts_it() -> None:
    story = Story(world(ruled_by=two_tiers())).tells(modify("alice", qty=1_000))

    assert [story.refusal(modify(name, adopt=1)) for name in ("alice", "bob", "carol", "dave")] == ["not_entitled"] * 4
    assert story.happened() == ["Opened", "Suggested"]


def test_adopting_in_a_chat_what_the_policy_keeps_for_the_web_is_refused() -> None:
    story = Story(world(ruled_by=two_tiers(decide_in="web"))).tells(modify("alice", qty=1_000))

    assert story.refusal(modify("erin", adopt=1, via="slack")) == "web_only"
    story.tells(modify("erin", adopt=1, via="web"))
    assert story.outcome == Outcome.MODIFIED


# Changes are requested


def test_asking_for_changes_ends_the_request() -> None:
    story = Story(world(TWO_OF_THREE)).tells(vote("alice", "request_changes"))

    assert story.outcome == Outcome.CHANGES_REQUESTED
    assert story.refusal(claim()) == "not_approved"


def test_a_resubmission_replaces_it_keeps_its_tier_as_a_floor_and_counts() -> None:
    around = world(ruled_by=two_tiers())
    first = Story(around, submit(amount=Decimal(200_000))).tells(vote("erin", "request_changes"))

    second = Story(world(ruled_by=two_tiers(), replaced=first.request), submit(amount=Decimal(10), replaces="req_1"))

    assert second.request.replaces == "req_1"
    assert second.request.iteration == 2
    assert second.request.ruling.tier == 2
    assert "a tier never falls" in second.request.ruling.why[-1]


def test_only_what_was_asked_to_change_can_be_replaced() -> None:
    rejected = Story().tells(vote("alice", "reject"))
    story = Story(world(replaced=rejected.request))

    story.state = None
    assert story.refusal(submit(replaces="req_1")) == "invalid"


# Reject is tapped where a reason is required


def test_no_vote_is_cast_until_the_reason_is_given() -> None:
    story = Story(world(rule(reasons={"reject": "required"})))

    assert story.refusal(vote("alice", "reject", via="slack")) == "reason_required"
    assert story.request.votes == ()

    story.tells(vote("alice", "reject", via="slack", reason=because("risk")))
    assert story.outcome == Outcome.REJECTED


def test_authority_revision_and_deadline_are_judged_at_the_reason_tap() -> None:
    rules = rule(reasons={"reject": "required"}, quorum=2)

    def tapped(with_reason: bool) -> CastVote:
        return vote("alice", "reject", via="slack", reason=because("risk") if with_reason else None)

    removed = Story(world(rules))
    assert removed.refusal(tapped(with_reason=False)) == "reason_required"
    removed.with_people(gone(ALICE))
    assert removed.refusal(tapped(with_reason=True)) == "unknown_person"

    revised = Story(world(rules))
    assert revised.refusal(tapped(with_reason=False)) == "reason_required"
    revised.tells(modify("bob", qty=80))
    assert revised.refusal(tapped(with_reason=True)) == "stale_revision"

    late = Story(world(rules))
    assert late.refusal(tapped(with_reason=False)) == "reason_required"
    late.later(5 * HOUR)
    assert late.refusal(tapped(with_reason=True)) == "ended"
    assert late.outcome == Outcome.EXPIRED
