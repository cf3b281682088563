"""What changes while one looks: new ones wait to be let in, what was decided elsewhere says so, a cut line is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.bot.asking import voted
from tests.bot.running import Doc
from tests.browser.house import Inn
from tests.browser.visitor import PHONE, words

NVDA = "Buy 100 NVDA"


def test_new_ones_arrive_and_nothing_moves_under_the_finger(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice", size=PHONE)
    approve = alice.button("Approve", alice.row(NVDA))
    approve.focus()
    before = approve.bounding_box()
    inn.asks("Sell 5 AMD", amount="6000.00")
    critical = inn.asks("Buy 1 TSLA")
    pill = alice.button("2 new")
    expect(pill).to_be_visible()
    assert approve.bounding_box() == before
    expect(alice.row("Sell 5 AMD")).to_have_count(0)
    pill.click()
    expect(alice.row("Sell 5 AMD")).to_be_visible()
    alice.presses("Approve", alice.row("Buy 1 TSLA"))
    alice.sees("Approved: Buy 1 TSLA")
    assert inn.stands(critical)["status"] == "approved"


def test_an_empty_inbox_says_so_and_fills_itself(inn: Inn) -> None:
    alice = inn.visitor("alice")
    alice.sees("Nothing waits for you")
    alice.is_for_everybody()
    inn.asks()
    expect(alice.row(NVDA).or_(alice.button("1 new")).first).to_be_visible()


def test_what_somebody_else_decides_is_seen_without_a_tap(inn: Inn) -> None:
    request = inn.asks()
    alice, bob = inn.visitor("alice"), inn.visitor("bob")
    alice.presses("Approve", alice.row(NVDA))
    expect(bob.row(NVDA)).to_contain_text("Approved by alice")
    expect(bob.button("Approve", bob.row(NVDA))).to_have_count(0)
    assert inn.stands(request)["status"] == "approved"


def test_a_lost_connection_is_told_nothing_is_lost_and_it_recovers(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice")
    alice.sees(NVDA)
    expect(alice.page.locator("#connection")).not_to_be_visible()
    with alice.offline():
        expect(alice.page.locator("#connection")).to_be_visible(timeout=20_000)
        expect(alice.page.locator("#connection")).to_contain_text("Connection lost")
        alice.is_for_everybody()
        alice.presses("Approve", alice.row(NVDA))
        expect(alice.row(NVDA).get_by_role("alert").or_(alice.page.get_by_role("alert")).first).to_be_visible()
        assert inn.stands(request)["status"] == "pending"
        other = inn.asks("Sell 5 AMD")
        voted(inn.running.person("bob"), request, "reject")
    expect(alice.page.locator("#connection")).not_to_be_visible(timeout=20_000)
    expect(alice.row(NVDA)).to_contain_text("Rejected by bob", timeout=20_000)
    expect(alice.button("1 new").or_(alice.row("Sell 5 AMD")).first).to_be_visible(timeout=20_000)
    assert inn.stands(other)["status"] == "pending"


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns"])
def test_moments_are_told_in_the_zone_of_the_reader(inn: Inn, zone: str) -> None:
    request = inn.asks(valid_for="PT3H")
    alice = inn.visitor("alice", zone=zone)
    alice.opens(f"/requests/{request['id']}")
    times = alice.page.locator("main time[datetime]")
    expect(times.first).to_be_attached()
    shown = [(one.get_attribute("datetime"), one.inner_text(), one.get_attribute("title")) for one in times.all()]
    for moment, text, title in shown:
        assert moment is not None
        there = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
        said = f"{text} {title}"
        assert f"{there:%H:%M}" in said, (moment, said)


def test_without_scripts_moments_are_told_in_utc(inn: Inn) -> None:
    request = inn.asks()
    alice = inn.visitor("alice", scripts=False)
    alice.opens(f"/requests/{request['id']}")
    assert "UTC" in alice.page.locator("main").inner_text()


def test_the_time_left_counts_down(inn: Inn) -> None:
    request: Doc = inn.asks(valid_for="PT3H")
    assert request["status"] == "pending"
    alice = inn.stranger("alice")
    alice.page.clock.install(time=datetime.now(ZoneInfo("UTC")))
    alice.opens(inn.link("alice"))
    alice.presses("Sign in")
    left = alice.row(NVDA).locator("time").first
    expect(left).to_have_text(words("2 h 59"))
    alice.page.clock.run_for(int(timedelta(hours=2, minutes=30).total_seconds() * 1_000))
    expect(left).to_have_text(words("29 min"))


def test_who_is_removed_sees_nothing_more(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice")
    alice.context.clear_cookies(name="placet_session")
    inn.asks("Sell 5 AMD")
    alice.page.reload()
    alice.misses(NVDA)
    expect(alice.button("Sign in")).to_be_visible()
