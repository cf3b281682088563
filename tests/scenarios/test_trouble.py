"""Restarts, outages, cards that are deleted, forged or of yesterday."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.running import eventually
from tests.platforms.clock import FastClock
from tests.scenarios.towns import MAKERS, Town
from tests.scenarios.whole import connected, read, town_of, whole


@pytest.fixture(params=sorted(MAKERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def town(name: str) -> Iterator[Town]:
    with town_of(name, FastClock()) as found:
        yield found


def test_a_restart_between_post_and_tap(tmp_path: Path, sqlite_url: str, town: Town, name: str) -> None:
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        connected(found)
        request = found.asks()
        card = found.card(name, "Buy 100 NVDA")
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        connected(found)
        town.hands.press(town.users["alice"], card, "Approve")
        assert found.status(request)["status"] == "approved"
        found.ended(name, "Buy 100 NVDA", "Approved by alice")
        assert len([one for one in town.cards() if "Buy 100 NVDA" in one.text]) == 1


def test_a_restart_between_the_tap_and_the_edit(tmp_path: Path, sqlite_url: str, town: Town, name: str) -> None:
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        connected(found)
        request = found.asks()
        card = found.card(name, "Buy 100 NVDA")
        for method in town.edits:
            town.hands.faults.drop[method] = 1_000
        town.hands.press(town.users["alice"], card, "Approve")
        assert found.status(request)["status"] == "approved"
    town.hands.faults.drop.clear()
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        found.ended(name, "Buy 100 NVDA", "Approved by alice", within=40)


def test_a_restart_while_a_form_stands_open(tmp_path: Path, sqlite_url: str, town: Town, name: str) -> None:
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        connected(found)
        request = found.asks()
        card = found.card(name, "Buy 100 NVDA")
        opened = town.hands.press(town.users["alice"], card, "Modify")
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        connected(found)
        shown = town.sets(opened, "quantity", "50")
        assert "100 → 50" in read(shown)
        done = town.hands.press(town.users["alice"], town.offering(shown, "Confirm this change"), "Confirm this change")
        assert done.acknowledged_after is not None
        ended = found.status(request)
        assert (ended["status"], ended["proposal"]["parameters"]["quantity"]) == ("modified", 50)


def test_a_card_deleted_by_hand_is_sent_again_while_it_is_open_and_left_alone_afterwards(
    tmp_path: Path, sqlite_url: str, town: Town, name: str
) -> None:
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        connected(found)
        request = found.asks(amount="25000.00")
        card = found.card(name, "Buy 100 NVDA")
        town.hands.delete(card)
        # A change makes delivery look at the card, and finds it gone.
        bob = found.running.person("bob")
        bob.post(f"/v1/requests/{request['id']}/votes", json={"choice": "approve", "revision": 1})
        second = eventually(lambda: next((one for one in town.cards() if "bob: approve" in one.text), None), 30)
        assert second.id != card.id
        town.hands.press(town.users["alice"], second, "Approve")
        third = found.ended(name, "Buy 100 NVDA", "Approved by")
        town.hands.delete(third)
        found.programs["momentum"].post(f"/v1/requests/{request['id']}/claim", json={"claimant": "w"})
        eventually(lambda: not found.running.services.reader.unshown(f"{name}-desk", 1), 20)
        assert [one for one in town.cards() if "Buy 100 NVDA" in one.text] == []


def test_an_old_revision_a_foreign_card_and_a_made_up_one(
    tmp_path: Path, sqlite_url: str, town: Town, name: str
) -> None:
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        connected(found)
        request = found.asks(amount="25000.00")
        card = found.card(name, "Buy 100 NVDA")
        short = request["id"].removeprefix("req_")
        bob = found.running.person("bob")
        changed = {"choice": "modify", "revision": 1, "parameters": {"quantity": 50}}
        assert bob.post(f"/v1/requests/{request['id']}/votes", json=changed).status_code == 200
        alice = town.users["alice"]
        assert "revision 2 is now asked" in read(town.hands.send_token(alice, card, f"approve:r{short}:1"))
        foreign = town.hands.send_token(alice, card, "approve:r01kb0000000000000000000000:1")
        assert "no such request" in read(foreign)
        for token in ("x", "approve:r:1", "approve:" + "r" * 50, "zzzz:-:0", f"approve:r{short}:99999"):
            reaction = town.hands.send_token(alice, card, token)
            assert reaction.acknowledged_after is not None
        assert [vote["person"] for vote in found.status(request)["votes"] if vote["revision"] == 2] == ["bob"]
        town.hands.press(alice, found.card(name, "100 → 50"), "Approve")
        assert found.status(request)["status"] == "modified"


def test_a_platform_that_is_down_gets_everything_when_it_is_back(tmp_path: Path, sqlite_url: str, name: str) -> None:
    clock = FastClock(40)
    with town_of(name, clock) as town, whole(tmp_path, sqlite_url, towns=[town], clock=clock) as found:
        connected(found)
        first = found.asks(title="Before")
        found.card(name, "Before")
        town.hands.faults.down = True
        bob = found.running.person("bob")
        bob.post(f"/v1/requests/{first['id']}/votes", json={"choice": "approve", "revision": 1})
        for number in range(3):
            found.asks(title=f"Meanwhile {number}", amount="25000.00")
        down = clock.time()
        eventually(lambda: clock.time() - down > 600, 60)
        town.hands.faults.down = False
        found.ended(name, "Before", "Approved by bob", within=60)
        for number in range(3):
            found.card(name, f"Meanwhile {number}", within=60)
        titles = [one.text for one in town.cards()]
        for number in range(3):
            assert sum(f"Meanwhile {number}" in text for text in titles) == 1


def test_the_same_tap_twice_and_taps_out_of_order_count_once(
    tmp_path: Path, sqlite_url: str, town: Town, name: str
) -> None:
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        connected(found)
        request = found.asks(amount="25000.00")
        card = found.card(name, "Buy 100 NVDA")
        town.hands.faults.repeat_events = 5
        town.hands.press(town.users["alice"], card, "Approve")
        assert len(found.status(request)["votes"]) == 1
        assert found.status(request)["status"] == "pending"


def test_a_slow_database_is_acknowledged_in_time_and_never_with_a_success_that_is_none(
    tmp_path: Path, sqlite_url: str, town: Town, name: str
) -> None:
    with whole(tmp_path, sqlite_url, towns=[town]) as found:
        connected(found)
        request = found.asks()
        card = found.card(name, "Buy 100 NVDA")
        with town.slow_database(sqlite_url, 4.0):
            reaction = town.hands.press(town.users["alice"], card, "Approve")
        assert reaction.acknowledged_after is not None
        assert reaction.acknowledged_after < 3
        found.ended(name, "Buy 100 NVDA", "Approved by alice")
        assert found.status(request)["status"] == "approved"
