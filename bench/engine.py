"""Create and decide, durable: the engine against the raw floor, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg

from bench.figures import Figure
from bench.floor import postgres_floor, sqlite_floor
from bench.house import desk_on, engine_on, postgres
from bot.serve import run

SECONDS = 4.0


def measure(folder: Path) -> list[Figure]:
    """Ratios of approvals a second to the floor measured right before and right after."""
    figures = _pair("SQLite", f"sqlite:///{folder / 'engine.db'}", lambda: _sqlite_floor(folder), 3.0, alone=0.4)
    with postgres(folder) as url:
        _database(url, "engine")
        figures += _pair("PostgreSQL", url.replace("/postgres?", "/engine?"), lambda: _floor_on(url), 2.5, alone=None)
    return figures


_COUNTER = iter(range(1_000))


def _sqlite_floor(folder: Path) -> float:
    place = folder / f"floor{next(_COUNTER)}"
    place.mkdir()
    return sqlite_floor(place, SECONDS / 2)


def _floor_on(url: str) -> float:
    name = f"floor{next(_COUNTER)}"
    _database(url, name)
    return postgres_floor(url.replace("/postgres?", f"/{name}?"), SECONDS / 2)


def _database(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")


def _pair(name: str, url: str, floor: Callable[[], float], goal: float, alone: float | None) -> list[Figure]:
    engine = engine_on(url)
    rates: dict[int, float] = {}

    async def work() -> None:
        async with desk_on(engine) as measured:
            await measured.approvals(0.5, 32)
            rates[32] = await measured.approvals(SECONDS, 32)
            rates[1] = await measured.approvals(SECONDS / 2, 1)

    before = floor()
    run(work)
    raw = (before + floor()) / 2
    figures = [
        Figure(f"{name}: 32 in flight, × the raw loop", rates[32] / raw, goal, f"{rates[32]:,.0f}/s to {raw:,.0f}/s")
    ]
    if alone is not None:
        figures.append(
            Figure(
                f"{name}: one at a time, × the raw loop", rates[1] / raw, alone, f"{rates[1]:,.0f}/s to {raw:,.0f}/s"
            )
        )
    return figures
