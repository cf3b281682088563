"""What is wrong with a field is said in words that somebody understands who has never seen a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.api import words
from bot.cli.app import REFUSED, app
from tests.bot.asking import submitted
from tests.bot.process import environment
from tests.bot.running import Running, placet, proposal, settings_in


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with placet(settings_in(tmp_path_factory.mktemp("words"))) as found:
        yield found


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"key": "two words"}, "key must be 1 to 200 visible ASCII characters, without spaces"),
        ({"currency": "dollars"}, "currency must be 2 to 10 capital letters and digits, as in USD"),
        ({"title": "x" * 201}, "title is longer than 200 characters"),
        ({"title": ""}, "title is empty"),
        ({"title": 5}, "title must be text"),
        ({"advisory": "yes"}, "advisory must be true or false"),
        ({"parameters": [1]}, "parameters must be an object"),
        ({"replaces": "4k2x"}, "replaces must be the whole id of a request, as in req_"),
        ({"colour": "red"}, "colour is not known here; take it out or correct its spelling"),
    ],
)
def test_a_proposal_is_refused_in_words(running: Running, changes: dict[str, Any], says: str) -> None:
    answer = running.program("momentum").post("/v1/requests", json=proposal(**changes))
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(says)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"revision": 1}, "choice is missing"),
        ({"choice": "maybe", "revision": 1}, "choice must be `approve`, `reject`, `modify`, `request_changes` or"),
        ({"choice": "approve", "revision": "1"}, "revision must be a whole number"),
        ({"choice": "approve", "revision": 0}, "revision must be at least 1"),
        ({"choice": "reject", "revision": 1, "reason": {"code": "too risky"}}, "reason.code must be the code of a"),
        ({"choice": "reject", "revision": 1, "reason": "risk"}, "reason must be an object"),
    ],
)
def test_a_vote_is_refused_in_words(running: Running, body: dict[str, Any], says: str) -> None:
    request = submitted(running.program("momentum"))
    answer = running.person("alice").post(f"/v1/requests/{request['id']}/votes", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(says)


def test_every_pattern_of_the_api_has_words() -> None:
    folder = Path(words.__file__).parent
    sources = [(folder / name).read_text(encoding="utf-8") for name in ("models.py", "admin.py", "requests.py")]
    patterns = {found for source in sources for found in re.findall(r'pattern=r"([^"]+)"', source)}
    assert len(patterns) >= 8
    assert {pattern for pattern in patterns if words.said(_mismatch(pattern)).startswith("must match")} == set()


def _mismatch(pattern: str) -> dict[str, Any]:
    return {"type": "string_pattern_mismatch", "ctx": {"pattern": pattern}, "msg": ""}


# On the command line


def typed(running: Running, *arguments: str) -> tuple[int, str]:
    env = environment(running.settings, {"PLACET_PORT": str(running.port), "COLUMNS": "200"})
    result = CliRunner().invoke(app, arguments, env=env, catch_exceptions=True)
    if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
        return REFUSED, str(result.exception)
    return result.exit_code, result.output


def test_the_end_of_an_id_will_do(running: Running) -> None:
    request = submitted(running.program("momentum"), title="Buy 7 NVDA")
    code, output = typed(running, "show", request["id"][-6:])
    assert code == 0, output
    assert "Buy 7 NVDA" in output
    assert request["id"] in output
    assert typed(running, "show", "…" + request["id"][-6:].upper())[0] == 0


def test_an_end_that_nothing_or_much_has_is_refused_in_words(running: Running) -> None:
    assert typed(running, "show", "zzzzzz") == (
        REFUSED,
        "There is no request that ends with zzzzzz; `placet pending` lists what waits.",
    )
    code, output = typed(running, "show", "abc")
    assert code == REFUSED
    assert "must be the whole id of a request" in output
