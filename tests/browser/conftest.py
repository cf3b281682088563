"""One Chromium for the tests of a worker that follow each other, and a fresh Placet for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.bot.running import placet, settings_in
from tests.browser.chromium import chromium
from tests.browser.house import DESK, Inn
from tests.browser.visitor import PATIENCE


# Not for the whole session: while Playwright runs, no other test of the worker could call `asyncio.run`.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with chromium() as browser:
        yield browser


@pytest.fixture
def inn(browser: Browser, sqlite_url: str, request: pytest.FixtureRequest) -> Iterator[Inn]:
    """A Placet with the house of `desk.yaml`; at its end no browser may have had anything to complain of."""
    folder = request.getfixturevalue("tmp_path")
    settings = settings_in(folder, sqlite_url, DESK.read_text(encoding="utf-8"))
    with placet(settings) as running:
        inn = Inn(running, browser)
        try:
            yield inn
        finally:
            inn.close()
