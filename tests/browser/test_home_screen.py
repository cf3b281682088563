"""On a phone's home screen: what makes it installable, and the page that says that there is no connection."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.house import Inn
from tests.browser.visitor import PHONE


def test_a_phone_finds_what_it_needs_to_put_placet_on_its_home_screen(inn: Inn) -> None:
    alice = inn.visitor("alice", size=PHONE)
    found = alice.context.new_cdp_session(alice.page).send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"].endswith("/manifest.webmanifest")
    faults = alice.context.new_cdp_session(alice.page).send("Page.getInstallabilityErrors")
    # A private window is never offered an installation, whatever the page is.
    assert [one["errorId"] for one in faults["installabilityErrors"]] in ([], ["in-incognito"])
    sizes = alice.page.evaluate(
        """async () => {
            const manifest = await (await fetch('/manifest.webmanifest')).json();
            const size = async icon => {
                const picture = await createImageBitmap(await (await fetch(icon.src)).blob());
                return [icon.sizes, `${picture.width}x${picture.height}`, icon.purpose ?? 'any'];
            };
            return Promise.all(manifest.icons.filter(icon => icon.type === 'image/png').map(size));
        }"""
    )
    assert {told for told, _, _ in sizes} >= {"192x192", "512x512"}
    assert all(told == real for told, real, _ in sizes)
    assert any("maskable" in purpose for _, _, purpose in sizes)


def test_without_a_connection_a_page_says_so_and_never_shows_an_old_inbox(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice", size=PHONE)
    alice.sees("Buy 100 NVDA")
    alice.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    alice.waits_until(
        lambda: alice.page.evaluate("caches.match('/static/away.html').then(found => found !== undefined)")
    )
    with alice.offline():
        page = alice.tab()
        page.goto(inn.running.url + "/")
        expect(page.get_by_role("main")).to_contain_text("connection", ignore_case=True)
        expect(page.get_by_text("Buy 100 NVDA")).to_have_count(0)
    page.goto(inn.running.url + "/")
    expect(page.get_by_text("Buy 100 NVDA").first).to_be_visible()
    kept = page.evaluate(
        """async () => {
            const rooms = await Promise.all((await caches.keys()).map(name => caches.open(name)));
            const things = await Promise.all(rooms.map(room => room.keys()));
            return things.flat().map(one => new URL(one.url).pathname);
        }"""
    )
    assert "/static/away.html" in kept
    assert all(path.startswith("/static/") for path in kept)
