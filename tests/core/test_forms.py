"""What people may change, and what they typed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.forms import (
    LONGEST_TEXT,
    MOST_CHOICES,
    MOST_FIELDS,
    changes,
    modified,
    pessimistic_amount,
    same,
    schema_fault,
    value_fault,
)
from core.model import Change, Json
from tests.cast import form, proposal

NUMBER = {"type": "number"}
TEXT = {"type": "string"}


def fault_of(editable: Json, **parameters: Json) -> tuple[str | None, str]:
    found = schema_fault(editable, parameters or {"qty": 100})
    assert found is not None
    assert found.code == "invalid"
    return found.field, found.detail


# The schema


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 500, "multipleOf": 5, "title": "How many"}, 100),
        ({"type": "number", "exclusiveMinimum": Decimal("0.5"), "exclusiveMaximum": 9}, Decimal("8.99")),
        ({"type": "integer", "enum": [100, 200], "default": 200}, 100),
        ({"type": "string", "enum": ["day", "week"]}, "week"),
        ({"type": "string", "format": "date"}, "2026-11-20"),
        ({"type": "string", "minLength": 2, "maxLength": 4, "description": "a few"}, "abcd"),
        ({"type": "boolean", "default": False}, True),
        ({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "uniqueItems": True}, ["b"]),
        ({"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 3}, [1, Decimal("1.5")]),
    ],
)
def test_every_field_of_the_subset_is_admitted(field: dict[str, Json], value: Json) -> None:
    assert schema_fault(form(x=field), {"x": value}) is None


@pytest.mark.parametrize(
    ("editable", "where", "what"),
    [
        (None, "editable", "must be a JSON Schema object"),
        (["qty"], "editable", "must be a JSON Schema object"),
        ({"type": "array", "properties": {}}, "editable", 'must be {"type": "object"'),
        ({"properties": ["qty"]}, "editable", 'must be {"type": "object"'),
        ({"properties": {}, "required": ["qty"]}, "editable.required", "takes `properties`"),
        (form(size=NUMBER), "editable.properties.size", "is no parameter of this proposal"),
        ({"properties": {"qty": "number"}}, "editable.properties.qty", "must say its `type`"),
        (form(qty={}), "editable.properties.qty", "must say its `type`"),
        (form(qty={"type": "object"}), "editable.properties.qty", "must say its `type`"),
        (form(qty={"type": ["number", "null"]}), "editable.properties.qty", "must say its `type`"),
        (form(qty={**NUMBER, "pattern": "x"}), "editable.properties.qty", "`pattern`, which a form cannot show"),
        (form(qty={**NUMBER, "maxLength": 3}), "editable.properties.qty", "`maxLength`, which a form cannot show"),
        (form(qty={**NUMBER, "title": "x\u202e"}), "editable.properties.qty", "`title` that is not plain text"),
        (form(qty={**NUMBER, "description": "x" * 301}), "editable.properties.qty", "of at most 300 characters"),
        (form(qty={**NUMBER, "minimum": "0"}), "editable.properties.qty", "a `minimum` that is no number"),
        (form(qty={**NUMBER, "maximum": True}), "editable.properties.qty", "a `maximum` that is no number"),
        (form(qty={**NUMBER, "maximum": Decimal("NaN")}), "editable.properties.qty", "a `maximum` that is no number"),
        (form(qty={**NUMBER, "multipleOf": 0}), "editable.properties.qty", "not above zero"),
        (form(qty={**NUMBER, "multipleOf": -1}), "editable.properties.qty", "not above zero"),
        (form(qty={**NUMBER, "enum": []}), "editable.properties.qty", f"1 to {MOST_CHOICES} choices"),
        (form(qty={**NUMBER, "enum": list(range(101))}), "editable.properties.qty", f"1 to {MOST_CHOICES} choices"),
        (form(qty={**NUMBER, "enum": ["100"]}), "editable.properties.qty", "a choice that is no number"),
        (
            form(qty={**NUMBER, "maximum": 50}),
            "editable.properties.qty",
            "recommended value itself: it must be at most",
        ),
        (form(qty={**NUMBER, "default": "many"}), "editable.properties.qty", "a default that must be a number"),
        (form(qty=TEXT), "editable.properties.qty", "recommended value itself: it must be text"),
    ],
)
def test_what_no_form_can_show_is_refused_with_its_place(editable: Json, where: str, what: str) -> None:
    field, detail = fault_of(editable)

    assert field == where
    assert what in detail


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ({**TEXT, "maxLength": LONGEST_TEXT + 1}, f"outside 0..{LONGEST_TEXT}"),
        ({**TEXT, "minLength": -1}, f"outside 0..{LONGEST_TEXT}"),
        ({**TEXT, "minLength": True}, f"outside 0..{LONGEST_TEXT}"),
        ({**TEXT, "format": "email"}, "`format` other than `date`"),
        ({**TEXT, "enum": ["a", 5]}, "not plain text"),
        ({**TEXT, "enum": ["a", "x\x00"]}, "not plain text"),
        ({"type": "array"}, "must say its `items`"),
        ({"type": "array", "items": {"type": "array"}}, "must say its `items`"),
        ({"type": "array", "items": {"type": ["string"]}}, "must say its `items`"),
        ({"type": "array", "items": {**TEXT, "pattern": "x"}}, "`pattern`, which a form cannot show"),
    ],
)
def test_texts_and_lists_have_their_own_bounds(field: dict[str, Json], what: str) -> None:
    assert what in fault_of(form(x=field), x="a")[1]


def test_a_form_has_a_bound() -> None:
    parameters: dict[str, Json] = {f"n{number}": number for number in range(MOST_FIELDS + 1)}

    assert "more than 25 fields" in fault_of(form(**dict.fromkeys(parameters, NUMBER)), **parameters)[1]
    parameters.popitem()
    assert schema_fault(form(**dict.fromkeys(parameters, NUMBER)), parameters) is None


# Values


@pytest.mark.parametrize(
    ("field", "good", "bad", "what"),
    [
        (NUMBER, [0, -5, Decimal("0.5")], [True, "5", None, [5], Decimal("NaN"), Decimal("Infinity")], "a number"),
        ({"type": "integer"}, [5, Decimal("5.0")], [Decimal("5.5"), True, Decimal("NaN")], "number"),
        ({**NUMBER, "minimum": 1}, [1, Decimal("1.0")], [0, Decimal("0.999999999999999999999999999999")], "at least 1"),
        ({**NUMBER, "maximum": 1}, [1, 0], [2, Decimal("1.000000000000000000000000000001")], "at most 1"),
        ({**NUMBER, "exclusiveMinimum": 1}, [2, Decimal("1.1")], [1, Decimal("1.0"), 0], "more than 1"),
        ({**NUMBER, "exclusiveMaximum": 1}, [0, Decimal("0.9")], [1, Decimal("1.0"), 2], "less than 1"),
        ({**NUMBER, "enum": [1, Decimal("2.5")]}, [1, Decimal("1.00"), Decimal("2.50")], [2, True], "must be"),
        (TEXT, ["", "two\nlines"], [5, None, "x\u202ey", "x\x00", "x" * (LONGEST_TEXT + 1)], ""),
        ({**TEXT, "minLength": 2}, ["ab"], ["a", ""], "at least 2"),
        ({**TEXT, "maxLength": 2}, ["ab"], ["abc"], "longer than 2"),
        ({**TEXT, "enum": ["day", "week"]}, ["day"], ["Day", "", "month"], "one of day, week"),
        (
            {**TEXT, "format": "date"},
            ["2026-11-20", "2028-02-29"],
            ["2026-11-31", "2027-02-29", "20261120", "2026-W47-5", "20.11.2026", "", "2026-11-20T09:00"],
            "a date as in 2026-11-20",
        ),
        ({"type": "boolean"}, [True, False], [1, 0, "yes", None], "yes or no"),
        ({"type": "array", "items": NUMBER}, [[], [1, 1]], ["1", {"a": 1}, ["1"], [True], [[1]]], ""),
        ({"type": "array", "items": NUMBER, "minItems": 1, "maxItems": 2}, [[1], [1, 2]], [[], [1, 2, 3]], "1 to 2"),
        ({"type": "array", "items": NUMBER, "uniqueItems": True}, [[1, 2]], [[1, 1], [1, 2, Decimal("1.0")]], "twice"),
        ({"type": "array", "items": {**TEXT, "enum": ["a"]}}, [["a"]], [["b"], ["a", "b"]], "has the entry b"),
    ],
)
def test_a_value_is_held_to_its_field(field: dict[str, Any], good: list[Json], bad: list[Json], what: str) -> None:
    assert [value_fault(field, value) for value in good] == [None] * len(good)
    for value in bad:
        said = value_fault(field, value)
        assert said is not None, value
        assert what in said


@pytest.mark.parametrize(
    ("step", "on", "off"),
    [
        (Decimal("0.1"), ["0.3", "0.7", "1000000000000000000000.1", "-0.2", "0"], ["0.35", "0.30000000000000004"]),
        (Decimal("0.05"), ["424.95", "0.15"], ["424.96"]),
        (5, ["0", "5", "1E+3", "-15"], ["4", "5.5", "1000000000000000000000000000000001"]),
        (Decimal("0.00000000000000000000000001"), ["12345678901234.00000000000000000000000001"], ["1E-27"]),
    ],
)
def test_a_step_is_kept_exactly(step: Decimal | int, on: list[str], off: list[str]) -> None:
    field = {**NUMBER, "multipleOf": step}

    assert [value_fault(field, Decimal(value)) for value in on] == [None] * len(on)
    assert [value_fault(field, Decimal(value)) for value in off] == [f"must be a multiple of {step}"] * len(off)


@given(step=st.decimals("0.0001", 1000, places=4), times=st.integers(-(10**12), 10**12), off=st.integers(1, 9999))
def test_every_multiple_of_a_step_is_on_it_and_nothing_between(step: Decimal, times: int, off: int) -> None:
    field = {**NUMBER, "multipleOf": step}

    assert value_fault(field, step * times) is None
    assert value_fault(field, step * times + step * off / 10_000) is not None


def test_true_is_not_one_and_425_is_425_point_0() -> None:
    assert same(425, Decimal("425.0"))
    assert same([1, {"a": 2}], [Decimal("1.0"), {"a": Decimal(2)}])
    for one, other in ((True, 1), (False, 0), ([True], [1]), ({"a": True}, {"a": 1}), ([1], [1, 1]), ("1", 1)):
        assert not same(one, other)
        assert not same(other, one)


# Modifications


def test_a_modification_is_laid_over_the_parameters() -> None:
    assert modified(proposal(), {"qty": 80}) == {"qty": 80, "limit": Decimal("425.00"), "side": "buy"}


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        ({"side": "sell"}, "invalid", "parameters.side"),
        ({"price": 5}, "invalid", "parameters.price"),
        ({"qty": "many"}, "invalid", "parameters.qty"),
        ({"qty": 0}, "invalid", "parameters.qty"),
        ({"qty": True}, "invalid", "parameters.qty"),
        ({"qty": 80, "side": "sell"}, "invalid", "parameters.side"),
        ({"qty": Decimal("100.0")}, "no_change", "parameters"),
    ],
)
def test_what_may_not_be_changed_is_refused_beside_its_field(wanted: dict[str, Json], code: str, field: str) -> None:
    found = modified(proposal(), wanted)

    assert isinstance(found, Refused)
    assert (found.code, found.field) == (code, field)


def test_a_change_keeps_the_old_value_and_escapes_its_pointer() -> None:
    before = {"a/b": 1, "c~d": 2, "same": Decimal("5.0")}
    after = {"a/b": 2, "c~d": 3, "same": 5}

    assert changes(before, after) == (Change("/parameters/a~1b", 1, 2), Change("/parameters/c~0d", 2, 3))


@pytest.mark.parametrize(
    ("parameters", "amount"),
    [
        ({"qty": 100}, "42500"),
        ({"qty": 50}, "42500"),
        ({"qty": 200}, "85000"),
        ({"qty": 0}, "42500"),
        ({"qty": 101, "limit": Decimal("425.00")}, "42925"),
        ({"qty": 200, "limit": Decimal("850")}, "170000"),
        ({"limit": Decimal("425.00001")}, "42500.01"),  # 42,500.001 exactly: always up
        ({"qty": -100}, None),
        ({"side": "sell"}, "42500"),
    ],
)
def test_the_amount_follows_what_grows(parameters: dict[str, Json], amount: str | None) -> None:
    wanted = {**proposal().parameters, **parameters}

    assert pessimistic_amount(proposal(), wanted) == (Decimal(amount) if amount else None)


def test_what_grows_from_zero_makes_the_amount_unknown() -> None:
    assert pessimistic_amount(proposal(parameters={"qty": 0}), {"qty": 1}) is None
    assert pessimistic_amount(proposal(parameters={"qty": -5}), {"qty": -10}) == Decimal(85_000)
    assert pessimistic_amount(proposal(amount=None), {"qty": 500}) is None


numbers = st.one_of(st.integers(-(10**6), 10**6), st.decimals(-(10**9), 10**9, places=6))


@given(
    amount=st.one_of(st.decimals(0, 10**12, places=2), st.decimals(0, 10, places=40)),
    before=st.dictionaries(st.sampled_from("abc"), numbers),
    after=st.dictionaries(st.sampled_from("abc"), numbers),
)
def test_an_edit_never_lowers_the_amount(
    amount: Decimal, before: dict[str, int | Decimal], after: dict[str, int | Decimal]
) -> None:
    wanted = {**before, **after}
    found = pessimistic_amount(proposal(parameters=before, amount=amount), wanted)

    assert found is None or found >= amount


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1", "1000", Decimal("5000000.00")),
        ([1, 1], [100, 100], Decimal("500000.00")),
        ([1, 1], [1, 1, 2], Decimal("10000.00")),
        ("2012-01-20", "2012-01-27", Decimal("5000.00")),
        (False, True, None),
        (["a"], ["a", "b"], None),
    ],
)
def test_a_changed_size_carries_the_amount_in_whatever_form_it_comes(old: Json, new: Json, expected: Any) -> None:
    asked = proposal(amount=Decimal("5000.00"), parameters={"size": old})
    assert pessimistic_amount(asked, {"size": new}) == expected
