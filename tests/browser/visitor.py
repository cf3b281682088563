"""Somebody at a browser: what they see and do, and whatever the page did wrong meanwhile."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Response,
    ViewportSize,
    expect,
)

DESKTOP: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 640}
ZOOMED: ViewportSize = {"width": 640, "height": 430}
"""What a window of 1,280 pixels has at 200 %."""
PATIENCE = 8_000
"""Milliseconds until something that should be seen counts as missing, on a busy machine."""
_READY = """() => {
    const page = document.body.dataset.page, ready = 'ready' in document.documentElement.dataset;
    return document.readyState === 'complete' && (ready || !['inbox', 'request', 'answer'].includes(page));
}"""
_NOT_LOADED = "Failed to load resource"
_EXPECTED = (400, 401, 403, 404, 409, 422, 429)
"""A refusal is an answer; the browser writes it to the console as if it were a fault."""


@dataclass
class Visitor:
    """A person in a browser of their own. `faults`: errors of scripts, of the content policy, of the server."""

    person: str
    url: str
    context: BrowserContext
    faults: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    """What a test brings about on purpose: parts of faults."""
    scripts: bool = True
    _page: Page | None = None

    @property
    def page(self) -> Page:
        """The tab at hand; a first one is opened when it is asked for."""
        if self._page is None:
            self._page = self.tab()
        return self._page

    def tab(self) -> Page:
        """A further tab of the same browser."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._wrong(f"script: {error}"))
        page.on("response", self._answered)
        return page

    # Going about

    def opens(self, path: str) -> Page:
        """Go to a page of Placet, and wait until keys and buttons do what our script makes of them."""
        self.page.goto(self.url + path, wait_until="load")
        self.ready()
        return self.page

    def ready(self) -> None:
        """The page has come, with its script."""
        if self.scripts:
            self.page.wait_for_function(_READY)

    def row(self, title: str) -> Locator:
        """The row or card with this title."""
        return self.page.get_by_role("article").filter(has_text=title)

    def presses(self, name: str, within: Locator | None = None) -> None:
        """Press the one button of this name."""
        self.button(name, within).click()

    def button(self, name: str, within: Locator | None = None) -> Locator:
        """The button whose name begins so."""
        return (within or self.page).get_by_role("button", name=re.compile(f"^{re.escape(name)}"))

    def field(self, name: str, within: Locator | None = None) -> Locator:
        """The field that is written into, whose label begins so."""
        return (within or self.page.locator("main")).get_by_role("textbox", name=re.compile(f"^{re.escape(name)}"))

    def sees(self, text: str, within: Locator | None = None) -> None:
        """The words come into sight."""
        expect((within or self.page.locator("body")).get_by_text(text).first).to_be_visible(timeout=PATIENCE)

    def misses(self, text: str) -> None:
        """The words are not, or no longer, to be seen."""
        expect(self.page.get_by_text(text).filter(visible=True)).to_have_count(0, timeout=PATIENCE)

    def waits_until(self, seen: Callable[[], object]) -> None:
        """Let the browser go on until something is so that does not stand on the page."""
        end = time.monotonic() + PATIENCE / 1_000
        while not seen():
            assert time.monotonic() < end, "it did not happen in time"
            self.page.wait_for_timeout(10)

    def keys(self, *names: str) -> None:
        """Press keys, one after the other."""
        for name in names:
            self.page.keyboard.press(name)

    @contextmanager
    def offline(self) -> Iterator[None]:
        """No network, until the end of the block."""
        self.allowed += ["ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED", "net::ERR_FAILED"]
        # A script that was about to be fetched is not there then, either.
        self.allowed.append("Failed to fetch dynamically imported module")
        self.context.set_offline(True)
        try:
            yield
        finally:
            self.context.set_offline(False)

    # Judging the page

    def fits(self) -> None:
        """Nothing stands out at the side, so that nobody has to scroll there."""
        width, wide = self.page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollWidth]")
        assert wide <= width, f"{self.page.url} is {wide} wide in {width}: {self._outstanding()}"

    def is_for_everybody(self) -> None:
        """Axe finds nothing."""
        found = self.violations()
        assert not found, "\n".join(found)

    def violations(self) -> list[str]:
        """What axe finds on the page as it stands."""
        with self._for_axe() as page:
            found = Axe().run(page).response["violations"]
        return [
            f"{self.page.url}: {one['id']} ({one['impact']}): {one['help']}\n  "
            + "\n  ".join(node["html"] for node in one["nodes"][:4])
            for one in found
        ]

    def assert_faultless(self) -> None:
        """The browser had nothing to complain of, but for what the test allowed."""
        kept = [fault for fault in self.faults if not any(part in fault for part in self.allowed)]
        assert not kept, f"{self.person}'s browser: " + "\n".join(kept)

    @contextmanager
    def _for_axe(self) -> Iterator[Page]:
        """The page; where scripts are off a copy of it in another browser, for axe is one."""
        browser = self.context.browser
        if self.scripts or browser is None:
            yield self.page
            return
        html, size = self.page.content(), self.page.viewport_size
        with browser.new_context(viewport=size) as context:
            page = context.new_page()
            page.route(self.page.url, lambda route: route.fulfill(body=html, content_type="text/html"))
            page.route("**/*.js*", lambda route: route.abort())
            page.goto(self.page.url)
            yield page

    def _outstanding(self) -> list[str]:
        """The first elements that stand out, for the message."""
        script = """() => [...document.querySelectorAll('body *')]
            .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
            .slice(0, 6).map(e => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`)"""
        return list(self.page.evaluate(script))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (
            message.text.startswith(_NOT_LOADED) and any(f"status of {code}" in message.text for code in _EXPECTED)
        ):
            self._wrong(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 or (response.status == 404 and "/static/" in response.url):
            self._wrong(f"{response.status} from {response.url}")

    def _wrong(self, what: str) -> None:
        self.faults.append(what)


def words(text: str) -> re.Pattern[str]:
    """What contains these words."""
    return re.compile(re.escape(text))


def text_of(found: Locator) -> str:
    """What can be read there, in one line."""
    return " ".join(found.inner_text().split())
