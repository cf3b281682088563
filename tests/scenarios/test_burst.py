"""A burst of 500 requests to one chat: the highest tier first, routine ones joined, under the platform's rates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bot.running import eventually
from tests.platforms.clock import FastClock
from tests.scenarios.towns import MAKERS, Town
from tests.scenarios.whole import connected, read, town_of, whole

COUNT = 500
CRITICAL = 10
"""Every so manieth is of the highest tier."""


def orders(town: Town) -> list[str]:
    """What stands in the channel, by title, as often as it stands there."""
    return [title for shown in town.cards() for title in re.findall(r"Order [0-9]+[ab]", shown.text)]


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_burst_is_shown_whole_the_highest_tier_first_and_never_too_fast(
    tmp_path: Path, sqlite_url: str, name: str
) -> None:
    clock = FastClock(20)
    with town_of(name, clock) as town, whole(tmp_path, sqlite_url, towns=[town], clock=clock) as found:
        connected(found)
        titles = []
        for number in range(COUNT):
            critical = number % CRITICAL == 0
            titles.append(f"Order {number}{'a' if critical else 'b'}")
            found.asks(title=titles[-1], amount="250000.00" if critical else "4250.00")
        asked = clock.time()
        eventually(lambda: sorted(orders(town)) == sorted(titles), 100)
        cards = town.cards()
        # After the last one was asked, nothing routine was sent before the last of the highest tier.
        late = [shown for shown in cards if shown.at > asked + 5]
        critical_at = [shown.at for shown in late if re.search(r"Order [0-9]+a", shown.text)]
        routine_at = [shown.at for shown in late if re.search(r"Order [0-9]+b", shown.text)]
        assert not critical_at or not routine_at or max(critical_at) <= min(routine_at)
        assert town.hands.rate_limited == 0
        assert len(cards) < COUNT / 3
        joined = next(shown for shown in cards if "10 routine requests" in shown.text)
        alice = town.users["alice"]
        asked_again = town.hands.press(alice, joined, "Approve all 10")
        assert "Approve these 10?" in read(asked_again)
        done = town.hands.press(alice, town.offering(asked_again, "Yes, approve 10"), "Yes, approve 10")
        assert "10 approved." in read(done)

        def closed() -> bool:
            (now,) = [shown for shown in town.cards() if shown.id == joined.id]
            return "10 decided: 10 approved" in now.text and not now.buttons

        eventually(closed, 60)
        ended = found.running.client().get("/v1/requests", params={"status": "approved", "limit": 50}).json()["items"]
        assert len(ended) == 10
