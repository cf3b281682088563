"""A Placet with people in a chat of paper: forms where it has some, a keyboard where it has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.running import Running, placet, settings_in
from tests.bot.tapping import Chatroom

HOUSE = Path(__file__).parents[1] / "bot" / "desk.yaml"


@pytest.fixture
def running(tmp_path: Path, sqlite_url: str) -> Iterator[Running]:
    with placet(settings_in(tmp_path, sqlite_url, house=HOUSE.read_text(encoding="utf-8"))) as found:
        yield found


@pytest.fixture
def room(running: Running) -> Chatroom:
    return Chatroom(running)


@pytest.fixture
def bare(running: Running) -> Chatroom:
    """A platform without forms."""
    return Chatroom(running, fields=0)
