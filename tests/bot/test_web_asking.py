"""Asking by hand on the web: from a template or in one's own words, once, and never to decide it oneself."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from tests.bot.asking import refused, vote
from tests.bot.browsing import Browser, signed_in
from tests.bot.running import HOUSE, Doc, Running, exactly, fresh, placet, settings_in

TEMPLATES = """\
templates:
  buy:
    title: Buy {quantity} {subject}
    help: Outside the <algorithm>.
    fields:
      quantity: {type: integer, minimum: 1, maximum: 1000, title: How many}
      price: {type: number, minimum: 0}
      order: {type: string, enum: [limit, market], default: limit}
    amount: quantity * price
    editable: [quantity]
    valid_for: PT1H
"""
_TAG = re.compile(r"<[^>]+>")
FILLED = {"f.quantity": "20", "f.subject": "NVDA", "f.price": "61.50", "f.order": "limit"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with placet(settings_in(tmp_path_factory.mktemp("asking"), house=HOUSE + TEMPLATES)) as running:
        yield running


@pytest.fixture
def carol(house: Running) -> Browser:
    return signed_in(house, "carol")


def read(page: httpx.Response) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", page.text)).split())


def tap_of(page: httpx.Response) -> str:
    found = re.search(r'name="tap" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def asks(browser: Browser, form: dict[str, str], template: str = "buy", **more: str) -> httpx.Response:
    """The form as the page gives it, filled in and sent."""
    path = f"/ask/{template}"
    return browser.acts(path, {"tap": tap_of(browser.opens(path)), **form, **more}, page=path)


def asked(house: Running, answer: httpx.Response) -> Doc:
    assert answer.status_code == 303, read(answer)
    request = answer.headers["location"].removeprefix("/requests/")
    return dict(exactly(house.client().get(f"/v1/requests/{request}")))


def png(colour: str = "red") -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(kept, "PNG")
    return kept.getvalue()


def test_what_can_be_asked_is_listed_and_something_else_always(carol: Browser) -> None:
    words = read(carol.opens("/ask"))
    assert "Buy … Outside the <algorithm>. Something else" in words
    assert "<algorithm>" not in carol.opens("/ask").text


def test_where_there_are_no_templates_the_form_is_there_at_once(desk: Running) -> None:
    page = signed_in(desk, "carol").opens("/ask")
    assert page.status_code == 200
    assert 'action="/ask/else"' in page.text


def test_a_filled_form_is_a_request_of_the_visitors_own(house: Running, carol: Browser) -> None:
    request = asked(house, asks(carol, FILLED))
    assert (request["proposal"]["title"], request["proposal"]["action"], request["proposal"]["subject"]) == (
        "Buy 20 NVDA",
        "buy",
        "NVDA",
    )
    assert (request["proposal"]["amount"], request["proposal"]["currency"]) == ("1230.00", "USD")
    assert request["asker"] == {"kind": "person", "id": "carol"}
    assert list(request["proposal"]["editable"]["properties"]) == ["quantity"]


def test_it_is_never_theirs_to_decide(house: Running) -> None:
    request = asked(house, asks(signed_in(house, "alice"), FILLED))
    assert refused(vote(house.person("alice"), request, "approve"))[1] == "own_request"
    assert vote(house.person("bob"), request, "approve").status_code == 200


def test_a_form_that_is_sent_twice_is_one_request(house: Running, carol: Browser) -> None:
    path = "/ask/buy"
    form = {"tap": tap_of(carol.opens(path)), **FILLED}
    first, again = (carol.acts(path, form, page=path) for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    changed = carol.acts(path, {**form, "f.quantity": "21"}, page=path)
    assert changed.status_code == 409
    assert tap_of(changed) != form["tap"]
    other = carol.acts(path, {**form, "f.quantity": "21", "tap": tap_of(changed)}, page=path)
    assert asked(house, other)["proposal"]["title"] == "Buy 21 NVDA"


def test_the_same_form_of_somebody_else_is_another_request(house: Running, carol: Browser) -> None:
    form = {"tap": fresh("tap"), **FILLED}
    dave = signed_in(house, "dave")
    places = {one.acts("/ask/buy", form, page="/ask/buy").headers["location"] for one in (carol, dave)}
    assert len(places) == 2


def test_the_ruling_is_shown_before_anybody_is_asked(house: Running, carol: Browser) -> None:
    before = house.position()
    page = asks(carol, {**FILLED, "f.quantity": "1000"}, look="yes")
    assert page.status_code == 200
    assert "Buy 1000 NVDA ◐ elevated" in read(page)
    assert "2 people (trader)" in read(page)
    assert 'value="1000"' in page.text
    assert house.position() == before


@pytest.mark.parametrize(
    ("field", "typed", "what"),
    [("quantity", "0", "must be at least 1"), ("quantity", "", "must be said"),
     ("order", "stop", "must be one of limit, market"), ("subject", " ", "must be said"),
     ("subject", "\u202e", "holds a character that cannot be seen"), ("price", "1e9", "must be a number")],
)  # fmt: skip
def test_a_mistake_stands_beside_its_field_and_everything_else_stays(
    house: Running, carol: Browser, field: str, typed: str, what: str
) -> None:
    before = house.position()
    page = asks(carol, {**FILLED, f"f.{field}": typed, "f.summary": "For the hedge\nof May"})
    assert page.status_code == 422
    assert what in read(page)
    assert re.search(rf'id="f-{field}-error">[^<]*{re.escape(what)}', page.text)
    assert ">\nFor the hedge\nof May</textarea>" in page.text
    assert house.position() == before


def test_something_else_is_asked_in_ones_own_words(house: Running, carol: Browser) -> None:
    answer = asks(carol, {"f.what": "Shall we close <early>?", "f.amount": "400", "f.summary": "It snows."}, "else")
    request = asked(house, answer)
    assert (request["proposal"]["title"], request["proposal"]["amount"], request["proposal"]["summary"]) == (
        "Shall we close <early>?",
        "400",
        "It snows.",
    )


def test_a_field_that_no_form_has_changes_nothing(house: Running, carol: Browser) -> None:
    request = asked(house, asks(carol, {**FILLED, "f.amount": "1", "f.action": "sell", "f.tier": "1"}))
    assert (request["proposal"]["action"], request["proposal"]["amount"]) == ("buy", "1230.00")
    assert set(request["proposal"]["parameters"]) == {"quantity", "price", "order"}


@pytest.mark.parametrize("name", ["nothing", "..%2f..", "buy%00", "BUY"])
def test_a_form_that_is_not_there_is_told_so(carol: Browser, name: str) -> None:
    assert carol.opens(f"/ask/{name}").status_code == 404


def test_a_form_from_elsewhere_or_of_nobody_asks_nothing(house: Running, carol: Browser) -> None:
    before = house.position()
    assert carol.sends("/ask/buy", {"tap": "x", **FILLED}).status_code == 403
    assert Browser(house).sends("/ask/buy", {"tap": "x", **FILLED}).status_code == 401
    assert house.position() == before


def test_pictures_and_a_text_go_with_it(house: Running, carol: Browser) -> None:
    path = "/ask/buy"
    form = {"tap": tap_of(carol.opens(path)), "csrf": carol.csrf(path), **FILLED}
    files = [("files", ("the_chart.png", png(), "image/png")), ("files", ("why.txt", b"Because.", "text/plain"))]
    request = asked(house, carol.http.post(path, data=form, files=files))
    titles = [(one["title"], one["media_type"]) for one in request["proposal"]["attachments"]]
    assert titles == [("the chart", "image/png"), ("why", "text/plain")]


def test_a_picture_is_kept_while_the_rest_of_the_form_is_put_right(house: Running, carol: Browser) -> None:
    path = "/ask/buy"
    form = {"csrf": carol.csrf(path), "tap": tap_of(carol.opens(path)), **FILLED}
    file = [("files", ("chart.png", png("blue"), "image/png"))]
    page = carol.http.post(path, data={**form, "f.quantity": "0"}, files=file)
    assert page.status_code == 422
    kept = re.findall(r'name="kept" value="(att_[0-9a-f]{64})" checked', page.text)
    assert len(kept) == 1
    request = asked(house, carol.sends(path, {**form, "kept": kept[0], f"title.{kept[0]}": "chart"}))
    assert [one["id"] for one in request["proposal"]["attachments"]] == kept


def test_what_is_no_picture_and_what_somebody_else_has_sent_are_refused(house: Running, carol: Browser) -> None:
    path, before = "/ask/buy", house.position()
    form = {"csrf": carol.csrf(path), "tap": tap_of(carol.opens(path)), **FILLED}
    page = carol.http.post(path, data=form, files=[("files", ("bad.png", b"\x00\xff\x00", "image/png"))])
    assert page.status_code == 422
    assert "bad: is no PNG, JPEG, WebP or GIF" in read(page)
    dave = signed_in(house, "dave")
    theirs = dave.http.post(
        path,
        data={"csrf": dave.csrf(path), "tap": "t", "f.quantity": "0"},
        files=[("files", ("a.png", png("green"), "image/png"))],
    )
    found = re.search(r'name="kept" value="(att_[0-9a-f]{64})"', theirs.text)
    assert found is not None
    answer = carol.sends(path, {**form, "kept": found[1]})
    assert answer.status_code == 409
    assert "names nothing that you have uploaded" in read(answer)
    assert house.position() == before


def test_more_pictures_than_fit_are_refused(carol: Browser) -> None:
    path = "/ask/buy"
    form = {"csrf": carol.csrf(path), "tap": tap_of(carol.opens(path)), **FILLED}
    files = [
        ("files", (f"{n}.png", png(colour), "image/png")) for n, colour in enumerate(("red", "tan", "navy", "gold"))
    ]
    page = carol.http.post(path, data=form, files=files)
    assert page.status_code == 422
    assert "has 4 pictures; at most 3 fit" in read(page)


@pytest.mark.parametrize(("count", "words"), [(6, "6 files are too many"), (25, "Too many files")])
def test_more_files_than_a_form_may_hold_are_refused_in_words(
    house: Running, carol: Browser, count: int, words: str
) -> None:
    path, before = "/ask/buy", house.position()
    form = {"csrf": carol.csrf(path), "tap": tap_of(carol.opens(path)), **FILLED}
    files = [("files", (f"{n}.txt", b"words", "text/plain")) for n in range(count)]
    page = carol.http.post(path, data=form, files=files)
    assert page.status_code in (400, 422)
    assert words in read(page)
    assert house.position() == before
