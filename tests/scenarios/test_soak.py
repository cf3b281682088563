"""A short slice of the soak; `make soak` runs it for twenty minutes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.scenarios.soak import flat, soak

SECONDS = float(os.environ.get("PLACET_SOAK_SECONDS", "15"))


@pytest.mark.timeout(SECONDS * 2 + 300)
def test_nothing_is_lost_and_nothing_decided_twice(tmp_path: Path, sqlite_url: str) -> None:
    found, faults = soak(tmp_path, sqlite_url, SECONDS, restarts=max(1, int(SECONDS // 240)))
    level, words = flat(found.memory)
    print(f"{len(found.submitted)} requests, {found.presses} presses, {found.restarts} restarts; {words}")
    print(f"answered with 429: {found.limited}")
    assert faults == {}
    assert len(found.submitted) > SECONDS
    assert found.presses > SECONDS / 2
    if SECONDS >= 300:
        assert level, words
