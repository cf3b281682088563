"""A request's page, whatever programs write into it, and the stream of what changes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from bot.adapters.web.pages import live
from tests.bot.asking import looked_at, submitted, voted
from tests.bot.guest import FRAGMENT, Guest, guest
from tests.bot.running import Running, anonymous, eventually, placet, settings_in

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
    request = submitted(
        program, title=HOSTILE[:100], subject=HOSTILE[:60], parameters={"x": HOSTILE, "y": "y" * 900}, editable=None
    )
    for page in (alice.reads(), alice.reads(f"/requests/{request['id']}")):
        assert page.response.status_code == 200
        for markup in ("<script>alert", "<img", "<b>", 'href="javascript:', "49 "):
            assert markup not in page.html.replace("{{ 7 * 7 }}", ""), markup
        assert "style=" not in page.html
        assert "<script>" not in page.html


# Live


def test_the_stream_refuses_who_is_not_signed_in_instead_of_leading_to_a_page(desk: Running) -> None:
    with httpx.Client(base_url=desk.url) as stranger:
        answer = stranger.get("/live", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401


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


def test_nobody_listens_with_more_pages_than_are_worth_it(
    alice: Guest, desk: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_OF_ONE", 2)
    with ExitStack() as stack:
        lines = [stack.enter_context(alice.client.stream("GET", "/live")).iter_lines() for _ in range(2)]
        assert [next(one) for one in lines] == ["retry: 1000"] * 2
        refused = alice.client.get("/live")
        assert refused.status_code == 429
        assert "close some" in refused.text
        with guest(desk, "bob").client.stream("GET", "/live") as other:
            assert other.status_code == 200
    eventually(lambda: _is_heard(alice))


def _is_heard(who: Guest) -> bool:
    with who.client.stream("GET", "/live") as stream:
        return stream.status_code == 200


@pytest.mark.parametrize("charset", ["undefined", "punycode", "unicode_escape", "utf-16"])
def test_a_form_in_any_character_set_but_ours_is_refused_in_words(alice: Guest, charset: str) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    body = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\na\r\n--x--\r\n'
    for path in ("/tap", "/batch", "/enter"):
        answer = alice.client.post(path, content=body, headers=headers)
        assert answer.status_code == 400, path
        assert "UTF-8" in answer.text


def test_a_tap_with_odd_signs_in_its_name_is_a_tap_like_any_other(alice: Guest, program: httpx.Client) -> None:
    request = submitted(program)
    answer = alice.presses(alice.reads(), "Approve", request["id"], tap="a\0b \u202e")
    assert answer.response.status_code == 200
    assert looked_at(program, request)["status"] == "approved"


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
