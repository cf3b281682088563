"""What kind of value an expression takes each of its inputs for: number, text, or yes or no.

CEL compares values of different kinds without an error (`"true" == true` is false), so a rule that is given text where
it expects a number would quietly not match. The kind is read off the expression, or said in `inputs`; a value of
another kind is unknown.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    NUMBER = "number"
    TEXT = "text"
    YES_NO = "yes_no"


_BEHIND = re.compile(r"\s*(==|!=|<=|>=|<|>|\+|-|\*|/|in\b)\s*(\[?\s*\S+)")
_BEFORE = re.compile(r"(\S+)\s*(==|!=|<=|>=|<|>|\+|-|\*|/)\s*$")
_CALL = re.compile(r"(\w+)\($")


def kinds_of(bare: str, path: str) -> frozenset[Kind]:
    """The kinds for which `path` is taken in an expression whose texts were replaced by `''`; empty if none shows."""
    found = set()
    for place in re.finditer(rf"(?<![\w.]){re.escape(path)}(?![\w])", bare):
        behind, before = bare[place.end() :], bare[: place.start()].rstrip()
        kind = _here(before, behind)
        if kind is not None:
            found.add(kind)
    return frozenset(found)


def _here(before: str, behind: str) -> Kind | None:
    if behind.startswith("."):
        return Kind.TEXT
    if call := _CALL.search(before):
        return Kind.TEXT if call[1] == "size" else None
    if (op := _BEHIND.match(behind)) is not None:
        return _beside(op[1], op[2])
    if (op := _BEFORE.search(before)) is not None:
        return _beside(op[2], op[1])
    return Kind.YES_NO


def _beside(operator: str, other: str) -> Kind | None:
    other = other.strip("[]( ")
    if "''" in other:
        return Kind.TEXT
    if other.startswith(("true", "false")) or other.endswith(("true", "false")):
        return Kind.YES_NO
    if operator not in ("==", "!=", "in") or re.match(r"-?[0-9]", other):
        return Kind.NUMBER
    return None
