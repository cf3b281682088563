"""The rules of the house that no other tool holds."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bot
import core
import storage

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "storage", "bot", "tests", "bench")
LONGEST = 400
NAMES_THAT_SAY_NOTHING = {"base", "common", "helpers", "manager", "utils"}

# Where a package comes from is the business of the machine that installs it. The pieces stand apart, or this
# file would find itself.
INDEX_ADDRESS = re.compile(
    rb"--(?:extra-)?index-url\b|--find" + rb"-links\b|files\.python" + rb"hosted\.org|https?://[^\s\"']+/simple\b"
)
INDEX_LINE = re.compile(rb"^\s*(?:-i|-f)\b|file://", re.MULTILINE)


def files_of_the_house() -> list[Path]:
    """What git tracks or would track; where there is no git, whatever does not hide behind a dot."""
    # A checkout may belong to somebody else than the user who runs the tests.
    git = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(git, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
        found = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        found = [path for top in ROOT.iterdir() if top.name[0] != "." for path in (top, *top.rglob("*"))]
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def modules_of_the_house() -> list[Path]:
    return [path for path in files_of_the_house() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ROOMS]


def named(paths: list[Path]) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def readings_of_the_clock(source: str) -> list[int]:
    """The lines that take the time from the machine: `datetime.now`, `utcnow`, `today`, under any name."""
    tree = ast.parse(source)
    clocks = {"date", "datetime"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            clocks |= {name.asname or name.name for name in node.names}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and (
            (isinstance(node.value, ast.Name) and node.value.id in clocks)
            or (isinstance(node.value, ast.Attribute) and node.value.attr in {"date", "datetime"})
        )
    ]


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules_of_the_house()}
    assert lengths
    assert named([path for path, length in lengths.items() if length > LONGEST]) == []


def test_every_module_has_a_name_that_says_something() -> None:
    vague = [
        path
        for path in modules_of_the_house()
        if NAMES_THAT_SAY_NOTHING & {path.stem, *path.relative_to(ROOT).parent.parts}
    ]
    assert named(vague) == []


def test_every_folder_with_python_files_is_a_package() -> None:
    folders = {path.parent for path in modules_of_the_house()}
    assert named([folder for folder in folders if not (folder / "__init__.py").is_file()]) == []


def test_core_storage_and_bot_are_ours_and_not_somebody_elses() -> None:
    # The names are generic: another package on the path could answer to them.
    assert [Path(room.__file__ or "").resolve().parent for room in (core, storage, bot)] == [
        ROOT / "core",
        ROOT / "storage",
        ROOT / "bot",
    ]


def test_the_import_contracts_hold() -> None:
    # In a process of its own: it sets up logging for itself, and with that silences every logger there is in this one.
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    told = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr


def test_no_file_says_where_packages_are_fetched() -> None:
    found = [
        path
        for path in files_of_the_house()
        if INDEX_ADDRESS.search(content := path.read_bytes()) or (path.suffix == ".lock" and INDEX_LINE.search(content))
    ]
    assert named(found) == []


def test_the_core_never_reads_the_clock() -> None:
    readings = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules_of_the_house()
        if path.is_relative_to(ROOT / "core")
        for line in readings_of_the_clock(path.read_text(encoding="utf-8"))
    ]
    assert readings == []


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\ndatetime.datetime.now()",
        "import datetime as time\ntime.date.today()",
        "from datetime import datetime, UTC\ndatetime.now(UTC)",
        "from datetime import datetime as Moment\nread = Moment.utcnow",
    ],
)
def test_a_reading_of_the_clock_is_found_under_any_name(source: str) -> None:
    assert readings_of_the_clock(source) == [2]


def test_the_now_of_the_world_is_no_reading_of_the_clock() -> None:
    assert readings_of_the_clock("def late(world, due):\n    return world.now > due") == []
