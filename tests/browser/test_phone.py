"""On a phone's home screen: what it knows of Placet, notifications on and off, shown and tapped, and no connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.bot.running import anonymous, eventually, placet, settings_in
from tests.browser.house import DESK, Inn
from tests.browser.visitor import PHONE, Visitor
from tests.platforms.push import Browser as Listening
from tests.platforms.push import PushTown, push_town

SUBSCRIBED = """(given) => {
  // No push service can be reached from here, so the browser is given an address of ours; all the rest is its own.
  let made = null;
  const one = { toJSON: () => ({ endpoint: given.endpoint, keys: { p256dh: given.p256dh, auth: given.auth } }),
                unsubscribe: async () => { made = null; return true; } };
  PushManager.prototype.subscribe = async (options) => {
    if (options.applicationServerKey.length !== 65) throw new Error("not a key");
    return (made = one);
  };
  PushManager.prototype.getSubscription = async () => made;
}"""

AT_WORK = """async () => {
    const { active } = await navigator.serviceWorker.ready;
    while (active.state !== 'activated') await new Promise((go) => setTimeout(go, 20));
}"""
"""Until the page's worker takes messages: it is there a moment before that."""


@pytest.fixture
def town() -> Iterator[PushTown]:
    with push_town() as town:
        yield town


@pytest.fixture
def home(browser: Browser, sqlite_url: str, tmp_path: Path) -> Iterator[Inn]:
    """As `inn`, and browsers may take their messages on this machine."""
    settings = settings_in(tmp_path, sqlite_url, DESK.read_text(encoding="utf-8"), push_private=True)
    with placet(settings) as running:
        inn = Inn(running, browser)
        try:
            yield inn
        finally:
            inn.close()


def with_push(inn: Inn, person: str, town: PushTown) -> tuple[Visitor, Listening]:
    """Somebody whose phone may show notifications."""
    visitor, listening = inn.stranger(person, size=PHONE), town.browser()
    visitor.context.grant_permissions(["notifications"], origin=inn.running.url)
    visitor.context.add_init_script(f"({SUBSCRIBED})({json.dumps(listening.given)})")
    page = visitor.opens(inn.link(person))
    visitor.presses("Sign in")
    page.wait_for_url(f"{inn.running.url}/")
    return visitor, listening


