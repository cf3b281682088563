"""CSV: a table under a header, whose columns mean the fields of what is imported; and what a cell may hold on the way
out.

Spreadsheets write CSV in many ways: with a BOM, with semicolons, with decimal commas, with line breaks in quotes. What
cannot be read is refused by its line, and the rows behind it are read.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from bot.learning.cells import Writing, is_day, moment, number
from bot.learning.meaning import BESIDE
from bot.learning.rows import Read, Refusal, Row, Unreadable, json_object

LONGEST_ROW, MOST_LINES, MOST_COLUMNS = 262_144, 200, 500
"""Of one row: its characters, the lines that a cell in quotes may go over, and its cells."""
_TIMES = frozenset({"at", "valid_until", "decided_at"})
_NUMBERS = frozenset({
    "amount", "fees", "commission", "pnl", "risk", "confidence", "quantity", "price", "strike", "premium", "limit",
    "multiplier", "ordered", "close",
})  # fmt: skip
_TEXTS = frozenset({
    "key", "execution", "order", "action", "subject", "account", "link", "person", "program", "status", "currency",
    "kind", "about", "title", "algorithm", "reason", "would_agree", "decision", "valid_for", "day", "right", "effect",
    "expiry", "open", "busted", "cut", "seen", "source",
})  # fmt: skip
_DAYS = ("day", "expiry")
_GROUPS = ("parameters.", "context.")
_ALSO: Mapping[str, str] = {
    "time": "at", "datetime": "at", "date_time": "at", "timestamp": "at", "executed_at": "at", "trade_time": "at",
    "symbol": "subject", "ticker": "subject", "underlying": "subject", "instrument": "subject",
    "side": "action", "qty": "quantity", "size": "quantity", "shares": "quantity",
    "exec_id": "execution", "execution_id": "execution", "fill_id": "execution", "trade_id": "execution",
    "order_id": "order", "order_number": "order", "client_order_id": "link", "request": "link",
    "fee": "fees", "commissions": "commission", "expiration": "expiry", "expiration_date": "expiry",
    "strike_price": "strike", "call_or_put": "right", "option_type": "right", "put_call": "right",
    "profit": "pnl", "p_l": "pnl", "account_number": "account", "fill_price": "price", "trade_price": "price",
}  # fmt: skip
"""What columns are often called elsewhere."""
_NEEDED = {
    "executions": ("at", "action", "subject"),
    "results": ("about", "kind", "at"),
    "closes": ("day", "subject", "close"),
    "recommendations": ("key",),
}
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NEUTRAL = re.compile(r"'[=+\-@\t\r\n]")
_PLAIN_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table, by the names of its columns as they stand in the header, and the line that it begins on."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows under it, read once. `comma`: whether a comma parts the decimals, as beside semicolons."""

    columns: tuple[str, ...]
    lines: Iterator[Line | Refusal]
    comma: bool


