"""What goes wrong on Telegram and with its SDK, each shown on the local server with the real SDK."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.adapters.telegram import answers
from core.card import Button
from core.errors import DeliveryFailed, PostGone
from core.ports import PostRef
from core.taps import Answer
from tests.contracts.messenger import CHANGED, PENDING
from tests.contracts.platform import CHIPS, Scene, eventually, read
from tests.platforms.telegram.client import connected
from tests.platforms.telegram.served import running, served
from tests.platforms.telegram.server import TelegramServer


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with running() as server:
        yield server


@pytest.fixture
def scene(server: TelegramServer) -> Iterator[Scene]:
    with served(server) as scene:
        yield scene


def failed(scene: Scene, ref: PostRef) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        scene.loop.do(scene.platform.at(scene.address).update(ref, CHANGED))
    return caught.value


def posted(scene: Scene, address: str = "") -> PostRef:
    ref: PostRef = scene.loop.do(scene.platform.at(address or scene.address).post("here", PENDING))
    return ref


# 1. Two pollers


def test_a_second_program_on_the_same_bot_is_said_and_outlasted(server: TelegramServer, scene: Scene) -> None:
    server.clock.speed = 10.0
    with connected(server):
        scene.running = scene.loop.start(scene.platform.run(scene.taps))
        eventually(lambda: "Another program" in (scene.platform.trouble or ""))
        polls = len([call for call in server.calls if call.status == 409])
        for _ in range(40):
            scene.loop.do(asyncio.sleep(0.02))
            assert scene.platform.trouble is not None, "one look that succeeds does not mean that all is well"
        assert len([call for call in server.calls if call.status == 409]) - polls < 20, "they do not chase each other"
    eventually(lambda: scene.platform.trouble is None, 30)
    server.clock.speed = 1.0
    server.press(scene.alice, scene.post(), "Approve")
    assert len(scene.taps.seen) == 1


def test_a_webhook_that_is_set_is_said_with_its_remedy(server: TelegramServer, scene: Scene) -> None:
    server.webhook("https://elsewhere.example/hook")
    scene.running = scene.loop.start(scene.platform.run(scene.taps))
    eventually(lambda: "webhook" in (scene.platform.trouble or "").lower())
    findings = scene.loop.do(scene.platform.check())
    assert any("deleteWebhook" in (finding.remedy or "") for finding in findings)
    server.webhook("")
    eventually(lambda: scene.platform.trouble is None)


# 2. Silence


def test_a_poll_that_is_never_answered_is_given_up(server: TelegramServer, scene: Scene) -> None:
    server.clock.speed = 60.0
    scene.run()
    server.faults.delay["getUpdates"] = 10_000.0
    eventually(lambda: scene.platform.trouble is not None)
    server.faults.delay.clear()
    eventually(lambda: scene.platform.trouble is None)
    server.clock.speed = 1.0
    server.press(scene.alice, scene.post(), "Approve")
    assert len(scene.taps.seen) == 1


# 3. Confirmed before it is done


def test_a_tap_is_confirmed_when_it_is_carried_out_and_not_before(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    shown = scene.post()
    scene.taps.delay = 2.0
    pressing = threading.Thread(target=server.press, args=(scene.alice, shown, "Approve"))
    pressing.start()
    eventually(lambda: scene.taps.seen)
    scene.loop.do(asyncio.sleep(1.0))
    assert server.updates.pending == 1, "a crash now would lose nothing"
    pressing.join(20)
    eventually(lambda: server.updates.pending == 0)
    assert len(scene.taps.seen) == 1


def test_what_was_answered_before_a_stop_does_not_come_again(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    shown = scene.post()
    scene.taps.delay = 1.0
    pressing = threading.Thread(target=server.press, args=(scene.alice, shown, "Approve"))
    pressing.start()
    eventually(lambda: scene.taps.seen)
    scene.stop()
    eventually(lambda: server.updates.pending == 0)
    pressing.join(20)
    scene.platform = scene.again()
    scene.run()
    server.press(scene.bob, shown, "Reject")
    assert [tap.user for tap in scene.taps.seen] == [scene.alice, scene.bob]


def test_a_slow_tap_keeps_nobody_else_waiting(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    shown = scene.post()
    scene.taps.delay = 3.0
    pressing = threading.Thread(target=server.press, args=(scene.alice, shown, "Approve"))
    pressing.start()
    eventually(lambda: scene.taps.seen)
    scene.taps.delay = 0.0
    reaction = server.press(scene.bob, shown, "Approve")
    assert reaction.acknowledged_after is not None
    assert reaction.acknowledged_after < 1
    pressing.join(20)


def test_an_update_that_nobody_can_read_keeps_no_other_from_being_read(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    server.updates.tell("message", lambda: {"nonsense": True})
    server.updates.tell("callback_query", lambda: {"id": "1", "from": 7})
    server.press(scene.alice, scene.post(), "Approve")
    assert len(scene.taps.seen) == 1
    assert scene.platform.trouble is None
    # Such updates are none of Telegram's, and a server that is held to the description says so.
    server.violations[:] = [line for line in server.violations if "answers wrongly" not in line]


# 4. What a button carries


def test_a_button_carries_its_token_itself(server: TelegramServer, scene: Scene) -> None:
    long = replace(PENDING, buttons=(Button("why", "Too risky", "why:r01kb0000000000000000000000:1:" + "x" * 24),))
    scene.loop.do(scene.platform.at(scene.address).post("here", long))
    assert server.messages(scene.chat)[0].tokens == (long.buttons[0].token,)
    assert len(long.buttons[0].token.encode()) <= 64


# 5. Edits


def test_an_edit_whose_answer_is_lost_can_be_made_again(server: TelegramServer, scene: Scene) -> None:
    ref = posted(scene)
    server.faults.cut["editMessageText"] = 1
    assert not failed(scene, ref).permanent
    assert "1 → 2" in server.messages(scene.chat)[0].text
    scene.loop.do(scene.platform.at(scene.address).update(ref, CHANGED))
    assert server.messages(scene.chat)[0].edits == 1


def test_a_post_whose_answer_is_lost_is_not_sent_again_by_itself(server: TelegramServer, scene: Scene) -> None:
    server.faults.cut["sendMessage"] = 1
    with pytest.raises(DeliveryFailed) as caught:
        posted(scene)
    assert not caught.value.permanent
    assert len(server.messages(scene.chat)) == 1


def test_a_press_on_a_message_that_is_too_old_is_answered(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    shown = scene.post()
    server.hide(shown)
    scene.taps.answers = [Answer("Rejected. Why?", rows=CHIPS, instead=True)]
    reaction = server.press(scene.alice, shown, "Reject")
    assert scene.taps.seen[0].ref == f"{scene.chat}:{shown.id}"
    assert "Rejected. Why?" in read(reaction)


def test_a_group_that_becomes_a_supergroup_is_followed(server: TelegramServer, scene: Scene) -> None:
    small = server.group("small", scene.alice, supergroup=False)
    messenger = scene.platform.at(small)
    ref = scene.loop.do(messenger.post("here", PENDING))
    big = server.migrate(small)
    with pytest.raises(PostGone):
        scene.loop.do(messenger.update(ref, CHANGED))
    again = scene.loop.do(messenger.post("here", PENDING))
    assert again.ref.startswith(f"{big}:")
    scene.loop.do(messenger.update(again, CHANGED))
    assert "1 → 2" in server.messages(big)[-1].text


@pytest.mark.parametrize(
    ("said", "permanent", "gone"),
    [
        ("Bad Request: message to edit not found", True, True),
        ("Bad Request: message can't be edited", True, False),
        ("Bad Request: can't parse entities: unsupported start tag", True, False),
        ("Bad Request: chat not found", False, False),
        ("Bad Request: not enough rights to send text messages to the chat", False, False),
        ("Bad Request: message thread not found", False, False),
        ("Forbidden: bot was kicked from the supergroup chat", False, False),
        ("Unauthorized", False, False),
        ("Internal Server Error", False, False),
        ("Bad Gateway", False, False),
    ],
)
def test_refusals_are_told_apart(server: TelegramServer, scene: Scene, said: str, permanent: bool, gone: bool) -> None:
    ref = posted(scene)
    server.faults.refuse["editMessageText"] = [said]
    failure = failed(scene, ref)
    assert (failure.permanent, isinstance(failure, PostGone)) == (permanent, gone)
    assert scene.token not in str(failure)


def test_what_telegram_asks_to_wait_is_handed_on(server: TelegramServer, scene: Scene) -> None:
    ref = posted(scene)
    server.faults.refuse["editMessageText"] = ["Too Many Requests: retry after 17"]
    failure = failed(scene, ref)
    assert (failure.permanent, failure.retry_after) == (False, 17.0)
    assert len([call for call in server.calls if call.method == "editMessageText"]) == 1, "the SDK does not try again"
    server.forget_rates()


def test_what_we_answer_keeps_to_the_rates(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    shown = scene.post()
    # The card has taken its turn with delivery, which is not here.
    scene.loop.do(server.clock.sleep(1.1))
    server.rates.burst = 1
    scene.taps.answers = [Answer(f"Answer {n}.", rows=CHIPS) for n in range(4)]
    people = [threading.Thread(target=server.press, args=(scene.alice, shown, "Reject")) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    eventually(lambda: len(server.messages(scene.chat)) == 5)


# Deadlines


def test_an_acknowledgement_that_comes_too_late_is_no_fault(
    server: TelegramServer, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if this machine had been too busy to acknowledge in time.
    monkeypatch.setattr(answers, "PATIENCE", 60.0)
    scene.run()
    shown = scene.post()
    server.clock.speed = 15.0
    scene.taps.delay = 2.0
    scene.taps.answers = [Answer("Rejected. Why?", rows=CHIPS)]
    assert server.press(scene.alice, shown, "Reject").acknowledged_after is None
    eventually(lambda: len(server.messages(scene.chat)) == 2)
    assert "Rejected. Why?" in server.messages(scene.chat)[1].text
    assert scene.platform.trouble is None


def test_a_refusal_is_an_alert_and_what_is_too_long_for_one_a_message(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    shown = scene.post()
    scene.taps.answers = [Answer("No.", refused=True), Answer("Done."), Answer("x" * 201)]
    reactions = [server.press(scene.alice, shown, "Approve") for _ in range(3)]
    assert [reaction.toast for reaction in reactions] == ["No.", "Done.", ""]
    assert [query.alert for query in server.world.queries.values()] == [True, False, False]
    assert "x" * 201 in read(reactions[2])
