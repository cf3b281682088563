"""Routine requests on one card: what a row must say, what its buttons carry, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.card import LONGEST_PARAMETERS, Button, Field
from core.queue import (
    LONGEST_ROW,
    LONGEST_TITLE,
    MOST_JOINED,
    QUEUE,
    emptied_card,
    is_queue,
    joinable,
    own_ref,
    queue_card,
    stays,
    urgency,
)
from core.request import Request
from core.token import Token, read_token
from tests.cast import HOUR, MINUTE, Story, cancel, modify, rule, submit, two_tiers, vote, world


def asked(number: int = 1, **changes: Any) -> Story:
    return Story(opening=submit(request=f"req_{number}", **changes))


def stories(count: int, **changes: Any) -> list[Story]:
    return [asked(number, title=f"Buy {number} NVDA", **changes) for number in range(1, count + 1)]


def of(told: list[Story]) -> list[Request]:
    return [story.request for story in told]


def decided(story: Story, choice: str = "approve") -> Story:
    return story.tells(vote("alice", choice, request=story.request.id))


def test_eight_routine_requests_on_one_card() -> None:
    card = queue_card(of(stories(8)))
    assert (card.title, card.mark, card.asker) == ("8 routine requests", "○ routine", "momentum asks")
    assert (card.request, card.revision, card.version, card.tier) == ("queue|req_1", 0, 8, 1)
    assert card.rules == "routine: every other request – any trader decides"
    assert card.left == "Until 20 Nov, 13:00 UTC, the first of them"
    assert card.outcome is None
    assert card.parameters[1] == Field(
        "2  Buy 2 NVDA",
        "momentum asks: buy · NVDA · qty 100, limit 425.00, side buy · 80 % sure · 42500 USD · momentum 1.4",
    )
    assert card.buttons == (
        Button("all", "Approve all 8", "all:-:0:approve", "yes"),
        Button("all", "Reject all 8", "all:-:0:reject", "no"),
        *(Button("show", str(number), f"show:r{number}:1") for number in range(1, 9)),
    )
    assert read_token(card.buttons[0].token) == Token("all", argument="approve")
    assert read_token(card.buttons[3].token) == Token("show", "req_2", 1)


def test_a_decided_row_says_how_and_offers_nothing() -> None:
    told = stories(4)
    decided(told[1])
    card = queue_card(of(told))
    assert card.parameters[1].value == "Approved by alice, 20 Nov 09:00 UTC"
    assert [button.label for button in card.buttons] == ["Approve the other 3", "Reject the other 3", "1", "3", "4"]
    assert card.outcome is None
    assert card.title == "4 routine requests"


@pytest.mark.parametrize(("count", "label"), [(1, "Approve this one"), (2, "Approve the last one")])
def test_a_single_request_that_is_left_is_no_other(count: int, label: str) -> None:
    told = stories(count)
    for story in told[1:]:
        decided(story)
    assert queue_card(of(told)).buttons[0].label == label


def test_at_the_end_it_says_how_many_ended_how() -> None:
    told = stories(8)
    for story in told[:7]:
        decided(story)
    decided(told[7], "reject")
    card = queue_card(of(told))
    assert card.outcome == "8 decided: 7 approved, 1 rejected"
    assert (card.buttons, card.left, card.until, card.note) == ((), "", None, "")


def test_the_deadline_shown_is_the_nearest_of_those_that_are_open() -> None:
    soon, later = asked(1, valid_for=HOUR), asked(2)
    card = queue_card([later.request, soon.request])
    assert card.until == soon.request.ruling.expire_at
    assert [field.label[:1] for field in card.parameters] == ["1", "2"]
    assert card.buttons[2].token == "show:r1:1"
    decided(soon)
    assert queue_card([soon.request, later.request]).until == later.request.ruling.expire_at


def test_the_order_of_the_rows_does_not_depend_on_the_order_of_the_requests_nor_on_decisions() -> None:
    told = stories(6)
    labels = [field.label for field in queue_card(of(told)).parameters]
    decided(told[0])
    assert [field.label for field in queue_card(of(told[::-1])).parameters] == labels


def test_a_vote_that_does_not_decide_yet_is_named_in_its_row() -> None:
    story = Story(world(rule(quorum=2)), submit())
    story.tells(vote("alice", "approve"))
    assert "· alice: approve ·" in queue_card([story.request]).parameters[0].value


def test_several_who_ask_are_named() -> None:
    first, second = stories(2)
    other = replace(second.request, asker=replace(second.request.asker, ref="arbitrage"))
    assert queue_card([first.request, other]).asker == "momentum, arbitrage ask"


LONG = "x" * 120


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {"note": LONG}},
        {"parameters": {f"field {number}": number for number in range(20)}},
        {"title": "x" * (LONGEST_TITLE + 1)},
        {"action": "a" * 100},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_a_row_cannot_say_in_full_gets_no_part(changes: dict[str, Any]) -> None:
    assert joinable(asked().request)
    assert not joinable(asked(**changes).request)


@pytest.mark.parametrize("changes", [{"gate": "notify"}, {"decide_in": "web"}], ids=["notify", "web"])
def test_what_is_not_decided_in_chats_gets_no_part(changes: dict[str, Any]) -> None:
    assert not joinable(Story(world(rule(**changes))).request)


def test_a_higher_tier_gets_no_part() -> None:
    story = Story(world(ruled_by=two_tiers()), submit(amount=Decimal(200_000)))
    assert story.request.ruling.tier == 2
    assert not joinable(story.request)


def test_what_was_changed_gets_no_part_and_what_is_open_again_leaves() -> None:
    story = Story(world(rule(quorum=2)), submit())
    assert stays(story.request)
    story.tells(modify("alice", qty=50))
    assert story.request.pending
    assert story.request.revision.number == 2
    assert not joinable(story.request)
    assert not stays(story.request)
    story.tells(cancel())
    assert stays(story.request)


def test_what_has_ended_is_not_joined() -> None:
    assert not joinable(decided(asked()).request)


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=200
)
values = st.one_of(texts, st.integers(-(10**12), 10**12), st.booleans(), st.lists(st.integers(-9, 9), max_size=5))


@settings(max_examples=200, deadline=None)
@given(texts, st.dictionaries(texts.filter(bool), values, max_size=6), texts)
def test_a_joined_row_says_every_parameter_and_ten_fit_on_every_platform(
    title: str, parameters: dict[str, Any], summary: str
) -> None:
    request = asked(title=title or "x", parameters=parameters, summary=summary or None).request
    if not joinable(request):
        return
    card = queue_card([request])
    row = card.parameters[0]
    assert row.label == f"1  {title or 'x'}"
    assert len(row.value) <= LONGEST_ROW
    for name, value in parameters.items():
        assert name in row.value
        if isinstance(value, str):
            assert value in row.value
    assert MOST_JOINED * (len(row.label) + 1 + LONGEST_ROW) <= LONGEST_PARAMETERS


def test_when_all_have_left_the_card_says_so() -> None:
    card = emptied_card(of(stories(3)))
    assert card.buttons == ()
    assert card.parameters == ()
    assert card.outcome == "What was asked here has changed; it stands on a card of its own."


def test_a_ref_says_whether_it_is_shared() -> None:
    assert is_queue(QUEUE + "17")
    assert own_ref(QUEUE + "17") == "17"
    assert not is_queue("17")
    assert not is_queue(None)
    assert own_ref("17") == "17"


def test_what_can_still_be_decided_is_shown_before_what_has_ended() -> None:
    routine, soon, done = asked(), asked(2, valid_for=30 * MINUTE), decided(asked(3))
    critical = Story(world(ruled_by=two_tiers()), submit(amount=Decimal(200_000)))
    ended = Story(world(ruled_by=two_tiers()), submit(amount=Decimal(200_000))).tells(cancel())
    told = [routine, soon, done, critical, ended]
    assert sorted(told, key=lambda story: urgency(story.request)) == [critical, soon, routine, ended, done]
