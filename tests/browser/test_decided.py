"""Decided: what became of what was asked, found again, and a reason given afterwards."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.bot.asking import voted
from tests.browser.house import Inn
from tests.browser.visitor import NARROW, PHONE


def test_what_was_decided_is_found_again_with_who_when_and_what_changed(inn: Inn) -> None:
    alice, bob = inn.running.person("alice"), inn.running.person("bob")
    voted(alice, inn.asks("Buy 100 NVDA"), "approve")
    voted(bob, inn.asks("Sell 5 AMD", subject="AMD"), "reject", reason={"code": "risk"})
    voted(bob, inn.asks("Buy 70 INTC"), "modify", parameters={"quantity": 35}, reason={"code": "size"})
    inn.asks("Buy 1 TSLA, still open")
    erin = inn.visitor("erin", size=NARROW)
    page = erin.opens("/decided")
    rows = page.get_by_role("article")
    expect(rows).to_have_count(3)
    titles = [one.strip() for one in rows.get_by_role("heading").all_inner_texts()]
    assert titles == ["Buy 70 INTC", "Sell 5 AMD", "Buy 100 NVDA"]
    expect(erin.row("Buy 70 INTC")).to_contain_text(re.compile(r"70|100"))
    expect(erin.row("Buy 70 INTC")).to_contain_text("35")
    expect(erin.row("Sell 5 AMD")).to_contain_text("Too risky")
    erin.fits()
    page.get_by_text("Find", exact=True).first.click()
    page.get_by_label("Outcome").select_option(label="Rejected")
    erin.presses("Find")
    expect(rows).to_have_count(1)
    erin.sees("Sell 5 AMD")
    expect(page.get_by_label("Outcome")).to_have_value("rejected")
    erin.is_for_everybody()
    page.get_by_label("Outcome").select_option(label="Any")
    page.get_by_label("Subject").fill("NOSUCH")
    erin.presses("Find")
    erin.sees("Nothing like that")
    erin.fits()


def test_a_reason_is_given_afterwards_from_the_list_of_what_was_decided(inn: Inn) -> None:
    request = inn.asks()
    bob = inn.visitor("bob", size=PHONE)
    voted(inn.running.person("bob"), request, "reject")
    bob.opens("/decided")
    row = bob.row("Buy 100 NVDA")
    row.get_by_text("Say why").click()
    bob.presses("Too risky", row)
    bob.sees("Noted: Too risky")
    assert inn.stands(request)["votes"][0]["reasons"][-1]["code"] == "risk"
    bob.opens("/decided")
    expect(bob.row("Buy 100 NVDA")).to_contain_text("Too risky")


def test_pages_of_what_was_decided_lead_on_and_back(inn: Inn) -> None:
    alice = inn.running.person("alice")
    for number in range(120):
        voted(alice, inn.asks(f"Buy {number} AMD"), "approve")
    erin = inn.visitor("erin")
    page = erin.opens("/decided")
    seen: list[str] = []
    for _ in range(10):
        seen += page.get_by_role("article").get_by_role("heading").all_inner_texts()
        further = page.get_by_role("link", name="Earlier")
        if not further.count():
            break
        further.click()
        page.wait_for_load_state()
    assert [title.strip() for title in seen] == [f"Buy {number} AMD" for number in reversed(range(120))]
    page.get_by_role("link", name="To the latest").click()
    erin.sees("Buy 119 AMD")
