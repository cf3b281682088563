"""The web inbox: what a page with 1,000 pending costs, how soon others see a change, and how fast a person can be."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page

from bench.browser import COOKIE, Inbox, inbox, stream
from bench.figures import Figure
from bench.http import HOST
from bench.scale import resident
from tests.browser.chromium import chromium

PENDING = 1_000
ROUNDS = 50
PAINTS = 5
CHANGES = 20
OPEN = 200
CLEARED = 100
PACE = 2.0
"""Seconds that a person looks at a request before pressing the first key."""
NEXT_KEY = 0.3
OPEN_ROW = "article.ask .actions [data-verb=approve]"
PHONE = {"width": 390, "height": 844}


def measure(folder: Path) -> list[Figure]:
    """One server for what is looked at, a fresh one for what is cleared."""
    with inbox(folder / "looked") as found:
        # First what has a loop of its own: Playwright's runs in this thread from its start to its end.
        figures = [_memory(found)]
        found.ask(stream(PENDING))
        figures.append(_server(found))
        with chromium() as browser:
            figures += [*_page(found, browser), _elsewhere(found, browser)]
    with inbox(folder / "cleared") as found, chromium() as browser:
        figures.append(_cleared(found, browser))
    return figures


def _server(found: Inbox) -> Figure:
    times = []
    with httpx.Client(base_url=found.url, cookies={COOKIE: found.session()}, trust_env=False) as client:
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            client.get("/").raise_for_status()
            times.append((time.perf_counter() - begun) * 1e3)
    worst = statistics.quantiles(times, n=20)[18]
    detail = f"{PENDING:,} pending, over HTTP; p95 {worst:.0f} ms"
    return Figure("inbox: server time, median, ms", statistics.median(times), 50, detail, least=False)


def _page(found: Inbox, browser: Browser) -> list[Figure]:
    """The first visit of a phone: 1.6 Mbit/s, 150 ms away, a quarter of this processor."""
    paints, weights = [], []
    for _ in range(PAINTS):
        with found.visitor(browser, viewport=PHONE, is_mobile=True, has_touch=True) as context:
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            line = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
            session.send("Network.emulateNetworkConditions", line)
            session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
            sizes: list[int] = []
            session.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
            page.goto("/", wait_until="load")
            page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
            paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            paints.append(float(paint))
            weights.append(sum(sizes))
    longest = f"of {PAINTS}: {min(paints):.0f} to {max(paints):.0f} ms; CPU ÷ 4, 1.6 Mbit/s, 150 ms"
    return [
        Figure("inbox: first paint on a phone, median, ms", statistics.median(paints), 1_000, longest, least=False),
        Figure("inbox: page with styles and scripts, kB", max(weights) / 1e3, 100, "as sent, all of it", least=False),
    ]


SEEN = """name => new Promise((done, failed) => {
    const found = () => document.querySelector(`article[data-request="${name}"]`);
    const row = found();
    if (!row) { failed(new Error("no such row: " + name)); return; }
    const over = () => !found()?.querySelector("[data-verb=approve]");
    const watch = new MutationObserver(() => { if (over()) { watch.disconnect(); done(Date.now()); } });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true });
})"""


def _elsewhere(found: Inbox, browser: Browser) -> Figure:
    """From the press in one browser to what another shows: both run on this machine, and so do their clocks."""
    delays = []
    with found.visitor(browser) as mine, found.visitor(browser) as theirs:
        here, there = mine.new_page(), theirs.new_page()
        here.goto("/")
        there.goto("/")
        # The stream of changes is open once the page is quiet; both lists show the same rows in the same order.
        there.wait_for_timeout(1_000)
        for row in range(CHANGES):
            article = here.locator("article").nth(row)
            name = article.get_attribute("data-request")
            there.evaluate(f"name => {{ window.seen = ({SEEN})(name) }}", name)
            press = article.locator("[data-verb=approve]")
            pressed = press.evaluate("button => { const now = Date.now(); button.click(); return now }")
            delays.append(there.evaluate("window.seen") - pressed)
            # Pages look at once at what changes, and then at most once in a while.
            there.wait_for_timeout(1_000)
    detail = f"of {CHANGES}, from the press in the one; the slowest {max(delays):.0f} ms"
    return Figure("a change seen in another browser, median, ms", statistics.median(delays), 300, detail, least=False)


def _memory(found: Inbox) -> Figure:
    """Open streams of changes, each on a connection of its own."""
    cookie = found.session()
    port = int(found.url.rpartition(":")[2])
    head = f"GET /live HTTP/1.1\r\nHost: {HOST}:{port}\r\nCookie: {COOKIE}={cookie}\r\n\r\n"

    async def held() -> tuple[float, float]:
        async def opened() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(head.encode())
            status = await reader.readline()
            if b" 200 " not in status:
                raise RuntimeError(f"/live: {status!r}")
            return reader, writer

        first = await opened()
        before = resident(found.pid)
        others = [await opened() for _ in range(OPEN)]
        await asyncio.to_thread(found.ask, stream(50, "live"))
        after = resident(found.pid)
        for _, writer in (first, *others):
            writer.close()
        return before, after

    before, after = asyncio.run(held())
    detail = f"{before:.0f} MB with one open; 50 requests told to all of them"
    return Figure(f"{OPEN} open browsers, MB more", after - before, 50, detail, least=False)


def _cleared(found: Inbox, browser: Browser) -> Figure:
    """A hundred requests of all tiers, by keys alone, at the pace of somebody who reads each of them."""
    found.ask(stream(CLEARED))
    with found.visitor(browser, viewport={"width": 1280, "height": 860}) as context:
        page = context.new_page()
        page.goto("/")
        begun = time.monotonic()
        presses = 0
        while left := found.pending():
            if time.monotonic() - begun > 2 * 300:
                raise RuntimeError(f"{left} are left after ten minutes")
            if page.locator(OPEN_ROW).count() == 0:
                page.reload()  # What the key F5 does; a script's press of it does not reach the browser.
                presses += 1
            presses += _decide(page, CLEARED - left)
        took = time.monotonic() - begun
    detail = f"{presses} keys: {PACE} s before the first for each request, {NEXT_KEY} s between the others"
    return Figure(f"{CLEARED} mixed requests cleared by keyboard, s", took, 300, detail, least=False)


def _decide(page: Page, number: int) -> int:
    """Look at the next request, and approve it or, one in four, reject it with a reason; how many keys."""
    keys = ["j", "r", "1"] if number % 4 == 3 else ["j", "a"]
    for place, key in enumerate(keys):
        page.wait_for_timeout((PACE if place == 0 else NEXT_KEY) * 1e3)
        page.keyboard.press(key)
    return len(keys)
