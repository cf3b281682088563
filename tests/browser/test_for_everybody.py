"""Every page: axe finds nothing, light and dark; nothing to scroll sideways, narrow, at 200 %, in large letters."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.bot.asking import voted
from tests.browser.house import Inn
from tests.browser.look import picture
from tests.browser.test_modifying import EVERYTHING, VALUES
from tests.browser.visitor import DESKTOP, NARROW, PHONE, ZOOMED

PAGES = ("decided", "policy", "ask", "people", "settings")


def filled(inn: Inn) -> dict[str, str]:
    """A day's requests; the addresses of all pages that there are then, by a name."""
    bob = inn.running.person("bob")
    first = inn.asks(editable=EVERYTHING, parameters=VALUES, summary="Momentum is strong, volume is thin.")
    inn.asks("Buy 9000 NVDA", amount="382500.00")
    inn.asks("Buy 400 NVDA", amount="17000.00")
    rejected, approved = inn.asks("Sell 12 AMD"), inn.asks("Sell 5 TSLA")
    modified = inn.asks("Buy 70 INTC")
    voted(bob, rejected, "reject", reason={"code": "risk"}, note="Earnings tomorrow.")
    voted(bob, approved, "approve")
    voted(bob, modified, "modify", parameters={"quantity": 35}, reason={"code": "size"})
    shown = {"pending": first, "rejected": rejected, "modified": modified, "nowhere": {"id": "req_nowhere"}}
    requests: dict[str, str] = {f"request-{name}": f"/requests/{one['id']}" for name, one in shown.items()}
    return {"inbox": "/", **{page: f"/{page}" for page in PAGES}, **requests}


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_every_page_is_for_everybody(inn: Inn, name: str, size: dict[str, int], colours: str) -> None:
    erin = inn.stranger("erin", size=size, colours=colours)  # type: ignore[arg-type]
    erin.opens(inn.link("erin"))
    picture(erin.page, f"enter-{name}-{colours}")
    erin.is_for_everybody()
    erin.presses("Sign in")
    expect(erin.page).to_have_url(f"{inn.running.url}/")
    picture(erin.page, f"inbox-empty-{name}-{colours}")
    found: list[str] = []
    for page, path in filled(inn).items():
        erin.opens(path)
        expect(erin.page.get_by_role("heading", level=1)).to_have_count(1)
        picture(erin.page, f"{page}-{name}-{colours}")
        found += erin.violations()
        erin.fits()
    assert not found, "\n".join(found)


def test_no_page_scrolls_sideways_when_narrow_magnified_or_in_large_letters(inn: Inn) -> None:
    addresses = filled(inn)
    for name, size in (("narrow", NARROW), ("zoomed", ZOOMED)):
        erin = inn.visitor("erin", size=size)
        for page, path in addresses.items():
            erin.opens(path)
            erin.fits()
            picture(erin.page, f"{page}-{name}")
            if name == "zoomed":
                erin.page.evaluate("document.documentElement.style.fontSize = '200%'")
                erin.fits()
        erin.context.close()


def test_who_wants_less_motion_gets_none(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice", reduced_motion="reduce")
    moving = alice.page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(e => {
            const s = getComputedStyle(e);
            const long = t => t.split(',').some(one => parseFloat(one) > 0.011);
            return long(s.transitionDuration) || (s.animationName !== 'none' && long(s.animationDuration));
        }).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert moving == []


def test_touch_targets_are_large_enough_for_a_finger(inn: Inn) -> None:
    inn.asks()
    alice = inn.visitor("alice", size=PHONE)
    small = alice.page.evaluate(
        """() => [...document.querySelectorAll('main button, nav a, main select, main input:not([type=hidden])')]
            .filter(e => e.checkVisibility())
            .map(e => [(e.labels?.[0] ?? e).getBoundingClientRect(), e.outerHTML.slice(0, 90)])
            .filter(([box]) => box.width > 1 && (box.height < 40 || box.width < 32)).map(([box, html]) => html)"""
    )
    assert small == []
