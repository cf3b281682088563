"""Delivery between a real engine on a real database and a scripted platform, in time that leaps over all waiting."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from bot.delivery import Delivery
from bot.desk import Desk
from bot.errand import Place
from bot.pace import Pace, Timer
from core.commands import Command
from core.engine import Batch, Done, Outcome
from core.registry import Registry
from core.request import Request
from tests.bot.scripted import Chat, Scripted
from tests.storage.scene import START, Scene

Found = TypeVar("Found")
PATIENCE = 30.0
"""Seconds of the wall that anything may take."""


class LeapingClock:
    """`core.ports.Clock` and `bot.pace.Timer`: time stands still while anybody works, and leaps to the next alarm
    when everybody waits for one. It does so within `passing` alone.
    """

    def __init__(self) -> None:
        self._time = 0.0
        self._alarms: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._passing = 0
        self.under_way: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """How many calls to threads are open, and how many there were so far."""

    def time(self) -> float:
        return self._time

    def now(self) -> datetime:
        return START + timedelta(seconds=self._time)

    async def sleep(self, seconds: float) -> None:
        alarm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._alarms, (self._time + max(0.0, seconds), next(self._numbers), alarm))
        await alarm

    @contextmanager
    def passing(self) -> Iterator[None]:
        self._passing += 1
        try:
            yield
        finally:
            self._passing -= 1

    async def pass_for(self, seconds: float) -> None:
        """Let so much time pass, with all that happens in it."""
        with self.passing():
            await self.sleep(seconds)

    async def run(self) -> None:
        quiet, heard = 0, 0
        while True:
            still_open, so_far = self.under_way()
            if still_open or not self._passing:
                quiet = 0
                await asyncio.sleep(0.0005)
            elif so_far != heard:
                quiet, heard = 0, so_far
            elif quiet < 50:
                # Who was just told something may still have something to do about it, some steps of the loop later.
                quiet += 1
                await asyncio.sleep(0)
            else:
                quiet = 0
                self._leap()
                await asyncio.sleep(0)

    def _leap(self) -> None:
        while self._alarms:
            at, _, alarm = heapq.heappop(self._alarms)
            if not alarm.done():
                self._time = max(self._time, at)
                alarm.set_result(None)
                return


@contextlib.asynccontextmanager
async def leaping(clock: LeapingClock) -> AsyncIterator[None]:
    task = asyncio.create_task(clock.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Threads(ThreadPoolExecutor):
    """Says how many calls are under way, until the loop has heard of their end."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(8)
        self.open = self.so_far = 0
        self._loop = loop

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.open += 1
        self.so_far += 1
        future = super().submit(fn, *args, **kwargs)
        # Soon, so that whoever asked has put a callback before this one and hears of the end first.
        self._loop.call_soon(future.add_done_callback, self._told)
        return future

    def _told(self, _: Future[Any]) -> None:
        self._loop.call_soon_threadsafe(self._ended)

    def _ended(self) -> None:
        self.open -= 1


class _Desk(Desk):
    open = so_far = 0

    async def ask(self, command: Command) -> Outcome:
        self.open += 1
        self.so_far += 1
        try:
            return await super().ask(command)
        finally:
            self.open -= 1


class Room:
    """A scene whose desk and delivery are at work."""

    def __init__(self, scene: Scene, clock: LeapingClock, desk: Desk, delivery: Delivery) -> None:
        self.scene = scene
        self.clock = clock
        self.desk = desk
        self.delivery = delivery

    async def do(self, *commands: Command) -> list[Request]:
        """Commands in one batch; all of them succeed."""
        outcomes = await asyncio.gather(*map(self.desk.ask, commands))
        assert {type(outcome) for outcome in outcomes} == {Done}, outcomes
        return [outcome.request for outcome in outcomes if isinstance(outcome, Done) and outcome.request]

    async def until(self, look: Callable[[], Found | None]) -> Found:
        """What `look` finds, as soon as it finds something; time passes meanwhile."""
        end = time.monotonic() + PATIENCE
        with self.clock.passing():
            while not (found := look()):
                assert time.monotonic() < end, "waited in vain"
                await asyncio.sleep(0.0005)
        return found

    async def settled(self, *channels: str) -> None:
        """Until nothing is behind in these channels."""
        await self.until(lambda: not any(self.scene.reader.unshown(channel, 1) for channel in channels))


def place(timer: Timer, chat: Chat, name: str = "desk", looks: bool = False) -> Place:
    return Place(Scripted(chat, looks), Pace(timer), name)


@contextlib.asynccontextmanager
async def delivering(
    url: str,
    clock: LeapingClock,
    places: Mapping[str, Place],
    channels: Callable[[Request, Registry], list[str]] | None = None,
) -> AsyncIterator[Room]:
    """`places` may be changed meanwhile. On a database that is furnished already, this is a restart."""
    scene = Scene(url, tuple(places), clock)  # type: ignore[arg-type]
    if channels is not None:
        scene.engine._channels = channels
    if not scene.events():
        scene.furnish()
    loop = asyncio.get_running_loop()
    threads = _Threads(loop)
    loop.set_default_executor(threads)
    hooks: list[Callable[[Batch], None]] = []

    def told(batch: Batch) -> None:
        for hook in hooks:
            hook(batch)

    desk = _Desk(scene.engine, told)
    delivery = Delivery(desk, scene.reader, clock, lambda: dict(places), clock)
    hooks.append(delivery.on_batch)
    clock.under_way = lambda: (threads.open + desk.open, threads.so_far + desk.so_far)
    desk.start()
    async with leaping(clock):
        running = asyncio.create_task(delivery.run())
        try:
            yield Room(scene, clock, desk, delivery)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await desk.close()
            scene.close()


def play(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())
