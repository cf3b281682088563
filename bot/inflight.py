"""Work that must be finished before the house closes, and that somebody waits for only so long."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from bot.pace import Timer

Result = TypeVar("Result")


class InFlight:
    """Tasks that are kept until they are done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drained(self, patience: float) -> None:
        """Wait for what is in flight, at most so many seconds, then cancel the rest."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def done_within(task: asyncio.Task[Result], seconds: float, timer: Timer) -> bool:
    """Whether the task is done in so many seconds of the timer; it goes on in any case."""
    late = asyncio.ensure_future(timer.sleep(seconds))
    try:
        await asyncio.wait({task, late}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        late.cancel()
    return task.done()
