"""The queue before the engine: neighbours do not harm each other, nobody waits for ever, the event loop stays free."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bot import desk as module
from bot.bootstrap import running
from bot.config import read_house
from bot.desk import Closing, Desk, NotCertain, Overloaded
from bot.ids import new_id
from bot.services import Services
from core.commands import CastVote, Command, Submit
from core.engine import Batch, Bookkeeping, Done, Engine, Failed
from core.model import Actor, ActorKind, Choice, Proposal
from core.ports import Transaction
from tests.bot.running import eventually, placet, proposal, settings_in
from tests.conftest import running_postgres

PROGRAM = Actor(ActorKind.PROGRAM, "momentum", "api")
ALICE = Actor(ActorKind.PERSON, "alice", "api")


def submit() -> Submit:
    asked = Proposal(action="buy", subject="NVDA", title="Buy 100 NVDA", amount=Decimal(4_250), currency="USD")
    return Submit(new_id("cmd"), PROGRAM, new_id("req"), "-", proposal=asked)


def approve(request: str) -> CastVote:
    return CastVote(new_id("cmd"), ALICE, request, "-", choice=Choice.APPROVE, revision=1)


def poison() -> Bookkeeping:
    """A command on which the program itself fails."""

    def fail(transaction: Transaction) -> None:
        raise ZeroDivisionError("poison")

    return Bookkeeping(new_id("cmd"), PROGRAM, "", apply=fail)


def in_a_desk(tmp_path: Any, url: str, work: Callable[[Services], Any]) -> Any:
    settings = settings_in(tmp_path, url)

    async def live() -> Any:
        async with running(settings, read_house(settings)) as services:
            return await work(services)

    return asyncio.run(live())


def test_a_poisonous_command_among_a_hundred_fails_alone(tmp_path: Any, database_url: str) -> None:
    async def work(services: Services) -> None:
        commands: list[Command] = [submit() for _ in range(100)]
        commands[37] = poison()
        outcomes = await asyncio.gather(*(services.ask(command) for command in commands))
        assert isinstance(outcomes[37], Failed)
        assert isinstance(outcomes[37].error, ZeroDivisionError)
        others = outcomes[:37] + outcomes[38:]
        assert all(isinstance(outcome, Done) for outcome in others)
        kept = await asyncio.gather(*(services.read(services.reader.request, c.request) for c in commands if c.request))
        assert len(kept) == 99
        assert all(kept)

    in_a_desk(tmp_path, database_url, work)


def test_a_hundred_poisonous_commands_do_not_stop_the_writer(tmp_path: Any, sqlite_url: str) -> None:
    async def work(services: Services) -> None:
        outcomes = await asyncio.gather(*(services.ask(poison()) for _ in range(100)))
        assert all(isinstance(outcome, Failed) for outcome in outcomes)
        assert isinstance(await services.ask(submit()), Done)

    in_a_desk(tmp_path, sqlite_url, work)


class Held:
    """An engine that waits for a sign before each batch; the engine behind it is the real one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.go = threading.Event()
        self.begun = threading.Event()
        self.batches: list[int] = []

    def run(self, commands: Sequence[Command], *, again: bool = False) -> Batch:
        self.begun.set()
        assert self.go.wait(30)
        self.batches.append(len(commands))
        return self.engine.run(commands, again=again)


def with_held(tmp_path: Any, url: str, work: Callable[[Desk, Held, Services], Any]) -> None:
    async def live(services: Services) -> None:
        # The writer of `services` rests meanwhile: two writers would be two processes.
        held = Held(services.desk._engine)
        desk = Desk(held, lambda batch: None)  # type: ignore[arg-type]
        desk.start()
        try:
            await work(desk, held, services)
        finally:
            held.go.set()
            await desk.close()

    in_a_desk(tmp_path, url, live)


def test_a_waiter_who_leaves_takes_the_command_along(tmp_path: Any, sqlite_url: str) -> None:
    async def work(desk: Desk, held: Held, services: Services) -> None:
        first = asyncio.create_task(desk.ask(submit()))
        await asyncio.to_thread(held.begun.wait, 10)
        leaving, staying = submit(), submit()
        waiters = [asyncio.create_task(desk.ask(command)) for command in (leaving, staying)]
        await asyncio.sleep(0)
        assert desk.waiting == 2
        waiters[0].cancel()
        await asyncio.sleep(0)
        held.go.set()
        assert isinstance(await first, Done)
        assert isinstance(await waiters[1], Done)
        with pytest.raises(asyncio.CancelledError):
            await waiters[0]
        assert await services.read(services.reader.request, leaving.request) is None
        assert await services.read(services.reader.request, staying.request) is not None

    with_held(tmp_path, sqlite_url, work)


def test_what_waits_is_carried_out_together(tmp_path: Any, sqlite_url: str) -> None:
    async def work(desk: Desk, held: Held, services: Services) -> None:
        waiters = [asyncio.create_task(desk.ask(submit())) for _ in range(300)]
        await asyncio.to_thread(held.begun.wait, 10)
        await asyncio.sleep(0)
        held.go.set()
        assert all(isinstance(outcome, Done) for outcome in await asyncio.gather(*waiters))
        assert sum(held.batches) == 300
        assert max(held.batches) <= module.MOST_AT_ONCE
        assert len(held.batches) <= 4

    with_held(tmp_path, sqlite_url, work)


