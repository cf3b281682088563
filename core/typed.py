"""What is typed into a field, to the value that is meant, and back. The same on every surface."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.canonical import plain_decimal
from core.forms import value_fault
from core.model import Json
from core.taps import FormField
from core.text import normal

_NUMBER = re.compile(r"[-+]?[0-9]{1,18}(\.[0-9]{1,18})?")
_YES = frozenset({"yes", "true", "y", "on"})
_NO = frozenset({"no", "false", "n", "off"})


class NotMeant(Exception):
    """What was typed cannot be a value of this field. The message ends a sentence ("must be …")."""


def typed(value: Json) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, list):
        return ", ".join(typed(item) for item in value)
    return str(value)


def meant(field: Mapping[str, Any], text: str) -> Json:
    """The value that somebody means who types `text` into a field of an `editable` schema. Raises NotMeant."""
    text = normal(text.replace("\r\n", "\n")).strip()
    value = _read(field, text)
    if fault := value_fault(field, value):
        raise NotMeant(fault)
    return value


def as_shown(text: str, value: Json) -> bool:
    """Whether `text` is what a form has shown of `value`, as far as an input of one line can hold it.

    Not every value can be typed: a list of texts with commas in them, a space at the end.
    """
    return _one_line(text) == _one_line(typed(value))


def _one_line(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", " ").strip()


def _read(field: Mapping[str, Any], text: str) -> Json:
    match field["type"]:
        case "number" | "integer":
            return _number(text)
        case "boolean":
            if text.lower() in _YES:
                return True
            if text.lower() in _NO:
                return False
            raise NotMeant("must be yes or no")
        case "array":
            parts = [part.strip() for part in text.split(",")] if text else []
            return [_read(field["items"], part) for part in parts]
        case _:
            return text


def _number(text: str) -> int | Decimal:
    if _NUMBER.fullmatch(text):
        return Decimal(text) if "." in text else int(text)
    if "," in text:
        raise NotMeant("must be a number with a point and no commas, as in 1250.5")
    raise NotMeant("must be a number, as in 12 or 12.5")


def form_field(name: str, field: Mapping[str, Any], value: Json, hint: str = "", error: str = "") -> FormField:
    """The input for a field of an `editable` schema, with `value` in it."""
    kind, choices = "text", tuple((typed(choice), typed(choice)) for choice in field.get("enum", ()))
    if choices:
        kind = "choice"
    elif field["type"] in ("number", "integer"):
        kind = "number"
    elif field["type"] == "boolean":
        kind = "boolean"
    elif field.get("format") == "date":
        kind = "date"
    elif field["type"] == "string" and field.get("maxLength", 3_000) > 200:
        kind = "lines"
    says = ". ".join(part for part in (field.get("description", ""), bounds(field), hint) if part)
    return FormField(
        name=name,
        label=field.get("title", name),
        kind=kind,
        value=value if isinstance(value, str) else typed(value),
        choices=choices,
        hint=says,
        required=kind not in ("text", "lines") or bool(field.get("minLength", field.get("minItems"))),
        longest=min(field.get("maxLength", 3_000), 3_000),
        error=error,
        bounds=_bounds(field) if kind != "choice" else {},
    )


_BOUNDS = {
    "minimum": "least",
    "maximum": "most",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "multipleOf": "step",
    "minLength": "shortest",
}


def _bounds(field: Mapping[str, Any]) -> dict[str, str]:
    found = {name: typed(field[key]) for key, name in _BOUNDS.items() if key in field}
    return {**found, "whole": "yes"} if field["type"] == "integer" else found


def bounds(field: Mapping[str, Any]) -> str:
    """What may be typed, in words: `1 to 10, in steps of 1`."""
    if field["type"] == "array":
        return "Separated by commas"
    parts = []
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None:
        parts.append(f"{typed(low)} to {typed(high)}")
    elif low is not None:
        parts.append(f"at least {typed(low)}")
    elif high is not None:
        parts.append(f"at most {typed(high)}")
    if "exclusiveMinimum" in field:
        parts.append(f"more than {typed(field['exclusiveMinimum'])}")
    if "exclusiveMaximum" in field:
        parts.append(f"less than {typed(field['exclusiveMaximum'])}")
    if "multipleOf" in field:
        parts.append(f"in steps of {typed(field['multipleOf'])}")
    return ", ".join(parts)
