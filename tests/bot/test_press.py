"""Reading pictures in a process of its own: it may hang, die or grow, and nothing else is touched."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot import attachments
from bot.attachments import Press
from bot.desk import Overloaded
from core.attachments import Upload
from core.errors import Refused
from tests.bot.test_attachments import picture
from tests.cast import MOMENTUM, NOW

PATIENCE = 1.0


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Put this in the place of the program that reads pictures."""
    file = folder / "reader.py"
    file.write_text(source, encoding="utf-8")
    monkeypatch.setattr(attachments, "_PROGRAM", file)


def read(data: bytes | None = None) -> Upload | Refused:
    return asyncio.run(Press().upload(MOMENTUM, picture() if data is None else data, "", NOW))


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.abort()",
        "raise SystemExit(1)",
        "import time\nwhile True: time.sleep(1)",
        "while True: pass",
        "print('no JSON', end='')",
    ],
)
def test_a_reader_that_dies_or_hangs_is_a_picture_that_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr(attachments, "PATIENCE", PATIENCE)
    program(tmp_path, monkeypatch, source)
    begun = time.monotonic()
    refused = read()
    assert isinstance(refused, Refused)
    assert refused.code == "invalid"
    assert time.monotonic() - begun < PATIENCE + 5


def test_the_reader_is_told_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_SLACK_BOT_TOKEN", "xoxb-secret")
    seen = tmp_path / "seen.json"
    program(
        tmp_path,
        monkeypatch,
        f"import json, os, sys\nopen({str(seen)!r}, 'w').write(json.dumps([dict(os.environ), sys.argv]))",
    )
    read()
    environment, arguments = json.loads(seen.read_text(encoding="utf-8"))
    assert "xoxb-secret" not in str((environment, arguments))
    assert set(environment) <= {*attachments._PASSED_ON, "LC_CTYPE"}


@pytest.mark.skipif(os.name == "nt", reason="there are no such bounds on Windows")
def test_the_reader_may_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(attachments.__file__).parent
    program(
        tmp_path,
        monkeypatch,
        f"import sys; sys.path.insert(0, {str(folder)!r})\nimport redraw\nredraw._bind()\nbytearray(2 << 30)",
    )
    refused = read()
    assert isinstance(refused, Refused)
    assert refused.detail.startswith("cannot be read")


def test_too_many_at_once_are_sent_away_and_the_others_are_read() -> None:
    assert read_of_those_that_came(3, 4) == (8, 4)


def test_one_who_sends_many_leaves_room_for_others() -> None:
    assert read_of_those_that_came(1, 12) == (4, 8)


def read_of_those_that_came(programs: int, each: int) -> tuple[int, int]:
    """How many pictures were read, and how many sent away, when so many came at once."""

    async def crowd() -> list[Upload | Refused | BaseException]:
        press = Press()
        askers = [replace(MOMENTUM, ref=f"momentum-{number}") for number in range(programs)]
        coming = [
            press.upload(asker, picture(size=(9, number)), "", NOW) for asker in askers for number in range(1, each + 1)
        ]
        return await asyncio.gather(*coming, return_exceptions=True)

    outcomes = asyncio.run(crowd())
    return sum(isinstance(one, Upload) for one in outcomes), sum(isinstance(one, Overloaded) for one in outcomes)


def test_the_loop_goes_on_while_a_picture_is_read() -> None:
    async def both() -> tuple[float, float]:
        begun = time.monotonic()
        reading = asyncio.create_task(Press().upload(MOMENTUM, picture("JPEG", (4_000, 3_000)), "", NOW))
        longest, before = 0.0, time.monotonic()
        while not reading.done():
            await asyncio.sleep(0.001)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()
        assert isinstance(reading.result(), Upload)
        return longest, time.monotonic() - begun

    longest, whole = asyncio.run(both())
    assert longest < whole / 2, "the loop stood still for most of it"
