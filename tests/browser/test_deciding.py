"""Approve, reject and why: one tap each, also where two people tap at once, somebody taps twice or goes back."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.bot.asking import voted
from tests.browser.house import Inn
from tests.browser.visitor import PHONE, text_of

NVDA = "Buy 100 NVDA"


def test_one_tap_approves_and_the_row_says_so_until_one_moves_on(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice", size=PHONE)
    row = alice.row(NVDA)
    for fact in ("quantity", "100", "42.5", "routine", "momentum", "80"):
        expect(row).to_contain_text(fact)
    alice.presses("Approve", row)
    alice.sees(f"Approved: {NVDA}", row)
    assert inn.stands(request)["status"] == "approved"
    expect(row).to_be_visible()
    expect(alice.button("Approve", row)).to_have_count(0)
    alice.fits()
    alice.page.reload()
    expect(alice.row(NVDA)).to_have_count(0)


def test_a_rejection_asks_why_and_then_whether_the_algorithm_would_agree(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice", size=PHONE)
    row = alice.row(NVDA)
    alice.presses("Reject", row)
    alice.sees(f"Rejected: {NVDA}", row)
    assert inn.stands(request)["status"] == "rejected"
    alice.is_for_everybody()
    alice.presses("Too risky", row)
    alice.sees("Noted: Too risky", row)
    alice.sees("Would the algorithm agree", row)
    alice.presses("No: it had it", row)
    alice.sees("Noted, thank you", row)
    (given,) = inn.stands(request)["votes"]
    assert given["reasons"][-1]["code"] == "risk"
    assert given["reasons"][-1]["would_agree"] == "no"
    alice.fits()


def test_something_else_takes_words_and_keeps_them_as_text(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    row = alice.row(NVDA)
    alice.presses("Reject", row)
    alice.presses("Something else", row)
    words = row.get_by_role("textbox")
    alice.presses("Send", row)
    assert not inn.stands(request)["votes"][0]["reasons"]
    words.fill("<b>Earnings</b> \u202ehidden")
    alice.presses("Send", row)
    alice.sees("cannot be seen", row)
    expect(row.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    row.get_by_role("textbox").fill("<b>Earnings</b> & co")
    alice.presses("Send", row)
    alice.sees("Noted: Something else", row)
    page = alice.opens(f"/requests/{request['id']}")
    alice.sees("<b>Earnings</b>")
    assert page.locator("main b", has_text="Earnings").count() == 0


def test_where_a_reason_is_required_the_reason_is_what_decides(inn: Inn) -> None:
    request = inn.asks("Buy 9000 NVDA", amount="382500.00")
    dave = inn.visitor("dave")
    row = dave.row("Buy 9000 NVDA")
    dave.presses("Reject", row)
    dave.sees("Not rejected yet", row)
    assert inn.stands(request)["status"] == "pending"
    dave.presses("Too risky", row)
    dave.sees("Rejected: Buy 9000 NVDA", row)
    assert inn.stands(request)["status"] == "rejected"


def test_two_people_in_two_browsers_decide_at_once_and_one_counts(inn: Inn) -> None:
    request = inn.asks()
    alice, bob = inn.visitor("alice"), inn.visitor("bob")
    # Both have the page; both forms are held until both were sent.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for one in (alice, bob):
        one.page.route("**/tap", hold)
    alice.presses("Approve", alice.row(NVDA))
    bob.presses("Reject", bob.row(NVDA))
    alice.waits_until(lambda: len(held) == 2)
    for route in held:
        route.continue_()
    said = {}
    for one in (alice, bob):
        expect(one.button("Approve", one.row(NVDA))).to_have_count(0)
        said[one.person] = text_of(one.row(NVDA))
    stood = inn.stands(request)
    assert stood["status"] in ("approved", "rejected")
    winner = stood["decision"]["by"][0]
    assert winner in ("alice", "bob")
    loser = "bob" if winner == "alice" else "alice"
    word = "Approved" if winner == "alice" else "Rejected"
    assert f"{word}: {NVDA}" in said[winner]
    assert f"by {winner}" in said[loser]


def test_a_second_eye_is_needed_and_the_row_says_how_many_there_are(inn: Inn) -> None:
    request = inn.asks("Buy 400 NVDA", amount="17000.00")
    alice, bob = inn.visitor("alice"), inn.visitor("bob", size=PHONE)
    alice.presses("Approve", alice.row("Buy 400"))
    alice.sees("1 of 2 approvals so far", alice.row("Buy 400"))
    assert inn.stands(request)["status"] == "pending"
    bob.presses("Approve", bob.row("Buy 400"))
    bob.sees("Approved: Buy 400", bob.row("Buy 400"))
    assert inn.stands(request)["status"] == "approved"


def test_a_double_click_is_one_vote(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    row = alice.row(NVDA)
    alice.button("Approve", row).dblclick()
    alice.sees(f"Approved: {NVDA}", row)
    stood = inn.stands(request)
    assert [vote["choice"] for vote in stood["votes"]] == ["approve"]
    assert "already" not in text_of(row)


def test_a_form_that_is_sent_twice_is_one_tap(inn: Inn) -> None:
    """The same form by hand, twice: the second gets the answer to the first."""
    request = inn.asks()
    alice = inn.visitor("alice")
    answers = alice.page.evaluate(
        """async () => {
            const button = [...document.querySelectorAll('button')].find(b => b.textContent.trim() === 'Approve');
            const body = new URLSearchParams(new FormData(button.form, button));
            const send = () => fetch('/tap', {method: 'POST', body}).then(r => r.status);
            return Promise.all([send(), send(), send()]);
        }"""
    )
    assert answers == [200, 200, 200]
    assert len(inn.stands(request)["votes"]) == 1


def test_going_back_after_a_decision_shows_how_it_stands(inn: Inn) -> None:
    request = inn.asks()
    inn.asks("Sell 5 AMD")
    alice = inn.visitor("alice")
    alice.presses("Approve", alice.row(NVDA))
    alice.sees(f"Approved: {NVDA}")
    alice.opens(f"/requests/{request['id']}")
    alice.sees("Approved")
    alice.page.go_back()
    alice.sees("Sell 5 AMD")
    expect(alice.button("Approve", alice.row(NVDA))).to_have_count(0)
    alice.page.go_forward()
    alice.sees("Approved")
    expect(alice.button("Approve")).to_have_count(0)


def test_what_was_decided_meanwhile_is_told_and_not_decided_again(inn: Inn) -> None:
    """The page is old: its live connection is cut, so it does not know."""
    request = inn.asks()
    alice = inn.visitor("alice")
    alice.page.route(re.compile(r"/live(\?|$)"), lambda route: route.abort())
    alice.page.route("**/rows/*", lambda route: route.abort())
    alice.allowed.append("ERR_FAILED")
    alice.page.reload()
    bob = inn.running.person("bob")
    voted(bob, request, "reject")
    alice.presses("Approve", alice.row(NVDA))
    alice.sees("Rejected by bob")
    stood = inn.stands(request)
    assert [vote["person"] for vote in stood["votes"]] == ["bob"]
