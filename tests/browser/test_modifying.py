"""Modify: a form from the schema, errors beside the field, presets, the difference, and only then does it count."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from tests.bot.running import Doc
from tests.browser.house import Inn
from tests.browser.visitor import NARROW, PHONE, Visitor, words

NVDA = "Buy 100 NVDA"
EVERYTHING: Doc = {
    "properties": {
        "quantity": {"type": "integer", "title": "Quantity", "minimum": 1, "maximum": 500, "multipleOf": 5},
        "limit": {"type": "number", "title": "Limit price", "description": "In dollars", "minimum": 0.5},
        "side": {"type": "string", "title": "Side", "enum": ["buy", "sell"]},
        "expiry": {"type": "string", "title": "Expiry", "format": "date"},
        "hedge": {"type": "boolean", "title": "Hedge it"},
        "venues": {"type": "array", "title": "Venues", "items": {"type": "string", "enum": ["XNAS", "ARCX", "BATS"]}},
        "note": {"type": "string", "title": "Note to the desk", "maxLength": 40},
    }
}
VALUES: Doc = {
    "quantity": 100,
    "limit": 42.5,
    "side": "buy",
    "expiry": "2026-12-18",
    "hedge": False,
    "venues": ["XNAS"],
    "note": "as usual",
}


def begins(visitor: Visitor, title: str = NVDA) -> Locator:
    """The row with the form open in it."""
    row = visitor.row(title)
    visitor.presses("Modify", row)
    expect(visitor.field("Quantity", row)).to_be_visible()
    return row


def parameters(stands: Doc) -> Any:
    return stands["proposal"]["parameters"]


def test_every_kind_of_field_is_filled_in_shown_as_a_difference_and_then_counts(inn: Inn) -> None:
    request = inn.asks(editable=EVERYTHING, parameters=VALUES)
    alice = inn.visitor("alice", size=PHONE)
    row = begins(alice)
    alice.is_for_everybody()
    alice.fits()
    alice.field("Quantity", row).fill("45")
    row.get_by_label("Side").select_option("sell")
    row.get_by_label("Expiry").fill("2027-01-15")
    alice.field("Note to the desk", row).fill("half, <i>please</i>")
    alice.presses("Show the change", row)
    for change in ("100 → 45", "buy → sell", "2026-12-18 → 2027-01-15", "half, <i>please</i>"):
        expect(row).to_contain_text(change)
    assert inn.stands(request)["status"] == "pending"
    alice.fits()
    alice.presses("Confirm this change", row)
    alice.sees("Modified", row)
    stood = inn.stands(request)
    assert stood["status"] == "modified"
    assert parameters(stood)["quantity"] == 45
    assert parameters(stood)["expiry"] == "2027-01-15"


def test_bounds_are_told_beside_the_field_as_one_types_and_nothing_typed_is_lost(inn: Inn) -> None:
    request = inn.asks(editable=EVERYTHING, parameters=VALUES)
    alice = inn.visitor("alice", size=NARROW)
    row = begins(alice)
    quantity, limit = alice.field("Quantity", row), alice.field("Limit price", row)
    for wrong, told in (("501", "at most 500"), ("0", "at least 1"), ("42", "multiple of 5"), ("", "must be")):
        quantity.fill(wrong)
        quantity.blur()
        expect(quantity).to_have_attribute("aria-invalid", "true")
        expect(quantity).to_have_accessible_description(words(told))
    quantity.fill("45")
    expect(quantity).not_to_have_attribute("aria-invalid", "true")
    limit.fill("0.25")
    limit.blur()
    expect(limit).to_have_accessible_description(words("at least 0.5"))
    alice.fits()
    alice.is_for_everybody()
    alice.presses("Show the change", row)
    expect(alice.field("Quantity", row)).to_have_value("45")
    expect(alice.field("Limit price", row)).to_have_value("0.25")
    assert inn.stands(request)["status"] == "pending"


def test_bounds_that_were_got_round_in_the_browser_are_told_by_the_server_in_the_same_place(inn: Inn) -> None:
    request = inn.asks(editable=EVERYTHING, parameters=VALUES)
    alice = inn.visitor("alice", scripts=False)
    alice.presses("Modify", alice.row(NVDA))
    alice.field("Quantity").evaluate(
        "input => { for (const name of ['min', 'max', 'step', 'required', 'pattern', 'maxlength'])"
        " input.removeAttribute(name); input.type = 'text'; input.value = '9000'; input.form.noValidate = true }"
    )
    alice.field("Limit price").fill("41.25")
    alice.presses("Show the change")
    expect(alice.field("Quantity")).to_have_accessible_description(words("at most 500"))
    expect(alice.field("Quantity")).to_have_value("9000")
    expect(alice.field("Limit price")).to_have_value("41.25")
    alice.is_for_everybody()
    alice.field("Quantity").fill("500")
    alice.presses("Show the change")
    alice.sees("100 → 500")
    assert inn.stands(request)["status"] == "pending"


def test_a_preset_fills_the_form_and_the_usual_edit_is_offered(inn: Inn) -> None:
    editable: Doc = {"properties": {"quantity": {"type": "integer", "title": "Quantity", "minimum": 1, "maximum": 500}}}
    values = {"quantity": 100, "limit": 42.5, "side": "buy"}
    alice = inn.visitor("alice")
    for number in range(2):
        request = inn.asks(f"Buy 100 NVDA, {number}", editable=editable, parameters=values)
        alice.opens("/")
        row = begins(alice, f"NVDA, {number}")
        alice.field("Quantity", row).fill("40")
        alice.presses("Show the change", row)
        alice.presses("Confirm this change", row)
        alice.sees("Modified", row)
        assert parameters(inn.stands(request))["quantity"] == 40
    request = inn.asks("Buy 200 NVDA", editable=editable, parameters={**values, "quantity": 200})
    alice.opens("/")
    row = begins(alice, "Buy 200 NVDA")
    row.get_by_text("Your usual: Quantity 80").click()
    alice.presses("Show the change", row)
    expect(row).to_contain_text("200 → 80")
    alice.presses("Confirm this change", row)
    alice.sees("Modified", row)
    assert parameters(inn.stands(request))["quantity"] == 80


def test_a_change_whose_size_nobody_can_tell_is_told_as_such_and_can_be_changed_again(inn: Inn) -> None:
    request = inn.asks(editable=EVERYTHING, parameters=VALUES)
    alice = inn.visitor("alice")
    row = begins(alice)
    alice.field("Venues", row).fill("XNAS, BATS")
    alice.presses("Show the change", row)
    alice.sees("XNAS → XNAS, BATS", row)
    alice.sees("4250.00 → unknown", row)
    expect(alice.button("Confirm", row)).to_have_count(0)
    alice.presses("Change again", row)
    expect(alice.field("Venues", row)).to_have_value("XNAS, BATS")
    alice.field("Venues", row).fill("XNYS")
    alice.presses("Show the change", row)
    expect(alice.field("Venues", row)).to_have_accessible_description(words("must be one of"))
    assert inn.stands(request)["status"] == "pending"


def test_a_change_that_breaks_a_hard_limit_is_not_offered_to_be_confirmed(inn: Inn) -> None:
    editable: Doc = {"properties": {"quantity": {"type": "integer", "title": "Quantity", "maximum": 100_000_000}}}
    inn.asks(editable=editable, parameters={"quantity": 100})
    alice = inn.visitor("alice")
    row = begins(alice)
    alice.field("Quantity", row).fill("1000000")
    alice.presses("Show the change", row)
    alice.sees("largest position", row)
    expect(alice.button("Confirm", row)).to_have_count(0)


def test_leaving_it_changes_nothing(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    row = alice.row(NVDA)
    alice.presses("Modify", row)
    alice.field("quantity", row).fill("50")
    alice.presses("Show the change", row)
    alice.sees("100 → 50", row)
    alice.presses("Leave it", row)
    alice.sees("Nothing was changed", row)
    assert inn.stands(request)["status"] == "pending"
