"""Learning as it runs in the server: what a year and what 100,000 recommendations take, and what approvals feel."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench import lifecycle, reconciling
from bench.client import Connection
from bench.figures import Figure
from bench.http import APPROVE, submission
from bench.reconciling import Density, Stream, stream
from bot.config import Settings, default_house
from bot.ids import new_id
from bot.serve import run, serving
from bot.services import Services
from core.engine import CLOCK, Bookkeeping
from core.learning.gather import to_record
from core.learning.ledger import Record
from core.learning.week import Week

YEAR = Density(4, 6, days=250, own=0.6)
LARGE = Density(40, 60, days=2_500, own=8.0)
ROUNDS = 400
_SLICE = 500


def measure(folder: Path) -> list[Figure]:
    """Labels and candidates by simulation, then the running server."""
    found = reconciling.figures() + lifecycle.measure(folder)

    async def work() -> None:
        found.extend(await _year(folder / "year"))
        found.extend(await _large(folder / "large"))

    run(work)
    return found


def _records(made: Stream, person: str) -> list[Record]:
    advice = [to_record(replace(one, person=person)) for one in made.advice]
    return advice + [to_record(replace(one, person=person)) for one in made.fills]


async def _kept(services: Services, records: list[Record]) -> None:
    for start in range(0, len(records), _SLICE):
        await services.ask(_keeping(records[start : start + _SLICE], services.clock.now()))


def _keeping(records: list[Record], now: datetime) -> Bookkeeping:
    return Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda tx: tx.record(records, now))


async def _year(folder: Path) -> list[Figure]:
    """A thousand recommendations, reconciled and told of, by a child that is there already."""
    house = default_house()
    person = house.people[0].id
    async with serving(Settings(home=folder, port=0), house) as (services, _):
        jobs = services.jobs
        if jobs is None:
            raise RuntimeError("there are no jobs here")
        await _kept(services, _records(stream(YEAR, 1), person))
        await jobs.digest(person, Week(2012, 2), CLOCK)  # wakes the child, and draws once
        begun = time.perf_counter()
        await jobs.reconcile()
        reconciled = time.perf_counter() - begun
        await jobs.digest(person, Week(2012, 36), CLOCK)
        whole = time.perf_counter() - begun
        begun = time.perf_counter()
        await jobs.digest(person, Week(2012, 35), CLOCK)
        again = time.perf_counter() - begun
    detail = f"reconciled in {reconciled:.2f} s, digest with its picture {again:.2f} s"
    return [Figure("a year of 1,000 reconciled and digested, s", whole, 2, detail, least=False)]


async def _large(folder: Path) -> list[Figure]:
    """100,000 with as many fills through the ledger, and approvals beside it."""
    house = default_house()
    person = house.people[0].id
    settings = Settings(home=folder, port=0)
    async with serving(settings, house) as (services, address):
        jobs = services.jobs
        if jobs is None:
            raise RuntimeError("there are no jobs here")
        await _kept(services, _records(stream(LARGE, 1), person))
        port = urlsplit(address).port or 0
        file = settings.token_file("127.0.0.1", port)
        tokens = [await asyncio.to_thread(f.read_text) for f in (file, file.with_name(file.name + ".program"))]
        people = [await Connection.open("127.0.0.1", port, token.strip()) for token in tokens]
        alone = await _approvals(people, 0, lambda count: count < ROUNDS)
        begun = time.perf_counter()
        job = asyncio.create_task(jobs.reconcile())
        beside = await _approvals(people, ROUNDS, lambda _: not job.done())
        counts = (await job).counts
        taken = time.perf_counter() - begun
        most = _most_memory()
    before, during = (statistics.quantiles(times, n=100)[98] * 1e3 for times in (alone, beside))
    detail = f"{sum(counts.values()):,} labels written, with {len(beside)} approvals meanwhile"
    return [
        Figure("100,000 with 100,000 fills, through the ledger, s", taken, 60, detail, least=False),
        Figure("the child's memory at its most, MB", most, 400, least=False),
        Figure(
            "approval's p99 while that runs, × alone", during / before, 1.5,
            f"{before:.1f} ms alone, {during:.1f} ms beside it; medians {statistics.median(alone) * 1e3:.1f} and "
            f"{statistics.median(beside) * 1e3:.1f}", least=False,
        ),
    ]  # fmt: skip


async def _approvals(connections: list[Connection], first: int, more: Callable[[int], bool]) -> list[float]:
    """Seconds of each of so many votes, at a steady pace."""
    person, program = connections
    times: list[float] = []
    while more(len(times)):
        request = await program.call("POST", "/v1/requests", submission(first + len(times)))
        begun = time.perf_counter()
        await person.call("POST", f"/v1/requests/{request['id']}/votes", APPROVE)
        times.append(time.perf_counter() - begun)
        await asyncio.sleep(0.02)
    return times


def _most_memory() -> float:
    """Megabytes that the child has ever held."""
    held = [0.0]
    for child in multiprocessing.active_children():
        lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
        held += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(held)
