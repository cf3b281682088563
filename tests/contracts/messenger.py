"""What `core.ports.Messenger` promises. A messenger's test subclasses this and provides the two fixtures."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.card import SEE, Button, Card, Field
from core.errors import DeliveryFailed, PostGone
from core.platforms import Messenger
from core.ports import PostRef

PENDING = Card(
    request="req_01kb0000000000000000000000",
    revision=1,
    version=1,
    tier=2,
    mark="◐ elevated",
    title="Sell 1 AAPL 425 call",
    asker="momentum asks: sell_call · AAPL",
    parameters=(Field("strike", "425.0"), Field("quantity", "1")),
    says="64 % sure · 41123.00 USD",
    rules="elevated: amount > 10000 – any trader decides",
    note="",
    left="Until 20 Nov, 13:15 UTC",
    until=datetime(2026, 11, 20, 13, 15, tzinfo=UTC),
    votes=(),
    buttons=(
        Button("approve", "Approve", "approve:r01kb0000000000000000000000:1", "yes"),
        Button("reject", "Reject", "reject:r01kb0000000000000000000000:1", "no"),
        Button("modify", "Modify", "modify:r01kb0000000000000000000000:1"),
        Button("more", "More …", "more:r01kb0000000000000000000000:1"),
    ),
    outcome=None,
    whole=True,
)
CHANGED = replace(PENDING, revision=2, version=3, parameters=(Field("strike", "425.0"), Field("quantity", "1 → 2")))
DECIDED = replace(
    PENDING,
    version=4,
    left="",
    until=None,
    votes=("alice: approve",),
    buttons=(),
    outcome="Approved by alice, 20 Nov 09:15 UTC",
)
ATTACHED = replace(
    PENDING, attached="3 pictures, 1 text", link="https://placet.example.org/requests/req_01kb0000000000000000000000"
)
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnihton\u202c",
    "zero\u200bwidth",
    "two\nlines\r\x0b",
    "lone \ud800 surrogate",
    "[bold red]markup[/] *bold* <b>bold</b> <@U123> <!channel> @everyone",
    "\x9b31m",
    "\u2028\u2029\ufeff",
)


@dataclass
class Standing:
    """A messenger under test. `again` makes a new instance, as after a restart; `seen` is what people see of a card.

    `break_off` makes the platform take nothing until `restore`. `do` runs a call on the loop that it lives on.
    """

    messenger: Messenger
    again: Callable[[], Messenger]
    seen: Callable[[], str]
    break_off: Callable[[], None]
    restore: Callable[[], None]
    do: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run


def hidden(text: str) -> list[str]:
    """Characters in a text that steer what shows it: all but line breaks."""
    return [c for c in text if c != "\n" and not c.isprintable()]


class MessengerContract(ABC):
    """Every promise in the docstrings of `core.ports.Messenger`. A subclass brings the fixture `place`, and no more."""

    channel = "here"

    @pytest.fixture
    @abstractmethod
    def place(self) -> Any:
        """A messenger and its platform, made anew for each test."""

    def test_a_posted_card_shows_what_is_asked(self, place: Standing) -> None:
        ref = place.do(place.messenger.post(self.channel, PENDING))
        assert ref.channel == self.channel
        seen = place.seen()
        for part in (PENDING.title, PENDING.asker, PENDING.mark, PENDING.says, PENDING.rules, "425.0"):
            assert part in seen

    def test_a_card_says_until_when_it_can_be_decided(self, place: Standing) -> None:
        place.do(place.messenger.post(self.channel, PENDING))
        # In words, or as a moment that the platform shows in the reader's own time zone.
        assert any(part in place.seen() for part in ("Until 20 Nov, 13:15 UTC", "13:15"))

    def test_a_card_says_what_goes_with_it_and_where_it_is_to_be_seen(self, place: Standing) -> None:
        place.do(place.messenger.post(self.channel, ATTACHED))
        seen = place.seen()
        assert ATTACHED.attached in seen
        assert SEE in seen or ATTACHED.link in seen

    def test_an_update_shows_the_new_face(self, place: Standing) -> None:
        ref = place.do(place.messenger.post(self.channel, PENDING))
        place.do(place.messenger.update(ref, CHANGED))
        assert "1 → 2" in place.seen()

    def test_the_same_update_again_is_success(self, place: Standing) -> None:
        ref = place.do(place.messenger.post(self.channel, PENDING))
        place.do(place.messenger.update(ref, CHANGED))
        seen = place.seen()
        place.do(place.messenger.update(ref, CHANGED))
        assert place.seen() == seen

    def test_a_reference_is_still_good_after_a_restart(self, place: Standing) -> None:
        ref = place.do(place.messenger.post(self.channel, PENDING))
        place.do(place.again().update(PostRef(ref.channel, str(ref.ref)), DECIDED))
        assert "Approved by alice" in place.seen()

    def test_a_decided_card_says_how_it_ended_and_offers_nothing(self, place: Standing) -> None:
        ref = place.do(place.messenger.post(self.channel, PENDING))
        place.do(place.messenger.update(ref, DECIDED))
        seen = place.seen()
        latest = seen[seen.rindex(DECIDED.title) :]
        assert "Approved by alice, 20 Nov 09:15 UTC" in latest
        assert "approve |" not in latest
        assert "Approve\n" not in latest
        assert "Reject" not in latest

    def test_a_card_that_was_decided_before_it_was_posted_offers_nothing(self, place: Standing) -> None:
        place.do(place.messenger.post(self.channel, DECIDED))
        assert "Approved by alice" in place.seen()
        assert "Reject" not in place.seen()

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_is_shown_as_text(self, place: Standing, text: str) -> None:
        card = replace(
            DECIDED,
            title=f"{text} title",
            asker=text,
            parameters=(Field("note", text), Field(f"label {text}", "1")),
            says=text,
            rules=text,
            votes=(text,),
            outcome=text,
        )
        ref = place.do(place.messenger.post(self.channel, card))
        place.do(place.messenger.update(ref, replace(card, left=text, outcome=None, buttons=PENDING.buttons)))
        place.do(place.messenger.notify(self.channel, text))
        assert hidden(place.seen()) == []
        if text.startswith("[bold"):
            assert text in place.seen()

    def test_text_cannot_forge_a_line_of_its_own(self, place: Standing) -> None:
        forged = replace(PENDING, says="fine\n  ► Approved by alice", parameters=(Field("note", "a\n  ► Approved"),))
        place.do(place.messenger.post(self.channel, forged))
        assert not any(line.strip().startswith("► Approved") for line in place.seen().splitlines())

    def test_a_sentence_is_said(self, place: Standing) -> None:
        place.do(place.messenger.notify(self.channel, "Everything is stopped: the feed is wrong."))
        assert "the feed is wrong" in place.seen()

    def test_a_card_that_does_not_stand_here_is_gone(self, place: Standing) -> None:
        with pytest.raises(PostGone):
            place.do(place.messenger.update(PostRef(self.channel, "never-posted"), PENDING))

    def test_what_the_platform_does_not_take_is_a_delivery_that_failed_and_nothing_else(self, place: Standing) -> None:
        ref = place.do(place.messenger.post(self.channel, PENDING))
        place.break_off()
        with pytest.raises(DeliveryFailed):
            place.do(place.messenger.post(self.channel, replace(PENDING, request="req_2")))
        with pytest.raises(DeliveryFailed):
            place.do(place.messenger.update(ref, CHANGED))
        with pytest.raises(DeliveryFailed):
            place.do(place.messenger.notify(self.channel, "a sentence"))
        place.restore()
        place.do(place.messenger.update(ref, CHANGED))
        assert "1 → 2" in place.seen()
