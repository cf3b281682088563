"""What ten thousand times as many old requests cost: nothing, for what is pending and for a vote; and memory."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure
from bench.house import approval, engine_on, submission
from bench.http import free_port, placet, rate
from core.engine import Done, Engine
from core.ports import Filter
from storage.queries import SqlReader

FEW, MANY = 1_000, int(os.environ.get("PLACET_BENCH_OLD", "100000"))
BATCH = 250
MEMORY_AFTER = 100_000
ROUNDS = 300


def grow(engine: Engine, count: int) -> None:
    """So many more decided requests."""
    for _ in range(count // BATCH):
        submits = [submission() for _ in range(BATCH)]
        engine.run(submits)
        engine.run([approval(submit.request) for submit in submits])


def pend(engine: Engine, count: int) -> None:
    engine.run([submission() for _ in range(count)])


def median_of(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def costs(engine: Engine, reader: SqlReader) -> tuple[float, float]:
    """Seconds for a list of 50 pending, and for a vote."""
    listing = median_of(lambda: _list(reader))
    names = []
    for _ in range(ROUNDS):
        submit = submission()
        engine.run([submit])
        names.append(submit.request)
    return listing, median_of(lambda: _vote(engine, names.pop()))


def _list(reader: SqlReader) -> None:
    if len(reader.page(Filter(), None, 50).items) != 50:
        raise RuntimeError("not 50 pending")


def _vote(engine: Engine, name: str) -> None:
    [outcome] = engine.run([approval(name)]).outcomes
    if not isinstance(outcome, Done):
        raise RuntimeError(f"not voted: {outcome}")


def resident(pid: int) -> float:
    """Megabytes of a process that are in memory."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS here")


def memory(folder: Path) -> Figure:
    """A server of its own, through which all of it goes over HTTP."""
    port = free_port()
    with placet(folder, port) as (_, program, person, pid):
        before = resident(pid)
        asyncio.run(rate(port, program, person, most=MEMORY_AFTER, seconds=600))
        after = resident(pid)
    detail = f"after {MEMORY_AFTER:,} decided requests over HTTP; {before:.0f} MB at the start"
    return Figure("memory of the server, MB", after, 200, detail, least=False)


def measure(folder: Path) -> list[Figure]:
    """The same work beside few and beside many old requests."""
    url = f"sqlite:///{folder / 'scale.db'}"
    engine, reader = engine_on(url), SqlReader(url)
    pend(engine, 100)
    grow(engine, FEW)
    costs(engine, reader)
    few = costs(engine, reader)
    grow(engine, MANY - FEW)
    many = costs(engine, reader)
    old = f"{FEW:,} and {MANY:,} old requests"
    return [
        Figure(
            "listing 50 pending, × with few",
            many[0] / few[0],
            1.2,
            f"{old}: {few[0] * 1e3:.2f} and {many[0] * 1e3:.2f} ms",
            False,
        ),
        Figure(
            "a vote, × with few", many[1] / few[1], 1.2, f"{old}: {few[1] * 1e3:.2f} and {many[1] * 1e3:.2f} ms", False
        ),
        memory(folder / "memory"),
    ]
