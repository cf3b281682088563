"""One platform in one of several processes: who serves it, and what happens when it fails or its lease is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg

from bot.connections import Connection
from bot.pace import Pace
from bot.served import OK, STANDBY, Served
from core.errors import StoreUnavailable
from core.ports import Lease
from storage.lease import SqlLeases
from tests.bot.scripted_platform import Nobody, ScriptedPlatform, until
from tests.platforms.clock import FastClock

ALONE = SqlLeases("sqlite:///:memory:")


class Process:
    """What one process has of a platform: its own connection to it, and its own way to the database."""

    def __init__(self, leases: SqlLeases = ALONE, speed: float = 50.0) -> None:
        self.platform = ScriptedPlatform()
        self.moves: list[bool] = []
        timer = FastClock(speed)
        connection = Connection(self.platform, Pace(timer))
        self.served = Served("slack", connection, leases, timer, lambda: self.moves.append(self.served.ours))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        task = asyncio.create_task(self.served.run(Nobody()))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), 10)
            await self.served.release()


# Failing


def test_a_platform_that_fails_is_begun_again() -> None:
    process = Process()
    process.platform.failures = [RuntimeError("xoxb-secret"), None]
    seen: list[str] = []

    async def live() -> None:
        async with process.running():
            while not process.platform.running:
                if process.served.state not in seen:
                    seen.append(process.served.state)
                await asyncio.sleep(0.001)
            assert process.served.state == OK
        assert not process.platform.running

    asyncio.run(live())
    assert process.platform.runs == 3
    assert {"fault: RuntimeError", "fault: its connection ended by itself"} <= set(seen)
    assert "secret" not in "".join(seen)


def test_a_platform_that_fails_as_it_is_stopped_is_not_begun_again() -> None:
    process = Process()

    async def fails() -> None:
        raise ConnectionError("the socket was gone already")

    async def live() -> None:
        async with process.running():
            await until(lambda: process.platform.running)
            process.platform.pressed.append(asyncio.create_task(fails()))

    asyncio.run(live())
    assert process.platform.runs == 1


def test_a_platforms_trouble_is_said() -> None:
    process = Process()
    process.platform.trouble = "Slack does not take our token"

    async def live() -> None:
        async with process.running():
            await until(lambda: process.platform.running)
            assert process.served.state == "Slack does not take our token"

    asyncio.run(live())


# Several processes


def test_one_process_serves_and_the_other_takes_over_when_it_ends(database_url: str) -> None:
    one, other = Process(SqlLeases(database_url)), Process(SqlLeases(database_url))

    async def live() -> None:
        async with other.running():
            async with one.running():
                await until(lambda: one.platform.running or other.platform.running)
                first, second = (one, other) if one.platform.running else (other, one)
                await until(lambda: second.served.state == STANDBY)
                assert (first.served.ours, second.served.ours) == (True, False)
                assert second.platform.runs == 0
            await until(lambda: other.platform.running)
            assert other.served.state == OK

    asyncio.run(live())


def test_a_process_that_is_stopped_keeps_the_lease_until_its_last_message_is_written(sqlite_url: str) -> None:
    one, other = Process(SqlLeases(sqlite_url)), Process(SqlLeases(sqlite_url))

    async def live() -> None:
        task = asyncio.create_task(one.served.run(Nobody()))
        await until(lambda: one.platform.running)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert one.served.ours
        async with other.running():
            await until(lambda: other.served.state == STANDBY)
            await one.served.release()
            await until(lambda: other.platform.running)

    asyncio.run(live())


def test_a_lease_that_is_lost_stops_the_platform_within_two_seconds(postgres_url: str) -> None:
    process = Process(SqlLeases(postgres_url), speed=1.0)

    async def live() -> None:
        async with process.running():
            await until(lambda: process.platform.running)
            assert process.moves == [True]
            async with asyncio.timeout(2.0):
                await asyncio.to_thread(broken_off, postgres_url)
                await until(lambda: False in process.moves)
                await until(lambda: not process.platform.running or process.platform.runs > 1)
            # Nobody else is there: it is ours again.
            await until(lambda: process.platform.runs == 2 and process.platform.running)
            assert process.moves == [True, False, True]

    asyncio.run(live())


def broken_off(url: str) -> None:
    """Every other connection to this database is ended by its administrator."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class Stubborn:
    """A lease whose database does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    def take(self, name: str) -> Lease | None:
        self.asked += 1
        if self.asked == 1:
            raise StoreUnavailable("the database does not answer")
        if self.asked == 2:
            raise LookupError("what is this?")
        return ALONE.take(name)


def test_a_database_that_does_not_answer_is_waited_for() -> None:
    platform, timer = ScriptedPlatform(), FastClock(20)
    served = Served("slack", Connection(platform, Pace(timer)), Stubborn(), timer, lambda: None)
    seen: list[str] = []

    async def live() -> None:
        task = asyncio.create_task(served.run(Nobody()))
        while not platform.running:
            if served.state not in seen:
                seen.append(served.state)
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(live())
    assert "waits: the database does not answer" in seen
    assert "fault: LookupError" in seen


def test_who_is_stopped_while_asking_gives_back_what_it_gets(sqlite_url: str) -> None:
    leases = SqlLeases(sqlite_url)
    process = Process(leases)

    async def live() -> None:
        task = asyncio.create_task(process.served.run(Nobody()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(live())
    assert process.platform.runs == 0
    lease = leases.take("platform-slack")
    assert lease is not None
    lease.release()
