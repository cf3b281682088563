"""The traps of Slack and its SDK that somebody has fallen into: connections, acknowledgements, modals.

The adapter stands before the local server. What the SDK does by itself where it fails is shown in
test_slack_server_limits.py.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.slack import connection
from core.taps import Answer, Form, FormField, Tap
from tests.contracts.platform import WORDS, eventually, read
from tests.platforms.slack.desk import Json
from tests.platforms.slack.stage import Stage

NEXT = Form("edit:d01kb0000000000000000000000:1", "Modify", (FormField("limit", "Limit", "number"),))

# The connection


def test_an_address_that_was_refused_is_not_tried_for_ever(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "OPENED_WITHIN", 1.0)
    stage.server.socket.ticket_lives = 0.0
    stage.scene.running = stage.scene.loop.start(stage.platform.run(stage.scene.taps))
    eventually(lambda: "cannot be reached" in (stage.platform.trouble or ""))
    stage.server.socket.ticket_lives = 30.0
    eventually(lambda: stage.platform.trouble is None)
    assert len(stage.calls("apps.connections.open")) >= 2


def test_an_http_client_that_was_closed_is_replaced(running: Stage) -> None:
    client = running.platform._open[0]._client
    running.scene.loop.do(client.aiohttp_client_session.close())
    eventually(lambda: running.server.connections == 1 and running.platform._open[0]._client is not client)
    assert (
        running.scene.hands.press(running.scene.alice, running.scene.post(), "Approve").acknowledged_after is not None
    )


def test_a_connection_that_answers_no_ping_is_given_up(running: Stage) -> None:
    silent = running.platform._open[0]
    silent._client.stale = True
    eventually(lambda: running.platform._open[0] is not silent and running.platform.trouble is None)


def test_at_a_refresh_the_new_connection_stands_before_the_old_one_goes(running: Stage) -> None:
    shown = running.scene.post()
    old = running.platform._open[0]
    running.server.refresh("warning")
    eventually(lambda: running.server.connections == 1)
    assert len(running.server.socket.connections) == 2
    assert not old._client.closed
    assert running.platform.trouble is None
    assert running.scene.hands.press(running.scene.alice, shown, "Approve").acknowledged_after is not None
    assert running.server.violations == []


def test_what_comes_over_the_old_connection_is_acknowledged_over_it(running: Stage) -> None:
    shown = running.scene.post()
    running.scene.taps.delay = 0.5
    with ThreadPoolExecutor() as pool:
        pressed = pool.submit(running.scene.hands.press, running.scene.alice, shown, "Approve")
        eventually(lambda: running.scene.taps.seen)
        running.server.refresh()
        assert pressed.result().acknowledged_after is not None


def test_two_processes_may_each_get_a_part_of_the_taps(running: Stage) -> None:
    scene = running.scene
    other = scene.again()
    beside = scene.loop.start(other.run(scene.taps))
    eventually(lambda: running.server.connections == 2)
    shown = scene.post()
    answers = [scene.hands.press(scene.alice, shown, "Approve").acknowledged_after for _ in range(4)]
    assert None not in answers
    assert len({tap.id for tap in scene.taps.seen}) == 4
    beside.cancel()
    eventually(lambda: running.server.connections == 1)


def test_a_revoked_token_is_waited_out_slowly_and_no_call_is_made_in_a_loop(stage: Stage) -> None:
    stage.server.faults.token_revoked = True
    stage.scene.running = stage.scene.loop.start(stage.platform.run(stage.scene.taps))
    eventually(lambda: "token was revoked" in (stage.platform.trouble or ""))
    stage.scene.loop.do(asyncio.sleep(1.5))
    assert len(stage.calls("auth.test")) <= 2


# Acknowledgements


def test_an_exception_before_the_acknowledgement_is_acknowledged_all_the_same(running: Stage) -> None:
    async def fail(tap: Tap) -> Answer:
        raise RuntimeError("a bug")

    running.scene.taps.tap = fail  # type: ignore[method-assign]
    shown = running.scene.post()
    reaction = running.scene.hands.press(running.scene.alice, shown, "Approve")
    assert reaction.acknowledged_after is not None
    assert "Something went wrong here" in read(reaction)
    assert "Something went wrong here" in read(
        running.scene.hands.command(running.scene.alice, running.scene.chat, "x")
    )


def payload(stage: Stage, **more: Any) -> Json:
    who = {"user": {"id": stage.scene.alice, "team_id": stage.scene.workspace}, "team": {"id": stage.scene.workspace}}
    return {**who, "api_app_id": "A1", "token": "x", "trigger_id": "1.2.3", **more}


def test_what_nobody_listens_to_is_acknowledged(running: Stage) -> None:
    odd = [
        payload(running, type="shortcut", callback_id="made_up"),
        payload(running, type="view_closed", view={"callback_id": "x", "state": {"values": {}}}),
        payload(running, type="view_submission", view={"callback_id": "x", "private_metadata": "no JSON"}),
        payload(running, type="view_submission", view={"type": "modal", "callback_id": "x", "private_metadata": "[1]"}),
        payload(running, type="block_actions", actions=[{"action_id": "old", "type": "button", "value": "v"}]),
        payload(running, type="block_actions", actions=[{"action_id": "x", "block_id": "b", "type": "users_select"}]),
        payload(running, type="block_suggestion", action_id="x", block_id="b", value="v"),
    ]
    assert [running.deliver("interactive", one).after is not None for one in odd] == [True] * len(odd)
    reaction = {"type": "event_callback", "event_id": "Ev1", "team_id": running.scene.workspace}
    ack = running.deliver("events_api", {**reaction, "event": {"type": "reaction_added", "user": running.scene.alice}})
    assert ack.after is not None
    assert running.scene.taps.seen == []


def test_a_loop_that_is_busy_elsewhere_is_not_held_up_by_a_tap(running: Stage) -> None:
    """A slow database must not keep others waiting: everybody is acknowledged at the same time."""
    running.scene.taps.delay = 1.0
    shown = running.scene.post()
    with ThreadPoolExecutor(8) as pool:
        people = [running.scene.alice, running.scene.bob] * 4
        reactions = list(pool.map(lambda who: running.scene.hands.press(who, shown, "Approve"), people))
    assert all(one.acknowledged_after is not None and one.acknowledged_after < 2.5 for one in reactions)


# Modals


def test_a_slow_form_keeps_its_place_and_is_filled_in_when_it_comes(running: Stage, impatient: float) -> None:
    scene = running.scene
    scene.taps.delay, scene.taps.answers = impatient, [Answer(form=WORDS), Answer("Noted.")]
    reaction = scene.hands.press(scene.alice, scene.post(), "Modify")
    assert reaction.form is not None
    assert not reaction.form.can_submit
    eventually(lambda: (form := running.server.form(scene.alice)) is not None and form.can_submit)
    form = running.server.form(scene.alice)
    assert form is not None
    assert [one.label for one in form.fields] == ["What is it?"]
    # The answer to what was filled in is late as well: the modal says so, and then what came of it.
    waiting = scene.hands.fill(scene.alice, form, {"What is it?": "earnings"}).form
    assert waiting is not None
    assert not waiting.can_submit
    eventually(lambda: (form := running.server.form(scene.alice)) is not None and "Noted." in form.text)
    assert scene.taps.seen[-1].values == {"words": "earnings"}
    assert running.server.violations == []


def test_a_form_that_can_no_longer_be_opened_is_offered_with_a_button(running: Stage, impatient: float) -> None:
    scene = running.scene
    scene.taps.delay, scene.taps.answers = impatient, [Answer(form=WORDS), Answer(form=WORDS)]
    scene.hands.press(scene.alice, scene.post(), "Reject")  # after which nobody expects a form
    eventually(running.sees("it took too long to open"))
    offer = running.server.messages(scene.chat, scene.alice)[-1]
    scene.taps.delay = 0.0
    form = scene.hands.press(scene.alice, offer, "Open it").form
    assert form is not None
    assert form.can_submit
    assert (scene.taps.seen[-1].token, dict(scene.taps.seen[-1].values)) == (WORDS.token, {})


def test_a_modal_that_was_closed_meanwhile_is_offered_again(running: Stage, impatient: float) -> None:
    scene = running.scene
    scene.taps.delay, scene.taps.answers = impatient, [Answer(form=WORDS)]
    loading = scene.hands.press(scene.alice, scene.post(), "Modify").form
    assert loading is not None
    running.server.dismiss(scene.alice, loading)
    eventually(running.sees("it took too long to open"))


def test_a_refusal_in_place_of_a_form_stands_in_the_modal_that_was_kept(running: Stage, impatient: float) -> None:
    scene = running.scene
    scene.taps.delay, scene.taps.answers = impatient, [Answer("This is decided already.", refused=True)]
    scene.hands.press(scene.alice, scene.post(), "Modify")
    eventually(lambda: (form := running.server.form(scene.alice)) is not None and "decided already" in form.text)


def test_a_trigger_is_used_once_even_if_the_press_is_delivered_twice(running: Stage) -> None:
    scene = running.scene
    scene.taps.answers = [Answer(form=WORDS), Answer(form=WORDS)]
    shown = scene.post()
    running.server.faults.repeat_events = 1
    assert scene.hands.press(scene.alice, shown, "Modify").form is not None
    assert len(running.calls("views.open")) == 1
    assert running.server.violations == []


def test_the_next_step_of_a_form_keeps_nothing_of_the_one_before(running: Stage) -> None:
    scene = running.scene
    before = FormField("limit", "Limit", "number", "1")
    step = replace(NEXT, token="edit:d01kb0000000000000000000000:0", fields=(before,))
    scene.taps.answers = [Answer(form=step), Answer(form=NEXT), Answer("Done.")]
    form = scene.hands.press(scene.alice, scene.post(), "Modify").form
    assert form is not None
    second = scene.hands.fill(scene.alice, form, {"Limit": "42"}).form
    assert second is not None
    assert (second.id, [one.value for one in second.fields]) == (form.id, [""])
    done = scene.hands.fill(scene.alice, second, {"Limit": "7"})
    assert [dict(tap.values) for tap in scene.taps.seen[1:]] == [{"limit": "42"}, {"limit": "7"}]
    assert scene.taps.seen[-1].token == NEXT.token
    assert "Done." in read(done)


def test_somebody_elses_form_cannot_be_submitted(running: Stage) -> None:
    scene = running.scene
    scene.taps.answers = [Answer(form=WORDS)]
    scene.hands.press(scene.alice, scene.post(), "Modify")
    view = running.server.world.public_view(running.server.world.stacks[scene.alice][0])
    forged = payload(running, type="view_submission", view=view) | {"user": {"id": scene.bob, "team_id": "T1"}}
    assert running.deliver("interactive", forged).after is not None
    assert len(scene.taps.seen) == 1
