"""A burst of routine requests stands on one card, is named once more, and each is recorded on its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.card import Card
from core.platforms import Rate
from core.taps import Answer
from tests.bot.asking import looked_at, submitted
from tests.bot.running import Doc, Running, eventually, placet, settings_in
from tests.bot.scripted import Chat, Scripted
from tests.bot.tapping import Chatroom, Hand, labels

HOUSE = Path(__file__).parent / "desk.yaml"
RATES = (Rate(20, 1),)


@pytest.fixture
def chat() -> Chat:
    return Chat(rates=RATES)


@pytest.fixture
def running(tmp_path: Path, database_url: str, chat: Chat) -> Iterator[Running]:
    settings = settings_in(tmp_path, database_url, house=HOUSE.read_text(encoding="utf-8"))
    with placet(settings, {"desk": Scripted(chat)}) as found:
        yield found


@pytest.fixture
def room(running: Running) -> Chatroom:
    return Chatroom(running, channels={"orders": "desk"})


def burst(running: Running, chat: Chat, count: int = 8) -> list[Doc]:
    """So many at once, while the chat takes nothing: so that they wait together."""
    chat.delay = 0.4
    requests = [submitted(running.program("momentum"), title=f"Buy {number} NVDA") for number in range(count)]
    chat.delay = 0.0
    return requests


def queue_card(chat: Chat) -> tuple[str, Card]:
    """The card that several share, and the message in which it stands."""
    return eventually(
        lambda: next(((ref, card) for ref, card in chat.standing.items() if "routine requests" in card.title), None)
    )


def pressed(hand: Hand, ref: str, card: Card, label: str) -> Answer:
    (token,) = [button.token for button in card.buttons if button.label.startswith(label)]
    return hand.presses(token, chat="orders", ref=ref)


def test_all_on_a_card_are_named_once_more_and_each_is_recorded(room: Chatroom, running: Running, chat: Chat) -> None:
    requests = burst(running, chat)
    ref, card = queue_card(chat)
    alice = room.link("alice")
    asked = pressed(alice, ref, card, "Approve all")
    count = len(card.parameters)
    assert asked.text.startswith(f"Approve these {count}?\n1. Buy ")
    assert all(looked_at(running.client(), request)["status"] == "pending" for request in requests)
    done = alice.chooses(asked, "Yes")
    assert done.text == f"{count} approved."
    titles = {field.label.partition("  ")[2] for field in card.parameters}
    for request in requests:
        ended = looked_at(running.client(), request)
        assert (ended["status"] == "approved") == (request["proposal"]["title"] in titles)
    eventually(lambda: "approved" in (chat.standing[ref].outcome or ""))
    assert chat.standing[ref].buttons == ()


def test_a_rejection_of_several_takes_one_reason(room: Chatroom, running: Running, chat: Chat) -> None:
    burst(running, chat)
    ref, card = queue_card(chat)
    alice = room.link("alice")
    asked = pressed(alice, ref, card, "Reject all")
    assert "One reason for all of them" in asked.text
    opened = alice.chooses(asked, "Something else")
    done = alice.fills(opened.form, words="the market is closed")
    assert done.text == f"{len(card.parameters)} rejected."
    found = running.client().get("/v1/requests", params={"status": "rejected"}).json()["items"]
    assert {one["votes"][0]["reasons"][0]["words"] for one in found} == {"the market is closed"}


def test_one_of_them_is_opened_and_decided_alone(room: Chatroom, running: Running, chat: Chat) -> None:
    burst(running, chat)
    ref, card = queue_card(chat)
    alice = room.link("alice")
    one = pressed(alice, ref, card, "2")
    assert one.card is not None
    alice.presses(one.card.buttons[0].token)
    eventually(
        lambda: any(b.label == f"Approve the other {len(card.parameters) - 1}" for b in chat.standing[ref].buttons)
    )
    asked = pressed(alice, ref, chat.standing[ref], "Approve the other")
    assert asked.text.startswith(f"Approve these {len(card.parameters) - 1}?")


def test_only_what_was_on_the_card_when_it_was_named_is_decided(room: Chatroom, running: Running, chat: Chat) -> None:
    burst(running, chat)
    ref, card = queue_card(chat)
    alice, bob = room.link("alice"), room.link("bob")
    asked = pressed(alice, ref, card, "Approve all")
    one = pressed(bob, ref, card, "1")
    assert one.card is not None
    chips = bob.presses(one.card.buttons[1].token)
    bob.chooses(chips, "Too risky")
    done = alice.chooses(asked, "Yes")
    assert done.text.startswith(f"{len(card.parameters) - 1} approved.\nNot Buy ")
    assert "Rejected by bob" in done.text


def test_two_presses_of_yes_are_one_decision_and_anothers_press_is_none(
    room: Chatroom, running: Running, chat: Chat
) -> None:
    burst(running, chat)
    ref, card = queue_card(chat)
    alice, bob = room.link("alice"), room.link("bob")
    asked = pressed(alice, ref, card, "Approve all")
    assert "somebody else" in bob.chooses(asked, "Yes").text
    alice.chooses(asked, "Yes")
    assert "This is over" in alice.chooses(asked, "Yes").text


def test_who_may_decide_none_of_them_is_told_so(room: Chatroom, running: Running, chat: Chat) -> None:
    burst(running, chat)
    ref, card = queue_card(chat)
    carol = room.link("carol")
    done = carol.chooses(pressed(carol, ref, card, "Approve all"), "Yes")
    assert done.text.startswith("None of them was decided.")
    assert done.refused


def test_they_can_be_left(room: Chatroom, running: Running, chat: Chat) -> None:
    requests = burst(running, chat)
    ref, card = queue_card(chat)
    alice = room.link("alice")
    asked = pressed(alice, ref, card, "Approve all")
    assert "Leave them" in labels(asked)
    assert alice.chooses(asked, "Leave them").text == "Nothing was changed."
    assert all(looked_at(running.client(), request)["status"] == "pending" for request in requests)


def test_a_message_that_is_no_card_of_ours_offers_nothing(room: Chatroom) -> None:
    alice = room.link("alice")
    assert alice.presses("all:-:0:approve", chat="orders", ref="foreign").refused
    assert alice.presses("all:-:0:approve", chat="elsewhere", ref="1").refused
    assert alice.presses("all:-:0:burn", chat="orders", ref="1").refused
