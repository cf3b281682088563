"""The inbox, a request's page and what their forms do, over HTTP: as a browser without scripts sees it, and as ours."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.adapters.web.doors import Doors
from tests.bot.asking import looked_at, submitted, voted
from tests.bot.running import Running, anonymous, placet, settings_in

DESK = Path(__file__).parents[1] / "browser" / "desk.yaml"
FRAGMENT = {"X-Placet-Fragment": "1"}


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Running]:
    with placet(settings_in(tmp_path, database_url, house=DESK.read_text(encoding="utf-8"))) as running:
        yield running


@dataclass
class Button:
    label: str
    token: str
    form: dict[str, str]
    action: str


class _Reader(HTMLParser):
    """The forms of a page with their buttons, as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: dict[str, tuple[str, dict[str, str]]] = {}
        self.buttons: list[tuple[str, dict[str, str]]] = []
        self._form = ""
        self._button: dict[str, str] | None = None
        self._text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = given.get("id", f"form-{len(self.forms)}")
            self.forms[self._form] = (given.get("action", ""), {})
        elif tag == "input" and self._form and given.get("type") == "hidden":
            self.forms[self._form][1][given["name"]] = given["value"]
        elif tag == "button":
            self._button, self._text = {"form": self._form, **given}, ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        elif tag == "button" and self._button is not None:
            self.buttons.append((self._text.strip(), self._button))
            self._button = None


@dataclass
class Reading:
    """A page as somebody reads it, and the buttons they may press."""

    response: httpx.Response

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    @property
    def buttons(self) -> list[Button]:
        read = _Reader(self.html)
        return [
            Button(label, given.get("value", ""), dict(read.forms[given["form"]][1]), read.forms[given["form"]][0])
            for label, given in read.buttons
            if given.get("form") in read.forms
        ]

    def rows(self) -> list[str]:
        return [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split())
            for one in re.findall(r"<article.*?</article>", self.html, re.DOTALL)
        ]


@dataclass
class Guest:
    """Somebody at a browser without scripts."""

    client: httpx.Client

    def reads(self, path: str = "/", **headers: str) -> Reading:
        return Reading(self.client.get(path, headers=headers))

    def presses(self, on: Reading, label: str, about: str = "", **filled: Any) -> Reading:
        """Press the button of this label, of the request `about` if there are several."""
        name = about.removeprefix("req_")
        (button, *_) = [b for b in on.buttons if b.label == label and name in b.token]
        return self.sends(button, **filled)

    def sends(self, button: Button, headers: dict[str, str] | None = None, **filled: Any) -> Reading:
        body = {**button.form, **filled}
        if button.token:
            body["choice" if button.action == "/batch" else "token"] = button.token
        return Reading(self.client.post(button.action, data=body, headers=headers or {}))


def guest(desk: Running, person: str) -> Guest:
    """Signed in through the door, as everybody."""
    offered = Doors(desk.services).offer_login(person)
    secret = asyncio.run_coroutine_threadsafe(offered, desk.loop).result(30)
    client = desk._open.enter_context(anonymous(desk.url))  # noqa: SLF001 - closed with the rest of it
    entered = client.post("/enter", data={"code": secret, "next": "/"})
    assert entered.status_code == 303, entered.text
    return Guest(client)


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
    titles = [row for row in guest(desk, "alice").reads().rows()]
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
    assert [reason["code"] for reason in vote["reasons"]][0] == "risk"


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


# The page of a request


def test_a_requests_page_shows_it_whole_and_tells_its_story(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program, summary="Because it is " + "very " * 200 + "cheap", context={"vix": 20, "note": "hm"})
    alice.presses(alice.reads(), "Reject", request["id"])
    page = alice.reads(f"/requests/{request['id']}")
    assert "very cheap" in page.text
    for said in ("vix", "momentum asked, which is routine", "alice rejected", "over the web", "Rejected by alice"):
        assert said in page.text, said
    assert looked_at(program, request)["hash"] in page.html
    assert "Approve" not in [button.label for button in page.buttons]
    assert [b.label for b in page.buttons if b.label == "Too risky"], "the reason can still be given"


def test_changes_are_asked_for_under_more_and_who_asked_may_withdraw(
    desk: Running, alice: Guest, program: httpx.Client
) -> None:
    request = submitted(program)
    page = alice.reads(f"/requests/{request['id']}")
    words = alice.presses(page, "Ask for changes")
    alice.presses(words, "Send", **{"f.words": "Smaller, please"})
    assert looked_at(program, request)["status"] == "changes_requested"
    assert "Smaller, please" in alice.reads(f"/requests/{request['id']}").text
    body = {"action": "ask", "subject": "by hand", "title": "May I?", "amount": "100.00", "currency": "USD"}
    asked = desk.person("alice").post("/v1/requests", json=body)
    if asked.status_code == 201:
        own = alice.reads(f"/requests/{asked.json()['id']}")
        labels = [button.label for button in own.buttons]
        assert "Withdraw" in labels
        assert "Approve" not in labels


