"""Modify: fill in, see the difference, confirm; with a form or with a keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.taps.modify import START
from core.taps import Answer
from tests.bot.asking import looked_at, submitted
from tests.bot.running import Doc, Running, placet, settings_in
from tests.bot.tapping import Chatroom, Hand, labels

HOUSE = Path(__file__).parent / "desk.yaml"
WIDE: Doc = {
    "parameters": {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "note": "x"},
    "editable": {
        "properties": {
            **{name: {"type": "integer", "minimum": 0, "maximum": 9} for name in "abcdef"},
            "note": {"type": "string", "maxLength": 300},
        }
    },
}


@pytest.fixture
def running(tmp_path: Path, sqlite_url: str) -> Iterator[Running]:
    with placet(settings_in(tmp_path, sqlite_url, house=HOUSE.read_text(encoding="utf-8"))) as found:
        yield found


@pytest.fixture
def room(running: Running) -> Chatroom:
    return Chatroom(running)


def opened(hand: Hand, request: Doc) -> Answer:
    answer = hand.taps("modify", request)
    assert answer.form is not None
    return answer


def modified(running: Running, request: Doc) -> dict[str, Any]:
    return dict(looked_at(running.client(), request)["proposal"]["parameters"])


def test_the_form_is_filled_in_the_difference_is_shown_and_only_then_it_counts(
    room: Chatroom, running: Running
) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    form = opened(alice, request).form
    assert form is not None
    assert [(one.name, one.kind, one.value) for one in form.fields][-2:] == [
        ("quantity", "number", "100"),
        ("side", "choice", "buy"),
    ]
    shown = alice.fills(form, quantity="50", side="sell")
    assert "quantity: 100 → 50\nside: buy → sell\nNothing counts before you confirm it." in shown.text
    assert looked_at(running.client(), request)["votes"] == []
    done = alice.chooses(shown, "Confirm")
    assert done.text == "Modified: Buy 100 NVDA\nWhy?"
    ended = looked_at(running.client(), request)
    assert (ended["status"], modified(running, request)["quantity"]) == ("modified", 50)
    noted = alice.chooses(done, "Too big")
    assert "Would the algorithm agree" in noted.text
    reasons = [one["code"] for vote in looked_at(running.client(), request)["votes"] for one in vote.get("reasons", [])]
    assert reasons == ["size"]
    assert alice.again().text == noted.text


def test_where_a_reason_is_required_it_is_what_makes_the_change_count(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), amount="250000.00")
    dave = room.link("dave")
    shown = dave.fills(opened(dave, request).form, quantity="50")
    assert "Not changed yet: tap a reason, and it counts." in shown.text
    assert looked_at(running.client(), request)["votes"] == []
    dave.chooses(shown, "Too big")
    ended = looked_at(running.client(), request)
    assert (ended["status"], ended["votes"][0]["reasons"][0]["code"]) == ("modified", "size")


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("0", "must be at least 1"),
        ("100001", "must be at most 100000"),
        ("1.5", "must be a whole number"),
        ("1,000", "no commas"),
        ("many", "must be a number"),
        ("", "must be a number"),
        ("1e5", "must be a number"),
        ("NaN", "must be a number"),
        ("٣", "must be a number"),
        ("9" * 400, "must be a number"),
    ],
)
def test_a_wrong_value_is_answered_beside_its_field(room: Chatroom, running: Running, typed: str, fault: str) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    answer = alice.fills(opened(alice, request).form, quantity=typed, side="sell")
    assert answer.form is not None
    quantity, side = answer.form.fields[-2:]
    assert fault in quantity.error
    assert (quantity.value, side.value, side.error) == (typed, "sell", "")
    shown = alice.fills(answer.form, quantity="50")
    assert "quantity: 100 → 50\nside: buy → sell" in shown.text


def test_more_fields_than_a_form_takes_come_in_several_steps(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **WIDE)
    alice = room.link("alice")
    first = opened(alice, request).form
    assert first is not None
    assert [one.name for one in first.fields] == ["a", "b", "c", "d", "e"]
    assert first.title == "Modify (1 of 2)"
    second = alice.fills(first, a="9").form
    assert second is not None
    assert [one.name for one in second.fields] == ["f", "note"]
    shown = alice.fills(second, f="0")
    assert "a: 1 → 9\nf: 6 → 0" in shown.text
    again = alice.chooses(shown, "Change again").form
    assert again is not None
    assert again.fields[0].value == "9"


def test_what_is_left_as_recommended_is_no_change(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    same = alice.fills(opened(alice, request).form)
    assert "recommended values" in same.text
    left = alice.chooses(same, "Leave it")
    assert left.text == "Nothing was changed."
    assert "This is over" in alice.chooses(same, "Change again").text
    assert looked_at(running.client(), request)["votes"] == []


def test_a_preset_is_one_choice_and_what_is_typed_goes_over_it(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    form = opened(alice, request).form
    assert form is not None
    assert form.fields[0].choices == (("-", "As recommended"), ("0", "Half: quantity 50"))
    assert "quantity: 100 → 50" in alice.fills(form, **{START: "0"}).text
    both = opened(alice, request).form
    assert "quantity: 100 → 70" in alice.fills(both, **{START: "0", "quantity": "70"}).text


def test_ones_usual_change_is_offered_first_and_to_nobody_else(room: Chatroom, running: Running) -> None:
    program = running.program("momentum")
    alice = room.link("alice")
    for _ in range(2):
        request = submitted(program)
        alice.chooses(alice.fills(opened(alice, request).form, quantity="80"), "Confirm")
    request = submitted(program, parameters={"quantity": 200, "limit": 42.5, "side": "buy"})
    form = opened(alice, request).form
    assert form is not None
    assert form.fields[0].choices[1] == ("0", "Your usual: quantity 160")
    assert "You usually set 160" in form.fields[1].hint
    others = opened(room.link("bob"), request).form
    assert others is not None
    assert [label for _, label in others.fields[0].choices] == ["As recommended", "Half: quantity 100"]


def test_a_change_beyond_ones_authority_is_a_suggestion_that_another_adopts(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice, erin = room.link("alice"), room.link("erin")
    shown = alice.fills(opened(alice, request).form, quantity="9000")
    assert (
        "amount: 4250.00 → 382500.00 USD (reckoned in proportion)\nThen it is critical: amount > 100000" in shown.text
    )
    told = alice.chooses(shown, "Suggest")
    assert "suggestion" in told.text
    assert looked_at(running.client(), request)["status"] == "pending"
    more = erin.taps("more", request)
    assert "alice suggests: quantity 9000" in more.text
    answer = erin.chooses(more, "Adopt what alice suggests")
    # A modification of the highest tier wants its reason: adopt it where one can be given.
    assert answer.refused
    assert "say why" in answer.text


def test_a_hard_limit_is_said_and_the_change_can_be_changed(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), amount="90000.00")
    alice = room.link("alice")
    shown = alice.fills(opened(alice, request).form, quantity="9000")
    assert "hard limit" in shown.text
    again = alice.chooses(shown, "Change again").form
    assert "quantity: 100 → 120" in alice.fills(again, quantity="120").text


def test_the_draft_is_finished_with_the_vote(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), amount="25000.00")
    alice, bob = room.link("alice"), room.link("bob")
    shown = alice.fills(opened(alice, request).form, quantity="90")
    assert "somebody else" in bob.chooses(shown, "Confirm").text
    alice.chooses(shown, "Confirm")
    assert "This is over" in alice.chooses(shown, "Confirm").text
    assert len([v for v in looked_at(running.client(), request)["votes"] if v["revision"] == 2]) == 1


def test_a_form_that_was_open_while_somebody_decided_is_refused(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    form = opened(alice, request).form
    room.link("bob").taps("approve", request)
    assert "Approved by bob" in alice.fills(form, quantity="50").text
    assert "Approved by bob" in alice.taps("modify", request).text


def test_a_form_over_an_older_revision_does_not_count_for_the_new_one(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), amount="25000.00")
    alice, bob = room.link("alice"), room.link("bob")
    shown = alice.fills(opened(alice, request).form, quantity="90")
    bob.chooses(bob.fills(opened(bob, request).form, quantity="80"), "Confirm")
    answer = alice.chooses(shown, "Confirm")
    assert "revision 2 is now asked" in answer.text
    assert answer.card is not None


def test_what_may_not_be_changed_says_so(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), editable=None)
    assert "Nothing in this proposal may be changed" in room.link("alice").taps("modify", request).text


# Where there are no forms


def test_a_keyboard_of_fields_and_presets_and_typed_replies(room: Chatroom, running: Running) -> None:
    room.fields = 0
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    panel = alice.taps("modify", request)
    assert labels(panel)[:3] == ["quantity: 100", "side: buy", "Half: quantity 50"]
    choices = alice.chooses(panel, "side")
    assert labels(choices) == ["buy", "sell", "Back"]
    panel = alice.chooses(choices, "sell")
    assert panel.instead
    assert "side: buy → sell" in panel.text
    question = alice.chooses(panel, "quantity")
    assert question.form is not None
    assert [one.hint for one in question.form.fields] == ["1 to 100000"]
    again = alice.replies(question.form, "0")
    assert again.form is not None
    assert "must be at least 1" in again.form.fields[0].error
    panel = alice.replies(again.form, "70")
    assert not panel.instead
    assert "side: buy → sell\nquantity: 100 → 70" in panel.text
    shown = alice.chooses(panel, "Done")
    alice.chooses(shown, "Confirm")
    assert (modified(running, request)["quantity"], modified(running, request)["side"]) == (70, "sell")


def test_a_preset_of_the_keyboard_is_one_tap(room: Chatroom, running: Running) -> None:
    room.fields = 0
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    panel = alice.chooses(alice.taps("modify", request), "Half")
    assert "quantity: 100 → 50" in panel.text
    alice.chooses(alice.chooses(panel, "Done"), "Confirm")
    assert modified(running, request)["quantity"] == 50


@pytest.fixture
def unlimited(tmp_path: Path, sqlite_url: str) -> Iterator[Running]:
    """Without the hard limit, which an amount that nobody knows would break."""
    house = HOUSE.read_text(encoding="utf-8")
    limit = "    - {name: largest position, must: amount <= 5000000}\n"
    assert limit in house
    house = house.replace("  limits:\n" + limit, "")
    with placet(settings_in(tmp_path, sqlite_url, house=house)) as found:
        yield found


def test_every_kind_of_field_can_be_changed(unlimited: Running) -> None:
    running, room = unlimited, Chatroom(unlimited)
    parameters = {"size": 1.5, "day": "2026-12-18", "urgent": False, "why": "trend", "legs": ["a"], "rung": 425}
    properties: Doc = {
        "size": {"type": "number", "minimum": 0.5, "multipleOf": 0.5, "title": "Size"},
        "day": {"type": "string", "format": "date"},
        "urgent": {"type": "boolean"},
        "why": {"type": "string", "maxLength": 2_000},
        "legs": {"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}},
        "rung": {"type": "number", "enum": [420, 425, 430]},
    }
    request = submitted(
        running.program("momentum"), parameters=parameters, editable={"properties": properties}, amount="250000.00"
    )
    room.fields = None
    dave = room.link("dave")
    form = opened(dave, request).form
    assert form is not None
    kinds = {one.name: one.kind for one in form.fields}
    assert kinds == {
        START: "choice", "size": "number", "day": "date", "urgent": "boolean", "why": "lines", "legs": "text",
        "rung": "choice",
    }  # fmt: skip
    changes = {"size": "2.0", "day": "2027-01-15", "urgent": "yes", "why": "a\nb", "legs": "a, c", "rung": "430"}
    wrong = dave.fills(form, **{**changes, "day": "15.1.2027", "size": "2.2"})
    assert wrong.form is not None
    assert [one.name for one in wrong.form.fields if one.error] == ["size", "day"]
    dave.chooses(dave.fills(wrong.form, **changes), "Too big")
    assert modified(running, request) == {
        "size": 2, "day": "2027-01-15", "urgent": True, "why": "a\nb", "legs": ["a", "c"], "rung": 430,
    }  # fmt: skip
