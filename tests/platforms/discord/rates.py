"""How often each route may be called: https://discord.com/developers/docs/topics/rate-limits

Discord publishes no numbers but the global one and tells clients to read the headers; those of the routes here are what
bots have long seen in them. Windows are of the server's clock. What is told in seconds is told in seconds of the wall,
because the SDK sleeps on the wall: at speed 1 they are the same.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import deque
from dataclasses import dataclass

from tests.platforms.clock import FastClock
from tests.platforms.discord.errors import Refused

GLOBAL_PER_SECOND = 50
INVALID_IN_TEN_MINUTES = 10_000
_OLD_EDITS, _OLD_EDITS_SECONDS, _OLD = 3, 20.0, 3600.0
_DEFAULT = (10, 1.0)
_LIMITS = {
    "create_message": (5, 5.0),
    "update_message": (5, 5.0),
    "delete_message": (5, 1.0),
    "list_messages": (5, 5.0),
    "get_message": (5, 5.0),
    "create_dm": (10, 10.0),
    "execute_webhook": (5, 2.0),
    "update_original_webhook_message": (5, 2.0),
    "update_webhook_message": (5, 2.0),
    "bulk_set_application_commands": (2, 10.0),
    "bulk_set_guild_application_commands": (2, 10.0),
}
EXEMPT = {"create_interaction_response"}


def outside_the_global_limit(operation: str) -> bool:
    return operation in EXEMPT or "webhook" in operation


@dataclass
class _Window:
    limit: int
    seconds: float
    began: float
    used: int = 0


class Rates:
    def __init__(self, clock: FastClock) -> None:
        self.clock = clock
        self.forget()

    def forget(self) -> None:
        self._windows: dict[tuple[str, str], _Window] = {}
        self._calls: deque[float] = deque()
        self._invalid: deque[float] = deque()
        self._old_edits: dict[str, deque[float]] = {}

    def on_the_wall(self, seconds: float) -> float:
        return round(seconds / self.clock.speed, 3)

    def take(self, operation: str, major: str) -> dict[str, str]:
        """Count a call; the headers of its answer. Raises the 429."""
        now = self.clock.time()
        if not outside_the_global_limit(operation):
            while self._calls and now - self._calls[0] >= 1:
                self._calls.popleft()
            if len(self._calls) >= GLOBAL_PER_SECOND:
                raise limited(1 - (now - self._calls[0]), everywhere=True)
            self._calls.append(now)
        if operation in EXEMPT:
            return {}
        window = self._windows.get((operation, major))
        if window is None or now - window.began >= window.seconds:
            window = _Window(*_LIMITS.get(operation, _DEFAULT), began=now)
            self._windows[operation, major] = window
        window.used += 1
        if window.used > window.limit:
            raise limited(window.seconds - (now - window.began))
        return self.headers(operation, major)

    def headers(self, operation: str, major: str) -> dict[str, str]:
        window = self._windows.get((operation, major))
        if window is None:
            return {}
        left = self.on_the_wall(max(0.0, window.seconds - (self.clock.time() - window.began)))
        return {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(max(0, window.limit - window.used)),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(operation.encode()).hexdigest()[:32],
        }

    def edit_of_old(self, channel: str, age: float) -> None:
        """Messages older than an hour may be edited seldom. Raises 30046, which has the form of a 429."""
        now = self.clock.time()
        if age <= _OLD:
            return
        edits = self._old_edits.setdefault(channel, deque())
        while edits and now - edits[0] >= _OLD_EDITS_SECONDS:
            edits.popleft()
        if len(edits) >= _OLD_EDITS:
            raise Refused(30046, blamed=False, retry_after=_OLD_EDITS_SECONDS - (now - edits[0]))
        edits.append(now)

    def count_invalid(self) -> None:
        self._invalid.append(self.clock.time())

    def banned(self) -> bool:
        """Whether so many calls were answered with 401, 403 or 429 that Cloudflare answers in Discord's place."""
        now = self.clock.time()
        while self._invalid and now - self._invalid[0] >= 600:
            self._invalid.popleft()
        return len(self._invalid) >= INVALID_IN_TEN_MINUTES

    def headers_of_a_refusal(self, refused: Refused, operation: str, major: str) -> dict[str, str]:
        after = self.on_the_wall(refused.retry_after or 0)
        head = {"Retry-After": str(math.ceil(after)), "X-RateLimit-Scope": "global" if refused.everywhere else "user"}
        if refused.everywhere:
            return head | {"X-RateLimit-Global": "true"}
        return head | self.headers(operation, major)


def limited(seconds: float, *, everywhere: bool = False) -> Refused:
    return Refused(
        0,
        status=429,
        message="You are being rate limited.",
        blamed=False,
        retry_after=max(seconds, 0.001),
        everywhere=everywhere,
    )
