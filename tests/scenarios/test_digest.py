"""The Saturday digest and a question: told once in one's own chat (or on the page), and answered there by taps."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from bot.learning import candidates
from bot.learning.digests import MADE, SENT
from bot.learning.matches import QUESTION as QUESTIONS
from bot.learning.questions import SENDING, WANTED
from core.learning.candidates import Candidate, Status
from core.learning.ledger import Record, Wanted
from core.learning.records import DIGEST as DIGESTS
from core.learning.records import MATCH
from tests.bot.asking import submitted
from tests.bot.guest import Guest, guest
from tests.bot.history import DAY
from tests.bot.proposing import folded
from tests.bot.proposing import now as as_it_stands
from tests.bot.running import Running, eventually, placet, settings_in
from tests.bot.saturday import Wound
from tests.platforms.clock import FastClock
from tests.platforms.hands import Reaction, Shown
from tests.scenarios.overrides import DIGEST, DOUBT, DOUBTFUL, HABIT, LEARNING, NINE, lived, look
from tests.scenarios.towns import MAKERS, Town
from tests.scenarios.whole import HOUSE, Whole, connected, house_of, read, town_of, whole

SECOND = timedelta(seconds=1)
EVENING = NINE.replace(hour=21) - DAY
TITLE, QUESTION = "Your overrides, 2012-W09", "Which was it?"
WAYS = {
    "slack": (("Reject", "I think it is chance"), Status.REJECTED, "chance", "rejected it"),
    "discord": (
        ("Implement", "The evidence convinces me"),
        Status.IMPLEMENT,
        "evidence",
        "asked for it to be implemented",
    ),
    "telegram": (("Defer", "4 weeks", "I want to see more of it"), Status.DEFERRED, "more_data", "deferred it"),
}
"""What Alice presses in each chat, how the candidate stands then, the reason that is kept, and what she is told who
presses again."""


def proposed(running: Running) -> Candidate:
    [found] = candidates.find(running.services.reader)
    assert (found.person, found.title) == ("alice", HABIT)
    return found


def digest_of(running: Running) -> Record:
    found = running.services.reader.record(DIGESTS, DIGEST)
    assert found is not None
    return found


def settled_by(running: Running) -> tuple[int, str | None]:
    """The version of the doubtful match, and who said what it was."""
    found = running.services.reader.record(MATCH, DOUBTFUL)
    assert found is not None
    return found.version, found.body.get("settled_by")


def is_decided(running: Running, status: Status, reason: str, via: str) -> None:
    """By Alice, once, and the journal says the same as the ledger."""
    [found] = candidates.find(running.services.reader)
    assert found.status is status
    [decision] = found.decisions
    assert (decision.by, decision.reason, decision.via, decision.at) == ("alice", reason, via, NINE + SECOND)
    assert folded(running, found.id) == as_it_stands(running, found.id)


@dataclass
class Chat:
    """`posted`: what stood in Alice's own chat after nine, before Placet was started again."""

    found: Whole
    town: Town
    posted: list[Shown]

    @property
    def running(self) -> Running:
        return self.found.running

    def mine(self) -> list[Shown]:
        alice = self.town.users["alice"]
        return self.town.hands.messages(self.town.hands.direct(alice), alice)

    def told(self, title: str) -> Shown:
        """As it was posted."""
        [shown] = [one for one in self.posted if title in one.text]
        return shown

    def now(self, shown: Shown) -> Shown:
        [there] = [one for one in self.mine() if one.id == shown.id]
        return there

    def presses(self, on: Shown, label: str, person: str = "alice") -> Reaction:
        reaction = self.town.hands.press(self.town.users[person], on, label)
        assert reaction.acknowledged_after is not None
        return reaction

    def forges(self, token: str) -> str:
        """What Bob is told who sends Alice's token from a card of the channel."""
        self.found.asks(title="Bob's way in")
        card = self.found.card(self.town.name, "Bob's way in")
        return read(self.town.hands.send_token(self.town.users["bob"], card, token))


