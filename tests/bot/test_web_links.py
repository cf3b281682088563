"""Where links that sign in come from: the start of `serve`, the command line, and a chat with Placet alone."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import bot.__main__  # noqa: F401 - which puts the commands together
from bot.adapters.web.pages.entrance import code_in
from bot.cli.app import app
from bot.passes import LOGIN_LASTS
from tests.bot.browsing import Browser, Watch, do, signed_in
from tests.bot.process import environment, served
from tests.bot.running import Running, Spoken, anonymous, eventually, placet, settings_in
from tests.bot.tapping import Chatroom

LINK = re.compile(r"http://\S+/(?:enter|join)\?code=[A-Za-z0-9_-]{43}")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(tmp_path: Path, sqlite_url: str, watch: Watch) -> Iterator[Running]:
    with placet(settings_in(tmp_path, sqlite_url), clock=watch) as running:
        yield running


def shell(running: Spoken, *arguments: str, code: int = 0) -> str:
    """What a command prints to standard output."""
    env = environment(running.settings, {"PLACET_PORT": str(running.port)})
    result = CliRunner().invoke(app, arguments, env=env)
    assert result.exit_code == code, (result.output, result.exception)
    return str(result.stdout)


def enters(running: Spoken, link: str) -> int:
    """Open a link's page and press its button, in a browser that has nothing yet."""
    with anonymous(running.url) as client:
        path = "/join" if "/join" in link else "/enter"
        return client.post(path, data={"code": code_in(link), "next": "/"}).status_code


# The start


def test_what_is_no_terminal_is_told_a_command_and_no_link(tmp_path: Path) -> None:
    with served(tmp_path) as process:
        eventually(lambda: len(process.printed) > 1)
        assert "placet people login" in process.printed[1]
        # The command that it names does what it says.
        link = shell(process, "people", "login").strip()
        assert enters(process, link) == 303
    assert not any("code=" in line for line in (*process.printed, *process.log))


def test_who_asks_for_it_is_given_a_link_and_the_log_is_not(tmp_path: Path) -> None:
    with served(tmp_path, "--link") as process:
        eventually(lambda: len(process.printed) > 1)
        link = LINK.search(process.printed[1])
        assert link is not None, process.printed
        assert "Erin" in process.printed[1], "the first administrator"
        assert [enters(process, link[0]) for _ in range(2)] == [303, 403]
    assert not any(code_in(link[0]) in line for line in process.log)


def test_a_terminal_is_given_a_link(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        cwd=tmp_path, env={**environment(settings), "PYTHONPATH": str(ROOT)}, stdout=theirs, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while b"code=" not in said or not said.endswith(b"\n"):
            said += os.read(ours, 4_096)
    finally:
        process.terminate()
        process.wait(30)
        os.close(ours)
    assert LINK.search(said.decode())


# The command line


def test_a_link_is_printed_alone_so_that_it_can_be_used(house: Running) -> None:
    printed = shell(house, "people", "login")
    assert LINK.fullmatch(printed.strip())
    assert enters(house, printed) == 303
    bob = shell(house, "people", "login", "bob")
    browser = Browser(house)
    assert browser.enters(code_in(bob)).status_code == 303
    assert "Bob" in browser.opens("/settings").text


def test_a_link_leads_to_where_people_reach_the_server(tmp_path: Path) -> None:
    with placet(settings_in(tmp_path, public_url="https://placet.example.org")) as running:
        assert shell(running, "people", "login").startswith("https://placet.example.org/enter?code=")


def test_somebody_is_invited_and_removed_from_the_command_line(house: Running) -> None:
    link = shell(house, "people", "invite", "gina", "--name", "Gina", "--role", "trader")
    assert enters(house, link) == 303
    gina = house.services.registry().people["gina"]
    assert (gina.name, gina.roles, gina.admin) == ("Gina", frozenset({"trader"}), False)
    assert "removed" in shell(house, "people", "remove", "gina")
    assert not house.services.registry().people["gina"].active
    shell(house, "people", "remove", "bob", code=1)
    shell(house, "people", "invite", "alice", code=1)


def test_sessions_are_listed_and_ended_from_the_command_line(house: Running) -> None:
    browsers = [signed_in(house, "bob", **{"user-agent": f"browser {number}"}) for number in range(3)]
    listed = shell(house, "people", "sessions", "bob")
    assert all(f"browser {number}" in listed for number in range(3))
    [line] = [line for line in listed.splitlines() if "browser 1" in line]
    found = re.search(r"[0-9a-f]{12}", line)
    assert found is not None
    shell(house, "people", "sessions", "bob", "--revoke", found[0])
    assert [browser.is_in for browser in browsers] == [True, False, True]
    shell(house, "people", "sessions", "bob", "--all")
    assert not any(browser.is_in for browser in browsers)
    shell(house, "people", "sessions", "bob", "--all", "--revoke", found[0], code=2)


# A chat


def typed(room: Chatroom, person: str, *, alone: bool) -> Any:
    hand = room.link(person)
    hand.alone = alone
    return hand.types("login")


def test_a_linked_account_is_given_a_link_where_nobody_else_reads(house: Running, watch: Watch) -> None:
    answer = typed(Chatroom(house), "alice", alone=True)
    link = LINK.search(answer.text)
    assert link is not None, answer.text
    browser = Browser(house)
    assert browser.opens(link[0].partition(house.url)[2]).status_code == 200
    watch.ahead += LOGIN_LASTS / 2
    assert browser.enters(code_in(link[0])).status_code == 303
    assert "Alice" in browser.opens("/settings").text


def test_where_others_read_no_link_is_given(house: Running) -> None:
    answer = typed(Chatroom(house), "alice", alone=False)
    assert answer.refused
    assert "code=" not in answer.text
    assert do(house, house.services.passes.sessions("alice")) == []


def test_a_stranger_is_given_no_link(house: Running) -> None:
    stranger = Chatroom(house).stranger("U-mallory")
    stranger.alone = True
    answer = stranger.types("login")
    assert answer.refused
    assert "code=" not in answer.text
