"""Turns under a platform's rates: the most urgent call first, and none so early that the platform would refuse it."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from core.platforms import Rate

MARGIN = 1.04
"""By how much every span is stretched: what leaves here evenly may arrive there a little closer together."""
Urgency = tuple[int, ...]
AT_ONCE: Urgency = (-1_000,)
"""Somebody has just tapped and looks at the screen."""
_MOST_WINDOWS = 10_000
_TINY = 1e-6
"""Seconds too few to wait for: a sum of fractions may miss the moment by less."""
_Window = tuple[Rate, str]


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


class Turn:
    """The right to make one call, now. Who does not make it gives it `back`."""

    def __init__(self, pace: Pace, windows: Sequence[_Window], at: float, waited: float) -> None:
        self._pace = pace
        self.windows = windows
        self.at = at
        self.waited = waited
        """Seconds since it was asked for."""

    def begins(self) -> None:
        """The call is made at this moment and not, as was assumed, when the turn was given."""
        self._pace.move(self)

    def back(self) -> None:
        """The call is not made after all."""
        self._pace.take_back(self)


@dataclass(order=True)
class _Waiter:
    urgency: Urgency
    number: int
    windows: Sequence[_Window] = field(compare=False)
    chat: str = field(compare=False)
    since: float = field(compare=False)
    turn: asyncio.Future[Turn] = field(compare=False)


class Pace:
    """One platform's turns, for all its chats; on one event loop.

    Who may not go yet keeps nobody waiting who may. In one chat, and among all who want the same rate, the more urgent
    go first and equals in the order in which they came, so nobody waits for ever behind somebody less urgent.
    """

    def __init__(self, timer: Timer) -> None:
        self._timer = timer
        self._waiters: list[_Waiter] = []
        self._numbers = count()
        self._sent: dict[_Window, deque[float]] = {}
        self._held: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def turn(self, rates: Sequence[Rate], chat: str, call: str, urgency: Urgency = AT_ONCE) -> Turn:
        """Wait until one call may be made. The smallest urgency of those who may go is first."""
        windows = list(dict.fromkeys((rate, chat if rate.chat else "") for rate in rates if call in rate.calls))
        now = self._timer.time()
        if not windows and not self._held:
            return Turn(self, windows, now, 0.0)
        future: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, _Waiter(urgency, next(self._numbers), windows, chat, now, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._give())
        self._wake.set()
        try:
            turn = await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                future.result().back()
            self._wake.set()
            raise
        turn.begins()
        return turn

    def hold(self, seconds: float, chat: str = "") -> None:
        """The platform has asked to be left alone for so long, in one chat or in all."""
        self._held[chat] = max(self._held.get(chat, 0.0), self._timer.time() + seconds)
        self._wake.set()

    def move(self, turn: Turn) -> None:
        """Count the turn's call as made now."""
        now = self._timer.time()
        if now != turn.at:
            self._forget(turn)
            turn.at = now
            self._count(turn)

    def take_back(self, turn: Turn) -> None:
        """Do not count the turn's call."""
        self._forget(turn)
        self._wake.set()

    def _forget(self, turn: Turn) -> None:
        for window in turn.windows:
            # So many may have gone meanwhile that it is forgotten already.
            with contextlib.suppress(KeyError, ValueError):
                self._sent[window].remove(turn.at)

    def _count(self, turn: Turn) -> None:
        for window in turn.windows:
            self._sent.setdefault(window, deque(maxlen=window[0].most)).append(turn.at)

    async def _give(self) -> None:
        """Give turns until nobody waits."""
        while self._waiters:
            self._wake.clear()
            wait = self._next()
            if wait > 0:
                sleeping = asyncio.ensure_future(self._timer.sleep(wait))
                waking = asyncio.ensure_future(self._wake.wait())
                try:
                    await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
                finally:
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
                if wait <= _TINY:
                    turn = Turn(self, waiter.windows, now, now - waiter.since)
                    self._count(turn)
                    self._tidy(now)
                    waiter.turn.set_result(turn)
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
        for window in waiter.windows:
            rate, sent = window[0], self._sent.get(window)
            if sent is not None and len(sent) >= rate.most:
                wait = max(wait, sent[0] + rate.seconds * MARGIN - now)
        return wait

    def _tidy(self, now: float) -> None:
        """Forget what no longer bounds anybody."""
        self._held = {place: until for place, until in self._held.items() if until > now}
        if len(self._sent) > _MOST_WINDOWS:
            self._sent = {
                window: sent
                for window, sent in self._sent.items()
                if sent and sent[-1] + window[0].seconds * MARGIN > now
            }
