"""The queue of updates and long polling: https://core.telegram.org/bots/api#getting-updates"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tests.platforms.clock import FastClock
from tests.platforms.hands import Faults
from tests.platforms.telegram.refusals import Refused
from tests.platforms.telegram.world import Json

KINDS = {
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
    "edited_business_message", "deleted_business_messages", "guest_message", "message_reaction",
    "message_reaction_count", "inline_query", "chosen_inline_result", "callback_query", "shipping_query",
    "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer", "my_chat_member", "chat_member",
    "chat_join_request", "chat_boost", "removed_chat_boost", "managed_bot",
}  # fmt: skip
_ONLY_IF_ASKED = {"chat_member", "message_reaction", "message_reaction_count"}
LONGEST_POLL = 50
_BETWEEN_CONFLICTS = 3.0
_LOOK_AGAIN = 0.01
_OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


@dataclass
class Event:
    """Something that happened, as the bot is told of it; `content` is made when it is fetched."""

    kind: str
    content: Callable[[], Json]
    id: int = 0
    delivered: float | None = None
    confirmed: bool = False
    again: int = 0
    """How often a confirmation of it is still to get lost."""


class Updates:
    def __init__(self, clock: FastClock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self._next = 100_000_000 + secrets.randbelow(800_000_000)
        self._queue: list[Event] = []
        self._held: Event | None = None
        self._poll = 0
        self._next_conflict = 0.0
        self.allowed: set[str] = KINDS - _ONLY_IF_ASKED
        self.webhook = ""
        self.conflicts = 0

    @property
    def pending(self) -> int:
        return len(self._queue)

    def tell(self, kind: str, content: Callable[[], Json]) -> Event:
        """Queue an event; what the bot has not asked for is dropped, which looks the same as never confirmed."""
        event = Event(kind, content)
        if kind not in self.allowed:
            return event
        if self._faults.repeat_events > 0:
            self._faults.repeat_events -= 1
            event.again = 1
        if self._faults.swap_events and self._held is None:
            self._faults.swap_events = False
            self._held = event
            return event
        for one in [event, self._held] if self._held else [event]:
            one.id, self._next = self._next, self._next + 1
            self._queue.append(one)
        self._held = None
        return event

    def allow(self, kinds: list[str]) -> None:
        self.allowed = set(kinds) & KINDS if kinds else KINDS - _ONLY_IF_ASKED

    def drop(self) -> None:
        self._queue.clear()

    async def poll(self, offset: int, limit: int, seconds: float, alive: Callable[[], bool]) -> list[Json]:
        """What is unconfirmed from `offset` on; waits for it if there is nothing. Raises the 409."""
        if self.webhook:
            raise Refused(f"Conflict: {_WEBHOOK}")
        self._confirm(offset)
        # A newer poll ends an older one; the older is the one that is told.
        self._poll += 1
        mine, until = self._poll, self._clock.time() + min(seconds, LONGEST_POLL)
        while alive():
            if mine != self._poll:
                await self._conflict()
            found = self._queue[: max(1, min(limit, 100))]
            if found or self._clock.time() >= until:
                return [self._deliver(one) for one in found]
            await asyncio.sleep(_LOOK_AGAIN)
        return []

    def _deliver(self, event: Event) -> Json:
        event.delivered = event.delivered if event.delivered is not None else self._clock.time()
        return {"update_id": event.id, event.kind: event.content()}

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self._queue = self._queue[offset:]
            return
        left = []
        for event in self._queue:
            if event.id < offset:
                event.confirmed = True
                if not event.again:
                    continue
                event.again -= 1
            left.append(event)
        self._queue = left

    async def _conflict(self) -> None:
        self.conflicts += 1
        now = self._clock.time()
        if now < self._next_conflict:
            await asyncio.sleep(_BETWEEN_CONFLICTS / self._clock.speed)
        else:
            self._next_conflict = now + _BETWEEN_CONFLICTS
        raise Refused(f"Conflict: {_OTHER_POLLER}")
