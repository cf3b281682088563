"""Delivery makes what stands in a channel equal to what is wanted there, as often as it takes.

A post has a wanted and a shown version. Ten changes while a platform is down become one edit; after a crash the rows
say what is missing. Each channel is served on its own, so that a broken platform never stops the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from bot.courier import Courier
from bot.desk import Desk
from bot.errand import Face, Notice, Place
from bot.pace import Timer, WallTimer
from core import card
from core.engine import Batch
from core.events import Blocked, Escalated, Reminded
from core.ports import Clock, Reader
from core.queue import urgency

log = logging.getLogger("placet.delivery")


class Delivery:
    """`places`: where each channel's cards are shown. It may answer otherwise after a `refresh`.

    `face`: the card of a request; called beside the event loop, where it may read.
    """

    def __init__(
        self,
        desk: Desk,
        reader: Reader,
        clock: Clock,
        places: Callable[[], Mapping[str, Place]],
        timer: Timer | None = None,
        face: Face = card.of,
    ) -> None:
        self._desk = desk
        self._reader = reader
        self._clock = clock
        self._places = places
        self._timer = timer or WallTimer()
        self._face = face
        self._couriers: dict[str, Courier] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """Of every channel that is served, or was: the last one may still be about to end."""
        self._running = False

    @property
    def degraded(self) -> Mapping[str, str]:
        """Channels that do not take messages now, and why."""
        return {name: courier.trouble for name, courier in self._couriers.items() if courier.trouble is not None}

    def on_batch(self, batch: Batch) -> None:
        if batch.registry_changed:
            self.refresh()
        aloud = [
            Notice(told, urgency(batch.changed[told.request]))
            for told in batch.facts
            if isinstance(told.fact, (Reminded, Escalated, Blocked)) and told.request in batch.changed
        ]
        for courier in self._couriers.values():
            courier.notices.extend(aloud)
            if batch.changed:
                courier.wake.set()

    def refresh(self) -> None:
        """The places may have changed: serve the new channels, stop serving those that are gone. On the event loop."""
        if not self._running:
            return
        try:
            places = self._places()
        except Exception:
            log.exception("nobody knows where the channels are now; they stay as they were")
            return
        for name in self._couriers.keys() - places.keys():
            del self._couriers[name]
            self._tasks[name].cancel()
        for name, place in places.items():
            courier = self._couriers.get(name)
            if courier is not None:
                courier.place = place
                continue
            courier = self._couriers[name] = Courier(name, place, self._desk, self._reader, self._timer, self._face)
            before = self._tasks.get(name)
            self._tasks[name] = asyncio.create_task(courier.run(before), name=f"delivery to {name}")
        self._tasks = {name: task for name, task in self._tasks.items() if name in self._couriers or not task.done()}

    async def run(self) -> None:
        """Serve every channel until cancelled."""
        self._running = True
        self.refresh()
        try:
            await asyncio.Event().wait()
        finally:
            self._running = False
            tasks, self._tasks, self._couriers = list(self._tasks.values()), {}, {}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
