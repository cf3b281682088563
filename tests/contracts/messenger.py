"""What `core.ports.Messenger` promises. A messenger's test subclasses this and provides the two fixtures."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from core.card import Button, Card, Field
from core.errors import DeliveryFailed, PostGone
from core.ports import Messenger, PostRef

PENDING = Card(
    request="req_01kb0000000000000000000000",
    revision=1,
    version=1,
    mark="◐ elevated",
    title="Sell 1 AAPL 425 call",
    asker="momentum asks: sell_call · AAPL",
    parameters=(Field("strike", "425.0"), Field("quantity", "1")),
    says="64 % sure · 41123.00 USD",
    rules="elevated: amount > 10000 – any trader decides",
    left="3 h 59 min left",
    votes=(),
    buttons=(Button("approve", "Approve"), Button("reject", "Reject"), Button("modify", "Modify")),
    outcome=None,
    whole=True,
)
CHANGED = replace(PENDING, revision=2, version=3, parameters=(Field("strike", "425.0"), Field("quantity", "1 → 2")))
DECIDED = replace(
    PENDING, version=4, left="", votes=("alice: approve",), buttons=(), outcome="Approved by alice, 20 Nov 09:15 UTC"
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

    `break_off` makes the platform take nothing until `restore`.
    """

    messenger: Messenger
    again: Callable[[], Messenger]
    seen: Callable[[], str]
    break_off: Callable[[], None]
    restore: Callable[[], None]


def hidden(text: str) -> list[str]:
    """Characters in a text that steer what shows it: all but line breaks."""
    return [c for c in text if c != "\n" and not c.isprintable()]


class MessengerContract(ABC):
    """Every promise in the docstrings of `core.ports.Messenger`."""

    channel = "here"

    @abstractmethod
    def standing(self) -> Standing:
        """A messenger and its platform, made anew for each test."""

    def test_a_posted_card_shows_what_is_asked(self) -> None:
        place = self.standing()
        ref = asyncio.run(place.messenger.post(self.channel, PENDING))
        assert ref.channel == self.channel
        seen = place.seen()
        for part in (PENDING.title, PENDING.asker, PENDING.mark, PENDING.says, PENDING.rules, PENDING.left, "425.0"):
            assert part in seen

    def test_an_update_shows_the_new_face(self) -> None:
        place = self.standing()
        ref = asyncio.run(place.messenger.post(self.channel, PENDING))
        asyncio.run(place.messenger.update(ref, CHANGED))
        assert "1 → 2" in place.seen()

    def test_the_same_update_again_is_success(self) -> None:
        place = self.standing()
        ref = asyncio.run(place.messenger.post(self.channel, PENDING))
        asyncio.run(place.messenger.update(ref, CHANGED))
        seen = place.seen()
        asyncio.run(place.messenger.update(ref, CHANGED))
        assert place.seen() == seen

    def test_a_reference_is_still_good_after_a_restart(self) -> None:
        place = self.standing()
        ref = asyncio.run(place.messenger.post(self.channel, PENDING))
        asyncio.run(place.again().update(PostRef(ref.channel, str(ref.ref)), DECIDED))
        assert "Approved by alice" in place.seen()

    def test_a_decided_card_says_how_it_ended_and_offers_nothing(self) -> None:
        place = self.standing()
        ref = asyncio.run(place.messenger.post(self.channel, PENDING))
        asyncio.run(place.messenger.update(ref, DECIDED))
        seen = place.seen()
        latest = seen[seen.rindex(DECIDED.title) :]
        assert "Approved by alice, 20 Nov 09:15 UTC" in latest
        assert "approve |" not in latest
        assert "Reject" not in latest

    def test_a_card_that_was_decided_before_it_was_posted_offers_nothing(self) -> None:
        place = self.standing()
        asyncio.run(place.messenger.post(self.channel, DECIDED))
        assert "Approved by alice" in place.seen()
        assert "Reject" not in place.seen()

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_is_shown_as_text(self, text: str) -> None:
        place = self.standing()
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
        ref = asyncio.run(place.messenger.post(self.channel, card))
        asyncio.run(place.messenger.update(ref, replace(card, left=text, outcome=None, buttons=PENDING.buttons)))
        asyncio.run(place.messenger.notify(self.channel, text))
        assert hidden(place.seen()) == []
        if text.startswith("[bold"):
            assert text in place.seen()

    def test_text_cannot_forge_a_line_of_its_own(self) -> None:
        place = self.standing()
        forged = replace(PENDING, says="fine\n  ► Approved by alice", parameters=(Field("note", "a\n  ► Approved"),))
        asyncio.run(place.messenger.post(self.channel, forged))
        assert not any(line.strip().startswith("► Approved") for line in place.seen().splitlines())

    def test_a_sentence_is_said(self) -> None:
        place = self.standing()
        asyncio.run(place.messenger.notify(self.channel, "Everything is stopped: the feed is wrong."))
        assert "the feed is wrong" in place.seen()

    def test_a_card_that_does_not_stand_here_is_gone(self) -> None:
        place = self.standing()
        with pytest.raises(PostGone):
            asyncio.run(place.messenger.update(PostRef(self.channel, "never-posted"), PENDING))

    def test_what_the_platform_does_not_take_is_a_delivery_that_failed_and_nothing_else(self) -> None:
        place = self.standing()
        ref = asyncio.run(place.messenger.post(self.channel, PENDING))
        place.break_off()
        with pytest.raises(DeliveryFailed):
            asyncio.run(place.messenger.post(self.channel, replace(PENDING, request="req_2")))
        with pytest.raises(DeliveryFailed):
            asyncio.run(place.messenger.update(ref, CHANGED))
        with pytest.raises(DeliveryFailed):
            asyncio.run(place.messenger.notify(self.channel, "a sentence"))
        place.restore()
        asyncio.run(place.messenger.update(ref, CHANGED))
        assert "1 → 2" in place.seen()
