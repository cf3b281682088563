"""What the pages say is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from bot.cli.app import EXIT_CODES
from bot.config import Settings

ROOT = Path(__file__).parent.parent
CODE = re.compile(r"(?:Refused|Problem)\(\s*\"([a-z_]+)\"")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_code_of_a_refusal_stands_in_the_page_of_the_api() -> None:
    sources = [file.read_text(encoding="utf-8") for room in ("core", "bot") for file in (ROOT / room).rglob("*.py")]
    codes = {code for source in sources for code in CODE.findall(source)} - {"not_yours"}
    written = set(re.findall(r"`([a-z_]+)`", page("docs/api.md")))
    assert codes - written == set()
    assert len(codes) > 30


def test_every_exit_code_stands_in_the_page_of_the_command_line_and_in_the_readme() -> None:
    for outcome, code in EXIT_CODES.items():
        assert re.search(rf"^\| {code} \|.*{outcome.split('_')[0]}", page("docs/cli.md"), re.MULTILINE), outcome
        assert code == 0 or re.search(rf"\b{code} (still )?{outcome.replace('_', ' ')}", page("README.md"))


def test_every_setting_is_described_in_the_example() -> None:
    described = set(re.findall(r"^# PLACET_([A-Z_]+)=", page(".env.example"), re.MULTILINE))
    assert described == {name.upper() for name in Settings.model_fields}


def test_every_word_of_the_glossary_is_used_in_the_program() -> None:
    words = re.findall(r"^\| \*\*([A-Z][a-z]+)\*\*", page("docs/glossary.md"), re.MULTILINE)
    program = "".join(
        file.read_text(encoding="utf-8") for room in ("core", "bot", "storage") for file in (ROOT / room).rglob("*.py")
    )
    assert [word for word in words if word.lower() not in program.lower()] == []
