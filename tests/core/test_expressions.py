"""CEL in rules and in `valid_while`: nothing undeclared is read, nothing runs long, nothing fails towards yes."""

from decimal import Decimal
from typing import Any

import cel
import pytest

from core.expressions import LONGEST, Unknown, compiled, number, still_valid
from core.model import Json
from tests.cast import proposal


def holds(source: str, values: dict[str, Any]) -> bool:
    return compiled(source).holds(cel.Context(values))


@pytest.mark.parametrize("macro", ["all", "exists", "exists_one", "map", "filter"])
def test_macros_are_refused(macro: str) -> None:
    for source in (f"[1].{macro}(amount, amount > 0)", f"[1] . {macro} (amount, true)", f"[1].\n{macro}(amount, true)"):
        with pytest.raises(ValueError, match=f"`{macro}` is not allowed in expressions"):
            compiled(source)


@pytest.mark.parametrize(
    "source",
    [
        "'''a'b'''.size() > 0 && [1].all(amount, action == 'a')",
        '"""a"b""".size() > 0 && [1].all(amount, action == "a")',
        r"r'\' == subject && [1].all(amount, action != '')",
        "[1].// it's\nall(amount, amount > 0)",
        "// it's\n[1].all(amount, action != '')",
    ],
)
def test_a_macro_cannot_hide_behind_a_quote_or_a_comment(source: str) -> None:
    with pytest.raises(ValueError, match=r"without backslashes, triple quotes and comments|is not allowed"):
        compiled(source)


def test_the_name_of_a_macro_in_a_text_is_a_text() -> None:
    assert holds("action == '.all(x)'", {"action": ".all(x)"})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("amount >", "is not a CEL expression"),
        ("size > 1", "reads size, which a proposal does not have"),
        ("context", "must say which field of context"),
        ('context["vix"] > 1', "as in context.name"),
        ("parameters == parameters", "must say which field of parameters"),
        ("amount > 1" + " " * LONGEST, f"at most {LONGEST} characters"),
    ],
)
def test_what_cannot_be_used_says_why(source: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compiled(source)


def test_an_expression_says_what_it_reads() -> None:
    expression = compiled("amount > 1 || context.vix > 30 && parameters.side == 'context.no'")

    assert expression.paths == {"amount", "context.vix", "parameters.side"}


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("amount", {"amount": 1}),
        ("'yes'", {}),
        ("amount > 5", {}),
        ("amount > 5", {"amount": "ten"}),
        ("amount / 0 > 1", {"amount": 1}),
        ("context.vix > 30 || context.gap", {"context": {"vix": 1}}),
    ],
)
def test_what_is_no_plain_yes_or_no_is_unknown(source: str, values: dict[str, Any]) -> None:
    with pytest.raises(Unknown):
        holds(source, values)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (5, 5.0),
        (Decimal(5), 5.0),
        (Decimal("5.00"), 5.0),
        (Decimal("1E+3"), 1000.0),
        (Decimal("0.1"), 0.1),
        (Decimal("-42500.25"), -42500.25),
    ],
)
def test_a_number_reaches_cel_exactly(value: Json, read: float) -> None:
    assert number(value) == read
    assert type(number(value)) is type(read)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "5",
        [5],
        2**63,
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Decimal("1E+400"),
        Decimal("0.1000000000000000055511151231257827"),
        Decimal("50000.000000000000001"),
    ],
)
def test_a_number_that_would_be_rounded_is_unknown(value: Json) -> None:
    with pytest.raises(Unknown):
        number(value)


def test_whole_numbers_and_fractions_are_compared_as_numbers() -> None:
    assert holds("amount > 50000", {"amount": 50000.01})
    assert not holds("amount > 50000", {"amount": 50000})
    assert holds("confidence < 0.3", {"confidence": 0})


@pytest.mark.parametrize(
    ("source", "true"),
    [
        ("context.vix < 30", True),
        ("context.vix < 20", False),
        ("parameters.limit <= 425", True),
        ("amount < 50000 && subject == 'NVDA'", True),
        ("context.spread < 3", False),  # not known
        ("context.spread < 3 || amount < 50000", False),  # not known, so not judged at all
        ("parameters.side", False),
        ("amount <", False),
        ("currency > 5", False),
    ],
)
def test_what_cannot_be_judged_does_not_hold(source: str, true: bool) -> None:
    asked = proposal()
    assert still_valid(source, asked, asked.context) is true


# Which part of a rule it was


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ("amount > 100", "amount > 100"),
        ("amount > 100 || confidence < 0.5", "amount > 100"),
        ("amount > 9000 || confidence < 0.9", "confidence < 0.9"),
        ("amount > 100 || confidence < 0.9", "amount > 100 || confidence < 0.9"),
        ("amount > 100 || confidence < 0.9 || subject == 'X'", "amount > 100 || confidence < 0.9"),
        ("amount > 100 && confidence > 0 || subject == 'X'", "amount > 100 && confidence > 0"),
        ("subject == 'X' || (amount > 9000 || confidence < 0.9)", "(amount > 9000 || confidence < 0.9)"),
        ("subject == 'a || b' || amount > 9000", "subject == 'a || b'"),
        ("subject in ['a || b', \"c\"] || amount > 9000", "subject in ['a || b', \"c\"]"),
        # One alternative of `? :` is no clause by itself, so that all of it is named.
        ("amount > 9000 ? false : true || confidence < 0.1", "amount > 9000 ? false : true || confidence < 0.1"),
        # What cannot be judged by itself is not what held.
        ("amount > 100 || subject > 5", "amount > 100"),
    ],
)
def test_of_alternatives_those_that_held_are_named(source: str, held: str) -> None:
    values = cel.Context({"amount": 500.0, "confidence": 0.8, "subject": "a || b", "context": {}, "parameters": {}})
    expression = compiled(source)
    assert expression.holds(values)
    assert expression.held(values).source == held
