"""What belongs to somebody else, and what a page did not offer: refused by the server, whatever the browser sends."""

from __future__ import annotations

from typing import Any

from tests.bot.running import anonymous
from tests.browser.house import Inn
from tests.browser.visitor import Visitor

SEND = """async ([path, fields, headers]) => {
    const body = new URLSearchParams(fields);
    const answer = await fetch(path, {method: 'POST', body, headers, redirect: 'manual'});
    return [answer.status, await answer.text()];
}"""


def csrf(visitor: Visitor) -> str:
    return str(visitor.page.locator("input[name=csrf]").first.get_attribute("value"))


def sends(visitor: Visitor, path: str, /, **fields: Any) -> tuple[int, str]:
    """What our own script could send from the page: the status of the answer, and its text."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    status, text = visitor.page.evaluate(SEND, [path, named, {"x-placet-fragment": "1"}])
    return int(status), str(text)


def test_a_vote_by_hand_has_no_more_authority_than_a_button(inn: Inn) -> None:
    request = inn.asks("Buy 9000 NVDA", amount="382500.00")
    carol = inn.visitor("carol")
    carol.opens("/settings")
    status, text = sends(
        carol, "/tap", csrf=csrf(carol), tap="tap_1", token=f"approve:r{request['id'].removeprefix('req_')}:1"
    )
    assert status == 409
    assert "role" in text or "may" in text or "authority" in text
    assert inn.stands(request)["status"] == "pending"
    assert not inn.stands(request)["votes"]


def test_a_form_without_its_mark_or_from_another_site_does_nothing(inn: Inn) -> None:
    request = inn.asks()
    token = f"approve:r{request['id'].removeprefix('req_')}:1"
    alice = inn.visitor("alice")
    good = csrf(alice)
    assert sends(alice, "/tap", tap="tap_1", token=token)[0] == 403
    assert sends(alice, "/tap", csrf="x" * len(good), tap="tap_1", token=token)[0] == 403
    (cookie,) = (one for one in alice.context.cookies() if one["name"] == "placet_session")
    form = {"csrf": good, "tap": "tap_1", "token": token}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        with anonymous(inn.running.url, {"Cookie": f"placet_session={cookie['value']}", **headers}) as elsewhere:
            assert elsewhere.post("/tap", data=form).status_code == 403
    assert inn.stands(request)["status"] == "pending"


def test_another_persons_draft_is_not_mine(inn: Inn) -> None:
    request = inn.asks()
    alice, bob = inn.visitor("alice"), inn.visitor("bob")
    row = alice.row("Buy 100 NVDA")
    alice.presses("Modify", row)
    alice.field("quantity", row).fill("50")
    alice.presses("Show the change", row)
    alice.sees("100 → 50", row)
    confirm = str(alice.button("Confirm", row).get_attribute("value"))
    assert confirm.startswith("confirm:d")
    status, text = sends(bob, "/tap", csrf=csrf(bob), tap="tap_2", token=confirm)
    assert status == 409
    assert "50" not in text
    assert inn.stands(request)["status"] == "pending"
    alice.presses("Confirm", row)
    alice.sees("Modified", row)


def test_another_persons_form_mark_is_not_mine(inn: Inn) -> None:
    request = inn.asks()
    alice, bob = inn.visitor("alice"), inn.visitor("bob")
    token = f"approve:r{request['id'].removeprefix('req_')}:1"
    assert sends(bob, "/tap", csrf=csrf(alice), tap="tap_3", token=token)[0] == 403
    assert inn.stands(request)["status"] == "pending"


def test_bounds_that_a_script_goes_round_are_refused_and_nothing_is_recorded(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    row = alice.row("Buy 100 NVDA")
    alice.presses("Modify", row)
    edit = str(row.locator("form.fields [name=token]").get_attribute("value"))
    for wrong in ("-1", "0", "100001", "1e9", "NaN", "Infinity", "12.5", "\u0663", "1" * 5_000, "<script>"):
        status, _ = sends(
            alice, "/tap", csrf=csrf(alice), tap=f"tap_{len(wrong)}{wrong[:2]}", token=edit, f__quantity=wrong
        )
        assert status in (409, 422), wrong
    stood = inn.stands(request)
    assert stood["status"] == "pending"
    assert stood["revision"] == 1


def test_odd_tokens_are_answered_in_words(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice")
    odd = (
        "",
        "x",
        "approve:r:1",
        "approve:r" + "0" * 26 + ":1",
        "a" * 5_000,
        "<script>alert(1)</script>",
        "\u202e:r1:1",
    )
    for token in odd:
        status, text = sends(alice, "/tap", csrf=csrf(alice), tap="tap_9", token=token)
        assert status < 500, token
        assert "<script>alert" not in text


def test_an_address_that_only_looks_does_not_act(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    for path in ("/tap", "/batch", "/leave"):
        token = f"approve:r{request['id'].removeprefix('req_')}:1"
        answer = alice.page.request.get(f"{inn.running.url}{path}?token={token}&csrf={csrf(alice)}")
        assert answer.status in (404, 405), path
    assert inn.stands(request)["status"] == "pending"
