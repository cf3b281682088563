"""The face of a request: what people read, in which order, and what a vote is bound to."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from core import card
from core.card import LONGEST_VALUE, Button, Card, Field
from core.model import Json, Proposal
from core.wording import ended, outcome_sentence
from tests.cast import (
    HOUR,
    MINUTE,
    Story,
    because,
    cancel,
    claim,
    modify,
    person,
    policy,
    proposal,
    reason,
    rule,
    submit,
    tick,
    two_tiers,
    vote,
    world,
)


def shown(story: Story) -> Card:
    return card.of(story.request)


def test_the_card_of_an_open_request() -> None:
    story = Story(opening=submit(summary="Momentum over 20 days"))

    assert shown(story) == Card(
        request="req_1",
        revision=1,
        version=1,
        tier=1,
        mark="○ routine",
        title="Buy 100 NVDA",
        asker="momentum asks: buy · NVDA",
        parameters=(Field("qty", "100"), Field("limit", "425.00"), Field("side", "buy")),
        says="80 % sure · 42500 USD · momentum 1.4 · Momentum over 20 days",
        rules="routine: every other request – any trader decides",
        note="",
        left="Until 20 Nov, 13:00 UTC",
        until=story.request.ruling.expire_at,
        votes=(),
        buttons=(
            Button("approve", "Approve", "approve:r1:1", "yes"),
            Button("reject", "Reject", "reject:r1:1", "no"),
            Button("modify", "Modify", "modify:r1:1"),
            Button("more", "More …", "more:r1:1"),
        ),
        outcome=None,
        whole=True,
    )


def test_its_parts_stand_in_the_order_in_which_they_are_read() -> None:
    names = [part.name for part in fields(Card)]

    parts = ["mark", "title", "asker", "parameters", "says", "rules", "note", "left", "until", "votes", "buttons"]
    assert names[4:15] == parts


def test_after_the_decision_there_are_no_buttons_but_who_what_when_and_why() -> None:
    story = Story().tells(vote("alice", "reject", reason=because("risk")))
    decided = shown(story)

    assert decided.buttons == ()
    assert decided.left == ""
    assert decided.votes == ("alice: reject",)
    assert decided.outcome == "Rejected by alice, 20 Nov 09:00 UTC (risk)"


def test_a_changed_value_is_shown_beside_the_recommended_one() -> None:
    story = Story(world(rule(quorum=2))).tells(modify("alice", qty=80))

    assert shown(story).parameters == (Field("qty", "100 → 80"), Field("limit", "425.00"), Field("side", "buy"))
    assert shown(story).revision == 2
    assert shown(story).votes == ("alice: modify",)


def test_only_what_has_a_form_can_be_modified() -> None:
    face = shown(Story(opening=submit(editable=None)))
    assert [button.verb for button in face.buttons] == ["approve", "reject", "more"]


def test_a_person_who_asks_is_called_one() -> None:
    assert shown(Story(opening=submit(by=person("alice")))).asker == "alice (a person) asks: buy · NVDA"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "yes"),
        (False, "no"),
        (5, "5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        ([1, "a", [True]], "1, a, yes"),
        ({"leg": "call", "strike": Decimal(450)}, "leg: call, strike: 450"),
        ("plain", "plain"),
    ],
)
def test_a_value_is_shown_as_people_write_it(value: Json, text: str) -> None:
    assert card.value_text(value) == text


def test_a_value_that_cannot_be_shown_whole_is_cut_and_flagged() -> None:
    fits = shown(Story(opening=submit(parameters={"note": "x" * LONGEST_VALUE}, editable=None)))
    assert fits.whole
    assert fits.parameters[0].value == "x" * LONGEST_VALUE

    cut = shown(Story(opening=submit(parameters={"note": "x" * (LONGEST_VALUE + 1)}, editable=None)))
    assert not cut.whole
    assert cut.parameters[0].value == "x" * (LONGEST_VALUE - 1) + "…"


def test_tiers_are_told_apart_by_shape_and_word() -> None:
    rules = (
        rule(name="c", tier=3, when="amount > 250000"),
        rule(name="b", tier=2, when="amount > 50000"),
        rule(name="a"),
    )
    marks = [shown(Story(world(*rules), submit(amount=Decimal(amount)))).mark for amount in (1, 60_000, 300_000)]

    assert marks == ["○ routine", "◐ elevated", "● critical"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"quorum": "any"}, "any trader decides"),
        ({"quorum": "all"}, "all 3 decide (trader)"),
        ({"quorum": "majority"}, "a majority decides: 2 of 3 (trader)"),
        ({"quorum": 2}, "2 people decide (trader)"),
        ({"route": {"roles": ["trader", "risk"], "people": ["erin"]}}, "any trader or risk or erin decides"),
        ({"route": {"people": ["dave"], "skills": ["options"]}}, "dave with options decides"),
    ],
)
def test_it_says_whom_the_rule_asks(changes: dict[str, Any], text: str) -> None:
    assert shown(Story(world(rule(**changes)))).rules.endswith(text)


def test_what_is_only_told_asks_nobody() -> None:
    assert shown(Story(world(rule(gate="notify")))).rules == "routine: every other request"


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (proposal(confidence=None, amount=None, algorithm=None), ""),
        (proposal(confidence=Decimal("0.805"), amount=None, algorithm=None), "80.5 % sure"),
        (proposal(confidence=Decimal(1), amount=None, algorithm=None), "100 % sure"),
        (proposal(confidence=Decimal(0), amount=None, algorithm=None), "0 % sure"),
        (proposal(confidence=None, amount=Decimal("1E+6"), currency=None, algorithm=None), "1000000"),
    ],
)
def test_what_the_algorithm_does_not_say_is_left_out(asked: Proposal, text: str) -> None:
    assert card.says(asked) == text


def test_the_deadline_is_a_moment_and_no_span_that_would_soon_be_a_lie() -> None:
    story = Story()
    assert shown(story.later(3 * HOUR + 59 * MINUTE)).left == "Until 20 Nov, 13:00 UTC"


def test_where_silence_means_yes_the_card_says_so() -> None:
    assert "counts as approval" in shown(Story(world(rule(silence="approve")))).note
    assert shown(Story()).note == ""


def test_what_is_kept_out_of_chats_has_no_buttons_and_says_where_it_is_decided() -> None:
    face = shown(Story(world(rule(decide_in="web"))))
    assert face.buttons == ()
    assert "web inbox" in face.note


def test_the_words_of_a_reason_are_shown_as_far_as_they_are_given() -> None:
    story = Story().tells(vote("alice", "reject", reason=because("risk", "earnings tonight")))
    (reason_given,) = story.request.votes[0].reasons
    face = card.of(story.request, {"risk": "Too risky"}, {reason_given.words or "": "earnings tonight"})
    assert face.outcome == "Rejected by alice, 20 Nov 09:00 UTC (Too risky: “earnings tonight”)"


# What a vote is bound to


def face(asked: Proposal, **changes: Any) -> str:
    story = Story(**changes, opening=submit(asked))
    return story.request.revision.shown


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {"qty": 101, "limit": Decimal("425.00"), "side": "buy"}},
        {"parameters": {"qty": 100, "limit": Decimal("425.01"), "side": "buy"}},
        {"parameters": {"qty": 100, "limit": Decimal("425.00"), "side": "sell"}},
        {"parameters": {"qty": 100, "price": Decimal("425.00"), "side": "buy"}},
        {"title": "Sell 100 NVDA"},
        {"action": "sell"},
        {"subject": "AMD"},
        {"summary": "because"},
        {"confidence": Decimal("0.81")},
        {"amount": Decimal("42500.01")},
        {"algorithm": "momentum 1.5"},
    ],
)
def test_the_hash_of_the_face_changes_with_everything_that_is_shown(changes: dict[str, Any]) -> None:
    asked = replace(proposal(editable=None), **changes)

    assert face(asked) != face(proposal(editable=None))
    assert face(asked) == face(asked)


def test_the_hash_changes_with_the_ruling_the_asker_and_the_revision() -> None:
    plain = Story().request
    by_hand = Story(opening=submit(by=person("alice"))).request
    higher = Story(world(ruled_by=two_tiers(when="amount > 10"))).request

    hashes = {plain.revision.shown, by_hand.revision.shown, higher.revision.shown}
    hashes.add(card.face_hash(plain.asker, plain.proposal, plain.ruling, 2))
    assert len(hashes) == 4


def test_a_value_too_long_to_show_is_bound_whole() -> None:
    def asked(last: str) -> Proposal:
        return proposal(parameters={"note": "x" * LONGEST_VALUE + last}, editable=None)

    assert face(asked("a")) != face(asked("b"))


# Sentences


def test_how_each_request_ended_is_said_in_one_sentence() -> None:
    around = world(rule(quorum=2))
    told = {
        "Approved by alice, bob, 20 Nov 09:00 UTC": Story(around).tells(
            vote("alice", "approve"), vote("bob", "approve")
        ),
        "Approved as modified by alice, bob, 20 Nov 09:00 UTC (size)": Story(around).tells(
            modify("alice", qty=80), vote("bob", "approve", 2)
        ),
        "Changes requested by alice, 20 Nov 09:00 UTC": Story(around).tells(vote("alice", "request_changes")),
        "Withdrawn, 20 Nov 09:00 UTC (the signal is gone)": Story(around).tells(cancel(why="the signal is gone")),
        "Expired, 20 Nov 13:00 UTC (nobody decided in time)": Story(around).later(4 * HOUR).tells(tick()),
        "For information, 20 Nov 09:00 UTC (the gate is none)": Story(world(rule(gate="none"))),
    }

    for sentence, story in told.items():
        assert outcome_sentence(story.request) == sentence
        assert ended(story.request) == f"{sentence} already; nothing was changed."


def test_the_latest_reason_and_the_claim_are_told() -> None:
    story = Story(world(rule(reasons={"approve": "asked"})))
    story.tells(vote("alice", "approve", reason=because("risk")), reason("alice", because("timing")), claim("worker-1"))

    assert outcome_sentence(story.request) == "Approved by alice, 20 Nov 09:00 UTC (timing); claimed by worker-1"


def test_what_is_open_has_no_outcome() -> None:
    assert outcome_sentence(Story().request) is None
    assert ended(Story().request) == "It is still open."
    assert shown(Story()).outcome is None


def test_what_a_card_cannot_show_whole_has_no_approve_button_and_is_not_approved_from_a_chat() -> None:
    story = Story(opening=submit(parameters={"note": "x" * (LONGEST_VALUE + 1)}, editable=None))
    face = shown(story)

    assert not face.whole
    assert [button.verb for button in face.buttons] == ["reject", "more"]
    assert "too long" in face.note
    assert story.refusal(vote("alice", "approve", via="slack")) == "not_whole"
    assert story.tells(vote("alice", "approve", via="web")).outcome == "approved"


# The tier among those of its policy


def test_the_highest_tier_of_two_looks_like_the_highest() -> None:
    low, high = (shown(Story(world(ruled_by=two_tiers()), submit(amount=Decimal(amount)))) for amount in (1, 200_000))
    assert (low.tier, low.mark) == (1, "○ routine")
    assert (high.tier, high.mark) == (3, "● elevated")


def test_of_five_tiers_the_lowest_and_the_highest_stand_out() -> None:
    tiers = {number: f"tier {number}" for number in range(1, 6)}
    rules = [rule(name=f"r{n}", tier=n, when=f"amount > {n}000") for n in (5, 4, 3, 2)]
    five = policy(*rules, rule(), tiers=tiers)
    marks = [shown(Story(world(ruled_by=five), submit(amount=Decimal(n * 1000 + 1)))).mark for n in range(1, 6)]
    assert marks == ["○ tier 1", "◐ tier 2", "◐ tier 3", "◐ tier 4", "● tier 5"]


def test_a_ruling_of_old_which_does_not_say_how_many_tiers_there_are_looks_as_it_did() -> None:
    ruling = Story(world(ruled_by=two_tiers()), submit(amount=Decimal(200_000))).request.ruling
    assert card.mark(replace(ruling, tiers=None)) == "◐ elevated"
    assert card.mark(ruling) == "● elevated"


def test_the_only_tier_is_a_calm_one() -> None:
    assert shown(Story()).mark == "○ routine"


# What nobody can approve


def test_what_breaks_a_hard_limit_has_no_approve_button_and_says_which() -> None:
    limits = [{"name": "largest position", "must": "amount <= 50000"}, {"name": "calm", "must": "context.vix < 30"}]
    limited = world(ruled_by=policy(rule(), limits=limits))
    face = shown(Story(limited, submit(amount=Decimal(60_000))))
    assert face.note == "Breaks a hard limit: largest position. As it stands nobody can approve it."
    assert [button.verb for button in face.buttons] == ["reject", "modify", "more"]

    both = Story(limited, submit(amount=Decimal(60_000), context={"vix": 40}))
    assert shown(both).note.startswith("Breaks hard limits: largest position, calm.")
    assert both.refusal(vote("alice", "approve")) == "limit"

    kept = Story(limited)
    assert (shown(kept).note, shown(kept).buttons[0].verb) == ("", "approve")
    assert kept.request.ruling.broken == ()
