"""The child process in which learning reckons: begun when there is work, ended when there is none.

Matching a year, looking for habits and drawing a picture take seconds of a processor and a hundred megabytes: in a
process of its own they hold up no approval, and a server that waits stays small. A child that dies takes nothing with
it but its own task.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from core.errors import PlacetError

IDLE = 60.0
"""Seconds without work after which the child is ended."""
LONGEST = 900.0
"""Seconds that one task may take: many times what 100,000 recommendations need."""
_NICE = 10
Given = ParamSpec("Given")
Made = TypeVar("Made")
log = logging.getLogger("placet.learning")


class WorkFailed(PlacetError):
    """The child died or took too long. What it was to do is done the next time."""


class Worker:
    """One child at most, one task at a time."""

    def __init__(self, idle: float = IDLE, longest: float = LONGEST) -> None:
        self._idle = idle
        self._longest = longest
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()
        self._ending: asyncio.TimerHandle | None = None

    @property
    def awake(self) -> bool:
        """Whether there is a child."""
        return self._pool is not None

    async def run(self, task: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> Made:
        """What a function of a module makes of what it is given, both of which travel. Raises what it raises."""
        async with self._turn:
            if self._ending is not None:
                self._ending.cancel()
            pool = self._pool = self._pool or _pool()
            try:
                async with asyncio.timeout(self._longest):
                    return await asyncio.wrap_future(pool.submit(_call, task, given, named))
            except BrokenProcessPool as problem:
                self._drop(pool)
                raise WorkFailed("the process that learning reckons in has died; it is begun anew") from problem
            except (TimeoutError, asyncio.CancelledError) as problem:
                # A task cannot be stopped: the whole child is.
                self._drop(pool, kill=True)
                if isinstance(problem, TimeoutError):
                    raise WorkFailed(f"learning has reckoned for {self._longest:.0f} s and was stopped") from problem
                raise
            finally:
                self._ending = asyncio.get_running_loop().call_later(self._idle, self._rest)

    def _rest(self) -> None:
        if self._pool is not None and not self._turn.locked():
            self._drop(self._pool)

    def _drop(self, pool: ProcessPoolExecutor, kill: bool = False) -> None:
        self._pool = None
        if kill:
            for process in list((pool._processes or {}).values()):
                process.kill()
        pool.shutdown(wait=False, cancel_futures=True)

    async def close(self) -> None:
        """End the child, and wait until it is gone."""
        if self._ending is not None:
            self._ending.cancel()
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)


def _pool() -> ProcessPoolExecutor:
    # Spawned, not forked: a fork of a process with threads and database connections is a fork of their locks.
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """In the child: after everybody else, and deaf to the keyboard, for the parent sees to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)


def _call(task: Callable[..., Made], given: tuple[object, ...], named: dict[str, object]) -> Made:
    return task(*given, **named)
