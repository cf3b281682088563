"""What `core.ports.Platform` promises. A platform's test subclasses this and provides the fixture `scene`, and no more.

The platform is real: its SDK talks to the local server of `tests/platforms`, and people press there with their hands.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from core.card import Button
from core.platforms import Platform
from core.taps import Answer, Form, FormField, Tap
from tests.contracts.messenger import PENDING
from tests.platforms.hands import Hands, Reaction, Shown

LATE = 3.5
"""Seconds that an answer takes which comes too late for every platform's patience."""
CHIPS = ((Button("why", "Too risky", "why:r01kb0000000000000000000000:1:risk~abcde"),),)
WORDS = Form(
    "why:r01kb0000000000000000000000:1:other",
    "Why?",
    (FormField("words", "What is it?", "lines", hint="For the record."),),
)
SEVERAL = Form(
    "edit:d01kb0000000000000000000000:0",
    "Modify",
    (
        FormField("quantity", "Quantity", "number", "1"),
        FormField("side", "Side", "choice", "buy", (("buy", "Buy"), ("sell", "Sell"))),
        FormField("urgent", "Urgent", "boolean", "no"),
        FormField("expiry", "Expiry", "date", "2026-12-18"),
        FormField("note", "Note", "lines", "", required=False),
    ),
)


