"""Calls people to what waits for them, on the browsers that they have chosen: a hint, and never the record.

What is not called for (a browser that is off for long, a crash between the fact and the message) stands in the inbox
all the same, and its reminder calls once more. Only the process that recorded a fact calls for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from bot.devices import ALL, Browser, Devices
from bot.pace import Timer
from bot.push_service import Message, PushService, Sent
from bot.threads import off_the_loop
from core import people as who
from core.canonical import time_text
from core.engine import Batch
from core.errors import PlacetError
from core.events import Escalated, Opened, Reminded, Revised
from core.model import Gate, Person
from core.ports import Clock, Reader
from core.registry import Registry
from core.request import Request
from core.text import cut

SOON = timedelta(minutes=10)
"""What must be decided within this time is urgent, whatever its tier."""
APART = 5.0
"""Seconds between two messages to one browser: what comes meanwhile comes together."""
_GATHER = 0.25
"""Seconds between two looks at what is new: a burst of requests is one look at the database."""
_PAUSES = (1.0, 4.0, 15.0, 60.0, 240.0)
"""Seconds before each further attempt."""
_MOST_NEW = 1_000
"""Requests at one look: of more, nobody is called to each."""
_MOST_BUSY = 500
_AT_ONCE, _TRIES_AT_ONCE = 16, 4
_LONGEST_KEPT = 7 * 86_400
_LONGEST_TITLE = 120
log = logging.getLogger("placet.push")


@dataclass(frozen=True, slots=True)
class News:
    """A request that waits. `anew`: call, even where a message about it stands already."""

    request: Request
    anew: bool = False


class Push:
    """On one event loop. `registry`: people and policy as they are now."""

    def __init__(
        self,
        devices: Devices,
        service: PushService,
        reader: Reader,
        registry: Callable[[], Registry],
        clock: Clock,
        timer: Timer,
    ) -> None:
        self.devices = devices
        self._service, self._reader, self._registry = service, reader, registry
        self._clock, self._timer = clock, timer
        self._new: dict[str, News] = {}
        self._gathered: dict[str, dict[str, News]] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._looking = False
        self._wake = asyncio.Event()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        # Of their own: whoever presses "Try it" for an address that never answers keeps no real message waiting.
        self._tries = asyncio.Semaphore(_TRIES_AT_ONCE)

    @property
    def busy(self) -> bool:
        """Whether anything is yet to be sent."""
        return bool(self._new or self._busy or self._looking)

    def on_batch(self, batch: Batch) -> None:
        for told in batch.facts:
            if not isinstance(told.fact, Opened | Revised | Escalated | Reminded):
                continue
            request = batch.changed[told.request]
            if not request.pending or request.ruling.gate is not Gate.ASK:
                continue
            before = self._new.get(request.id)
            anew = isinstance(told.fact, Revised | Reminded) or (before is not None and before.anew)
            if before is None and len(self._new) >= _MOST_NEW:
                return
            self._new[request.id] = News(request, anew)
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                news, self._new, self._looking = self._new, {}, True
                try:
                    await self._hand_out(news)
                except PlacetError as problem:
                    log.warning("calls wait for the database: %s", problem)
                    self._new = {**news, **self._new}
                    self._wake.set()
                    await self._timer.sleep(1.0)
                self._looking = False
                await self._timer.sleep(_GATHER)
        finally:
            under_way = list(self._busy.values())
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            await self._service.close()

    async def try_out(self, browser: Browser) -> Sent:
        """Send somebody a message that they have asked for, to see whether any come."""
        body = {"kind": "try", "title": "Notifications work", "tier": ""}
        message = Message(orjson.dumps(body), keeps=60, urgent=True, topic="try")
        async with self._tries:
            sent = await self._service.send(await self.devices.key(), browser.subscription, message)
        if sent.gone:
            await self.devices.forget(browser.person, browser.id)
        return sent

    async def _hand_out(self, news: Mapping[str, News]) -> None:
        """Give each browser what its person is to be called to."""
        now, registry = self._clock.now(), self._registry()
        present = [person.id for person in registry.people.values() if person.active and not person.is_away(now)]
        for browser in await self.devices.of(present):
            person = registry.people[browser.person]
            wanted = {
                one.request.id: one
                for one in news.values()
                if (browser.which == ALL or is_urgent(one.request, registry, now))
                and called_for(person, one.request, registry, now)
            }
            # With many browsers and much that is new, others want to go on meanwhile.
            await asyncio.sleep(0)
            if not wanted:
                continue
            if browser.id not in self._busy and len(self._busy) >= _MOST_BUSY:
                log.warning("too many browsers are written to at once: one of %s is left out", browser.person)
                continue
            self._gathered.setdefault(browser.id, {}).update(wanted)
            if browser.id not in self._busy:
                self._busy[browser.id] = asyncio.create_task(self._write_to(browser), name="push")

    async def _write_to(self, browser: Browser) -> None:
        """Send what was gathered for one browser, until nothing more comes."""
        try:
            while news := self._gathered.pop(browser.id, None):
                if not await self._sent(browser, news):
                    return
                await self._timer.sleep(APART)
        except PlacetError as problem:
            log.warning("a browser of %s was not written to: %s", browser.person, problem)
        except Exception:
            log.exception("a browser of %s was not written to", browser.person)
        finally:
            # At once, and not when the task is looked at: what comes from now on begins another.
            self._gathered.pop(browser.id, None)
            self._busy.pop(browser.id, None)

    async def _sent(self, browser: Browser, news: dict[str, News]) -> bool:
        """Send it as one message, trying again for a while. False: this browser takes none any more."""
        if not await self.devices.signed_in(browser):
            return True
        key = await self.devices.key()
        pauses = iter(_PAUSES)
        while True:
            message = message_of(list(news.values()), self._registry(), self._clock.now())
            async with self._turns:
                sent = await self._service.send(key, browser.subscription, message)
            if sent.good:
                return True
            if sent.gone:
                log.info("a browser of %s takes messages no more (%s)", browser.person, sent.status)
                await self.devices.forget(browser.person, browser.id)
                return False
            pause = next(pauses, None)
            if sent.later is None or pause is None:
                host = browser.subscription.host
                log.warning("%s did not take a message to a browser of %s: %s", host, browser.person, sent.status)
                return True
            await self._timer.sleep(max(pause, sent.later))
            news = await self._still_open(browser, news | self._gathered.pop(browser.id, {}))
            if not news:
                return True

    async def _still_open(self, browser: Browser, news: Mapping[str, News]) -> dict[str, News]:
        """What of it still waits for this person, as it stands now; nothing, if the browser was taken out."""
        if browser.id not in {one.id for one in await self.devices.of([browser.person])}:
            return {}
        found = await off_the_loop(self._reader.requests, list(news))
        now, registry = self._clock.now(), self._registry()
        return {
            name: replace(news[name], request=request)
            for name, request in found.items()
            if request.pending
            and request.ruling.expire_at > now
            and (person := registry.people.get(browser.person)) is not None
            and called_for(person, request, registry, now)
        }


def called_for(person: Person, request: Request, registry: Registry, now: datetime) -> bool:
    """Whether somebody is to be called: it waits for them, and they are there."""
    return not person.is_away(now) and who.waits_for(person, request, registry.people, registry.programs, now)


def is_urgent(request: Request, registry: Registry, now: datetime) -> bool:
    """Whether it has the highest tier there is, or its time is nearly over."""
    highest = max(registry.policy.tiers, default=0) if registry.policy is not None else 0
    return request.ruling.tier >= highest or request.ruling.expire_at - now < SOON


def message_of(news: Collection[News], registry: Registry, now: datetime) -> Message:
    """One message of it all: the request itself, or how many there are and the first of them."""
    ranked = sorted(news, key=lambda one: (-one.request.ruling.tier, one.request.ruling.expire_at, one.request.id))
    first, last = ranked[0].request, max(one.request.ruling.expire_at for one in ranked)
    body: dict[str, object] = {
        "kind": "one" if len(ranked) == 1 else "many",
        "id": first.id,
        "title": cut(first.proposal.title, _LONGEST_TITLE),
        "tier": first.ruling.tier_name,
        "until": time_text(first.ruling.expire_at),
        "count": len(ranked),
        "anew": len(ranked) > 1 or ranked[0].anew,
    }
    return Message(
        orjson.dumps(body),
        keeps=max(1, min(_LONGEST_KEPT, int((last - now).total_seconds()))),
        urgent=any(is_urgent(one.request, registry, now) for one in ranked),
        topic=first.id.removeprefix("req_")[:32] if len(ranked) == 1 else "many",
    )
