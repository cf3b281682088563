"""Turns under a platform's rates: the most urgent call first, and none so early that the platform would refuse it."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from core.ports import Rate

MARGIN = 1.04
"""By how much every span is stretched: what leaves here evenly may arrive there a little closer together."""
Urgency = tuple[int, ...]
AT_ONCE: Urgency = (-1_000,)
"""Somebody has just tapped and looks at the screen."""


class Timer(Protocol):
    """Seconds from some beginning, and waiting for some of them. A test may let them pass faster."""

    def time(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class WallTimer:
    """The machine's own seconds."""

    def time(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(order=True)
class _Waiter:
    urgency: Urgency
    number: int
    rates: Sequence[Rate] = field(compare=False)
    chat: str = field(compare=False)
    call: str = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class Pace:
    """One platform's turns, for all its chats; on one event loop."""

    def __init__(self, timer: Timer) -> None:
        self._timer = timer
        self._waiters: list[_Waiter] = []
        self._numbers = count()
        self._sent: dict[tuple[Rate, str], deque[float]] = {}
        self._held: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def turn(self, rates: Sequence[Rate], chat: str, call: str, urgency: Urgency = AT_ONCE) -> None:
        """Wait until one call may be made. The smallest urgency of those who may go is first."""
        if not rates and not self._held:
            return
        waiter = _Waiter(urgency, next(self._numbers), rates, chat, call, asyncio.get_running_loop().create_future())
        heapq.heappush(self._waiters, waiter)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._give())
        self._wake.set()
        await waiter.turn

    def hold(self, seconds: float, chat: str = "") -> None:
        """The platform has asked to be left alone for so long, in one chat or in all."""
        self._held[chat] = max(self._held.get(chat, 0.0), self._timer.time() + seconds)
        self._wake.set()

    async def _give(self) -> None:
        """Give turns until nobody waits."""
        while self._waiters:
            self._wake.clear()
            wait = self._next()
            if wait > 0:
                sleeping = asyncio.ensure_future(self._timer.sleep(wait))
                waking = asyncio.ensure_future(self._wake.wait())
                await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
                for task in (sleeping, waking):
                    task.cancel()
                await asyncio.gather(sleeping, waking, return_exceptions=True)

    def _next(self) -> float:
        """Give a turn to the most urgent who may go now (0), or say how long nobody may."""
        now, shortest, passed = self._timer.time(), float("inf"), []
        try:
            while self._waiters:
                waiter = heapq.heappop(self._waiters)
                if waiter.turn.done():
                    continue
                wait = self._wait(waiter, now)
                if wait <= 0:
                    self._take(waiter, now)
                    waiter.turn.set_result(None)
                    return 0.0
                passed.append(waiter)
                shortest = min(shortest, wait)
        finally:
            for waiter in passed:
                heapq.heappush(self._waiters, waiter)
        return shortest if passed else 0.0

    def _wait(self, waiter: _Waiter, now: float) -> float:
        wait = 0.0
        for place in ("", waiter.chat):
            wait = max(wait, self._held.get(place, 0.0) - now)
        for rate in waiter.rates:
            if waiter.call not in rate.calls:
                continue
            sent = self._sent.get((rate, waiter.chat if rate.chat else ""))
            if sent is not None and len(sent) >= rate.most:
                wait = max(wait, sent[-rate.most] + rate.seconds * MARGIN - now)
        return wait

    def _take(self, waiter: _Waiter, now: float) -> None:
        for rate in waiter.rates:
            if waiter.call in rate.calls:
                key = (rate, waiter.chat if rate.chat else "")
                self._sent.setdefault(key, deque(maxlen=rate.most)).append(now)
        if len(self._sent) > 10_000:
            self._sent = {key: sent for key, sent in self._sent.items() if sent[-1] + key[0].seconds * MARGIN > now}
        self._held = {place: until for place, until in self._held.items() if until > now}
