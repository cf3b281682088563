"""What an attack found on the command line: tokens alone, claims in one line, waits that outlive the server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from bot.cli.app import EXIT_CODES
from tests.bot.asking import REQUESTS, voted
from tests.bot.process import environment
from tests.bot.running import Doc, Running, eventually, fresh, placet, proposal, settings_in
from tests.bot.test_cli import Shell


@pytest.fixture
def shell(desk: Running, tmp_path: Path) -> Shell:
    return Shell(desk, tmp_path, environment(desk.settings, {"PLACET_PORT": str(desk.port)}))


@contextmanager
def waiting(shell: Shell, *more: str) -> Iterator[tuple[subprocess.Popen[str], Callable[[], Doc | None]]]:
    """`placet submit - --wait`, and how to find what it has asked."""
    key = fresh()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "submit", "-", "--wait", "--json", *more],
        cwd=shell.folder, env=shell.env, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(json.dumps(proposal(key=key, subject=key)))
        process.stdin.close()
        admin = shell.running.client()
        try:
            # By its subject: more may be waiting than one page holds.
            yield process, lambda: next(iter(admin.get(REQUESTS, params={"subject": key}).json()["items"]), None)
        finally:
            process.kill()


def printed(process: subprocess.Popen[str]) -> Doc:
    assert process.stdout is not None
    return dict(json.loads(process.stdout.read()))


def test_the_token_of_a_new_key_is_all_that_is_printed(shell: Shell) -> None:
    result = shell.run("key", "create", "--program", fresh("program"))
    assert result.exit_code == 0
    [token] = result.stdout.splitlines()
    assert shell.running.client(token).get("/v1/me").json()["kind"] == "program"
    assert "only time it is shown" in result.stderr
    assert token not in result.stderr


def test_a_script_asks_and_claims_in_one_line(shell: Shell, alice: httpx.Client) -> None:
    with waiting(shell, "--claim") as (process, asked):
        request = eventually(asked, within=30)
        voted(alice, request, "approve")
        assert process.wait(30) == EXIT_CODES["approved"]
        answer = printed(process)
    assert (answer["id"], answer["status"]) == (request["id"], "approved")
    assert answer["claim"]["claimant"].startswith("shell/")


def test_a_word_that_is_none_of_the_answers_is_wrong_use(shell: Shell) -> None:
    said = ("--reason", "risk", "--would-agree", "maybe")
    shell("vote", "req_1", "reject", *said, "--revision", "1", code=2)
    shell("reason", "req_1", "risk", "--would-agree", "maybe", code=2)
    shell("submit", "-", "--claim", code=2, given="{}")


def test_who_waits_outlives_a_restart_of_the_server(tmp_path: Path, sqlite_url: str) -> None:
    settings = settings_in(tmp_path, sqlite_url)
    with ExitStack() as first:
        running = first.enter_context(placet(settings))
        settings = settings.model_copy(update={"port": running.port})
        token = running.key(person="alice")["token"]
        with waiting(Shell(running, tmp_path, environment(settings))) as (process, asked):
            request = eventually(asked, within=30)
            first.close()
            time.sleep(0.5)
            assert process.poll() is None
            with placet(settings) as running:
                voted(running.client(token), request, "approve")
                assert process.wait(30) == EXIT_CODES["approved"]
            assert printed(process)["status"] == "approved"
