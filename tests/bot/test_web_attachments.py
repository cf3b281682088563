"""Attachments in the web inbox: who is served what, and how the page lays them out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from bot.adapters.web.pages.attachments import Shown, parted
from bot.adapters.web.render import templates
from bot.attachments import HEADERS
from core.model import Actor, ActorKind
from tests.bot.asking import submitted
from tests.bot.running import Running, anonymous
from tests.bot.test_attachments import kept, picture

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1)'
PICTURE = Shown("picture", "NVDA, five days", "/attachments/att_1", 640, 400)


@pytest.fixture(scope="module")
def browser(desk: Running) -> Iterator[httpx.Client]:
    """Alice, signed in."""
    offering = desk.services.passes.offer_login("alice")
    code = asyncio.run_coroutine_threadsafe(offering, desk.loop).result(30).secret
    with anonymous(desk.url) as client:
        assert client.post("/enter", data={"code": code}).status_code == 303
        yield client


def test_a_picture_is_served_to_who_is_signed_in(browser: httpx.Client, program: httpx.Client) -> None:
    name = kept(program, picture(colour="olive"))
    submitted(program, attachments=[name])
    answer = browser.get(f"/attachments/{name}")
    assert answer.status_code == 200
    assert Image.open(io.BytesIO(answer.content)).size == (64, 48)
    assert answer.headers["content-type"] == "image/png"
    assert {key: answer.headers[key] for key in HEADERS} == HEADERS


def test_a_page_is_served_as_words(browser: httpx.Client, program: httpx.Client) -> None:
    name = kept(program, b"<script>alert(1)</script>", "text/html")
    submitted(program, attachments=[name])
    answer = browser.get(f"/attachments/{name}")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_is_not_signed_in_sees_nothing(desk: Running, program: httpx.Client) -> None:
    name = kept(program, picture(colour="olive"))
    submitted(program, attachments=[name])
    with anonymous(desk.url) as nobody:
        answer = nobody.get(f"/attachments/{name}")
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/enter")


def test_what_waits_is_seen_by_who_uploaded_it_alone(
    desk: Running, browser: httpx.Client, program: httpx.Client
) -> None:
    assert browser.get(f"/attachments/{kept(program, picture(colour='orchid'))}").status_code == 404
    alice = Actor(ActorKind.PERSON, "alice", "web")
    keeping = desk.services.keep(alice, picture(colour="orchid"), "image/png")
    mine = asyncio.run_coroutine_threadsafe(keeping, desk.loop).result(30)
    assert browser.get(f"/attachments/{mine.id}").status_code == 200  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "path", ["x", "..", "../static/placet.css", "%2e%2e%2fplacet.db", "att_", "att_" + "0" * 64, "%00", "att_%F0%9F"]
)
def test_a_path_that_names_nothing_is_a_page_that_says_so(browser: httpx.Client, path: str) -> None:
    answer = browser.get(f"/attachments/{path}")
    # A client takes `..` out of an address by itself.
    assert answer.status_code == 404 or answer.request.url.path in ("/", "/static/placet.css")


def laid_out(*shown: Shown) -> str:
    return templates().get_template("_attachments.html").render(request_attachments=shown)


def test_a_picture_has_its_size_its_words_and_time() -> None:
    page = laid_out(PICTURE)
    for part in ('alt="NVDA, five days"', 'width="640"', 'height="400"', 'loading="lazy"', 'src="/attachments/att_1"'):
        assert part in page


def test_a_long_text_is_begun_and_the_rest_is_behind_a_word() -> None:
    page = laid_out(Shown("text", "Why", "/attachments/att_2", head="first", rest="second"))
    assert page.index("first") < page.index("<details>") < page.index("second")
    assert "<details>" not in laid_out(Shown("text", "Why", "/attachments/att_2", head="all of it"))


def test_what_others_wrote_is_text_there() -> None:
    page = laid_out(
        Shown("picture", HOSTILE, "/attachments/att_1", 1, 1),
        Shown("text", HOSTILE, "/attachments/att_2", head=HOSTILE, rest=HOSTILE),
    )
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "style=" not in page


def test_nothing_attached_is_nothing_on_the_page() -> None:
    assert laid_out().strip() == ""
    assert templates().get_template("_attachments.html").render().strip() == ""


@pytest.mark.parametrize(
    "text",
    ["short", "a\n" * 10, "a line\n" * 500, "word " * 5_000, "x" * 50_000, "x" * 5_000 + "\n" + "y" * 9_000, "\n" * 40],
)
def test_a_parted_text_is_whole_and_its_beginning_short(text: str) -> None:
    head, rest = parted(text)
    assert (head + rest).replace("\n", "") == text.replace("\n", "")
    assert len(head) <= 1_800
    assert head.count("\n") <= 15
    if not rest:
        assert head == text or not text.strip()
