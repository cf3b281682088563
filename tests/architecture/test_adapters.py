"""Every platform is built alike, and keeps what every messenger and every platform promises."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.test_house import ROOT

ADAPTERS = ROOT / "bot" / "adapters"
# The web inbox is looked at, and not written to: no messenger, and no platform whose wire could be spoken by a server.
CHANNELS = sorted(path.name for path in ADAPTERS.iterdir() if (path / "__init__.py").is_file() and path.name != "web")
PLATFORMS = [name for name in CHANNELS if name != "console"]


def subclasses(file: Path, parent: str) -> bool:
    """Whether a class in this file keeps the contract `parent`."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.ClassDef) and any(getattr(base, "id", None) == parent for base in node.bases)
        for node in ast.walk(tree)
    )


def missing(root: Path, name: str) -> list[str]:
    """What a channel lacks: files of its own, and the contracts that its tests must keep."""
    platform = name != "console"
    test = f"tests/contracts/test_{name}.py"
    files = [f"bot/adapters/{name}/adapter.py", f"bot/adapters/{name}/render.py", test]
    contracts = ["MessengerContract"]
    if platform:
        files += [f"bot/adapters/{name}/parse.py", f"tests/platforms/{name}/server.py"]
        contracts.append("PlatformContract")
    found = [file for file in files if not (root / file).is_file()]
    if test not in found:
        found += [f"{test}: {contract}" for contract in contracts if not subclasses(root / test, contract)]
        if f"bot.adapters.{name}" not in (root / test).read_text(encoding="utf-8"):
            found.append(f"{test}: bot.adapters.{name}")
    return found


def test_there_are_channels() -> None:
    assert "console" in CHANNELS


def test_the_web_inbox_has_the_same_three_files() -> None:
    assert [name for name in ("adapter.py", "render.py", "parse.py") if not (ADAPTERS / "web" / name).is_file()] == []


@pytest.mark.parametrize("name", CHANNELS)
def test_every_channel_has_its_files_and_is_held_to_the_contracts(name: str) -> None:
    assert missing(ROOT, name) == []


def test_what_a_platform_lacks_is_named(tmp_path: Path) -> None:
    contract = """
from bot.adapters.pager.adapter import PagerPlatform


class TestPagerMessenger(MessengerContract):
    pass


class TestPager(PlatformContract):
    pass
"""
    files = {
        "bot/adapters/pager/adapter.py": "",
        "bot/adapters/pager/render.py": "",
        "bot/adapters/pager/parse.py": "",
        "tests/platforms/pager/server.py": "",
        "tests/contracts/test_pager.py": contract,
    }
    assert len(missing(tmp_path, "pager")) == len(files)
    for file, text in files.items():
        assert file in missing(tmp_path, "pager")
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
        assert file not in missing(tmp_path, "pager")
    assert missing(tmp_path, "pager") == []
    test = tmp_path / "tests/contracts/test_pager.py"
    test.write_text(contract.replace("(PlatformContract)", ""))
    assert missing(tmp_path, "pager") == ["tests/contracts/test_pager.py: PlatformContract"]
    test.write_text(contract.replace("bot.adapters", "made.up"))
    assert missing(tmp_path, "pager") == ["tests/contracts/test_pager.py: bot.adapters.pager"]
