"""Undo where the policy gives a grace, and withdrawing what one asked oneself: over taps, HTTP and the command line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from bot.ids import new_id
from core.engine import CLOCK, Bookkeeping
from core.ports import Draft
from core.token import Token
from tests.bot.asking import looked_at, refused, submitted, voted
from tests.bot.process import environment
from tests.bot.running import Doc, Running, exactly, placet, settings_in
from tests.bot.tapping import Chatroom, button, labels

HOUSE = (Path(__file__).parent / "desk.yaml").read_text(encoding="utf-8")
NEVER = datetime(2090, 1, 1, tzinfo=UTC)
UNDONE = {"amount": "4250.00"}
"""Routine: five minutes to take it back."""
PAIR = {"amount": "25000.00"}
"""Elevated: two traders, and no grace."""
QUICK = {"amount": "250000.00"}
"""Critical: the grace is over in a moment."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    house = HOUSE.replace("    - name: routine\n", "    - name: routine\n      grace: PT5M\n")
    house = house.replace("    - name: critical\n", "    - name: critical\n      grace: PT0.3S\n")
    folder = tmp_path_factory.mktemp("undo")
    with placet(settings_in(folder, house=house)) as found:
        yield found


@pytest.fixture
def room(running: Running) -> Chatroom:
    return Chatroom(running)


def test_a_form_that_is_sent_again_after_an_undo_does_not_repeat_what_is_no_longer_true(
    room: Chatroom, running: Running
) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    alice = room.link("alice")
    answer = alice.taps("approve", request)
    approved = alice.last
    assert alice.again(approved).text == answer.text
    alice.chooses(answer, "Undo")
    undone = alice.last
    again = alice.again(approved)
    assert again.refused
    assert again.text.startswith("You have taken this back since")
    alice.taps("approve", looked_at(running.client(), request))
    late = alice.again(undone)
    assert late.refused
    assert late.text.startswith("You have voted again since")
    assert looked_at(running.client(), request)["settles_as"] == "approved"


