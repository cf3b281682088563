"""Every channel is built alike, and keeps what every messenger promises."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.test_house import ROOT

ADAPTERS = ROOT / "bot" / "adapters"
CONTRACTS = ROOT / "tests" / "contracts"
CHANNELS = sorted(path.name for path in ADAPTERS.iterdir() if (path / "__init__.py").is_file())


def subclasses(file: Path, parent: str) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", None) == parent for base in node.bases)
    ]


def test_there_are_channels() -> None:
    assert "console" in CHANNELS


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_has_its_adapter_and_its_rendering(channel: str) -> None:
    assert (ADAPTERS / channel / "adapter.py").is_file()
    assert (ADAPTERS / channel / "render.py").is_file()


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_is_held_to_the_contract(channel: str) -> None:
    file = CONTRACTS / f"test_{channel}.py"
    assert file.is_file()
    assert subclasses(file, "MessengerContract")
    assert f"bot.adapters.{channel}" in file.read_text(encoding="utf-8")
