"""The messenger that other tests script is a messenger too."""

from __future__ import annotations

import asyncio

import pytest

from core.card import Button
from core.errors import DeliveryFailed, PostGone
from core.note import Note
from core.ports import PostRef
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


@pytest.mark.parametrize("looks", [True, False])
def test_a_scripted_note_is_found_again_by_who_looks_and_is_renewed_where_it_stands(looks: bool) -> None:
    chat = Chat()
    messenger = Scripted(chat, looks)
    note = Note("n", "A digest", rows=((Button("defer", "Defer", "defer:-:1"),),))
    first = asyncio.run(messenger.say("here", note))
    again = asyncio.run(messenger.say("here", note, again=True))
    assert (again == first) == looks
    asyncio.run(messenger.renew(again, Note("n", "Deferred")))
    assert "Deferred" in chat.seen()
    with pytest.raises(PostGone):
        asyncio.run(messenger.renew(PostRef("here", "never"), note))
