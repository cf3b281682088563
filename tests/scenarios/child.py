"""Placet as a process of its own that shares a platform's clock: `python -m tests.scenarios.child SPEED BEGAN UTC`.

Settings come from the environment, as `placet serve` takes them. It serves until it is told to stop.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.config import Settings, read_house, read_settings
from bot.logs import begin
from bot.serve import run, serving
from tests.bot.process import environment
from tests.bot.running import Spoken, anonymous, eventually
from tests.platforms.clock import FastClock


async def _serve(clock: FastClock) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settings = read_settings()
    async with serving(settings, read_house(settings), None, clock if clock.speed != 1 else None, clock):
        await stop.wait()


def main() -> None:
    speed, began, utc = sys.argv[1:]
    begin("warning")
    clock = FastClock.shared(float(speed), float(began), datetime.fromisoformat(utc))
    run(lambda: _serve(clock))


@dataclass(kw_only=True)
class Child(Spoken):
    """A running one. `memory` in MB."""

    popen: subprocess.Popen[bytes]

    @property
    def memory(self) -> float:
        pages = Path(f"/proc/{self.popen.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def ready(self) -> str:
        with anonymous(self.url) as client:
            return client.get("/readyz").text


@contextmanager
def child(settings: Settings, clock: FastClock, more: Mapping[str, str]) -> Iterator[Child]:
    """Placet in a process, until the block ends. `settings.port` must be a free port."""
    command = [sys.executable, "-m", "tests.scenarios.child", *clock.words()]
    with (settings.config or Path()).with_name("child.log").open("ab") as log:
        popen = subprocess.Popen(command, env=environment(settings, more), stdout=log, stderr=log)
    found = Child(url=f"http://127.0.0.1:{settings.port}", settings=settings, popen=popen)

    def up() -> bool:
        assert popen.poll() is None, "it did not start: see child.log"
        try:
            return bool(found.ready())
        except OSError:
            return False
        except Exception as problem:  # noqa: BLE001 - any kind of "not yet"
            return "connect" not in type(problem).__name__.lower() and False

    try:
        eventually(up, 60)
        yield found
    finally:
        found.close()
        popen.terminate()
        popen.wait(60)


if __name__ == "__main__":
    main()
