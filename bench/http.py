"""Over HTTP: create, vote and read against the bare application; a vote at a steady rate; the time to start."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson

from bench.client import Connection
from bench.figures import Figure

SECONDS = 5.0
IN_FLIGHT = 32
VOTES_PER_SECOND = 200
HOST = "127.0.0.1"


def submission(number: int) -> bytes:
    """A proposal of the usual size."""
    return orjson.dumps(
        {
            "key": f"bench-{os.getpid()}-{number}",
            "action": "sell_call",
            "subject": "AAPL",
            "title": "Sell 1 AAPL 20 Jan 425 call at 2.36",
            "parameters": {"strike": 425.0, "expiry": "2012-01-20", "quantity": 1, "premium": 2.36},
            "editable": {"properties": {"quantity": {"type": "integer", "minimum": 1, "maximum": 5}}},
            "confidence": 0.64,
            "amount": "41123.00",
            "context": {"spot": 411.23, "iv": 0.2019, "delta": 0.231, "days": 17},
            "valid_for": "PT4H",
        }
    )


APPROVE = orjson.dumps({"choice": "approve", "revision": 1})


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def served(command: list[str], port: int, **env: str) -> Iterator[tuple[float, int]]:
    """A server in a process of its own; gives the seconds until its first answer, and its process id."""
    begun = time.perf_counter()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PLACET_")}
    server = subprocess.Popen(
        [sys.executable, *command], env={**clean, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"http://{HOST}:{port}/openapi.json", trust_env=False)
                break
            if time.perf_counter() - begun > 30 or server.poll() is not None:
                raise RuntimeError(f"{command} does not answer")
            time.sleep(0.005)
        yield time.perf_counter() - begun, server.pid
    finally:
        server.terminate()
        server.wait(30)


@contextlib.contextmanager
def placet(folder: Path, port: int) -> Iterator[tuple[float, str, str, int]]:
    """Placet on SQLite; gives the seconds to its first answer, a program's key, a person's token and its process id."""
    env = {"PLACET_HOME": str(folder), "PLACET_PORT": str(port), "PLACET_LOG_LEVEL": "error"}
    with served(["-m", "bot", "serve"], port, **env) as (took, pid):
        tokens = folder / "tokens" / f"{HOST}_{port}"
        program = tokens.with_name(tokens.name + ".program").read_text(encoding="ascii").strip()
        yield took, program, tokens.read_text(encoding="ascii").strip(), pid


async def rate(port: int, program: str, person: str, most: int = 10**9, seconds: float = SECONDS) -> float:
    """Rounds of create, vote and read a second, with IN_FLIGHT connections."""
    loop = asyncio.get_running_loop()
    count, numbers = 0, iter(range(10_000_000))
    end = loop.time() + seconds

    async def worker() -> None:
        nonlocal count
        asks = await Connection.open(HOST, port, program)
        decides = await Connection.open(HOST, port, person)
        while loop.time() < end and count < most:
            asked = await asks.call("POST", "/v1/requests", submission(next(numbers)))
            place = f"/v1/requests/{asked['id']}"
            await decides.call("POST", f"{place}/votes", APPROVE)
            seen = await asks.call("GET", place)
            if seen["status"] != "approved":
                raise RuntimeError(f"not approved: {seen}")
            count += 1
        asks.close()
        decides.close()

    begun = loop.time()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return count / (loop.time() - begun)


async def vote_times(port: int, program: str, person: str) -> list[float]:
    """Seconds from the moment a vote was due to its answer, at a steady rate whatever the answers do."""
    loop = asyncio.get_running_loop()
    asks = await Connection.open(HOST, port, program)
    total = int(VOTES_PER_SECOND * SECONDS)
    names = [(await asks.call("POST", "/v1/requests", submission(-n - 1)))["id"] for n in range(total)]
    pool = [await Connection.open(HOST, port, person) for _ in range(IN_FLIGHT)]
    times: list[float] = []
    begun = loop.time() + 0.1

    async def one(number: int, name: str) -> None:
        due = begun + number / VOTES_PER_SECOND
        await asyncio.sleep(max(0.0, due - loop.time()))
        connection = pool.pop()
        await connection.call("POST", f"/v1/requests/{name}/votes", APPROVE)
        pool.append(connection)
        times.append(loop.time() - due)

    await asyncio.gather(*(one(number, name) for number, name in enumerate(names)))
    return times


def measure(folder: Path) -> list[Figure]:
    """Placet and the bare application in turn, twice each."""
    rates: dict[str, list[float]] = {"placet": [], "bare": []}
    starts: list[float] = []
    times: list[float] = []
    for turn in range(2):
        port = free_port()
        with placet(folder / f"home{turn}", port) as (took, program, person, _):
            starts.append(took)
            rates["placet"].append(asyncio.run(rate(port, program, person)))
            if turn:
                times = asyncio.run(vote_times(port, program, person))
        port = free_port()
        with served(["-m", "uvicorn", "bench.bare:app", "--port", str(port), "--no-access-log"], port):
            rates["bare"].append(asyncio.run(rate(port, "-", "-")))
    ours, bare = statistics.mean(rates["placet"]), statistics.mean(rates["bare"])
    p99 = statistics.quantiles(times, n=100)[98] * 1e3
    return [
        Figure("HTTP: create, vote, read, × bare FastAPI", ours / bare, 0.6, f"{ours:,.0f}/s to {bare:,.0f}/s"),
        Figure(
            f"a vote at {VOTES_PER_SECOND}/s, p99, ms",
            p99,
            50,
            f"median {statistics.median(times) * 1e3:.1f} ms",
            False,
        ),
        Figure("start to first answer, s", statistics.mean(starts), 2, "a new database", least=False),
    ]