def pushed(visitor: Visitor, inn: Inn, body: str) -> None:
    """A message comes to the browser, as its push service would hand it over."""
    session = visitor.context.new_cdp_session(visitor.page)
    registrations: list[dict[str, Any]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    visitor.waits_until(lambda: registrations)
    name = registrations[-1]["registrationId"]
    session.send("ServiceWorker.deliverPushMessage", {"origin": inn.running.url, "registrationId": name, "data": body})
    session.detach()


SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(({ title, body, tag, data }) => ({ title, body, tag, data }))"""


def shown(visitor: Visitor) -> list[dict[str, Any]]:
    return list(visitor.page.evaluate(SHOWN))


def test_a_phone_can_keep_it_on_its_home_screen(inn: Inn) -> None:
    with anonymous(inn.running.url) as client:
        manifest = client.get("/manifest.webmanifest")
        assert manifest.headers["content-type"].startswith("application/manifest+json")
        told = manifest.json()
        assert (told["name"], told["start_url"], told["display"]) == ("Placet", "/", "standalone")
        purposes = {icon.get("purpose", "any") for icon in told["icons"]}
        assert purposes == {"any", "maskable"}
        for icon in told["icons"]:
            picture = Image.open(BytesIO(client.get(icon["src"]).content))
            assert "x".join(map(str, picture.size)) == icon["sizes"]
            assert f"image/{(picture.format or '').lower()}" == icon["type"]
        worker = client.get("/sw.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        assert worker.headers["cache-control"] == "no-cache"
    alice = inn.visitor("alice", size=PHONE)
    session = alice.context.new_cdp_session(alice.page)
    answer = session.send("Page.getAppManifest")
    assert answer["errors"] == []
    assert answer["url"].endswith("/manifest.webmanifest")
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] in ([], [IN_PRIVATE])


IN_PRIVATE = {"errorId": "in-incognito", "errorArguments": []}
"""Playwright's contexts are private windows."""


def test_notifications_are_turned_on_tried_widened_and_turned_off(home: Inn, town: PushTown) -> None:
    dave, listening = with_push(home, "dave", town)
    dave.opens("/settings/notifications")
    dave.fits()
    dave.is_for_everybody()
    dave.presses("Turn on in this browser")
    dave.sees("This browser is told from now on.")
    dave.sees("This browser")
    expect(dave.button("What is urgent")).to_have_attribute("aria-pressed", "true")
    expect(dave.button("Turn on")).to_have_count(0)
    dave.fits()
    dave.is_for_everybody()
    dave.presses("Send a test")
    dave.sees("Sent: it should be there within seconds.")
    assert [one.body["kind"] for one in listening.arrived] == ["try"]
    dave.presses("Everything")
    dave.sees("It is told of everything that waits for you.")
    expect(dave.button("Everything")).to_have_attribute("aria-pressed", "true")
    home.asks("Buy 9000 NVDA", amount="382500.00")
    eventually(lambda: "Buy 9000 NVDA" in listening.titles())
    dave.presses("Turn off")
    dave.sees("No browser of yours is told.")
    expect(dave.button("Turn on in this browser")).to_be_visible()
    assert dave.page.evaluate("localStorage.getItem('placet-push')") is None


def test_who_signs_in_anew_goes_on_being_told(home: Inn, town: PushTown) -> None:
    dave, listening = with_push(home, "dave", town)
    dave.opens("/settings/notifications")
    dave.presses("Turn on in this browser")
    dave.sees("This browser is told from now on.")
    # What the browser keeps goes on over a page; what stands in for its push service does not.
    dave.context.add_init_script("PushManager.prototype.subscribe.call(null, { applicationServerKey: { length: 65 } })")
    before = dave.page.evaluate("localStorage.getItem('placet-push')")
    dave.context.clear_cookies()
    page = dave.opens(home.link("dave"))
    dave.presses("Sign in")
    page.wait_for_url(f"{home.running.url}/")
    page.wait_for_function("before => localStorage.getItem('placet-push') !== before", arg=before)
    home.asks("Buy 9000 NVDA", amount="382500.00")
    eventually(lambda: "Buy 9000 NVDA" in listening.titles())


def test_a_message_is_shown_replaced_and_leads_to_its_request(home: Inn, town: PushTown) -> None:
    dave, listening = with_push(home, "dave", town)
    dave.opens("/settings/notifications")
    dave.presses("Turn on in this browser")
    dave.sees("This browser is told from now on.")
    request = home.asks("Buy 9000 NVDA", amount="382500.00")
    eventually(lambda: listening.arrived)
    body = json.dumps(listening.arrived[0].body)
    pushed(dave, home, body)
    dave.waits_until(lambda: shown(dave))
    pushed(dave, home, body.replace("9000", "9001"))
    dave.waits_until(lambda: [one["title"] for one in shown(dave)] == ["Buy 9001 NVDA"])
    (notification,) = shown(dave)
    assert notification["body"].startswith("Critical · until ")
    assert notification["data"] == {"path": f"/requests/{request['id']}"}
    dave.opens("/")
    (worker,) = dave.context.service_workers
    worker.evaluate(
        """async () => {
            const [notification] = await self.registration.getNotifications();
            self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
        }"""
    )
    dave.page.wait_for_url(f"**/requests/{request['id']}")
    assert shown(dave) == []


@pytest.mark.parametrize("body", ["", "null", "[]", "not json", '{"kind": "one", "id": 7}', "{"])
def test_a_message_that_cannot_be_read_still_calls(home: Inn, town: PushTown, body: str) -> None:
    dave, _ = with_push(home, "dave", town)
    dave.page.evaluate(AT_WORK)
    pushed(dave, home, body)
    dave.waits_until(lambda: shown(dave))
    assert [one["body"] for one in shown(dave)] == ["Something waits for you."]


def test_without_a_connection_a_page_says_so_and_nothing_old_is_shown(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice", size=PHONE)
    alice.page.evaluate(AT_WORK)
    alice.page.reload()
    alice.sees("Buy 100 NVDA")
    with alice.offline():
        alice.opens("/")
        alice.sees("No connection")
        alice.misses("Buy 100 NVDA")
        alice.fits()
        alice.is_for_everybody()
    alice.page.get_by_role("link", name="Try again").click()
    alice.sees("Buy 100 NVDA")
