"""A Placet on a real database whose Saturdays come when a test says so, and the chats in which its people are told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.bootstrap import running
from bot.config import read_house
from bot.errand import Place
from bot.ids import new_id
from bot.learning.composing import compose
from bot.learning.digests import Composed
from bot.learning.jobs import Jobs
from bot.learning.work import Given, Made
from bot.pace import Pace, WallTimer
from bot.services import Services
from core.channels import PERSON
from core.engine import CLOCK, Done, Recording
from core.learning.gather import to_record
from core.learning.records import Execution, Learned, Recommendation, Source
from core.note import Note
from core.ports import Writing
from tests.bot.running import HOUSE, settings_in
from tests.bot.scripted import Chat, Scripted

ZONE = "America/New_York"
LEARNING = f"""
learning:
  zone: {ZONE}
  accounts: {{U1: alice}}
"""
NINE = datetime(2012, 2, 18, 14, 0, tzinfo=UTC)
"""Saturday of 2012-W07, nine o'clock in New York."""
STEPS = ("2012-02-17", "2012-02-24", "2012-03-16", "2012-04-20")


@dataclass
class Wound:
    """A clock that is set by hand, also back."""

    at: datetime

    def now(self) -> datetime:
        return self.at


class Inline:
    """`bot.learning.jobs.Working` in the same process. `canned`: digests of a few words, made at once."""

    def __init__(self, canned: bool = False) -> None:
        self.canned = canned

    async def run(self, task: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> Made:
        if self.canned and task is compose:
            wish = given[1]
            name = f"digest:{wish.person}:{wish.week}"  # type: ignore[attr-defined]
            figures = {"offers": [], "made_at": NINE.isoformat()}
            return Composed(Note(name, name), name, b"", figures, {})  # type: ignore[return-value]
        return task(*given, **named)

    async def close(self) -> None:
        pass


@dataclass
class Town:
    """What survives a restart: the database's address, the clock, and the chat with each person. `looks`: whether the
    platform can look for what stands already."""

    folder: Path
    url: str
    clock: Wound = field(default_factory=lambda: Wound(NINE - timedelta(days=1)))
    chats: dict[str, Chat] = field(default_factory=lambda: {"alice": Chat()})
    looks: bool = True
    learning: str = LEARNING

    @property
    def said(self) -> list[str]:
        """The notes that stand in Alice's chat, by their ids."""
        return [note.id for note in self.chats["alice"].notes.values()]


@dataclass
class House:
    services: Services
    jobs: Jobs


@contextlib.asynccontextmanager
async def living(town: Town, canned: bool = True, by_itself: bool = False) -> AsyncIterator[House]:
    """Placet from its start to its end. Its jobs look when they are told to (`look`), or else `by_itself`."""
    settings = settings_in(town.folder, town.url, HOUSE + town.learning)
    timer = WallTimer()
    async with running(settings, read_house(settings), clock=town.clock, timer=timer) as services:
        assert services.jobs is not None
        places = {
            PERSON + name: Place(Scripted(chat, town.looks), Pace(timer), name) for name, chat in town.chats.items()
        }
        services.channels.places = lambda registry: places  # type: ignore[method-assign]
        services.jobs._steps.worker = Inline(canned)
        if not by_itself:
            [loop] = [task for task in asyncio.all_tasks() if task.get_name() == "learning"]
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
        yield House(services, services.jobs)


async def give(services: Services, *learned: Learned) -> None:
    """Into the ledger, as an import does."""

    def apply(transaction: object, now: datetime) -> Writing:
        transaction.record([to_record(one) for one in learned], now)  # type: ignore[attr-defined]
        return Writing()

    assert isinstance(await services.ask(Recording(new_id("cmd"), CLOCK, "", apply=apply)), Done)


def advice(number: int, at: datetime, **changes: object) -> Recommendation:
    """Sell a call on AAPL; the expiry may be changed."""
    plain: dict[str, object] = {
        "key": f"imp:{number}",
        "at": at,
        "valid_until": at + timedelta(hours=4),
        "person": "alice",
        "program": "calls",
        "algorithm": "1",
        "action": "sell_call",
        "subject": "AAPL",
        "account": "U1",
        "title": f"Sell 1 AAPL call, number {number}",
        "parameters": {"strike": 500.0, "expiry": STEPS[1], "quantity": 1, "premium": 3.5},
        "ladders": {"expiry": STEPS},
        "currency": "USD",
        "asked_at": at,
        "source": Source.IMPORTED,
    }
    return Recommendation(**{**plain, **changes})  # type: ignore[arg-type]


def fill(number: int, at: datetime, **changes: object) -> Execution:
    """What `advice` of the same number says, done."""
    plain: dict[str, object] = {
        "key": f"fill-{number}",
        "at": at,
        "action": "sell_call",
        "subject": "AAPL",
        "account": "U1",
        "order": f"order-{number}",
        "parameters": {"strike": 500.0, "expiry": STEPS[1], "quantity": 1, "premium": 3.5},
        "currency": "USD",
        "source": Source.IMPORTED,
    }
    return Execution(**{**plain, **changes})  # type: ignore[arg-type]


def week_of_trades(nine: datetime = NINE, days: int = 4) -> list[Learned]:
    """One piece of advice a day in the week before a Saturday: followed, changed, rejected, followed, …"""
    found: list[Learned] = []
    for day in range(days):
        at = nine - timedelta(days=days - day, hours=-2)
        number = int(at.timestamp()) // 3_600
        if day % 3 == 2:
            decided = {"decision": "rejected", "decided_at": at + timedelta(minutes=5), "reason": "premium_low"}
            found.append(advice(number, at, **decided))
            continue
        changed = (
            {"parameters": {"strike": 500.0, "expiry": STEPS[2], "quantity": 1, "premium": 3.9}} if day % 3 else {}
        )
        found += [advice(number, at), fill(number, at + timedelta(minutes=12), **changed)]
    return found
