"""What a fault in an adapter, a forged button or a flood of news must not do to what stands in the chats."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.desk import Overloaded
from core.commands import CastVote, Command
from core.engine import Outcome
from core.platforms import Rate
from core.token import Token
from tests.attacks.conftest import HOUSE
from tests.bot.asking import submitted
from tests.bot.running import Doc, Running, eventually, placet, settings_in
from tests.bot.scripted import Chat, Scripted
from tests.bot.tapping import Chatroom

SECRET = "123456:AA-the-token-of-the-bot"


def standing(running: Running, request: Doc) -> str:
    """The message in which the card of a request stands."""

    def look() -> str | None:
        return next((post.ref for post in running.services.reader.posts_of(request["id"]) if post.ref), None)

    return eventually(look)


def test_the_words_of_a_fault_are_not_shown_to_everybody(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat()
    with placet(settings_in(tmp_path, sqlite_url), {"desk": Scripted(chat)}) as running:
        chat.down = RuntimeError(f"https://api.example.org/bot{SECRET}/sendMessage")
        submitted(running.program("momentum"))
        why = eventually(lambda: dict(running.services.degraded()))
        assert SECRET not in str(why)
        assert "RuntimeError" in str(why)
        assert SECRET not in running.client().get("/readyz").text


def test_a_forged_button_lays_no_card_over_another(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat()
    house = HOUSE.read_text(encoding="utf-8")
    with placet(settings_in(tmp_path, sqlite_url, house=house), {"desk": Scripted(chat)}) as running:
        room = Chatroom(running, channels={"orders": "desk"})
        one, two = (submitted(running.program("momentum"), title=title) for title in ("First", "Second"))
        here, there = standing(running, one), standing(running, two)
        carol = room.link("carol")
        # Telegram lets a client send whatever it likes as the data of a button that it sees.
        carol.presses(Token("more", one["id"], 1), chat="orders", ref=there)
        assert [post.also for post in running.services.reader.posts_of(one["id"])] == [()]
        carol.presses(Token("more", one["id"], 1), chat="orders", ref="a copy")
        assert [post.also for post in running.services.reader.posts_of(one["id"])] == [("a copy",)]
        assert (chat.standing[here].title, chat.standing[there].title) == ("First", "Second")


def test_what_was_recorded_of_a_batch_is_not_denied(tmp_path: Path, sqlite_url: str) -> None:
    chat = Chat(rates=(Rate(20, 1),))
    house = HOUSE.read_text(encoding="utf-8")
    with placet(settings_in(tmp_path, sqlite_url, house=house), {"desk": Scripted(chat)}) as running:
        chat.delay = 0.4
        for number in range(8):
            submitted(running.program("momentum"), title=f"Buy {number} NVDA")
        chat.delay = 0.0
        ref, card = eventually(
            lambda: next(((r, c) for r, c in chat.standing.items() if "routine requests" in c.title), None)
        )
        room = Chatroom(running, channels={"orders": "desk"})
        alice = room.link("alice")
        every = next(one.token for one in card.buttons if one.label.startswith("Approve all"))
        named = alice.presses(every, chat="orders", ref=ref)
        count, desk = len(card.parameters), running.services.desk
        ask, votes = desk.ask, 0

        async def full_in_the_middle(command: Command) -> Outcome:
            nonlocal votes
            votes += isinstance(command, CastVote)
            if votes == count and isinstance(command, CastVote):
                raise Overloaded("Too many commands wait already; try again in a moment.")
            return await ask(command)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(desk, "ask", full_in_the_middle)
            answer = alice.chooses(named, "Yes")
        assert f"{count - 1} approved." in answer.text
        assert "not certain whether the rest (1) was recorded" in answer.text
        assert alice.chooses(answer, "Try again").text == f"{count} approved."
