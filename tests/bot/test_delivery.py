"""Delivery makes what stands in a chat equal to what is wanted there, whatever the platform does meanwhile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot import courier
from core.card import Card
from core.errors import DeliveryFailed
from tests.bot.asking import submitted, voted
from tests.bot.running import Doc, Running, anonymous, eventually, placet, settings_in
from tests.bot.scripted import Chat, Scripted

AWAY = DeliveryFailed("the platform is away", permanent=False)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(courier, "LONGEST_PAUSE", 0.2)


def card_of(chat: Chat, request: Doc) -> Card | None:
    """The one card of a request that stands in a chat."""
    found = [card for card in chat.standing.values() if card.request == request["id"]]
    assert len(found) <= 1
    return found[0] if found else None


def shown(chat: Chat, request: Doc, version: int) -> Card:
    """The card, once it shows this version."""

    def look() -> Card | None:
        card = card_of(chat, request)
        return card if card is not None and card.version == version else None

    return eventually(look)


def settled(running: Running, *channels: str) -> None:
    """Wait until nothing is behind in these channels."""
    eventually(lambda: not any(running.services.reader.unshown(channel, 1) for channel in channels))


def test_a_card_is_posted_follows_what_happens_and_loses_its_buttons_at_the_end(
    tmp_path: Path, database_url: str
) -> None:
    chat = Chat()
    with placet(settings_in(tmp_path, database_url), {"chat": Scripted(chat)}) as running:
        request = submitted(running.program("momentum"))
        card = shown(chat, request, 1)
        assert [button.verb for button in card.buttons] == ["approve", "reject", "modify", "more"]
        ended = voted(running.person("alice"), request, "approve")
        card = shown(chat, request, ended["version"])
        assert card.buttons == ()
        assert card.outcome is not None
        assert card.outcome.startswith("Approved by alice")
        settled(running, "chat")
        assert chat.calls == ["post", "update"]


def test_ten_changes_while_the_platform_is_down_become_one_edit(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat()
    with placet(settings_in(tmp_path, sqlite_url), {"chat": Scripted(chat)}) as running:
        program = running.program("momentum")
        request = submitted(program)
        shown(chat, request, 1)
        chat.down = AWAY
        for spot in range(10):
            program.post(f"/v1/requests/{request['id']}/context", json={"context": {"spot": spot}})
        eventually(lambda: chat.calls.count("update") >= 2)
        tried = len(chat.calls)
        chat.down = None
        shown(chat, request, 11)
        settled(running, "chat")
        time.sleep(0.2)
        # What was under way as the platform came back may have been a try that failed.
        assert chat.calls[tried:].count("update") <= 2
        assert chat.calls.count("post") == 1


def test_a_channel_that_is_down_is_named_and_the_other_goes_on(tmp_path: Path, sqlite_url: str) -> None:
    broken, good = Chat(), Chat()
    broken.down = AWAY
    messengers = {"broken": Scripted(broken), "good": Scripted(good)}
    with placet(settings_in(tmp_path, sqlite_url), messengers) as running:
        requests = [submitted(running.program("momentum")) for _ in range(3)]
        for request in requests:
            shown(good, request, 1)
        with anonymous(running.url) as client:
            ready = client.get("/readyz")
            assert ready.status_code == 200
            assert ready.json()["channels"] == {"broken": "the platform is away"}
            broken.down = None
            for request in requests:
                shown(broken, request, 1)
            eventually(lambda: client.get("/readyz").json()["channels"] == {})


def test_an_adapter_with_a_fault_does_not_stop_the_other_nor_itself(tmp_path: Path, sqlite_url: str) -> None:
    faulty, good = Chat(), Chat()
    faulty.trouble.extend([ZeroDivisionError("a bug"), KeyError("another")])
    messengers = {"faulty": Scripted(faulty), "good": Scripted(good)}
    with placet(settings_in(tmp_path, sqlite_url), messengers) as running:
        request = submitted(running.program("momentum"))
        shown(good, request, 1)
        shown(faulty, request, 1)
        assert faulty.calls == ["post", "post", "post"]


def test_a_slow_channel_does_not_slow_the_other_or_the_api(tmp_path: Path, sqlite_url: str) -> None:
    slow, good = Chat(), Chat()
    slow.delay = 2.0
    with placet(settings_in(tmp_path, sqlite_url), {"slow": Scripted(slow), "good": Scripted(good)}) as running:
        began = time.monotonic()
        request = submitted(running.program("momentum"))
        shown(good, request, 1)
        voted(running.person("alice"), request, "approve")
        assert time.monotonic() - began < 1.9
        shown(slow, request, 3)
        assert slow.calls[0] == "post"


def test_a_platform_that_asks_to_be_left_alone_is_left_alone(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat()
    chat.trouble.append(DeliveryFailed("too many", permanent=False, retry_after=1.0))
    with placet(settings_in(tmp_path, sqlite_url), {"chat": Scripted(chat)}) as running:
        request = submitted(running.program("momentum"))
        began = eventually(lambda: time.monotonic() if chat.calls else None)
        shown(chat, request, 1)
        assert time.monotonic() - began > 0.8
        assert len(chat.calls) == 2


def test_a_deleted_card_is_posted_again_while_it_is_pending(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat()
    with placet(settings_in(tmp_path, sqlite_url), {"chat": Scripted(chat)}) as running:
        program = running.program("momentum")
        request = submitted(program)
        shown(chat, request, 1)
        chat.standing.clear()
        program.post(f"/v1/requests/{request['id']}/context", json={"context": {"spot": 1}})
        assert shown(chat, request, 2).buttons
        voted(running.person("alice"), request, "approve")
        assert shown(chat, request, 4).outcome


def test_a_deleted_card_is_left_alone_after_the_decision(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat()
    with placet(settings_in(tmp_path, sqlite_url), {"chat": Scripted(chat)}) as running:
        program, alice = running.program("momentum"), running.person("alice")
        request = submitted(program)
        shown(chat, request, 1)
        chat.standing.clear()
        voted(alice, request, "approve")
        settled(running, "chat")
        # What is said about it afterwards does not bring it back either.
        program.post(f"/v1/requests/{request['id']}/claim", json={})
        alice.post(f"/v1/requests/{request['id']}/reason", json={"code": "timing"})
        settled(running, "chat")
        assert chat.standing == {}
        assert chat.calls.count("post") == 1


def test_what_was_not_shown_is_shown_after_a_restart(tmp_path: Path, database_url: str) -> None:
    chat = Chat()
    chat.down = AWAY
    settings = settings_in(tmp_path, database_url)
    with placet(settings, {"chat": Scripted(chat)}) as running:
        pending = submitted(running.program("momentum"))
        decided = submitted(running.program("momentum"))
        voted(running.person("alice"), decided, "reject")
        eventually(lambda: chat.calls)
    chat.down = None
    with placet(settings, {"chat": Scripted(chat)}) as running:
        assert shown(chat, pending, 1).buttons
        assert shown(chat, decided, 3).buttons == ()
        settled(running, "chat")


def test_a_card_that_stands_is_edited_and_not_posted_again_after_a_restart(tmp_path: Path, sqlite_url: str) -> None:
    chat, settings = Chat(), settings_in(tmp_path, sqlite_url)
    with placet(settings, {"chat": Scripted(chat)}) as running:
        request = submitted(running.program("momentum"))
        shown(chat, request, 1)
        settled(running, "chat")
    with placet(settings, {"chat": Scripted(chat)}) as running:
        voted(running.person("alice"), request, "approve")
        assert shown(chat, request, 3).outcome
        assert chat.calls == ["post", "update"]


def test_the_most_urgent_is_shown_first_after_an_outage(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat()
    chat.down = AWAY
    with placet(settings_in(tmp_path, sqlite_url), {"chat": Scripted(chat)}) as running:
        program = running.program("momentum")
        routine = submitted(program)
        soon = submitted(program, valid_for="PT1H")
        critical = submitted(program, amount="200000")
        eventually(lambda: running.services.delivery.degraded)
        chat.down = None
        shown(chat, routine, 1)
        order = [card.request for card in chat.standing.values()]
        assert order == [critical["id"], soon["id"], routine["id"]]


@pytest.mark.parametrize("problem", [DeliveryFailed("invalid_blocks", permanent=True), ZeroDivisionError("a bug")])
def test_a_card_that_is_never_taken_does_not_stand_in_the_way_of_the_others(
    tmp_path: Path, sqlite_url: str, problem: Exception
) -> None:
    chat = Chat()
    chat.refused["Indigestible"] = problem
    with placet(settings_in(tmp_path, sqlite_url), {"chat": Scripted(chat)}) as running:
        program = running.program("momentum")
        refused = submitted(program, title="Indigestible", amount="200000")
        others = [submitted(program) for _ in range(3)]
        for request in others:
            shown(chat, request, 1)
        assert card_of(chat, refused) is None
        settled(running, "chat")
        eventually(lambda: not running.services.delivery.degraded)
        chat.refused.clear()
        program.post(f"/v1/requests/{refused['id']}/context", json={"context": {"spot": 1}})
        shown(chat, refused, 2)


def test_what_calls_people_is_said_aloud_and_not_only_written_on_the_card(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat()
    with placet(settings_in(tmp_path, sqlite_url), {"chat": Scripted(chat)}) as running:
        request = submitted(running.program("momentum"), title="Hurry", valid_for="PT3S")
        shown(chat, request, 1)
        said = eventually(lambda: [text for text in chat.said if "Hurry" in text])
    assert said == [text for text in said if text.startswith("Still open: Hurry. Decide it before ")]


def test_a_notice_that_a_channel_does_not_take_does_not_keep_the_cards_waiting(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat()
    with placet(settings_in(tmp_path, sqlite_url), {"chat": Scripted(chat)}) as running:
        program = running.program("momentum")
        hurry = submitted(program, title="Hurry", valid_for="PT3S")
        shown(chat, hurry, 1)
        chat.down = DeliveryFailed("the chat is away", permanent=False)
        eventually(lambda: running.services.delivery.degraded)
        chat.down = None
        shown(chat, submitted(program), 1)
