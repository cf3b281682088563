"""What people may change: the `editable` schema of a proposal, and the check of what they typed.

`editable` is an object schema in a subset of JSON Schema 2020-12 that every surface can turn into a form: numbers
with bounds and a step, choices, dates, text, yes or no, and lists of choices. What is outside the subset is refused
when the request is submitted, so that no surface ever meets a field it cannot show.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from core.canonical import escaped
from core.errors import Refused
from core.expressions import is_number
from core.model import Change, Json, Proposal
from core.text import fault

_NUMERIC = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?")
MOST_FIELDS = 25
MOST_CHOICES = 100
LONGEST_TEXT = 3_000

_NOTES = {"title", "description", "default"}
_ALLOWED = {
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum"} | _NOTES,
    "string": {"enum", "format", "minLength", "maxLength"} | _NOTES,
    "boolean": _NOTES,
    "array": {"items", "minItems", "maxItems", "uniqueItems"} | _NOTES,
}
_ALLOWED["integer"] = _ALLOWED["number"]


def same(one: Json, other: Json) -> bool:
    """Equality as JSON has it: 425 is 425.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def schema_fault(editable: Json, parameters: Mapping[str, Json]) -> Refused | None:
    """What is wrong with an `editable` schema, or None. The recommended values must fit it themselves."""

    def no(where: str, what: str) -> Refused:
        return Refused("invalid", what, where)

    if not isinstance(editable, dict):
        return no("editable", "must be a JSON Schema object with `properties`")
    if strangers := set(editable) - {"type", "properties", "title", "description", "$schema"}:
        return no(f"editable.{min(strangers)}", "is not understood here; `editable` takes `properties`")
    if editable.get("type", "object") != "object" or not isinstance(editable.get("properties"), dict):
        return no("editable", 'must be {"type": "object", "properties": {…}}')
    if len(editable["properties"]) > MOST_FIELDS:
        return no("editable.properties", f"has more than {MOST_FIELDS} fields")
    for name, field in editable["properties"].items():
        where = f"editable.properties.{name}"
        if name not in parameters:
            return no(where, "is no parameter of this proposal")
        if what := field_fault(field):
            return no(where, what)
        if what := value_fault(field, parameters[name]):
            return no(where, f"does not admit the recommended value itself: it {what}")
        if "default" in field and (what := value_fault(field, field["default"])):
            return no(where, f"has a default that {what}")
    return None


def field_fault(field: Json) -> str | None:
    """What is wrong with one field of an `editable` schema, as the end of a sentence, or None."""
    if not isinstance(field, dict) or not isinstance(field.get("type"), str) or field["type"] not in _ALLOWED:
        return f"must say its `type`: one of {', '.join(sorted(_ALLOWED))}"
    kind = field["type"]
    if strangers := set(field) - _ALLOWED[kind] - {"type"}:
        return f"has `{min(strangers)}`, which a form cannot show for a {kind}"
    for note in ("title", "description"):
        if note in field and (not isinstance(field[note], str) or fault(field[note], longest=300)):
            return f"has a `{note}` that is not plain text of at most 300 characters"
    for bound in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        if bound in field and not is_number(field[bound]):
            return f"has a `{bound}` that is no number"
    if "multipleOf" in field and field["multipleOf"] <= 0:
        return "has a `multipleOf` that is not above zero"
    for bound in ("minLength", "maxLength", "minItems", "maxItems"):
        if bound in field and (type(field[bound]) is not int or not 0 <= field[bound] <= LONGEST_TEXT):
            return f"has a `{bound}` outside 0..{LONGEST_TEXT}"
    if field.get("format", "date") != "date":
        return "has a `format` other than `date`"
    if "enum" in field:
        return _enum_fault(field["enum"], kind)
    if kind == "array":
        items = field.get("items")
        if not isinstance(items, dict) or items.get("type") not in ("string", "number", "integer"):
            return "must say its `items`: strings or numbers"
        return field_fault(items)
    return None


def _enum_fault(choices: Json, kind: str) -> str | None:
    if not isinstance(choices, list) or not 1 <= len(choices) <= MOST_CHOICES:
        return f"must offer 1 to {MOST_CHOICES} choices in `enum`"
    for choice in choices:
        if kind == "string":
            if not isinstance(choice, str) or fault(choice, longest=200):
                return "has a choice that is not plain text of at most 200 characters"
        elif not is_number(choice):
            return "has a choice that is no number"
    return None


def value_fault(field: Mapping[str, Any], value: Json) -> str | None:
    """What is wrong with `value` for this field, as the end of a sentence ("must be …"), or None."""
    kind = field["type"]
    if kind in ("number", "integer"):
        return _number_fault(field, value)
    if kind == "boolean":
        return None if isinstance(value, bool) else "must be yes or no (true or false)"
    if kind == "array":
        return _list_fault(field, value)
    if not isinstance(value, str):
        return "must be text"
    if what := fault(value, longest=field.get("maxLength", LONGEST_TEXT), lines=True):
        return what
    if len(value) < field.get("minLength", 0):
        return f"must have at least {field['minLength']} characters"
    if "enum" in field and value not in field["enum"]:
        return f"must be one of {_choices(field['enum'])}"
    if field.get("format") == "date" and not _is_date(value):
        return "must be a date as in 2026-11-20"
    return None


