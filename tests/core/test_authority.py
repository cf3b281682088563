"""One authority counts once, whoever of the two uses it; and a rule that asks nobody does not end the asking."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from core.model import Gate, Outcome, Ruling
from core.policy import Policy
from tests.cast import (
    ALICE,
    BOB,
    FRANK,
    HOUR,
    MOMENTUM,
    NOW,
    PROGRAMS,
    Story,
    away,
    gone,
    modify,
    people,
    policy,
    proposal,
    recheck,
    rule,
    vote,
    world,
)

TWO = rule(quorum=2)
FOUR_EYES = rule(quorum=2, four_eyes=True)
LENT = away(ALICE, "carol", until=NOW + HOUR)


@pytest.mark.parametrize("written", [TWO, FOUR_EYES], ids=["two", "four eyes"])
def test_the_absent_person_and_their_delegate_have_one_vote_between_them(written: dict[str, object]) -> None:
    lent = Story(world(written, people=people(LENT))).tells(vote("carol", "approve"))
    assert lent.refusal(vote("alice", "approve")) == "already_counted", "from where she is"
    assert lent.later(2 * HOUR).refusal(vote("alice", "reject")) == "already_counted", "after coming back"
    assert lent.tells(vote("bob", "approve")).outcome == Outcome.APPROVED


@pytest.mark.parametrize("written", [TWO, FOUR_EYES], ids=["two", "four eyes"])
def test_who_has_voted_and_then_leaves_lends_nothing_to_a_second_vote(written: dict[str, object]) -> None:
    story = Story(world(written)).tells(vote("alice", "approve")).with_people(LENT)

    assert story.refusal(vote("carol", "approve")) == "already_counted"
    assert story.tells(vote("bob", "approve")).outcome == Outcome.APPROVED


@pytest.mark.parametrize("written", [TWO, FOUR_EYES], ids=["two", "four eyes"])
def test_two_delegates_one_after_the_other_are_one_vote(written: dict[str, object]) -> None:
    story = Story(world(written, people=people(LENT))).tells(vote("carol", "approve"))

    assert story.with_people(away(ALICE, "dave")).refusal(vote("dave", "approve")) == "already_counted"


def test_without_four_eyes_a_delegate_with_a_right_of_their_own_votes_beside_the_absent() -> None:
    for first, second in (("alice", "bob"), ("bob", "alice")):
        story = Story(world(TWO, people=people(away(ALICE, "bob"))))
        assert story.tells(vote(first, "approve"), vote(second, "approve")).outcome == Outcome.APPROVED

        story = Story(world(FOUR_EYES, people=people(away(ALICE, "bob")))).tells(vote(first, "approve"))
        assert story.refusal(vote(second, "approve")) == "four_eyes"


def test_a_vote_that_was_voided_has_used_nothing_up() -> None:
    lent = Story(world(TWO, people=people(LENT))).tells(vote("carol", "approve"))
    carol = lent.world.people["carol"]
    lent.with_people(gone(carol)).tells(recheck()).later(2 * HOUR)

    assert lent.tells(vote("alice", "approve"), vote("bob", "approve")).outcome == Outcome.APPROVED


def test_on_a_new_revision_the_authority_may_be_used_again() -> None:
    story = Story(world(TWO, people=people(LENT))).tells(vote("carol", "approve"), modify("bob", qty=80))

    story.tells(vote("carol", "approve", 2))

    assert story.outcome == Outcome.MODIFIED


def test_a_quorum_that_only_a_used_authority_could_fill_is_out_of_reach() -> None:
    story = Story(world(TWO)).tells(vote("alice", "approve"))

    story.with_people(LENT, away(BOB), away(FRANK)).tells(recheck())

    assert story.happened() == ["Opened", "Voted", "Blocked"]


# A rule that asks nobody

CRITICAL = rule(name="critical", tier=3, when="amount > 5000000", route={"roles": ["head", "trader"]}, quorum=2)
GATES = pytest.mark.parametrize("gate", ["notify", "none"])


def gated(gate: str, *asking: dict[str, object]) -> Policy:
    """Large amounts pass by a rule that asks nobody, in the tier of the rules that ask."""
    return policy(CRITICAL, rule(name="told", when="amount > 100000", gate=gate), *asking)


def ruling(by: Policy, *, open_already: bool) -> Ruling:
    asked = proposal(amount=Decimal(200_000))
    return by.rule(asked, asked.context, MOMENTUM, 1, people(), PROGRAMS, NOW, NOW, open_already=open_already)


@GATES
def test_a_modification_onto_a_rule_that_asks_nobody_is_asked_by_the_rule_of_its_tier_that_asks(gate: str) -> None:
    story = Story(world(ruled_by=gated(gate, rule(quorum=2)))).tells(modify("alice", qty=1_000))

    found = story.request.ruling
    assert (found.gate, found.rule, found.tier) == (Gate.ASK, "routine", 1)
    assert found.why[-1] == "people were asked already"
    assert story.outcome is None
    assert story.tells(vote("bob", "approve", 2)).outcome == Outcome.MODIFIED


@GATES
def test_where_none_of_its_tier_asks_any_more_the_next_tier_that_asks_is_taken(gate: str) -> None:
    story = Story(world(TWO))
    story.world = replace(story.world, policy=gated(gate))

    story.tells(modify("alice", qty=1_000))

    assert (story.request.ruling.gate, story.request.ruling.rule) == (Gate.ASK, "critical")
    assert story.outcome is None
    assert story.tells(vote("erin", "approve", 2)).outcome == Outcome.MODIFIED


@GATES
def test_where_no_rule_asks_at_all_any_more_a_modification_is_still_no_mere_advice(gate: str) -> None:
    story = Story(world(TWO))
    story.world = replace(story.world, policy=policy(rule(gate=gate)))

    assert story.refusal(modify("alice", qty=1_000)) == "no_rule"
    story.tells(vote("alice", "approve"))
    assert story.request.pending


@GATES
def test_a_new_request_is_still_not_asked(gate: str) -> None:
    found = ruling(gated(gate, rule()), open_already=False)

    assert (found.rule, found.gate) == ("told", Gate(gate))
    assert "people were asked already" not in found.why


def test_a_rule_that_asks_is_taken_as_it_is_whether_people_were_asked_or_not() -> None:
    by = policy(rule(name="high", tier=2, when="amount > 100000"), rule())

    assert ruling(by, open_already=True) == ruling(by, open_already=False)
