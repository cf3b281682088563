"""The policy on the web: what it says, what it would say, what a changed copy would have said. Nothing is recorded."""

from __future__ import annotations

import html
import json
import re

import httpx
import pytest

from bot.yaml_document import read_document
from tests.bot.asking import submitted
from tests.bot.browsing import Browser, signed_in
from tests.bot.running import HOUSE, Running, fresh, proposal

_TAG = re.compile(r"<[^>]+>")


def read(page: httpx.Response) -> str:
    """What somebody reads on a page."""
    return " ".join(html.unescape(_TAG.sub(" ", page.text)).split())


@pytest.fixture
def alice(desk: Running) -> Browser:
    return signed_in(desk, "alice")


def tries(browser: Browser, **values: str) -> httpx.Response:
    form = {
        name if name in ("who", "json") else f"f.{name.replace('__', '.')}": value for name, value in values.items()
    }
    return browser.acts("/policy/try", form, page="/policy/try")


def compares(browser: Browser, text: str) -> httpx.Response:
    return browser.acts("/policy/scratch", {"policy": text}, page="/policy/scratch")


def copy_of(page: httpx.Response) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.parametrize("path", ["/policy", "/policy/try", "/policy/scratch"])
def test_whoever_is_not_signed_in_is_led_to_the_door(desk: Running, path: str) -> None:
    stranger = Browser(desk)
    assert stranger.opens(path).status_code == 303
    assert stranger.sends(path, {"policy": "name: x"}).status_code in (401, 405)


def test_the_rules_are_read_from_the_highest_tier_down(alice: Browser) -> None:
    words = read(alice.opens("/policy"))
    critical, elevated, routine = (words.index(f"{name} {mark}") for name, mark in
                                   (("critical", "●"), ("elevated", "◐"), ("routine", "○")))  # fmt: skip
    assert critical < elevated < routine
    assert "When the amount is more than 100,000 USD" in words
    assert "one person (head or risk) – now Dave , Erin , Frank" in words
    assert "2 people (trader) – now Alice , Bob , Frank" in words
    assert "required to reject; asked to modify" in words
    assert "largest position the amount is at most 5,000,000 USD" in words
    assert "amount a number in USD, at least 0 the highest tier decides (critical)" in words


@pytest.mark.parametrize(
    ("amount", "mark", "who"),
    [("100", "○ routine", "one person (trader)"), ("10000.01", "◐ elevated", "2 people (trader)"),
     ("100000.01", "● critical", "one person (head or risk)"), ("", "● critical", "one person (head or risk)")],
)  # fmt: skip
def test_a_proposal_is_tried_and_nobody_is_asked(
    desk: Running, alice: Browser, amount: str, mark: str, who: str
) -> None:
    before = desk.position()
    words = read(tries(alice, amount=amount, currency="USD"))
    assert f"The rules say {mark}" in words
    assert who in words
    assert desk.position() == before


def test_who_asks_does_not_decide(alice: Browser) -> None:
    assert "now Alice , Bob , Frank" in read(tries(alice, amount="10"))
    assert "now Bob , Frank" in read(tries(alice, amount="10", who="me"))
    assert "2 people (trader) – now Alice , Bob" in read(tries(alice, amount="20000", who="program:momentum"))


def test_a_hard_limit_is_told_where_it_would_be_broken(alice: Browser) -> None:
    page = tries(alice, amount="6000000")
    assert "As it stands nobody can approve it. It breaks a hard limit: largest position" in read(page)


def test_another_currency_is_the_highest_tier_and_says_why(alice: Browser) -> None:
    words = read(tries(alice, amount="10", currency="eur"))
    assert "● critical" in words
    assert "the amount is in EUR, and the policy speaks of USD" in words


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [("amount", "lots", "must be a number, as in 12 or 12.5"), ("amount", "-5", "must"),
     ("context__vix", "wild", "must be a number"), ("currency", "US$", "must be 2 to 10 capital")],
)  # fmt: skip
def test_a_mistake_stands_beside_the_field_and_what_was_typed_stays(
    alice: Browser, field: str, value: str, what: str
) -> None:
    page = tries(alice, **{field: value})
    assert page.status_code == 422
    assert what in read(page)
    assert f'value="{value}"' in page.text or f'value="{value.upper()}"' in page.text
    assert 'aria-invalid="true"' in page.text


