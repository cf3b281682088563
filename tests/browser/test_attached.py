"""Pictures and long texts on the page of a request: seen, told to who cannot see, and never run."""

from __future__ import annotations

import io
import re
from typing import Any

from PIL import Image
from playwright.sync_api import expect

from tests.browser.hostile import SCRIPTS
from tests.browser.house import Inn
from tests.browser.visitor import NARROW, PHONE


def chart(width: int = 1_600, height: int = 900) -> bytes:
    """A wide picture."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, "PNG")
    return file.getvalue()


def uploaded(inn: Inn, content: bytes) -> str:
    answer = inn.program.post("/v1/attachments", content=content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_pictures_and_a_long_text_are_on_the_page_and_stay_within_it(inn: Inn) -> None:
    text = "\n".join(f"{number}. {SCRIPTS[number % len(SCRIPTS)]} {'W' * 300}" for number in range(120))
    attached: list[Any] = [
        {"id": uploaded(inn, chart()), "title": '"><img src=x onerror=window.owned=1>'},
        {"id": uploaded(inn, chart(200, 2_000)), "title": "Volume"},
        {"text": text, "title": "The whole analysis"},
    ]
    request = inn.asks(attachments=attached)
    alice = inn.visitor("alice", size=NARROW)
    page = alice.opens(f"/requests/{request['id']}")
    for picture in page.get_by_role("main").get_by_role("img").filter(visible=True).all():
        picture.scroll_into_view_if_needed()
    volume = page.get_by_role("img", name="Volume")
    expect(volume).to_be_visible()
    alice.waits_until(lambda: volume.evaluate("one => one.complete && one.naturalWidth > 0"))
    expect(page.get_by_role("img", name=re.compile("onerror"))).to_be_visible()
    alice.sees("0. <script>window.owned = 1</script>")
    page.get_by_text("The rest of it").click()
    alice.fits()
    alice.is_for_everybody()
    assert page.evaluate("window.owned") is None
    alice.opens("/")
    expect(alice.row("Buy 100 NVDA")).to_contain_text(re.compile("2 pictures", re.IGNORECASE))


def test_an_attachment_by_itself_is_what_it_is_and_runs_nothing(inn: Inn) -> None:
    request = inn.asks(attachments=[{"text": "<!doctype html><script>window.owned = 1</script>", "title": "A page"}])
    alice = inn.visitor("alice", size=PHONE)
    page = alice.opens(f"/requests/{request['id']}")
    path = page.get_by_role("link", name="Open the text by itself").get_attribute("href")
    answer = page.goto(inn.running.url + str(path))
    assert answer is not None
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert page.evaluate("window.owned") is None
    stranger = inn.stranger()
    stranger.opens(str(path))
    expect(stranger.page).to_have_url(re.compile("/enter"))