def test_an_approval_can_be_undone_from_its_answer(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    alice = room.link("alice")
    answer = alice.taps("approve", request)
    assert answer.text.startswith("Approved: Buy 100 NVDA\nIt counts at ")
    assert labels(answer) == ["Undo"]

    waiting = looked_at(running.client(), request)
    assert (waiting["status"], waiting["settles_as"]) == ("pending", "approved")
    assert waiting["settles_at"] > waiting["votes"][0]["at"]

    undone = alice.chooses(answer, "Undo")
    assert undone.text == "Your vote is taken back: Buy 100 NVDA\nIt is asked as before, and you may vote again."
    after = looked_at(running.client(), request)
    assert (after["settles_at"], after["votes"][0]["counts"]) == (None, False)
    assert after["votes"][0]["taken_back_at"]
    assert alice.taps("reject", request).text.startswith("Rejected: Buy 100 NVDA\nIt counts at ")


def test_the_undo_stays_beside_the_reasons_and_after_them(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    alice = room.link("alice")
    chips = alice.taps("reject", request)
    assert chips.text.endswith("\nWhy?")
    assert labels(chips)[-1] == "Undo"
    agreement = alice.chooses(chips, "Too risky")
    assert labels(agreement)[-1] == "Undo"
    thanks = alice.chooses(agreement, "Not sure")
    assert labels(thanks) == ["Undo"]
    assert alice.chooses(thanks, "Undo").text.startswith("Your vote is taken back")


def test_the_card_that_everybody_sees_has_an_undo_for_those_who_voted(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    alice, bob = room.link("alice"), room.link("bob")
    alice.taps("approve", request)
    shown = bob.types(f"show {request['id']}").card
    assert shown is not None
    assert shown.note.startswith("Approved by alice, counts at ")
    assert [one.verb for one in shown.buttons] == ["undo", "reject", "more"]
    no = bob.taps("undo", request)
    assert (no.text, no.refused) == ("You have no vote on this that could be taken back.", True)
    assert alice.taps("undo", request).text.startswith("Your vote is taken back")


def test_an_undo_is_for_the_one_who_was_answered(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    answer = room.link("alice").taps("approve", request)
    assert "somebody else" in room.link("bob").presses(button(answer, "Undo").token).text


def test_the_same_undo_twice_is_one(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    alice = room.link("alice")
    answer = alice.taps("approve", request)
    first = alice.chooses(answer, "Undo")
    assert alice.again().text == first.text
    assert alice.chooses(answer, "Undo").refused


def test_a_modification_says_what_is_left_of_it(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    alice = room.link("alice")
    form = alice.taps("modify", request).form
    confirmed = alice.chooses(alice.fills(form, quantity="60"), "Confirm this change")
    assert labels(confirmed)[-1] == "Undo"
    undone = alice.chooses(confirmed, "Undo")
    assert undone.text.endswith("What you changed stands as revision 2, without your vote.")


def test_without_a_grace_there_is_no_undo(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), **PAIR)
    alice = room.link("alice")
    assert labels(alice.taps("approve", request)) == []
    assert alice.taps("undo", request).text == "A vote stands: the rule gives no time to take it back."
    waiting = looked_at(running.client(), request)
    assert (waiting["settles_at"], waiting["ruling"]["grace"]) == (None, None)


def test_the_clock_records_it_when_the_grace_is_over(running: Running) -> None:
    request = submitted(running.program("momentum"), **QUICK)
    settles = voted(running.person("dave"), request, "approve")
    assert settles["settles_as"] == "approved"
    ended = exactly(running.client().get(f"/v1/requests/{request['id']}?wait=20"))
    assert ended["status"] == "approved"
    assert ended["decision"]["at"] >= settles["settles_at"]
    events = running.client().get(f"/v1/requests/{request['id']}/events").json()["items"]
    assert (events[-1]["type"], events[-1]["actor"]["id"]) == ("Decided", "clock")


def test_what_settles_is_kept_over_a_restart(tmp_path: Path) -> None:
    house = HOUSE.replace("    - name: routine\n", "    - name: routine\n      grace: PT1S\n")
    settings = settings_in(tmp_path, house=house)
    with placet(settings) as first:
        request = submitted(first.program("momentum"), **UNDONE)
        assert voted(first.person("alice"), request, "approve")["status"] == "pending"
    with placet(settings) as second:
        ended = exactly(second.client().get(f"/v1/requests/{request['id']}?wait=20"))
    assert (ended["status"], ended["decision"]["by"]) == ("approved", ["alice"])


# Over HTTP and the command line


def take_back(running: Running, who: str, request: Doc, **more: object) -> tuple[int, str]:
    answer = running.person(who).post(f"/v1/requests/{request['id']}/take-back", json=more)
    return (200, exactly(answer)["status"]) if answer.status_code == 200 else refused(answer)


def test_a_vote_is_taken_back_over_http(running: Running) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    voted(running.person("alice"), request, "approve")
    assert take_back(running, "bob", request) == (409, "no_vote")
    assert take_back(running, "alice", request, revision=7) == (409, "no_vote")
    assert take_back(running, "alice", request, revision="1") == (422, "invalid")
    assert take_back(running, "alice", request, revision=1) == (200, "pending")
    assert take_back(running, "alice", request) == (409, "no_vote")
    program = running.program("momentum")
    assert refused(program.post(f"/v1/requests/{request['id']}/take-back"))[0] == 403

    stands = submitted(running.program("momentum"), **PAIR)
    voted(running.person("alice"), stands, "approve")
    assert take_back(running, "alice", stands) == (409, "no_grace")


def test_the_same_key_takes_back_once(running: Running) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    alice = running.person("alice")
    voted(alice, request, "approve")
    headers = {"Idempotency-Key": "undo-1"}
    first = alice.post(f"/v1/requests/{request['id']}/take-back", headers=headers)
    again = alice.post(f"/v1/requests/{request['id']}/take-back", headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replayed"] == "true"


def test_a_vote_is_taken_back_on_the_command_line(running: Running) -> None:
    request = submitted(running.program("momentum"), **UNDONE)
    env = environment(running.settings, {"PLACET_PORT": str(running.port)})
    env["PLACET_TOKEN"] = running.key(person="alice")["token"]

    def typed(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments, env=env, catch_exceptions=True)
        assert result.exit_code == 0, result.output
        return result.output

    assert "approved, counts at" in typed("vote", request["id"], "approve")
    assert "taken back" in typed("take-back", request["id"])
    assert looked_at(running.client(), request)["settles_at"] is None


# Several at once


def test_a_batch_can_be_undone_as_one(room: Chatroom, running: Running) -> None:
    program = running.program("momentum")
    asked = [submitted(program, title=f"Buy {n} NVDA", **UNDONE) for n in (1, 2)]
    alice = room.link("alice")
    items = [[request["id"], request["revision"]] for request in asked]
    draft = Draft(new_id("dft"), "alice", "batch", {"choice": "approve", "items": items}, NEVER)
    keep = Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda transaction: transaction.keep_draft(draft))
    room.do(running.services.ask(keep))
    pressed = alice.presses(Token("batch", draft.id))
    assert "2 approved." in pressed.text
    assert "until then you can take them back" in pressed.text
    undone = alice.chooses(pressed, "Undo all")
    assert undone.text == "2 of your votes are taken back."
    assert [looked_at(running.client(), request)["settles_at"] for request in asked] == [None, None]
    assert alice.chooses(pressed, "Undo all").text == undone.text  # Pressed again it is the same undo.


# Withdrawing


def test_a_person_withdraws_what_they_asked_once_they_confirm_it(room: Chatroom, running: Running) -> None:
    alice = room.link("alice")
    alice.types("ask May I take the afternoon off?")
    [request] = [r for r in running.client().get("/v1/requests?limit=200").json()["items"] if "afternoon" in title(r)]
    assert "Withdraw" in labels(alice.taps("more", request))
    assert "Withdraw" not in labels(room.link("bob").taps("more", request))

    question = alice.taps("withdraw", request)
    assert question.text.startswith("Withdraw this?\nMay I take the afternoon off?")
    assert looked_at(running.client(), request)["status"] == "pending"
    assert alice.chooses(question, "Yes, withdraw it").text == "Withdrawn: May I take the afternoon off?"
    assert looked_at(running.client(), request)["status"] == "cancelled"
    assert "there is nothing to withdraw" in alice.types(f"withdraw {request['id'][-6:]}").text


def title(request: Doc) -> str:
    return str(request["proposal"]["title"])


def test_nobody_withdraws_what_another_asked(room: Chatroom, running: Running) -> None:
    alice, bob = room.link("alice"), room.link("bob")
    alice.types("ask May I go home?")
    [request] = [r for r in running.client().get("/v1/requests?limit=200").json()["items"] if "go home" in title(r)]
    question = alice.types(f"withdraw {request['id']}")
    no = bob.types(f"withdraw {request['id']}")
    assert (no.text, no.refused) == ("Only who asked can withdraw this.", True)
    assert bob.presses(button(question, "Yes").token).refused
    forged = bob.presses(f"withdraw:r{request['id'].removeprefix('req_')}:1:yes")
    assert (forged.text, forged.refused) == ("Only who asked can withdraw this.", True)
    assert looked_at(running.client(), request)["status"] == "pending"
