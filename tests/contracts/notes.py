"""What `core.platforms.Messenger` promises of notes. A platform's test brings no more than `scene`.

The platform is real: its SDK talks to the local server of `tests/platforms`, where people look and press.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

import pytest

from core.card import Button
from core.errors import DeliveryFailed, PostGone
from core.note import Note, Section
from core.ports import PostRef
from core.taps import Answer
from tests.contracts.messenger import HOSTILE, hidden
from tests.contracts.platform import CHIPS, Scene, eventually
from tests.platforms.hands import Shown
from tests.platforms.pictures import png


def choices(candidate: str) -> tuple[Button, ...]:
    return (
        Button("implement", "Implement", f"implement:c{candidate}:1", "yes"),
        Button("defer", "Defer", f"defer:c{candidate}:1"),
        Button("reject", "Reject", f"reject:c{candidate}:1", "no"),
    )


FIRST = "01kb0000000000000000000001"
DIGEST = Note(
    id="dig_alice_2026-W47",
    title="Your week 47: 12 recommendations, 3 overridden",
    sections=(
        Section("What you did", ("9 followed, 2 modified, 1 rejected", "2 trades of your own, counted apart")),
        Section("What it came to", ("+ 412.50 USD (11 of 12 priced)",)),
        Section("A pattern", ("On Fridays you take half the quantity: 7 of 8 times",)),
    ),
    foot="As of Saturday 21 November, 09:00. Nothing was changed by itself.",
    picture=png(),
    alt="Bars: what following and what diverging came to, each week since August.",
    rows=(choices(FIRST),),
)
QUESTION = replace(DIGEST, id="mat_1:why", picture=b"", alt="", title="Why did you buy 2 in place of 5 AAPL?")
ANSWERED = replace(
    DIGEST, sections=(*DIGEST.sections[:2], Section("Decided", ("Implemented by Alice, 21 November",))), rows=()
)
LONG = replace(
    DIGEST,
    sections=tuple(
        Section(f"Part {part}", tuple(f"{part}.{line} and what there is to say about it" for line in range(60)))
        for part in range(8)
    ),
)
"""More than any platform's message holds."""


