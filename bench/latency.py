"""From the committed decision to the program that waits for it."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bench.client import Connection
from bench.figures import Figure
from bench.http import APPROVE, submission
from bot.config import Settings, default_house
from bot.serve import run, serving
from core.commands import Command
from core.engine import Batch, Engine

ROUNDS = 300


def measure(folder: Path) -> list[Figure]:
    """The program waits over HTTP, in the same process as the server: what is measured is an upper bound."""
    committed: list[float] = []
    received: list[float] = []
    carry_out = Engine.run

    def watched(self: Engine, commands: Sequence[Command], *, again: bool = False) -> Batch:
        batch = carry_out(self, commands, again=again)
        committed.append(time.perf_counter())
        return batch

    async def work() -> None:
        settings = Settings(home=folder, port=0)
        async with serving(settings, default_house()) as (_, address):
            port = urlsplit(address).port or 0
            file = settings.token_file("127.0.0.1", port)
            tokens = [await asyncio.to_thread(f.read_text) for f in (file, file.with_name(file.name + ".program"))]
            person, program = [await Connection.open("127.0.0.1", port, token.strip()) for token in tokens]
            waits = await Connection.open("127.0.0.1", port, tokens[1].strip())
            for number in range(ROUNDS):
                name = (await program.call("POST", "/v1/requests", submission(number)))["id"]
                waiting = asyncio.create_task(waits.call("GET", f"/v1/requests/{name}?wait=20"))
                await asyncio.sleep(0.01)
                committed.clear()
                await person.call("POST", f"/v1/requests/{name}/votes", APPROVE)
                await waiting
                received.append(time.perf_counter() - committed[0])

    Engine.run = watched  # type: ignore[method-assign]
    try:
        run(work)
    finally:
        Engine.run = carry_out  # type: ignore[method-assign]
    p99 = statistics.quantiles(received, n=100)[98] * 1e3
    return [
        Figure(
            "decision committed → program told, p99, ms",
            p99,
            5,
            f"median {statistics.median(received) * 1e3:.2f} ms",
            False,
        )
    ]
