"""When learning works: in its owner's time, in a child that may die, and never more than once for a day."""

from __future__ import annotations

import asyncio
import os
import time as wall
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learning.jobs import Jobs
from bot.learning.schedule import MOST_WEEKS, Alarm, last_due, next_proposals, weeks_due
from bot.learning.steps import PROGRESS
from bot.learning.work import Worker, WorkFailed
from core.learning.ledger import Wanted
from core.learning.records import MATCH, RECOMMENDATION
from core.learning.setup import Learning
from core.learning.week import Week
from tests.bot.asking import submitted, voted
from tests.bot.running import eventually, placet, settings_in
from tests.bot.saturday import NINE, Town, advice, fill, give, living, week_of_trades
from tests.bot.scripted_platform import until

NEW_YORK = Learning(zone=ZoneInfo("America/New_York"))


def doubled(number: int) -> int:
    return 2 * number


def whose_child() -> int:
    return os.getppid()


def die() -> None:
    os._exit(7)


def complain() -> None:
    raise LookupError("this week")


def dawdle() -> None:
    wall.sleep(60)


def test_the_child_works_and_is_ended_when_nothing_is_left() -> None:
    async def play() -> None:
        worker = Worker(idle=0.2)

        def awake() -> bool:
            return worker.awake

        assert not awake()
        assert await worker.run(doubled, 21) == 42
        assert await worker.run(whose_child) == os.getpid()
        assert awake()
        await until(lambda: not awake())
        assert await worker.run(doubled, 4) == 8
        await worker.close()

    asyncio.run(play())


def test_a_child_that_dies_takes_only_its_own_task_with_it() -> None:
    async def play() -> None:
        worker = Worker()
        with pytest.raises(WorkFailed, match="has died"):
            await worker.run(die)
        assert await worker.run(doubled, 21) == 42
        with pytest.raises(LookupError, match="this week"):
            await worker.run(complain)
        await worker.close()

    asyncio.run(play())


def test_a_task_that_never_ends_is_stopped() -> None:
    async def play() -> None:
        worker = Worker(longest=2.0)
        with pytest.raises(WorkFailed, match="was stopped"):
            await worker.run(dawdle)
        await worker.close()

    asyncio.run(play())


