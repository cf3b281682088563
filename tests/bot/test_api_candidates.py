"""Patterns and candidates over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.invented import PLANTED, year
from bot.ids import new_id
from core.engine import CLOCK, Bookkeeping, Done
from core.learning.candidates import Candidate
from core.learning.gather import to_record
from tests.bot.proposing import do, now, proposed
from tests.bot.running import Doc, Running, placet, settings_in
from tests.core.learning.habits import told


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with placet(settings_in(tmp_path_factory.mktemp("house"))) as running:
        yield running


@pytest.fixture
def candidate(house: Running) -> Candidate:
    return proposed(house)


def decision(house: Running, who: str, candidate: Candidate, **body: Any) -> Any:
    return house.person(who).post(f"/v1/candidates/{candidate.id}/decision", json=body)


def test_it_is_decided_over_http_too(house: Running, candidate: Candidate) -> None:
    answer = decision(house, "alice", candidate, decision="reject", reason="other", words="Not now.", version=1)
    assert answer.status_code == 200, answer.text
    view = answer.json()
    assert (view["status"], view["version"], view["open_to"]) == ("rejected", 2, {})
    assert view["decisions"][0]["words"] == "Not now."
    assert view["snapshot"]["sentence"] == candidate.sentence
    again = decision(house, "alice", candidate, decision="reject", reason="chance")
    assert (again.status_code, again.json()["version"]) == (200, 2)
    late = decision(house, "erin", candidate, decision="implement", reason="evidence")
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")
    assert "alice rejected it" in late.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"decision": "implement"}, 422, "reason_required"),
        ({"decision": "implement", "reason": "because"}, 422, "invalid"),
        ({"decision": "reject", "reason": "other"}, 422, "reason_required"),
        ({"decision": "defer", "reason": "busy"}, 422, "invalid"),
        ({"decision": "defer", "reason": "busy", "until": "2001-01-01T00:00:00Z"}, 422, "invalid"),
        ({"decision": "defer", "reason": "busy", "until": "2999-01-01T00:00:00Z"}, 422, "invalid"),
        ({"decision": "defer", "reason": "busy", "until": "tomorrow"}, 422, "invalid"),
        ({"decision": "implement", "reason": "evidence", "until": "2099-01-01T00:00:00Z"}, 422, "invalid"),
        ({"decision": "implement", "reason": "evidence", "version": 7}, 409, "stale_version"),
        ({"decision": "keep", "reason": "works"}, 409, "not_open"),
        ({"decision": "deployed", "algorithm": "v2"}, 409, "not_open"),
        ({"decision": "perhaps", "reason": "evidence"}, 422, "invalid"),
        ({"decision": "reject", "reason": "chance", "algorithm": "v2"}, 422, "invalid"),
        ({"decision": "reject", "reason": "chance", "by": "erin"}, 422, "invalid"),
        ({}, 422, "invalid"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_says_why(
    house: Running, candidate: Candidate, body: Doc, status: int, code: str
) -> None:
    answer = decision(house, "alice", candidate, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert now(house, candidate.id).version == 1


def test_only_whom_it_concerns_sees_it(house: Running, candidate: Candidate) -> None:
    path = f"/v1/candidates/{candidate.id}"
    assert house.person("alice").get(path).status_code == 200
    assert house.client().get(path).status_code == 200
    assert house.program("momentum", "frank").get(path).status_code == 200
    assert house.person("frank").get(path).status_code == 200
    assert house.person("bob").get(path).status_code == 404
    assert house.program("other").get(path).status_code == 404
    assert house.client().get("/v1/candidates/cnd_" + "0" * 26).status_code == 404
    listed = house.person("alice").get("/v1/candidates", params={"status": "proposed"}).json()["items"]
    assert candidate.id in [one["id"] for one in listed]
    assert house.person("bob").get("/v1/candidates").json() == {"items": []}
    assert house.person("bob").get("/v1/candidates", params={"person": "alice"}).status_code == 403


def test_a_program_decides_nothing(house: Running, candidate: Candidate) -> None:
    body = {"decision": "implement", "reason": "evidence"}
    answer = house.program("momentum").post(f"/v1/candidates/{candidate.id}/decision", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_person")


def test_the_same_key_gets_the_same_answer(house: Running, candidate: Candidate) -> None:
    body, headers = {"decision": "implement", "reason": "evidence"}, {"Idempotency-Key": f"k-{candidate.id}"}
    alice, path = house.person("alice"), f"/v1/candidates/{candidate.id}/decision"
    first = alice.post(path, json=body, headers=headers)
    assert alice.post(path, json=body, headers=headers).json() == first.json()
    other = alice.post(path, json={**body, "reason": "try"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_the_owner_who_decides_nothing_may_say_that_it_is_deployed(house: Running, candidate: Candidate) -> None:
    house.program("momentum", "frank")
    assert decision(house, "alice", candidate, decision="implement", reason="evidence").status_code == 200
    refused = decision(house, "frank", candidate, decision="reject", reason="chance")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_entitled")
    same = decision(house, "frank", candidate, decision="deployed", algorithm=candidate.algorithm)
    assert (same.status_code, same.json()["code"]) == (422, "invalid")
    done = decision(house, "frank", candidate, decision="deployed", algorithm="v9")
    assert (done.status_code, done.json()["status"]) == (200, "implemented")
    assert done.json()["next_look"] > done.json()["implemented_at"]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A house whose ledger holds a year of Alice's, and nothing decided yet."""
    with placet(settings_in(tmp_path_factory.mktemp("lived"))) as running:
        advice, matches = told(year(PLANTED["longer .90"][0], 1_001))
        records = [*map(to_record, advice), *map(to_record, matches)]
        now = datetime(2013, 1, 1, tzinfo=UTC)
        for at in range(0, len(records), 500):
            portion = records[at : at + 500]
            keep = Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda tx, portion=portion: tx.record(portion, now))  # type: ignore[misc]
            assert isinstance(do(running, running.services.ask(keep)), Done)
        yield running


