"""A platform with no network behind it: it stands, fails and brings taps as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from core.platforms import Finding, Taps
from core.taps import Answer, Form, Tap
from tests.bot.scripted import Chat, Scripted


class ScriptedPlatform:
    """`core.ports.Platform`. `failures` end `run` one by one; `chats` by address, `directs` by user."""

    def __init__(self, name: str = "slack") -> None:
        self.name = name
        self.trouble: str | None = None
        self.chats: dict[str, Chat] = {}
        self.directs: dict[str, Chat] = {}
        self.failures: list[Exception | None] = []
        self.runs = 0
        self.running = False
        self.taps: Taps | None = None
        self.findings: list[Finding] | Exception = [Finding("token")]
        self.checked: list[str] = []
        """The chats that were to be looked at."""
        self.answers: list[Answer] = []
        self.pressed: list[asyncio.Task[None]] = []

    def at(self, address: str) -> Scripted:
        return Scripted(self.chats.setdefault(address, Chat()))

    def direct(self, user: str) -> Scripted:
        return Scripted(self.directs.setdefault(user, Chat()))

    async def run(self, taps: Taps) -> None:
        self.runs += 1
        if self.failures:
            failure = self.failures.pop(0)
            if failure is not None:
                raise failure
            return
        self.taps, self.running = taps, True
        try:
            await asyncio.Event().wait()
        finally:
            # As the promise says: the taps in flight are answered before it ends.
            self.running, pressed, self.pressed = False, self.pressed, []
            await asyncio.gather(*pressed)

    def press(self, tap: Tap) -> None:
        """A tap whose answer is waited for at the end of `run`."""

        async def work() -> None:
            assert self.taps is not None
            self.answers.append(await self.taps.tap(tap))

        self.pressed.append(asyncio.get_running_loop().create_task(work()))

    async def check(self, addresses: Sequence[str] = ()) -> Sequence[Finding]:
        self.checked += addresses
        if isinstance(self.findings, Exception):
            raise self.findings
        return self.findings


class Nobody:
    """`core.ports.Taps` to whom nothing is said."""

    async def tap(self, tap: Tap) -> Answer:
        raise AssertionError(tap)

    async def asked(self, tap: Tap, form: Form, ref: str) -> None:
        raise AssertionError(tap)


async def until(look: Callable[[], object], within: float = 10.0) -> None:
    """Wait on the event loop until something is so."""
    async with asyncio.timeout(within):
        while not look():  # noqa: ASYNC110 - what is looked at has no way to say so
            await asyncio.sleep(0.002)
