"""Every result is told in exactly one digest, whenever in a week it becomes known; and with its match, by the API."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.learning.composing import Wish, compose
from bot.learning.steps import FOREVER
from bot.learning.tasks import results
from core.learning.records import Close, Learned, Result
from core.learning.week import read_week
from tests.bot import history
from tests.bot.running import placet, settings_in
from tests.bot.saturday import LEARNING, ZONE, Town, advice, fill, give, living

NEW_YORK = ZoneInfo(ZONE)
SESSION = "  session: {begin: '09:30', end: '16:00', zone: America/New_York}\n"
GOOD_FRIDAY = date(2012, 4, 6)
FRIDAYS = [date(2012, 3, 2) + timedelta(weeks=week) for week in range(6)]
LAST = "2012-W16"


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), NEW_YORK).astimezone(UTC)


def _expiring() -> list[Learned]:
    """A call a week that runs to its Friday, on one of which the market is shut; every second one is changed."""
    found: list[Learned] = []
    for number, friday in enumerate(FRIDAYS):
        terms = {"strike": 500.0, "expiry": friday.isoformat(), "quantity": 1, "premium": 3.5}
        given = at(friday - timedelta(days=3), 11)
        ladders = {"strike": (495.0, 500.0, 505.0)}
        found.append(advice(number, given, parameters=terms, ladders=ladders))
        done = {**terms, "strike": 505.0, "premium": 2.5} if number % 2 else terms
        found.append(fill(number, given + timedelta(minutes=9), parameters=done))
    days = (FRIDAYS[0] - timedelta(days=number) for number in range(-50, 20))
    return [*found, *(Close("AAPL", day, Decimal(503)) for day in days if day.weekday() < 5 and day != GOOD_FRIDAY)]


def _given() -> list[Learned]:
    """Things without a market, whose results come in at every hour of a Saturday, the last ones with a late answer."""
    found: list[Learned] = []
    saturday = FRIDAYS[1] + timedelta(days=1)
    for number, (hour, minute) in enumerate([(0, 0), (8, 59), (9, 0), (9, 1), (20, 0), (23, 59)], 100):
        given = at(saturday - timedelta(days=2), 10) + timedelta(hours=number - 100)
        thing = {"action": "deploy", "subject": f"service {number}", "parameters": {"share": number}}
        found.append(advice(number, given, ladders={}, **thing))
        found.append(fill(number, given + timedelta(minutes=9), **thing))
        known = at(saturday, hour, minute)
        found.append(Result(f"imp:{number}", "recommended", known - timedelta(minutes=1), Decimal(10), "USD"))
        found.append(Result(f"order-{number}", "actual", known, Decimal(number), "USD"))
    # Its result came while it still waited for an answer: nobody knew what it was a result of.
    late = advice(200, at(saturday, 7), valid_until=at(saturday, 12), decision="rejected", decided_at=at(saturday, 11))
    return [*found, late, Result("imp:200", "recommended", at(saturday, 8), Decimal(-7), "USD")]


def test_every_result_of_a_stretch_is_told_once_and_in_the_week_in_which_it_was_known(
    tmp_path: Path, sqlite_url: str
) -> None:
    async def play() -> None:
        town = Town(tmp_path, sqlite_url, learning=LEARNING + SESSION)
        town.clock.at = at(date(2012, 4, 25), 12)
        async with living(town) as house:
            await give(house.services, *_expiring(), *_given())
            steps = house.jobs._steps
            told, done, advised = 0, Decimal(0), Decimal(0)
            came = {}
            week = read_week("2012-W08")
            while str(week) <= LAST:
                made = compose(steps.basis(), Wish("alice", week, town.clock.at, 0))
                for money in made.figures["money"]:
                    came[str(week)] = money["came"]
                    told += money["came"]
                    done += Decimal(money["done"])
                    advised += Decimal(money["advised"])
                week = week.moved(1)
            await steps.reconcile(at(date(2012, 1, 1), 0), FOREVER)
            found = results(steps.basis(), town.clock.at)
            worth = [record.body for record, _ in found.records if record.status == "priced"]
            assert told == len(worth) == len(FRIDAYS) + 7
            assert done == sum(Decimal(one["real"]) for one in worth)
            assert advised == sum(Decimal(one["advised"]) for one in worth)
            # Of the Saturday: two by nine o'clock, four and the late answer afterwards. Good Friday: a week later.
            assert [came.get(f"2012-W{number:02d}", 0) for number in range(9, 16)] == [1, 3, 6, 1, 1, 0, 1]

    asyncio.run(play())


def test_the_night_counts_as_the_digest_does(tmp_path: Path, sqlite_url: str) -> None:
    async def play() -> None:
        town = Town(tmp_path, sqlite_url)
        given = at(date(2012, 2, 14), 11)
        again = [advice(number, given + timedelta(minutes=number)) for number in range(5)]
        town.clock.at = at(date(2012, 2, 18), 9)
        async with living(town) as house:
            await give(house.services, *again, fill(0, given + timedelta(minutes=30)))
            counts = (await house.jobs._steps.reconcile(given, FOREVER)).counts
            assert (counts["consent"], counts["no_action"]) == (1, 0)
            made = compose(house.jobs._steps.basis(), Wish("alice", read_week("2012-W07"), town.clock.at, 0))
            assert (made.figures["counts"]["consent"], made.figures["counts"]["repeated"]) == (1, 4)

    asyncio.run(play())


def test_what_the_night_made_of_it_is_told_with_the_match(tmp_path: Path) -> None:
    with placet(settings_in(tmp_path)) as house:
        done = history.order("o", history.BEGIN + 5 * history.MINUTE, strike=430.0)
        [match] = history.reconciled(house, [history.advice("a")], [done])
        path = f"/v1/matches/{history.about(match)}"
        alice = house.person("alice")
        assert alice.get(path).json()["outcome"] is None
        at = history.BEGIN + history.DAY
        history.keep(
            house, history.result("o", "actual", "120.50", at), history.result(match.key, "recommended", "100", at)
        )
        assert house.person("erin").post("/v1/results/track").json()["priced"] == 1
        came = alice.get(path).json()["outcome"]
        assert (came["status"], came["advised"], came["real"]) == ("priced", "100.00", "120.50")
        # Of another contract nobody knows what it would have cost then: the delay is in the decision.
        assert (came["delay"], came["decision"], came["difference"]) == (None, None, "21.50")
        assert (came["execution"], came["r"], came["open"]) == ("-1.00", 0.0215, False)
