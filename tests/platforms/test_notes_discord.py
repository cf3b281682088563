"""Discord keeps what is promised of notes; and what only Discord does with pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.note import Note
from core.ports import PostRef
from tests.contracts.notes import ANSWERED, DIGEST, QUESTION, NotesContract
from tests.contracts.platform import Scene
from tests.platforms.discord.house import house
from tests.platforms.discord.server import DiscordServer


@pytest.fixture
def scene() -> Iterator[Scene]:
    with house() as made:
        yield made
        assert isinstance(made.hands, DiscordServer)
        assert made.hands.posting.pings == []


@pytest.fixture
def discord(scene: Scene) -> DiscordServer:
    assert isinstance(scene.hands, DiscordServer)
    return scene.hands


class TestNotes(NotesContract):
    @pytest.fixture
    def scene(self, scene: Scene) -> Scene:
        return scene

    def posting(self) -> str:
        return "create_message"


def say(scene: Scene, note: Note = DIGEST, *, again: bool = False) -> PostRef:
    ref = scene.loop.do(scene.platform.at(scene.address).say("here", note, again))
    assert isinstance(ref, PostRef)
    return ref


def test_picture_text_and_buttons_stand_in_one_message(scene: Scene, discord: DiscordServer) -> None:
    ref = say(scene)
    (shown,) = discord.messages(scene.chat)
    assert ref.ref == f"{scene.chat}/{shown.id}"
    assert (shown.pictures, shown.alts) == ((DIGEST.picture,), (DIGEST.alt,))
    assert shown.buttons == ("Implement", "Defer", "Reject")


def test_without_the_right_to_attach_a_note_says_what_its_picture_shows(
    scene: Scene, discord: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    discord.deny(scene.chat, "attach_files")
    ref = say(scene)
    (shown,) = discord.messages(scene.chat)
    assert shown.pictures == ()
    assert f"🖼 {DIGEST.alt}" in shown.text
    assert "Attach Files" in caplog.text
    scene.loop.do(scene.again().at(scene.address).renew(ref, ANSWERED))
    assert f"🖼 {DIGEST.alt}" in discord.messages(scene.chat)[0].text


def test_a_picture_larger_than_discord_takes_is_not_sent(scene: Scene, discord: DiscordServer) -> None:
    say(scene, replace(DIGEST, picture=DIGEST.picture + bytes(10 * 1024 * 1024)))
    (shown,) = discord.messages(scene.chat)
    assert shown.pictures == ()
    assert DIGEST.alt in shown.text


def test_the_same_note_again_within_minutes_is_the_same_message(scene: Scene, discord: DiscordServer) -> None:
    assert say(scene) == say(scene)
    assert len(discord.messages(scene.chat)) == 1


def test_a_note_deleted_a_moment_ago_can_be_said_again(scene: Scene, discord: DiscordServer) -> None:
    say(scene)
    discord.delete(discord.messages(scene.chat)[0])
    say(scene, again=True)
    (shown,) = discord.messages(scene.chat)
    assert shown.pictures == (DIGEST.picture,)


def test_a_note_is_found_long_after_discord_has_forgotten_that_it_was_sent(
    scene: Scene, discord: DiscordServer
) -> None:
    first = say(scene, QUESTION)
    for number in range(3):
        say(scene, replace(QUESTION, id=f"mat_{number}:other"))
    discord.restart()
    assert say(scene, QUESTION, again=True) == first


def test_how_discord_marks_a_note_is_seen_by_nobody(scene: Scene, discord: DiscordServer) -> None:
    say(scene)
    (shown,) = discord.messages(scene.chat)
    assert "placet.invalid" not in shown.text
    assert DIGEST.id not in shown.text
