"""The doors of the web inbox, as a browser sees them: links that work once, sessions, and where calls come from."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.web.doors import COOKIE, SECURE_COOKIE
from bot.adapters.web.tries import FROM_ALL, FROM_ONE, MOST_ADDRESSES, Tries
from bot.bootstrap import declare
from bot.config import read_house
from bot.ids import digest_of
from bot.passes import LOGIN_LASTS, MOST_LINKS, SESSION_LASTS, SESSION_LONGEST
from tests.bot.browsing import Browser, Watch, do, login, signed_in
from tests.bot.running import Running, placet, settings_in

PUBLIC = "https://placet.example.org"


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(tmp_path: Path, sqlite_url: str, watch: Watch) -> Iterator[Running]:
    with placet(settings_in(tmp_path, sqlite_url), clock=watch) as running:
        yield running


# Links


def test_a_link_lets_somebody_in_once(house: Running) -> None:
    secret, browser = login(house, "alice"), Browser(house)
    shown = browser.opens(f"/enter?code={secret}&next=/people")
    assert shown.status_code == 200
    assert not browser.is_in
    led = browser.enters(secret, "/people")
    assert (led.status_code, led.headers["location"]) == (303, "/people")
    assert "Alice" in browser.opens("/people").text
    late = Browser(house)
    again = late.enters(secret)
    assert again.status_code == 403
    assert secret not in again.text
    assert not late.is_in


def test_a_link_that_is_looked_at_a_hundred_times_is_as_good_as_new_and_tells_nothing(house: Running) -> None:
    secret, bot = login(house, "alice"), Browser(house, {"user-agent": "Slackbot-LinkExpanding 1.0"})
    position = house.position()
    pages = {bot.opens(f"/enter?code={secret}").text.replace(secret, "") for _ in range(100)}
    other = "A" * len(secret)
    pages.add(bot.opens(f"/enter?code={other}").text.replace(other, ""))
    assert len(pages) == 1, "a good link looks like one that is not"
    assert "lice" not in pages.pop()
    assert house.position() == position
    assert Browser(house).enters(secret).status_code == 303


def test_of_many_who_press_at_once_one_gets_in(house: Running) -> None:
    secret, browsers = login(house, "alice"), [Browser(house) for _ in range(8)]
    with ThreadPoolExecutor(8) as hands:
        statuses = list(hands.map(lambda browser: browser.enters(secret).status_code, browsers))
    assert sorted(statuses) == [303] + [403] * 7
    assert sum(browser.is_in for browser in browsers) == 1


def test_a_link_is_good_for_a_quarter_of_an_hour(house: Running, watch: Watch) -> None:
    secret, second = login(house, "alice"), login(house, "alice")
    watch.ahead += LOGIN_LASTS - timedelta(minutes=1)
    assert Browser(house).enters(secret).status_code == 303
    watch.ahead += timedelta(minutes=2)
    assert Browser(house).enters(second).status_code == 403


def test_a_person_has_a_handful_of_links_at_once_and_the_oldest_gives_way(house: Running) -> None:
    secrets = [login(house, "alice") for _ in range(MOST_LINKS + 1)]
    other = login(house, "bob")
    assert Browser(house).enters(secrets[0]).status_code == 403
    assert all(Browser(house).enters(secret).status_code == 303 for secret in (*secrets[1:], other))


def test_the_secrets_are_kept_nowhere(house: Running) -> None:
    secret, browser = login(house, "alice"), Browser(house)
    browser.enters(secret)
    session, last = browser.http.cookies[COOKIE], login(house, "alice")
    folder = Path((house.settings.database_url or "").removeprefix("sqlite:///")).parent
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert digest_of(last).encode() in stored
    for one in (secret, session, last):
        assert one.encode() not in stored


@pytest.mark.parametrize(
    "typed",
    ["{code}", "  {code} ", "http://127.0.0.1:8600/enter?code={code}", "https://x.example/enter?next=%2F&code={code}"],
)
def test_the_code_may_be_pasted_alone_or_in_its_link(house: Running, typed: str) -> None:
    assert Browser(house).enters(typed.format(code=login(house, "alice"))).status_code == 303


@pytest.mark.parametrize("typed", ["", "x", "x" * 5_000, "\u202e" * 50, "' OR 1=1 --", "\x00", "../../etc/passwd"])
def test_nonsense_is_no_code(house: Running, typed: str) -> None:
    answer = Browser(house).enters(typed)
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    "following",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x=1", ""],
)
def test_nobody_is_led_away_after_signing_in(house: Running, following: str) -> None:
    led = Browser(house).enters(login(house, "alice"), following)
    assert led.headers["location"] == "/"
    assert "evil" not in str(led.headers).lower()
    assert "x=1" not in str(led.headers)


def test_who_is_sent_to_sign_in_comes_back_to_where_they_wanted(house: Running) -> None:
    browser = Browser(house)
    led = browser.opens("/people?said=removed")
    assert led.headers["location"] == "/enter?next=%2Fpeople%3Fsaid%3Dremoved"
    assert 'value="/people?said=removed"' in browser.opens(led.headers["location"]).text


# Sessions


def test_the_cookie_is_for_this_site_alone_and_for_no_script(house: Running) -> None:
    led = Browser(house).enters(login(house, "alice"))
    cookie = led.headers["set-cookie"].lower()
    assert cookie.startswith(COOKIE)
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.split("; "))
    assert "domain" not in cookie
    assert "secure" not in cookie, "there is no TLS here, and the browser would not send it back"
    assert led.headers["cache-control"] == "no-store"


def test_over_tls_the_cookie_is_sent_over_tls_alone_and_no_neighbour_can_lay_one(tmp_path: Path) -> None:
    with placet(settings_in(tmp_path, public_url=PUBLIC)) as running:
        # As behind a proxy that hands on the name.
        browser = Browser(running, {"host": "placet.example.org", "origin": PUBLIC})
        led = browser.enters(login(running, "alice"))
        cookie = led.headers["set-cookie"]
        assert cookie.startswith(SECURE_COOKIE + "=")
        assert "Secure" in cookie
        secret = cookie.partition("=")[2].partition(";")[0]
        over_there = {"host": "placet.example.org"}
        assert browser.opens("/settings", cookie=f"{SECURE_COOKIE}={secret}", **over_there).status_code == 200
        assert browser.opens("/settings", cookie=f"{COOKIE}={secret}", **over_there).status_code == 303
        # At the machine itself, without TLS, the browser would not send a secure cookie back.
        local = Browser(running)
        assert "Secure" not in local.enters(login(running, "alice")).headers["set-cookie"]
        assert local.is_in


def test_a_session_that_somebody_else_chose_is_never_taken_over(house: Running) -> None:
    browser = Browser(house)
    browser.http.cookies.set(COOKIE, "chosen-by-somebody-else", domain="127.0.0.1", path="/")
    led = browser.enters(login(house, "alice"))
    assert "chosen-by-somebody-else" not in led.headers["set-cookie"]
    attacker = Browser(house)
    attacker.http.cookies.set(COOKIE, "chosen-by-somebody-else")
    assert not attacker.is_in


def test_a_link_is_no_session_and_a_session_no_link(house: Running) -> None:
    browser, secret = Browser(house), login(house, "alice")
    browser.http.cookies.set(COOKIE, secret)
    assert not browser.is_in
    session = signed_in(house, "alice").http.cookies[COOKIE]
    assert Browser(house).enters(session).status_code == 403


def test_signing_in_anew_ends_the_session_before(house: Running) -> None:
    browser = signed_in(house, "alice")
    before = browser.http.cookies[COOKIE]
    browser.enters(login(house, "bob"))
    assert "Bob" in browser.opens("/settings").text
    old = Browser(house)
    old.http.cookies.set(COOKIE, before)
    assert not old.is_in


def test_a_session_lasts_while_it_is_used_and_not_for_ever(house: Running, watch: Watch) -> None:
    browser, idle = signed_in(house, "alice"), signed_in(house, "bob")
    step = SESSION_LASTS - timedelta(days=1)
    for _ in range(3):
        watch.ahead += step
        assert browser.is_in
    assert not idle.is_in
    watch.ahead += SESSION_LONGEST - 3 * step + timedelta(minutes=1)
    assert not browser.is_in, "however much it was used"


def test_signing_out_ends_the_session_on_the_server_too(house: Running) -> None:
    browser = signed_in(house, "alice")
    secret = browser.http.cookies[COOKIE]
    left = browser.acts("/leave")
    assert (left.status_code, left.headers["location"]) == (303, "/enter")
    assert COOKIE not in browser.http.cookies
    browser.http.cookies.set(COOKIE, secret)
    assert not browser.is_in


def test_nobody_is_signed_out_by_a_link(house: Running) -> None:
    browser = signed_in(house, "alice")
    assert browser.opens("/leave").status_code == 405
    assert browser.is_in


def test_browsers_are_listed_and_signed_out_one_by_one_and_all_others(house: Running) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    mine, second, third = (
        signed_in(house, "alice", **{"user-agent": firefox}),
        *(signed_in(house, "alice") for _ in "ab"),
    )
    bob = signed_in(house, "bob")
    assert "Firefox on Linux" in mine.opens("/settings").text
    mine.acts("/settings/sessions", {"session": digest_of(second.http.cookies[COOKIE])})
    assert [one.is_in for one in (mine, second, third, bob)] == [True, False, True, True]
    mine.acts("/settings/sessions", {"session": digest_of(bob.http.cookies[COOKIE])})
    assert bob.is_in, "somebody else's is not one's own to end"
    waiting = login(house, "alice")
    mine.acts("/settings/sessions", {"session": "others"})
    assert [one.is_in for one in (mine, third, bob)] == [True, False, True]
    assert Browser(house).enters(waiting).status_code == 403, "nor does a link that lies about somewhere open one"


def test_who_is_taken_out_of_the_file_is_out_at_once_and_for_good(house: Running) -> None:
    carol, alice, link = signed_in(house, "carol"), signed_in(house, "alice"), login(house, "carol")
    file = house.settings.config
    assert file is not None
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace("  carol: {name: Carol}\n", ""), encoding="utf-8")
    do(house, declare(house.services, read_house(house.settings)))
    assert (carol.is_in, alice.is_in) == (False, True)
    assert Browser(house).enters(link).status_code == 403
    file.write_text(whole, encoding="utf-8")
    do(house, declare(house.services, read_house(house.settings)))
    assert not carol.is_in, "somebody of the same name must sign in anew"
    assert Browser(house).enters(link).status_code == 403


# Where calls come from


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_what_another_site_sends_does_nothing(house: Running, headers: dict[str, str]) -> None:
    browser = signed_in(house, "alice")
    form = {"csrf": browser.csrf(), "span": "3d"}
    assert browser.sends("/settings/away", form, **headers).status_code == 403
    assert house.services.registry().people["alice"].away is None
    secret = login(house, "bob")
    assert browser.sends("/enter", {"code": secret}, **headers).status_code == 403, (
        "nobody is signed in by another site"
    )
    assert Browser(house).enters(secret).status_code == 303, "and the link is as good as new"


def test_a_form_needs_its_own_sessions_mark(house: Running) -> None:
    alice, bob = signed_in(house, "alice"), signed_in(house, "bob")
    for mark in ("", "0" * 64, bob.csrf(), "\u202e", alice.http.cookies[COOKIE]):
        assert alice.sends("/settings/away", {"csrf": mark, "span": "3d"}).status_code == 403
    assert house.services.registry().people["alice"].away is None
    assert alice.acts("/settings/away", {"span": "3d"}).status_code == 303
    assert house.services.registry().people["alice"].away is not None


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "", "[", "placet"]
)
def test_by_a_name_that_is_not_ours_nothing_is_shown_and_nothing_done(house: Running, host: str) -> None:
    browser, secret = signed_in(house, "alice"), login(house, "bob")
    for path in ("/settings", "/enter", "/join", "/people"):
        answer = browser.opens(path, host=host)
        assert answer.status_code in (400, 421), path
        assert "Alice" not in answer.text
    assert browser.sends("/enter", {"code": secret}, host=host).status_code in (400, 421)
    assert Browser(house).enters(secret).status_code == 303


@pytest.mark.parametrize(
    "host", ["localhost:8600", "192.168.1.7:8600", "[::1]:8600", "127.0.0.1", "placet.example.org", "placet.localhost"]
)
def test_by_a_name_of_ours_and_by_any_number_the_pages_are_shown(tmp_path: Path, host: str) -> None:
    with placet(settings_in(tmp_path, public_url="http://placet.example.org")) as running:
        assert Browser(running).opens("/enter", host=host).status_code == 200


def test_behind_a_proxy_that_keeps_the_name_to_itself_forms_still_count(tmp_path: Path) -> None:
    with placet(settings_in(tmp_path, public_url=PUBLIC)) as running:
        browser = Browser(running)
        led = browser.sends("/enter", {"code": login(running, "alice")}, origin=PUBLIC)
        assert led.status_code == 303
        assert "Secure" in led.headers["set-cookie"], "the browser says that it speaks TLS"
        assert browser.sends("/enter", {"code": "x"}, origin=PUBLIC + ".evil.example").status_code == 403


# Wrong codes


def test_who_shows_wrong_codes_is_slowed_down_and_others_are_not(house: Running, watch: Watch) -> None:
    guesser, alice = Browser(house, {"x-forwarded-for": "203.0.113.7"}), Browser(house)
    within = signed_in(house, "bob", **{"x-forwarded-for": "203.0.113.7"})
    for _ in range(FROM_ONE):
        assert guesser.enters("wrong").status_code == 403
    secret = login(house, "alice")
    answer = guesser.enters(secret)
    assert answer.status_code == 429
    assert answer.headers["retry-after"]
    assert guesser.sends("/join", {"code": "wrong"}).status_code == 429
    assert within.is_in, "who is in stays in"
    assert alice.enters(secret).status_code == 303
    watch.ahead += timedelta(minutes=1)
    assert guesser.enters(login(house, "alice")).status_code == 303


def test_what_is_remembered_of_wrong_codes_stays_small() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    tries = Tries(lambda: now)
    for number in range(3 * MOST_ADDRESSES):
        tries.wrong(f"2001:db8:{number:x}::1")
    assert len(tries._by_address) == MOST_ADDRESSES
    assert not tries.left(f"2001:db8:{3 * MOST_ADDRESSES - 1:x}::1"), "all together have shown too many"
    assert tries.left("192.0.2.1"), "and nobody is kept out by others who make noise"


def test_all_the_addresses_of_one_network_are_one() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    tries = Tries(lambda: now)
    for number in range(FROM_ONE):
        tries.wrong(f"2001:db8::{number:x}")
    assert not tries.left("2001:db8::ffff")
    assert tries.left("2001:db8:1::1")
    assert FROM_ALL > FROM_ONE


def test_a_nonsensical_address_harms_nobody() -> None:
    tries = Tries(lambda: datetime(2026, 11, 20, tzinfo=UTC))
    for address in ("", "x" * 10_000, "::ffff:192.0.2.1", "fe80::1%eth0"):
        tries.wrong(address)
        assert tries.left(address)
    assert all(len(place) <= 64 for place in tries._by_address)
