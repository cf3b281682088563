"""`placet import` against a live server: what it prints, and the exit code that tells how it went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.__main__ import main
from bot.cli.app import REFUSED, app
from core.learning import records
from core.learning.ledger import Wanted
from tests.bot.importing import advice, fill
from tests.bot.process import environment
from tests.bot.running import Running, fresh, placet, settings_in
from tests.bot.test_intake_tastytrade import DEPOSIT, HEADER, SHARES, option

HOUSE = """\
people:
  you: {roles: [owner], admin: true}
  alice: {roles: [owner]}
learning:
  accounts: {U1: alice}
"""


@dataclass
class Shell:
    """`placet import`, as somebody types it."""

    running: Running
    folder: Path
    env: dict[str, str]

    def __call__(self, content: str | bytes, *options: str, code: int = 0) -> str:
        file = self.folder / fresh("file")
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        result = CliRunner().invoke(app, ["import", str(file), *options], env=self.env)
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    def json(self, content: str | bytes, *options: str, code: int = 0) -> Any:
        output = self(content, "--json", *options, code=code)
        return json.loads(output[output.index("\n{") :])


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("shell")
    settings = settings_in(folder, house=HOUSE)
    with placet(settings) as running:
        yield Shell(running, folder, environment(settings, {"PLACET_PORT": str(running.port)}))


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_an_export_goes_in_and_says_what_it_was_taken_for(shell: Shell) -> None:
    text = HEADER + option(order="77") + SHARES + DEPOSIT
    printed = shell(text, "--account", "U1")
    assert "executions (tastytrade)" in printed
    assert "2 new, 0 changed, 0 known, 1 skipped." in printed
    assert "0 new, 0 changed, 2 known, 1 skipped." in shell(text, "--account", "U1")
    kept = shell.running.services.reader.records(Wanted(records.EXECUTION, person="alice"))
    assert {record.body["order"] for record in kept} == {"77", "1002"}


def test_bad_rows_are_printed_with_their_lines_in_the_file_and_the_rest_goes_in(shell: Shell) -> None:
    good = [fill() for _ in range(1_200)]
    file = lines(*good[:700], fill(at="2024-03-05"), *good[700:]) + "{oops\n"
    document = shell.json(file)
    assert (document["new"], document["kind"]) == (1_200, "executions")
    assert [(row["line"], row["field"]) for row in document["refused"]] == [(701, "at"), (1_202, "")]
    printed = shell(file)
    assert "701" in printed
    assert "a day without a time of day" in printed
    assert "0 new, 0 changed, 1200 known, 2 refused." in printed


def test_rows_that_are_refused_alike_are_one_line_with_a_count(shell: Shell) -> None:
    printed = shell(lines(*(fill(at="2024-03-05") for _ in range(120)), fill(fees="?")), code=REFUSED)
    assert printed.count("a day without a time of day") == 1
    assert "1, 2, 3 and 117 more" in printed
    assert "must be a decimal" in printed
    assert "121 refused." in printed


def test_it_is_said_why_rows_were_skipped(shell: Shell) -> None:
    printed = shell(HEADER + option(order="skips") + DEPOSIT + DEPOSIT, "--account", "U1")
    assert "2 skipped." in printed
    assert "Skipped 2: Money Movement" in printed


def test_a_large_file_is_written_in_several_transactions(shell: Shell) -> None:
    rows = [fill(order="many") for _ in range(1_100)]
    shell(lines(*rows))
    kept = shell.running.services.reader.records(Wanted(records.EXECUTION))
    assert len({record.recorded_at for record in kept if record.body["order"] == "many"}) >= 3


def test_nothing_but_bad_rows_is_exit_code_3(shell: Shell) -> None:
    printed = shell(lines(fill(fees="?"), fill(currency="x")), code=REFUSED)
    assert "must be a decimal" in printed
    assert "0 new, 0 changed, 0 known, 2 refused." in printed


def test_numbers_that_are_none_are_refused_before_they_are_sent(shell: Shell) -> None:
    row = json.dumps(fill(parameters={"premium": 222.5})).replace("222.5", "NaN")
    document = shell.json(f"{row}\n{json.dumps(fill())}\n")
    assert (document["new"], document["refused"][0]["field"]) == (1, "parameters.premium")


def test_columns_are_mapped_and_times_placed(shell: Shell) -> None:
    text = f"When;Ticker;What;Notes\n2024-03-05 10:54;{fresh('T')};buy;x\n"
    printed = shell(text, "--kind", "executions", "--map", "at=When,action=What", "--zone", "America/New_York")
    assert "Not read: Notes" in printed
    assert "1 new" in printed
    assert "names no zone" in shell(text, "--kind", "executions", "--map", "at=When,action=What", code=REFUSED)


def test_decisions_come_after_their_recommendations(shell: Shell) -> None:
    row = advice()
    click = {"key": row["key"], "decision": "reject", "at": "2024-03-05T16:00:00Z"}
    assert "import the recommendations first" in shell(lines(click), "--kind", "decisions", code=REFUSED)
    assert "recommendations" in shell(lines(row), "--program", "momentum")
    printed = shell(lines(click))
    assert "0 new, 1 changed" in printed
    assert ": decisions" in printed


def test_accounts_of_nobody_are_named(shell: Shell) -> None:
    assert "Nobody's accounts: U77" in shell(lines(fill(account="U77"), fill()))


def test_what_was_imported_is_reconciled_on_demand(shell: Shell) -> None:
    row = advice(subject="RECO", account="U1")
    shell(lines(row), "--program", "momentum")
    shell(lines(fill(subject="RECO", at="2024-03-05T15:54:00Z")))
    result = CliRunner().invoke(app, ["reconcile", "--json"], env=shell.env)
    assert result.exit_code == 0, (result.output, result.exception)
    assert json.loads(result.output)["consent"] >= 1
    printed = CliRunner().invoke(app, ["reconcile", "2024-03-05"], env=shell.env).output
    assert "consent" in printed
    assert "All of it was known already." in printed
    assert not any(line.split()[:1] == ["changed"] for line in printed.splitlines())
    nothing = CliRunner().invoke(app, ["reconcile", "2012-06-30"], env=shell.env).output
    assert nothing == "Nothing was advised and nothing done on 2012-06-30, as far as is known here.\n"


def test_a_table_of_closes_is_known_by_its_days(shell: Shell) -> None:
    printed = shell("date,IBM,MSFT\n2024-03-01,188.20,415.50\n")
    assert ": closes" in printed
    assert "2 new" in printed


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"", (), "There is nothing in it"),
        (b"a,b\n1,2\n", (), "say its kind"),
        (b"execution,at,action,subject\n", (), "there is not one row in it"),
        (HEADER.encode(), ("--kind", "closes"), "holds executions and no closes"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence_and_exit_code_3(
    shell: Shell, capsys: pytest.CaptureFixture[str], content: bytes, options: tuple[str, ...], words: str
) -> None:
    file = shell.folder / fresh("bad")
    file.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in shell.env.items():
            patch.setenv(name, value)
        patch.setattr("sys.argv", ["placet", "import", str(file), *options])
        with pytest.raises(SystemExit) as end:
            main()
    assert (end.value.code, words in " ".join(capsys.readouterr().err.split())) == (REFUSED, True)


@pytest.mark.parametrize("options", [("--zone", "Nowhere/At"), ("--map", "at"), ("--kind", "gossip")])
def test_wrong_use_is_exit_code_2(shell: Shell, options: tuple[str, ...]) -> None:
    shell("x", *options, code=2)
