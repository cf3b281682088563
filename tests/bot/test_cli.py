"""The command line against a live server: what it prints, and the exit code that tells a script how it went."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import main
from bot.cli.app import EXIT_CODES, REFUSED, UNREACHABLE, app
from tests.bot.asking import submitted, voted
from tests.bot.process import environment, ran
from tests.bot.running import Doc, Running, eventually, exactly, fresh, placet, proposal, settings_in


@dataclass
class Shell:
    """The commands as somebody types them. `run` stays in this process, `start` makes one of its own."""

    running: Running
    folder: Path
    env: dict[str, str]

    def __call__(self, *arguments: str, given: str | bytes | None = None, code: int = 0) -> str:
        """What a command prints; it must end with this exit code."""
        result = self.run(*arguments, given=given)
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    def run(self, *arguments: str, given: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, arguments, input=given, env=self.env, catch_exceptions=True)

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"), parse_float=Decimal)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("shell")
    house = "people:\n  you: {name: You, roles: [owner], admin: true}\n  me: {roles: [owner]}\n"
    settings = settings_in(folder, house=house)
    with placet(settings) as running:
        env = environment(settings, {"PLACET_PORT": str(running.port)})
        yield Shell(running, folder, env)


@pytest.fixture
def file(shell: Shell, tmp_path: Path) -> Callable[..., str]:
    def written(**changes: Any) -> str:
        path = tmp_path / f"{fresh('proposal')}.json"
        path.write_text(json.dumps(proposal(**changes)))
        return str(path)

    return written


def asked(shell: Shell, file: Callable[..., str], **changes: Any) -> str:
    return str(shell.json("submit", file(**changes))["id"])


# Deciding


def test_a_proposal_is_submitted_shown_and_decided(shell: Shell, file: Callable[..., str]) -> None:
    printed = shell("submit", file(title="Buy [100] NVDA"))
    assert "Buy [100] NVDA" in printed
    request = asked(shell, file)
    assert request in shell("pending")
    assert "quantity" in shell("show", request)
    printed = shell("vote", request, "modify", "--set", "quantity=60", "--reason", "size", "--words", "half of it")
    assert "modified by you" in printed
    assert "100 → 60" in printed
    assert "half of it" in shell("show", request)
    history = shell.json("show", request, "--history")
    assert [item["type"] for item in history["items"]] == ["Opened", "Voted", "Revised", "Decided"]
    assert "Revised" in shell("show", request, "--history")
    assert "claimed" in shell("claim", request, "--claimant", "w1")
    assert shell.json("show", request)["claim"]["claimant"] == "w1"
    assert request in shell("decided", "--outcome", "modified")


def test_a_reason_can_be_given_afterwards(shell: Shell, file: Callable[..., str]) -> None:
    request = asked(shell, file)
    shell("vote", request, "reject")
    shell("reason", request, "timing", "--words", "earnings tonight", "--would-agree", "yes")
    [reason] = shell.json("show", request)["votes"][0]["reasons"]
    assert (reason["code"], reason["words"], reason["would_agree"]) == ("timing", "earnings tonight", "yes")


def test_request_changes_is_written_with_a_dash(shell: Shell, file: Callable[..., str]) -> None:
    assert shell.json("vote", asked(shell, file), "request-changes")["status"] == "changes_requested"


def test_numbers_keep_every_digit_on_their_way_through(shell: Shell, file: Callable[..., str]) -> None:
    big = 2**70
    request = shell.running.client(shell.running.key(program="digits")["token"]).post(
        "/v1/requests",
        content=json.dumps(proposal(editable=None)).replace("42.5", "1.10").replace('"quantity": 100', f'"n": {big}'),
        headers={"Content-Type": "application/json"},
    )
    shown = shell("show", request.json()["id"], "--json")
    assert '"limit":1.10' in shown
    assert f'"n":{big}' in shown
    assert str(big) in shell("show", request.json()["id"])


@pytest.mark.parametrize(
    ("value", "field"),
    [("quantity=NaN", "quantity"), ("quantity=1e400", "quantity"), (f"quantity={2**70}", "quantity")],
)
def test_a_value_that_cannot_be_is_refused_by_the_server(
    shell: Shell, file: Callable[..., str], capsys: pytest.CaptureFixture[str], value: str, field: str
) -> None:
    code, _, errors = as_main(shell, capsys, "vote", asked(shell, file), "modify", "--set", value, "--reason", "size")
    assert code == REFUSED
    assert field in errors or "digits" in errors


# What only `main` does: problems become sentences


def as_main(shell: Shell, capsys: pytest.CaptureFixture[str], *arguments: str, **env: str) -> tuple[int, str, str]:
    """Run as the installed command does: exit code, what is printed, what is complained of."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**shell.env, **env}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["placet", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
    printed = capsys.readouterr()
    code = end.value.code
    return (code if isinstance(code, int) else 0), printed.out, " ".join(printed.err.split())


