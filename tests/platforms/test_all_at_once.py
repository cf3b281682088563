"""Slack, Discord and Telegram in one Placet, as `.env` and `placet.yaml` bring them in: real SDKs, local servers."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

import bot.__main__  # noqa: F401 - brings the commands in
from bot.cli.app import app
from bot.config import Settings
from bot.served import STANDBY
from tests.bot.asking import looked_at, submitted
from tests.bot.process import Process, environment, served
from tests.bot.running import HOUSE, Running, anonymous, eventually, placet, settings_in
from tests.platforms.discord.server import DiscordServer
from tests.platforms.hands import Hands, Shown
from tests.platforms.slack.server import SlackServer
from tests.platforms.telegram.server import TelegramServer


@dataclass
class Town:
    """Three platforms, each with a chat in which Alice and Frank are."""

    settings: Settings
    env: dict[str, str]
    hands: dict[str, Hands]
    chats: dict[str, str]
    alice: dict[str, str]
    frank: dict[str, str]

    def card(self, platform: str, chat: str, words: str) -> Callable[[], Shown | None]:
        """The message in this chat that can be read to say these words."""

        def look() -> Shown | None:
            found = [one for one in self.hands[platform].messages(chat) if words in one.text]
            return found[-1] if found else None

        return look


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with SlackServer() as slack, DiscordServer(max_concurrency=10) as discord, TelegramServer() as telegram:
        guild = discord.guild("house")
        alice = {
            "slack": slack.add_user("Alice"),
            "discord": discord.user("Alice", guild),
            "telegram": telegram.user("Alice", started=True),
        }
        frank = {
            "slack": slack.add_user("Frank"),
            "discord": discord.user("Frank", guild),
            "telegram": telegram.user("Frank", started=True),
        }
        chats = {
            "slack": slack.add_channel("desk", alice["slack"], frank["slack"]),
            "discord": discord.channel("desk", guild),
            "telegram": telegram.group("desk", alice["telegram"], frank["telegram"]),
        }
        lines = "".join(f"  on-{name}: {{{name}: '{chat}'}}\n" for name, chat in chats.items())
        given = {
            "slack_bot_token": slack.bot_token,
            "slack_app_token": slack.app_token,
            "discord_token": discord.token,
            "telegram_token": telegram.token,
            "slack_api_url": slack.api_url,
            "discord_api_url": discord.api_url,
            "discord_gateway_url": discord.gateway_url,
            "telegram_api_url": telegram.api_url,
        }
        kept = {name: SecretStr(value) if "token" in name else value for name, value in given.items()}
        settings = settings_in(tmp_path, None, HOUSE + "channels:\n" + lines, **kept)
        hands: dict[str, Hands] = {"slack": slack, "discord": discord, "telegram": telegram}
        yield Town(settings, environment(settings), hands, chats, alice, frank)
        assert [line for server in hands.values() for line in server.violations] == []
        assert [server.rate_limited for server in hands.values()] == [0, 0, 0]


def all_connected(running: Running) -> None:
    with anonymous(running.url) as client:
        eventually(lambda: set(client.get("/readyz").json()["platforms"].values()) == {"ok"}, within=20)


@pytest.mark.parametrize("platform", ["slack", "discord", "telegram"])
def test_decided_on_one_platform_it_is_told_on_all(town: Town, platform: str) -> None:
    hands, chat = town.hands[platform], town.chats[platform]
    with placet(town.settings) as running:
        all_connected(running)
        code = running.person("alice").post("/v1/people/alice/link").json()["code"]
        hands.command(town.alice[platform], hands.direct(town.alice[platform]), f"link {code.lower()}")
        eventually(lambda: running.services.registry().accounts.of("alice"))
        other = "discord" if platform == "slack" else "slack"
        owner = town.hands[other]
        code = running.client().post("/v1/people/frank/link").json()["code"]
        owner.command(town.frank[other], owner.direct(town.frank[other]), f"link {code}")
        eventually(lambda: running.services.registry().accounts.of("frank"))

        request = submitted(running.program("momentum"), title="Buy 100 NVDA in town")
        for name, there in town.chats.items():
            eventually(town.card(name, there, "Buy 100 NVDA in town"), within=20)
        card = eventually(town.card(platform, chat, "Buy 100 NVDA in town"))
        hands.press(town.alice[platform], card, "Approve")
        ended = looked_at(running.client(), request)
        assert (ended["status"], ended["decision"]["by"], ended["votes"][0]["via"]) == (
            "approved",
            ["alice"],
            platform,
        )
        for name, there in town.chats.items():
            over = eventually(town.card(name, there, "Approved by"), within=20)
            assert over.buttons == ()
        told = eventually(town.card(other, owner.direct(town.frank[other]), "Approved by"), within=20)
        assert "Buy 100 NVDA in town" in told.text


def test_the_doctor_looks_at_all_of_them(town: Town) -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"], env={**town.env, "PLACET_PORT": "1"})
    document = json.loads(result.stdout)
    assert [one for one in document["findings"] if one["ok"] is False] == []
    assert result.exit_code == 0
    for name in town.chats:
        assert [one for one in document["findings"] if one["what"].lower().startswith(name)]
    assert not any(secret in result.output for secret in town.settings.secrets())


def test_the_doctor_says_which_token_is_not_taken(town: Town) -> None:
    for server in town.hands.values():
        server.faults.token_revoked = True
    result = CliRunner().invoke(app, ["doctor", "--json"], env={**town.env, "PLACET_PORT": "1"})
    assert result.exit_code == 1
    wrong = [one["what"].lower() for one in json.loads(result.stdout)["findings"] if one["ok"] is False]
    for name in town.chats:
        assert [what for what in wrong if what.startswith(name) and "token" in what], wrong
    assert not any(secret in result.output for secret in town.settings.secrets())


def test_when_the_process_that_serves_is_killed_the_other_takes_over(
    town: Town, tmp_path: Path, postgres_url: str
) -> None:
    """Two pollers at once would be refused by Telegram, and two Sockets at once would share Slack's taps."""
    folders = [tmp_path / name for name in ("one", "two")]
    both = []
    for folder in folders:
        folder.mkdir()
        both.append(town.settings.model_copy(update={"home": folder / "home", "database_url": postgres_url}))

    def states(process: Process) -> set[str]:
        with anonymous(process.url) as client:
            return set(client.get("/readyz").json()["platforms"].values())

    with served(folders[0], settings=both[0]) as one:
        eventually(lambda: states(one) == {"ok"}, within=20)
        with served(folders[1], settings=both[1]) as two:
            eventually(lambda: states(two) == {STANDBY}, within=20)
            one.signal(signal.SIGKILL)
            one.ended()
            eventually(lambda: states(two) == {"ok"}, within=20)
            program = two.client(two.key(program="momentum")["token"])
            request = submitted(program, title="Buy after the fall")
            for name, there in town.chats.items():
                eventually(town.card(name, there, "Buy after the fall"), within=20)
            two.signal(signal.SIGTERM)
            assert two.ended() == 0
            assert [line for line in two.log if "trace=" in line] == []
            assert not any(secret in line for secret in town.settings.secrets() for line in (*one.log, *two.log))
    assert request["status"] == "pending"
