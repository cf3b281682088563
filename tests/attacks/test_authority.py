"""Deciding what one may not decide, or has not seen."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.ids import new_id
from core.accounts import LinkAccount, LinkOffered, UnlinkAccount
from core.card import LONGEST_PARAMETERS
from core.engine import Done, Outcome
from core.errors import Refused
from core.model import Account, Actor, ActorKind, Person
from core.registry import PersonDeclared, PersonRemoved, Registry, decide_registry, evolve_registry
from core.taps import Answer, Tap
from core.token import Token
from tests.bot.asking import looked_at, submitted
from tests.bot.running import Running
from tests.bot.tapping import Chatroom, labels
from tests.cast import NOW

ERIN = Actor(ActorKind.PERSON, "erin", "api")


def test_an_account_that_was_unlinked_a_moment_ago_decides_nothing(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    account = alice.account
    tap = Tap("late", "paper", account.workspace, account.user, str(Token("approve", request["id"], 1)))
    unlink = UnlinkAccount(new_id("cmd"), ERIN, "", person="alice", account=account)

    async def at_once() -> tuple[Outcome, Answer]:
        first = asyncio.create_task(running.services.ask(unlink))
        # The tap is read while the account is still Alice's, and its vote comes behind the fact that it is not.
        return await asyncio.gather(first, room.desk.tap(tap))

    outcome, answer = room.do(at_once())
    assert isinstance(outcome, Done)
    assert answer.refused
    assert looked_at(running.client(), request)["votes"] == []


def test_what_a_card_cannot_show_whole_is_not_let_pass_with_a_small_change(room: Chatroom, running: Running) -> None:
    request = submitted(
        running.program("momentum"),
        parameters={"quantity": 100, "note": "x" * 1_000},
        editable={"properties": {"quantity": {"type": "integer", "minimum": 1}}},
    )
    alice = room.link("alice")
    opened = alice.taps("modify", request)
    if opened.form is not None:
        alice.chooses(alice.fills(opened.form, quantity="99"), "Confirm")
    seen = looked_at(running.client(), request)
    assert (seen["status"], seen["votes"]) == ("pending", [])


def test_a_suggestion_that_cannot_be_read_in_full_is_not_adopted_in_a_chat(room: Chatroom, running: Running) -> None:
    request = submitted(
        running.program("momentum"),
        amount="90000.00",
        parameters={"quantity": 100, "note": "x"},
        editable={
            "properties": {
                "quantity": {"type": "integer", "minimum": 1, "maximum": 100_000},
                "note": {"type": "string", "maxLength": 3000},
            }
        },
    )
    alice, dave = room.link("alice"), room.link("dave")
    shown = alice.fills(alice.taps("modify", request).form, quantity="120", note="y" * 2_900)
    assert "suggestion" in alice.chooses(shown, "Suggest").text
    more = dave.taps("more", request)
    assert not any("Adopt" in label for label in labels(more)), more
    adopt = dave.presses(Token("adopt", request["id"], 1, "1"))
    assert adopt.refused
    assert "look at the whole" in adopt.text or "whole" in adopt.text


def test_nobody_ends_the_draft_of_somebody_else(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice, bob = room.link("alice"), room.link("bob")
    shown = alice.fills(alice.taps("modify", request).form, quantity="50")
    assert bob.chooses(shown, "Leave it").refused
    alice.chooses(shown, "Confirm")
    assert looked_at(running.client(), request)["status"] == "modified"


def test_leaving_it_after_it_was_confirmed_does_not_say_that_nothing_was_changed(
    room: Chatroom, running: Running
) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    shown = alice.fills(alice.taps("modify", request).form, quantity="50")
    alice.chooses(shown, "Confirm")
    left = alice.chooses(shown, "Leave it")
    assert left.refused
    assert "Nothing was changed" not in left.text


def test_the_second_pair_of_eyes_sees_the_whole_of_a_change(room: Chatroom, running: Running) -> None:
    editable = {"properties": {name: {"type": "string", "maxLength": 300} for name in ("note", *"abcdefg")}}
    request = submitted(
        running.program("momentum"),
        amount="25000.00",
        parameters=dict.fromkeys(("note", *"abcdefg"), "o" * 285),
        editable=editable,
    )
    alice, bob = room.link("alice"), room.link("bob")
    first = alice.fills(alice.taps("modify", request).form, note="n" * 285)
    shown = alice.fills(first.form, g="g" * 285) if first.form else first
    alice.chooses(shown, "Confirm")
    stale = bob.taps("approve", request)
    assert stale.card is not None
    if any(button.verb == "approve" for button in stale.card.buttons):
        seen = {one.label: one.value for one in stale.card.parameters}
        assert seen["note"].endswith("n" * 285)
        assert seen["g"].endswith("g" * 285)
        assert sum(len(label) + len(value) for label, value in seen.items()) <= LONGEST_PARAMETERS


def test_what_is_confirmed_is_what_was_shown(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = room.link("alice")
    form = alice.taps("modify", request).form
    first = alice.fills(form, quantity="50")
    second = alice.fills(alice.chooses(first, "Change again").form, quantity="90")
    # The first difference may still stand in the chat.
    old = alice.chooses(first, "Confirm")
    assert "quantity: 100 → 90" in old.text
    assert looked_at(running.client(), request)["votes"] == []
    alice.chooses(old, "Confirm")
    assert looked_at(running.client(), request)["proposal"]["parameters"]["quantity"] == 90
    assert second.rows


def test_a_code_does_not_outlive_the_person_it_was_made_for() -> None:
    people = {"alice": Person("alice", "Alice")}
    begun = evolve_registry(Registry(people=people), LinkOffered("alice", "digest", NOW + timedelta(minutes=9)))
    removed = evolve_registry(begun, PersonRemoved("alice"))
    again = evolve_registry(removed, PersonDeclared(people["alice"], "name"))
    account = Account("paper", "", "U1")
    linked = decide_registry(again, LinkAccount("cmd", ERIN, "", account=account, code="digest"), NOW)
    assert isinstance(linked, Refused)


def test_which_of_several_suggestions_is_adopted_is_said(room: Chatroom, running: Running) -> None:
    request = submitted(running.program("momentum"), amount="90000.00")
    alice, dave = room.link("alice"), room.link("dave")
    for quantity in ("120", "130"):
        alice.chooses(alice.fills(alice.taps("modify", request).form, quantity=quantity), "Suggest")
    more = dave.taps("more", request)
    assert "1. alice suggests: quantity 120\n2. alice suggests: quantity 130" in more.text
    assert labels(more)[:2] == ["Adopt 1. alice", "Adopt 2. alice"]
