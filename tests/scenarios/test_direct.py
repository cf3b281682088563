"""Cards in a person's own chat with the bot: what one needs who works alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.running import eventually
from tests.platforms.clock import FastClock
from tests.platforms.hands import Shown
from tests.scenarios.towns import MAKERS
from tests.scenarios.whole import connected, house_of, read, town_of, whole


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_asked_and_decided_in_ones_own_chat(tmp_path: Path, sqlite_url: str, name: str) -> None:
    with town_of(name, FastClock()) as town:
        house = house_of([town], "  mine: {person: alice}\n")
        with whole(tmp_path, sqlite_url, towns=[town], house=house) as found:
            connected(found)
            request = found.asks()
            alice = town.users["alice"]
            direct = town.hands.direct(alice)

            def card() -> Shown | None:
                return next((one for one in town.hands.messages(direct, alice) if "Buy 100 NVDA" in one.text), None)

            standing = eventually(card, 20)
            asked = town.hands.press(alice, standing, "Reject")
            assert "Why?" in read(asked)
            assert found.status(request)["status"] == "rejected"
            eventually(lambda: (now := card()) and "Rejected by alice" in now.text and not now.buttons, 20)
            assert town.cards() == []


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_burst_in_ones_own_chat_is_joined_and_decided_together(tmp_path: Path, sqlite_url: str, name: str) -> None:
    clock = FastClock(20)
    with town_of(name, clock) as town:
        house = house_of([town], "  mine: {person: alice}\n")
        with whole(tmp_path, sqlite_url, towns=[town], house=house, clock=clock) as found:
            connected(found)
            alice = town.users["alice"]
            direct = town.hands.direct(alice)
            for number in range(40):
                found.asks(title=f"Order {number}")
            queue = eventually(
                lambda: next(
                    (one for one in town.hands.messages(direct, alice) if "routine requests" in one.text), None
                )
            )
            label = next(label for label in queue.buttons if label.startswith("Approve all"))
            named = town.hands.press(alice, queue, label)
            yes = next(b for message in named.messages for b in message.buttons if b.startswith("Yes"))
            done = town.hands.press(alice, town.offering(named, yes), yes)
            assert "approved." in read(done)
            assert found.running.client().get("/v1/requests", params={"status": "approved"}).json()["items"]