def _number_fault(field: Mapping[str, Any], value: Json) -> str | None:
    if not is_number(value):
        return "must be a number"
    if field["type"] == "integer" and value != int(value):
        return "must be a whole number"
    if "enum" in field and not any(value == choice for choice in field["enum"]):
        return f"must be one of {_choices(field['enum'])}"
    if "minimum" in field and value < field["minimum"]:
        return f"must be at least {field['minimum']}"
    if "maximum" in field and value > field["maximum"]:
        return f"must be at most {field['maximum']}"
    if "exclusiveMinimum" in field and value <= field["exclusiveMinimum"]:
        return f"must be more than {field['exclusiveMinimum']}"
    if "exclusiveMaximum" in field and value >= field["exclusiveMaximum"]:
        return f"must be less than {field['exclusiveMaximum']}"
    if "multipleOf" in field and Fraction(value) % Fraction(field["multipleOf"]):
        return f"must be a multiple of {field['multipleOf']}"
    return None


def _list_fault(field: Mapping[str, Any], value: Json) -> str | None:
    if not isinstance(value, list) or len(value) > MOST_CHOICES:
        return f"must be a list of at most {MOST_CHOICES} entries"
    if not field.get("minItems", 0) <= len(value) <= field.get("maxItems", MOST_CHOICES):
        return f"must have {field.get('minItems', 0)} to {field.get('maxItems', MOST_CHOICES)} entries"
    for item in value:
        if what := value_fault(field["items"], item):
            return f"has the entry {item!s:.40}, which {what}"
    if field.get("uniqueItems") and any(same(a, b) for i, a in enumerate(value) for b in value[:i]):
        return "has the same entry twice"
    return None


def _choices(values: list[Json]) -> str:
    shown = ", ".join(str(value) for value in values[:8])
    return f"{shown}, … ({len(values)} choices)" if len(values) > 8 else shown


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def modified(proposal: Proposal, wanted: Mapping[str, Json]) -> dict[str, Json] | Refused:
    """The parameters with a person's changes laid over them, or why these are refused."""
    if proposal.editable is None:
        return Refused(
            "not_editable",
            "Nothing in this proposal may be changed: approve it, reject it or ask for changes.",
        )
    fields = proposal.editable["properties"]
    for name, value in wanted.items():
        if name not in fields:
            editable = ", ".join(fields) or "none"
            return Refused("invalid", f"may not be changed; what may: {editable}", f"parameters.{name}")
        if what := value_fault(fields[name], value):
            return Refused("invalid", what, f"parameters.{name}")
    result = {**proposal.parameters, **wanted}
    if all(same(result[name], proposal.parameters[name]) for name in wanted):
        return Refused("no_change", "These are the recommended values: approve them, or change one.", "parameters")
    return result


def changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[Change, ...]:
    """RFC 6902 `replace` operations on the parameters, each with the old value."""
    return tuple(
        Change(f"/parameters/{escaped(name)}", before.get(name), value)
        for name, value in after.items()
        if not same(before.get(name), value)
    )


def _size(value: Json) -> Decimal | None:
    """How big a parameter is, if that can be said."""
    if is_number(value):
        return Decimal(value)
    if isinstance(value, str) and _NUMERIC.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, list) and value and all(is_number(item) for item in value):
        return sum((abs(Decimal(item)) for item in value), Decimal(0))
    return None


def pessimistic_amount(proposal: Proposal, parameters: Mapping[str, Json]) -> Decimal | None:
    """The amount that a modification may reach at most, when nothing says how it follows from the parameters.

    Every number that grows in size carries the amount with it in proportion, and none that shrinks takes anything
    back: so a person's edit can raise the tier and never lower it. Text that reads as a number counts as one, and a
    list of numbers as the sum of their sizes. A number grown from zero or turned to the other sign, a changed yes or
    no, and a list of other things make the amount unknown (None), which is the highest tier. Other text (a date, a
    name) says nothing of size.
    """
    if proposal.amount is None:
        return None
    amount = proposal.amount
    for name, new in parameters.items():
        old = proposal.parameters.get(name)
        if same(old, new):
            continue
        before, after = _size(old), _size(new)
        if before is None or after is None:
            if isinstance(old, str) and isinstance(new, str):
                continue
            return None
        if before == 0 or (before < 0) != (after < 0):
            return None
        ratio = after / before
        if ratio > 1:
            amount = amount * ratio
    if amount == proposal.amount:
        return amount
    try:
        return max(proposal.amount, amount.quantize(Decimal("0.01"), rounding=ROUND_UP))
    except InvalidOperation:
        return None
