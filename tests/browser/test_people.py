"""Settings and people: sessions ended, absence, codes for chats; guests who are invited, come in, and are removed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.sync_api import expect

from core.model import Account
from tests.browser.house import Inn
from tests.browser.visitor import DESKTOP, NARROW, PHONE, Visitor


def shown(visitor: Visitor, pattern: str) -> str:
    """What stands in the `code` element that matches."""
    found = visitor.page.locator("main code").filter(has_text=re.compile(pattern)).first
    expect(found).to_be_visible()
    return found.inner_text()


def test_a_guest_is_invited_comes_in_decides_and_is_removed(inn: Inn) -> None:
    request, second = inn.asks(), inn.asks("Sell 5 AMD")
    erin = inn.visitor("erin", size=PHONE)
    page = erin.opens("/people")
    page.get_by_label("Name").fill("Gina <b>Guest</b>")
    page.get_by_label("Id", exact=True).fill("gina")
    page.get_by_label("trader").check()
    erin.presses("Make an invitation")
    link = shown(erin, "/join")
    erin.fits()
    erin.is_for_everybody()

    gina = inn.stranger("gina", size=NARROW)
    gina.opens(link[link.index("/join") :])
    gina.is_for_everybody()
    gina.fits()
    gina.presses("Accept")
    gina.sees("You are in")
    gina.opens("/")
    gina.presses("Approve", gina.row("Buy 100 NVDA"))
    gina.sees("Approved: Buy 100 NVDA")
    assert inn.stands(request)["decision"]["by"] == ["gina"]
    again = inn.stranger("somebody else")
    again.opens(link[link.index("/join") :])
    again.presses("Accept")
    expect(again.page.get_by_role("alert")).to_be_visible()

    erin.opens("/people/gina")
    expect(erin.page.get_by_role("heading", level=1)).to_have_text("Gina <b>Guest</b>")
    erin.page.locator("summary", has_text="Remove").click()
    erin.presses("Remove for good")
    erin.sees("removed")
    gina.presses("Approve", gina.row("Sell 5 AMD"))
    gina.sees("session is over")
    gina.opens("/")
    expect(gina.page).to_have_url(re.compile("/enter"))
    assert inn.stands(second)["status"] == "pending"


def test_mistakes_in_an_invitation_stand_beside_their_fields_and_nothing_typed_is_lost(inn: Inn) -> None:
    erin = inn.visitor("erin")
    page = erin.opens("/people")
    page.get_by_label("Name").fill("Another Alice")
    page.get_by_label("Id", exact=True).fill("alice")
    page.get_by_label("risk").check()
    erin.presses("Make an invitation")
    expect(page.get_by_label("Id", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name")).to_have_value("Another Alice")
    expect(page.get_by_label("risk")).to_be_checked()
    erin.is_for_everybody()


def test_who_is_no_administrator_is_offered_nothing_and_gets_nothing_by_hand(inn: Inn) -> None:
    alice = inn.visitor("alice")
    page = alice.opens("/people")
    expect(alice.button("Make an invitation")).to_have_count(0)
    alice.opens("/people/bob")
    expect(alice.button("Make a sign-in link")).to_have_count(0)
    csrf = alice.opens("/settings").locator("input[name=csrf]").first.get_attribute("value")
    for path in (
        "/people/invite",
        "/people/bob/login",
        "/people/bob/sessions",
        "/people/bob/remove",
        "/people/bob/away",
    ):
        answer = page.request.post(
            inn.running.url + path,
            form={"csrf": str(csrf), "id": "mallory", "name": "Mallory", "role": "head", "span": "PT1H"},
        )
        assert answer.status in (403, 409), path
        assert "code=" not in answer.text()


def test_browsers_are_listed_and_signed_out_from_another(inn: Inn) -> None:
    request = inn.asks()
    here, phone, lost = (inn.visitor("alice", size=size) for size in (DESKTOP, PHONE, PHONE))
    page = here.opens("/settings")
    here.is_for_everybody()
    expect(page.get_by_text("this one")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Sign out (?!here|everywhere)")).first.click()
    here.sees("That browser is signed out")
    here.presses("Sign out everywhere else")
    here.sees("Every other browser is signed out")
    for other in (phone, lost):
        other.presses("Approve", other.row("Buy 100 NVDA"))
        other.sees("session is over")
    assert inn.stands(request)["status"] == "pending"
    here.presses("Sign out here")
    expect(here.page).to_have_url(re.compile("/enter"))
    here.page.go_back()
    expect(here.page).to_have_url(re.compile("/enter"))


def test_another_persons_session_cannot_be_ended_from_settings(inn: Inn) -> None:
    bob, alice = inn.visitor("bob"), inn.visitor("alice")
    now = datetime.now(UTC)
    (theirs,) = inn.running.services.reader.passes("bob", "session", now)
    csrf = alice.opens("/settings").locator("input[name=csrf]").first.get_attribute("value")
    alice.page.request.post(f"{inn.running.url}/settings/sessions", form={"csrf": str(csrf), "session": theirs.digest})
    bob.opens("/people")
    expect(bob.page).to_have_url(f"{inn.running.url}/people")


def test_who_is_away_until_a_moment_on_their_own_clock_comes_back_with_a_press(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice", size=PHONE, zone="Asia/Kolkata")
    page = alice.opens("/settings")
    page.get_by_label("Until").fill("2031-07-01T08:30")
    page.get_by_label("Who stands in").select_option("bob")
    alice.presses("Be away")
    alice.sees("Noted: you are away")
    away = inn.running.services.registry().people["alice"].away
    assert away is not None
    assert away.until == datetime(2031, 7, 1, 3, 0, tzinfo=UTC)
    assert away.delegate == "bob"
    alice.sees("8:30")
    alice.fits()
    alice.presses("Here again")
    alice.sees("You are here again")


def test_a_code_links_a_chat_and_the_account_can_be_taken_back(inn: Inn) -> None:
    alice = inn.visitor("alice", size=PHONE)
    inn.running.link("alice", Account("telegram", "", "4711"))
    page = alice.opens("/settings")
    alice.presses("Link an account")
    code = shown(alice, "/placet link").removeprefix("/placet link ").strip()
    alice.is_for_everybody()
    inn.running.shows(Account("slack", "T1", "U42"), code)
    alice.opens("/settings")
    expect(page.get_by_text("U42")).to_be_visible()
    alice.fits()
    alice.presses("Unlink Slack")
    alice.sees("yours no longer")
    expect(page.get_by_text("U42")).to_have_count(0)
    expect(page.get_by_text("4711")).to_be_visible()
