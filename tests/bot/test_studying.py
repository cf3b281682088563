"""What the page and `/v1/patterns` say is of days that are over, as in the digest and for candidates."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.learning.study import Asked, Studied, Study
from bot.learning.studying import studied
from bot.learning.tasks import Basis, habits
from core.learning.finding import Finding
from core.learning.setup import Learning, Session
from tests.bot.history import BEGIN, DAY, HOUR, MINUTE, advice, order, reconciled
from tests.bot.running import Running, placet, settings_in
from tests.bot.saturday import Wound

DAYS = 45
LAST = BEGIN + (DAYS - 1) * DAY
"""A Thursday, 15:00 UTC: ten o'clock in New York."""
OVER = {
    "without a session": (Learning(), LAST.replace(hour=23, minute=59, second=59)),
    "with one": (
        Learning(session=Session(ZoneInfo("America/New_York"), time(9, 30), time(16))),
        LAST.replace(hour=21),
    ),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Alice raises the strike every day, one recommendation a day."""
    with placet(settings_in(tmp_path_factory.mktemp("studying"))) as running:
        ones = [advice(f"a/{day}", BEGIN + day * DAY) for day in range(DAYS)]
        reconciled(running, ones, [order(f"o/{n}", one.at + MINUTE, strike=430.0) for n, one in enumerate(ones)])
        yield running


def found(house: Running, setup: Learning, now: datetime) -> tuple[Finding, ...]:
    return studied(house.services.reader, setup, Asked("alice"), now).findings


@pytest.mark.parametrize("how", OVER)
def test_an_unfinished_day_is_not_counted_until_it_is_over(house: Running, how: str) -> None:
    setup, over = OVER[how]
    morning, evening = found(house, setup, LAST + HOUR), found(house, setup, over)
    assert {(one.as_of, one.of) for one in morning} == {(LAST.date() - timedelta(days=1), DAYS - 1)}
    assert {(one.as_of, one.of) for one in evening} == {(LAST.date(), DAYS)}
    for now, told in ((LAST + HOUR, morning), (over, evening)):
        assert habits(Basis(house.settings.database(), setup), now).findings == told


def test_what_was_reckoned_is_reckoned_anew_when_another_day_is_over(house: Running) -> None:
    setup, over = OVER["with one"]
    asked: list[datetime] = []

    async def reckon(_: Asked, now: datetime) -> Studied:
        asked.append(now)
        return Studied()

    async def play() -> None:
        clock = Wound(LAST)
        study = Study(house.services.reader, clock, lambda: setup, reckon)
        for clock.at in (LAST, LAST + HOUR, over, over + HOUR):
            await study.of("alice")

    asyncio.run(play())
    assert asked == [LAST, over]


def test_the_last_day_that_is_over_is_the_owners() -> None:
    tokyo = Learning(zone=ZoneInfo("Asia/Tokyo"))
    assert tokyo.last_over(datetime(2024, 3, 5, 14, 59, 58, tzinfo=UTC)) == date(2024, 3, 4)
    assert tokyo.last_over(datetime(2024, 3, 5, 15, tzinfo=UTC)) == date(2024, 3, 5)
