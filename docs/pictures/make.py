"""The pictures of the README, taken from the running program: `make pictures`.

Placet plays the example stream into a home of its own; somebody signs in, decides a few, and the rest is what the
pictures show. What is asked is the same each time, and so are the pictures but for the hour.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page

from bench.browser import Inbox, inbox
from bot.demo.stream import read_days
from tests.browser.chromium import chromium

HERE = Path(__file__).parent
DESKTOP, PHONE = {"width": 1180, "height": 800}, {"width": 390, "height": 844}
BEGINNING = "2012-03-08"
DECIDED, SHOWN = 3, 7
LARGEST = 200_000
"""Bytes of one picture."""
PICTURES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("inbox", {"viewport": DESKTOP, "color_scheme": "light"}),
    ("inbox-phone", {"viewport": PHONE, "color_scheme": "dark", "is_mobile": True, "has_touch": True}),
)


def proposals() -> list[dict[str, Any]]:
    """Some of the stream as it stands, from a day on which all three tiers are asked for."""
    following = [proposal for day, proposals in read_days() if day >= BEGINNING for proposal in proposals]
    return following[: DECIDED + SHOWN]


def decide(found: Inbox, requests: list[str]) -> None:
    """Approve the first few, so that there is a past."""
    for request in requests:
        vote = {"choice": "approve", "revision": 1}
        found.person.post(f"/v1/requests/{request}/votes", json=vote).raise_for_status()


def picture_of(page: Page) -> bytes:
    """The window, with no more colours than it takes."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    # What our scripts do once the page is there: the reader's times, and what only a script needs.
    page.wait_for_function("[...document.querySelectorAll('time[data-left]')].every(one => 'told' in one.dataset)")
    raw = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    small = io.BytesIO()
    raw.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def take(found: Inbox, browser: Browser) -> None:
    for name, more in PICTURES:
        with found.visitor(browser, device_scale_factor=2, reduced_motion="reduce", **more) as context:
            page = context.new_page()
            answer = page.goto("/")
            if answer is None or answer.status != 200 or page.get_by_role("article").count() < SHOWN:
                sys.exit(f"the inbox does not show the {SHOWN} that wait: look at it")
            content = picture_of(page)
        if len(content) > LARGEST:
            sys.exit(f"{name}.png has {len(content):,} bytes, and {LARGEST:,} are the most")
        (HERE / f"{name}.png").write_bytes(content)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="placet-pictures-") as folder, inbox(Path(folder)) as found:
        requests = found.ask(proposals())
        decide(found, requests[:DECIDED])
        with chromium() as browser:
            take(found, browser)


if __name__ == "__main__":
    main()
