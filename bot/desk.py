"""The queue before the engine: every command of every surface passes here, and one thread carries them out.

The event loop never blocks on the database. A waiter is told by push, once a batch is committed; a database that does
not answer is waited for, and who cannot wait so long is told that nothing is certain yet.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.commands import Command
from core.engine import Batch, Engine, Failed, Outcome
from core.errors import PlacetError, StoreFull, StoreUnavailable

MOST_AT_ONCE = 256
LONGEST_QUEUE = 10_000
PATIENCE = 15.0
"""Seconds that a waiter is kept while the database does not answer."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
_WATCH_EVERY = 0.5

log = logging.getLogger("placet.desk")


class Overloaded(PlacetError):
    """Too many commands wait already; nothing of this one was recorded."""


class Closing(PlacetError):
    """Placet is shutting down; nothing of this command was recorded."""


class NotCertain(PlacetError):
    """The database does not answer. The command may still be carried out: the same id finds out."""


@dataclass(slots=True)
class _Waiting:
    command: Command
    future: asyncio.Future[Outcome]
    since: float


class Desk:
    """`on_batch` is called on the event loop after each committed batch."""

    def __init__(self, engine: Engine, on_batch: Callable[[Batch], None]) -> None:
        self._engine = engine
        self._on_batch = on_batch
        self._queue: deque[_Waiting] = deque()
        self._unanswered: deque[_Waiting] = deque()
        self._flushing = False
        self._watch: asyncio.TimerHandle | None = None
        self._ready = threading.Condition()
        self._closing = False
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._work, name="placet-writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def trouble(self) -> str | None:
        """What keeps the database from recording, or None."""
        return self._trouble

    @property
    def waiting(self) -> int:
        """How many commands wait."""
        return len(self._queue)

    def start(self) -> None:
        """Begin to work, for the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def ask(self, command: Command) -> Outcome:
        """Carry out a command, durably. Raises Overloaded, Closing, StoreFull (nothing recorded) or NotCertain."""
        if self._closing:
            raise Closing("Placet is shutting down.")
        if len(self._queue) >= LONGEST_QUEUE:
            raise Overloaded("Too many commands wait already; try again in a moment.")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(command, loop.create_future(), loop.time())
        self._queue.append(waiting)
        if not self._flushing:
            # After everybody who is ready now has spoken: waking the writer at the first word makes batches of one.
            self._flushing = True
            loop.call_soon(self._flush)
        self._unanswered.append(waiting)
        if self._watch is None:
            self._watch = loop.call_later(_WATCH_EVERY, self._look_after)
        # A waiter who leaves takes the command along, if it has not been begun.
        return await waiting.future

    def _flush(self) -> None:
        self._flushing = False
        with self._ready:
            self._ready.notify()

    def _look_after(self) -> None:
        """Tell those who have waited too long. One look at all of them now and then: a timer for each costs more."""
        loop = asyncio.get_running_loop()
        unanswered = self._unanswered
        while unanswered and (unanswered[0].future.done() or loop.time() - unanswered[0].since > PATIENCE):
            waiting = unanswered.popleft()
            if not waiting.future.done():
                waiting.future.set_exception(NotCertain("The database does not answer. Ask again with the same key."))
        self._watch = loop.call_later(_WATCH_EVERY, self._look_after) if unanswered else None

    async def close(self) -> None:
        """Take no more, carry out what waits, and stop."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, PATIENCE)

    def _work(self) -> None:
        while True:
            with self._ready:
                while not self._queue and not self._closing:
                    self._ready.wait()
                if not self._queue:
                    return
                count = min(len(self._queue), MOST_AT_ONCE)
                batch = [self._queue.popleft() for _ in range(count)]
            try:
                self._carry_out([w for w in batch if not w.future.done()])
            except Exception:
                # Only a fault of the desk itself comes here; the writer must outlive it.
                log.exception("the writer failed on a batch of %d", len(batch))
                self._tell([(w, Failed(PlacetError("the writer failed"))) for w in batch], None)

    def _carry_out(self, batch: list[_Waiting]) -> None:
        pause, again = _FIRST_PAUSE, False
        while batch:
            try:
                done = self._engine.run([w.command for w in batch], again=again)
            except StoreFull as problem:
                self._now_in_trouble(str(problem))
                self._tell([(w, problem) for w in batch], None)
                return
            except StoreUnavailable as problem:
                self._now_in_trouble(str(problem))
                with self._ready:
                    if self._closing:
                        self._tell([(w, problem) for w in batch], None)
                        return
                    self._ready.wait(pause)
                pause, again = min(pause * 2, _LONGEST_PAUSE), True
                batch = [w for w in batch if not w.future.done()]
            else:
                if self._trouble is not None:
                    log.info("the database answers again")
                    self._trouble = None
                self._tell(list(zip(batch, done.outcomes, strict=True)), done)
                return

    def _now_in_trouble(self, what: str) -> None:
        if self._trouble is None:
            log.error("the database does not record: %s", what)
        self._trouble = what

    def _tell(self, answers: list[tuple[_Waiting, Outcome | Exception]], batch: Batch | None) -> None:
        if self._loop is None or self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._resolve, answers, batch)

    def _resolve(self, answers: list[tuple[_Waiting, Outcome | Exception]], batch: Batch | None) -> None:
        for waiting, answer in answers:
            if isinstance(answer, Failed):
                log.error("command %s failed", waiting.command.id, exc_info=answer.error)
            if waiting.future.done():  # gone, or told that nothing is certain
                continue
            if isinstance(answer, Exception):
                waiting.future.set_exception(answer)
            else:
                waiting.future.set_result(answer)
        if batch is not None:
            self._on_batch(batch)
