"""The commands about chats: linking accounts, the doctor, and the manifest to paste."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import bot.__main__  # noqa: F401 - brings the commands in
from bot.cli import doctor
from bot.cli.app import app
from bot.config import Settings
from bot.connections import Connection
from bot.pace import Pace, Timer
from core.engine import Done
from core.errors import DeliveryFailed
from core.model import Account
from core.platforms import Finding
from tests.bot.process import environment
from tests.bot.running import HOUSE, Doc, Running, eventually, placet, settings_in
from tests.bot.scripted import Chat, Scripted
from tests.bot.scripted_platform import ScriptedPlatform

PEOPLE = (
    "people:\n  you: {name: You, roles: [owner], admin: true, accounts: {discord: '112233'}}\n  me: {roles: [owner]}\n"
)
WEB_ONLY = """\
policy:
  name: own
  tiers: {1: routine}
  rules:
    - {name: careful, tier: 1, route: {roles: [owner]}, decide_in: web}
"""


@dataclass
class Shell:
    """The commands, as somebody types them beside a server."""

    env: dict[str, str]

    def run(self, *arguments: str, **more: str) -> Result:
        return CliRunner().invoke(app, arguments, env={**self.env, **more})

    def __call__(self, *arguments: str, code: int = 0, **more: str) -> str:
        result = self.run(*arguments, **more)
        assert result.exit_code == code, (result.output, result.exception)
        return result.stdout

    def json(self, *arguments: str, code: int = 0, **more: str) -> Any:
        return json.loads(self(*arguments, "--json", code=code, **more))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with placet(settings_in(tmp_path, house=PEOPLE)) as running:
        yield running


@pytest.fixture
def shell(running: Running) -> Shell:
    return Shell(environment(running.settings, {"PLACET_PORT": str(running.port)}))


# Accounts


def test_a_code_is_printed_alone_and_what_to_do_with_it_beside(shell: Shell, running: Running) -> None:
    result = shell.run("people", "link")
    assert result.exit_code == 0, result.output
    code = result.stdout.strip()
    assert f"/placet link {code}" in result.stderr
    assert "Slack, Discord or Telegram" in result.stderr
    assert "you's" in result.stderr
    assert isinstance(running.shows(Account("telegram", "", "42"), code), Done)
    assert running.services.registry().accounts.links[Account("telegram", "", "42")].person == "you"


def test_a_code_for_somebody_else(shell: Shell, running: Running) -> None:
    made = shell.json("people", "link", "me")
    assert made.keys() == {"code", "expires_at"}
    running.shows(Account("slack", "T1", "U1"), made["code"])
    assert shell.json("people", "list")["items"][0]["accounts"] == [
        {"platform": "slack", "workspace": "T1", "user": "U1", "declared": False}
    ]
    listed = shell("people", "list")
    assert "slack T1/U1" in listed
    assert "discord 112233" in listed


def test_an_account_is_taken_away_by_its_platform(shell: Shell, running: Running) -> None:
    running.link("me", Account("telegram", "", "42"))
    assert "telegram 42 is me's no longer" in shell("people", "unlink", "me", "telegram")
    assert running.services.registry().accounts.of("me") == ()


def test_of_several_accounts_one_must_be_named(shell: Shell, running: Running) -> None:
    for user in ("U1", "U2"):
        running.link("me", Account("slack", "T1", user))
    result = shell.run("people", "unlink", "me", "slack")
    assert result.exit_code == 2
    assert "T1/U1" in result.stderr
    assert "T1/U2" in result.stderr
    shell("people", "unlink", "me", "slack", "T1/U1")
    shell("people", "unlink", "me", "slack", "U2")
    assert running.services.registry().accounts.of("me") == ()


@pytest.mark.parametrize(
    "arguments", [("me", "telegram"), ("nobody", "slack"), ("you", "discord", "445566"), ("you", "irc")]
)
def test_an_account_that_is_not_there_is_wrong_use(shell: Shell, arguments: tuple[str, ...]) -> None:
    shell("people", "unlink", *arguments, code=2)


# The doctor


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> ScriptedPlatform:
    """Slack as the doctor finds it, with nothing of Slack behind it."""
    platform = ScriptedPlatform()

    def scripted(settings: Settings, timer: Timer) -> dict[str, Connection]:
        return {"slack": Connection(platform, Pace(timer))} if "slack" in settings.platforms() else {}

    monkeypatch.setattr(doctor, "connections", scripted)
    return platform


def beside_nothing(folder: Path, house: str, **settings: Any) -> Shell:
    """A shell where no server runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    written = settings_in(folder, house=house, port=port)
    given = {f"PLACET_{name.upper()}": value for name, value in settings.items()}
    return Shell(environment(written, given))


TOKENS = {"slack_bot_token": "xoxb-secret", "slack_app_token": "xapp-secret"}
CHANNELS = "channels:\n  desk: {slack: C0DESK}\n"


def told(document: Doc, what: str) -> tuple[bool | None, str | None]:
    [found] = [one for one in document["findings"] if one["what"].startswith(what)]
    return found["ok"], found["remedy"]


