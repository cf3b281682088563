"""Several platforms, several people, the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bot.running import eventually
from tests.platforms.hands import Reaction
from tests.scenarios.towns import MAKERS
from tests.scenarios.whole import Whole, connected, read, whole


@pytest.fixture
def everywhere(tmp_path: Path, sqlite_url: str) -> Iterator[Whole]:
    with whole(tmp_path, sqlite_url, *sorted(MAKERS)) as found:
        connected(found)
        yield found


def at_once(*presses: Callable[[], Reaction]) -> list[Reaction]:
    gate = threading.Barrier(len(presses))
    found: list[Reaction | None] = [None] * len(presses)

    def press(number: int) -> None:
        gate.wait()
        found[number] = presses[number]()

    threads = [threading.Thread(target=press, args=(number,)) for number in range(len(presses))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(one is not None for one in found)
    return [one for one in found if one is not None]


def test_approved_on_one_platform_every_card_of_it_is_closed(everywhere: Whole) -> None:
    names = sorted(everywhere.towns)
    everywhere.asks()
    cards = {name: everywhere.card(name, "Buy 100 NVDA") for name in names}
    telegram = everywhere.towns["telegram"]
    telegram.hands.press(telegram.users["alice"], cards["telegram"], "Approve")
    for name in names:
        everywhere.ended(name, "Buy 100 NVDA", "Approved by alice")
    slack = everywhere.towns["slack"]
    assert "Approved by alice" in read(slack.hands.press(slack.users["bob"], cards["slack"], "Reject"))


def test_two_who_must_agree_tap_in_the_same_instant_on_two_platforms(everywhere: Whole) -> None:
    request = everywhere.asks(amount="25000.00")
    slack, discord = everywhere.towns["slack"], everywhere.towns["discord"]
    one, two = everywhere.card("slack", "Buy 100 NVDA"), everywhere.card("discord", "Buy 100 NVDA")
    at_once(
        lambda: slack.hands.press(slack.users["alice"], one, "Approve"),
        lambda: discord.hands.press(discord.users["bob"], two, "Approve"),
    )
    ended = everywhere.status(request)
    assert ended["status"] == "approved"
    assert sorted(vote["person"] for vote in ended["votes"]) == ["alice", "bob"]


def test_opposite_taps_in_the_same_instant_have_one_winner_and_the_other_is_told(everywhere: Whole) -> None:
    request = everywhere.asks()
    slack, telegram = everywhere.towns["slack"], everywhere.towns["telegram"]
    one, two = everywhere.card("slack", "Buy 100 NVDA"), everywhere.card("telegram", "Buy 100 NVDA")
    answers = at_once(
        lambda: slack.hands.press(slack.users["alice"], one, "Approve"),
        lambda: telegram.hands.press(telegram.users["bob"], two, "Reject"),
    )
    ended = everywhere.status(request)
    assert len(ended["votes"]) == 1
    assert sum("nothing was changed" in read(answer) for answer in answers) == 1


def test_one_person_on_three_platforms_counts_once(everywhere: Whole) -> None:
    request = everywhere.asks(amount="25000.00")
    cards = {name: everywhere.card(name, "Buy 100 NVDA") for name in everywhere.towns}
    towns = everywhere.towns
    at_once(
        *(
            lambda name=name: towns[name].hands.press(towns[name].users["alice"], cards[name], "Approve")
            for name in sorted(towns)
        )
    )
    assert len(everywhere.status(request)["votes"]) == 1


@pytest.mark.parametrize("broken", sorted(MAKERS))
def test_a_platform_without_a_good_token_is_degraded_and_the_others_go_on(
    tmp_path: Path, sqlite_url: str, broken: str
) -> None:
    with whole(tmp_path, sqlite_url, *sorted(MAKERS)) as found:
        connected(found)
        town = found.towns[broken]
        town.hands.faults.token_revoked = True
        town.hands.restart()
        client = found.running.client()
        eventually(lambda: broken in client.get("/readyz").text, 30)
        ready = client.get("/readyz")
        assert ready.status_code == 200
        assert town.token not in ready.text
        request = found.asks()
        others = sorted(set(MAKERS) - {broken})
        card = found.card(others[0], "Buy 100 NVDA")
        found.towns[others[0]].hands.press(found.towns[others[0]].users["alice"], card, "Approve")
        assert found.status(request)["status"] == "approved"
        found.ended(others[1], "Buy 100 NVDA", "Approved by alice")
        town.hands.faults.token_revoked = False
        connected(found, broken, within=60)
        found.ended(broken, "Buy 100 NVDA", "Approved by alice", within=60)
