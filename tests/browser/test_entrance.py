"""Through the door: links that work once, sessions, forms that are too old, and who is not let in."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import Page, expect

from tests.bot.running import anonymous
from tests.browser.house import Inn
from tests.browser.visitor import PHONE, Visitor


def at_the_door(visitor: Visitor) -> None:
    expect(visitor.page).to_have_url(re.compile(r"/enter(\?|$)"))


def test_a_link_is_looked_at_by_a_preview_and_then_signs_in_once(inn: Inn) -> None:
    link = inn.link("alice")
    with anonymous(inn.running.url) as preview:
        for _ in range(3):
            looked = preview.get(link)
            assert looked.status_code == 200
            assert "set-cookie" not in looked.headers
        assert preview.head(link).status_code in (200, 405)
    alice = inn.stranger("alice", size=PHONE)
    alice.opens(link)
    alice.presses("Sign in")
    expect(alice.page).to_have_url(f"{inn.running.url}/")
    alice.fits()

    again = inn.stranger("somebody who found the link")
    again.opens(link)
    again.presses("Sign in")
    expect(again.page.get_by_role("alert")).to_contain_text("once")
    at_the_door(again)
    assert not [one for one in again.context.cookies() if one["name"] == "placet_session"]


def test_two_who_press_at_once_share_one_session_of_a_link(inn: Inn) -> None:
    link = inn.link("alice")
    first, second = (inn.stranger(name) for name in ("alice", "a thief"))
    for one in (first, second):
        one.opens(link)
    for one in (first, second):
        one.button("Sign in").evaluate("button => { setTimeout(() => button.click(), 30) }")
    for one in (first, second):
        one.page.wait_for_function("() => location.pathname === '/' || document.querySelector('[role=alert]')")
    assert sorted(httpx.URL(one.page.url).path for one in (first, second)) == ["/", "/enter"]


def test_the_session_is_kept_where_no_script_and_no_other_site_can_take_it(inn: Inn) -> None:
    alice = inn.visitor("alice")
    (cookie,) = (one for one in alice.context.cookies() if one["name"] == "placet_session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert "placet_session" not in alice.page.evaluate("document.cookie")


def test_who_is_not_signed_in_is_led_to_the_door_and_then_where_they_wanted(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.stranger("alice")
    alice.opens(f"/requests/{request['id']}")
    at_the_door(alice)
    link = inn.link("alice")
    page = alice.page
    page.get_by_label("Code", exact=False).fill(link.partition("code=")[2])
    alice.presses("Sign in")
    expect(page).to_have_url(f"{inn.running.url}/requests/{request['id']}")
    alice.sees("Buy 100 NVDA")


def test_a_link_that_leads_elsewhere_leads_home(inn: Inn) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        alice = inn.stranger("alice")
        alice.opens(f"{inn.link('alice')}&next={elsewhere}")
        alice.presses("Sign in")
        expect(alice.page).to_have_url(f"{inn.running.url}/")
        alice.context.close()


def signed_out(page: Page) -> None:
    page.context.clear_cookies(name="placet_session")


def test_a_form_of_a_session_that_is_over_does_nothing_and_says_so(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    alice.sees("Buy 100 NVDA")
    signed_out(alice.page)
    alice.presses("Approve", alice.row("Buy 100 NVDA"))
    alice.sees("session is over")
    assert inn.stands(request)["status"] == "pending"


def test_a_form_of_an_older_session_does_nothing_and_says_so(inn: Inn) -> None:
    """Signed in anew in another tab: the form still carries what the older session gave it."""
    request = inn.asks()
    alice = inn.visitor("alice")
    alice.sees("Buy 100 NVDA")
    other = alice.tab()
    other.goto(inn.running.url + inn.link("alice"))
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(f"{inn.running.url}/")
    alice.presses("Approve", alice.row("Buy 100 NVDA"))
    alice.sees("Nothing was done")
    assert inn.stands(request)["status"] == "pending"
    alice.opens("/")
    alice.presses("Approve", alice.row("Buy 100 NVDA"))
    alice.sees("Approved")
    assert inn.stands(request)["status"] == "approved"
