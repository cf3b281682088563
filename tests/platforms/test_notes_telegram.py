"""Telegram keeps what is promised of notes; and what only Telegram does with pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from telegram.warnings import PTBDeprecationWarning

from bot.adapters.telegram.adapter import TelegramPlatform
from bot.pace import Pace
from core.errors import DeliveryFailed
from core.note import Note
from core.ports import PostRef
from core.taps import Answer
from tests.contracts.notes import DIGEST, LONG, NotesContract
from tests.contracts.platform import CHIPS, Loop, Scene
from tests.platforms.telegram.served import running, served
from tests.platforms.telegram.server import TelegramServer


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with running() as server:
        yield server


@pytest.fixture
def scene(telegram: TelegramServer) -> Iterator[Scene]:
    with served(telegram, bob_started=True) as scene:
        yield scene


class TestNotes(NotesContract):
    finds_again = False
    tells_alt = False

    @pytest.fixture
    def scene(self, scene: Scene) -> Scene:
        return scene

    def posting(self) -> str:
        return "sendMessage"


def say(scene: Scene, note: Note = DIGEST, *, address: str = "") -> PostRef:
    ref = scene.loop.do(scene.platform.at(address or scene.address).say("here", note))
    assert isinstance(ref, PostRef)
    return ref


def test_a_text_that_fits_stands_under_its_picture(scene: Scene, telegram: TelegramServer) -> None:
    ref = say(scene)
    (shown,) = telegram.messages(scene.chat)
    assert ref.ref == f"{scene.chat}:{shown.id}"
    assert shown.pictures == (DIGEST.picture,)
    assert shown.buttons == ("Implement", "Defer", "Reject")


def test_a_longer_text_follows_its_picture_and_has_the_buttons(scene: Scene, telegram: TelegramServer) -> None:
    ref = say(scene, LONG)
    picture, text = telegram.messages(scene.chat)
    assert picture.pictures == (LONG.picture,)
    assert (picture.text, picture.buttons) == ("", ())
    assert text.buttons == ("Implement", "Defer", "Reject")
    assert text.reply_to == picture.id
    assert ref.ref == f"{scene.chat}:{text.id}"


@pytest.mark.parametrize(
    "refusal", ["Bad Request: not enough rights to send photos to the chat", "Bad Request: IMAGE_PROCESS_FAILED"]
)
def test_where_no_picture_is_taken_a_note_says_what_it_shows(
    scene: Scene, telegram: TelegramServer, refusal: str
) -> None:
    telegram.faults.refuse = {"sendPhoto": [refusal]}
    say(scene)
    (shown,) = telegram.messages(scene.chat)
    assert f"🖼 {DIGEST.alt}" in shown.text
    assert shown.buttons == ("Implement", "Defer", "Reject")


def test_a_picture_larger_than_telegram_takes_is_not_sent(scene: Scene, telegram: TelegramServer) -> None:
    say(scene, replace(DIGEST, picture=DIGEST.picture + bytes(10 * 1024 * 1024)))
    (shown,) = telegram.messages(scene.chat)
    assert DIGEST.alt in shown.text
    assert [call.method for call in telegram.calls] == ["sendMessage"]


def test_a_text_that_is_refused_leaves_no_picture_alone(scene: Scene, telegram: TelegramServer) -> None:
    telegram.faults.refuse = {"sendMessage": ["Too Many Requests: retry after 4"]}
    with (
        pytest.warns(PTBDeprecationWarning, match="retry_after"),
        pytest.raises(DeliveryFailed, match="wait for 4 s") as problem,
    ):
        say(scene, LONG)
    assert (problem.value.permanent, problem.value.retry_after) == (False, 4)
    assert telegram.messages(scene.chat) == []
    telegram.forget_rates()


def test_a_note_under_its_picture_that_grows_is_cut_to_the_room_there(scene: Scene, telegram: TelegramServer) -> None:
    ref = say(scene)
    scene.loop.do(scene.again().at(scene.address).renew(ref, LONG))
    (shown,) = telegram.messages(scene.chat)
    assert "more on the web" in shown.text
    assert shown.pictures == (DIGEST.picture,)
    assert shown.buttons == ("Implement", "Defer", "Reject")


def test_a_note_of_two_messages_waits_for_two_turns(telegram: TelegramServer) -> None:
    telegram.rates.burst = 1
    loop, pace = Loop(), Pace(telegram.clock)
    chat = telegram.group("desk", telegram.user("Alice"))
    messenger = TelegramPlatform(token=telegram.token, api_url=telegram.api_url, pace=pace, timer=telegram.clock).at(
        chat
    )

    async def work() -> None:
        for number in range(2):
            await pace.turn(messenger.limits.rates, chat, "say")
            await messenger.say("here", replace(LONG, id=f"n{number}"))

    loop.do(work())
    loop.close()
    assert len(telegram.messages(chat)) == 4
    # That nobody was told to wait is looked at when the server closes.


def test_a_note_follows_a_group_that_became_a_supergroup(scene: Scene, telegram: TelegramServer) -> None:
    old = telegram.group("small", scene.alice, supergroup=False)
    new = telegram.migrate(old)
    ref = say(scene, LONG, address=old)
    assert [shown.chat for shown in telegram.messages(new)] == [new, new]
    assert ref.ref.startswith(f"{new}:")


def test_a_note_stands_in_its_topic_and_is_no_answer_there(scene: Scene, telegram: TelegramServer) -> None:
    forum = telegram.group("forum", scene.alice, forum=True)
    topic = telegram.topic(forum, "digests")
    scene.run()
    say(scene, address=topic)
    (shown,) = telegram.messages(topic)
    scene.taps.answers = [Answer("Why do you defer it?", rows=CHIPS, instead=True)]
    telegram.press(scene.alice, shown, "Defer")
    assert telegram.messages(topic)[0] == shown


def test_an_answer_to_a_note_is_replaced_by_the_next_answer(scene: Scene, telegram: TelegramServer) -> None:
    """It replies to a picture too, but to one with words."""
    scene.run()
    say(scene)
    scene.taps.answers = [Answer("Why do you defer it?", rows=CHIPS), Answer("Noted.", rows=CHIPS, instead=True)]
    telegram.press(scene.alice, telegram.messages(scene.chat)[0], "Defer")
    answer = telegram.messages(scene.chat)[-1]
    telegram.press(scene.alice, answer, "Too risky")
    note, now = telegram.messages(scene.chat)
    assert "Noted." in now.text
    assert DIGEST.title in note.text
