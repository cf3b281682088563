"""The messenger that other tests script is a messenger too."""

from __future__ import annotations

import pytest

from core.errors import DeliveryFailed
from tests.bot.scripted import Chat, Scripted
from tests.contracts.messenger import MessengerContract, Standing


class TestScripted(MessengerContract):
    @pytest.fixture
    def place(self) -> Standing:
        chat = Chat()

        def down(problem: Exception | None) -> None:
            chat.down = problem

        return Standing(
            Scripted(chat),
            lambda: Scripted(chat),
            chat.seen,
            lambda: down(DeliveryFailed("not now", permanent=False)),
            lambda: down(None),
        )
