"""The queue: the most urgent first, counted by tier, found by words, page by page, and decided in one go."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.bot.running import anonymous
from tests.browser.house import Inn
from tests.browser.visitor import NARROW, PHONE, Visitor


def titles(visitor: Visitor) -> list[str]:
    """What is listed, from the top."""
    return [one.strip() for one in visitor.page.locator("#mine-list article h3").all_inner_texts()]


def test_the_highest_tier_and_the_nearest_end_come_first_and_are_counted(inn: Inn) -> None:
    inn.asks("Routine, late", valid_for="PT3H")
    inn.asks("Elevated", amount="17000.00")
    inn.asks("Routine, soon", valid_for="PT20M")
    inn.asks("Critical", amount="300000.00")
    alice, frank = inn.visitor("alice"), inn.visitor("frank", size=NARROW)
    assert titles(alice) == ["Elevated", "Routine, soon", "Routine, late"]
    which = alice.page.get_by_role("navigation", name="Which")
    expect(which.get_by_role("link", name=re.compile("For you"))).to_contain_text("3")
    expect(which.get_by_role("link", name=re.compile("routine"))).to_contain_text("2")
    expect(which.get_by_role("link", name=re.compile("For others"))).to_contain_text("1")
    expect(alice.row("Critical")).to_contain_text("head or risk")
    expect(alice.button("Approve", alice.row("Critical"))).to_have_count(0)
    which.get_by_role("link", name=re.compile("routine")).click()
    expect(alice.page.locator("#mine-list article")).to_have_count(2)
    assert titles(alice) == ["Routine, soon", "Routine, late"]
    alice.is_for_everybody()
    # Frank owns the program: with four eyes it is not his, though he is a head and a trader.
    assert titles(frank) == ["Routine, soon", "Routine, late"]
    frank.fits()


def test_what_waits_is_found_by_words_and_nothing_found_says_so(inn: Inn) -> None:
    for title in ("Buy 5 AMD", "Sell 5 AMD", "Buy 7 INTC"):
        inn.asks(title, action=title.split()[0].lower())
    alice = inn.visitor("alice", size=PHONE)
    find = alice.page.get_by_role("searchbox")
    find.fill("amd BUY")
    find.press("Enter")
    alice.sees("Show everything")
    assert titles(alice) == ["Buy 5 AMD"]
    alice.page.get_by_role("searchbox").fill("no such thing")
    alice.page.get_by_role("searchbox").press("Enter")
    alice.sees("Nothing that waits for you fits this")
    alice.fits()
    alice.is_for_everybody()


def test_a_long_queue_comes_page_by_page_and_each_thing_once(inn: Inn) -> None:
    for number in range(120):
        inn.asks(f"Buy {number} AMD")
    alice = inn.visitor("alice")
    seen: list[str] = []
    while True:
        seen += titles(alice)
        further = alice.page.get_by_role("link", name="The next ones")
        if not further.count():
            break
        further.click()
        alice.page.wait_for_load_state()
    assert sorted(seen) == sorted(f"Buy {number} AMD" for number in range(120))
    assert len(seen) == 120
    alice.page.get_by_role("link", name="To the most urgent").click()
    alice.page.wait_for_load_state()
    assert titles(alice)[0] == seen[0]


def test_some_are_chosen_and_rejected_together_for_one_reason_each_on_its_own_record(inn: Inn) -> None:
    asked = [inn.asks(f"Buy {number} AMD") for number in (1, 2, 3)]
    inn.asks("Elevated", amount="17000.00")
    alice = inn.visitor("alice", size=NARROW)
    expect(alice.row("Elevated").get_by_role("checkbox")).to_have_count(0)
    for number in (1, 3):
        alice.row(f"Buy {number} AMD").get_by_text("Choose this one").or_(
            alice.row(f"Buy {number} AMD").get_by_role("checkbox")
        ).first.check(force=True)
    alice.fits()
    alice.presses("Reject 2")
    alice.sees("Reject these 2?")
    dialog = alice.page.get_by_role("dialog")
    for title in ("Buy 1 AMD", "Buy 3 AMD"):
        expect(dialog).to_contain_text(title)
    expect(dialog).not_to_contain_text("Buy 2 AMD")
    alice.is_for_everybody()
    alice.fits()
    alice.presses("Too risky", dialog)
    alice.sees("2 rejected", dialog)
    stood = [inn.stands(one) for one in asked]
    assert [one["status"] for one in stood] == ["rejected", "pending", "rejected"]
    assert [one["votes"][0]["reasons"][0]["code"] for one in (stood[0], stood[2])] == ["risk", "risk"]
    alice.presses("Close", dialog)
    expect(alice.button("Reject 2")).not_to_be_visible()


def test_one_of_those_chosen_that_was_decided_meanwhile_is_named_and_the_others_count(inn: Inn) -> None:
    first, second = inn.asks("Buy 1 AMD"), inn.asks("Buy 2 AMD")
    alice, bob = inn.visitor("alice"), inn.visitor("bob")
    for number in (1, 2):
        alice.row(f"Buy {number} AMD").get_by_role("checkbox").check(force=True)
    alice.presses("Approve 2")
    alice.sees("Approve these 2?")
    bob.presses("Reject", bob.row("Buy 2 AMD"))
    bob.sees("Rejected: Buy 2 AMD")
    alice.presses("Yes, approve 2")
    dialog = alice.page.get_by_role("dialog")
    alice.sees("1 approved", dialog)
    expect(dialog).to_contain_text("Not Buy 2 AMD")
    assert [inn.stands(one)["status"] for one in (first, second)] == ["approved", "rejected"]


def test_while_everything_is_stopped_every_page_says_so(inn: Inn) -> None:
    inn.asks()
    admin = inn.running.client()
    assert admin.post("/v1/stop", json={"why": "<b>Fire</b> drill"}).status_code < 300
    alice = inn.visitor("alice", size=NARROW)
    for path in ("/", "/decided", "/settings"):
        alice.opens(path)
        expect(alice.page.get_by_role("alert")).to_contain_text("<b>Fire</b> drill")
        alice.fits()
    alice.is_for_everybody()


def test_a_page_comes_from_nowhere_else_and_lets_nothing_in(inn: Inn) -> None:
    """No third party, no inline script, no frame around it; what is cached holds nothing of what waits."""
    inn.asks()
    alice = inn.stranger("alice")
    asked: list[str] = []
    alice.page.on("request", lambda request: asked.append(request.url))
    alice.opens(inn.link("alice"))
    alice.presses("Sign in")
    alice.page.wait_for_url(f"{inn.running.url}/")
    alice.ready()
    assert asked
    assert all(url.startswith(inn.running.url) for url in asked)
    with anonymous(inn.running.url) as reader:
        policy = reader.get("/enter").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert alice.page.locator("script:not([src]), [style], [onclick], style").count() == 0