def test_a_suggestion_is_shown_and_adopted(desk: Running, program: httpx.Client) -> None:
    request = submitted(program, amount="9000.00")
    bob = guest(desk, "bob")
    form = bob.presses(bob.reads(), "Modify", request["id"])
    # Ten times as much takes a head.
    change = bob.presses(form, "Show the change", **{"f.quantity": "2000", "f.side": "buy"})
    bob.presses(change, "Suggest this change")
    erin = guest(desk, "frank")
    page = erin.reads(f"/requests/{request['id']}")
    assert "bob suggests" in page.text
    assert re.search(r"quantity\s+100\s+→\s+2000", page.text)


@pytest.mark.parametrize(
    "path", ["/requests/req_" + "0" * 26, "/requests/nonsense", "/requests/..%2f..%2fetc", "/r/zzzzzz", "/r/%00"]
)
def test_what_is_not_there_is_told_in_words(alice: Guest, path: str) -> None:
    page = alice.reads(path)
    assert page.response.status_code == 404
    assert "No such request" in page.text or page.response.json()


def test_the_end_of_an_id_leads_to_it(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program)
    found = alice.client.get(f"/r/{request['id'][-6:]}")
    assert found.status_code == 303
    assert found.headers["location"] == f"/requests/{request['id']}"


# Markup, scripts, odd letters


HOSTILE = "<script>alert(1)</script> \"><img src=x onerror=alert(1)> javascript:alert(1) {{ 7 * 7 }} ' &amp;"


def test_whatever_programs_send_is_text(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program, title=HOSTILE[:100], subject=HOSTILE[:60], parameters={"x": HOSTILE, "<b>": "y" * 900})
    for page in (alice.reads(), alice.reads(f"/requests/{request['id']}")):
        assert page.response.status_code == 200
        for markup in ("<script>alert", "<img", "<b>", 'href="javascript:', "49 "):
            assert markup not in page.html.replace("{{ 7 * 7 }}", ""), markup
        assert "style=" not in page.html
        assert "<script>" not in page.html


# Live


def events(desk: Running, who: Guest, wanted: int, after: str = "") -> list[dict[str, str]]:
    """So many messages of the stream."""
    found: list[dict[str, str]] = []
    with who.client.stream("GET", "/live", params={"after": after} if after else {}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        one: dict[str, str] = {}
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name:
                one[name] = value
            elif one:
                if "event" not in one:
                    found.append(one)
                one = {}
            if len(found) == wanted:
                return found
    return found


def test_the_stream_tells_which_request_and_what_kind_of_fact_and_no_more(
    desk: Running, alice: Guest, program: httpx.Client
) -> None:
    position = desk.position()
    request = submitted(program, title="Secret title")
    voted(desk.person("bob"), request, "approve")
    told = events(desk, alice, 3, str(position))
    assert [one["data"] for one in told] == [f"{request['id']} {kind}" for kind in ("Opened", "Voted", "Decided")]
    assert "Secret" not in str(told)
    behind = events(desk, alice, 1, told[1]["id"])
    assert behind[0]["data"].endswith("Decided")


def test_the_stream_ends_with_the_session(desk: Running, alice: Guest, program: httpx.Client) -> None:
    ended = threading.Event()
    begun = threading.Event()

    def listen() -> None:
        with alice.client.stream("GET", "/live") as stream:
            for _ in stream.iter_lines():
                begun.set()
        ended.set()

    thread = threading.Thread(target=listen)
    thread.start()
    assert begun.wait(10)
    leaving = [b for b in alice.reads("/settings").buttons if b.action == "/leave"]
    assert leaving, "there is a way to sign out"
    alice.sends(leaving[0])
    for number in range(200):
        if ended.wait(0.1):
            break
        if number % 10 == 0:
            submitted(program, title=f"Something, {number}")
    thread.join(10)
    assert ended.is_set()


def test_strangers_get_neither_rows_nor_the_stream(desk: Running, program: httpx.Client) -> None:
    request = submitted(program)
    stranger = anonymous(desk.url)
    with stranger:
        for path in ("/", "/live", f"/rows/{request['id']}", f"/requests/{request['id']}", "/r/abcdef"):
            assert stranger.get(path).status_code == 303, path
            assert stranger.get(path, headers=FRAGMENT).status_code == 401, path
        for path in ("/tap", "/batch"):
            assert stranger.post(path, data={"token": "x"}).status_code == 401, path
