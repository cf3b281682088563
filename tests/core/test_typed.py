"""What is typed is the value that is meant, or a sentence says what it must be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.forms import same, value_fault
from core.model import Json
from core.typed import NotMeant, bounds, form_field, meant, typed

NUMBER: dict[str, Any] = {"type": "number"}
INTEGER: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 10}
TEXT: dict[str, Any] = {"type": "string", "maxLength": 10}
DATE: dict[str, Any] = {"type": "string", "format": "date"}
YES: dict[str, Any] = {"type": "boolean"}
SIDE: dict[str, Any] = {"type": "string", "enum": ["buy", "sell"]}
RUNG: dict[str, Any] = {"type": "number", "enum": [420, Decimal("422.5"), 425]}
LEGS: dict[str, Any] = {"type": "array", "items": {"type": "integer"}, "minItems": 1}


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (NUMBER, "12", 12),
        (NUMBER, " -12.50 ", Decimal("-12.50")),
        (NUMBER, "+3", 3),
        (INTEGER, "10", 10),
        (TEXT, "  two\r\nlines ", "two\nlines"),
        (TEXT, "", ""),
        (DATE, "2026-12-18", "2026-12-18"),
        (YES, "Yes", True),
        (YES, "no", False),
        (SIDE, "sell", "sell"),
        (RUNG, "422.5", Decimal("422.5")),
        (RUNG, "425", 425),
        (LEGS, "1, 2 ,3", [1, 2, 3]),
    ],
)
def test_what_is_typed_is_what_is_meant(field: dict[str, Any], text: str, value: Json) -> None:
    assert same(meant(field, text), value)


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        (NUMBER, "", "must be a number, as in"),
        (NUMBER, "1,5", "no commas"),
        (NUMBER, "1e5", "must be a number"),
        (NUMBER, "NaN", "must be a number"),
        (NUMBER, "Infinity", "must be a number"),
        (NUMBER, "0x10", "must be a number"),
        (NUMBER, "١٢", "must be a number"),
        (NUMBER, "1" * 19, "must be a number"),
        (INTEGER, "0", "at least 1"),
        (INTEGER, "11", "at most 10"),
        (INTEGER, "2.5", "whole number"),
        (TEXT, "eleven chars", "longer than 10"),
        (TEXT, "a\u202eb", "cannot be seen"),
        (DATE, "18.12.2026", "date as in"),
        (DATE, "2026-02-30", "date as in"),
        (YES, "maybe", "yes or no"),
        (SIDE, "hold", "one of buy, sell"),
        (RUNG, "421", "one of"),
        (LEGS, "", "1 to"),
        (LEGS, "1, x", "must be a number"),
    ],
)
def test_what_cannot_be_meant_says_what_it_must_be(field: dict[str, Any], text: str, fault: str) -> None:
    with pytest.raises(NotMeant, match=fault):
        meant(field, text)


@given(st.sampled_from([NUMBER, INTEGER, TEXT, DATE, YES, SIDE, RUNG, LEGS]), st.text(max_size=40))
def test_whatever_is_typed_is_a_good_value_or_refused(field: dict[str, Any], text: str) -> None:
    try:
        value = meant(field, text)
    except NotMeant:
        return
    assert value_fault(field, value) is None


@given(st.decimals(-(10**9), 10**9, places=4))
def test_a_value_that_is_typed_back_is_the_same(value: Decimal) -> None:
    assert same(meant(NUMBER, typed(value)), value)


def test_every_field_has_its_input_and_says_its_bounds() -> None:
    kinds = [form_field("x", field, "").kind for field in (NUMBER, INTEGER, TEXT, DATE, YES, SIDE, RUNG, LEGS)]
    assert kinds == ["number", "number", "text", "date", "boolean", "choice", "choice", "text"]
    assert form_field("x", {"type": "string"}, "").kind == "lines"
    assert bounds(INTEGER) == "1 to 10"
    assert bounds({"type": "number", "exclusiveMinimum": 0, "multipleOf": Decimal("0.5")}) == (
        "more than 0, in steps of 0.5"
    )
    assert bounds({"type": "number", "minimum": 1}) == "at least 1"
    assert bounds({"type": "number", "maximum": 1}) == "at most 1"
    one = form_field("qty", {**INTEGER, "title": "Quantity", "description": "In lots"}, 3, "You usually set 2")
    assert (one.label, one.value, one.hint) == ("Quantity", "3", "In lots. 1 to 10. You usually set 2")