def test_a_request_is_pasted_as_a_program_would_send_it(alice: Browser) -> None:
    words = read(tries(alice, json=json.dumps(proposal(amount="12000.00"))))
    assert "The rules say Action buy Subject NVDA Title Buy 100 NVDA Amount 12000.00 USD" in words
    assert "◐ elevated" in words


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "The body is not JSON"),
        ('["a"]', "must be an object"),
        ('{"action": "a", "action": "b"}', "stands twice"),
        (json.dumps(proposal(colour="red")), "colour is not known here; take it out or correct its spelling"),
        (json.dumps({"action": "buy"}), "subject is missing; title is missing"),
        (json.dumps(proposal(confidence=64)), "confidence must lie between 0 and 1; 64 per cent is 0.64"),
        (json.dumps(proposal(editable={"properties": {"size": {"type": "integer"}}})), "is no parameter of"),
        ('{"a": ' * 3_000, "The body is"),
        ("x" * 100_001, "longer than 100000 characters"),
    ],
)
def test_what_is_pasted_and_is_no_request_is_told_what_it_lacks(alice: Browser, text: str, what: str) -> None:
    page = tries(alice, json=text)
    assert page.status_code == 422
    assert what in read(page)


def test_a_copy_begins_as_the_policy_in_force(alice: Browser) -> None:
    text = copy_of(alice.opens("/policy/scratch"))
    written = read_document("house", HOUSE).value["policy"]
    assert read_document("copy", text).value == written
    assert "Your copy says what the rules in force say" in read(compares(alice, text))


def test_a_changed_copy_tells_which_requests_it_would_have_ruled_otherwise(desk: Running, alice: Browser) -> None:
    program = desk.program()
    title = fresh("Buy 7 at")
    asked = submitted(program, title=title, amount="7777.00")
    submitted(program, title=fresh("Buy 1 at"), amount="10.00")
    before = desk.position()
    text = copy_of(alice.opens("/policy/scratch")).replace("amount > 10000\n", "amount > 7000\n")
    page = compares(alice, text)
    words = read(page)
    assert f"/requests/{asked['id']}" in page.text
    assert re.search(rf"○ routine → becomes ◐ elevated {title}.*?Who decides one of trader → 2 of trader", words)
    assert "stay as they are" in words or "stays as it is" in words
    assert desk.position() == before
    assert "amount is more than 10,000 USD" in read(alice.opens("/policy"))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("tier: 2", "tier: 9", "your copy, line 19: `tier` is one of 1, 2, 3"),
        ("when: amount > 10000\n", "when: amount >\n", "is not a CEL expression"),
        ("amount: required", "", "which `inputs` does not declare"),
        ("name: desk", "name: [", "not YAML"),
        ("expire: PT4H", "expire: 4h", "must be a duration such as PT4H"),
    ],
)
def test_a_copy_with_a_mistake_names_its_line_and_keeps_what_was_written(
    alice: Browser, old: str, new: str, what: str
) -> None:
    text = copy_of(alice.opens("/policy/scratch")).replace(old, new)
    page = compares(alice, text)
    assert page.status_code == 422
    assert what in read(page)
    assert re.search(r"your copy, line \d+: ", read(page))
    assert copy_of(page) == text


@pytest.mark.parametrize(
    "text",
    ["", "- a", "7", "&a [*a]", "x" * 100_001, "a: &b [1,1,1]\n" + "c: [*b,*b]\n" * 9_000, "\x00", "a: " + "[" * 900],
)
def test_what_is_no_policy_at_all_is_told_so(alice: Browser, text: str) -> None:
    page = compares(alice, text)
    assert page.status_code == 422
    assert 'id="copy-error"' in page.text


def test_a_copy_that_nobody_could_satisfy_is_compared_and_says_so(alice: Browser) -> None:
    text = copy_of(alice.opens("/policy/scratch")).replace("roles: [head, risk]", "roles: [pope]")
    words = read(compares(alice, text))
    assert "With the people there are, this policy would not be taken: rule `critical` needs 1 of pope" in words


def test_markup_in_a_copy_stays_text(alice: Browser) -> None:
    page = compares(alice, "</textarea><script>alert(1)</script>")
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("path", ["/policy/try", "/policy/scratch"])
def test_a_form_from_elsewhere_does_nothing(alice: Browser, path: str) -> None:
    assert alice.sends(path, {"policy": "name: x"}).status_code == 403
