"""What the tests of Slack's traps stand on: the adapter before the local server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.adapters.slack import conduct
from tests.contracts.platform import Loop
from tests.platforms.slack.desk import Clock
from tests.platforms.slack.server import SlackServer
from tests.platforms.slack.stage import Stage, slack_scene


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    clock, loop = Clock(), Loop()
    with SlackServer(clock) as server:
        server.web_api.rates.on = False
        try:
            with slack_scene(server, loop) as scene:
                yield Stage(server, scene, clock)
        finally:
            loop.close()


@pytest.fixture
def running(stage: Stage) -> Stage:
    stage.scene.run()
    return stage


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> float:
    """An answer that takes longer than this is late; how long a late one takes."""
    monkeypatch.setattr(conduct, "PATIENCE", 0.2)
    return 0.6
