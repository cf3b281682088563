"""Hands on the keyboard: a whole queue is cleared without touching anything else."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.house import Inn
from tests.browser.visitor import Visitor

_AT = "document.activeElement.closest('article')?.innerText ?? ''"


def at(visitor: Visitor) -> str:
    """What can be read of the row that has the focus."""
    return str(visitor.page.evaluate(_AT))


def stands_at(visitor: Visitor, title: str) -> None:
    visitor.waits_until(lambda: title in at(visitor))


def test_a_queue_is_cleared_by_keys_alone(inn: Inn) -> None:
    asked = [inn.asks(f"Buy {number} AMD") for number in (1, 2, 3, 4)]
    alice = inn.visitor("alice")
    order = [row.inner_text() for row in alice.page.get_by_role("article").all()]
    titles = [next(f"Buy {n} AMD" for n in (1, 2, 3, 4) if f"Buy {n} AMD" in text) for text in order]
    alice.keys("j")
    stands_at(alice, titles[0])
    alice.keys("j")
    stands_at(alice, titles[1])
    alice.keys("k")
    stands_at(alice, titles[0])
    alice.keys("a")
    alice.sees(f"Approved: {titles[0]}")
    alice.keys("j")
    stands_at(alice, titles[1])
    alice.keys("r")
    alice.sees(f"Rejected: {titles[1]}")
    alice.keys("4")
    alice.sees("Noted: Too risky")
    alice.keys("2")
    alice.sees("Noted, thank you")
    alice.keys("j")
    stands_at(alice, titles[2])
    alice.keys("m")
    field = alice.field("quantity", alice.row(titles[2]))
    expect(field).to_be_visible()
    field.fill("7")
    alice.keys("Enter")
    alice.sees("100 → 7", alice.row(titles[2]))
    by_title = {one["proposal"]["title"]: one for one in asked}
    assert [inn.stands(by_title[title])["status"] for title in titles] == [
        "approved",
        "rejected",
        "pending",
        "pending",
    ]


def test_help_is_a_key_away_and_escape_leaves_it(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice")
    alice.keys("?")
    dialog = alice.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for key in ("j", "k", "a", "r", "m", "e", "x", "/", "1"):
        expect(dialog).to_contain_text(key)
    alice.is_for_everybody()
    alice.keys("Escape")
    expect(dialog).not_to_be_visible()


def test_keys_are_letters_while_somebody_types(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    alice.keys("j", "/")
    find = alice.page.get_by_role("searchbox")
    expect(find).to_be_focused()
    alice.page.keyboard.type("area jerk 12?")
    expect(find).to_have_value("area jerk 12?")
    alice.keys("Escape")
    assert inn.stands(request)["status"] == "pending"
    assert not inn.stands(request)["votes"]


def test_keys_with_control_belong_to_the_browser(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    alice.keys("j", "Control+a", "Meta+a", "Alt+a", "Control+r")
    alice.page.wait_for_load_state()
    assert inn.stands(request)["status"] == "pending"


def test_a_key_held_down_acts_once(inn: Inn) -> None:
    first, second = inn.asks("Buy 1 AMD"), inn.asks("Buy 2 AMD")
    alice = inn.visitor("alice")
    alice.keys("j")
    for _ in range(5):
        alice.page.keyboard.down("a")
    alice.page.keyboard.up("a")
    alice.sees("Approved:")
    stood = sorted(inn.stands(one)["status"] for one in (first, second))
    assert stood == ["approved", "pending"]


def test_low_ones_are_chosen_by_keys_and_decided_together(inn: Inn) -> None:
    asked = [inn.asks(f"Buy {number} AMD") for number in (1, 2, 3)]
    alice = inn.visitor("alice")
    alice.keys("j", "x", "j", "x")
    expect(alice.page.get_by_role("checkbox", checked=True)).to_have_count(2)
    alice.presses("Approve 2")
    alice.sees("Approve these 2?")
    alice.presses("Yes, approve 2")
    alice.sees("2 approved")
    stood = [inn.stands(one)["status"] for one in asked]
    assert sorted(stood) == ["approved", "approved", "pending"]


def test_everything_is_reached_with_the_tab_key_and_the_focus_is_seen(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    alice.keys("Tab")
    expect(alice.page.get_by_role("link", name="To the content")).to_be_focused()
    alice.keys("Enter")
    for _ in range(40):
        alice.keys("Tab")
        style = alice.page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow }"
        )
        assert style != "nonenone", alice.page.evaluate("document.activeElement.outerHTML")
        if alice.page.evaluate("document.activeElement.textContent.trim().startsWith('Approve')"):
            break
    else:
        raise AssertionError("Approve was not reached")
    alice.keys("Enter")
    alice.sees("Approved:")
    assert inn.stands(request)["status"] == "approved"
