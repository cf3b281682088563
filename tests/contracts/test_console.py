"""The console keeps what every messenger promises, and what a terminal needs besides."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import pytest

from bot.adapters.console.adapter import ConsoleMessenger
from core.card import Button
from core.errors import DeliveryFailed, PostGone
from core.note import Note, Section
from core.ports import PostRef
from tests.contracts.messenger import CHANGED, HOSTILE, PENDING, MessengerContract, Standing, hidden


class Terminal:
    """What was printed, and a plug to pull."""

    def __init__(self) -> None:
        self.paper = io.StringIO()
        self.gone = False

    def print(self, block: str) -> None:
        if self.gone:
            raise BrokenPipeError("the terminal was closed")
        self.paper.write(block + "\n")


class TestConsole(MessengerContract):
    channel = "console"

    @pytest.fixture
    def place(self) -> Standing:
        terminal = Terminal()

        def again() -> ConsoleMessenger:
            return ConsoleMessenger(terminal.print)

        def plugged(out: bool) -> None:
            terminal.gone = out

        return Standing(again(), again, terminal.paper.getvalue, lambda: plugged(out=True), lambda: plugged(out=False))


def test_time_that_goes_by_is_no_news_and_a_change_is() -> None:
    terminal = Terminal()
    messenger = ConsoleMessenger(terminal.print)
    ref = asyncio.run(messenger.post("console", PENDING))
    printed = terminal.paper.getvalue()
    asyncio.run(messenger.update(ref, replace(PENDING, left="3 h 58 min left")))
    assert terminal.paper.getvalue() == printed
    asyncio.run(messenger.update(ref, CHANGED))
    assert terminal.paper.getvalue() != printed


@pytest.mark.parametrize("problem", [UnicodeEncodeError("ascii", "►", 0, 1, "no"), ValueError("closed"), OSError()])
def test_a_terminal_that_cannot_print_is_a_delivery_that_failed(problem: Exception) -> None:
    def print_block(block: str) -> None:
        raise problem

    with pytest.raises(DeliveryFailed) as failure:
        asyncio.run(ConsoleMessenger(print_block).post("console", PENDING))
    assert not failure.value.permanent


NOTE = Note(
    "dig_1",
    "Your week 47",
    (Section("What you did", ("9 followed",)),),
    foot="As of Saturday.",
    picture=b"png",
    alt="bars of what it came to",
    rows=((Button("defer", "Defer", "defer:-:1"), Button("reject", "Reject", "reject:-:1")),),
)


def test_a_note_is_printed_with_its_picture_and_its_buttons_in_words() -> None:
    terminal = Terminal()
    messenger = ConsoleMessenger(terminal.print)
    ref = asyncio.run(messenger.say("console", NOTE))
    printed = terminal.paper.getvalue()
    assert ref == PostRef("console", "dig_1")
    for part in ("Your week 47", "What you did", "9 followed", "As of Saturday.", "bars of what it came to"):
        assert printed.count(part) == 1
    assert "Defer | Reject" in printed


def test_a_note_is_printed_again_when_it_says_something_else() -> None:
    terminal = Terminal()
    messenger = ConsoleMessenger(terminal.print)
    ref = asyncio.run(messenger.say("console", NOTE))
    printed = terminal.paper.getvalue()
    asyncio.run(messenger.say("console", NOTE, again=True))
    asyncio.run(messenger.renew(ref, NOTE))
    assert terminal.paper.getvalue() == printed
    asyncio.run(messenger.renew(ref, replace(NOTE, foot="Deferred by Alice.", rows=())))
    assert "Deferred by Alice." in terminal.paper.getvalue()
    with pytest.raises(PostGone):
        asyncio.run(messenger.renew(PostRef("console", "another"), NOTE))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_note_steers_the_terminal(text: str) -> None:
    terminal = Terminal()
    sections = (Section(text, (text,)), Section("", (text,)))
    rows = ((Button("defer", text, "defer:-:1"),),)
    note = replace(NOTE, title=text, sections=sections, foot=text, alt=text, rows=rows)
    asyncio.run(ConsoleMessenger(terminal.print).say("console", note))
    assert hidden(terminal.paper.getvalue()) == []


def test_a_note_for_a_terminal_that_is_gone_is_a_delivery_that_failed() -> None:
    terminal = Terminal()
    terminal.gone = True
    with pytest.raises(DeliveryFailed) as failure:
        asyncio.run(ConsoleMessenger(terminal.print).say("console", NOTE))
    assert not failure.value.permanent
