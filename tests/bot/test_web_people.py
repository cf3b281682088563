"""People and Settings on the web: invitations, who may change whom, accounts, absences. And the same over the API."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import declare
from bot.config import read_house
from bot.ids import code_digest, digest_of
from bot.passes import INVITE_LASTS
from core.model import Account, Person
from tests.bot.asking import refused, submitted, vote, voted
from tests.bot.browsing import Browser, Watch, do, secret_in, signed_in
from tests.bot.running import HOUSE, Running, placet, settings_in

GINA = {"id": "gina", "name": "Gina Lollo", "role": ["trader"]}
SLACK = Account("slack", "T1", "UBOB")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(tmp_path: Path, sqlite_url: str, watch: Watch) -> Iterator[Running]:
    declared = HOUSE.replace("name: Dave,", "name: Dave, accounts: {discord: '112233'},")
    with placet(settings_in(tmp_path, sqlite_url, house=declared), clock=watch) as running:
        yield running


@pytest.fixture
def erin(house: Running) -> Browser:
    return signed_in(house, "erin")


def invited(erin: Browser, **changes: Any) -> str:
    """The secret of an invitation that an administrator made."""
    page = erin.acts("/people/invite", {**GINA, **changes}, page="/people")
    assert page.status_code == 200, page.text
    return secret_in(page)


def joined(house: Running, secret: str) -> Browser:
    browser = Browser(house)
    led = browser.sends("/join", {"code": secret})
    assert (led.status_code, led.headers["location"]) == (303, "/settings?said=welcome"), led.text
    return browser


def known(house: Running, name: str) -> Person | None:
    return house.services.registry().people.get(name)


# Invitations


def test_who_accepts_an_invitation_is_a_person_and_decides(house: Running, erin: Browser) -> None:
    secret = invited(erin)
    assert known(house, "gina") is None, "not before they accept"
    looked = Browser(house).opens(f"/join?code={secret}")
    assert looked.status_code == 200
    assert "Gina" not in looked.text
    gina = joined(house, secret)
    assert known(house, "gina") == Person("gina", "Gina Lollo", frozenset({"trader"}), declared=False)
    assert "Gina Lollo" in gina.opens("/people").text
    request = submitted(house.program())
    assert voted(house.person("gina"), request, "approve")["status"] == "approved"
    assert Browser(house).sends("/join", {"code": secret}).status_code == 403, "it worked once"


def test_the_fact_is_the_inviters_and_the_name_lies_in_the_vault(house: Running, erin: Browser) -> None:
    joined(house, invited(erin))
    fact = next(r.fact for r in house.services.reader.journal(0, 1_000) if r.stream == "registry:person:gina")
    assert (fact.type, fact.actor.ref, fact.actor.via) == ("PersonDeclared", "erin", "web")
    assert fact.body["declared"] is False
    assert "Lollo" not in str(fact.body)
    commitment = str(fact.body["name"])
    assert house.services.reader.words([commitment]) == {commitment: "Gina Lollo"}


def test_they_survive_a_reload_and_a_restart_and_stay_signed_in(tmp_path: Path, sqlite_url: str) -> None:
    settings = settings_in(tmp_path, sqlite_url)
    with placet(settings) as running:
        gina = joined(running, invited(signed_in(running, "erin")))
        do(running, declare(running.services, read_house(settings)))
        assert gina.is_in
        cookies = dict(gina.http.cookies)
    with placet(settings) as running:
        again = Browser(running)
        again.http.cookies.update(cookies)
        assert "Gina Lollo" in again.opens("/settings").text


def test_of_two_who_accept_at_once_one_gets_in_and_one_person_is_made(house: Running, erin: Browser) -> None:
    secret, browsers = invited(erin), [Browser(house) for _ in range(6)]
    with ThreadPoolExecutor(6) as hands:
        statuses = list(hands.map(lambda browser: browser.sends("/join", {"code": secret}).status_code, browsers))
    assert sorted(statuses) == [303] + [403] * 5
    made = [r for r in house.services.reader.journal(0, 1_000) if r.stream == "registry:person:gina"]
    assert len(made) == 1


def test_an_invitation_makes_no_administrator_unless_it_was_ticked(house: Running, erin: Browser) -> None:
    joined(house, invited(erin))
    joined(house, invited(erin, id="hugo", admin="yes"))
    joined(house, invited(erin, id="ivan", admin="on"))
    assert [known(house, name).admin for name in ("gina", "hugo", "ivan")] == [False, True, False]  # type: ignore[union-attr]


def test_an_invitation_is_judged_again_when_it_is_accepted(house: Running, erin: Browser) -> None:
    hugo = joined(house, invited(erin, id="hugo", name="Hugo", admin="yes"))
    from_hugo = invited(hugo, id="gina")
    erin.acts("/people/hugo/change", {"name": "Hugo", "role": "trader"}, page="/people/hugo")
    answer = Browser(house).sends("/join", {"code": from_hugo})
    assert answer.status_code == 403
    assert "may not do so any more" in answer.text
    assert known(house, "gina") is None
    twice = [invited(erin, id="ivan"), invited(erin, id="ivan", name="Another Ivan")]
    joined(house, twice[0])
    answer = Browser(house).sends("/join", {"code": twice[1]})
    assert answer.status_code == 403
    assert known(house, "ivan").name == "Gina Lollo"  # type: ignore[union-attr]


def test_an_invitation_of_somebody_who_was_removed_is_good_for_nothing(house: Running, erin: Browser) -> None:
    hugo = joined(house, invited(erin, id="hugo", admin="yes"))
    secret = invited(hugo)
    erin.acts("/people/hugo/remove", page="/people/hugo")
    assert Browser(house).sends("/join", {"code": secret}).status_code == 403
    assert known(house, "gina") is None


def test_an_invitation_is_good_for_a_week_and_can_be_withdrawn(house: Running, erin: Browser, watch: Watch) -> None:
    late, withdrawn = invited(erin), invited(erin, id="hugo", name="Hugo")
    page = erin.opens("/people").text
    assert page.count('name="invitation"') == 2
    erin.acts("/people/withdraw", {"invitation": digest_of(withdrawn)}, page="/people")
    assert Browser(house).sends("/join", {"code": withdrawn}).status_code == 403
    watch.ahead += INVITE_LASTS + timedelta(minutes=1)
    assert Browser(house).sends("/join", {"code": late}).status_code == 403
    assert known(house, "gina") is known(house, "hugo") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "alice"},
        {"id": "momentum"},
        {"id": "Not A Slug!"},
        {"id": ""},
        {"id": "a" * 41},
        {"id": "../erin"},
        {"name": ""},
        {"name": "  "},
        {"name": "x" * 81},
        {"name": "Er\u202ein"},
        {"name": "a\x00b"},
        {"role": ["<script>"]},
        {"role": [f"role{number}" for number in range(30)]},
        {"skill": ["Émile"]},
    ],
)
def test_an_invitation_that_makes_no_sense_is_not_made(house: Running, erin: Browser, changes: dict[str, Any]) -> None:
    page = erin.acts("/people/invite", {**GINA, **changes}, page="/people")
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert "/join?code=" not in page.text
    assert do(house, house.services.passes.invitations()) == []


def test_markup_in_a_name_is_text(house: Running, erin: Browser) -> None:
    joined(house, invited(erin, name="<img src=x onerror=alert(1)>"))
    for path in ("/people", "/people/gina", "/settings"):
        page = erin.opens(path).text
        assert "<img src=x" not in page
    assert "&lt;img src=x" in erin.opens("/people").text


# Changing and removing


def test_an_invited_person_is_changed_on_the_web_and_a_declared_one_is_not(house: Running, erin: Browser) -> None:
    joined(house, invited(erin))
    changed = erin.acts("/people/gina/change", {"name": "Gina B", "role": ["risk", "trader"]}, page="/people/gina")
    assert changed.status_code == 303
    assert known(house, "gina") == Person("gina", "Gina B", frozenset({"risk", "trader"}), declared=False)
    before = house.position()
    no = erin.acts("/people/bob/change", {"name": "Bobby", "role": "head"}, page="/people/bob")
    assert no.status_code == 422
    assert "placet.yaml" in no.text
    assert erin.acts("/people/bob/remove", page="/people/bob").status_code == 409
    assert house.position() == before
    assert 'action="/people/bob/remove"' not in erin.opens("/people/bob").text


def test_who_is_removed_is_out_everywhere_and_their_vote_counts_no_more(house: Running, erin: Browser) -> None:
    gina = joined(house, invited(erin))
    house.link("gina", SLACK)
    token = house.person("gina")
    request = submitted(house.program(), amount="50000")
    voted(token, request, "approve")
    assert erin.acts("/people/gina/remove", page="/people/gina").status_code == 303
    assert not gina.is_in
    assert refused(token.get("/v1/me")) == (401, "unauthorized")
    registry = house.services.registry()
    assert not registry.people["gina"].active
    assert registry.accounts.of("gina") == ()
    now = voted(house.person("alice"), request, "approve")
    assert now["status"] == "pending", "one of two, for the first counts no longer"
    joined(house, invited(erin, name="Another Gina"))
    assert not gina.is_in, "and the sessions of the first stay ended"


def test_people_who_are_no_administrators_see_and_change_nothing_of_this(house: Running, erin: Browser) -> None:
    joined(house, invited(erin))
    alice = signed_in(house, "alice")
    before, page = house.position(), alice.opens("/people").text
    assert "Gina Lollo" in page
    assert "/people/invite" not in page
    assert "/people/gina/remove" not in alice.opens("/people/gina").text
    for act in ("login", "link", "unlink", "away", "change", "remove", "sessions"):
        form = {"name": "X", "role": "head", "admin": "yes", "span": "3d", "platform": "slack", "user": "U"}
        assert alice.acts(f"/people/gina/{act}", form).status_code == 403, act
        assert alice.acts(f"/people/alice/{act}", form).status_code == 403, act
    assert alice.acts("/people/invite", GINA).status_code == 403
    assert alice.acts("/people/withdraw", {"invitation": "x"}).status_code == 403
    assert house.position() == before


def test_a_link_for_somebody_else_is_put_on_record_and_one_for_oneself_is_not(house: Running, erin: Browser) -> None:
    before = house.position()
    page = erin.acts("/people/bob/login", page="/people/bob")
    facts = house.services.reader.journal(before, 10)
    assert [(r.stream, r.fact.type, r.fact.actor.ref) for r in facts] == [
        ("registry:person:bob", "EntryOffered", "erin")
    ]
    bob = Browser(house)
    assert bob.enters(secret_in(page)).status_code == 303
    assert "Bob" in bob.opens("/settings").text
    before = house.position()
    made = house.client().post("/v1/people/erin/login")
    assert made.status_code == 201
    assert house.position() == before


def test_an_administrator_signs_somebody_out_everywhere(house: Running, erin: Browser) -> None:
    bob, alice = signed_in(house, "bob"), signed_in(house, "alice")
    erin.acts("/people/bob/sessions", page="/people/bob")
    assert (bob.is_in, alice.is_in, erin.is_in) == (False, True, True)


def test_nobody_is_nobody(house: Running, erin: Browser) -> None:
    assert erin.opens("/people/nobody").status_code == 404
    for act in ("login", "link", "away", "change", "remove", "sessions"):
        assert erin.acts(f"/people/nobody/{act}", {"name": "X", "span": "3d"}).status_code == 404


# Accounts and absences


def test_a_code_from_the_settings_links_an_account_and_is_shown_once(house: Running) -> None:
    bob = signed_in(house, "bob")
    page = bob.acts("/settings/link")
    code = page.text.partition("/placet link ")[2][:9]
    assert code_digest(code) in house.services.registry().accounts.offers
    assert code not in bob.opens("/settings").text
    house.shows(SLACK, code)
    assert house.services.registry().accounts.of("bob") == (SLACK,)
    assert "UBOB" in bob.opens("/settings").text
    form = {"platform": "slack", "workspace": "T1", "user": "UBOB"}
    assert signed_in(house, "alice").acts("/settings/unlink", form).status_code == 409, "it is not hers"
    assert bob.acts("/settings/unlink", form).status_code == 303
    assert house.services.registry().accounts.of("bob") == ()


def test_a_declared_account_is_taken_out_of_the_file(house: Running) -> None:
    dave = signed_in(house, "dave")
    answer = dave.acts("/settings/unlink", {"platform": "discord", "workspace": "", "user": "112233"})
    assert answer.status_code == 422
    assert "placet.yaml" in answer.text


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({"until": "2099-07-01T09:00", "offset": ""}, datetime(2099, 7, 1, 9, tzinfo=UTC)),
        ({"until": "2099-07-01T09:00", "offset": "-120"}, datetime(2099, 7, 1, 7, tzinfo=UTC)),
        ({"until": "2099-07-01T09:00", "offset": "300"}, datetime(2099, 7, 1, 14, tzinfo=UTC)),
        ({"until": "2099-07-01T09:00+02:00", "offset": "300"}, datetime(2099, 7, 1, 7, tzinfo=UTC)),
    ],
)
def test_a_moment_is_what_the_clock_on_the_wall_says(house: Running, form: dict[str, str], until: datetime) -> None:
    dave = signed_in(house, "dave")
    assert dave.acts("/settings/away", {**form, "delegate": "carol"}).status_code == 303
    away = known(house, "dave").away  # type: ignore[union-attr]
    assert away is not None
    assert (away.until, away.delegate) == (until, "carol")
    assert "Carol" in dave.opens("/settings").text
    assert voted(house.person("carol"), submitted(house.program(), amount="200000"), "approve")["status"] == "approved"
    assert dave.acts("/settings/away", {"back": "yes"}).status_code == 303
    assert known(house, "dave").away is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"until": "tomorrow"},
        {"until": "2001-01-01T00:00"},
        {"until": "0001-01-01T00:00", "offset": "-840"},
        {"until": "9999-12-31T23:59", "offset": "840"},
        {"span": "9y"},
        {"span": "3d", "delegate": "dave"},
        {"span": "3d", "delegate": "nobody"},
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_in_words(house: Running, form: dict[str, str]) -> None:
    dave = signed_in(house, "dave")
    answer = dave.acts("/settings/away", form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert known(house, "dave").away is None  # type: ignore[union-attr]


# The same over the API


def test_a_token_opens_no_session_that_may_do_more_than_the_token(house: Running) -> None:
    narrow = house.client(house.key(person="erin", scopes=["vote", "read"])["token"])
    assert refused(narrow.post("/v1/people/erin/login")) == (403, "scope")
    assert refused(narrow.get("/v1/people/erin/sessions")) == (403, "scope")
    reading = house.client(house.key(person="bob", scopes=["read"])["token"])
    assert refused(reading.post("/v1/people/bob/login")) == (403, "scope")
    blind = house.client(house.key(person="bob", scopes=["vote"])["token"])
    assert refused(blind.post("/v1/people/bob/login")) == (403, "scope")
    assert refused(house.person("alice").post("/v1/people/bob/login")) == (403, "scope")
    assert refused(house.program().post("/v1/people/bob/login")) == (403, "not_a_person")
    assert refused(house.client().post("/v1/people/nobody/login")) == (404, "not_found")
    made = house.person("bob").post("/v1/people/bob/login")
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert made.json()["url"] is None, "nobody has said where people reach this server"
    assert Browser(house).enters(made.json()["path"].partition("code=")[2]).status_code == 303


def test_sessions_are_listed_and_ended_over_the_api(house: Running) -> None:
    first, second, alice = (signed_in(house, name) for name in ("bob", "bob", "alice"))
    client = house.person("bob")
    items = client.get("/v1/people/bob/sessions").json()["items"]
    assert len(items) == 2
    assert refused(client.get("/v1/people/alice/sessions")) == (403, "scope")
    theirs = house.client().get("/v1/people/alice/sessions").json()["items"][0]["id"]
    assert refused(client.post("/v1/people/bob/sessions/end", json={"session": theirs})) == (404, "not_found")
    assert refused(client.post("/v1/people/bob/sessions/end", json={})) == (422, "invalid")
    left = client.post("/v1/people/bob/sessions/end", json={"session": items[0]["id"]}).json()["items"]
    assert left == items[1:]
    assert sorted([first.is_in, second.is_in]) == [False, True]
    assert client.post("/v1/people/bob/sessions/end", json={"session": None}).json()["items"] == []
    assert (first.is_in, second.is_in, alice.is_in) == (False, False, True)


def test_people_are_invited_and_removed_over_the_api(house: Running) -> None:
    admin = house.client()
    body = {"id": "gina", "name": "Gina", "roles": ["trader"]}
    assert refused(house.person("alice").post("/v1/invitations", json=body)) == (403, "scope")
    assert refused(admin.post("/v1/invitations", json={**body, "id": "alice"})) == (422, "invalid")
    made = admin.post("/v1/invitations", json=body).json()
    joined(house, made["path"].partition("code=")[2])
    assert known(house, "gina").roles == {"trader"}  # type: ignore[union-attr]
    assert refused(house.person("alice").post("/v1/people/gina/remove")) == (403, "scope")
    assert admin.post("/v1/people/gina/remove").json()["active"] is False
    assert refused(admin.post("/v1/people/bob/remove")) == (422, "invalid")
    assert refused(vote(admin, submitted(house.program()), "approve")) == (403, "not_entitled")
