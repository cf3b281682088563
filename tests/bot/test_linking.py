"""Accounts over HTTP: codes that link them, once and for ten minutes, and taking them away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.ids import code_digest, new_code
from core.accounts import CODE_LASTS
from core.engine import Done
from core.errors import Refused
from core.model import Account
from tests.bot.asking import refused
from tests.bot.running import HOUSE, Doc, Running, placet, settings_in

SLACK = Account("slack", "T1", "UBOB")
TELEGRAM = Account("telegram", "", "42")
OTHER = Account("telegram", "", "4242")
CODE = re.compile(r"[2-9C-Y]{4}-[2-9C-Y]{4}")


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Placet of the test's own, where Dave's account is declared."""
    declared = HOUSE.replace("name: Dave,", "name: Dave, accounts: {discord: '112233'},")
    with placet(settings_in(tmp_path_factory.mktemp("linking"), house=declared)) as running:
        yield running


def made(client: httpx.Client, person: str) -> Doc:
    answer = client.post(f"/v1/people/{person}/link")
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def accounts(running: Running, person: str) -> list[Doc]:
    people = running.client().get("/v1/people").json()["items"]
    return [account for one in people if one["id"] == person for account in one["accounts"]]


def test_codes_are_read_without_mistakes_and_differ() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch(CODE, code) for code in codes)
    assert not set("".join(codes)) & set("01OILBSZ")


@pytest.mark.parametrize("typed", ["K7QF-93WD", "k7qf93wd", " k7qf 93wd ", "K7QF\u201393WD"])
def test_a_code_may_be_typed_in_any_way(typed: str) -> None:
    assert code_digest(typed) == code_digest("K7QF-93WD")


def test_a_code_is_shown_once_and_links_whoever_shows_it(house: Running) -> None:
    bob = house.person("bob")
    answer = bob.post("/v1/people/bob/link")
    assert answer.headers["cache-control"] == "no-store"
    code = answer.json()["code"]
    assert CODE.fullmatch(code)
    left = datetime.fromisoformat(answer.json()["expires_at"]) - datetime.now(UTC)
    assert CODE_LASTS - timedelta(minutes=1) < left <= CODE_LASTS
    assert isinstance(house.shows(SLACK, code.lower()), Done)
    account = {"platform": "slack", "workspace": "T1", "user": "UBOB", "declared": False}
    assert accounts(house, "bob") == bob.get("/v1/me").json()["accounts"] == [account]
    second = house.shows(OTHER, code)
    assert isinstance(second, Refused)
    assert second.code == "bad_code"


def test_the_code_itself_is_kept_nowhere(house: Running) -> None:
    code = made(house.client(), "bob")["code"]
    stored = b"".join(path.read_bytes() for path in house.settings.home.expanduser().glob("placet.db*"))
    assert code_digest(code).encode() in stored
    assert code.encode() not in stored
    assert code.replace("-", "").encode() not in stored


def test_a_code_for_each_platform_can_be_made_beforehand(house: Running) -> None:
    first = made(house.person("bob"), "bob")["code"]
    second = made(house.client(), "bob")["code"]
    assert isinstance(house.shows(SLACK, first), Done)
    assert isinstance(house.shows(SLACK, first), Refused)
    assert isinstance(house.shows(TELEGRAM, second), Done)


def test_an_account_is_one_persons(house: Running) -> None:
    assert isinstance(house.link("bob", SLACK), Done)
    taken = house.link("alice", SLACK)
    assert isinstance(taken, Refused)
    assert taken.code == "linked_already"


def test_codes_for_others_are_the_administrators(house: Running) -> None:
    before = house.position()
    alice, admin = house.person("alice"), house.client()
    assert refused(alice.post("/v1/people/bob/link")) == (403, "scope")
    assert refused(alice.post("/v1/people/bob/unlink", json={"platform": "slack", "user": "U1"})) == (403, "scope")
    # An administrator's token that was made without `admin` must not lead to somebody else's vote either.
    voting = house.client(house.key(person="erin", scopes=["vote", "read"])["token"])
    assert refused(voting.post("/v1/people/bob/link")) == (403, "scope")
    assert made(voting, "erin")["code"]
    reading = house.client(house.key(person="bob", scopes=["read"])["token"])
    assert refused(reading.post("/v1/people/bob/link")) == (403, "scope")
    program = house.program("momentum")
    assert refused(program.post("/v1/people/frank/link")) == (403, "not_a_person")
    assert refused(admin.post("/v1/people/nobody/link")) == (404, "not_found")
    assert refused(admin.post("/v1/people/No Body/link")) == (422, "invalid")
    assert house.position() > before


def test_an_account_is_taken_away_by_its_person_or_an_administrator(house: Running) -> None:
    for client in (house.person("bob"), house.client()):
        house.link("bob", SLACK)
        body = {"platform": "slack", "workspace": "T1", "user": "UBOB"}
        answer = client.post("/v1/people/bob/unlink", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["accounts"] == []
        assert refused(client.post("/v1/people/bob/unlink", json=body)) == (404, "not_found")


def test_somebody_elses_account_is_not_taken_away_under_ones_own_name(house: Running) -> None:
    house.link("bob", OTHER)
    answer = house.person("alice").post("/v1/people/alice/unlink", json={"platform": "telegram", "user": "4242"})
    assert refused(answer) == (404, "not_found")
    assert len(accounts(house, "bob")) == 1


def test_what_the_file_declares_is_taken_out_there(house: Running) -> None:
    assert accounts(house, "dave") == [{"platform": "discord", "workspace": "", "user": "112233", "declared": True}]
    answer = house.client().post("/v1/people/dave/unlink", json={"platform": "discord", "user": "112233"})
    assert refused(answer) == (422, "invalid")
    assert "placet.yaml" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "platform"),
        ({"platform": "irc", "user": "U1"}, "platform"),
        ({"platform": "slack"}, "user"),
        ({"platform": "slack", "user": ""}, "user"),
        ({"platform": "telegram", "user": 4242}, "user"),
        ({"platform": "slack", "user": "U1", "team": "T1"}, "team"),
        ({"platform": "slack", "user": "U1\n"}, "user"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(house: Running, body: Doc, field: str) -> None:
    answer = house.client().post("/v1/people/bob/unlink", json=body)
    assert refused(answer) == (422, "invalid")
    assert field in [error["field"] for error in answer.json()["errors"]]
