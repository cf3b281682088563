"""What every surface needs, introduced to each other in `bootstrap.py`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.bulletin import Bulletin
from bot.delivery import Delivery
from bot.desk import Desk
from bot.lookups import Lookups
from bot.metrics import Metrics
from bot.threads import within
from core.commands import Command
from core.engine import Outcome
from core.errors import Refused
from core.ports import Clock, Reader
from core.registry import Registry

Answer = TypeVar("Answer")
security = logging.getLogger("placet.security")
_MOST_LINES = 20
"""Lines in the security log in one second; what is above is counted in the metrics alone."""


@dataclass(slots=True)
class Services:
    desk: Desk
    reader: Reader
    lookups: Lookups
    bulletin: Bulletin
    delivery: Delivery
    clock: Clock
    metrics: Metrics
    registry: Callable[[], Registry]
    max_body: int
    _second: int = 0
    _lines: int = 0

    async def ask(self, command: Command) -> Outcome:
        """Carry out a command; a refusal is counted, and written down as far as the log's rate allows."""
        outcome = await self.desk.ask(command)
        if isinstance(outcome, Refused):
            self.refused(command, outcome)
        return outcome

    def refused(self, command: Command, refused: Refused) -> None:
        self.metrics.refusals.labels(refused.code).inc()
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines <= _MOST_LINES:
            actor = command.actor
            security.warning(
                "refused %s: %s %s on %s over %s",
                refused.code,
                actor.kind.value,
                actor.ref,
                command.request or type(command).__name__,
                actor.via,
            )

    async def read(self, question: Callable[..., Answer], *arguments: object) -> Answer:
        """Ask the reader without blocking the event loop."""
        return await within(asyncio.to_thread(question, *arguments))
