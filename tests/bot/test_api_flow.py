"""What programs and people do over HTTP, from the proposal to the claim."""

from __future__ import annotations

import json
import threading
import time
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.bot.asking import refused, submitted, vote, voted
from tests.bot.running import Doc, Running, anonymous, exactly, fresh, proposal

# Submitting


def test_a_proposal_is_answered_with_201_and_where_it_is(program: httpx.Client) -> None:
    answer = program.post("/v1/requests", json=proposal())
    assert answer.status_code == 201
    request = answer.json()
    assert answer.headers["location"] == f"/v1/requests/{request['id']}"
    assert request["status"] == "pending"
    assert request["ruling"]["rule"] == "routine"
    assert program.get(answer.headers["location"]).json()["id"] == request["id"]


def test_the_same_key_and_body_are_the_same_request(program: httpx.Client) -> None:
    body = proposal(key=fresh())
    first = program.post("/v1/requests", json=body)
    second = program.post("/v1/requests", json=body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["idempotent-replayed"] == "true"
    assert len(program.get("/v1/requests").json()["items"]) == 1


def test_white_space_and_the_order_of_keys_make_no_other_body(program: httpx.Client) -> None:
    body = proposal(key=fresh())
    first = program.post("/v1/requests", json=body)
    turned = {name: body[name] for name in reversed(body)}
    turned["parameters"] = {name: body["parameters"][name] for name in reversed(body["parameters"])}
    headers = {"Content-Type": "application/json; charset=utf-8"}
    second = program.post("/v1/requests", content=json.dumps(turned, indent=4), headers=headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Buy 101 NVDA"},
        {"parameters": {"quantity": 100, "limit": "42.5", "side": "buy"}},
        {"parameters": {"quantity": 100, "limit": 42.51, "side": "buy"}},
        {"parameters": {"quantity": 100, "limit": 42.5, "side": "buy", "urgent": True}},
        {"amount": "4250.01"},
    ],
    ids=["another title", "text for a number", "another number", "one more parameter", "another amount"],
)
def test_the_same_key_with_another_body_is_refused(program: httpx.Client, changes: Doc) -> None:
    key = fresh()
    assert program.post("/v1/requests", json=proposal(key=key)).status_code == 201
    assert refused(program.post("/v1/requests", json=proposal(key=key, **changes))) == (422, "key_reused")
    assert len(program.get("/v1/requests").json()["items"]) == 1


