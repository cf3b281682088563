"""Time that may run faster than the machine's, shared by a platform's server and Placet."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class FastClock:
    """`core.ports.Clock` and `bot.pace.Timer` at once. One second here is 1/`speed` of a second on the wall."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._began = time.monotonic()
        self._utc = datetime.now(UTC)

    @classmethod
    def shared(cls, speed: float, began: float, utc: datetime) -> FastClock:
        """The clock of another process on this machine, from its `words`."""
        clock = cls(speed)
        clock._began, clock._utc = began, utc
        return clock

    def words(self) -> tuple[str, str, str]:
        """What it takes to make the same clock in another process: the machine's steady clock is one for all."""
        return str(self.speed), repr(self._began), self._utc.isoformat()

    def time(self) -> float:
        """Seconds since this clock was made, as it counts them."""
        return (time.monotonic() - self._began) * self.speed

    def now(self) -> datetime:
        return self._utc + timedelta(seconds=self.time())

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)