def neutral(cell: object) -> str:
    """A cell for a file that is opened with a spreadsheet: a text that it would take for a formula begins with a quote.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if cell is None:
        return ""
    text = format(cell, "f") if isinstance(cell, Decimal) else str(cell)
    if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def read_table(data: bytes) -> Table:
    """The header at once, the rows as they are asked for. Raises Unreadable."""
    # What cannot be decoded stays to be seen in its cell, so that one bad row does not cost the others.
    encoding, errors = "utf-8-sig", "surrogateescape"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding, errors = "utf-16", "replace"
    text = io.TextIOWrapper(io.BytesIO(data), encoding, errors=errors, newline=None)
    lines = _Lines(text)
    header = next((line for line in iter(lines.next, None) if line.strip()), None)
    if header is None:
        raise Unreadable("There is nothing in it; the first line names the columns.")
    header = header.lstrip("\ufeff")
    if any("\ud800" <= sign <= "\udfff" for sign in header):
        raise Unreadable("The first line is not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8).")
    if len(header) > LONGEST_ROW or "\x00" in header:
        raise Unreadable("It is no CSV: the first line, which names the columns, is no text.")
    delimiter = max(",;\t|", key=lambda sign: _outside_quotes(header, sign))
    lines.back(header)
    first = _cells(lines, delimiter)
    if isinstance(first, str):
        raise Unreadable(f"The header {first}.")
    columns = tuple(name.strip() for name in first)
    if len(columns) > MOST_COLUMNS:
        raise Unreadable(f"It has {len(columns)} columns; at most {MOST_COLUMNS} are read.")
    return Table(columns, _rows(lines, columns, delimiter), comma=delimiter == ";")


def _outside_quotes(header: str, sign: str) -> int:
    return re.sub(r'"[^"]*"', "", header).count(sign)


class _Lines:
    """The lines of a text, one by one, of which some may be given back. `number`: of the line given last."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._back: deque[str] = deque()
        self.number = 0

    def next(self) -> str | None:
        line = self._back.popleft() if self._back else self._text.readline()
        if not line:
            return None
        self.number += 1
        return line

    def back(self, *lines: str) -> None:
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def _cells(lines: _Lines, delimiter: str) -> list[str] | str:
    """The cells of the row that begins on the next line; or what is wrong with it, and the next line is the next row.

    At the end, no cells.
    """
    line = lines.next()
    if line is None:
        return []
    if len(line) > LONGEST_ROW:
        return f"is longer than {LONGEST_ROW} characters"
    if '"' not in line:
        return line.rstrip("\n").split(delimiter)
    taken: list[str] = []

    def ahead() -> Iterator[str]:
        yield line
        while len(taken) < MOST_LINES and (more := lines.next()) is not None:
            taken.append(more)
            yield more

    try:
        found = next(csv.reader(ahead(), delimiter=delimiter, strict=True, skipinitialspace=True))
    except (csv.Error, StopIteration) as problem:
        lines.back(*taken)
        if "end of data" in str(problem) or "field larger" in str(problem):
            return "opens a quote that is not closed"
        return "has a quote within a cell; write it twice, and the whole cell in quotes"
    return found


def _rows(lines: _Lines, columns: Sequence[str], delimiter: str) -> Iterator[Line | Refusal]:
    while True:
        cells = _cells(lines, delimiter)
        begun = lines.number if isinstance(cells, str) else lines.number - _breaks(cells)
        if isinstance(cells, str):
            yield Refusal(begun, "", cells)
            continue
        if not cells:
            return
        if not any(cell.strip() for cell in cells):
            continue
        while len(cells) > len(columns) and not cells[-1].strip():
            cells.pop()
        if len(cells) != len(columns):
            yield Refusal(begun, "", f"has {len(cells)} cells, and the header {len(columns)}")
            continue
        yield Line(begun, {name: _given(cell) for name, cell in zip(columns, cells, strict=True)})


def _breaks(cells: Sequence[str]) -> int:
    return sum(cell.count("\n") for cell in cells)


