"""`placet` as a process of its own, as it is started in earnest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from bot.config import Settings
from tests.bot.running import HOUSE, Spoken, eventually, settings_in

ROOT = Path(__file__).resolve().parents[2]


def environment(settings: Settings, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The machine's environment without what it says of Placet, and with what these settings say."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLACET_")}
    said = {
        "PLACET_HOME": str(settings.home),
        "PLACET_CONFIG": str(settings.config),
        "PLACET_PORT": str(settings.port),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
        "NO_COLOR": "1",
    }
    for name in sorted(settings.model_fields_set - {"home", "config", "port"}):
        value = getattr(settings, name)
        if value is not None:
            said[f"PLACET_{name.upper()}"] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return {**kept, **said, **(more or {})}


def ran(
    folder: Path, *arguments: str, env: Mapping[str, str], given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """`placet` with these arguments, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder, env=dict(env), input=given, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@dataclass(kw_only=True)
class Process(Spoken):
    """`placet serve`, running. What it prints is in `printed`, its log in `log`."""

    popen: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def ended(self, within: float = 30) -> int:
        """The exit code, once it has ended by itself."""
        return self.popen.wait(within)

    def logged(self, words: str) -> bool:
        return any(words in line for line in list(self.log))


@contextmanager
def served(
    folder: Path, *arguments: str, url: str | None = None, house: str = HOUSE, settings: Settings | None = None
) -> Iterator[Process]:
    """`placet serve`, reachable; asked to stop at the end, if it has not ended already."""
    settings = settings or settings_in(folder, url, house)
    popen = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve", *arguments],
        cwd=folder, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process = Process(url="", settings=settings, popen=popen)
    readers = [
        threading.Thread(target=_collect, args=(stream, lines))
        for stream, lines in ((popen.stdout, process.printed), (popen.stderr, process.log))
    ]
    for reader in readers:
        reader.start()
    try:
        eventually(lambda: process.printed or popen.poll() is not None, within=30)
        assert popen.poll() is None, process.log
        process.url = process.printed[0].split()[3]
        yield process
    finally:
        process.close()
        if popen.poll() is None:
            popen.terminate()
            try:
                popen.wait(30)
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait()
        for reader in readers:
            reader.join()
        assert popen.stdout is not None
        assert popen.stderr is not None
        popen.stdout.close()
        popen.stderr.close()


def _collect(stream: Iterator[str], lines: list[str]) -> None:
    lines.extend(line.rstrip("\n") for line in stream)


@contextmanager
def waiting_for_its_database(folder: Path, settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """`placet serve` on a database that does not answer, once it has said so."""
    popen = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        cwd=folder, env=environment(settings), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert popen.stderr is not None
    try:
        assert "the database does not answer; waiting" in popen.stderr.readline()
        yield popen
    finally:
        popen.kill()
        popen.wait()
        popen.stderr.close()
