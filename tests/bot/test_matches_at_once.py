"""Answers about one match that come at once: whoever names the version they looked at writes over nobody's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from core.errors import Refused
from core.learning import records
from core.learning.ledger import Record
from core.model import Actor, ActorKind
from tests.bot.history import about
from tests.bot.running import Running, placet, settings_in
from tests.bot.test_matches import changed, looked_at, says, two_orders


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with placet(settings_in(tmp_path_factory.mktemp("matches"))) as running:
        yield running


@pytest.fixture(scope="module")
def alice(house: Running) -> httpx.Client:
    return house.person("alice")


@pytest.mark.parametrize("what", ["reason", "settle"])
def test_of_three_who_looked_at_one_version_one_is_heard(house: Running, alice: httpx.Client, what: str) -> None:
    match = changed(house) if what == "reason" else two_orders(house)
    said = ["risk", "size", "timing"] if what == "reason" else [*match.orders, *match.ambiguous, None]
    clients = [alice, house.person("alice"), house.client()]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda client, value: says(client, match, version=1, **{what: value}), clients, said))
    assert sorted(one.status_code for one in found) == [200, 409, 409], [one.text for one in found]
    assert looked_at(alice, match)["version"] == 2


@pytest.mark.parametrize("what", ["reason", "settle"])
def test_a_version_that_came_while_an_answer_was_on_its_way_is_not_written_over(house: Running, what: str) -> None:
    match = changed(house) if what == "reason" else two_orders(house)
    matches, alice = house.services.matches, Actor(ActorKind.PERSON, "alice", "api")

    async def late() -> Refused | Record:
        record = await matches.find(about(match))
        assert record is not None
        assert not isinstance(await matches.explain(record, alice, "risk"), Refused)
        if what == "reason":
            return await matches.explain(record, alice, "size", version=record.version)
        return await matches.settle(record, alice, match.orders[0], version=record.version)

    found = asyncio.run_coroutine_threadsafe(late(), house.loop).result(30)
    assert isinstance(found, Refused)
    assert found.code == "stale_version"
    kept = house.services.reader.record(records.MATCH, match.key)
    assert kept is not None
    assert (kept.version, kept.body["reason"]) == (2, "risk")
