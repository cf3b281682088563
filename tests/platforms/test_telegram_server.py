"""The local Telegram, driven with the real SDK alone: messages, presses, polling and faults."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from telegram import (
    ForceReply,
    InaccessibleMessage,
    LinkPreviewOptions,
    ReplyParameters,
    Update,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
)

from tests.platforms.telegram.client import Client, connected, until
from tests.platforms.telegram.scene import Scene, answering, begun


@pytest.fixture
def scene() -> Iterator[Scene]:
    with begun() as scene:
        yield scene


def test_the_sdk_connects_and_a_message_is_read_as_people_read_it(scene: Scene) -> None:
    assert scene.bot.username == "placet_local_bot"
    card = scene.card(link_preview_options=LinkPreviewOptions(is_disabled=True))
    assert (card.text, card.buttons, card.tokens) == ("Sell 1 < 2", ("Approve", "No"), ("approve:1", "no"))
    assert scene.server.entities(card) == [{"type": "bold", "offset": 0, "length": 4}]
    assert scene.server.messages(scene.desk, scene.alice) == [card]
    assert scene.server.messages(scene.alice) == []
    assert [call.method for call in scene.server.calls if call.method != "getUpdates"] == ["getMe", "sendMessage"]
    assert scene.server.violations == []


def test_a_press_comes_with_what_telegram_vouches_for_and_is_answered(scene: Scene) -> None:
    answering(scene, "Recorded.", edit="Approved by Alice")
    card = scene.card()
    reaction = scene.server.press(scene.alice, card, "Approve")
    assert reaction.acknowledged_after is not None
    assert reaction.acknowledged_after < 1
    assert reaction.toast == "Recorded."
    assert [(shown.text, shown.buttons, shown.edits) for shown in reaction.messages] == [("Approved by Alice", (), 1)]
    query = scene.client.seen[0].callback_query
    assert query is not None
    assert (str(query.from_user.id), query.from_user.is_bot, query.data) == (scene.alice, False, "approve:1")
    assert query.message is not None
    assert (str(query.message.chat.id), str(query.message.message_id)) == (scene.desk, card.id)
    scene.server.send_token(scene.bob, card, "made up")
    made_up = scene.client.seen[1].callback_query
    assert made_up is not None
    assert made_up.data == "made up"
    with pytest.raises(LookupError):
        scene.server.press(scene.server.user("Eve"), card, "Approve")
    assert scene.server.violations == []


def test_a_press_is_answered_within_its_time_and_only_once(scene: Scene) -> None:
    server = scene.server
    server.clock.speed = 40.0
    reaction = server.press(scene.alice, scene.card(), "Approve")
    assert reaction.acknowledged_after is None
    until(lambda: scene.client.seen)
    query = scene.client.seen[0].callback_query
    assert query is not None
    late = scene.refused(scene.bot.answer_callback_query(query.id))
    too_old = "Query is too old and response timeout expired or query id is invalid"
    assert isinstance(late, BadRequest)
    assert str(late) == too_old
    server.clock.speed = 1.0
    answering(scene, "one")
    server.press(scene.alice, server.messages(scene.desk)[0], "No")
    again = scene.client.seen[-1].callback_query
    assert again is not None
    assert str(scene.refused(scene.bot.answer_callback_query(again.id))) == too_old
    assert str(scene.refused(scene.bot.answer_callback_query(again.id, text="x" * 201))) == "Message_too_long"
    assert "MESSAGE_TOO_LONG" in server.violations[-1]


def test_several_people_press_in_the_same_instant(scene: Scene) -> None:
    answering(scene, "ok")
    card = scene.card()
    toasts: list[str] = []
    people = [scene.alice, scene.bob] * 4
    threads = [
        threading.Thread(target=lambda who: toasts.append(scene.server.press(who, card, "No").toast), args=(who,))
        for who in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert toasts == ["ok"] * 8
    queries = [update.callback_query for update in scene.client.seen]
    assert len({query.id for query in queries if query}) == 8


def test_in_groups_the_bot_hears_commands_and_replies_only(scene: Scene) -> None:
    scene.server.clock.speed = 10.0
    card = scene.card()
    said = [("hello", None), ("/placet@other_bot x", None), ("ask @placet_local_bot", None)]
    for text, reply in said:
        assert scene.server.say(scene.alice, scene.desk, text, reply).messages == ()
    scene.server.say(scene.bob, scene.desk, "/pending")
    scene.server.say(scene.alice, scene.desk, "because", reply_to=card)
    scene.server.command(scene.alice, scene.desk, "pending")
    heard = [update.message for update in scene.client.seen]
    texts = [message.text for message in heard if message]
    assert texts == ["because", "/placet@placet_local_bot pending"], "/pending was not said after a message of the bot"
    assert heard[0] is not None
    assert heard[0].reply_to_message is not None
    assert str(heard[0].reply_to_message.message_id) == card.id
    scene.server.command(scene.alice, scene.server.direct(scene.alice), "pending")
    alone = scene.client.seen[-1].message
    assert alone is not None
    assert (alone.text, alone.chat.type, str(alone.chat.id)) == ("/placet pending", "private", scene.alice)


def test_force_reply_opens_the_field_of_the_one_who_is_addressed(scene: Scene) -> None:
    async def ask(update: Update) -> None:
        if update.callback_query is None:
            return
        person = update.callback_query.from_user
        text = f'<a href="tg://user?id={person.id}">{person.first_name}</a>, why?'
        field = ForceReply(selective=True, input_field_placeholder="Reason")
        await scene.bot.send_message(int(scene.desk), text, parse_mode="HTML", reply_markup=field)
        await scene.bot.answer_callback_query(update.callback_query.id)

    scene.client.handler = ask
    card = scene.card()
    reaction = scene.server.press(scene.alice, card, "No")
    assert reaction.form is not None
    assert (reaction.form.text, [field.label for field in reaction.form.fields]) == ("Alice, why?", ["Reason"])
    scene.server.fill(scene.alice, reaction.form, {"Reason": "too risky"})
    message = scene.client.seen[-1].message
    assert message is not None
    assert message.text == "too risky"
    assert message.reply_to_message is not None
    assert message.reply_to_message.message_id == int(reaction.messages[0].id)
    plain = scene.client.do(
        scene.bot.send_message(
            int(scene.desk),
            "why?",
            reply_markup=ForceReply(selective=True),
            reply_parameters=ReplyParameters(int(card.id)),
        )
    )
    assert plain.reply_to_message is not None
    assert scene.server.press(scene.bob, card, "No").form is not None
    assert scene.server.violations == []


def test_a_group_that_becomes_a_supergroup_has_a_new_id(scene: Scene) -> None:
    old = scene.server.group("small", scene.alice, supergroup=False)
    card = scene.card(old)
    new = scene.server.migrate(old)
    moved = scene.refused(scene.bot.send_message(int(old), "x"))
    assert isinstance(moved, ChatMigrated)
    assert str(moved.new_chat_id) == new
    assert str(scene.refused(scene.bot.edit_message_text("x", int(old), int(card.id)))) == "Message can't be edited"
    assert str(scene.refused(scene.bot.edit_message_text("x", int(new), int(card.id)))) == "Message to edit not found"
    scene.client.do(scene.bot.send_message(int(new), "here we are"))
    until(lambda: len(scene.client.seen) == 2)
    told = [update.message for update in scene.client.seen]
    assert [message.migrate_to_chat_id for message in told if message] == [int(new), None]
    assert scene.server.violations == []


def test_an_old_message_comes_with_a_press_but_cannot_be_touched(scene: Scene) -> None:
    answering(scene, "ok")
    card = scene.card()
    scene.server.hide(card)
    scene.server.press(scene.alice, card, "No")
    query = scene.client.seen[0].callback_query
    assert query is not None
    assert query.message is not None
    assert not query.message.is_accessible
    assert query.message.message_id == int(card.id)
    # As long as the SDK makes a Message of it, its shortcuts do not raise the TypeError that they document.
    assert not isinstance(query.message, InaccessibleMessage)
    edit = scene.bot.edit_message_text("x", int(scene.desk), int(card.id))
    assert str(scene.refused(edit)) == "Message to edit not found"


def test_two_pollers_conflict_and_a_webhook_keeps_polling_out(scene: Scene) -> None:
    with connected(scene.server) as second:
        until(lambda: scene.client.problems or second.problems)
        assert isinstance([*scene.client.problems, *second.problems][0], Conflict)
        assert scene.server.updates.conflicts > 0
        scene.client.stop()
        answering_second = Scene(scene.server, second, scene.desk, scene.alice, scene.bob)
        answering(answering_second, "second")
        assert scene.server.press(scene.alice, scene.card(), "No").toast == "second"
    scene.client.problems.clear()
    scene.server.webhook("https://example.com/hook")
    assert scene.client.do(scene.bot.get_webhook_info()).url == "https://example.com/hook"
    assert "webhook is active" in str(scene.refused(scene.bot.get_updates()))
    scene.client.do(scene.bot.delete_webhook())
    assert scene.client.do(scene.bot.get_updates()) == ()


def test_updates_stay_until_they_are_confirmed(scene: Scene) -> None:
    scene.client.stop()
    for text in ("/one", "/two", "/three"):
        scene.server.clock.speed = 100.0
        scene.server.say(scene.alice, scene.server.direct(scene.alice), text)
    scene.server.clock.speed = 1.0
    info = scene.client.do(scene.bot.get_webhook_info())
    assert info.pending_update_count == 3
    first = scene.client.do(scene.bot.get_updates(limit=2))
    again = scene.client.do(scene.bot.get_updates(limit=2))
    assert [update.update_id for update in first] == [update.update_id for update in again]
    scene.server.restart()
    rest = scene.client.do(scene.bot.get_updates(offset=first[-1].update_id + 1))
    assert [update.message.text for update in rest if update.message] == ["/three"]
    scene.client.do(scene.bot.get_updates(offset=-1))
    assert scene.client.do(scene.bot.get_updates(offset=rest[0].update_id + 1)) == ()


def test_events_are_repeated_and_swapped_if_a_test_asks_for_it(scene: Scene) -> None:
    answering(scene, "ok")
    card = scene.card()
    scene.server.faults.repeat_events = 1
    scene.server.press(scene.alice, card, "No")
    until(lambda: len(scene.client.seen) == 2)
    first, second = scene.client.seen
    assert first.update_id == second.update_id
    scene.client.handler, scene.client.seen[:] = None, []
    scene.server.faults.swap_events = True
    direct = scene.server.direct(scene.alice)
    held = threading.Thread(target=scene.server.say, args=(scene.alice, direct, "/first"))
    held.start()
    until(lambda: not scene.server.faults.swap_events)
    scene.server.say(scene.alice, direct, "/second")
    held.join(20)
    assert [update.message.text for update in scene.client.seen if update.message] == ["/second", "/first"]


def test_faults_of_the_network_and_of_the_platform(scene: Scene) -> None:
    faults, desk, send = scene.server.faults, int(scene.desk), scene.bot.send_message
    faults.drop["sendMessage"] = 1
    assert isinstance(scene.refused(send(desk, "dropped")), NetworkError)
    faults.cut["sendMessage"] = 1
    assert isinstance(scene.refused(send(desk, "cut")), NetworkError)
    assert [shown.text for shown in scene.server.messages(scene.desk)] == ["cut"]
    faults.refuse["sendMessage"] = ["Too Many Requests: retry after 7", "Bad Gateway", "Forbidden: bot was blocked"]
    problems = [scene.refused(send(desk, "x")) for _ in range(3)]
    assert [type(problem) for problem in problems] == [RetryAfter, NetworkError, Forbidden]
    faults.delay["sendMessage"] = 0.2
    before = scene.server.clock.time()
    scene.client.do(send(desk, "slow"))
    assert scene.server.clock.time() - before >= 0.2
    faults.down = True
    assert isinstance(scene.refused(scene.bot.get_me()), NetworkError)
    until(lambda: scene.client.problems)
    faults.down = False
    scene.client.do(scene.bot.get_me())
    assert scene.server.violations == []


def test_after_a_restart_the_bot_finds_its_way_back(scene: Scene) -> None:
    answering(scene, "still here")
    card = scene.card()
    scene.server.restart()
    until(lambda: scene.client.problems)
    assert scene.server.press(scene.alice, card, "Approve").toast == "still here"


def test_wrong_and_revoked_tokens_are_refused(scene: Scene) -> None:
    for wrong in ("700000001:" + "b" * 35, "nonsense"):
        client = Client(scene.server, wrong)
        with pytest.raises(InvalidToken):
            client.do(client.bot.get_me())
        client.close()
    scene.server.faults.token_revoked = True
    assert isinstance(scene.refused(scene.bot.get_me()), InvalidToken)
    until(lambda: any(isinstance(problem, InvalidToken) for problem in scene.client.problems))