@pytest.fixture(scope="module", params=sorted(MAKERS))
def chat(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """Nine o'clock on Saturday; and Placet is started again a second later."""
    folder = tmp_path_factory.mktemp(request.param)
    url, today = f"sqlite:///{folder / 'placet.db'}", Wound(NINE - DAY)
    with town_of(request.param, FastClock()) as town:
        house = house_of([town]) + LEARNING
        with whole(folder, url, towns=[town], house=house, today=today) as found:
            connected(found)
            lived(found.running)
            today.at = NINE
            look(found.running)
            posted = Chat(found, town, []).mine()
        today.at = NINE + SECOND
        with whole(folder, url, towns=[town], house=house, today=today) as found:
            connected(found)
            look(found.running)
            yield Chat(found, town, posted)


def test_the_digest_comes_once_with_its_picture_and_its_buttons(chat: Chat) -> None:
    digest = chat.told(TITLE)
    assert digest.buttons == ("Implement", "Defer", "Reject")
    assert f"{HABIT}. You raised the strike in 40 of 40 edits" in digest.text
    [picture] = [picture for one in chat.posted for picture in one.pictures]
    with Image.open(io.BytesIO(picture)) as drawn:
        assert (drawn.format, drawn.size[0]) == ("PNG", 1080)
    kept = digest_of(chat.running)
    assert (kept.status, kept.body["delivery"]["channel"]) == (SENT, "person:alice")


def test_a_restart_a_second_past_nine_sends_nothing_twice(chat: Chat) -> None:
    for title in (TITLE, QUESTION):
        assert [one.id for one in chat.mine() if title in one.text] == [chat.told(title).id]
    pictured = [[one.id for one in there if one.pictures] for there in (chat.posted, chat.mine())]
    assert pictured[0] == pictured[1]
    assert len(pictured[0]) == 1


def test_a_candidate_is_decided_by_the_tap_on_the_reason(chat: Chat) -> None:
    (label, *further), status, reason, did = WAYS[chat.town.name]
    digest, candidate = chat.told(TITLE), proposed(chat.running)
    token = digest.tokens[digest.buttons.index(label)]
    assert "This is for alice to decide" in chat.forges(token)
    reaction = chat.presses(digest, label)
    for one in further:
        assert proposed(chat.running) == candidate
        reaction = chat.presses(chat.town.offering(reaction, one), one)
    assert f"{HABIT}: " in read(reaction)
    is_decided(chat.running, status, reason, chat.town.name)
    # What was decided is offered no more; what was said stays, with its picture.
    renewed = eventually(lambda: None if (now := chat.now(digest)).buttons else now, 20)
    assert (renewed.text, renewed.pictures) == (digest.text, digest.pictures)
    assert f"alice {did} on 3 Mar 2012." in read(chat.presses(digest, label))
    is_decided(chat.running, status, reason, chat.town.name)


def test_a_question_is_answered_with_a_tap_on_what_it_was(chat: Chat) -> None:
    question = chat.told(QUESTION)
    label, token = question.buttons[0], question.tokens[0]
    assert "strike 430" in label
    assert "only they, or an administrator, can say" in chat.forges(token)
    before, nobody = settled_by(chat.running)
    assert nobody is None
    assert "Noted: sell call NVDA" in read(chat.presses(question, label))
    after, who = settled_by(chat.running)
    assert (after > before, who) == (True, "alice")
    closed = eventually(lambda: None if (now := chat.now(question)).buttons else now, 20)
    assert "Answered." in closed.text
    assert "Noted: sell call NVDA" in read(chat.presses(question, label))
    assert settled_by(chat.running) == (after, "alice")


@pytest.fixture
def nowhere() -> Iterator[int]:
    """A port at which nobody answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_question_that_met_a_dead_network_is_asked_when_it_lives(tmp_path: Path, nowhere: int, name: str) -> None:
    url, today = f"sqlite:///{tmp_path / 'placet.db'}", Wound(NINE - DAY)
    with town_of(name, FastClock()) as town:
        house = house_of([town]) + LEARNING
        dead: dict[str, Any] = {
            key: _moved(value, nowhere) for key, value in town.settings.items() if key.endswith("_url")
        }
        with whole(tmp_path, url, towns=[town], house=house, today=today, **dead) as found:
            eventually(lambda: found.running.services.channels.places(found.running.services.registry()))
            lived(found.running)
            today.at = EVENING
            look(found.running)
            [question] = found.running.services.reader.records(Wanted(QUESTIONS))
            assert question.status in (WANTED, SENDING)
        with whole(tmp_path, url, towns=[town], house=house, today=today) as found:
            connected(found)
            for _ in range(2):
                look(found.running)
            chat = Chat(found, town, [])
            assert len([one for one in chat.mine() if QUESTION in one.text]) == 1


def _moved(address: str, port: int) -> str:
    """The same at another port."""
    parts = urlsplit(address)
    return parts._replace(netloc=f"{parts.hostname}:{port}").geturl()


@dataclass
class Inbox:
    running: Running
    alice: Guest

    def forges(self, token: str) -> str:
        """What Bob is told who sends Alice's token with a form of his own."""
        submitted(self.running.program("momentum"), title="Bob's way in")
        bob = guest(self.running, "bob")
        [button, *_] = [one for one in bob.reads().buttons if one.action == "/tap"]
        return bob.sends(replace(button, token=token)).text


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """The same Saturday, where there is no chat."""
    folder, today = tmp_path_factory.mktemp("inbox"), Wound(NINE - DAY)
    settings = settings_in(folder, house=HOUSE.read_text(encoding="utf-8") + LEARNING)
    with placet(settings, clock=today) as running:
        lived(running)
        today.at = NINE
        look(running)
    today.at = NINE + SECOND
    with placet(settings, clock=today) as running:
        look(running)
        yield Inbox(running, guest(running, "alice"))


def test_the_page_shows_the_digest_and_what_is_to_be_decided(inbox: Inbox) -> None:
    page = inbox.alice.reads("/learning")
    assert f"The digest of {DIGEST.partition(':')[2]}" in page.text
    assert f"To decide: a change to the algorithm {HABIT}" in page.text
    picture = inbox.alice.client.get("/learning/digests/2012-W09/picture.png")
    with Image.open(io.BytesIO(picture.content)) as drawn:
        assert (drawn.format, drawn.size[0]) == ("PNG", 1080)
    kept = digest_of(inbox.running)
    assert (kept.status, kept.version) == (MADE, 1)


def test_a_form_without_scripts_decides_on_the_page(inbox: Inbox) -> None:
    page, candidate = inbox.alice.reads("/learning"), proposed(inbox.running)
    name = candidate.id.removeprefix("cnd_")
    assert {"Implement", "Defer", "Reject"} <= {one.label for one in page.buttons if name in one.token}
    token = next(one.token for one in page.buttons if one.label == "Reject")
    assert "These buttons are for somebody else" in inbox.forges(token)
    assert "This is for alice to decide" in inbox.forges(token.partition("~")[0].rstrip(":"))
    asked = inbox.alice.presses(page, "Reject", name)
    assert "Nothing is decided yet" in asked.text
    assert proposed(inbox.running) == candidate
    assert f"{HABIT}: rejected." in inbox.alice.presses(asked, "I think it is chance").text
    is_decided(inbox.running, Status.REJECTED, "chance", "web")
    assert "alice rejected it on 3 Mar 2012." in inbox.alice.presses(page, "Reject", name).text
    is_decided(inbox.running, Status.REJECTED, "chance", "web")
    assert not [one for one in inbox.alice.reads("/learning").buttons if name in one.token]


def test_a_form_without_scripts_answers_a_question_on_the_page(inbox: Inbox) -> None:
    page = inbox.alice.reads("/learning")
    [first, *_] = [one for one in page.buttons if DOUBT.removeprefix("mat_") in one.token]
    assert "strike 430" in first.label
    before, nobody = settled_by(inbox.running)
    assert nobody is None
    assert "only they, or an administrator, can say" in inbox.forges(first.token.partition("~")[0])
    assert "Noted: sell call NVDA" in inbox.alice.sends(first).text
    after, who = settled_by(inbox.running)
    assert (after > before, who) == (True, "alice")
    assert "Noted: sell call NVDA" in inbox.alice.sends(first).text
    assert settled_by(inbox.running) == (after, "alice")
