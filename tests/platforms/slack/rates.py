"""How often a method may be called: https://docs.slack.dev/apis/web-api/rate-limits, on the server's clock."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.platforms.clock import FastClock
from tests.platforms.slack.errors import TooFast

TIER_2, TIER_3, TIER_4 = 20, 50, 100
ON_THE_WAY = 0.05
"""Seconds on the wall that a call may be on its way: as much nearer than allowed two calls may look to us."""


@dataclass(frozen=True)
class Rate:
    most: int
    seconds: float
    per_channel: bool = False


def _tier(most: int) -> Sequence[Rate]:
    return (Rate(most, 60.0),)


RATES: Mapping[str, Sequence[Rate]] = {
    # "Short bursts of more than 1 message per second" are allowed without a number, so none is counted on.
    "chat.postMessage": (Rate(1, 1.0, per_channel=True), Rate(60, 60.0, per_channel=True)),
    "chat.update": _tier(TIER_3),
    "chat.delete": _tier(TIER_3),
    "chat.postEphemeral": _tier(TIER_4),
    "views.open": _tier(TIER_4),
    "views.update": _tier(TIER_4),
    "views.push": _tier(TIER_4),
    "users.info": _tier(TIER_4),
    "conversations.open": _tier(TIER_3),
    "conversations.info": _tier(TIER_3),
    "conversations.history": _tier(TIER_3),
    "conversations.replies": _tier(TIER_3),
    "conversations.members": _tier(TIER_4),
    "conversations.list": _tier(TIER_2),
    "files.getUploadURLExternal": _tier(TIER_4),
    "files.completeUploadExternal": _tier(TIER_4),
    "team.info": _tier(TIER_3),
    # Tier 1 says "1+ per minute", yet ten connections may be open at once: they have to be opened somehow.
    "apps.connections.open": _tier(10),
}


class Rates:
    """Counts calls by team, method and, where it matters, channel."""

    def __init__(self, clock: FastClock) -> None:
        self._clock = clock
        self._at: defaultdict[tuple[str, ...], deque[float]] = defaultdict(deque)
        self.on = True

    def take(self, team: str, method: str, channel: str) -> None:
        """Count this call, or raise `TooFast` without counting it."""
        if not self.on:
            return
        now = self._clock.time()
        wait = 0.0
        windows = []
        for rate in RATES.get(method, ()):
            seconds = rate.seconds - ON_THE_WAY * self._clock.speed
            key = (team, method, str(rate.seconds), channel if rate.per_channel else "")
            calls = self._at[key]
            while calls and calls[0] <= now - seconds:
                calls.popleft()
            if len(calls) >= rate.most:
                wait = max(wait, calls[-rate.most] + rate.seconds - now)
            windows.append(calls)
        if wait > 0:
            raise TooFast(wait)
        for calls in windows:
            calls.append(now)
