"""From the bytes of a file to its rows: what it is, its content says, or whoever sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.learning import tastytrade
from bot.learning.cells import Writing
from bot.learning.csv_columns import by_subject, columns_of, generic, read_table
from bot.learning.rows import Read, Row, Unreadable, json_rows, lines_of_json

JSON, JSON_LINES, CSV = "application/json", "application/x-ndjson", "text/csv"
TASTYTRADE, GENERIC = "tastytrade", "generic"


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a file, each read as it is asked for. `format`: of a CSV; `ignored`: columns that mean nothing.

    `decisions`: where the kind was told from the content, whether it is what people said to recommendations.
    """

    kind: str
    rows: Iterator[Read]
    format: str = ""
    ignored: tuple[str, ...] = ()
    decisions: bool = False


@dataclass(frozen=True, slots=True)
class How:
    """What is said about a CSV file. Without `format` it is told from the header."""

    format: str | None = None
    mapping: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    writing: Writing = field(default_factory=Writing)


def read(data: bytes, media_type: str, kind: str | None, how: How) -> Reading:
    """What stands in a body. Without a `kind`, it is told from the content. Raises Unreadable."""
    if media_type == CSV:
        return _csv(data, kind, how)
    rows = json_rows(data) if media_type == JSON else lines_of_json(data)
    if kind is not None:
        return Reading(kind, rows)
    kind, rows, decisions = _kind_of(rows)
    return Reading(kind, rows, decisions=decisions)


def media_type_of(data: bytes) -> str:
    """What a file is that does not say it."""
    begins = data[:4_096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins[:1] == b"[":
        return JSON
    if begins[:1] != b"{":
        return CSV
    first, _, rest = data.strip().partition(b"\n")
    return JSON_LINES if rest.strip()[:1] == b"{" or not rest else (JSON if b"}" not in first[-2:] else JSON_LINES)


def _csv(data: bytes, kind: str | None, how: How) -> Reading:
    table = read_table(data)
    header = table.columns
    if how.format == TASTYTRADE or (how.format is None and not how.mapping and tastytrade.is_tastytrade(header)):
        if missing := sorted(tastytrade.HEADER - set(header)):
            raise Unreadable(f"It is no export of tastytrade: there is no column {', '.join(missing)}.")
        if twice := [name for name in header if name in tastytrade.HEADER and header.count(name) > 1]:
            raise Unreadable(f"Two columns are called `{twice[0]}`; export it anew, or take one of them out.")
        if kind not in (None, "executions"):
            raise Unreadable(f"It is an export of tastytrade, which holds executions and no {kind}.")
        return Reading("executions", tastytrade.rows(table, how.writing), TASTYTRADE)
    writing = Writing(how.writing.zone, how.writing.dates, how.writing.comma or table.comma)
    called = {name.casefold().replace(" ", "_") for name in (*header, *how.mapping)}
    decisions = kind is None and _are_decisions(called)
    kind = kind or _kind_of_header(called, header[0].casefold() if header else "")
    first = header[0].casefold() if header else ""
    named = {name.casefold() for name in header} | how.mapping.keys()
    wide = kind == "closes" and first in ("date", "day") and not named & {"subject", "symbol", "ticker"}
    if wide:
        if len(header) < 2:
            raise Unreadable("There is a column of days and none of closes; each subject has a column of its own.")
        if twice := [name for name in header if header.count(name) > 1]:
            raise Unreadable(f"Two columns are called `{twice[0]}`, and it is not clear which is meant; rename one.")
        return Reading(kind, by_subject(table, writing), GENERIC)
    columns = columns_of(kind, header, how.mapping)
    return Reading(kind, generic(kind, table, columns, writing), GENERIC, columns.ignored, decisions)


_TELLING: tuple[tuple[str, Callable[[set[str]], Any]], ...] = (
    ("results", lambda names: names & {"pnl", "profit"} and not names & {"quantity", "qty"}),
    ("recommendations", lambda names: names & {"decision"} and names & {"key", "id"}),
    ("executions", lambda names: names & {"execution", "order", "exec_id", "execution_id", "fill_id", "order_id"}),
    (
        "recommendations",
        lambda names: names & {"choices", "editable", "valid_for", "confidence", "context", "algorithm"},
    ),
    ("closes", lambda names: names & {"close", "price"} and names & {"day", "date"} and not names & {"action", "side"}),
    ("executions", lambda names: names & {"quantity", "qty", "side", "action", "shares"}),
)
"""Which names tell what a file is about: the first line that applies."""


def _are_decisions(names: set[str]) -> bool:
    return "decision" in names and not names & {"action", "side"}


def _kind_of(rows: Iterator[Read]) -> tuple[str, Iterator[Read], bool]:
    """What the first row that can be read tells, all the rows, and whether they are decisions."""
    before: list[Read] = []
    for row in rows:
        before.append(row)
        if isinstance(row, Row):
            break
    names = {str(name) for row in before if isinstance(row, Row) for name in row.fields}

    def all_of_them() -> Iterator[Read]:
        yield from before
        yield from rows

    for kind, tells in _TELLING:
        if tells(names):
            return kind, all_of_them(), kind == "recommendations" and _are_decisions(names)
    if before:
        raise Unreadable("It is not clear what it tells; say its kind (executions, results, closes, recommendations).")
    raise Unreadable("There is nothing in it.")


def _kind_of_header(names: set[str], first: str) -> str:
    for kind, tells in _TELLING:
        if tells(names):
            return kind
    if first in ("date", "day"):
        return "closes"
    raise Unreadable(
        "It is not clear what it tells; say its kind (executions, results, closes, recommendations), and which column "
        "is what (map: at=…, subject=…)."
    )
