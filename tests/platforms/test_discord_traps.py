"""Every trap of Discord and of its SDK that is known, and how Placet gets round it: against the local server."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.discord.adapter import DiscordPlatform
from bot.pace import Pace
from core.errors import DeliveryFailed, PostGone
from core.ports import PostRef
from core.taps import Answer, Form, FormField, Tap
from tests.contracts.messenger import CHANGED, DECIDED, PENDING
from tests.contracts.platform import SEVERAL, WORDS, Scene, eventually, read
from tests.platforms.discord.house import house
from tests.platforms.discord.scene import Clock
from tests.platforms.discord.server import DiscordServer


@pytest.fixture
def scene() -> Iterator[Scene]:
    with house() as made:
        yield made


@pytest.fixture
def server(scene: Scene) -> DiscordServer:
    assert isinstance(scene.hands, DiscordServer)
    return scene.hands


def put_forward(server: DiscordServer, seconds: float) -> None:
    assert isinstance(server.clock, Clock)
    server.clock.put_forward(seconds)


def post(scene: Scene, *, again: bool = False, request: str = PENDING.request) -> PostRef:
    ref: PostRef = scene.loop.do(scene.platform.at(scene.chat).post("desk", replace(PENDING, request=request), again))
    return ref


def failed(scene: Scene, call: Any) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as problem:
        scene.loop.do(call)
    return problem.value


# The SDK forgets views and modals


def test_a_button_from_before_a_restart_is_pressed(scene: Scene, server: DiscordServer) -> None:
    shown = scene.post()
    scene.run()
    scene.taps.answers = [Answer("Recorded.")]
    assert "Recorded." in read(server.press(scene.alice, shown, "Approve"))


def test_a_form_that_was_open_over_a_restart_is_taken(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    scene.taps.answers = [Answer(form=SEVERAL), Answer("Thank you.")]
    form = server.press(scene.alice, scene.post(), "Modify").form
    assert form is not None
    scene.stop()
    scene.platform = scene.again()
    scene.run()
    reaction = server.fill(scene.alice, form, {"Quantity": "7"})
    assert "Thank you." in read(reaction)
    assert scene.taps.seen[-1].values["quantity"] == "7"


def test_posts_leave_nothing_behind_in_memory(scene: Scene) -> None:
    scene.run()
    for number in range(4):
        post(scene, request=f"req_{number}")

    async def kept() -> list[str]:
        return [repr(task) for task in asyncio.all_tasks() if "view" in repr(task).lower()]

    assert scene.loop.do(kept()) == []


# Exceptions that vanish


def test_a_tap_that_breaks_is_said_and_not_swallowed(scene: Scene, server: DiscordServer) -> None:
    class Broken:
        async def tap(self, tap: Tap) -> Answer:
            raise RuntimeError("broken")

        async def asked(self, tap: Tap, form: Form, ref: str) -> None: ...

    scene.running = scene.loop.start(scene.platform.run(Broken()))
    eventually(lambda: scene.platform.trouble is None)
    reaction = server.press(scene.alice, scene.post(), "Approve")
    assert "Placet failed on this" in read(reaction)


def test_an_event_that_the_sdk_cannot_read_ends_a_connection_and_not_us(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    shown = scene.post()
    server.loop_do(lambda: server.gateway.tell("INTERACTION_CREATE", lambda _: {"id": "1", "type": 3}))
    eventually(lambda: scene.platform.trouble is not None)
    eventually(lambda: scene.platform.trouble is None)
    assert server.press(scene.alice, shown, "Approve").acknowledged_after is not None


def test_the_pauses_of_the_sdk_do_not_grow_for_ever(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    server.faults.drop["gateway"] = 1_000
    server.cut_gateway()
    eventually(lambda: scene.platform.trouble is not None)
    put_forward(server, 40)
    # A client that was away for half a minute is given up: the next one begins anew and does not resume.
    logins = sum(call.operation == "get_my_user" for call in server.calls)
    eventually(lambda: sum(call.operation == "get_my_user" for call in server.calls) > logins)
    server.faults.drop["gateway"] = 0
    eventually(lambda: scene.platform.trouble is None)
    assert (server.gateway.identified, server.gateway.resumed) == (2, 0)


def test_the_gateway_is_found_by_itself(server: DiscordServer, scene: Scene) -> None:
    pace, timer = Pace(server.clock), server.clock
    scene.platform = DiscordPlatform(token=server.token, api_url=server.api_url, pace=pace, timer=timer)
    scene.run()
    assert server.press(scene.alice, scene.post(), "Approve").acknowledged_after is not None


# Connections that break under a call


@pytest.mark.parametrize("fault", ["drop", "cut"])
def test_an_edit_under_which_the_connection_breaks_can_be_repeated(
    scene: Scene, server: DiscordServer, fault: str
) -> None:
    ref = post(scene)
    getattr(server.faults, fault)["update_message"] = 1
    problem = failed(scene, scene.platform.at(scene.chat).update(ref, CHANGED))
    assert not problem.permanent
    scene.loop.do(scene.platform.at(scene.chat).update(ref, CHANGED))
    assert "1 → 2" in server.messages(scene.chat)[0].text


@pytest.mark.parametrize("minutes", [0, 30])
def test_a_post_of_which_nobody_knows_is_found_again(scene: Scene, server: DiscordServer, minutes: int) -> None:
    server.faults.cut["create_message"] = 1
    failed(scene, scene.platform.at(scene.chat).post("desk", PENDING))
    put_forward(server, minutes * 60)
    ref = post(scene, again=True)
    assert [shown.id for shown in server.messages(scene.chat)] == [ref.ref.partition("/")[2]]


def test_a_card_without_buttons_is_told_from_a_second_one_by_its_nonce(scene: Scene, server: DiscordServer) -> None:
    server.faults.cut["create_message"] = 1
    failed(scene, scene.platform.at(scene.chat).post("desk", DECIDED))
    scene.loop.do(scene.platform.at(scene.chat).post("desk", DECIDED, True))
    assert len(server.messages(scene.chat)) == 1


def test_a_post_that_was_deleted_a_moment_ago_is_sent_anew(scene: Scene, server: DiscordServer) -> None:
    first = post(scene)
    server.delete(server.messages(scene.chat)[0])
    with pytest.raises(PostGone):
        scene.loop.do(scene.platform.at(scene.chat).update(first, CHANGED))
    second = post(scene)
    assert first.ref != second.ref
    assert len(server.messages(scene.chat)) == 1


def test_a_response_under_which_the_connection_breaks_comes_again_in_time(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    shown = scene.post()
    for fault in (server.faults.drop, server.faults.cut):
        fault["create_interaction_response"] = 1
        scene.taps.answers = [Answer("Recorded.")]
        reaction = server.press(scene.alice, shown, "Approve")
        assert reaction.acknowledged_after is not None
        assert read(reaction).count("Recorded.") == 1


def test_an_acknowledgement_that_may_have_arrived_is_followed_by_the_answer(
    scene: Scene, server: DiscordServer
) -> None:
    scene.run()
    scene.taps.delay = 1.8
    scene.taps.answers = [Answer("Recorded.")]
    server.faults.cut["create_interaction_response"] = 1
    assert "Recorded." in read(server.press(scene.alice, scene.post(), "Approve"))


def test_an_error_of_the_server_does_not_eat_the_three_seconds(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    server.faults.refuse["create_interaction_response"] = ["502"]
    scene.taps.answers = [Answer("Recorded.")]
    reaction = server.press(scene.alice, scene.post(), "Approve")
    assert reaction.acknowledged_after is not None
    assert "Recorded." in read(reaction)


# Rates: nothing waits in silence


@pytest.mark.parametrize(("refused", "after"), [("429 7", 7), ("30046 12", 12), ("1015", None), ("502", None)])
def test_a_call_that_must_wait_says_so_at_once(
    scene: Scene, server: DiscordServer, refused: str, after: float | None
) -> None:
    ref = post(scene)
    server.faults.refuse["update_message"] = [refused]
    began = time.monotonic()
    problem = failed(scene, scene.platform.at(scene.chat).update(ref, CHANGED))
    assert time.monotonic() - began < 1
    assert (problem.permanent, problem.retry_after) == (False, after)


def test_a_sixth_post_within_five_seconds_is_refused_and_not_waited_for(scene: Scene, server: DiscordServer) -> None:
    for number in range(5):
        post(scene, request=f"req_{number}")
    problem = failed(scene, scene.platform.at(scene.chat).post("desk", PENDING))
    assert problem.retry_after is not None
    assert 0 < problem.retry_after <= 5


@pytest.mark.parametrize(
    ("code", "permanent"),
    [("10003", False), ("50001", False), ("50013", False), ("50007", False), ("50035", True), ("50006", True)],
)
def test_what_concerns_the_chat_is_tried_again_and_what_concerns_the_message_is_not(
    scene: Scene, server: DiscordServer, code: str, permanent: bool
) -> None:
    server.faults.refuse["create_message"] = [code]
    assert failed(scene, scene.platform.at(scene.chat).post("desk", PENDING)).permanent is permanent


# Interactions: three seconds, once


def test_a_replayed_press_is_carried_out_once_and_hurts_nobody(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    shown = scene.post()
    server.faults.delay["gateway"] = 1
    server.cut_gateway()
    pressing = threading.Thread(target=server.press, args=(scene.alice, shown, "Approve"))
    pressing.start()
    eventually(lambda: server.interactions.known)
    put_forward(server, 4)
    pressing.join(10)
    eventually(lambda: scene.taps.seen, 20)
    eventually(lambda: any((call.answer or {}).get("code") == 10062 for call in server.calls if call.status == 404))
    assert len(scene.taps.seen) == 1
    scene.taps.answers = [Answer("Already recorded.")]
    eventually(lambda: scene.platform.trouble is None)
    assert "Already recorded." in read(server.press(scene.alice, shown, "Approve"))


def test_a_press_that_comes_twice_is_answered_once(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    server.faults.repeat_events = 1
    server.press(scene.alice, scene.post(), "Approve")
    answers = [call for call in server.calls if call.operation == "create_interaction_response"]
    assert (len(answers), len(scene.taps.seen)) == (1, 1)


def test_two_processes_with_one_token_answer_once(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    other = scene.loop.start(scene.again().run(scene.taps))
    eventually(lambda: server.connected == 2)
    scene.taps.answers = [Answer("Recorded."), Answer("Recorded.")]
    reaction = server.press(scene.alice, scene.post(), "Approve")
    assert read(reaction).count("Recorded.") == 1
    assert len({tap.id for tap in scene.taps.seen}) == 1
    eventually(lambda: any("40060" in one for one in server.violations))
    server.violations.clear()
    other.cancel()
    eventually(lambda: server.connected == 1)


def test_an_answer_after_fifteen_minutes_is_given_up(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    scene.taps.delay = 1.8
    scene.taps.answers = [Answer("Recorded.")]
    pressing = threading.Thread(target=server.press, args=(scene.alice, scene.post(), "Approve"))
    pressing.start()
    eventually(lambda: any(shown.text == "thinking …" for shown in server.messages(scene.chat, scene.alice)))
    put_forward(server, 901)
    pressing.join(10)
    eventually(lambda: any((call.answer or {}).get("code") == 50027 for call in server.calls if call.status == 401))
    scene.taps.delay = 0
    scene.taps.answers = [Answer("Here again.")]
    assert "Here again." in read(server.command(scene.alice, scene.chat, "help"))
    server.violations[:] = [one for one in server.violations if "50027" not in one]


def test_a_form_is_the_first_response_or_a_button_that_opens_it(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    shown = scene.post()
    scene.taps.delay = 1.8
    scene.taps.answers = [Answer(form=WORDS), Answer(form=WORDS), Answer("Noted.")]
    late = server.press(scene.alice, shown, "Reject")
    assert late.form is None
    (offer,) = late.messages
    assert (offer.only_for, offer.tokens) == (scene.alice, (WORDS.token,))
    scene.taps.delay = 0
    opened = server.press(scene.alice, offer, offer.buttons[0])
    assert opened.form is not None
    assert scene.taps.seen[-1].values == {}
    done = server.fill(scene.alice, opened.form, {"What is it?": "earnings"})
    assert "Noted." in read(done)
    # What asked for the form is gone: its successor stands in its place.
    assert [message.text for message in scene.private(scene.alice)] == ["Noted."]


def test_a_form_is_answered_with_a_button_and_not_with_a_form(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    wrong = replace(SEVERAL, fields=(replace(SEVERAL.fields[0], error="must be at most 10"), *SEVERAL.fields[1:]))
    scene.taps.answers = [Answer(form=SEVERAL), Answer(form=wrong), Answer(form=wrong), Answer("Thank you.")]
    form = server.press(scene.alice, scene.post(), "Modify").form
    assert form is not None
    (told,) = server.fill(scene.alice, form, {"Quantity": "11"}).messages
    assert told.text == "Quantity: must be at most 10"
    assert told.buttons == ("Correct it",)
    again = server.press(scene.alice, told, "Correct it").form
    assert again is not None
    assert "must be at most 10" in again.text
    assert "Thank you." in read(server.fill(scene.alice, again, {"Quantity": "9"}))


def test_more_fields_and_choices_than_discord_has_still_make_a_form(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    many = tuple((str(number), f"Choice {number}") for number in range(40))
    fields = tuple(FormField(f"field {number}", "L" * 60, "choice", "3", many, hint="h" * 200) for number in range(5))
    scene.taps.answers = [Answer(form=replace(SEVERAL, fields=fields, note="n" * 2000, title="t" * 90))]
    form = server.press(scene.alice, scene.post(), "Modify").form
    assert form is not None
    assert [one.kind for one in form.fields] == ["text"] * 5
