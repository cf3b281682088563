"""The commands that bring in what happened elsewhere: `placet import`, and `placet reconcile`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from bot.api.view import dump
from bot.cli import tables
from bot.cli.app import REFUSED, Json, app, settings, show
from bot.cli.client import Client, Declined
from bot.declared_learning import zone_named
from bot.learning.cells import Writing
from bot.learning.csv_columns import mapping_of
from bot.learning.fields import usable
from bot.learning.reading import JSON_LINES, How, Reading, media_type_of, read
from bot.learning.rows import Fault, Refusal, Row, Skipped, Unreadable
from core.text import clean

_LARGEST, _MOST_ROWS = 49_152, 500
"""Bytes and rows that go at once: less than every server takes."""
_SHOWN, _NAMED = 50, 3
"""Reasons that are printed, and lines that are named with each."""


class Kind(StrEnum):
    EXECUTIONS = "executions"
    RESULTS = "results"
    CLOSES = "closes"
    RECOMMENDATIONS = "recommendations"
    DECISIONS = "decisions"


class Format(StrEnum):
    TASTYTRADE = "tastytrade"
    GENERIC = "generic"


class Dates(StrEnum):
    MDY = "mdy"
    DMY = "dmy"


@dataclass
class _Sum:
    """What became of all slices together, with the lines as they stand in the file."""

    new: int = 0
    changed: int = 0
    known: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    unknown_accounts: set[str] = field(default_factory=set)

    def add(self, answer: dict[str, Any], lines: list[int]) -> None:
        self.new += answer["new"]
        self.changed += answer["changed"]
        self.known += answer["known"]
        self.unknown_accounts |= set(answer["unknown_accounts"])
        self.refuse(answer["refused"], lines)

    def refuse(self, rows: list[dict[str, Any]], lines: list[int]) -> None:
        for row in rows:
            detail = row.get("detail") or row.get("message")
            self.refused.append({"line": lines[row["line"] - 1], "field": row["field"], "detail": detail})


@app.command("import")
def import_file(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="CSV, JSON or JSON lines; - reads it.")],
    kind: Annotated[Kind | None, typer.Option(help="What it tells of; told from the content, if left out.")] = None,
    form: Annotated[Format | None, typer.Option("--format", help="Of a CSV: whose export, or any columns.")] = None,
    mapping: Annotated[
        str | None, typer.Option("--map", metavar="FIELD=COLUMN,…", help="Of a CSV: at=Date,subject=Ticker,…")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Of times without one, as America/New_York.")] = None,
    dates: Annotated[Dates | None, typer.Option(help="How 3/4/2026 is meant: month first, or day first.")] = None,
    account: Annotated[str | None, typer.Option(help="The account, where the file names none.")] = None,
    person: Annotated[str | None, typer.Option(help="Whose it is, where neither file nor account says.")] = None,
    program: Annotated[str | None, typer.Option(help="The program that recommended.")] = None,
    as_json: Json = False,
) -> None:
    """Bring in what happened elsewhere: executions, results, closes, recommendations of earlier days.

    A bad row is printed with its line, and the rest goes in; the same file again changes nothing.
    """
    data = sys.stdin.buffer.read() if file == "-" else _bytes_of(Path(file))
    how = How(form, _mapping(mapping), Writing(_zone(zone), dates))
    wanted = Kind.RECOMMENDATIONS if kind is Kind.DECISIONS else kind
    console = tables.errors_console()
    try:
        reading = read(data, media_type_of(data), wanted, how)
        as_what = f" ({reading.format})" if reading.format else ""
        called = kind or (Kind.DECISIONS if reading.decisions else reading.kind)
        console.print(f"{file}: {called}{as_what}", markup=False, soft_wrap=True)
        if reading.ignored:
            console.print(f"Not read: {clean(', '.join(reading.ignored))}", style="dim", markup=False, soft_wrap=True)
        query = {"zone": zone, "dates": dates, "account": account, "person": person, "program": program}
        total = _send_all(Client(settings()), reading, query)
    except Unreadable as problem:
        raise Declined(422, {"detail": f"{file}: {clean(str(problem))}"}) from None
    if not any((total.new, total.changed, total.known, total.refused, total.skipped)):
        raise Declined(422, {"detail": f"{file}: there is not one row in it."})
    document = {**vars(total), "unknown_accounts": sorted(total.unknown_accounts), "kind": reading.kind}
    show(document, as_json, lambda: _told(total))
    if total.refused and not (total.new or total.changed or total.known or total.skipped):
        raise typer.Exit(REFUSED)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise typer.BadParameter(f"{file} cannot be read: {problem.strerror}") from problem


def _mapping(text: str | None) -> dict[str, tuple[str, ...]]:
    try:
        return mapping_of(text or "")
    except ValueError as problem:
        raise typer.BadParameter(f"--map {problem}") from None


def _zone(name: str | None) -> Any:
    try:
        return zone_named(name) if name else None
    except ValueError:
        raise typer.BadParameter(f"--zone: {name} is no time zone; write it as in America/New_York") from None


def _send_all(client: Client, reading: Reading, query: dict[str, Any]) -> _Sum:
    total = _Sum()
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.completed} rows"), console=tables.errors_console(), transient=True
    )
    with bar:
        task = bar.add_task("Importing", total=None)
        for lines, data in _slices(reading, total):
            try:
                answer = client.send(f"/v1/{reading.kind}", data, JSON_LINES, **query)
            except Declined as problem:
                if problem.problem.get("code") != "nothing_read":
                    raise
                total.refuse(problem.problem.get("errors") or [], lines)
            else:
                total.add(answer, lines)
            bar.advance(task, len(lines))
    total.refused.sort(key=lambda row: row["line"])
    return total


def _slices(reading: Reading, total: _Sum) -> Iterator[tuple[list[int], bytes]]:
    """What goes at once: the rows as JSON lines, and on which line of the file each stands."""
    lines: list[int] = []
    written: list[bytes] = []
    size = 0
    for row in reading.rows:
        if isinstance(row, Skipped):
            total.skipped.append({"line": row.line, "detail": clean(row.detail)})
            continue
        refusal = row if isinstance(row, Refusal) else _unsendable(row)
        if refusal is not None or not isinstance(row, Row):
            assert refusal is not None  # noqa: S101 - what is no row is a refusal
            total.refused.append({"line": refusal.line, "field": clean(refusal.field), "detail": clean(refusal.detail)})
            continue
        data = dump(row.fields)
        if written and (size + len(data) > _LARGEST or len(written) == _MOST_ROWS):
            yield lines, b"\n".join(written)
            lines, written, size = [], [], 0
        lines.append(row.line)
        written.append(data)
        size += len(data) + 1
    if written:
        yield lines, b"\n".join(written)


def _unsendable(row: Row) -> Refusal | None:
    try:
        for name, value in row.fields.items():
            usable(name, "")
            usable(value, name)
    except Fault as problem:
        return Refusal(row.line, problem.field, problem.detail)
    return None


def _told(total: _Sum) -> RenderableType:
    parts: list[RenderableType] = []
    if total.refused:
        alike: dict[tuple[str, str], list[int]] = {}
        for row in total.refused:
            alike.setdefault((row["field"], row["detail"]), []).append(row["line"])
        shown = [(_lines(lines), *why) for why, lines in list(alike.items())[:_SHOWN]]
        parts.append(tables.rows_table(("line", "field", "why it was refused"), shown))
        if rest := sum(len(lines) for lines in list(alike.values())[_SHOWN:]):
            parts.append(Text(f"… and {rest} more; --json lists all.", style="dim"))
    counts = [f"{total.new} new", f"{total.changed} changed", f"{total.known} known"]
    counts += [f"{len(total.refused)} refused"] if total.refused else []
    counts += [f"{len(total.skipped)} skipped"] if total.skipped else []
    parts.append(Text(", ".join(counts) + "."))
    parts += [
        Text(f"Skipped {number:,}: {why}", style="dim")
        for why, number in Counter(row["detail"] for row in total.skipped).most_common(_SHOWN)
    ]
    if total.unknown_accounts:
        names = ", ".join(sorted(total.unknown_accounts)[:10])
        hint = f"Nobody's accounts: {names}. Say whose under learning.accounts in placet.yaml, and import again."
        parts.append(Text(hint, style="yellow"))
    return Group(*parts)


def _lines(lines: list[int]) -> str:
    """The lines that are refused for the same reason: all of a few, and of many the first and how many more."""
    if len(lines) <= _NAMED:
        return ", ".join(map(str, lines))
    return f"{', '.join(map(str, lines[:_NAMED]))} and {len(lines) - _NAMED:,} more"


@app.command()
def reconcile(
    day: Annotated[
        str | None, typer.Argument(metavar="DATE", help="As 2026-11-20; all that is open, if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Match what was done with what was recommended, now. It happens every evening by itself."""
    document = Client(settings()).send("/v1/reconcile", b"{}", "application/json", date=day)
    show(document, as_json, lambda: _reconciled(document, day))


def _reconciled(document: dict[str, Any], day: str | None) -> RenderableType:
    """`document`: the labels there are now, and apart from them how many are `changed`."""
    counts = {name: count for name, count in document.items() if name != "changed" and isinstance(count, int)}
    changed = document.get("changed", 0)
    parts: list[RenderableType] = []
    if any(counts.values()):
        parts.append(tables.rows_table(("label", "count"), list(counts.items())))
    elif day is not None:
        parts.append(Text(f"Nothing was advised and nothing done on {day}, as far as is known here."))
    else:
        parts.append(Text("Nothing is known that could be matched; `placet import` brings in what was done."))
    if changed:
        parts.append(Text(f"{changed:,} {'is' if changed == 1 else 'are'} new or changed."))
    elif any(counts.values()):
        parts.append(Text("All of it was known already."))
    return Group(*parts)