def test_too_many_who_wait_are_turned_away(tmp_path: Any, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_QUEUE", 5)

    async def work(desk: Desk, held: Held, services: Services) -> None:
        first = asyncio.create_task(desk.ask(submit()))
        await asyncio.to_thread(held.begun.wait, 10)
        waiters = [asyncio.create_task(desk.ask(submit())) for _ in range(5)]
        await asyncio.sleep(0)
        refused = submit()
        with pytest.raises(Overloaded):
            await desk.ask(refused)
        held.go.set()
        assert all(isinstance(outcome, Done) for outcome in await asyncio.gather(first, *waiters))
        assert await services.read(services.reader.request, refused.request) is None
        assert isinstance(await desk.ask(refused), Done)

    with_held(tmp_path, sqlite_url, work)


def test_closing_carries_out_what_waits_and_takes_no_more(tmp_path: Any, sqlite_url: str) -> None:
    async def work(desk: Desk, held: Held, services: Services) -> None:
        waiters = [asyncio.create_task(desk.ask(submit())) for _ in range(20)]
        await asyncio.to_thread(held.begun.wait, 10)
        closing = asyncio.create_task(desk.close())
        await asyncio.sleep(0.05)
        with pytest.raises(Closing):
            await desk.ask(submit())
        assert not closing.done()
        held.go.set()
        await closing
        assert all(isinstance(outcome, Done) for outcome in await asyncio.gather(*waiters))

    with_held(tmp_path, sqlite_url, work)


def test_who_cannot_wait_so_long_is_told_that_nothing_is_certain(
    tmp_path: Any, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)

    async def work(desk: Desk, held: Held, services: Services) -> None:
        command = submit()
        with pytest.raises(NotCertain):
            await desk.ask(command)
        held.go.set()
        # The same command finds out.
        assert isinstance(await desk.ask(command), Done)

    with_held(tmp_path, sqlite_url, work)


def test_the_event_loop_stays_free_under_load(tmp_path: Any, database_url: str) -> None:
    async def work(services: Services) -> float:
        gaps: list[float] = []

        async def watch() -> None:
            while True:
                before = time.monotonic()
                await asyncio.sleep(0.005)
                gaps.append(time.monotonic() - before)

        watcher = asyncio.create_task(watch())
        limit = asyncio.Semaphore(200)

        async def one() -> None:
            async with limit:
                opened = await services.ask(submit())
                assert isinstance(opened, Done)
                assert opened.request is not None
                assert isinstance(await services.ask(approve(opened.request.id)), Done)

        await asyncio.gather(*(one() for _ in range(1_000)))
        watcher.cancel()
        assert len(gaps) > 10
        return max(gaps)

    # Some hundred ms would be no bug but a busy machine: a loop that waits for the database stands for seconds.
    assert in_a_desk(tmp_path, database_url, work) < 1.5


def test_a_database_that_stops_and_starts_again_loses_and_repeats_nothing(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_postgres() as server:
        server.execute("CREATE DATABASE placet")
        with placet(settings_in(tmp_path, server.url("placet"))) as desk:
            program, alice = desk.program(), desk.person("alice")
            open_before = program.post("/v1/requests", json=proposal()).json()
            assert program.get("/readyz").status_code == 200
            server.stop()
            answers: list[httpx.Response] = []
            threads = [
                threading.Thread(
                    target=lambda n=n: answers.append(program.post("/v1/requests", json=proposal(key=f"key-{n}")))
                )
                for n in range(10)
            ]
            threads.append(
                threading.Thread(
                    target=lambda: answers.append(
                        alice.post(f"/v1/requests/{open_before['id']}/votes", json={"choice": "approve", "revision": 1})
                    )
                )
            )
            for thread in threads:
                thread.start()
            unready = eventually(lambda: r if (r := program.get("/readyz")).status_code == 503 else None)
            assert unready.json()["status"] == "unavailable"
            assert unready.json()["database"] != "ok"
            looked = program.get(f"/v1/requests/{open_before['id']}")
            assert (looked.status_code, looked.json()["code"]) == (503, "unavailable")
            assert not answers
            server.start()
            for thread in threads:
                thread.join(60)
            assert sorted(answer.status_code for answer in answers) == [200] + [201] * 10
            assert eventually(lambda: program.get("/readyz").status_code == 200)
            listed = program.get("/v1/requests").json()["items"]
            assert sorted(item["key"] for item in listed) == [f"key-{n}" for n in range(10)]
            assert program.get(f"/v1/requests/{open_before['id']}").json()["status"] == "approved"

            # An outage that nobody waits for to its end: ready again without a command that finds it out.
            monkeypatch.setattr(module, "PATIENCE", 0.5)
            server.stop()
            lost = program.post("/v1/requests", json=proposal(key="late"))
            assert (lost.status_code, lost.json()["code"]) == (503, "not_certain")
            # The writer looks again within a second, finds that nobody waits any more, and rests.
            time.sleep(module._LONGEST_PAUSE + 0.3)
            server.start()
            assert eventually(lambda: program.get("/readyz").status_code == 200)
            assert program.post("/v1/requests", json=proposal(key="late")).status_code in (200, 201)
