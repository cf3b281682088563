"""One tap decides, and the next says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.asking import looked_at, submitted
from tests.bot.running import Running, placet, settings_in
from tests.bot.tapping import Chatroom, labels

BIG = {"amount": "250000.00"}
"""Critical: a rejection counts with its reason alone."""
PAIR = {"amount": "25000.00"}
"""Elevated: two traders must agree."""
ASKS = {"amount": "4250.00"}


@pytest.fixture
def running(tmp_path: Path, sqlite_url: str) -> Iterator[Running]:
    house = (Path(__file__).parent / "desk.yaml").read_text(encoding="utf-8")
    with placet(settings_in(tmp_path, sqlite_url, house=house)) as found:
        yield found


@pytest.fixture
def room(running: Running) -> Chatroom:
    return Chatroom(running)


def test_one_tap_approves(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    answer = room.link("alice").taps("approve", request)
    assert answer.text == "Approved: Buy 100 NVDA"
    assert not answer.refused
    ended = looked_at(running.client(), request)
    assert (ended["status"], ended["votes"][0]["via"]) == ("approved", "paper")


def test_a_vote_that_does_not_decide_yet_says_how_many_are_missing(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **PAIR)
    answer = room.link("alice").taps("approve", request)
    assert "1 of 2 approvals so far" in answer.text
    assert room.link("bob").taps("approve", request).text == "Approved: Buy 100 NVDA"


def test_reject_counts_at_once_and_then_asks_why(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    answer = alice.taps("reject", request)
    assert looked_at(running.client(), request)["status"] == "rejected"
    assert answer.text == "Rejected: Buy 100 NVDA\nWhy?"
    assert labels(answer)[:2] == ["Price or market moved", "Too big or too small"]
    noted = alice.chooses(answer, "Too risky")
    assert noted.text.startswith("Noted: Too risky.\nWould the algorithm agree")
    assert noted.instead
    thanks = alice.chooses(noted, "Yes: it lacked data")
    assert (thanks.text, thanks.instead, thanks.rows) == ("Noted, thank you.", True, ())
    reasons = looked_at(running.client(), request)["votes"][0]["reasons"]
    assert [(one["code"], one.get("would_agree")) for one in reasons] == [("risk", None), ("risk", "yes")]


def test_where_a_reason_is_required_the_tap_on_it_is_what_decides(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **BIG)
    dave = room.link("dave")
    answer = dave.taps("reject", request)
    assert "Not rejected yet: tap a reason, and it is." in answer.text
    assert not answer.refused
    assert looked_at(running.client(), request)["votes"] == []
    dave.chooses(answer, "Wrong moment")
    ended = looked_at(running.client(), request)
    assert (ended["status"], ended["votes"][0]["reasons"][0]["code"]) == ("rejected", "timing")


def test_other_takes_words(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **BIG)
    dave = room.link("dave")
    opened = dave.chooses(dave.taps("reject", request), "Something else")
    assert opened.form is not None
    assert looked_at(running.client(), request)["votes"] == []
    for nothing in ("", "   ", "\u202egnihton", "x" * 1_001):
        wrong = dave.fills(opened.form, words=nothing)
        assert wrong.form is not None
        assert wrong.form.fields[0].error
    assert looked_at(running.client(), request)["votes"] == []
    dave.fills(opened.form, words="earnings\ntonight 👩‍👩‍👧")
    reason = looked_at(running.client(), request)["votes"][0]["reasons"][0]
    assert (reason["code"], reason["words"]) == ("other", "earnings\ntonight 👩‍👩‍👧")


def test_other_is_a_typed_reply_where_there_are_no_forms(room: Chatroom, running: Running) -> None:
    room.fields = 0
    request = submitted(running.program("momentum"))
    alice, bob = room.link("alice"), room.link("bob")
    opened = alice.chooses(alice.taps("reject", request), "Something else")
    for_alice = alice.last
    bob.last = for_alice
    assert bob.replies(opened.form, "it was me").text == "This question was for somebody else."
    alice.last = for_alice
    assert alice.replies(opened.form, "too much of it already").text.startswith("Noted: Something else.")
    assert looked_at(running.client(), request)["votes"][0]["reasons"][0]["words"] == "too much of it already"


def test_reasons_are_for_the_person_asked(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    answer = room.link("alice").taps("reject", request)
    other = room.link("bob").chooses(answer, "Too risky")
    assert (other.text, other.refused) == ("These buttons are for somebody else. Use those of the card.", True)
    assert looked_at(running.client(), request)["votes"][0]["reasons"] == []


def test_a_reason_is_changed_later_and_the_record_keeps_all(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    alice.chooses(alice.taps("reject", request), "Too risky")
    again = alice.types(f"why {request['id'][-6:]}")
    assert "So far: Too risky" in again.text
    alice.chooses(again, "Wrong moment")
    reasons = looked_at(running.client(), request)["votes"][0]["reasons"]
    assert [one["code"] for one in reasons] == ["risk", "timing"]
    assert room.link("bob").types(f"why {request['id']}").text.startswith("You have not voted")


def test_the_same_tap_delivered_again_gets_the_first_answer_and_counts_once(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **PAIR)
    alice = room.link("alice")
    first = alice.taps("approve", request)
    assert alice.again() == first
    assert len(looked_at(running.client(), request)["votes"]) == 1


def test_a_second_tap_of_ones_own_is_answered_already(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **PAIR)
    alice = room.link("alice")
    alice.taps("approve", request)
    assert "already" in alice.taps("approve", request).text
    assert "a vote stands" in alice.taps("reject", request).text


def test_an_old_revision_is_refused_and_what_is_asked_now_is_shown(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **PAIR)
    running.person("alice").post(
        f"/v1/requests/{request['id']}/votes", json={"choice": "modify", "revision": 1, "parameters": {"quantity": 50}}
    )
    bob = room.link("bob")
    stale = bob.taps("approve", request)
    assert stale.refused
    assert "revision 2 is now asked" in stale.text
    assert stale.card is not None
    assert "100 → 50" in [one.value for one in stale.card.parameters]
    now = bob.presses(stale.card.buttons[0].token)
    assert (now.text, now.instead) == ("Approved: Buy 100 NVDA", True)


@pytest.mark.parametrize("person", ["carol", "frank"])
def test_who_may_not_decide_is_told_so_alone(room: Chatroom, running: Running, person: str) -> None:
    request = submitted(running.program("momentum"), **PAIR)
    answer = room.link(person).taps("approve", request)
    assert answer.refused
    assert looked_at(running.client(), request)["votes"] == []


def test_strangers_are_told_kindly_how_to_become_known(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    room.link("alice", "U1")
    for hand in (room.stranger("U2"), room.stranger("U1", workspace="T2"), room.stranger("alice")):
        answer = hand.taps("approve", request)
        assert answer.refused
        assert "/placet link" in answer.text
        assert hand.types("pending").refused
        assert "/placet link" in hand.types("help").text
    assert looked_at(running.client(), request)["votes"] == []


@pytest.mark.parametrize(
    "token",
    ["", "x", "approve", "approve:r", "zz:r01kb0000000000000000000000:1", "approve:-:1", "approve:r:1:2:3",
     "why:r01kb0000000000000000000000:1:nonsense", "agree:r01kb0000000000000000000000:1:maybe", "all:-:0:approve",
     "confirm:d01kb0000000000000000000000:0", "set:d01kb0000000000000000000000:99:99", "approve:r01kb:1:risk",
     "edit:r01kb0000000000000000000000:0", "batch:-:0", "adopt:r01kb0000000000000000000000:1:x", "\x00", "é" * 64],
)  # fmt: skip
def test_what_nobody_here_has_written_is_refused_and_never_fatal(room: Chatroom, token: str) -> None:
    answer = room.link("alice").presses(token)
    if token:
        assert answer.refused
    assert "went wrong" not in answer.text


def test_a_token_with_another_request_or_revision_in_it_is_judged_like_any_vote(
    room: Chatroom, running: Running
) -> None:
    request = submitted(running.program("momentum"), **BIG)
    carol = room.link("carol")
    for revision in (0, 1, 2, 9999):
        answer = carol.presses(f"approve:r{request['id'].removeprefix('req_')}:{revision}")
        assert answer.refused
    assert looked_at(running.client(), request)["votes"] == []


def test_changes_are_asked_for_with_words(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    more = alice.taps("more", request)
    assert request["id"] in more.text
    opened = alice.chooses(more, "Ask for changes")
    answer = alice.fills(opened.form, words="half of it")
    assert answer.text == "Changes asked for: Buy 100 NVDA"
    ended = looked_at(running.client(), request)
    assert (ended["status"], ended["votes"][0]["note"]) == ("changes_requested", "half of it")


def test_abstaining_is_a_vote_too(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **PAIR)
    alice = room.link("alice")
    answer = alice.chooses(alice.taps("more", request), "Abstain")
    assert "Your vote counts (abstain)" in answer.text


def test_a_decision_made_elsewhere_is_said(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    bob = running.person("bob")
    bob.post(f"/v1/requests/{request['id']}/votes", json={"choice": "approve", "revision": 1})
    answer = room.link("alice").taps("approve", request)
    assert answer.refused
    assert "Approved by bob" in answer.text
