"""Asking by hand: a form from a template, the ruling before it is sent, and never theirs to decide."""

from __future__ import annotations

from playwright.sync_api import expect

from core.ports import Filter
from tests.browser.hostile import SCRIPTS
from tests.browser.house import Inn
from tests.browser.visitor import NARROW, PHONE, words


def test_a_person_asks_others_decide_and_the_asker_cannot(inn: Inn) -> None:
    alice, bob = inn.visitor("alice", size=PHONE), inn.visitor("bob")
    page = alice.opens("/ask")
    alice.is_for_everybody()
    page.get_by_role("main").get_by_role("link").first.click()
    page.get_by_label("How many").fill("0")
    page.get_by_label("What is it about?").fill("NVDA")
    page.get_by_label("Amount").fill("4000")
    alice.presses("Ask", page.get_by_role("main"))
    expect(page.get_by_label("How many")).to_have_accessible_description(words("at least 1"))
    expect(page.get_by_label("What is it about?")).to_have_value("NVDA")
    alice.is_for_everybody()
    page.get_by_label("How many").fill("70")
    alice.presses("What would the rules say?")
    alice.sees("routine")
    alice.fits()
    alice.page.get_by_role("button", name="Ask", exact=True).first.click()
    page.wait_for_url("**/requests/req_*")
    alice.sees("Buy 70 NVDA")
    expect(alice.button("Approve")).to_have_count(0)
    bob.opens("/")
    bob.presses("Approve", bob.row("Buy 70 NVDA"))
    bob.sees("Approved: Buy 70 NVDA")
    expect(page.get_by_role("main")).to_contain_text("Approved by bob")


def test_a_form_that_is_sent_twice_asks_once(inn: Inn) -> None:
    alice = inn.visitor("alice")
    page = alice.opens("/ask/else")
    page.get_by_label("What", exact=False).first.fill("May we stop at five?")
    sent = page.evaluate(
        """async () => {
            const form = [...document.forms].find(f => f.action.includes('/ask/else'));
            const body = new URLSearchParams(new FormData(form));
            const send = () => fetch(form.action, {method: 'POST', body}).then(r => r.url);
            return [...new Set(await Promise.all([send(), send(), send()]))];
        }"""
    )
    assert len(sent) == 1
    assert "/requests/req_" in sent[0]
    assert len(inn.running.services.reader.page(Filter(), None, 50).items) == 1


def test_what_a_person_asks_in_hostile_words_is_text_for_everybody(inn: Inn) -> None:
    alice, bob = inn.visitor("alice", size=NARROW), inn.visitor("bob", size=NARROW)
    page = alice.opens("/ask/else")
    page.get_by_label("What", exact=False).first.fill(SCRIPTS[0] + "W" * 120)
    page.get_by_label("More to say?").fill(" ".join(SCRIPTS) + "\n" + "W" * 1_500)
    alice.page.get_by_role("button", name="Ask", exact=True).first.click()
    page.wait_for_url("**/requests/req_*")
    alice.fits()
    bob.opens("/")
    for one in (alice, bob):
        one.sees(SCRIPTS[0])
        one.fits()
        assert one.page.evaluate("window.owned") is None