def test_a_refusal_is_a_sentence_and_exit_code_3(
    shell: Shell, file: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    request = asked(shell, file)
    shell("vote", request, "approve")
    code, out, errors = as_main(shell, capsys, "vote", request, "approve")
    assert (code, out) == (REFUSED, "")
    assert "You have said approve already" in errors
    code, _, errors = as_main(shell, capsys, "show", "req_00000000000000000000000000")
    assert code == REFUSED
    assert "There is no such request." in errors
    code, _, errors = as_main(shell, capsys, "submit", file(confidence=85, title=""))
    assert code == REFUSED
    assert "0.85" in errors
    assert "title" in errors


@pytest.mark.parametrize(
    ("env", "hint"),
    [
        ({"PLACET_URL": "http://127.0.0.1:1", "PLACET_TOKEN": "x"}, "placet serve"),
        ({"PLACET_URL": "http://127.0.0.1:1"}, "There is no token"),
        ({"PLACET_URL": "nonsense", "PLACET_TOKEN": "x"}, "PLACET_URL"),
        ({"PLACET_URL": "http://host:port", "PLACET_TOKEN": "x"}, "PLACET_URL"),
        ({"PLACET_URL": "http://[::1", "PLACET_TOKEN": "x"}, "PLACET_URL"),
        ({"PLACET_URL": "http://host:port"}, "PLACET_URL"),
    ],
)
def test_without_a_server_or_a_token_the_remedy_is_said(
    shell: Shell, capsys: pytest.CaptureFixture[str], env: dict[str, str], hint: str
) -> None:
    code, out, errors = as_main(shell, capsys, "pending", **env)
    assert (code, out) == (UNREACHABLE, "")
    assert hint in errors


@pytest.mark.parametrize("token", ["placet_person_wrong", "tökén", "two\nlines"])
def test_a_token_that_is_none_is_refused(shell: Shell, capsys: pytest.CaptureFixture[str], token: str) -> None:
    code, out, errors = as_main(shell, capsys, "pending", PLACET_TOKEN=token)
    assert code in (REFUSED, UNREACHABLE)
    assert out == ""
    assert errors


def test_another_server_than_placet_is_said(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = as_main(shell, capsys, "pending", PLACET_URL=f"{shell.running.url}/docs", PLACET_TOKEN="x")
    assert code == REFUSED
    assert errors


def test_a_settings_file_with_a_mistake_is_said(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = as_main(shell, capsys, "pending", PLACET_PORT="many")
    assert code == 1
    assert "PLACET_PORT" in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("vote", "req_1", "approve", "--words", "without a reason"),
        ("vote", "req_1", "modify", "--set", "quantity"),
        ("vote", "req_1"),
        ("submit", "/nonexistent.json"),
        ("submit", "-", "--timeout", "soon"),
        ("nonsense",),
        ("pending", "--limit", "0"),
    ],
)
def test_wrong_use_is_exit_code_2(shell: Shell, arguments: tuple[str, ...]) -> None:
    if arguments[:2] == ("vote", "req_1") and "--set" in arguments:
        # The revision is asked for first; say it, so that the mistake is met.
        arguments = (*arguments, "--revision", "1")
    shell(*arguments, code=2, given="")


# Administering


def test_keys_are_made_listed_and_revoked(shell: Shell) -> None:
    made = shell.json("key", "create", "--program", "nightly", "--scope", "read", "--label", "the nightly run")
    assert made["token"].startswith("placet_program_")
    assert "the nightly run" in shell("key", "list")
    assert made["token"] not in shell("key", "list", "--json")
    assert "is revoked" in shell("key", "revoke", made["id"])


def test_people_the_policy_and_the_stop(shell: Shell) -> None:
    assert "You" in shell("people", "list")
    assert "away until" in shell("people", "away", "me", "--until", "2099-01-01T00:00:00Z", "--delegate", "you")
    assert "here" in shell("people", "back", "me")
    assert "critical" in shell("policy")
    assert "placet resume" in shell("stop", "a drill")
    assert "STOPPED" in shell("policy")
    assert "Resumed" in shell("resume")
    assert shell.json("policy")["stopped"] is None


def test_many_proposals_are_submitted_line_by_line(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    lines = [json.dumps(proposal(title=f"number {n}")) for n in range(3)]
    path.write_text("\n".join([lines[0], "", '{"title": "not enough"}', lines[1], lines[2]]) + "\n")
    result = shell.run("submit", str(path))
    assert result.exit_code == REFUSED
    assert "3 submitted, 1 refused" in result.output
    assert "line 3" in result.output, "as the file has it, blank lines and all"


def test_the_help_lists_every_exit_code(shell: Shell) -> None:
    text = " ".join(shell("--help").split())
    for outcome, code in EXIT_CODES.items():
        assert f"{code} {outcome.replace('_', ' ')}" in text or outcome in ("approved", "pending")
    assert f"{REFUSED} refused" in text
    assert f"{UNREACHABLE} no server" in text
    assert "17 still pending" in text
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)


# The exit code of a wait


def outcomes() -> dict[str, tuple[Doc, Callable[[Shell, str], object] | None]]:
    def by_vote(choice: str, **more: Any) -> Callable[[Shell, str], object]:
        def decide(shell: Shell, request: str) -> object:
            return voted(shell.running.client(), {"id": request, "revision": 1}, choice, **more)

        return decide

    return {
        "approved": ({}, by_vote("approve")),
        "modified": ({}, by_vote("modify", parameters={"quantity": 1}, reason={"code": "size"})),
        "rejected": ({}, by_vote("reject", reason={"code": "risk"})),
        "changes_requested": ({}, by_vote("request_changes")),
        "expired": ({"valid_for": "PT0.5S"}, None),
        "lapsed": (
            {"valid_while": "context.vix < 30"},
            lambda shell, request: shell_program(shell).post(
                f"/v1/requests/{request}/context", json={"context": {"vix": 31}}
            ),
        ),
        "cancelled": ({}, lambda shell, request: shell("cancel", request, "--why", "gone")),
        "advised": ({"advisory": True}, None),
        "pending": ({}, None),
    }


def shell_program(shell: Shell) -> Any:
    file = shell.running.token_file()
    return shell.running.client(file.with_name(file.name + ".program").read_text().strip())


@pytest.mark.parametrize("outcome", EXIT_CODES)
def test_a_wait_ends_with_the_code_of_its_outcome(shell: Shell, file: Callable[..., str], outcome: str) -> None:
    changes, decide = outcomes()[outcome]
    key = fresh()
    path = file(key=key, **changes)
    request = asked_again(shell, path)
    if decide is not None:
        decide(shell, request)
    arguments = ("submit", path, "--wait", "--json", *(("--timeout", "PT1S") if outcome == "pending" else ()))
    result = shell.run(*arguments)
    # The key makes the second submission the same request, as it stood: what is shown is the end of the wait.
    assert result.exit_code == EXIT_CODES[outcome], result.output
    assert json.loads(result.stdout)["status"] == outcome


def asked_again(shell: Shell, path: str) -> str:
    return str(shell.json("submit", path)["id"])


def test_a_shell_script_asks_a_person_in_one_line(shell: Shell) -> None:
    body = json.dumps(proposal(key=(key := fresh())))
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "submit", "-", "--wait", "--json"],
        cwd=shell.folder, env=shell.env, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(body)
        process.stdin.close()
        admin = shell.running.client()

        def waiting() -> Doc | None:
            found = [r for r in exactly(admin.get("/v1/requests"))["items"] if r["key"] == key]
            return found[0] if found else None

        request = eventually(waiting, within=30)
        voted(admin, request, "reject", reason={"code": "risk"})
        assert process.wait(30) == EXIT_CODES["rejected"]
        assert process.stdout is not None
        answer = json.loads(process.stdout.read())
        assert (answer["id"], answer["status"]) == (request["id"], "rejected")


def test_the_installed_command_fails_with_a_sentence(shell: Shell) -> None:
    ended = ran(shell.folder, "show", "req_00000000000000000000000000", env=shell.env)
    assert ended.returncode == REFUSED
    assert ended.stderr.strip() == "There is no such request."
    assert ended.stdout == ""


def test_a_request_of_an_unowned_program_is_listed_for_whom_it_asks(shell: Shell, file: Callable[..., str]) -> None:
    request = asked(shell, file, subject="ONLY")
    listed = shell.json("pending", "--for", "owner", "--subject", "ONLY")
    assert [item["id"] for item in listed["items"]] == [request]
    assert shell.json("pending", "--for", "nobody", "--subject", "ONLY")["items"] == []
    assert submitted(shell.running.program("another"), subject="OTHER")["status"] == "pending"
