"""The inbox and what its forms do, over HTTP: as a browser without scripts sees it, and as our script does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.bot.asking import looked_at, submitted, voted
from tests.bot.guest import FRAGMENT, Guest, guest
from tests.bot.running import Running, placet, settings_in

DESK = Path(__file__).parents[1] / "browser" / "desk.yaml"


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Running]:
    with placet(settings_in(tmp_path, database_url, house=DESK.read_text(encoding="utf-8"))) as running:
        yield running


@pytest.fixture
def alice(desk: Running) -> Guest:
    return guest(desk, "alice")


@pytest.fixture
def program(desk: Running) -> httpx.Client:
    return desk.program("momentum")


# The lists


def test_the_highest_tier_and_the_nearest_deadline_come_first(desk: Running, program: httpx.Client) -> None:
    submitted(program, title="Later", valid_for="PT3H")
    submitted(program, title="Sooner", valid_for="PT1H")
    submitted(program, title="Bigger", amount="20000.00")
    titles = guest(desk, "alice").reads().rows()
    assert [next(t for t in ("Later", "Sooner", "Bigger") if t in row) for row in titles] == [
        "Bigger",
        "Sooner",
        "Later",
    ]


def test_a_row_says_enough_to_decide(alice: Guest, program: httpx.Client) -> None:
    submitted(program, similar={"count": 42, "good": 31})
    (row,) = alice.reads().rows()
    for said in (
        "○ routine",
        "Buy 100 NVDA",
        "quantity 100",
        "limit 42.5",
        "4250.00 USD",
        "80 %",
        "momentum asks",
        "any trader decides",
        "31 of 42",
        "UTC",
        "Approve",
        "Reject",
        "Modify",
    ):
        assert said in row, (said, row)


def test_what_waits_for_others_stands_below_and_offers_no_buttons(desk: Running, program: httpx.Client) -> None:
    submitted(program, title="For the traders")
    submitted(program, title="For the heads", amount="200000.00")
    page = guest(desk, "alice").reads()
    mine, other = page.rows()
    assert "For the traders" in mine
    assert "For the heads" in other
    assert "Approve" not in other
    assert "For others 1" in page.text
    assert [b.label for b in page.buttons if b.action == "/tap"] == ["Approve", "Reject", "Modify"]
    empty = guest(desk, "carol").reads()
    assert "Nothing waits for you." in empty.text
    assert len(empty.rows()) == 2


def test_who_has_voted_sees_it_among_what_waits_for_others(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program, title="Two of us", amount="20000.00")
    alice.presses(alice.reads(), "Approve", request["id"])
    page = alice.reads()
    assert "Nothing waits for you." in page.text
    (row,) = page.rows()
    assert "You said approve." in row


def test_figures_filters_and_search_narrow_what_is_shown(alice: Guest, program: httpx.Client) -> None:
    submitted(program, title="Buy NVDA")
    submitted(program, title="Buy AMD", subject="AMD")
    submitted(program, title="Buy a lot", amount="20000.00")
    page = alice.reads()
    for figure in ("For you 3", "elevated 1", "routine 2"):
        assert figure in page.text
    assert len(alice.reads("/?tier=2").rows()) == 1
    (found,) = alice.reads("/?q=amd").rows()
    assert "Buy AMD" in found
    assert "Nothing here." in alice.reads("/?q=zzz").text
    for odd in ("/?tier=x", "/?tier=99999", "/?cursor=nonsense", "/?q=%00%ff", "/?show=nothing"):
        assert alice.reads(odd).response.status_code in (200, 303), odd


def test_more_than_a_page_is_paged_and_nothing_is_lost_or_twice(alice: Guest, program: httpx.Client) -> None:
    wanted = {submitted(program, title=f"Number {number:03}")["id"] for number in range(60)}
    seen: list[str] = []
    path: str | None = "/"
    while path:
        page = alice.reads(path)
        seen += re.findall(r'data-request="(req_\w+)"', page.html)
        following = re.search(r'href="([^"]+)" rel="next"', page.html)
        path = unescape(following[1]) if following else None
    assert len(seen) == len(wanted)
    assert set(seen) == wanted
    assert "For you 60" in alice.reads().text


def test_a_single_row_is_shown_fresh_and_strange_ids_are_left_out(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program)
    page = alice.reads(f"/rows/{request['id']},req_{'0' * 26},nonsense,%00", **FRAGMENT)
    assert page.response.status_code == 200
    assert len(page.rows()) == 1
    assert 'data-list="mine"' in page.html
    assert "<html" not in page.html
    assert alice.reads("/rows/-", **FRAGMENT).rows() == []


# Taps


def test_approve_is_one_tap_and_the_answer_leads_back(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program)
    answer = alice.presses(alice.reads(), "Approve", request["id"])
    assert answer.response.status_code == 200
    assert "Approved: Buy 100 NVDA" in answer.text
    assert "Back to the inbox" in answer.text
    stands = looked_at(program, request)
    assert stands["status"] == "approved"
    assert stands["votes"][0]["via"] == "web"


def test_two_rows_of_one_page_are_two_taps_and_the_same_twice_is_one(alice: Guest, program: httpx.Client) -> None:
    first, second = submitted(program, title="One"), submitted(program, title="Two")
    page = alice.reads()
    alice.presses(page, "Approve", first["id"])
    again = alice.presses(page, "Approve", first["id"])
    assert again.response.status_code == 200
    assert "Approved: One" in again.text
    alice.presses(page, "Approve", second["id"])
    assert [looked_at(program, one)["status"] for one in (first, second)] == ["approved", "approved"]
    assert len(looked_at(program, first)["votes"]) == 1


def test_reject_asks_why_and_then_whether_the_algorithm_would_agree(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program)
    why = alice.presses(alice.reads(), "Reject", request["id"])
    agree = alice.presses(why, "Too risky")
    assert "Would the algorithm agree" in agree.text
    thanks = alice.presses(agree, "Yes: it lacked data")
    assert "Noted, thank you." in thanks.text
    (vote,) = looked_at(program, request)["votes"]
    assert vote["reasons"][0]["code"] == "risk"


def test_a_form_that_does_not_do_comes_back_with_what_was_typed(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program)
    form = alice.presses(alice.reads(), "Modify", request["id"])
    assert form.response.status_code == 200
    wrong = alice.presses(form, "Show the change", **{"f.quantity": "1000000", "f.side": "sell"})
    assert wrong.response.status_code == 422
    assert "must be at most 100000" in wrong.text
    assert 'value="1000000"' in wrong.html
    assert re.search(r'aria-invalid="true"', wrong.html)
    right = alice.presses(wrong, "Show the change", **{"f.quantity": "50", "f.side": "buy"})
    assert "quantity: 100 → 50" in right.text
    assert looked_at(program, request)["status"] == "pending"
    done = alice.presses(right, "Confirm this change")
    assert "Modified: Buy 100 NVDA" in done.text
    assert looked_at(program, request)["status"] == "modified"


def test_what_comes_too_late_is_a_page_with_a_409(desk: Running, alice: Guest, program: httpx.Client) -> None:
    request = submitted(program)
    page = alice.reads()
    voted(desk.person("bob"), request, "reject")
    late = alice.presses(page, "Approve", request["id"])
    assert late.response.status_code == 409
    assert "Rejected by bob" in late.text
    assert "Back to the inbox" in late.text


def test_our_script_gets_the_piece_and_a_browser_the_page(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program)
    (button, *_) = [b for b in alice.reads().buttons if b.label == "Approve"]
    piece = alice.sends(button, headers=FRAGMENT)
    assert "data-answer" in piece.html
    assert "<html" not in piece.html
    assert looked_at(program, request)["status"] == "approved"


def test_the_way_back_never_leads_elsewhere(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program)
    answer = alice.presses(alice.reads(), "Approve", request["id"], back="//evil.example/x")
    assert "evil" not in answer.html


def test_several_are_chosen_named_and_each_recorded(alice: Guest, program: httpx.Client) -> None:
    asked = [submitted(program, title=f"Buy {number}") for number in (1, 2, 3)]
    big = submitted(program, title="Buy a lot", amount="20000.00")
    page = alice.reads()
    assert page.html.count('type="checkbox"') == 3
    (button, *_) = [b for b in page.buttons if b.label == "Approve chosen"]
    sure = alice.sends(button, requests=[asked[0]["id"], asked[2]["id"], big["id"], "req_nonsense", asked[0]["id"]])
    assert "Approve these 2?" in sure.text
    assert "Buy 1" in sure.text
    assert "Buy 3" in sure.text
    assert looked_at(program, asked[0])["status"] == "pending"
    done = alice.presses(sure, "Yes, approve 2")
    assert "2 approved" in done.text
    assert [looked_at(program, one)["status"] for one in (*asked, big)] == [
        "approved",
        "pending",
        "approved",
        "pending",
    ]
    assert "Nothing is chosen" in alice.sends(button, tap="another").text
