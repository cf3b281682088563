"""A night looks at a stretch of time, and at the advice that reaches into it from long before."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.learning.gather import match_id
from core.learning.records import MATCH, Execution, Match, Recommendation
from tests.bot.saturday import NINE, House, Town, advice, fill, give, living

DAY = timedelta(days=1)


def label(house: House, key: str) -> str | None:
    found = house.services.reader.record(MATCH, key)
    return None if found is None else found.status


async def played(tmp_path: Path, url: str, advised: Recommendation, done: Execution) -> tuple[str | None, str | None]:
    """What was told of the advice before it was done, and after; the order of the nights makes no difference to it."""
    town = Town(tmp_path, url)
    town.chats.clear()
    async with living(town) as house:
        town.clock.at = done.at - DAY
        await give(house.services, advised)
        await house.jobs.reconcile()
        before = label(house, advised.key)
        town.clock.at = done.at + DAY
        await give(house.services, done)
        await house.jobs.reconcile(done.at.date())
        after = label(house, advised.key)
        assert label(house, f"order:{done.order}/U1/aapl") is None
        found = await house.services.matches.find(match_id(advised.key))
        assert found is not None
        whole = await house.services.matches.whole(found)
        assert [one.key for one in whole.executions] == [done.key]
        assert (await house.jobs.reconcile()).counts["changed"] == 0
        return before, after


@pytest.mark.parametrize("days", [2, 39, 50, 120, 300])
def test_an_order_within_the_time_of_advice_belongs_to_it_however_long_that_is(
    tmp_path: Path, sqlite_url: str, days: int
) -> None:
    one = advice(1, NINE - days * DAY, valid_until=NINE + 60 * DAY)
    assert asyncio.run(played(tmp_path, sqlite_url, one, fill(1, NINE))) == (None, "consent")


@pytest.mark.parametrize("days", [50, 120, 500])
@pytest.mark.parametrize("named", [{"link": "1"}, {"link": "imp:1"}])
def test_an_order_that_names_its_advice_belongs_to_it_however_old_that_is(
    tmp_path: Path, sqlite_url: str, days: int, named: dict[str, Any]
) -> None:
    one = advice(1, NINE - days * DAY)
    assert asyncio.run(played(tmp_path, sqlite_url, one, fill(1, NINE, **named))) == ("reject", "consent")


def test_an_order_that_names_the_claim_of_its_advice_belongs_to_it_after_months(
    tmp_path: Path, sqlite_url: str
) -> None:
    one = advice(1, NINE - 120 * DAY, claim="clm_1")
    assert asyncio.run(played(tmp_path, sqlite_url, one, fill(1, NINE, link="clm_1"))) == ("reject", "consent")


def test_what_an_older_order_filled_is_not_filled_again(tmp_path: Path, sqlite_url: str) -> None:
    """The advice of months ago is done already; the order of today is one of the person's own."""
    town = Town(tmp_path, sqlite_url)
    town.chats.clear()

    async def play() -> None:
        async with living(town) as house:
            town.clock.at = NINE
            begin = NINE - 200 * DAY
            await give(house.services, advice(1, begin, valid_until=NINE + DAY))
            await give(house.services, fill(1, begin + DAY), fill(2, NINE - DAY))
            await house.jobs.reconcile((NINE - DAY).date())
            assert label(house, "imp:1") == "consent"
            assert label(house, "order:order-2/U1/aapl") == "independent"
            record = house.services.reader.record(MATCH, "imp:1")
            assert record is not None
            assert record.body["orders"] == ["order-1/U1/aapl"]

    asyncio.run(play())


def test_an_order_keeps_its_answers_and_results_when_another_account_uses_its_number(
    tmp_path: Path, sqlite_url: str
) -> None:
    town = Town(tmp_path, sqlite_url)
    town.chats.clear()

    async def play() -> None:
        async with living(town) as house:
            town.clock.at = NINE
            at = NINE - 2 * DAY
            await give(house.services, advice(1, at), fill(1, at + DAY / 100, order="77"))
            await house.jobs.reconcile()
            await give(house.services, fill(2, at - 20 * DAY, order="77", account="U2", person="bob"))
            assert (await house.jobs.reconcile()).counts["changed"] == 1
            assert label(house, "order:77/U2/aapl") == "independent"
            found: Match | None = None
            record = await house.services.matches.find(match_id("imp:1"))
            assert record is not None
            found = (await house.services.matches.whole(record)).match
            assert found.orders == ("77/U1/aapl",)

    asyncio.run(play())
