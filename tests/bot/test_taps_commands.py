"""What people type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ids import new_id
from core.commands import Submit
from core.engine import Done
from core.model import Actor, ActorKind, Proposal
from core.token import Token
from tests.bot.asking import looked_at, submitted
from tests.bot.running import Running, placet, settings_in
from tests.bot.tapping import Chatroom, digest, labels

HOUSE = Path(__file__).parent / "desk.yaml"


@pytest.fixture
def running(tmp_path: Path, sqlite_url: str) -> Iterator[Running]:
    with placet(settings_in(tmp_path, sqlite_url, house=HOUSE.read_text(encoding="utf-8"))) as found:
        yield found


@pytest.fixture
def room(running: Running) -> Chatroom:
    return Chatroom(running)


def test_pending_lists_what_waits_for_this_person_the_most_urgent_first(room: Chatroom, running: Running) -> None:
    program = running.program("momentum")
    alice = room.link("alice")
    assert alice.types("pending").text == "Nothing waits for you."
    submitted(program, title="Small")
    submitted(program, title="Huge", amount="250000.00")
    submitted(program, title="Middling", amount="25000.00")
    answer = alice.types("pending")
    assert answer.text.startswith("2 requests wait for you:\n1. ◐ elevated  Middling\n")
    assert "2. ○ routine  Small" in answer.text
    assert "Huge" not in answer.text
    shown = alice.chooses(answer, "2")
    assert shown.card is not None
    assert shown.card.title == "Small"
    approved = alice.presses(shown.card.buttons[0].token)
    assert (approved.text, approved.instead) == ("Approved: Small", True)
    assert alice.types("/pending").text.startswith("One request waits for you:")


def test_what_one_has_voted_on_and_what_is_ones_own_does_not_wait(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), amount="25000.00")
    alice, frank = room.link("alice"), room.link("frank")
    alice.taps("approve", request)
    assert alice.types("pending").text == "Nothing waits for you."
    # Frank owns the program, and four eyes are asked.
    assert frank.types("pending").text == "Nothing waits for you."


def test_a_delegate_sees_what_waits_for_the_absent(room: Chatroom, running: Running) -> None:
    submitted(running.program("momentum"))
    carol = room.link("carol")
    assert carol.types("pending").text == "Nothing waits for you."
    room.link("alice").types("away 3d carol")
    assert "One request waits for you" in carol.types("pending").text


def test_a_request_is_named_by_its_id_or_the_end_of_it(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    for name in (request["id"], request["id"][-6:], f"…{request['id'][-8:].upper()}", f"`{request['id']}`"):
        card = alice.types(f"show {name}").card
        assert card is not None
        assert card.request == request["id"]
    for name in ("", "abc", "zzzzzz", "req_01kb0000000000000000000000", "../../etc", "' OR 1=1"):
        assert alice.types(f"show {name}").refused


def test_an_end_that_several_have_is_asked_back(room: Chatroom, running: Running) -> None:
    alice = room.link("alice")
    bob = Actor(ActorKind.PERSON, "bob", "api")
    for letter in "ab":
        request = f"req_{letter * 22}same"
        ask = Submit(new_id("cmd"), bob, request, proposal=Proposal("ask", "by hand", f"Question {letter}"))
        assert isinstance(room.do(running.services.ask(ask)), Done)
    assert alice.types("show same").text == "2 requests end with same: give a few more characters of the id."
    card = alice.types("show asame").card
    assert card is not None
    assert card.title == "Question a"


def test_an_end_that_is_too_short_is_asked_for_again(room: Chatroom) -> None:
    assert "at least the last 4 characters" in room.link("alice").types("show abc").text


@pytest.mark.parametrize(("verb", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_deciding_by_word(room: Chatroom, running: Running, verb: str, status: str) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    alice.alone = True
    answer = alice.types(f"{verb} {request['id']}")
    assert not answer.refused
    assert looked_at(running.client(), request)["status"] == status


def test_modify_by_word_opens_the_form(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    assert room.link("alice").types(f"modify {request['id'][-6:]}").form is not None


def test_people_ask_too_and_never_decide_it_themselves(room: Chatroom, running: Running) -> None:
    alice, erin = room.link("alice"), room.link("erin")
    unknown = alice.types("ask May we do something?").text
    assert unknown.startswith("Asked: May we do something?\n● critical")
    assert "nobody can approve it" in unknown
    asked = alice.types("ask May we buy a second screen for 250000 usd?")
    assert asked.text.startswith("Asked: May we buy a second screen for 250000 usd?\n● critical")
    assert "nobody can" not in asked.text
    found = running.client().get("/v1/requests").json()["items"]
    (request,) = [one for one in found if "amount" in one["proposal"]]
    assert alice.taps("approve", {"id": request["id"], "revision": 1}).refused
    assert alice.again().refused
    assert erin.taps("approve", {"id": request["id"], "revision": 1}).text.startswith("Approved: May we buy")


def test_asking_with_a_form(room: Chatroom, running: Running) -> None:
    alice = room.link("alice")
    form = alice.types("ask").form
    assert form is not None
    for wrong in ("-5", "NaN", "lots", "1e400000"):
        again = alice.fills(form, what="A screen?", amount=wrong).form
        assert again is not None
        assert [(one.value, bool(one.error)) for one in again.fields] == [("A screen?", False), (wrong, True)]
    for wrong in (" ", "\u202eevil", "x" * 201):
        again = alice.fills(form, what=wrong).form
        assert again is not None
        assert again.fields[0].error
    answer = alice.fills(form, what="A screen?", amount="400")
    assert "○ routine" in answer.text
    room.fields = 0
    question = alice.types("ask").form
    assert "Asked: A chair?" in alice.replies(question, "A chair?").text


def test_being_away_and_back(room: Chatroom, running: Running) -> None:
    alice = room.link("alice")
    assert alice.types("away").text.startswith("You are here.")
    assert alice.types("away 12h bob").text.endswith("bob stands in with your authority, no more. `back` ends it.")
    assert "bob stands in for you" in alice.types("away").text
    assert running.services.registry().people["alice"].away is not None
    assert alice.types("away back").text == "You are here again."
    assert running.services.registry().people["alice"].away is None
    assert alice.types("away 2099-01-01").text.startswith("You are away until 01 Jan")
    assert alice.types("back").text == "You are here again."
    for wrong in ("away soon", "away 3d nobody", "away 2020-01-01", "away 0h", "away 3d alice"):
        assert alice.types(wrong).refused


def test_help_says_every_command(room: Chatroom) -> None:
    alice = room.link("alice")
    text = alice.types("help").text
    for verb in ("pending", "show", "approve", "reject", "modify", "why", "ask", "away", "back", "link"):
        assert verb in text
    assert alice.types("").text == text
    assert alice.types("frobnicate").refused


def test_an_account_is_linked_with_a_code_that_is_good_once(room: Chatroom, running: Running) -> None:
    code = running.person("alice")
    made = code.post("/v1/people/alice/link")
    assert made.status_code == 201, made.text
    word = made.json()["code"]
    stranger = room.stranger("U7")
    answer = stranger.types(f"link {word.lower()}")
    assert "now alice's" in answer.text
    assert not stranger.types("pending").refused
    assert room.stranger("U8").types(f"link {word}").refused


def test_telegrams_start_with_a_code_links_too(room: Chatroom, running: Running) -> None:
    word = running.client().post("/v1/people/bob/link").json()["code"]
    assert "now bob's" in room.stranger("U9").types(f"start {word.replace('-', '')}").text


def test_a_link_without_its_code_says_what_is_missing(room: Chatroom) -> None:
    assert "The code is missing" in room.stranger("U7").types("link").text
    assert "The code is missing" in room.link("alice").types("link").text


def test_codes_cannot_be_guessed_at_leisure(room: Chatroom) -> None:
    stranger = room.stranger("U7")
    for _ in range(5):
        assert "not good" in stranger.types("link AAAA-AAAA").text
    assert "too many" in stranger.types("link AAAA-AAAA").text
    assert "not good" in room.stranger("U8").types("link AAAA-AAAA").text


def test_somebody_who_is_gone_is_a_stranger(tmp_path: Path, sqlite_url: str) -> None:
    house = HOUSE.read_text(encoding="utf-8")
    with placet(settings_in(tmp_path, sqlite_url, house=house)) as running:
        request = submitted(running.program("momentum"), amount="250000.00")
        Chatroom(running).link("dave", "U1")
    gone = house.replace("  dave: {name: Dave, roles: [risk]}\n", "")
    with placet(settings_in(tmp_path, sqlite_url, house=gone)) as running:
        hand = Chatroom(running).stranger("U1")
        assert hand.presses(Token("approve", request["id"], 1)).refused
        assert "/placet link" in hand.types("pending").text


def test_reason_buttons_are_few_to_a_row(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    answer = room.link("alice").taps("reject", request)
    assert all(len(row) <= 2 for row in answer.rows)
    assert len(labels(answer)) == 7
    assert digest("x") != digest("y")