def _given(cell: str) -> str:
    """A cell as it was before `neutral`."""
    return cell[1:] if _NEUTRAL.match(cell) else cell


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns make which field. `ignored`: those that mean nothing here."""

    fields: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...]


def mapping_of(text: str) -> dict[str, tuple[str, ...]]:
    """`at=Date+Time,subject=Ticker`: fields and the columns they are made of. ValueError: the end of a sentence."""
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, columns = part.partition("=")
        name = name.strip()
        if not equals or not columns.strip():
            raise ValueError(f"takes field=Column, several parted by commas, and not {part[:40]!r}")
        if _kind_of(name) is None:
            raise ValueError(
                f"names the field {name[:40]!r}, which is not known; a parameter is `parameters.{name[:40]}`"
            )
        if name in found:
            raise ValueError(f"says twice what `{name}` is")
        found[name] = tuple(column.strip() for column in columns.split("+"))
    return found


def _kind_of(field: str) -> str | None:
    if field in _TIMES:
        return "time"
    if field in _NUMBERS:
        return "number"
    if field in _TEXTS:
        return "text"
    if field in ("parameters", "context"):
        return "object"
    return "value" if field.startswith(_GROUPS) and field not in _GROUPS else None


def columns_of(kind: str, header: Sequence[str], mapping: Mapping[str, tuple[str, ...]]) -> Columns:
    """What the columns mean: as `mapping` says, and where it says nothing, by their names. Raises Unreadable."""
    fields = dict(mapping)
    for name, made_of in mapping.items():
        for column in made_of:
            if column not in header:
                there = ", ".join(header[:40])
                raise Unreadable(f"There is no column `{column}` for `{name}`; there are: {there}.")
    used = {column for made_of in fields.values() for column in made_of}
    ignored = []
    for column in header:
        plain = re.sub(r"[^a-z0-9.]+", "_", column.casefold()).strip("_")
        field = plain if _kind_of(plain) else _ALSO.get(plain)
        if plain == "date":
            field = "day" if kind == "closes" else "at"
        if kind == "closes" and field == "price":
            field = "close"
        if column in used or not column:
            continue
        if field is None or field in fields:
            ignored.append(column)
        else:
            fields[field] = (column,)
            used.add(column)
    for column in used:
        if header.count(column) > 1:
            raise Unreadable(f"Two columns are called `{column}`, and it is not clear which is meant; rename one.")
    _all_there(kind, fields, header)
    return Columns(fields, tuple(ignored))


def _all_there(kind: str, fields: Mapping[str, object], header: Sequence[str]) -> None:
    named = set(fields) | ({"about"} if {"key", "order", "execution"} & set(fields) else set())
    missing = [name for name in _NEEDED[kind] if name not in named]
    if missing:
        wanted = ", ".join(f"{name}=…" for name in missing)
        raise Unreadable(
            f"There is no column for {', '.join(f'`{name}`' for name in missing)}; say which it is (map: {wanted}). "
            f"There are: {', '.join(header[:40])}."
        )


def generic(kind: str, table: Table, columns: Columns, writing: Writing) -> Iterator[Read]:
    """The rows of a table as the fields that its columns mean."""
    alike: dict[str, int] = {}
    for line in table.lines:
        if isinstance(line, Refusal):
            yield line
            continue
        fields: dict[str, Any] = {}
        fault = None
        for name, made_of in columns.fields.items():
            text = " ".join(filter(None, (line.cells[column].strip() for column in made_of)))
            try:
                value = _value(name, text, writing)
            except ValueError as problem:
                fault = fault or Refusal(line.line, name, str(problem))
                continue
            if kind == "recommendations" and name in BESIDE:
                name = f"parameters.{name}"  # noqa: PLW2901 - of a fill it may stand beside the other fields
            group, dot, inner = name.partition(".")
            if value is not None and (dot or isinstance(value, dict)):
                # A column for all of them, and one for some of them, go together.
                fields.setdefault(group, {}).update({inner: value} if dot else value)
            elif value is not None:
                fields[name] = value
        if fault is not None:
            yield fault
            continue
        if kind == "executions" and "execution" not in fields and "key" not in fields:
            fields["execution"] = nameless(fields, alike)
        yield Row(line.line, fields)


def nameless(fields: Mapping[str, Any], alike: dict[str, int]) -> str:
    """A key for a fill that has none: from all it says, and which of those alike it is in its file."""
    digest = sha256(repr(sorted(fields.items(), key=lambda item: item[0])).encode("utf-8", "replace")).hexdigest()[:32]
    alike[digest] = alike.get(digest, 0) + 1
    return f"row:{digest}#{alike[digest]}"


def _value(name: str, text: str, writing: Writing) -> Any:
    if not text:
        return None
    match _kind_of(name):
        case "time":
            return moment(text, writing).isoformat()
        case "number":
            return number(text, writing)
        case "object":
            return json_object(text)
        case "value":
            return _free(name.partition(".")[2], text, writing)
    if name in _DAYS:
        return moment(text, writing).isoformat()[:10]
    return text


def _free(name: str, text: str, writing: Writing) -> Any:
    """A parameter: a number, a day as it is compared with that of the advice, or else what stands there."""
    if name in _DAYS and is_day(text):
        return moment(text, writing).isoformat()[:10]
    try:
        return number(text, writing)
    except ValueError:
        return moment(text, writing).isoformat()[:10] if "/" in text and is_day(text) else text


def by_subject(table: Table, writing: Writing) -> Iterator[Read]:
    """A table of closes with a day in the first column and a subject in each of the others."""
    day, *subjects = table.columns
    for line in table.lines:
        if isinstance(line, Refusal):
            yield line
            continue
        for subject in subjects:
            try:
                stands = moment(line.cells[day], writing).isoformat()[:10]
            except ValueError as problem:
                yield Refusal(line.line, day, str(problem))
                break
            try:
                price = number(line.cells[subject], writing)
            except ValueError as problem:
                yield Refusal(line.line, subject, str(problem))
                continue
            if price is not None:
                yield Row(line.line, {"day": stands, "subject": subject, "price": price})
