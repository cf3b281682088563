"""kill -9 during a burst of submits and votes, then a restart. `make faults` does it many times over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

RUNS = int(os.environ.get("PLACET_FAULT_RUNS", "2"))
BURST = 1_000
IN_FLIGHT = 32


@dataclass
class Server:
    """`placet serve` in a process of its own, always at the same address and on the same database."""

    home: Path
    database: str
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PLACET_")}
        env |= {"PLACET_HOME": str(self.home), "PLACET_PORT": str(self.port), "PLACET_DATABASE_URL": self.database}
        command = [sys.executable, "-m", "bot", "serve"]
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)  # noqa: ASYNC220 - it is quick
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(600):
                assert self.process.poll() is None, "the server does not start"
                with contextlib.suppress(httpx.TransportError):
                    await client.get(f"{self.url}/healthz")
                    return
                await asyncio.sleep(0.05)
        raise AssertionError("the server does not answer")

    def end(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)

    def token(self, kind: str = "") -> str:
        name = f"127.0.0.1_{self.port}{kind}"
        return (self.home / "tokens" / name).read_text(encoding="ascii").strip()

    @contextlib.asynccontextmanager
    async def client(self, kind: str) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Authorization": f"Bearer {self.token(kind)}"}
        limits = httpx.Limits(max_connections=IN_FLIGHT)
        async with httpx.AsyncClient(
            base_url=self.url, headers=headers, limits=limits, timeout=60, trust_env=False
        ) as client:
            yield client


@dataclass
class Burst:
    """What was sent and what was acknowledged, by the key of the request."""

    submitted: dict[str, str] = field(default_factory=dict)
    voted: dict[str, str] = field(default_factory=dict)

    async def one(self, number: int, program: httpx.AsyncClient, person: httpx.AsyncClient) -> None:
        key = f"burst-{number}"
        body = {"key": key, "action": "buy", "subject": "IBM", "title": f"Buy {number} IBM", "amount": "100.00"}
        asked = await program.post("/v1/requests", json=body)
        assert asked.status_code in (200, 201), asked.text
        self.submitted[key] = asked.json()["id"]
        vote = {"choice": "approve" if number % 3 else "reject", "revision": 1, "reason": {"code": "risk"}}
        place = f"/v1/requests/{self.submitted[key]}/votes"
        answer = await person.post(place, json=vote, headers={"Idempotency-Key": f"vote-{key}"})
        assert answer.status_code == 200, answer.text
        self.voted[key] = answer.json()["status"]

    async def run(self, server: Server) -> None:
        """Everything, as often as it takes for it to be sent once; whoever is cut off stays silent."""
        numbers = iter(range(BURST))

        async def worker(program: httpx.AsyncClient, person: httpx.AsyncClient) -> None:
            for number in numbers:
                with contextlib.suppress(httpx.TransportError):
                    await self.one(number, program, person)

        async with server.client(".program") as program, server.client("") as person:
            await asyncio.gather(*(worker(program, person) for _ in range(IN_FLIGHT)))


async def recorded(server: Server) -> dict[str, dict[str, Any]]:
    """Every request there is, by its key; each key once."""
    found: dict[str, dict[str, Any]] = {}
    async with server.client("") as person:
        for status in ("pending", "decided"):
            cursor = ""
            while True:
                more = {"cursor": cursor} if cursor else {}
                page = (await person.get("/v1/requests", params={"status": status, "limit": 200, **more})).json()
                for request in page["items"]:
                    assert request["key"] not in found, "recorded twice"
                    found[request["key"]] = request
                cursor = page["cursor"]
                if not cursor:
                    break
    return found


async def facts_of(server: Server, requests: list[str]) -> list[Counter[str]]:
    async with server.client("") as person:
        histories = [(await person.get(f"/v1/requests/{name}/events")).json()["items"] for name in requests]
    return [Counter(event["type"] for event in history) for history in histories]


async def killed_once(server: Server, dice: random.Random) -> None:
    await server.start()
    burst = Burst()
    sending = asyncio.create_task(burst.run(server))
    target = dice.randrange(1, BURST)
    while len(burst.voted) < target and not sending.done():  # noqa: ASYNC110 - any moment will do
        await asyncio.sleep(dice.random() / 200)
    server.end(signal.SIGKILL)
    await sending

    await server.start()
    found = await recorded(server)
    for key, name in burst.submitted.items():
        assert found[key]["id"] == name, f"{key} was acknowledged as {name}"
    for key, status in burst.voted.items():
        assert found[key]["status"] == status, f"the vote on {key} was acknowledged"

    again = Burst()
    await again.run(server)
    assert len(again.voted) == BURST
    for key, name in burst.submitted.items():
        assert again.submitted[key] == name, f"{key} was asked a second time"
    assert burst.voted.items() <= again.voted.items()
    assert len(await recorded(server)) == BURST
    sample = dice.sample(sorted(again.submitted.values()), 60)
    for facts in await facts_of(server, sample):
        assert facts == Counter({"Opened": 1, "Voted": 1, "Decided": 1})
    server.end(signal.SIGTERM)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("run", range(RUNS))
def test_killed_during_a_burst_nothing_acknowledged_is_lost_and_nothing_happens_twice(
    run: int, empty_database_url: str, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"run {run}, seed {seed}")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    server = Server(tmp_path, empty_database_url, port)
    try:
        asyncio.run(killed_once(server, random.Random(seed)))
    finally:
        server.end(signal.SIGKILL)
