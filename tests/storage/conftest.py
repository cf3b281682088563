"""A furnished desk on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.storage.scene import Scene


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    """People and policy are there, nothing has been asked yet."""
    scene = Scene(database_url).furnish()
    yield scene
    scene.close()