def test_with_nothing_configured_all_is_well(tmp_path: Path) -> None:
    shell = beside_nothing(tmp_path, PEOPLE)
    document = shell.json("doctor")
    assert document["ok"]
    assert told(document, "settings") == (True, None)
    assert told(document, "people, policy") == (True, None)
    assert told(document, "chats")[0] is None
    ok, remedy = told(document, "server")
    assert ok is None
    assert "placet serve" in (remedy or "")
    assert "✓" in shell("doctor")


def test_the_running_server_is_asked(shell: Shell) -> None:
    assert told(shell.json("doctor"), "server") == (True, None)


def test_something_else_at_the_address_is_said(shell: Shell, running: Running) -> None:
    document = shell.json("doctor", code=1, PLACET_URL=f"{running.url}/docs")
    assert "something else than Placet" in (told(document, "server")[1] or "")


def test_a_channel_the_server_cannot_write_to_is_named(tmp_path: Path) -> None:
    chat = Chat()
    chat.down = DeliveryFailed("it was archived", permanent=False)
    with placet(settings_in(tmp_path, house=HOUSE), {"desk": Scripted(chat)}) as running:
        request = running.program("momentum").post("/v1/requests", json={"action": "a", "subject": "b", "title": "c"})
        assert request.status_code == 201
        shell = Shell(environment(running.settings, {"PLACET_PORT": str(running.port)}))
        document = eventually(lambda: doctored(shell, "archived"))
    assert not document["ok"]


def doctored(shell: Shell, words: str) -> Doc | None:
    """What the doctor says, once it says these words of the server."""
    document = dict(json.loads(shell.run("doctor", "--json").stdout))
    return document if words in (told(document, "server")[1] or "") else None


@pytest.mark.parametrize(
    ("house", "more", "what"),
    [
        (PEOPLE, {"PLACET_PORT": "many"}, "settings"),
        (PEOPLE, {"PLACET_SLACK_BOT_TOKEN": "xoxb-secret"}, "settings"),
        (PEOPLE + "colour: red\n", {}, "people, policy and channels"),
        (PEOPLE + CHANNELS, {}, "people, policy and channels"),
    ],
)
def test_a_mistake_in_the_settings_is_a_finding(tmp_path: Path, house: str, more: Doc, what: str) -> None:
    shell = beside_nothing(tmp_path, house)
    document = shell.json("doctor", code=1, **more)
    assert not document["ok"]
    ok, remedy = told(document, what)
    assert ok is False
    assert remedy
    assert "secret" not in json.dumps(document)


def test_each_platform_is_asked_and_what_is_wrong_comes_with_its_remedy(
    tmp_path: Path, slack: ScriptedPlatform
) -> None:
    slack.findings = [Finding("bot token of Desk in Acme"), Finding("scope chat:write", "add it, and install anew")]
    shell = beside_nothing(tmp_path, PEOPLE + CHANNELS, **TOKENS)
    document = shell.json("doctor", code=1)
    assert told(document, "slack: bot token of Desk") == (True, None)
    assert told(document, "slack: scope chat:write") == (False, "add it, and install anew")
    printed = shell("doctor", code=1)
    assert "✗" in printed
    assert "add it, and install anew" in printed
    slack.findings = [Finding("bot token")]
    shell("doctor")


def test_the_declared_channels_are_looked_at(tmp_path: Path, slack: ScriptedPlatform) -> None:
    slack.findings = [Finding("the bot token")]
    document = beside_nothing(tmp_path, PEOPLE + CHANNELS, **TOKENS).json("doctor")
    assert slack.checked == ["C0DESK"]
    assert told(document, "slack: the bot token") == (True, None)


@pytest.mark.parametrize(
    ("problem", "hint"),
    [
        (RuntimeError("xoxb-secret"), "cannot be looked at (RuntimeError)"),
        (TimeoutError(), "has not answered within"),
    ],
)
def test_a_platform_that_cannot_be_asked_is_a_finding(
    tmp_path: Path, slack: ScriptedPlatform, problem: Exception, hint: str
) -> None:
    slack.findings = problem
    document = beside_nothing(tmp_path, PEOPLE, **TOKENS).json("doctor", code=1)
    assert hint in (told(document, "slack")[1] or "")
    assert "secret" not in json.dumps(document)
    assert told(document, "channels")[0] is None


def test_what_is_decided_on_the_web_alone_needs_an_address(tmp_path: Path) -> None:
    shell = beside_nothing(tmp_path, PEOPLE + WEB_ONLY)
    ok, remedy = told(shell.json("doctor", code=1), "address for what is decided on the web alone (careful)")
    assert ok is False
    assert "PLACET_PUBLIC_URL" in (remedy or "")
    document = shell.json("doctor", PLACET_PUBLIC_URL="https://placet.example.org")
    assert told(document, "address for links") == (True, None)


def test_the_doctor_opens_no_store(tmp_path: Path) -> None:
    shell = beside_nothing(tmp_path, PEOPLE)
    shell("doctor")
    assert not list((tmp_path / "home").glob("placet.db*"))
