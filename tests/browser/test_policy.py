"""The policy: read by anybody, tried on a proposal, and changed in a copy that never comes into force."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.bot.running import proposal
from tests.browser.house import Inn
from tests.browser.visitor import DESKTOP, NARROW, words


def test_the_rules_can_be_read_by_whom_they_ask(inn: Inn) -> None:
    alice = inn.visitor("alice", size=NARROW)
    page = alice.opens("/policy")
    rules = page.get_by_role("main").get_by_role("heading", level=2)
    assert [one for one in rules.all_inner_texts() if one in ("critical", "elevated", "routine")] == [
        "critical",
        "elevated",
        "routine",
    ]
    alice.sees("largest position")
    alice.fits()


def test_a_proposal_is_tried_and_nobody_is_asked(inn: Inn) -> None:
    before = inn.running.position()
    alice = inn.visitor("alice", size=NARROW)
    page = alice.opens("/policy/try")
    page.get_by_label("Amount").fill("50000")
    alice.presses("What would be said?")
    verdict = page.get_by_role("region", name="The rules say")
    expect(verdict).to_contain_text("elevated")
    expect(page.get_by_label("Amount")).to_have_value("50000")
    alice.is_for_everybody()
    alice.fits()
    page.get_by_label("Amount").fill("6000000")
    alice.presses("What would be said?")
    expect(verdict).to_contain_text("largest position")
    page.get_by_label("Amount").fill("a lot")
    alice.presses("What would be said?")
    expect(page.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Amount")).to_have_value("a lot")
    page.get_by_text("Or paste a request").click()
    page.get_by_label("A request, as JSON").fill(json.dumps(proposal(title="<b>Pasted</b>", amount="200000")))
    alice.presses("What would be said?")
    expect(verdict).to_contain_text("critical")
    expect(verdict).to_contain_text("<b>Pasted</b>")
    page.get_by_label("A request, as JSON").fill('{"amount": NaN}')
    alice.presses("What would be said?")
    expect(page.get_by_label("A request, as JSON")).to_have_attribute("aria-invalid", "true")
    assert inn.running.position() == before


def test_a_changed_copy_shows_what_would_have_been_ruled_otherwise_and_changes_nothing(inn: Inn) -> None:
    inn.asks("Buy 100 NVDA")
    inn.asks("Buy 400 NVDA", amount="17000.00")
    before = inn.running.position()
    alice = inn.visitor("alice", size=DESKTOP)
    page = alice.opens("/policy/scratch")
    copy = page.get_by_label("Your copy of the rules")
    text = copy.input_value()
    assert "amount > 10000" in text
    copy.fill(text.replace("when: amount > 10000\n", "when: amount > 1000\n"))
    alice.presses("Compare")
    alice.sees("1 of the last 2 would have been ruled otherwise")
    changed = page.get_by_role("main").get_by_role("listitem").filter(has_text="Buy 100 NVDA")
    expect(changed).to_contain_text("routine")
    expect(changed).to_contain_text("elevated")
    alice.is_for_everybody()
    copy.fill(text.replace("tier: 2", "tier: two"))
    alice.presses("Compare")
    expect(copy).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert").filter(has_text="line")).to_be_visible()
    expect(copy).to_have_value(words("tier: two"))
    assert inn.running.position() == before
    assert inn.asks("Buy 100 NVDA again")["ruling"]["tier"] == 1