def test_the_header_idempotency_key_is_as_good_as_the_field(program: httpx.Client) -> None:
    headers = {"Idempotency-Key": fresh()}
    first = program.post("/v1/requests", json=proposal(), headers=headers)
    second = program.post("/v1/requests", json=proposal(), headers=headers)
    other = program.post("/v1/requests", json=proposal(title="Another"), headers=headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["key"] == headers["Idempotency-Key"]
    assert second.json()["id"] == first.json()["id"]
    assert refused(other) == (422, "key_reused")


def test_a_key_belongs_to_its_program(desk: Running, program: httpx.Client) -> None:
    body = proposal(key=fresh())
    first = program.post("/v1/requests", json=body)
    second = desk.program().post("/v1/requests", json=body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_forty_submissions_at_once_with_one_key_make_one_request(desk: Running) -> None:
    token = desk.key(program=fresh("racer"))["token"]
    body, answers = proposal(key=fresh()), []

    def send() -> None:
        with anonymous(desk.url, {"Authorization": f"Bearer {token}"}) as client:
            answers.append(client.post("/v1/requests", json=body))

    threads = [threading.Thread(target=send) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 39 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


# Waiting


def test_a_wait_is_answered_when_it_is_decided(desk: Running, alice: httpx.Client) -> None:
    token = desk.key(program=fresh("waiter"))["token"]
    client, other = desk.client(token), desk.client(token)
    request = submitted(client)
    answers: list[Doc] = []

    def wait() -> None:
        answers.append(other.get(f"/v1/requests/{request['id']}", params={"wait": 50}).json())

    began = time.monotonic()
    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.3)
    assert not answers
    voted(alice, request, "approve")
    waiting.join(30)
    assert answers[0]["status"] == "approved"
    assert time.monotonic() - began < 20


def test_a_wait_that_is_over_says_pending(program: httpx.Client) -> None:
    request = submitted(program)
    began = time.monotonic()
    answer = program.get(f"/v1/requests/{request['id']}", params={"wait": 1})
    assert answer.status_code == 200
    assert answer.json()["status"] == "pending"
    assert time.monotonic() - began >= 0.9


def test_a_wait_for_what_is_decided_already_is_answered_at_once(program: httpx.Client, alice: httpx.Client) -> None:
    request = submitted(program)
    voted(alice, request, "reject", reason={"code": "risk"})
    began = time.monotonic()
    answer = program.get(f"/v1/requests/{request['id']}", params={"wait": 50})
    assert answer.json()["status"] == "rejected"
    assert time.monotonic() - began < 10


# Voting


@pytest.mark.parametrize(
    ("choice", "status"),
    [
        ("approve", "approved"),
        ("reject", "rejected"),
        ("request_changes", "changes_requested"),
        ("abstain", "pending"),
    ],
)
def test_a_vote_does_what_it_says(program: httpx.Client, alice: httpx.Client, choice: str, status: str) -> None:
    answer = voted(alice, submitted(program), choice, note="as discussed")
    assert answer["status"] == status
    [shown] = answer["votes"]
    assert (shown["person"], shown["choice"], shown["via"], shown["note"]) == ("alice", choice, "api", "as discussed")
    if status != "pending":
        assert answer["decision"]["by"] == ["alice"]


def test_a_modification_is_approved_as_modified(program: httpx.Client, alice: httpx.Client) -> None:
    request = submitted(program)
    answer = voted(alice, request, "modify", parameters={"quantity": 60}, reason={"code": "size", "words": "half"})
    assert answer["status"] == "modified"
    assert answer["revision"] == 2
    assert answer["proposal"]["parameters"] == {"quantity": 60, "limit": Decimal("42.5"), "side": "buy"}
    assert answer["decision"]["override"] == {
        "kind": "refined",
        "changes": [{"op": "replace", "path": "/parameters/quantity", "old": 100, "value": 60}],
    }
    assert answer["votes"][0]["reasons"][0]["words"] == "half"


def test_an_elevated_request_needs_two(program: httpx.Client, alice: httpx.Client, bob: httpx.Client) -> None:
    request = submitted(program, amount="50000")
    first = voted(alice, request, "approve")
    assert first["status"] == "pending"
    second = voted(bob, request, "approve")
    assert second["status"] == "approved"
    assert second["decision"]["by"] == ["alice", "bob"]


def test_a_modification_beyond_ones_authority_is_a_suggestion_for_those_who_have_it(
    program: httpx.Client, alice: httpx.Client, bob: httpx.Client, dave: httpx.Client
) -> None:
    request = submitted(program)
    # A thousand times as many is a thousand times the amount: critical, for heads and risk alone.
    answer = voted(alice, request, "modify", parameters={"quantity": 100_000}, reason={"code": "size"})
    assert answer["status"] == "pending"
    assert answer["revision"] == 1
    [suggestion] = answer["suggestions"]
    assert (suggestion["number"], suggestion["person"]) == (1, "alice")
    assert suggestion["parameters"] == {"quantity": 100_000}
    assert refused(vote(bob, request, "modify", adopt=1, reason={"code": "size"})) == (403, "not_entitled")
    adopted = voted(dave, request, "modify", adopt=1, reason={"code": "size"})
    assert adopted["status"] == "modified"
    assert adopted["ruling"]["tier"] == 3
    assert adopted["proposal"]["parameters"]["quantity"] == 100_000


def test_a_reason_can_be_given_afterwards_by_who_voted(
    program: httpx.Client, alice: httpx.Client, bob: httpx.Client
) -> None:
    request = submitted(program)
    voted(alice, request, "reject")
    path = f"/v1/requests/{request['id']}/reason"
    answer = alice.post(path, json={"code": "timing", "words": "earnings tonight", "would_agree": "yes"})
    assert answer.status_code == 200
    [reason] = answer.json()["votes"][0]["reasons"]
    assert (reason["code"], reason["words"], reason["would_agree"]) == ("timing", "earnings tonight", "yes")
    assert refused(bob.post(path, json={"code": "timing"})) == (409, "no_vote")


def test_a_vote_with_an_idempotency_key_is_repeatable(program: httpx.Client, alice: httpx.Client) -> None:
    request = submitted(program)
    path, headers = f"/v1/requests/{request['id']}/votes", {"Idempotency-Key": fresh()}
    body = {"choice": "approve", "revision": 1}
    first = alice.post(path, json=body, headers=headers)
    second = alice.post(path, json=body, headers=headers)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert refused(alice.post(path, json={**body, "note": "hm"}, headers=headers)) == (422, "key_reused")


def test_a_resubmission_replaces_what_changes_were_asked_for_and_keeps_its_tier(
    program: httpx.Client, dave: httpx.Client
) -> None:
    first = submitted(program, amount="200000")
    voted(dave, first, "request_changes", note="smaller")
    second = submitted(program, replaces=first["id"], amount="100")
    assert second["replaces"] == first["id"]
    assert second["iteration"] == 2
    assert second["ruling"]["tier"] == 3


# The program's side


def test_a_program_withdraws_its_request(program: httpx.Client, alice: httpx.Client) -> None:
    request = submitted(program)
    answer = program.post(f"/v1/requests/{request['id']}/cancel", json={"why": "the signal is gone"})
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["decision"]["why"] == "the signal is gone"
    assert refused(vote(alice, request, "approve")) == (409, "ended")


def test_new_context_lets_a_request_lapse(program: httpx.Client) -> None:
    request = submitted(program, context={"vix": 20, "spot": 411.5}, valid_while="context.spot > 400.0")
    path = f"/v1/requests/{request['id']}/context"
    still = program.post(path, json={"context": {"spot": 400.25}})
    assert still.json()["status"] == "pending"
    assert exactly(still)["context"]["spot"] == Decimal("400.25")
    assert still.json()["context"]["vix"] == 20
    over = program.post(path, json={"context": {"spot": 400.0}})
    assert over.json()["status"] == "lapsed"


def test_a_decision_is_claimed_once(program: httpx.Client, alice: httpx.Client) -> None:
    request = submitted(program)
    path = f"/v1/requests/{request['id']}/claim"
    assert refused(program.post(path, json={})) == (409, "not_decided")
    voted(alice, request, "approve")
    first = program.post(path, json={"claimant": "worker-1", "hash": request["hash"]})
    again = program.post(path, json={"claimant": "worker-1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["claim"]["claimant"] == "worker-1"
    assert again.json()["claim"] == first.json()["claim"]
    assert refused(program.post(path, json={"claimant": "worker-2"})) == (409, "claimed")


def test_what_was_not_approved_cannot_be_claimed(program: httpx.Client, alice: httpx.Client) -> None:
    request = submitted(program)
    voted(alice, request, "reject", reason={"code": "risk"})
    assert refused(program.post(f"/v1/requests/{request['id']}/claim", json={})) == (409, "not_approved")


def test_a_claim_on_another_revision_than_was_approved_is_refused(program: httpx.Client, alice: httpx.Client) -> None:
    request = submitted(program)
    modified = voted(alice, request, "modify", parameters={"quantity": 60}, reason={"code": "size"})
    path = f"/v1/requests/{request['id']}/claim"
    assert refused(program.post(path, json={"hash": request["hash"]})) == (409, "other_revision")
    assert program.post(path, json={"hash": modified["hash"]}).status_code == 200


def test_an_advisory_request_is_told_and_never_claimed(program: httpx.Client) -> None:
    request = submitted(program, advisory=True)
    assert request["status"] == "advised"
    assert refused(program.post(f"/v1/requests/{request['id']}/claim", json={})) == (409, "not_approved")


# Reading


def test_pending_requests_are_listed_by_tier_and_then_by_deadline(program: httpx.Client) -> None:
    late = submitted(program, valid_for="PT3H")
    soon = submitted(program, valid_for="PT2H")
    critical = submitted(program, amount="200000")
    elevated = submitted(program, amount="20000")
    listed = [item["id"] for item in program.get("/v1/requests").json()["items"]]
    assert listed == [critical["id"], elevated["id"], soon["id"], late["id"]]


def test_a_list_is_filtered_by_status_tier_and_subject(program: httpx.Client, alice: httpx.Client) -> None:
    done = submitted(program, subject="DONE")
    voted(alice, done, "approve")
    rejected = submitted(program)
    voted(alice, rejected, "reject", reason={"code": "risk"})
    big = submitted(program, amount="200000")
    apple = submitted(program, subject="AAPL")

    def listed(**query: Any) -> set[str]:
        answer = program.get("/v1/requests", params=query)
        assert answer.status_code == 200
        return {item["id"] for item in answer.json()["items"]}

    assert listed() == {big["id"], apple["id"]}
    assert listed(tier=3) == {big["id"]}
    assert listed(subject="AAPL") == {apple["id"]}
    assert listed(subject="AAPL", tier=3) == set()
    assert listed(status="decided") == {done["id"], rejected["id"]}
    assert listed(status="approved") == {done["id"]}
    assert listed(status="rejected", subject="DONE") == set()


def test_a_list_is_filtered_by_whom_it_asks(program: httpx.Client, alice: httpx.Client) -> None:
    subject = fresh("S")
    routine = submitted(program, subject=subject)
    critical = submitted(program, subject=subject, amount="200000")

    def listed(who: str) -> set[str]:
        return {r["id"] for r in alice.get("/v1/requests", params={"for": who, "subject": subject}).json()["items"]}

    assert listed("alice") == {routine["id"]}
    assert listed("dave") == {critical["id"]}
    assert listed("frank") == {routine["id"], critical["id"]}
    assert listed("risk") == {critical["id"]}
    assert listed("carol") == set()
    assert listed("r%sk") == set()


@pytest.mark.parametrize("status", ["pending", "decided"])
def test_pages_lead_to_the_end_without_loss_or_repeats(program: httpx.Client, alice: httpx.Client, status: str) -> None:
    made = [submitted(program, amount="200000" if n % 3 == 0 else "100") for n in range(11)]
    if status == "decided":
        for request in made:
            program.post(f"/v1/requests/{request['id']}/cancel", json={})
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        query: dict[str, str | int] = {"status": status, "limit": 3, **({"cursor": cursor} if cursor else {})}
        page = program.get("/v1/requests", params=query).json()
        found += [item["id"] for item in page["items"]]
        cursor, pages = page["cursor"], pages + 1
    assert pages == 4
    assert sorted(found) == sorted(request["id"] for request in made)


def test_counts_are_told_to_people_by_tier(program: httpx.Client, alice: httpx.Client) -> None:
    before = alice.get("/v1/requests").json()["counts"]
    submitted(program, amount="200000")
    submitted(program)
    submitted(program)
    after = alice.get("/v1/requests").json()["counts"]
    assert after["3"] == before.get("3", 0) + 1
    assert after["1"] == before.get("1", 0) + 2
    assert "counts" not in program.get("/v1/requests").json()


def test_the_history_holds_every_fact_in_order(program: httpx.Client, alice: httpx.Client) -> None:
    request = submitted(program)
    voted(alice, request, "approve", note="a secret note")
    program.post(f"/v1/requests/{request['id']}/claim", json={})
    answer = program.get(f"/v1/requests/{request['id']}/events")
    items = answer.json()["items"]
    assert [item["type"] for item in items] == ["Opened", "Voted", "Decided", "Claimed"]
    assert [item["seq"] for item in items] == [1, 2, 3, 4]
    assert items[1]["actor"] == {"kind": "person", "id": "alice", "via": "api"}
    assert all(len(item["leaf"]) == 64 for item in items)
    assert "a secret note" not in answer.text


def test_an_error_names_its_place_and_the_answer_is_not_cached_for_secrets(desk: Running, admin: httpx.Client) -> None:
    missing = admin.get("/v1/requests/req_00000000000000000000000000")
    assert refused(missing) == (404, "not_found")
    assert missing.json()["instance"] == "/v1/requests/req_00000000000000000000000000"
    made = admin.post("/v1/keys", json={"program": fresh("program")})
    assert made.headers["cache-control"] == "no-store"