@given(
    st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]).map(ZoneInfo),
    st.integers(0, 37 * 365 * 86_400).map(lambda second: NINE + timedelta(seconds=second - 10**9 // 2)),
    st.integers(0, 23).map(time),
)
def test_what_was_due_last_lies_at_most_a_day_back(zone: ZoneInfo, now: datetime, at: time) -> None:
    due = last_due(at, Learning(zone=zone), now)
    assert due <= now < due + timedelta(hours=25)


def test_weeks_that_were_missed_are_made_up_for_as_far_as_anybody_reads_them() -> None:
    latest = Week(2012, 30)
    assert weeks_due(latest, None) == [latest]
    assert weeks_due(latest, latest) == []
    assert weeks_due(latest, Week(2012, 31)) == []
    assert weeks_due(latest, Week(2012, 27)) == [Week(2012, 28), Week(2012, 29), latest]
    assert weeks_due(latest, Week(2011, 1)) == [Week(2012, 30 - n) for n in range(MOST_WEEKS - 1, -1, -1)]


def test_the_alarm_rings_at_the_times_of_the_house() -> None:
    async def play() -> None:
        alarm = Alarm(NEW_YORK, lambda: None)
        alarm.start()
        jobs = {job.id: job for job in alarm._scheduler.get_jobs()}
        # The Saturday before summer time, and the one after it.
        before = datetime(2026, 3, 7, 13, 59, 59, tzinfo=UTC)
        assert jobs["digest"].trigger.get_next_fire_time(None, before) == datetime(2026, 3, 7, 14, tzinfo=UTC)
        after = datetime(2026, 3, 7, 14, 0, 1, tzinfo=UTC)
        assert jobs["digest"].trigger.get_next_fire_time(None, after) == datetime(2026, 3, 14, 13, tzinfo=UTC)
        assert jobs["reconcile"].trigger.get_next_fire_time(None, after) == datetime(2026, 3, 8, 2, tzinfo=UTC)
        assert {job.misfire_grace_time for job in jobs.values()} == {None}
        alarm.stop()
        alarm.stop()

    asyncio.run(play())


def test_a_night_reconciles_once_and_prices_once(tmp_path: Path, sqlite_url: str) -> None:
    town = Town(tmp_path, sqlite_url)
    town.chats.clear()

    async def play() -> None:
        async with living(town) as house:
            await give(house.services, *week_of_trades(town.clock.at))
            reader = house.services.reader
            nine = datetime(2012, 2, 18, 2, 0, tzinfo=UTC)
            for at in (nine - timedelta(seconds=1), nine, nine + timedelta(hours=1), nine + timedelta(hours=2)):
                town.clock.at = at
                await house.jobs.look()
                await house.jobs.look()
            done = {name: [one.at for one in reader.versions(PROGRESS, name)] for name in ("reconcile", "results")}
            # What was there at the start was done at once; then each once at its time.
            assert done["reconcile"] == [nine - timedelta(days=1), nine]
            assert done["results"] == [nine - timedelta(hours=23), nine + timedelta(hours=1)]

    asyncio.run(play())


def test_the_same_night_again_changes_nothing_and_a_late_fill_adds_a_version(tmp_path: Path, sqlite_url: str) -> None:
    town = Town(tmp_path, sqlite_url)
    town.chats.clear()

    async def play() -> None:
        async with living(town) as house:
            at = NINE - timedelta(days=2)
            await give(house.services, advice(1, at, valid_until=at + timedelta(hours=8)))
            town.clock.at = NINE
            reader = house.services.reader
            first = await house.jobs.reconcile()
            assert (first.counts["reject"], first.counts["changed"]) == (1, 1)
            assert (await house.jobs.reconcile()).counts["changed"] == 0
            await give(house.services, fill(1, at + timedelta(minutes=20)))
            again = await house.jobs.reconcile()
            assert (again.counts["consent"], again.counts["changed"]) == (1, 1)
            assert [one.status for one in reader.versions(MATCH, "imp:1")] == ["reject", "consent"]
            day = await house.jobs.reconcile(at.date())
            assert (day.counts["consent"], day.counts["changed"]) == (1, 0)
            assert (await house.jobs.reconcile(at.date() + timedelta(days=1))).counts["consent"] == 0

    asyncio.run(play())


def test_an_order_that_is_found_to_belong_elsewhere_is_no_trade_of_ones_own_any_more(
    tmp_path: Path, sqlite_url: str
) -> None:
    town = Town(tmp_path, sqlite_url)
    town.chats.clear()

    async def play() -> None:
        async with living(town) as house:
            at = NINE - timedelta(days=2)
            town.clock.at = NINE
            await give(house.services, fill(1, at + timedelta(minutes=20)))
            assert (await house.jobs.reconcile()).counts["independent"] == 1
            await give(house.services, advice(1, at))
            after = await house.jobs.reconcile()
            assert (after.counts["independent"], after.counts["consent"]) == (0, 1)
            withdrawn = house.services.reader.record(MATCH, "order:order-1/U1/aapl")
            assert withdrawn is not None
            assert withdrawn.status == "withdrawn"
            assert (await house.jobs.reconcile()).counts["changed"] == 0

    asyncio.run(play())


def test_what_is_decided_here_becomes_a_recommendation_in_a_child_of_the_real_server(
    tmp_path: Path, database_url: str
) -> None:
    with placet(settings_in(tmp_path, database_url)) as running:
        program, alice, admin = running.program("momentum"), running.person("alice"), running.client()
        followed, rejected = submitted(program), submitted(program)
        voted(alice, followed, "approve")
        voted(alice, rejected, "reject")
        answer = admin.post("/v1/reconcile")
        assert answer.status_code == 200, answer.text
        assert (answer.json()["consent"], answer.json()["reject"], answer.json()["changed"]) == (1, 1, 2)
        known = running.services.reader.records(Wanted(RECOMMENDATION, person="alice"))
        assert {one.key: one.status for one in known} == {followed["id"]: "approved", rejected["id"]: "rejected"}
        assert admin.post("/v1/reconcile").json()["changed"] == 0
        assert admin.post("/v1/results/track").json()["matches"] == 2
        jobs = running.services.jobs
        assert isinstance(jobs, Jobs)
        eventually(lambda: jobs._steps.worker.awake)  # type: ignore[attr-defined]


def test_patterns_are_proposed_at_night_and_with_the_digests_whichever_comes_first() -> None:
    friday = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert next_proposals(Learning(), friday) == datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert next_proposals(Learning(), friday.replace(hour=21)) == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert next_proposals(Learning(), friday.replace(day=21)) == datetime(2026, 11, 21, 21, tzinfo=UTC)
