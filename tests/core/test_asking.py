"""What is typed into a form of the house becomes a proposal, digit by digit, or a word beside the field."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.asking import ELSE, Template, form_fields, proposal_of
from core.forms import schema_fault
from core.model import Proposal

FIELDS: dict[str, dict[str, Any]] = {
    "quantity": {"type": "integer", "minimum": 1, "maximum": 100_000, "title": "How many"},
    "price": {"type": "number", "minimum": 0},
    "order": {"type": "string", "enum": ["limit", "market"], "default": "limit"},
    "note": {"type": "string", "maxLength": 20},
}
BUY = Template(
    "buy", "Buy {quantity} {subject}", "buy", fields=FIELDS, amount=("quantity", "price"), editable=tuple(FIELDS)
)
FILLED = {"quantity": "200", "price": "61.50", "order": "market", "subject": "NVDA"}


def made(template: Template = BUY, **values: str) -> Proposal:
    proposal = proposal_of(template, {**FILLED, **values}, "USD")
    assert isinstance(proposal, Proposal), proposal
    return proposal


def wrong(template: Template = BUY, **values: str) -> dict[str, str]:
    faults = proposal_of(template, {**FILLED, **values}, "USD")
    assert isinstance(faults, dict)
    return faults


def test_what_was_typed_becomes_the_title_the_parameters_and_the_amount() -> None:
    proposal = made()
    assert (proposal.title, proposal.subject, proposal.action) == ("Buy 200 NVDA", "NVDA", "buy")
    assert proposal.parameters == {"quantity": 200, "price": Decimal("61.50"), "order": "market"}
    assert (proposal.amount, proposal.currency) == (Decimal("12300.00"), "USD")


def test_what_may_be_changed_is_a_schema_that_a_program_could_have_sent() -> None:
    proposal = made()
    assert proposal.editable is not None
    assert set(proposal.editable["properties"]) == {"quantity", "price", "order"}
    assert schema_fault(proposal.editable, proposal.parameters) is None
    assert made(replace(BUY, editable=())).editable is None


def test_a_product_is_exact_however_many_digits_it_has() -> None:
    number = {"type": "number", "minimum": 0}
    wide = replace(BUY, fields={**FIELDS, "quantity": number})
    # 30 digits, more than Python computes with where nobody tells it otherwise.
    assert made(wide, quantity="123456789012.345678", price="999999.999999").amount == Decimal(
        "123456789012222221.210987654322"
    )
    tenth = replace(BUY, amount=("quantity", Decimal("0.1")))
    assert made(tenth, quantity="3").amount == Decimal("0.3")


@pytest.mark.parametrize(
    ("field", "typed", "what"),
    [
        ("quantity", "", "must be said"),
        ("quantity", "0", "must be at least 1"),
        ("quantity", "1.5", "must be a whole number"),
        ("quantity", "1,000", "must be a number with a point and no commas, as in 1250.5"),
        ("price", "-1", "must be at least 0"),
        ("price", "NaN", "must be a number, as in 12 or 12.5"),
        ("order", "stop", "must be one of limit, market"),
        ("note", "x" * 21, "is longer than 20 characters"),
        ("note", "a\u202eb", "holds a character that cannot be seen (RIGHT-TO-LEFT OVERRIDE); take it out"),
        ("subject", "  ", "must be said"),
        ("subject", "x" * 81, "is longer than 80 characters"),
    ],
)
def test_a_mistake_stands_beside_its_field(field: str, typed: str, what: str) -> None:
    assert wrong(BUY, **{field: typed}) == {field: what}


def test_several_mistakes_are_told_at_once() -> None:
    assert set(wrong(quantity="no", price="", order="stop")) == {"quantity", "price", "order"}


def test_an_amount_that_no_program_could_send_is_refused_at_its_field() -> None:
    huge = replace(BUY, fields={**FIELDS, "quantity": {"type": "number", "minimum": 0}})
    assert "quantity" in wrong(huge, quantity="9" * 18, price="9" * 18)


def test_a_title_that_grows_too_long_is_told_at_what_made_it_so() -> None:
    long = Template("let", "Let {who} in", "let", subject="access", fields={"who": {"type": "string"}})
    faults = proposal_of(long, {"who": "x" * 250}, "USD")
    assert faults == {"who": "makes the title one that is longer than 200 characters"}


def test_a_line_break_in_a_field_is_a_space_in_the_title() -> None:
    let = Template("let", "Let {who} in", "let", subject="access", fields={"who": {"type": "string"}})
    proposal = proposal_of(let, {"who": "Ann\r\nand Bo"}, None)
    assert isinstance(proposal, Proposal)
    assert (proposal.title, proposal.parameters) == ("Let Ann and Bo in", {"who": "Ann\nand Bo"})


def test_braces_that_somebody_types_stay_what_they_are() -> None:
    assert made(subject="{price} {0.__class__}").title == "Buy 200 {price} {0.__class__}"


def test_whatever_no_template_is_for_is_asked_in_ones_own_words() -> None:
    proposal = proposal_of(ELSE, {"what": "Shall we?  👩‍👩‍👧", "amount": "400", "summary": "It is late."}, "USD")
    assert isinstance(proposal, Proposal)
    assert (proposal.title, proposal.action, proposal.subject) == ("Shall we? 👩‍👩‍👧", "ask", "by hand")
    assert (proposal.parameters, proposal.editable) == ({}, None)
    assert (proposal.amount, proposal.currency, proposal.summary) == (Decimal(400), "USD", "It is late.")
    assert proposal_of(ELSE, {"what": " ", "amount": "-1"}, "USD") == {
        "what": "must be said",
        "amount": "must be at least 0",
    }


def test_nothing_typed_for_the_amount_is_no_amount() -> None:
    proposal = proposal_of(ELSE, {"what": "Shall we?"}, "USD")
    assert isinstance(proposal, Proposal)
    assert (proposal.amount, proposal.currency) == (None, None)


def test_a_form_asks_what_the_template_leaves_open_in_the_order_of_the_title() -> None:
    names = [one.name for one in form_fields(BUY, {}, {}, "USD")]
    assert names == ["quantity", "subject", "price", "order", "note", "summary"]
    closed = replace(BUY, subject="x", summary="y", amount=None)
    assert [one.name for one in form_fields(closed, {}, {}, "USD")][-1] == "amount"


def test_a_form_shows_defaults_then_what_was_typed_with_what_was_wrong() -> None:
    shown = {one.name: one for one in form_fields(BUY, {}, {}, "USD")}
    assert (shown["order"].value, shown["quantity"].label) == ("limit", "How many")
    again = {one.name: one for one in form_fields(BUY, {"quantity": "0"}, {"quantity": "must be more"}, "USD")}
    assert (again["quantity"].value, again["quantity"].error) == ("0", "must be more")


def test_a_template_is_listed_by_its_title_with_dots_for_what_is_open() -> None:
    assert BUY.heading == "Buy …"
    assert replace(BUY, title="Let {quantity} into {order}").heading == "Let … into …"
