"""What is imported, row by row, as it stands in a body: a JSON object, an array, or JSON lines.

Nothing is believed. A row that cannot be read is a refusal with its line, and the others go on; a number that is none
(`NaN`, `1e400`) is refused where it stands, by whoever reads its field.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_SAFE_INT = 2**53
_MOST_DIGITS = 40
_SPACE = re.compile(r"[ \t\r\n]*")
LONGEST_LINE = 1_048_576
"""Bytes of one row of JSON lines."""


@dataclass(frozen=True, slots=True)
class Row:
    """What stands on a line, by field. In an array of JSON the line is the number of the item, from 1."""

    line: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is not taken, and where."""

    line: int
    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that tells of nothing that is kept here."""

    line: int
    detail: str


Read = Row | Refusal | Skipped


class Fault(ValueError):
    """What is wrong with a field of a row, as the end of a sentence that begins with the field's name."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field} {detail}".strip())
        self.field = field
        self.detail = detail


class Unreadable(ValueError):
    """Nothing of it can be read. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A number that is none, where a value stands."""

    text: str


class _Decoder:
    """JSON with exact numbers, which tells the row in which a key stands twice."""

    def __init__(self) -> None:
        self.twice: str | None = None
        self._decoder = json.JSONDecoder(
            parse_int=_whole, parse_float=_decimal, parse_constant=Unusable, object_pairs_hook=self._once
        )

    def _once(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            names = [name for name, _ in pairs]
            self.twice = next(name for name in names if names.count(name) > 1)
        return result

    def value(self, text: str, at: int) -> tuple[Any, int]:
        """The value that begins here, and where it ends. Raises ValueError and RecursionError."""
        self.twice = None
        return self._decoder.raw_decode(text, at)


def _whole(text: str) -> int | Decimal | Unusable:
    if len(text) > _MOST_DIGITS:
        return Unusable(text[:20])
    number = int(text)
    return number if -_SAFE_INT < number < _SAFE_INT else Decimal(text)


def _decimal(text: str) -> Decimal | Unusable:
    if len(text) > 2 * _MOST_DIGITS:
        return Unusable(text[:20])
    number = Decimal(text)
    return number if -_MOST_DIGITS < number.adjusted() < _MOST_DIGITS else Unusable(text[:20])


def json_object(text: str) -> dict[str, Any]:
    """An object in a cell. ValueError: the end of a sentence."""
    decoder = _Decoder()
    try:
        value, end = decoder.value(text, 0)
    except (ValueError, RecursionError):
        value, end = None, 0
    if not isinstance(value, dict) or end < len(text) or decoder.twice is not None:
        raise ValueError("must be a JSON object, with every name once")
    return value


def json_rows(data: bytes) -> Iterator[Read]:
    """The rows of a body that is one object or an array of them. Raises Unreadable when it is neither."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Unreadable(f"It is not UTF-8 (byte {problem.start}); save it as UTF-8.") from None
    at = _skip(text, 0)
    if text[at : at + 1] == "{":
        yield from _one(text, at)
        return
    if text[at : at + 1] != "[":
        raise Unreadable("It is neither a JSON object nor an array of them; send JSON lines as application/x-ndjson.")
    decoder, number, at = _Decoder(), 0, _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return
    while True:
        number += 1
        try:
            value, at = decoder.value(text, at)
        except (ValueError, RecursionError) as problem:
            # Where a value does not end, nobody knows where the next one begins.
            yield Refusal(number, "", f"is not JSON ({_why(problem)}); nothing behind it was read")
            return
        yield _row(number, value, decoder.twice)
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            if _skip(text, at + 1) < len(text):
                yield Refusal(number + 1, "", "stands behind the end of the array; nothing of it was read")
            return
        if text[at : at + 1] != ",":
            yield Refusal(number + 1, "", "does not begin with a comma; nothing behind it was read")
            return
        at = _skip(text, at + 1)


def _one(text: str, at: int) -> Iterator[Read]:
    decoder = _Decoder()
    try:
        value, end = decoder.value(text, at)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"It is not JSON ({_why(problem)}).") from None
    if _skip(text, end) < len(text):
        raise Unreadable("It goes on behind the object: send an array, or JSON lines as application/x-ndjson.")
    yield _row(1, value, decoder.twice)


def lines_of_json(data: bytes) -> Iterator[Read]:
    """The rows of JSON lines. Empty lines are nothing."""
    decoder = _Decoder()
    for number, raw in enumerate(io.BytesIO(data), 1):
        line = raw.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else raw.strip()
        if not line:
            continue
        if len(line) > LONGEST_LINE:
            yield Refusal(number, "", f"is longer than {LONGEST_LINE} bytes")
            continue
        try:
            text = line.decode("utf-8")
            value, end = decoder.value(text, 0)
        except UnicodeDecodeError:
            yield Refusal(number, "", "is not UTF-8; save the file as UTF-8")
        except (ValueError, RecursionError) as problem:
            yield Refusal(number, "", f"is not JSON ({_why(problem)})")
        else:
            if end < len(text):
                yield Refusal(number, "", "goes on behind its object; put one object on each line")
            else:
                yield _row(number, value, decoder.twice)


def _row(number: int, value: Any, twice: str | None) -> Read:
    if not isinstance(value, dict):
        return Refusal(number, "", "must be an object, with a name for each value")
    if twice is not None:
        return Refusal(number, twice[:60], "stands twice in the object")
    return Row(number, value)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _why(problem: Exception) -> str:
    return problem.msg if isinstance(problem, json.JSONDecodeError) else "it is nested too deep"
