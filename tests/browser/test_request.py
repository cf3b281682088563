"""The page of a request: whole, with its story, and with what is needed less often."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.bot.asking import voted
from tests.bot.running import eventually
from tests.browser.hostile import ARABIC
from tests.browser.house import Inn
from tests.browser.visitor import NARROW, PHONE

NVDA = "Buy 100 NVDA"


def test_a_page_says_everything_that_a_card_cannot_and_how_it_came_to_be(inn: Inn) -> None:
    first = inn.asks(summary="Because. " * 300, parameters={"quantity": 100, "side": "buy", "plan": "wait, " * 400})
    alice, bob = inn.visitor("alice", size=PHONE), inn.running.person("bob")
    page = alice.opens(f"/r/{first['id'][-8:]}")
    expect(page).to_have_url(f"{inn.running.url}/requests/{first['id']}")
    expect(page.get_by_role("main")).to_contain_text("wait, " * 399)
    expect(page.get_by_role("main")).to_contain_text("Because. " * 299)
    voted(bob, first, "modify", parameters={"quantity": 50}, reason={"code": "size"}, note="Thin <i>volume</i>")
    story = page.get_by_role("listitem")
    expect(story.filter(has_text="Bob").or_(story.filter(has_text="bob")).last).to_be_visible()
    alice.sees("Thin <i>volume</i>")
    alice.sees("Too big or too small")
    alice.fits()
    alice.is_for_everybody()
    page.get_by_text("Proof").click()
    alice.sees(inn.stands(first)["hash"])
    alice.fits()


def test_a_decision_is_taken_from_the_page_itself(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice", size=NARROW)
    alice.opens(f"/requests/{request['id']}")
    alice.presses("Reject")
    alice.sees(f"Rejected: {NVDA}")
    alice.presses("Wrong moment")
    alice.sees("Noted: Wrong moment")
    expect(alice.page.locator(".outcome")).to_contain_text("Wrong moment")
    expect(alice.button("Approve")).to_have_count(0)
    alice.fits()


def test_what_is_needed_less_often_is_under_more(inn: Inn) -> None:
    request, other = inn.asks("Buy 400 NVDA", amount="17000.00"), inn.asks(NVDA)
    alice = inn.visitor("alice", size=PHONE)
    page = alice.opens(f"/requests/{request['id']}")
    page.locator("summary", has_text="More").click()
    alice.presses("Abstain")
    # The word stands on the page before the vote does: on the button itself.
    eventually(lambda: inn.stands(request)["votes"])
    alice.sees("abstain")
    assert [vote["choice"] for vote in inn.stands(request)["votes"]] == ["abstain"]
    alice.opens(f"/requests/{other['id']}")
    page.locator("summary", has_text="More").click()
    alice.presses("Ask for changes")
    alice.field("What must change").fill("Half of it, and say where the stop is.")
    alice.is_for_everybody()
    alice.presses("Send")
    alice.sees("Changes asked for")
    assert inn.stands(other)["status"] == "changes_requested"
    again = inn.asks("Buy 50 NVDA", replaces=other["id"], parameters={"quantity": 50, "side": "buy"})
    alice.opens(f"/requests/{again['id']}")
    page.get_by_role("link", name="what it replaces").click()
    expect(page).to_have_url(f"{inn.running.url}/requests/{other['id']}")
    alice.sees("say where the stop is")


def test_whoever_asked_may_withdraw_with_one_more_press(inn: Inn) -> None:
    alice = inn.visitor("alice")
    page = alice.opens("/ask/else")
    page.get_by_label("What", exact=False).first.fill("May we stop at five?")
    alice.page.get_by_role("button", name="Ask", exact=True).first.click()
    page.wait_for_url("**/requests/req_*")
    alice.ready()
    page.locator("summary", has_text="More").click()
    alice.presses("Withdraw")
    expect(page.locator(".outcome")).to_have_count(0)
    alice.presses("Yes, withdraw")
    expect(page.locator(".outcome")).to_contain_text("Withdrawn")


def test_a_suggestion_is_shown_to_those_with_the_authority_and_adopted(inn: Inn) -> None:
    request = inn.asks()
    alice, dave = inn.visitor("alice"), inn.visitor("dave")
    row = alice.row(NVDA)
    alice.presses("Modify", row)
    alice.field("quantity", row).fill("9000")
    alice.presses("Show the change", row)
    alice.sees("would stand as a suggestion", row)
    alice.presses("Suggest this change", row)
    alice.sees("stands as a suggestion", row)
    assert inn.stands(request)["status"] == "pending"
    page = dave.opens(f"/requests/{request['id']}")
    expect(page.get_by_label("A suggestion")).to_contain_text("9000")
    dave.is_for_everybody()


def test_a_decision_is_taken_back_while_there_is_grace(inn: Inn) -> None:
    request = inn.asks("Buy calmly", subject="CALM")
    alice = inn.visitor("alice", size=PHONE)
    row = alice.row("Buy calmly")
    alice.presses("Approve", row)
    alice.sees("unless taken back", row)
    undo = alice.button("Undo", row).first
    expect(undo).to_be_visible()
    alice.is_for_everybody()
    alice.fits()
    undo.click()
    alice.sees("Your vote is taken back", row)
    assert inn.stands(request)["status"] == "pending"
    alice.presses("Reject", row)
    alice.sees("unless taken back", row)
    (first, second) = inn.stands(request)["votes"]
    assert (first["choice"], first["counts"], second["choice"], second["counts"]) == ("approve", False, "reject", True)


def test_when_the_grace_is_over_a_decision_counts_and_nobody_is_offered_to_undo_it(inn: Inn) -> None:
    request = inn.asks("Buy in haste", subject="HASTE")
    alice = inn.visitor("alice")
    row = alice.row("Buy in haste")
    alice.presses("Approve", row)
    alice.waits_until(lambda: inn.stands(request)["status"] == "approved")
    expect(row).to_contain_text(re.compile("Approved by alice"))
    expect(alice.button("Undo", row)).to_have_count(0)


def test_text_from_right_to_left_stands_from_right_to_left_and_alone(inn: Inn) -> None:
    request = inn.asks(f"{ARABIC} NVDA", summary=ARABIC, parameters={"quantity": 100, "side": "buy", "why": ARABIC})
    alice = inn.visitor("alice", size=PHONE)
    page = alice.opens(f"/requests/{request['id']}")
    direction = "one => getComputedStyle(one).direction"
    assert page.get_by_role("heading", level=1).locator("bdi").evaluate(direction) == "rtl"
    assert page.get_by_text(ARABIC, exact=True).first.evaluate(direction) == "rtl"
    assert page.get_by_role("main").evaluate(direction) == "ltr"
    alice.fits()


def test_an_address_that_leads_nowhere_says_so(inn: Inn) -> None:
    alice = inn.visitor("alice", size=NARROW)
    for path in ("/requests/req_nowhere", "/requests/x", "/r/zzzzzzzz", "/r/--"):
        answer = alice.page.goto(inn.running.url + path)
        assert answer is not None
        assert answer.status == 404, path
        expect(alice.page.get_by_role("alert")).to_be_visible()
    alice.page.get_by_role("main").get_by_role("link", name="To the inbox").click()
    expect(alice.page).to_have_url(f"{inn.running.url}/")