def test_patterns_are_shown_with_their_evidence(lived: Running) -> None:
    items = lived.person("alice").get("/v1/patterns").json()["items"]
    best = items[0]
    assert (best["level"], best["target"]) == ("pattern", {"kind": "edit", "name": "expiry", "up": True, "cut": None})
    assert best["evidence"] >= best["threshold"]
    assert best["effect"]["low"] < best["effect"]["value"] < best["effect"]["high"]
    assert best["sentence"].startswith("You lengthened the expiry in ")
    only = lived.person("alice").get("/v1/patterns", params={"level": "pattern"}).json()["items"]
    assert only == [one for one in items if one["level"] == "pattern"]
    assert lived.person("bob").get("/v1/patterns").json() == {"items": []}
    assert lived.person("bob").get("/v1/patterns", params={"person": "alice"}).status_code == 403
    assert lived.client().get("/v1/patterns", params={"person": "alice"}).json()["items"] == items


def test_a_pattern_is_promoted_by_hand_by_whom_it_is_about_alone(lived: Running) -> None:
    body = {"program": "momentum", "algorithm": "v1", "kind": "edit", "name": "expiry"}
    other = lived.client().post("/v1/candidates", json={**body, "person": "alice"})
    assert (other.status_code, other.json()["code"]) == (403, "not_entitled")
    weak = lived.person("alice").post("/v1/candidates", json={**body, "kind": "weekday", "name": "Tuesday"})
    assert (weak.status_code, weak.json()["code"]) == (409, "not_open")
    unknown = lived.person("alice").post("/v1/candidates", json={**body, "name": "colour"})
    assert unknown.status_code == 404
    made = lived.person("alice").post("/v1/candidates", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["by_hand"]
    assert made.json()["status"] == "proposed"
    twice = lived.person("alice").post("/v1/candidates", json=body)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_decided")
