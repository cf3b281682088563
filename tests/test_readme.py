"""The README's commands, run as they are written: only the port and the place of the programs differ."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings, read_house
from core.model import Gate

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def block(language: str, holding: str) -> str:
    """The one block in this language that holds these words."""
    found = [text for kind, text in BLOCKS if kind == language and holding in text]
    assert len(found) == 1, f"{len(found)} blocks hold {holding!r}"
    return str(found[0])


class House:
    """A shell in the checkout, with a fresh HOME and a server of its own."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PLACET_")}
        self.env = {**clean, "HOME": str(home), "PLACET_PORT": str(self.port)}

    def here(self, command: str) -> str:
        command = command.replace("localhost:8600", f"localhost:{self.port}")
        command = command.replace(".venv/bin/placet", f"{sys.executable} -m bot")
        return re.sub(r"\bpython3 -c", f"{sys.executable} -c", command)

    def start(self, command: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["/bin/sh", "-c", self.here(command)],
            cwd=ROOT, env={**self.env, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, command: str, **env: str) -> str:
        shell = self.start(command, **env)
        out, err = shell.communicate(timeout=60)
        assert shell.returncode == 0, f"{command}\n{out}\n{err}"
        return out

    def pending(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(self.run(".venv/bin/placet pending --json"))["items"]
        return items

    def one_pending(self) -> str:
        for _ in range(100):
            if items := self.pending():
                return str(items[0]["id"])
            time.sleep(0.1)
        raise AssertionError("nothing was asked")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    serve = block("sh", "placet serve").splitlines()[0]
    server = house.start("exec " + serve)
    try:
        assert server.stdout is not None
        assert "Placet serves" in server.stdout.readline()
        yield house
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)
    assert server.returncode == 0


def test_the_vote_commands_decide_what_is_asked(house: House) -> None:
    stream = (ROOT / "examples" / "calls-2012.jsonl").read_text(encoding="utf-8").splitlines()
    # One of which more than one contract is offered, so that the quantity can be changed.
    asked = next(line for line in stream if '"quantity": 1' in line)
    outcomes = []
    listed, *votes = block("sh", "placet pending").splitlines()
    for number, vote in enumerate(votes):
        body = {**json.loads(asked), "key": f"readme-{number}"}
        house.run(f"echo '{json.dumps(body)}' | .venv/bin/placet submit -")
        assert body["title"] in house.run(listed)
        answer = house.run(vote.replace("ID", house.one_pending()) + " --json")
        outcomes.append(json.loads(answer)["status"])
    assert outcomes == ["approved", "rejected", "modified"]


def test_a_shell_script_asks_a_person_in_one_line(house: House) -> None:
    script = house.start(block("sh", "submit - --wait --claim"))
    house.run(f".venv/bin/placet vote {house.one_pending()} approve")
    out, _ = script.communicate(timeout=60)
    assert script.returncode == 0
    assert out.rstrip().endswith("deploying")


def key_for_a_program(house: House) -> str:
    made = re.search(r"`export PLACET_KEY=\$\((\.venv/bin/placet key create --program [^`]*)\)`", README)
    assert made is not None
    return str(house.run(made[1]).strip())


@pytest.mark.skipif(shutil.which("curl") is None and "CI" not in os.environ, reason="there is no curl here")
def test_a_program_asks_with_curl(house: House) -> None:
    program = house.start(block("sh", "curl"), PLACET_KEY=key_for_a_program(house))
    house.run(f".venv/bin/placet vote {house.one_pending()} approve")
    out, err = program.communicate(timeout=60)
    assert program.returncode == 0, err
    assert json.loads(out)["status"] == "approved"


def test_a_program_asks_in_python(house: House, tmp_path: Path) -> None:
    file = tmp_path / "ask.py"
    file.write_text(house.here(block("python", "placet.post")) + "print(decided)\n", encoding="utf-8")
    program = house.start(f"{sys.executable} {file}", PLACET_KEY=key_for_a_program(house))
    house.run(f".venv/bin/placet vote {house.one_pending()} reject --reason risk")
    out, err = program.communicate(timeout=60)
    assert out == "rejected\n", err


def test_the_doctor_and_a_code_to_link_an_account(house: House) -> None:
    doctor, link = block("sh", "placet doctor").splitlines()
    assert "settings" in house.run(doctor)
    assert re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", house.run(link))


def test_every_page_that_the_readme_names_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("http") or (ROOT / link).exists(), link


def test_the_example_of_people_and_policy_is_good(tmp_path: Path) -> None:
    file = tmp_path / "placet.yaml"
    file.write_text(block("yaml", "people:"), encoding="utf-8")
    declared = read_house(Settings(config=file))
    assert [rule.gate for rule in declared.policy.rules] == [Gate.ASK, Gate.ASK]
    assert declared.policy.rules[0].four_eyes


def test_the_demo_plays_once_and_checks_itself(tmp_path: Path) -> None:
    command = re.search(r"`(placet demo --once[^`]*)`", README)
    assert command is not None
    out = House(tmp_path).run(command[1].replace("placet", ".venv/bin/placet", 1))
    assert "every digit as it was sent" in out.replace("\n", " ")


def test_the_make_targets_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", block("sh", "make run"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").rglob("*.md")))
def test_links_between_the_pages_lead_somewhere(page: str) -> None:
    [file] = (ROOT / "docs").rglob(page) if page != "README.md" else [ROOT / "docs" / "decisions" / page]
    for link in re.findall(r"\]\(([^)#]+)\)", file.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (file.parent / link).exists(), f"{page}: {link}"
