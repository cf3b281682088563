"""At the web inbox: being somebody else, reaching what is somebody else's, and coming in where there is no door."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.adapters.web.doors import COOKIE
from bot.ids import digest_of
from core.token import Token
from tests.attacks.conftest import HOUSE
from tests.bot.asking import looked_at, submitted, voted
from tests.bot.browsing import Browser, login, secret_in, signed_in
from tests.bot.running import Running, placet, settings_in

LINKED = ("/", "/people", "/settings", "/people/alice")


def test_who_votes_is_whose_session_it_is_whatever_the_form_says(running: Running) -> None:
    request = submitted(running.program("momentum"))
    alice = signed_in(running, "alice")
    form = {
        "token": str(Token("approve", request["id"], 1)),
        "tap": "t1",
        "person": "erin",
        "user": "erin",
        "actor": "erin",
    }
    assert alice.acts("/tap", form).status_code == 200
    [vote] = looked_at(running.client(), request)["votes"]
    assert (vote["person"], vote["via"]) == ("alice", "web")


def test_the_tap_of_one_is_never_the_tap_of_another(running: Running) -> None:
    first, second = (submitted(running.program("momentum")) for _ in range(2))
    alice, bob = signed_in(running, "alice"), signed_in(running, "bob")
    alice.acts("/tap", {"token": str(Token("approve", first["id"], 1)), "tap": "the-same"})
    bob.acts("/tap", {"token": str(Token("approve", second["id"], 1)), "tap": "the-same"})
    assert looked_at(running.client(), second)["votes"][0]["person"] == "bob"


@pytest.mark.parametrize("cookie", ["", "x", "'", "a" * 10_000, digest_of("x"), "../..", "null"])
def test_a_cookie_of_ones_own_making_opens_nothing(running: Running, cookie: str) -> None:
    stranger = Browser(running)
    for path in LINKED:
        answer = stranger.opens(path, cookie=f"{COOKIE}={cookie}")
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/enter")


def test_what_the_database_keeps_of_a_session_opens_nothing(running: Running) -> None:
    secret = signed_in(running, "alice").http.cookies[COOKIE]
    stranger = Browser(running)
    assert stranger.opens("/settings", cookie=f"{COOKIE}={digest_of(secret)}").status_code == 303
    assert stranger.enters(digest_of(secret)).status_code == 403


def test_a_key_of_the_api_is_no_session_and_a_session_no_key(running: Running) -> None:
    token = str(running.key(person="alice")["token"])
    stranger = Browser(running)
    assert stranger.opens("/settings", authorization=f"Bearer {token}").status_code == 303
    assert stranger.opens("/settings", cookie=f"{COOKIE}={token}").status_code == 303
    alice = signed_in(running, "alice")
    assert alice.opens("/v1/me").status_code == 401
    assert alice.opens("/v1/me", authorization=f"Bearer {alice.http.cookies[COOKIE]}").status_code == 401


def test_no_call_of_the_api_is_made_by_a_form_of_another_site(running: Running) -> None:
    alice = signed_in(running, "erin")
    for path in ("/v1/stop", "/v1/people/bob/login", "/v1/invitations", "/v1/keys"):
        assert alice.sends(path, {"why": "x", "id": "mallory"}, origin="https://evil.example").status_code == 401


def test_one_who_lost_the_right_while_the_page_stood_open_has_lost_it(running: Running) -> None:
    erin = signed_in(running, "erin")
    made = erin.acts("/people/invite", {"id": "hugo", "name": "Hugo", "admin": "yes"}, page="/people")
    hugo = Browser(running)
    hugo.sends("/join", {"code": secret_in(made)})
    mark = hugo.csrf("/people")
    erin.acts("/people/hugo/change", {"name": "Hugo"}, page="/people/hugo")
    before = running.position()
    form = {"csrf": mark, "id": "mallory", "name": "Mallory", "admin": "yes"}
    assert hugo.sends("/people/invite", form).status_code == 403
    assert hugo.sends("/people/bob/login", {"csrf": mark}).status_code == 403
    assert running.position() == before


def test_nobody_looks_into_another_persons_settings(running: Running) -> None:
    marked = signed_in(running, "bob", **{"user-agent": "Firefox on Linux, Bob's own"})
    alice = signed_in(running, "alice")
    digest = digest_of(marked.http.cookies[COOKIE])
    for path in (*LINKED, "/people/bob", "/settings?person=bob", "/settings/bob"):
        assert digest not in alice.opens(path).text
    alice.acts("/settings/sessions", {"session": digest})
    alice.acts("/people/bob/sessions")
    assert marked.is_in


@pytest.fixture
def elsewhere(tmp_path: Path, postgres_url: str) -> Iterator[Running]:
    house = HOUSE.read_text(encoding="utf-8")
    with placet(settings_in(tmp_path, postgres_url, house=house)) as found:
        yield found


def test_on_every_database_a_link_is_used_up_by_one(elsewhere: Running) -> None:
    secret, browsers = login(elsewhere, "alice"), [Browser(elsewhere) for _ in range(6)]
    with ThreadPoolExecutor(6) as hands:
        statuses = list(hands.map(lambda browser: browser.enters(secret).status_code, browsers))
    assert sorted(statuses) == [303] + [403] * 5
    assert voted(elsewhere.person("alice"), submitted(elsewhere.program("momentum")), "approve")["status"] == "approved"
