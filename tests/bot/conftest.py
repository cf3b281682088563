"""One Placet for all tests that leave it as they found it, and clients of those who speak with it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.bot.running import Running, placet, settings_in


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Placet on SQLite. Tests share it: each asks as a program of its own, and stops nothing for good."""
    with placet(settings_in(tmp_path_factory.mktemp("desk"))) as running:
        yield running


@pytest.fixture(scope="session")
def admin(desk: Running) -> httpx.Client:
    return desk.client()


@pytest.fixture(scope="session")
def alice(desk: Running) -> httpx.Client:
    return desk.person("alice")


@pytest.fixture(scope="session")
def bob(desk: Running) -> httpx.Client:
    return desk.person("bob")


@pytest.fixture(scope="session")
def dave(desk: Running) -> httpx.Client:
    return desk.person("dave")


@pytest.fixture(scope="session")
def frank(desk: Running) -> httpx.Client:
    return desk.person("frank")


@pytest.fixture(scope="session")
def momentum(desk: Running) -> httpx.Client:
    """The program that Frank owns."""
    return desk.program("momentum")


@pytest.fixture
def program(desk: Running) -> httpx.Client:
    """A program of the test's own. Erin owns it, for her key makes it."""
    return desk.program()
