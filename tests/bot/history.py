"""A history of advice and orders for tests: recorded in the ledger as an import does, and reconciled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from bot.ids import new_id
from core.engine import CLOCK, Bookkeeping
from core.learning.gather import match_id, to_record
from core.learning.ledger import Record
from core.learning.reconcile import reconcile
from core.learning.records import Execution, Learned, Match, Recommendation, Result, Source
from core.ports import Transaction
from tests.bot.running import Running

BEGIN = datetime(2012, 1, 3, 15, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
STRIKES = (415.0, 420.0, 425.0, 430.0, 435.0)
EXPIRIES = ("2012-01-13", "2012-01-20", "2012-01-27", "2012-02-03")


def advice(
    key: str, at: datetime = BEGIN, person: str = "alice", subject: str = "AAPL", **more: object
) -> Recommendation:
    """Sell one call on AAPL, 20 January 425, at 2.36."""
    parameters = {"strike": 425.0, "expiry": "2012-01-20", "quantity": 1, "premium": 2.36}
    given: dict[str, object] = {
        "program": "momentum",
        "algorithm": "v1",
        "action": "sell_call",
        "account": f"U-{person}",
        "title": f"Sell 1 {subject} 20 Jan 425 call at 2.36",
        "parameters": parameters,
        "ladders": {"strike": STRIKES, "expiry": EXPIRIES},
        "features": {"vix": 20.0},
        "amount": Decimal(41123),
        "currency": "USD",
        "asked_at": at,
        "source": Source.IMPORTED,
        **more,
    }
    return Recommendation(f"imp:{key}", at, at + 4 * HOUR, person, subject=subject, **given)  # type: ignore[arg-type]


def order(name: str, at: datetime, person: str = "alice", subject: str = "AAPL", **parameters: object) -> Execution:
    """What was advised, done; but for these parameters."""
    filled = {"strike": 425.0, "expiry": "2012-01-20", "quantity": 1, "premium": 2.36, **parameters}
    return Execution(
        f"{name}#0",
        at,
        "sell_call",
        subject,
        account=f"U-{person}",
        order=name,
        parameters=filled,
        fees=Decimal("1.00"),
        currency="USD",
        person=person,
        source=Source.IMPORTED,
    )


def result(about: str, kind: str, pnl: str | None, at: datetime) -> Result:
    return Result(about, kind, at, Decimal(pnl) if pnl is not None else None, "USD", risk=Decimal(1000))


def record(running: Running, found: Sequence[Record]) -> None:
    """Into the ledger, as commands do it."""
    services = running.services
    for start in range(0, len(found), 500):
        portion = found[start : start + 500]
        command = Bookkeeping(new_id("cmd"), CLOCK, "", apply=partial(_write, portion, services.clock.now()))
        asyncio.run_coroutine_threadsafe(services.ask(command), running.loop).result(60)


def _write(portion: Sequence[Record], now: datetime, transaction: Transaction) -> None:
    transaction.record(portion, now)


def keep(running: Running, *known: Learned) -> None:
    record(running, [to_record(one) for one in known])


def reconciled(
    running: Running, advised: Iterable[Recommendation], done: Iterable[Execution], now: datetime | None = None
) -> list[Match]:
    """What the nightly run makes of it, recorded with all that it rests on."""
    advised, done = list(advised), list(done)
    found = reconcile(advised, done, now=now or running.services.clock.now())
    keep(running, *advised, *done, *found)
    return found


def about(match: Match) -> str:
    """Its id."""
    return match_id(match.key)
