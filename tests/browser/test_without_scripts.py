"""JavaScript switched off: the same forms give whole pages, and everything that matters can be done."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.house import Inn
from tests.browser.visitor import NARROW, PHONE, Visitor

NVDA = "Buy 100 NVDA"


def plain(inn: Inn, person: str = "alice") -> Visitor:
    return inn.visitor(person, scripts=False, size=PHONE)


def test_approving_without_scripts(inn: Inn) -> None:
    request = inn.asks()
    alice = plain(inn)
    alice.presses("Approve", alice.row(NVDA))
    alice.sees(f"Approved: {NVDA}")
    alice.is_for_everybody()
    alice.fits()
    assert inn.stands(request)["status"] == "approved"
    alice.page.get_by_role("main").get_by_role("link", name="inbox").first.click()
    expect(alice.page).to_have_url(f"{inn.running.url}/")
    expect(alice.row(NVDA)).to_have_count(0)


def test_rejecting_with_a_reason_and_the_last_question_without_scripts(inn: Inn) -> None:
    request = inn.asks()
    alice = plain(inn)
    alice.presses("Reject", alice.row(NVDA))
    alice.sees(f"Rejected: {NVDA}")
    alice.is_for_everybody()
    alice.presses("Something else")
    alice.page.get_by_role("textbox").fill("earnings tomorrow")
    alice.presses("Send")
    alice.sees("Would the algorithm agree")
    alice.presses("Yes: it lacked data")
    alice.sees("Noted, thank you")
    (vote,) = inn.stands(request)["votes"]
    assert vote["reasons"][-1]["code"] == "other"
    assert vote["reasons"][-1]["would_agree"] == "yes"


def test_modifying_without_scripts(inn: Inn) -> None:
    request = inn.asks()
    alice = plain(inn)
    alice.presses("Modify", alice.row(NVDA))
    alice.is_for_everybody()
    alice.field("quantity").fill("60")
    alice.presses("Show the change")
    alice.sees("100 → 60")
    alice.presses("Confirm this change")
    alice.sees("Modified")
    assert inn.stands(request)["status"] == "modified"


def test_going_back_and_pressing_the_old_button_without_scripts_decides_nothing_twice(inn: Inn) -> None:
    request = inn.asks()
    alice = plain(inn)
    alice.presses("Approve", alice.row(NVDA))
    alice.sees(f"Approved: {NVDA}")
    alice.page.go_back()
    expect(alice.row(NVDA)).to_have_count(0)
    assert [vote["choice"] for vote in inn.stands(request)["votes"]] == ["approve"]


def test_what_comes_too_late_is_a_page_in_words_and_not_an_error(inn: Inn) -> None:
    request = inn.asks()
    alice, bob = plain(inn), plain(inn, "bob")
    alice.presses("Approve", alice.row(NVDA))
    with bob.page.expect_navigation() as going:
        bob.presses("Reject", bob.row(NVDA))
    assert going.value is not None
    assert going.value.status == 409
    bob.sees("Approved by alice")
    bob.is_for_everybody()
    assert inn.stands(request)["status"] == "approved"


def test_several_are_chosen_and_decided_together_without_scripts(inn: Inn) -> None:
    asked = [inn.asks(f"Buy {number} AMD") for number in (10, 20, 30)]
    alice = inn.visitor("alice", scripts=False, size=NARROW)
    for title in ("Buy 10 AMD", "Buy 30 AMD"):
        alice.row(title).get_by_role("checkbox").check()
    alice.fits()
    alice.presses("Approve chosen")
    alice.sees("Approve these 2?")
    alice.sees("Buy 10 AMD")
    alice.sees("Buy 30 AMD")
    alice.presses("Yes, approve 2")
    alice.sees("2 approved")
    assert [inn.stands(one)["status"] for one in asked] == ["approved", "pending", "approved"]
