"""The traps of Slack and its SDK that somebody has fallen into: messages, rates, and what stands in them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from core.card import Button
from core.errors import DeliveryFailed, PostGone
from core.ports import PostRef
from core.taps import Answer, Form, FormField
from tests.contracts.messenger import DECIDED, PENDING
from tests.contracts.platform import CHIPS, WORDS, eventually, read
from tests.platforms.hands import Shown
from tests.platforms.slack.stage import Stage

# Messages


def test_a_post_whose_answer_was_cut_off_stands_once_and_is_found_again(running: Stage) -> None:
    messenger = running.platform.at(running.scene.address)
    running.server.faults.cut["chat.postMessage"] = 1
    with pytest.raises(DeliveryFailed) as failed:
        running.scene.loop.do(messenger.post("here", PENDING))
    assert not failed.value.permanent
    assert len(running.server.messages(running.scene.chat)) == 1
    ref = running.scene.loop.do(messenger.post("here", DECIDED, again=True))
    (shown,) = running.server.messages(running.scene.chat)
    assert ref == PostRef("here", f"{running.scene.chat}/{shown.id}")
    assert "Approved by alice" in shown.text
    assert shown.buttons == ()
    running.scene.loop.do(messenger.post("here", replace(PENDING, request="req_other"), again=True))
    assert len(running.server.messages(running.scene.chat)) == 2


def test_a_post_in_a_thread_is_found_in_the_thread(running: Stage) -> None:
    scene = running.scene
    scene.hands.say(scene.alice, scene.chat, "everything about NVDA here")
    above = running.server.messages(scene.chat)[0]
    messenger = running.platform.at(f"{scene.chat}/{above.id}")
    first = scene.loop.do(messenger.post("here", PENDING))
    assert scene.loop.do(messenger.post("here", PENDING, again=True)) == first
    card = running.server.messages(scene.chat)[-1]
    assert card.reply_to == above.id
    scene.taps.answers = [Answer("Only for you.")]
    reaction = scene.hands.press(scene.alice, card, "Approve")
    assert [one.reply_to for one in reaction.messages] == [above.id]
    assert (scene.taps.seen[0].chat, scene.taps.seen[0].ref) == (f"{scene.chat}/{above.id}", first.ref)


def test_without_the_right_to_read_a_card_is_posted_anew(running: Stage) -> None:
    running.server.team.scopes.discard("channels:history")
    messenger = running.platform.at(running.scene.address)
    for _ in range(2):
        running.scene.loop.do(messenger.post("here", PENDING, again=True))
    assert len(running.server.messages(running.scene.chat)) == 2


@pytest.mark.parametrize(
    ("code", "permanent", "gone"),
    [
        ("message_not_found", True, True),
        ("cant_update_message", True, False),
        ("edit_window_closed", True, False),
        ("msg_blocks_too_long", True, False),
        ("not_in_channel", False, False),
        ("channel_not_found", False, False),
        ("is_archived", False, False),
        ("missing_scope", False, False),
        ("token_revoked", False, False),
        ("internal_error", False, False),
    ],
)
def test_a_refusal_is_permanent_only_if_it_is_about_this_message(
    running: Stage, code: str, permanent: bool, gone: bool
) -> None:
    scene = running.scene
    messenger = running.platform.at(scene.address)
    ref = scene.loop.do(messenger.post("here", PENDING))
    running.server.faults.refuse["chat.update"] = [code]
    with pytest.raises(DeliveryFailed) as failed:
        scene.loop.do(messenger.update(ref, DECIDED))
    assert (failed.value.permanent, isinstance(failed.value, PostGone)) == (permanent, gone)
    scene.loop.do(messenger.update(ref, DECIDED))


def test_too_fast_is_said_with_the_seconds_to_wait_and_never_tried_again_silently(running: Stage) -> None:
    running.server.faults.refuse["chat.postMessage"] = ["ratelimited:17"]
    with pytest.raises(DeliveryFailed) as failed:
        running.scene.loop.do(running.platform.at(running.scene.address).post("here", PENDING))
    assert (failed.value.retry_after, failed.value.permanent) == (17.0, False)
    assert len(running.calls("chat.postMessage")) == 1


def test_an_answer_after_half_an_hour_comes_by_another_way(running: Stage, impatient: float) -> None:
    scene = running.scene
    scene.taps.delay, scene.taps.answers = impatient, [Answer("At last.")]
    scene.hands.press(scene.alice, scene.post(), "Reject")
    running.clock.put_forward(1_900)
    eventually(running.sees("At last."))
    assert not running.sees("At last.", scene.bob)()
    assert running.calls("chat.postEphemeral")


def test_a_command_where_the_bot_is_no_member_is_answered(running: Stage, impatient: float) -> None:
    scene = running.scene
    elsewhere = running.server.add_channel("elsewhere", scene.alice, kind="group", joined=False)
    scene.taps.answers = [Answer("Nothing waits."), Answer("Nothing waits, after all."), Answer(form=WORDS)]
    assert "Nothing waits." in read(scene.hands.command(scene.alice, elsewhere, "pending"))
    scene.taps.delay = impatient
    scene.hands.command(scene.alice, elsewhere, "pending")
    eventually(lambda: any("after all" in one.text for one in running.server.messages(elsewhere, scene.alice)))
    scene.taps.delay = 0.0
    assert scene.hands.command(scene.alice, elsewhere, "ask").form is not None


def test_an_answer_that_nobody_can_see_any_more_breaks_nothing(running: Stage) -> None:
    scene = running.scene
    scene.taps.answers = [Answer("Rejected. Why?", rows=CHIPS), Answer("Noted.", instead=True)]
    question = scene.hands.press(scene.alice, scene.post(), "Reject").messages[-1]
    scene.taps.delay = 0.3
    with ThreadPoolExecutor() as pool:
        pressed = pool.submit(scene.hands.press, scene.alice, question, "Too risky")
        eventually(lambda: len(scene.taps.seen) == 2)
        running.server.reload(scene.alice)
        assert pressed.result().acknowledged_after is not None


def test_a_card_is_never_replaced_by_the_answer_to_a_tap_on_it(running: Stage) -> None:
    scene = running.scene
    direct = scene.hands.direct(scene.alice)
    scene.loop.do(running.platform.direct(scene.alice).post("person:alice", PENDING))
    scene.taps.answers = [Answer("Approved.", instead=True)]
    (shown,) = running.server.messages(direct)
    scene.hands.press(scene.alice, shown, "Approve")
    card, answer = running.server.messages(direct, scene.alice)
    assert card == shown
    assert (answer.text, answer.only_for) == ("Approved.", scene.alice)


# Who and what


def test_nothing_that_programs_write_calls_anybody_or_is_unfolded(running: Stage) -> None:
    scene = running.scene
    loud = "<!channel> <!here> @everyone <@U123> <!subteam^S1> <http://x.test|click> https://y.test *b* _i_ ~s~ `c`"
    card = replace(PENDING, title=loud, asker=loud, says=loud, rules=loud, note=loud, votes=(loud,))
    messenger = running.platform.at(scene.address)
    ref = scene.loop.do(messenger.post("here", card))
    scene.loop.do(messenger.update(ref, replace(card, outcome=loud)))
    scene.loop.do(messenger.notify("here", loud))
    form = Form("why:r01kb0000000000000000000000:1:other", loud, (FormField("w", loud, hint=loud, error=loud),), loud)
    scene.taps.answers = [Answer(loud, rows=((Button("why", loud, "why:-:0"),),)), Answer(loud), Answer(form=form)]
    scene.hands.press(scene.alice, scene.post(), "Reject")
    scene.hands.command(scene.alice, scene.chat, loud)
    scene.hands.press(scene.alice, running.server.messages(scene.chat)[-1], "Modify")
    assert loud in running.server.messages(scene.chat)[0].text
    assert (running.server.pings, running.server.scene.unfurls, running.server.violations) == ([], [], [])


def test_what_was_typed_comes_as_it_was_typed(running: Stage) -> None:
    scene = running.scene
    scene.hands.command(scene.alice, scene.chat, "ask buy A&B < 5 > 3")
    assert scene.taps.seen[-1].text == "ask buy A&B < 5 > 3"
    scene.hands.say(scene.alice, scene.chat, "@placet pending")
    eventually(lambda: len(scene.taps.seen) == 2)
    assert (scene.taps.seen[-1].text, scene.taps.seen[-1].alone) == ("pending", False)
    scene.hands.say(scene.alice, scene.chat, "ask @placet about it")
    robot = running.server.add_user("robot", bot=True)
    scene.hands.say(robot, scene.hands.direct(robot), "approve req_1")
    scene.loop.do(asyncio.sleep(0.3))
    assert len(scene.taps.seen) == 2


def test_people_are_known_by_workspace_and_id_and_never_by_name(running: Stage) -> None:
    scene, server = running.scene, running.server
    abroad = server.add_team("abroad")
    impostor = server.add_user("Alice", abroad)
    shared = server.add_channel("shared", scene.alice, impostor)
    scene.loop.do(running.platform.at(shared).post("here", PENDING))
    (shown,) = server.messages(shared)
    scene.hands.press(impostor, shown, "Approve")
    server.rename(scene.alice, "Somebody else")
    scene.hands.press(scene.alice, shown, "Approve")
    assert [(tap.workspace, tap.user) for tap in scene.taps.seen] == [
        (abroad.id, impostor),
        (server.team.id, scene.alice),
    ]


def test_variables_meant_for_other_apps_of_bolt_change_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BOT_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "SIGNING_SECRET", "APP_TOKEN"):
        monkeypatch.setenv(f"SLACK_{name}", "xoxb-of-somebody-else")
    stage.scene.run()
    assert stage.scene.hands.press(stage.scene.alice, stage.scene.post(), "Approve").acknowledged_after is not None
    assert stage.server.violations == []


def test_a_missing_scope_is_found_with_what_to_do(stage: Stage) -> None:
    stage.server.team.scopes.discard("im:write")
    stage.server.world.app_scopes.clear()
    found = stage.scene.loop.do(stage.platform.check())
    wrong = {finding.what: finding.remedy for finding in found if finding.remedy}
    assert len(wrong) == 2
    assert "Add im:write" in wrong["Slack: the scope im:write, to write to one person alone"]
    assert "connections:write" in wrong["Slack: the app-level token, for Socket Mode"]


def test_cards_and_answers_look_the_same_as_yesterday(running: Stage) -> None:
    """What a person reads, from top to bottom."""
    shown: Shown = running.scene.post()
    assert shown.text.splitlines() == [
        "🟠 ◐ elevated · Sell 1 AAPL 425 call",
        "momentum asks: sell_call · AAPL",
        "strike",
        "425.0",
        "quantity",
        "1",
        "64 % sure · 41123.00 USD",
        "elevated: amount > 10000 – any trader decides",
        "Until 20 Nov, 13:15 UTC",
    ]
    assert shown.buttons == ("Approve", "Reject", "Modify", "More …")
