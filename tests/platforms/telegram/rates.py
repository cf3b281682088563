"""How often a bot may write: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this

"Avoid sending more than one message per second [in a chat]; we may allow short bursts", "not more than 20 messages per
minute to the same group", "about 30 messages per second" over all. How edits are counted is not documented: here, as
messages.
"""

from __future__ import annotations

import math
from collections import deque

from tests.platforms.clock import FastClock
from tests.platforms.telegram.refusals import Refused
from tests.platforms.telegram.world import Chat

BURST = 3
_JITTER = 0.03  # seconds on the wall that a call may be late: two that were sent a second apart may arrive closer


class Rates:
    def __init__(self, clock: FastClock) -> None:
        self._clock = clock
        self.burst = BURST
        self.forget()

    def forget(self) -> None:
        self._free_at: dict[int, float] = {}
        """When a chat would be quite idle: each message adds a second to it."""
        self._in_group: dict[int, deque[float]] = {}
        self._everywhere: deque[float] = deque()

    def take(self, chat: Chat) -> None:
        """Count a message. Raises the 429."""
        now = self._clock.time()
        slack = _JITTER * self._clock.speed
        group = self._in_group.setdefault(chat.id, deque())
        idle_at = max(now, self._free_at.get(chat.id, now))
        waits = [
            idle_at - now - (self.burst - 1) - slack,
            _until_room(self._everywhere, 30, 1, now, slack),
            _until_room(group, 20, 60, now, slack) if chat.kind != "private" else 0.0,
        ]
        if max(waits) > 0:
            seconds = max(1, math.ceil(max(waits)))
            raise Refused(f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        self._free_at[chat.id] = idle_at + 1
        group.append(now)
        self._everywhere.append(now)


def _until_room(calls: deque[float], most: int, seconds: float, now: float, slack: float) -> float:
    while calls and calls[0] <= now - seconds:
        calls.popleft()
    return calls[-most] + seconds - now - slack if len(calls) >= most else 0.0
