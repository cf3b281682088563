"""Filling in a modal, and what Slack's own client checks before it sends anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from tests.platforms.slack.reading import initial, inputs, is_tick
from tests.platforms.slack.world import Json, View

EMPTY = "Please complete this required field."


def fill_in(view: View, values: Mapping[str, str]) -> bool:
    """Put these values, by label, into the view; whether its client would let it be submitted."""
    if "submit" not in view.body:
        raise LookupError(f"{view.body['title']['text']!r} has nothing to submit")
    blocks = {block["label"]["text"]: block for block in inputs(view)}
    for label, value in values.items():
        if label not in blocks:
            raise LookupError(f"no field {label!r}; there are {sorted(blocks)}")
        view.values[blocks[label]["block_id"]] = _chosen(blocks[label]["element"], value)
    view.errors = {}
    for block in blocks.values():
        element = block["element"]
        problem = _problem(block, element, view.values.get(block["block_id"], initial(element)))
        if problem:
            view.errors[block["block_id"]] = problem
    return not view.errors


def _chosen(element: Json, value: str) -> str:
    """A choice is made by its label or its value; what is kept is the label."""
    if is_tick(element) or "options" not in element or not value:
        return value
    for option in element["options"]:
        if value in (option["text"]["text"], option["value"]):
            return str(option["text"]["text"])
    raise LookupError(f"no choice {value!r}; there are {[option['text']['text'] for option in element['options']]}")


def _problem(block: Json, element: Json, value: str) -> str | None:
    if not value or (is_tick(element) and value == "no"):
        return None if block.get("optional") else EMPTY
    kind = element["type"]
    if kind == "number_input":
        return _number(element, value)
    if kind == "datepicker" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise LookupError(f"the calendar has no {value!r}")
    if len(value) > element.get("max_length", 3000):
        return f"Use at most {element['max_length']} characters."
    if len(value) < element.get("min_length", 0):
        return f"Use at least {element['min_length']} characters."
    return None


def _number(element: Json, value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Please enter a valid number."
    if not number.is_finite():
        return "Please enter a valid number."
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Please enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Please enter a number that is at least {element['min_value']}."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Please enter a number that is at most {element['max_value']}."
    return None