class Loop:
    """An event loop in a thread of its own, on which a platform lives."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="platform-under-test")
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def start(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self) -> None:
        """Nothing may be left running: what is, is reported and cancelled."""

        async def left() -> list[str]:
            await asyncio.sleep(0.05)
            rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            return [repr(task) for task in rest]

        rest = self.do(left())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
        assert rest == []


@dataclass
class ScriptedTaps:
    """`core.ports.Taps` that writes down what comes, and answers as told."""

    seen: list[Tap] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    delay: float = 0.0
    questions: list[tuple[Tap, Form, str]] = field(default_factory=list)

    async def tap(self, tap: Tap) -> Answer:
        self.seen.append(tap)
        answer = self.answers.pop(0) if self.answers else Answer()
        if self.delay:
            await asyncio.sleep(self.delay)
        return answer

    async def asked(self, tap: Tap, form: Form, ref: str) -> None:
        self.questions.append((tap, form, ref))


@dataclass
class Scene:
    """A platform, its server, a chat in which the bot is and the people in it, and a loop to run on.

    `again` makes a new instance of the platform, as after a restart.
    """

    platform: Platform
    again: Callable[[], Platform]
    hands: Hands
    loop: Loop
    chat: str
    address: str
    """The chat as `placet.yaml` names it."""
    alice: str
    bob: str
    workspace: str
    token: str
    """What must never be said aloud."""
    taps: ScriptedTaps = field(default_factory=ScriptedTaps)
    running: Future[Any] | None = None

    def run(self) -> None:
        """Run the platform, and wait until it is connected."""
        self.running = self.loop.start(self.platform.run(self.taps))
        eventually(lambda: self.platform.trouble is None)

    def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            eventually(self.running.done)
            self.running = None
            # The future is done at once; what the platform does when it is cancelled, is not.
            self.loop.do(asyncio.sleep(0.2))

    def post(self) -> Shown:
        """A card in the chat."""
        self.loop.do(self.platform.at(self.address).post("here", PENDING))
        return self.hands.messages(self.chat)[-1]

    def private(self, user: str) -> list[Shown]:
        """All that this user can read and the other cannot, and the chat with the bot alone."""
        here = [shown for shown in self.hands.messages(self.chat, user) if shown.only_for == user]
        return here + self.hands.messages(self.hands.direct(user), user)


def offered_command(scene: Scene, text: str) -> Reaction:
    """A command, as soon as the platform knows it: it is told of our commands after it has connected."""
    while True:  # until the test's time is over
        reaction = scene.hands.command(scene.alice, scene.chat, text)
        if scene.taps.seen:
            return reaction
        time.sleep(0.02)


def eventually(condition: Callable[[], object], patience: float = 15.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def read(reaction: Reaction) -> str:
    """All that the person could read in answer."""
    return "\n".join([reaction.toast, *(shown.text for shown in reaction.messages)])


class PlatformContract(ABC):
    """Every promise in the docstrings of `core.ports.Platform`."""

    @pytest.fixture
    @abstractmethod
    def scene(self) -> Any:
        """Everything made anew; stopped, closed and looked over (`hands.violations == []`) at the end."""

    def test_a_press_is_a_tap_with_what_the_platform_vouches_for(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        reaction = scene.hands.press(scene.alice, shown, "Approve")
        assert reaction.acknowledged_after is not None
        (tap,) = scene.taps.seen
        assert tap.token == PENDING.buttons[0].token
        assert (tap.platform, tap.workspace, tap.user) == (scene.platform.name, scene.workspace, scene.alice)
        assert tap.id
        ref = scene.loop.do(scene.platform.at(scene.address).post("here", PENDING)).ref
        scene.hands.press(scene.bob, scene.hands.messages(scene.chat)[-1], "Reject")
        assert scene.taps.seen[-1].ref == ref
        assert scene.taps.seen[-1].user == scene.bob
        assert scene.taps.seen[-1].id != tap.id

    def test_the_same_press_delivered_twice_has_one_id(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        scene.hands.faults.repeat_events = 1
        scene.hands.press(scene.alice, shown, "Approve")
        # Where the platform itself repeats nothing, it comes once.
        assert len({tap.id for tap in scene.taps.seen}) == 1

    def test_an_answer_is_for_the_one_who_tapped(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        scene.taps.answers = [Answer(text="This is not yours to decide.", refused=True)]
        reaction = scene.hands.press(scene.alice, shown, "Approve")
        assert "This is not yours to decide." in read(reaction)
        assert all("not yours" not in message.text for message in scene.hands.messages(scene.chat, scene.bob))

    def test_buttons_of_an_answer_can_be_pressed_and_its_successor_takes_its_place(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        scene.taps.answers = [Answer("Rejected. Why?", rows=CHIPS), Answer("Noted: too risky.", instead=True)]
        asked = scene.hands.press(scene.alice, shown, "Reject")
        (question,) = [message for message in asked.messages if "Why?" in message.text]
        assert question.buttons == ("Too risky",)
        noted = scene.hands.press(scene.alice, question, "Too risky")
        assert scene.taps.seen[-1].token == CHIPS[0][0].token
        assert "Noted: too risky." in read(noted)
        here = [*scene.private(scene.alice), *scene.hands.messages(scene.chat, scene.alice)]
        assert not any("Why?" in message.text for message in here)

    def test_a_form_is_filled_in(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        asked_in_chat = scene.platform.at(scene.address).limits.fields == 0
        scene.taps.answers = [Answer(form=WORDS if asked_in_chat else SEVERAL), Answer("Thank you.")]
        reaction = scene.hands.press(scene.alice, shown, "Modify")
        if asked_in_chat:
            (question,) = [message for message in reaction.messages if "What is it?" in message.text]
            eventually(lambda: scene.taps.questions)
            answered = scene.hands.say(scene.alice, question.chat, "earnings\ntonight", reply_to=question)
            tap = scene.taps.seen[-1]
            assert (tap.text, tap.reply_to) == ("earnings\ntonight", scene.taps.questions[0][2])
        else:
            assert reaction.form is not None
            assert [form_field.label for form_field in reaction.form.fields] == [f.label for f in SEVERAL.fields]
            answered = scene.hands.fill(scene.alice, reaction.form, {"Quantity": "2", "Side": "Sell", "Urgent": "Yes"})
            tap = scene.taps.seen[-1]
            assert tap.token == SEVERAL.token
            given = {"quantity": "2", "side": "sell", "urgent": "yes", "expiry": "2026-12-18", "note": ""}
            assert dict(tap.values) == given
        assert tap.user == scene.alice
        assert "Thank you." in read(answered)

    def test_a_wrong_value_is_answered_beside_its_field(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        asked_in_chat = scene.platform.at(scene.address).limits.fields == 0
        form = WORDS if asked_in_chat else SEVERAL
        wrong = replace(form, fields=(replace(form.fields[0], error="must be at most 10"), *form.fields[1:]))
        scene.taps.answers = [Answer(form=form), Answer(form=wrong), Answer(form=wrong), Answer("Thank you.")]
        reaction = scene.hands.press(scene.alice, shown, "Modify")
        if asked_in_chat:
            (question,) = [message for message in reaction.messages if "What is it?" in message.text]
            eventually(lambda: scene.taps.questions)
            answered = scene.hands.say(scene.alice, question.chat, "11", reply_to=question)
            assert "must be at most 10" in read(answered)
            return
        assert reaction.form is not None
        answered = scene.hands.fill(scene.alice, reaction.form, {"Quantity": "11"})
        errors = [f.error or "" for f in answered.form.fields] if answered.form else []
        assert "must be at most 10" in "\n".join([read(answered), *errors])

    def test_a_slow_answer_is_acknowledged_in_time_and_shown_when_it_comes(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        scene.taps.delay = LATE
        scene.taps.answers = [Answer("Rejected. Why?", rows=CHIPS)]
        reaction = scene.hands.press(scene.alice, shown, "Reject")
        assert reaction.acknowledged_after is not None
        assert reaction.acknowledged_after < 3
        everything = [*scene.hands.messages(scene.chat, scene.alice), *scene.private(scene.alice)]
        if not any("Rejected. Why?" in message.text for message in everything):
            eventually(
                lambda: any(
                    "Rejected. Why?" in message.text
                    for message in [*scene.hands.messages(scene.chat, scene.alice), *scene.private(scene.alice)]
                )
            )

    def test_a_slow_form_still_opens(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        scene.taps.delay = LATE
        scene.taps.answers = [Answer(form=WORDS), Answer(form=WORDS)]
        reaction = scene.hands.press(scene.alice, shown, "Modify")
        assert reaction.acknowledged_after is not None
        assert reaction.acknowledged_after < 3

        def offered() -> bool:
            """The form itself, a question, or a button that opens it."""
            everything = [*scene.hands.messages(scene.chat, scene.alice), *scene.private(scene.alice)]
            tokens = [token for message in everything for token in message.tokens]
            opened = reaction.form is not None
            return opened or WORDS.token in tokens or any("What is it?" in message.text for message in everything)

        eventually(offered)

    def test_commands_and_messages_to_the_bot_alone_arrive(self, scene: Scene) -> None:
        scene.run()
        scene.taps.answers = [Answer("Nothing waits for you."), Answer("Approved.")]
        reaction = offered_command(scene, "pending")
        assert scene.taps.seen[-1].text == "pending"
        assert "Nothing waits for you." in read(reaction)
        said = scene.hands.say(scene.bob, scene.hands.direct(scene.bob), "approve req_01kb0000000000000000000000")
        eventually(lambda: len(scene.taps.seen) == 2)
        tap = scene.taps.seen[-1]
        assert (tap.text, tap.user, tap.alone) == ("approve req_01kb0000000000000000000000", scene.bob, True)
        assert "Approved." in read(said)

    def test_talk_among_people_is_no_tap(self, scene: Scene) -> None:
        scene.run()
        scene.hands.say(scene.alice, scene.chat, "shall we approve req_01kb0000000000000000000000?")
        scene.loop.do(asyncio.sleep(0.3))
        assert scene.taps.seen == []

    @pytest.mark.parametrize("token", ["x", "approve", "approve:r01kb:1:2:3:4", "zz:r01kb0000000000000000000000:1"])
    def test_a_made_up_token_is_handed_on_and_never_fatal(self, scene: Scene, token: str) -> None:
        scene.run()
        shown = scene.post()
        scene.taps.answers = [Answer("This button is not one of ours.", refused=True)]
        reaction = scene.hands.send_token(scene.alice, shown, token)
        assert reaction.acknowledged_after is not None
        scene.hands.press(scene.alice, shown, "Approve")
        assert scene.taps.seen[-1].token == PENDING.buttons[0].token

    def test_a_button_still_works_after_a_restart(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        scene.stop()
        scene.platform = scene.again()
        scene.run()
        scene.hands.press(scene.alice, shown, "Approve")
        assert [tap.token for tap in scene.taps.seen] == [PENDING.buttons[0].token]

    def test_a_platform_that_is_away_is_waited_for(self, scene: Scene) -> None:
        scene.hands.faults.down = True
        scene.running = scene.loop.start(scene.platform.run(scene.taps))
        scene.loop.do(asyncio.sleep(0.5))
        assert scene.platform.trouble is not None
        scene.hands.faults.down = False
        eventually(lambda: scene.platform.trouble is None, 30)
        shown = scene.post()
        scene.hands.press(scene.alice, shown, "Approve")
        assert len(scene.taps.seen) == 1

    def test_a_connection_that_is_cut_comes_back(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        scene.hands.restart()

        def pressed() -> bool:
            scene.hands.press(scene.alice, shown, "Approve")
            return bool(scene.taps.seen)

        eventually(pressed, 40)

    def test_a_token_that_is_refused_is_said_without_the_token_and_tried_again(self, scene: Scene) -> None:
        scene.hands.faults.token_revoked = True
        scene.running = scene.loop.start(scene.platform.run(scene.taps))
        eventually(lambda: scene.platform.trouble not in (None, ""))
        scene.loop.do(asyncio.sleep(0.5))
        assert scene.platform.trouble is not None
        assert scene.token not in scene.platform.trouble
        assert not scene.running.done()
        findings = scene.loop.do(scene.platform.check())
        assert any(finding.remedy for finding in findings)
        assert scene.token not in repr(findings)
        scene.hands.faults.token_revoked = False
        eventually(lambda: scene.platform.trouble is None, 40)

    def test_everything_in_order_is_found_in_order(self, scene: Scene) -> None:
        findings = scene.loop.do(scene.platform.check([scene.address]))
        assert any(scene.address in finding.what for finding in findings)
        assert [finding for finding in findings if finding.remedy] == []

    def test_a_chat_that_is_not_there_is_found_with_what_to_do(self, scene: Scene) -> None:
        elsewhere = scene.address[:-3] + "999"
        found = scene.loop.do(scene.platform.check([elsewhere]))
        (finding,) = [finding for finding in found if elsewhere in finding.what]
        assert finding.remedy

    def test_what_is_in_flight_at_the_end_is_answered(self, scene: Scene) -> None:
        scene.run()
        shown = scene.post()
        scene.taps.delay = 1.0
        scene.taps.answers = [Answer("Rejected. Why?", rows=CHIPS)]
        pressing = threading.Thread(target=scene.hands.press, args=(scene.alice, shown, "Reject"))
        pressing.start()
        eventually(lambda: scene.taps.seen)
        scene.stop()
        pressing.join(30)
        everything = [*scene.hands.messages(scene.chat, scene.alice), *scene.private(scene.alice)]
        assert any("Rejected. Why?" in message.text for message in everything)

    def test_a_card_is_shown_to_one_person_alone(self, scene: Scene) -> None:
        scene.run()
        scene.taps.answers = [Answer(card=PENDING)]
        reaction = scene.hands.command(scene.alice, scene.chat, "show req_01kb0000000000000000000000")
        (shown,) = [message for message in reaction.messages if PENDING.title in message.text]
        assert shown.only_for == scene.alice or shown.chat == scene.hands.direct(scene.alice)
        scene.hands.press(scene.alice, shown, "Approve")
        assert scene.taps.seen[-1].token == PENDING.buttons[0].token