class NotesContract(ABC):
    finds_again = True
    """Whether the platform can tell that a note stands already; where it cannot, another try is refused."""
    tells_alt = True
    """Whether a picture can be described there to those who do not see it."""

    @pytest.fixture
    @abstractmethod
    def scene(self) -> Any:
        """As for `PlatformContract`: at its end no call may have broken a rule of the platform."""

    def say(self, scene: Scene, note: Note, *, again: bool = False) -> PostRef:
        ref = scene.loop.do(scene.platform.at(scene.address).say("here", note, again))
        assert isinstance(ref, PostRef)
        return ref

    def renew(self, scene: Scene, ref: PostRef, note: Note) -> None:
        """As after a restart."""
        scene.loop.do(scene.again().at(scene.address).renew(PostRef(ref.channel, str(ref.ref)), note))

    def stand(self, scene: Scene) -> list[Shown]:
        return scene.hands.messages(scene.chat)

    def seen(self, scene: Scene) -> str:
        return "\n".join(one.text for one in self.stand(scene))

    def pictures(self, scene: Scene) -> list[bytes]:
        return [picture for one in self.stand(scene) for picture in one.pictures]

    def labels(self, scene: Scene) -> list[str]:
        return [label for one in self.stand(scene) for label in one.buttons]

    def with_buttons(self, scene: Scene) -> Shown:
        return next(one for one in self.stand(scene) if one.buttons)

    def told(self, scene: Scene) -> str:
        """All that Alice can read, wherever the platform puts an answer."""
        return "\n".join([self.seen(scene), *(one.text for one in scene.private(scene.alice))])

    def test_a_note_says_everything_and_each_thing_once(self, scene: Scene) -> None:
        ref = self.say(scene, DIGEST)
        assert ref.channel == "here"
        seen = self.seen(scene)
        parts = [DIGEST.title, DIGEST.foot]
        parts += [part for section in DIGEST.sections for part in (section.title, *section.lines)]
        assert [seen.count(part) for part in parts] == [1] * len(parts)
        assert sorted(parts, key=seen.index) == [DIGEST.title, *parts[2:], DIGEST.foot]

    def test_its_picture_arrives_as_it_was_sent(self, scene: Scene) -> None:
        self.say(scene, DIGEST)
        assert self.pictures(scene) == [DIGEST.picture]
        alts = [alt for one in self.stand(scene) for alt in one.alts]
        assert alts == ([DIGEST.alt] if self.tells_alt else [])

    def test_a_note_without_a_picture_is_a_text(self, scene: Scene) -> None:
        self.say(scene, QUESTION)
        assert QUESTION.title in self.seen(scene)
        assert self.pictures(scene) == []
        assert self.labels(scene) == ["Implement", "Defer", "Reject"]

    def test_a_person_alone_gets_notes_too(self, scene: Scene) -> None:
        scene.loop.do(scene.platform.direct(scene.alice).say("person:alice", DIGEST))
        shown = scene.hands.messages(scene.hands.direct(scene.alice), scene.alice)
        assert any(DIGEST.title in one.text for one in shown)
        assert [picture for one in shown for picture in one.pictures] == [DIGEST.picture]

    def test_a_press_on_it_is_a_tap_with_its_token(self, scene: Scene) -> None:
        scene.run()
        ref = self.say(scene, DIGEST)
        reaction = scene.hands.press(scene.alice, self.with_buttons(scene), "Defer")
        assert reaction.acknowledged_after is not None
        (tap,) = scene.taps.seen
        assert tap.token == f"defer:c{FIRST}:1"
        assert (tap.user, tap.ref) == (scene.alice, ref.ref)

    @pytest.mark.parametrize("note", [DIGEST, LONG, QUESTION], ids=["digest", "long", "question"])
    def test_an_answer_to_a_press_leaves_the_note_as_it_is(self, scene: Scene, note: Note) -> None:
        scene.run()
        self.say(scene, note)
        before = self.stand(scene)
        scene.taps.answers = [Answer("Why do you defer it?", rows=CHIPS, instead=True)]
        scene.hands.press(scene.alice, self.with_buttons(scene), "Defer")
        eventually(lambda: "Why do you defer it?" in self.told(scene))
        assert self.stand(scene)[: len(before)] == before

    def test_a_note_that_stands_already_is_not_said_a_second_time(self, scene: Scene) -> None:
        first = self.say(scene, DIGEST)
        before = self.stand(scene)
        again = scene.again().at(scene.address)
        if self.finds_again:
            assert scene.loop.do(again.say("here", DIGEST, again=True)) == first
        else:
            with pytest.raises(DeliveryFailed) as problem:
                scene.loop.do(again.say("here", DIGEST, again=True))
            assert problem.value.permanent
            assert "may stand there already" in str(problem.value)
        assert self.stand(scene) == before

    def test_an_attempt_that_nobody_heard_of_again_does_not_leave_two(self, scene: Scene) -> None:
        """The platform has taken it, and the connection broke before it said so."""
        scene.hands.faults.cut = {self.posting(): 1}
        with pytest.raises(DeliveryFailed) as problem:
            self.say(scene, QUESTION)
        assert not problem.value.permanent
        if self.finds_again:
            ref = self.say(scene, QUESTION, again=True)
            self.renew(scene, ref, replace(QUESTION, rows=()))
            assert self.labels(scene) == []
        else:
            with pytest.raises(DeliveryFailed):
                self.say(scene, QUESTION, again=True)
        assert self.seen(scene).count(QUESTION.title) == 1

    @abstractmethod
    def posting(self) -> str:
        """What the platform calls the method that writes a text."""

    def test_another_note_beside_it_is_another_note(self, scene: Scene) -> None:
        self.say(scene, QUESTION)
        other = replace(QUESTION, id="mat_2:why")
        self.say(scene, other, again=self.finds_again)
        assert self.seen(scene).count(QUESTION.title) == 2

    def test_a_renewed_note_says_the_new_and_offers_nothing_and_keeps_its_picture(self, scene: Scene) -> None:
        ref = self.say(scene, DIGEST)
        self.renew(scene, ref, ANSWERED)
        assert "Implemented by Alice" in self.seen(scene)
        assert DIGEST.sections[2].title not in self.seen(scene)
        assert self.labels(scene) == []
        assert self.pictures(scene) == [DIGEST.picture]

    def test_a_note_can_be_renewed_by_who_no_longer_has_its_picture(self, scene: Scene) -> None:
        ref = self.say(scene, DIGEST)
        self.renew(scene, ref, replace(ANSWERED, picture=b""))
        assert "Implemented by Alice" in self.seen(scene)
        assert self.pictures(scene) == [DIGEST.picture]

    @pytest.mark.parametrize("note", [DIGEST, QUESTION], ids=["digest", "question"])
    def test_the_same_again_is_success(self, scene: Scene, note: Note) -> None:
        ref = self.say(scene, note)
        before = self.seen(scene)
        self.renew(scene, ref, note)
        self.renew(scene, ref, note)
        assert self.seen(scene) == before

    @pytest.mark.parametrize("note", [DIGEST, LONG, QUESTION], ids=["digest", "long", "question"])
    def test_a_deleted_note_is_gone(self, scene: Scene, note: Note) -> None:
        ref = self.say(scene, note)
        for one in self.stand(scene):
            scene.hands.delete(one)
        with pytest.raises(PostGone):
            self.renew(scene, ref, ANSWERED)
        assert self.stand(scene) == []

    def test_a_note_that_never_stood_here_is_gone(self, scene: Scene) -> None:
        with pytest.raises(PostGone):
            self.renew(scene, PostRef("here", "never-said"), DIGEST)

    def test_a_long_note_is_cut_between_lines_and_says_how_much_is_missing(self, scene: Scene) -> None:
        ref = self.say(scene, LONG)
        seen = self.seen(scene)
        lines = {line.strip() for line in seen.splitlines()}
        whole = {line for section in LONG.sections for line in section.lines}
        assert {line for line in lines if "and what there is" in line} <= whole
        for section in LONG.sections:
            shown = sum(line in lines for line in section.lines)
            assert 3 <= shown < 60, "each section has its share"
            assert f"… {60 - shown} more on the web" in lines
        assert LONG.title in seen
        assert LONG.foot in seen
        assert self.pictures(scene) == [LONG.picture]
        self.renew(scene, ref, replace(LONG, rows=()))
        assert self.labels(scene) == []

    def test_a_line_longer_than_any_message_does_not_keep_the_rest_from_being_said(self, scene: Scene) -> None:
        endless = Section("Endless", ("x" * 20_000, "short"))
        self.say(scene, replace(DIGEST, sections=(*DIGEST.sections, endless)))
        seen = self.seen(scene)
        assert "… 2 more on the web" in seen
        assert "xxx" not in seen
        assert DIGEST.sections[0].lines[0] in seen

    def test_sections_without_end_are_counted(self, scene: Scene) -> None:
        many = tuple(Section(f"Part number {part}", ("one", "two")) for part in range(400))
        self.say(scene, replace(DIGEST, title="t" * 5_000, sections=many, foot="f" * 5_000, alt="a" * 5_000))
        seen = self.seen(scene)
        shown = sum(f"Part number {part}\n" in seen for part in range(400))
        assert 5 <= shown <= 20
        assert f"… {2 * (400 - shown)} more on the web" in seen

    @pytest.mark.parametrize("count", [9, 10, 25, 60])
    def test_rows_of_buttons_go_whole_or_not_at_all(self, scene: Scene, count: int) -> None:
        tokens = [f"01kb00000000000000000000{number:02}" for number in range(count)]
        self.say(scene, replace(DIGEST, rows=tuple(map(choices, tokens))))
        shown = self.with_buttons(scene)
        rows = len(shown.buttons) // 3
        assert shown.buttons == ("Implement", "Defer", "Reject") * rows
        assert shown.tokens[::3] == tuple(f"implement:c{token}:1" for token in tokens[:rows])
        assert rows >= min(count, 8)
        assert (f"… {count - rows} more to decide on the web" in self.seen(scene)) == (rows < count)

    def test_ten_rows_of_five_are_as_many_as_there_is_room_for(self, scene: Scene) -> None:
        rows = tuple(
            tuple(Button("why", f"{row}-{chip}", f"why:m{FIRST}:1:{row}.{chip}") for chip in range(5))
            for row in range(10)
        )
        self.say(scene, replace(QUESTION, rows=rows))
        shown = self.with_buttons(scene)
        assert len(shown.buttons) in (25, 50)
        assert shown.buttons == tuple(one.label for row in rows for one in row)[: len(shown.buttons)]
        assert ("… 5 more to decide on the web" in self.seen(scene)) == (len(shown.buttons) == 25)

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_is_shown_as_text(self, scene: Scene, text: str) -> None:
        sections = (Section(text, (text, f"a {text} b")), Section("", (text,)))
        rows = ((Button("defer", text, f"defer:c{FIRST}:1"),),)
        note = replace(DIGEST, title=f"{text} title", sections=sections, foot=text, alt=text, rows=rows)
        ref = self.say(scene, note)
        self.renew(scene, ref, replace(note, title=text))
        shown = "\n".join([self.seen(scene), *self.labels(scene), *(a for one in self.stand(scene) for a in one.alts)])
        assert hidden(shown) == []
        if text.startswith("[bold"):
            # Title, heading, three lines and foot.
            assert self.seen(scene).count(text) >= 6

    def test_a_line_cannot_forge_a_section_or_a_line(self, scene: Scene) -> None:
        forged = "fine\nDecided\nImplemented by Alice\r\n• forged"
        self.say(scene, replace(DIGEST, sections=(Section("Said", (forged,)),), foot=forged))
        lines = [line.strip() for line in self.seen(scene).splitlines()]
        assert "Decided" not in lines
        assert not any(line.startswith(("Implemented", "• forged")) for line in lines)

    def test_lines_full_of_links_and_names_call_nobody_and_are_taken(self, scene: Scene) -> None:
        some = "see https://evil.example.com/x?y=1 or @alice_smith, $AAPL"
        sections = tuple(
            Section(f"Part {part}", (some, some, some, f"{some} /go #now a@b.com *x* `z` <@U1>")) for part in range(12)
        )
        self.say(scene, replace(DIGEST, sections=sections))
        assert "https://evil.example.com/x?y=1 or @alice_smith" in self.seen(scene)

    def test_an_empty_note_is_a_message_all_the_same(self, scene: Scene) -> None:
        empty = Note("empty", "", (Section("", ()), Section("", ("", " "))), rows=((),))
        ref = self.say(scene, empty)
        assert len(self.stand(scene)) == 1
        self.renew(scene, ref, replace(empty, title="Now there is something"))
        assert "Now there is something" in self.seen(scene)

    def test_a_platform_that_is_away_is_a_delivery_that_failed_and_nothing_else(self, scene: Scene) -> None:
        ref = self.say(scene, DIGEST)
        scene.hands.faults.down = True
        for note in (replace(DIGEST, id="other"), replace(QUESTION, id="another")):
            with pytest.raises(DeliveryFailed) as problem:
                self.say(scene, note)
            assert not problem.value.permanent
            assert scene.token not in str(problem.value)
        with pytest.raises(DeliveryFailed) as problem:
            self.renew(scene, ref, ANSWERED)
        assert not problem.value.permanent
        scene.hands.faults.down = False
        self.renew(scene, ref, ANSWERED)
        assert "Implemented by Alice" in self.seen(scene)
