"""Slack keeps what is promised of notes; and what only Slack does with pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.adapters.slack.adapter import SlackPlatform
from bot.pace import Pace
from core.errors import DeliveryFailed
from core.note import Note
from core.ports import PostRef
from tests.contracts.notes import ANSWERED, DIGEST, NotesContract
from tests.contracts.platform import Loop, Scene
from tests.platforms.clock import FastClock
from tests.platforms.pictures import png
from tests.platforms.slack.server import SlackServer
from tests.platforms.slack.stage import slack_scene


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with SlackServer(FastClock(10)) as server:
        # Rates are the business of the pace, which is not asked when a messenger is called directly.
        server.web_api.rates.on = False
        server.people.patience = 3.0
        yield server


@pytest.fixture
def scene(slack: SlackServer) -> Iterator[Scene]:
    loop = Loop()
    with slack_scene(slack, loop, slack.clock) as made:
        yield made
    loop.close()
    assert slack.violations == []
    assert slack.pings == []
    assert slack.scene.unfurls == []


class TestNotes(NotesContract):
    @pytest.fixture
    def scene(self, scene: Scene) -> Scene:
        return scene

    def posting(self) -> str:
        return "chat.postMessage"


def uploads(slack: SlackServer) -> int:
    return sum(one.method == "files.completeUploadExternal" for one in slack.calls)


def say(scene: Scene, note: Note = DIGEST, *, address: str = "", again: bool = False) -> PostRef:
    ref = scene.loop.do(scene.platform.at(address or scene.address).say("here", note, again))
    assert isinstance(ref, PostRef)
    return ref


def test_title_picture_text_and_buttons_stand_in_one_message(scene: Scene, slack: SlackServer) -> None:
    ref = say(scene)
    (shown,) = slack.messages(scene.chat)
    assert ref.ref == f"{scene.chat}/{shown.id}"
    assert shown.buttons == ("Implement", "Defer", "Reject")
    assert shown.text.index(DIGEST.title) < shown.text.index(DIGEST.alt) < shown.text.index(DIGEST.foot)


def test_without_the_right_to_upload_a_note_says_what_its_picture_shows(
    scene: Scene, slack: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    slack.team.scopes.discard("files:write")
    ref = say(scene)
    (shown,) = slack.messages(scene.chat)
    assert shown.pictures == ()
    assert f"🖼 {DIGEST.alt}" in shown.text
    assert "files:write" in caplog.text
    slack.team.scopes.add("files:write")
    scene.loop.do(scene.again().at(scene.address).renew(ref, ANSWERED))
    assert f"🖼 {DIGEST.alt}" in slack.messages(scene.chat)[0].text


def test_the_doctor_asks_for_the_right_to_upload(scene: Scene, slack: SlackServer) -> None:
    slack.team.scopes.discard("files:write")
    remedies = [one.remedy for one in scene.loop.do(scene.platform.check()) if one.remedy]
    assert any("Add files:write" in remedy for remedy in remedies)


def test_a_picture_that_slack_looks_at_for_long_is_waited_for(scene: Scene, slack: SlackServer) -> None:
    slack.scene.processing = 6.0
    say(scene)
    (shown,) = slack.messages(scene.chat)
    assert shown.pictures == (DIGEST.picture,)
    assert uploads(slack) == 1


def test_a_picture_that_slack_never_shows_keeps_no_note_from_being_said(scene: Scene, slack: SlackServer) -> None:
    slack.scene.processing = 3_600.0
    say(scene)
    (shown,) = slack.messages(scene.chat)
    assert shown.pictures == ()
    assert DIGEST.alt in shown.text
    assert shown.buttons


def test_one_picture_for_two_channels_is_uploaded_once(scene: Scene, slack: SlackServer) -> None:
    other = slack.add_channel("other", scene.alice)
    say(scene)
    say(scene, address=other)
    assert slack.messages(other)[0].pictures == (DIGEST.picture,)
    assert uploads(slack) == 1


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
def test_an_upload_that_breaks_off_is_tried_again_as_a_whole(scene: Scene, slack: SlackServer, method: str) -> None:
    slack.faults.drop = {method: 1}
    with pytest.raises(DeliveryFailed) as problem:
        say(scene)
    assert not problem.value.permanent
    assert slack.messages(scene.chat) == []
    say(scene, again=True)
    assert slack.messages(scene.chat)[0].pictures == (DIGEST.picture,)


def test_slack_asking_for_patience_is_passed_on(scene: Scene, slack: SlackServer) -> None:
    slack.faults.refuse = {"files.getUploadURLExternal": ["ratelimited:7"]}
    with pytest.raises(DeliveryFailed) as problem:
        say(scene)
    assert (problem.value.permanent, problem.value.retry_after) == (False, 7)


def test_a_note_in_a_thread_stays_in_it(scene: Scene, slack: SlackServer) -> None:
    start = slack.say(scene.alice, scene.chat, "Digests here, please.")
    begun = start.messages[0] if start.messages else slack.messages(scene.chat)[-1]
    thread = f"{scene.chat}/{begun.id}"
    ref = say(scene, address=thread)
    assert say(scene, address=thread, again=True) == ref
    scene.loop.do(scene.again().at(thread).renew(ref, replace(ANSWERED, picture=b"")))
    shown = slack.messages(scene.chat)[-1]
    assert shown.reply_to == begun.id
    assert "Implemented by Alice" in shown.text
    assert shown.pictures == (DIGEST.picture,)
    assert shown.alts == (DIGEST.alt,)


def test_who_may_not_read_there_renews_a_note_with_its_picture_all_the_same(scene: Scene, slack: SlackServer) -> None:
    ref = say(scene)
    slack.team.scopes.discard("channels:history")
    scene.loop.do(scene.again().at(scene.address).renew(ref, ANSWERED))
    (shown,) = slack.messages(scene.chat)
    assert "Implemented by Alice" in shown.text
    assert shown.pictures == (DIGEST.picture,)


def test_notes_with_pictures_are_never_too_fast_for_slack(slack: SlackServer) -> None:
    slack.web_api.rates.on = True
    loop, pace = Loop(), Pace(slack.clock)
    chat = slack.add_channel("orders")
    tokens = {"bot_token": slack.bot_token, "app_token": slack.app_token}
    platform = SlackPlatform(**tokens, api_url=slack.api_url, pace=pace, timer=slack.clock)
    messenger = platform.at(chat)

    async def work() -> None:
        for number in range(4):
            await pace.turn(messenger.limits.rates, chat, "say")
            await messenger.say("here", replace(DIGEST, id=f"n{number}", picture=png(width=100 + number)))
            await pace.turn(messenger.limits.rates, chat, "say")
            await messenger.notify("here", "A sentence between them.")

    loop.do(work())
    loop.close()
    assert len(slack.messages(chat)) == 8
    assert slack.rate_limited == 0
    assert slack.violations == []
