"""Whom an answer reaches on Telegram and how, and whose words are heard; with the real SDK on the local server."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from telegram import Update, User

from bot.adapters.telegram.parse import heard
from core.errors import DeliveryFailed
from core.taps import Answer, Form, FormField
from tests.contracts.messenger import PENDING
from tests.contracts.platform import CHIPS, WORDS, Scene, eventually, read
from tests.platforms.hands import Shown
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


# Whom an answer reaches


def mentioned(server: TelegramServer, shown: Shown) -> list[str]:
    return [str(one["user"]["id"]) for one in server.entities(shown) if one["type"] == "text_mention"]


def test_a_question_opens_the_field_of_the_one_who_is_asked(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    shown = scene.post()
    scene.taps.answers = [Answer(form=WORDS)]
    reaction = server.press(scene.bob, shown, "Reject")
    (question,) = reaction.messages
    assert reaction.form is not None
    assert mentioned(server, question) == [scene.bob]
    assert question.reply_to == shown.id
    asked = scene.taps.questions[0]
    server.say(scene.bob, scene.chat, "too\nrisky", reply_to=question)
    assert (scene.taps.seen[-1].text, scene.taps.seen[-1].reply_to) == ("too\nrisky", asked[2])
    scene.taps.answers = [Answer(form=WORDS)]
    assert server.press(scene.alice, shown, "Reject").form is not None


def test_what_is_for_one_person_alone_goes_to_their_own_chat(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    shown = scene.post()
    scene.taps.answers = [Answer("It has changed.", card=PENDING, refused=True)]
    reaction = server.press(scene.alice, shown, "Approve")
    assert reaction.toast == "I have written to you in our own chat."
    assert [message.chat for message in reaction.messages] == [server.direct(scene.alice)]
    scene.taps.answers = [Answer(card=PENDING)]
    reaction = server.press(scene.bob, shown, "Approve")
    assert "press Start" in reaction.toast
    (told,) = reaction.messages
    assert (told.chat, told.buttons) == (scene.chat, ("Open our chat",))
    assert mentioned(server, told) == [scene.bob]
    server.press(scene.bob, told, "Open our chat")
    eventually(lambda: scene.taps.seen[-1].text == "start hello")
    assert scene.taps.seen[-1].alone


def test_a_card_is_never_replaced_by_an_answer(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    for chat in (scene.chat, server.direct(scene.alice)):
        scene.loop.do(scene.platform.at(chat).post("here", PENDING))
        shown = server.messages(chat)[-1]
        scene.taps.answers = [Answer("Modify.", rows=CHIPS, instead=True), Answer("Noted.", instead=True)]
        (panel,) = server.press(scene.alice, shown, "Modify").messages
        assert PENDING.title in server.messages(chat)[-2].text
        (noted,) = server.press(scene.alice, panel, "Too risky").messages
        assert (noted.id, noted.buttons) == (panel.id, ())


def test_in_a_topic_cards_and_answers_stay_in_it(server: TelegramServer, scene: Scene) -> None:
    forum = server.group("forum", scene.alice, forum=True)
    topic = server.topic(forum, "orders")
    scene.run()
    scene.loop.do(scene.platform.at(topic).post("here", PENDING))
    (shown,) = server.messages(topic)
    scene.taps.answers = [Answer("Rejected. Why?", rows=CHIPS, instead=True)]
    reaction = server.press(scene.alice, shown, "Reject")
    assert scene.taps.seen[0].chat == topic
    assert [message.chat for message in reaction.messages] == [topic]
    assert server.messages(topic)[0] == shown
    server.command(scene.alice, topic, "pending")
    assert (scene.taps.seen[-1].chat, scene.taps.seen[-1].text) == (topic, "pending")
    assert scene.taps.seen[-1].reply_to == "", "a reply to the beginning of a topic is none"


def test_a_chat_says_what_it_is_called(server: TelegramServer, scene: Scene) -> None:
    topic = server.topic(server.group("forum", scene.alice, forum=True), "orders")
    scene.run()
    for chat in (scene.chat, topic, server.direct(scene.alice)):
        assert read(server.command(scene.alice, chat, "chat")).endswith(f"In placet.yaml this chat is called {chat}")
    assert scene.taps.seen == []


# Words


@pytest.mark.parametrize(
    ("said", "heard_as"),
    [
        ("/placet@placet_local_bot show 4f2a", "show 4f2a"),
        ("/PLACET@Placet_Local_Bot", ""),
        ("/pending@placet_local_bot", "pending"),
        ("/placet  away 3d", "away 3d"),
        ("/pending", None),
        ("/placet@other_bot pending", None),
        ("/placets x", None),
        ("@placet_local_bot show 4f2a", "show 4f2a"),
        ("approve req_01kb0000000000000000000000", None),
    ],
)
def test_in_a_group_only_what_is_said_to_us_is_heard(said: str, heard_as: str | None) -> None:
    update = {
        "update_id": 1,
        "message": {
            "message_id": 5,
            "date": 1_795_000_000,
            "chat": {"id": -100, "type": "supergroup", "title": "desk"},
            "from": {"id": 9, "is_bot": False, "first_name": "Alice"},
            "text": said,
        },
    }
    found = heard(Update.de_json(update, None), User(7, "Placet", is_bot=True, username="placet_local_bot"))
    assert (found.tap.text if found else None) == heard_as


def test_bots_and_anonymous_administrators_are_not_heard(server: TelegramServer, scene: Scene) -> None:
    scene.run()
    shown = scene.post()
    other = server.user("Other", "other_bot", bot=True)
    server.member(scene.chat, other)
    server.press(other, shown, "Approve")
    assert scene.taps.seen == []


def test_nothing_in_a_card_is_alive(server: TelegramServer, scene: Scene) -> None:
    hostile = "@alice_a /approve https://evil.example <b>bold</b> <a href='tg://user?id=10000001'>x</a> &lt; #x"
    card = replace(PENDING, title=hostile, asker=hostile, says=hostile, rules=hostile, note=hostile)
    scene.loop.do(scene.platform.at(scene.address).post("here", card))
    scene.loop.do(scene.platform.at(scene.address).notify("here", hostile))
    for shown in server.messages(scene.chat):
        assert hostile in shown.text
        assert {one["type"] for one in server.entities(shown)} <= {"bold", "italic", "code"}
    sent = [call for call in server.calls if call.method == "sendMessage"]
    assert all('"is_disabled": true' in call.text("link_preview_options") for call in sent)


def test_no_log_and_no_failure_holds_the_token(
    server: TelegramServer, scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not at the root alone: a Placet that begins its logs in this process takes over all that is there.
    for name in ("placet", "httpx", "httpcore", "telegram"):
        caplog.set_level(logging.DEBUG, name)
        monkeypatch.setattr(logging.getLogger(name), "handlers", [caplog.handler])
    scene.run()
    server.press(scene.alice, scene.post(), "Approve")
    eventually(lambda: scene.platform.trouble is None)
    server.faults.down = True
    eventually(lambda: caplog.records)
    assert scene.token not in (scene.platform.trouble or "")
    with pytest.raises(DeliveryFailed) as caught:
        scene.loop.do(scene.platform.at(scene.address).post("here", PENDING))
    assert scene.token not in repr(caught.value)
    server.faults.down = False
    eventually(lambda: scene.platform.trouble is None)
    assert caplog.records
    assert all(scene.token not in record.getMessage() for record in caplog.records)


def test_a_question_of_one_field_is_all_that_telegram_asks(scene: Scene) -> None:
    assert scene.platform.at("-1").limits.fields == 0
    assert len(scene.platform.at("-1").limits.rates) == 3
    assert len(scene.platform.direct("1").limits.rates) == 2
    assert Form("x", "y", (FormField("words", "z"),)).fields
