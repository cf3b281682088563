"""What was decided, on the web: the latest first, by whom and why, and a reason that comes late."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest

from tests.bot.asking import submitted, voted
from tests.bot.browsing import Browser, signed_in
from tests.bot.running import Doc, Running, fresh

_TAG = re.compile(r"<[^>]+>")


def read(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


@pytest.fixture
def browser(desk: Running) -> Browser:
    return signed_in(desk, "alice")


@pytest.fixture
def subject() -> str:
    return fresh("SUBJ")


def rows(browser: Browser, query: str = "") -> dict[str, str]:
    """What each row says, by the id of its request, in the order of the page."""
    page = browser.opens(f"/decided{query}")
    assert page.status_code == 200
    articles = re.findall(r'<article class="one".*?</article>', page.text, re.DOTALL)
    found = {}
    for article in articles:
        name = re.search(r"/requests/(req_\w+)", article)
        assert name is not None
        found[name[1]] = article
    return found


def row(browser: Browser, request: Doc) -> str:
    return rows(browser, f"?subject={request['proposal']['subject']}")[request["id"]]


def asked(program: httpx.Client, subject: str, **changes: Any) -> Doc:
    return submitted(program, subject=subject, **changes)


def test_the_latest_stands_first_and_what_is_open_does_not_stand_there(
    browser: Browser, program: httpx.Client, alice: httpx.Client, bob: httpx.Client, subject: str
) -> None:
    first, second, still_open = (asked(program, subject, title=f"Buy {n}") for n in range(3))
    voted(bob, second, "reject")
    voted(alice, first, "approve")
    assert list(rows(browser, f"?subject={subject}")) == [first["id"], second["id"]]
    assert still_open["id"] not in browser.opens("/decided").text


def test_a_row_says_who_decided_what_and_what_became_of_each_value(
    browser: Browser, program: httpx.Client, alice: httpx.Client, subject: str
) -> None:
    request = asked(program, subject, title="Buy <b>100</b>")
    voted(alice, request, "modify", parameters={"quantity": 50}, reason={"code": "size", "words": "Half & half"})
    words = read(row(browser, request))
    assert words.startswith("Approved as modified ○ routine")
    assert "Buy <b>100</b>" in words
    assert "decided by Alice" in words
    assert "quantity 100 → became 50" in words
    assert "Alice modified Too big or too small: “Half & half”" in words
    assert "<b>100" not in row(browser, request)


def test_votes_against_what_was_decided_are_told(
    browser: Browser, program: httpx.Client, alice: httpx.Client, bob: httpx.Client, frank: httpx.Client, subject: str
) -> None:
    request = asked(program, subject, amount="20000.00")
    voted(frank, request, "abstain")
    voted(alice, request, "approve")
    voted(bob, request, "approve")
    words = read(row(browser, request))
    assert "decided by Alice, Bob" in words
    assert "Frank abstained" in words


def test_a_reason_can_be_given_afterwards_from_here(
    browser: Browser, program: httpx.Client, alice: httpx.Client, subject: str
) -> None:
    request = asked(program, subject)
    voted(alice, request, "reject")
    article = row(browser, request)
    token = re.search(r'value="(why:[^"]*:timing~[^"]*)"', article)
    assert token is not None
    answer = browser.acts("/tap", {"tap": fresh("tap"), "token": token[1]})
    assert answer.status_code == 200
    assert re.search(r"Alice rejected Wrong moment \(said \d\d ", read(row(browser, request)))


def test_nobody_says_why_for_somebody_else(
    desk: Running, browser: Browser, program: httpx.Client, alice: httpx.Client, bob: httpx.Client, subject: str
) -> None:
    request = asked(program, subject)
    voted(bob, request, "reject")
    assert "why:" not in row(browser, request)
    assert "why:" in row(signed_in(desk, "bob"), request)


def test_an_approval_that_nobody_asks_to_explain_offers_no_reasons(
    browser: Browser, program: httpx.Client, alice: httpx.Client, subject: str
) -> None:
    request = asked(program, subject)
    voted(alice, request, "approve")
    assert "why:" not in row(browser, request)


def test_filters_narrow_what_is_shown(
    browser: Browser, program: httpx.Client, alice: httpx.Client, bob: httpx.Client, dave: httpx.Client, subject: str
) -> None:
    mine, others, critical = (asked(program, subject, amount=amount) for amount in ("10", "10", "200000"))
    voted(alice, mine, "approve")
    voted(bob, others, "reject")
    voted(dave, critical, "reject", reason={"code": "risk"})
    here = f"?subject={subject}"

    def ids(more: str) -> set[str]:
        return set(rows(browser, here + more))

    assert ids("&outcome=approved") == {mine["id"]}
    assert ids("&outcome=rejected") == {others["id"], critical["id"]}
    assert ids("&tier=3") == {critical["id"]}
    assert ids("&by=me") == {mine["id"]}
    assert len(ids(f"&asker=program:{mine['asker']['id']}")) == 3
    assert ids("&asker=program:nobody") == set()


@pytest.mark.parametrize(
    "query",
    ["?outcome=loved", "?tier=x", "?tier=٣", "?by=erin", "?asker=%00", "?subject=%0a", "?asker=role:x", "?tier=99"],
)
def test_a_filter_that_makes_no_sense_filters_nothing_and_breaks_nothing(browser: Browser, query: str) -> None:
    assert browser.opens(f"/decided{query}").status_code == 200


@pytest.mark.parametrize("cursor", ["x", "%00", "W10", "bnVsbA"])
def test_a_cursor_that_is_none_of_ours_is_told_so(browser: Browser, cursor: str) -> None:
    page = browser.opens(f"/decided?cursor={cursor}")
    assert page.status_code == 404
    assert "begin again" in read(page.text)


def test_pages_follow_each_other_to_the_end_and_keep_the_filter(
    browser: Browser, program: httpx.Client, alice: httpx.Client, subject: str
) -> None:
    made = [asked(program, subject, title=f"Buy {number}") for number in range(31)]
    for request in made:
        voted(alice, request, "approve")
    query, seen = f"?subject={subject}&by=me", list[str]()
    for _ in range(3):
        seen += rows(browser, query)
        further = re.search(r'href="/decided(\?[^"]*)" rel="next"', browser.opens(f"/decided{query}").text)
        if further is None:
            break
        query = html.unescape(further[1])
        assert f"subject={subject}" in query
    assert seen == [request["id"] for request in reversed(made)]


def test_who_is_not_signed_in_sees_nothing(desk: Running) -> None:
    assert Browser(desk).opens("/decided").status_code == 303
