"""The console keeps what every messenger promises, and what a terminal needs besides."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import pytest

from bot.adapters.console.adapter import ConsoleMessenger
from core.errors import DeliveryFailed
from tests.contracts.messenger import CHANGED, PENDING, MessengerContract, Standing


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
