"""Markup, scripts, addresses, endless words, other scripts and emoji: text, on every page, at 320 pixels."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.hostile import SCRIPTS, WORD, proposals
from tests.browser.house import Inn
from tests.browser.visitor import NARROW, Visitor


def unharmed(visitor: Visitor) -> None:
    """Nothing ran, nothing leads elsewhere, nothing stands out."""
    page = visitor.page
    assert page.evaluate("window.owned") is None
    assert (
        page.evaluate(
            """() => [...document.querySelectorAll('[href], [src], [action], [formaction]')]
            .flatMap(e => [e.href, e.src, e.action, e.formAction])
            .filter(a => typeof a === 'string' && a && !a.startsWith(location.origin) && !a.startsWith('data:image'))"""
        )
        == []
    )
    assert page.locator("main script, main iframe, main object, main embed, main h1:text-is('big')").count() == 0
    visitor.fits()


def test_hostile_proposals_are_text_in_the_inbox_and_on_their_pages(inn: Inn) -> None:
    asked = [inn.asks(**one) for one in proposals()]
    alice = inn.visitor("alice", size=NARROW)
    expect(alice.page.get_by_role("article").first).to_be_visible()
    unharmed(alice)
    alice.is_for_everybody()
    for text in SCRIPTS[:4]:
        alice.sees(text)
    for request in asked:
        alice.opens(f"/requests/{request['id']}")
        unharmed(alice)
    alice.is_for_everybody()


def test_forms_and_answers_about_hostile_proposals_are_text_too(inn: Inn) -> None:
    asked = [inn.asks(**one) for one in proposals()]
    alice = inn.visitor("alice", size=NARROW)
    for request in (asked[0], asked[4], asked[-1]):
        page = alice.opens(f"/requests/{request['id']}")
        alice.presses("Modify")
        choice = page.get_by_label("Choice")
        expect(choice).to_be_visible()
        unharmed(alice)
        choice.select_option("else")
        alice.presses("Show the change")
        expect(alice.button("Confirm")).to_be_visible()
        unharmed(alice)
        alice.presses("Confirm")
        alice.sees("Why?")
        unharmed(alice)
        alice.presses("Something else")
        page.get_by_role("textbox").last.fill(SCRIPTS[0] + WORD[:900])
        alice.presses("Send")
        alice.sees("Noted")
        alice.opens(f"/requests/{request['id']}")
        unharmed(alice)
    alice.opens("/decided")
    unharmed(alice)
    alice.is_for_everybody()


def test_hostile_addresses_of_our_own_pages_are_told_as_text(inn: Inn) -> None:
    alice = inn.visitor("alice", size=NARROW)
    odd = (
        "/?q=<script>window.owned=1</script>",
        "/?cursor=../../etc/passwd&tier=x",
        "/?tier=99999999999999999999",
        "/requests/<script>window.owned=1</script>",
        "/requests/req_../../x",
        "/r/%00",
        "/decided?cursor=%ff&outcome=<b>",
        "/enter?code=<script>window.owned=1</script>",
        "/attachments/..%2f..%2fplacet.yaml",
    )
    for path in odd:
        answer = alice.page.goto(inn.running.url + path)
        assert answer is not None
        assert answer.status < 500, path
        assert alice.page.evaluate("window.owned") is None
        if "text/html" in answer.headers["content-type"]:
            unharmed(alice)


def test_what_people_type_into_the_finder_and_the_door_is_text(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice", size=NARROW)
    alice.page.get_by_role("searchbox").fill('"><img src=x onerror=window.owned=1>')
    alice.keys("Enter")
    alice.misses("Buy 100 NVDA")
    unharmed(alice)
    stranger = inn.stranger(size=NARROW)
    stranger.opens("/enter?next=javascript:window.owned=1")
    stranger.page.get_by_label("Code").fill("<script>window.owned=1</script>")
    stranger.presses("Sign in")
    expect(stranger.page.get_by_role("alert")).to_be_visible()
    unharmed(stranger)
