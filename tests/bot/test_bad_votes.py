"""Votes that cannot count are refused with their reason, and leave no trace."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.bot.asking import looked_at, refused, submitted, vote, voted
from tests.bot.running import Doc, Running


def refusal(desk: Running, client: httpx.Client, request: Doc, choice: str, **more: Any) -> tuple[int, str]:
    """The answer to a vote that must not count: nothing may have been recorded."""
    before = desk.position()
    answer = vote(client, request, choice, **more)
    assert desk.position() == before
    return refused(answer)


def test_a_vote_on_an_old_revision_is_refused(
    desk: Running, program: httpx.Client, alice: httpx.Client, bob: httpx.Client
) -> None:
    request = submitted(program, amount="50000")
    voted(alice, request, "modify", parameters={"quantity": 90})
    assert refusal(desk, bob, request, "approve") == (409, "stale_revision")
    assert refusal(desk, bob, {**request, "revision": 3}, "approve") == (409, "stale_revision")


def test_a_vote_after_the_end_is_refused(
    desk: Running, program: httpx.Client, alice: httpx.Client, bob: httpx.Client
) -> None:
    request = submitted(program)
    voted(alice, request, "approve")
    assert refusal(desk, bob, request, "approve") == (409, "ended")
    assert refusal(desk, bob, request, "reject") == (409, "ended")


def test_a_second_vote_counts_once_and_cannot_be_turned(
    desk: Running, program: httpx.Client, alice: httpx.Client
) -> None:
    request = submitted(program, amount="50000")
    voted(alice, request, "approve")
    assert refusal(desk, alice, request, "approve") == (409, "already_voted")
    assert refusal(desk, alice, request, "reject") == (409, "voted_otherwise")
    assert refusal(desk, alice, request, "modify", parameters={"quantity": 5}) == (409, "voted_otherwise")
    assert len(looked_at(program, request)["votes"]) == 1


def test_the_owner_of_what_asks_is_no_second_pair_of_eyes(
    desk: Running, momentum: httpx.Client, frank: httpx.Client
) -> None:
    for amount in ("50000", "200000"):
        request = submitted(momentum, amount=amount)
        for choice in ("approve", "reject", "abstain", "request_changes"):
            assert refusal(desk, frank, request, choice, reason={"code": "risk"}) == (403, "four_eyes")


def test_whom_the_rule_does_not_ask_cannot_vote(
    desk: Running, program: httpx.Client, alice: httpx.Client, dave: httpx.Client
) -> None:
    carol = desk.person("carol")
    request = submitted(program)
    assert refusal(desk, carol, request, "approve") == (403, "not_entitled")
    assert refusal(desk, dave, request, "approve") == (403, "not_entitled")
    assert refusal(desk, alice, submitted(program, amount="200000"), "approve") == (403, "not_entitled")


def test_an_administrator_is_no_approver_by_that(desk: Running, program: httpx.Client, admin: httpx.Client) -> None:
    assert refusal(desk, admin, submitted(program), "approve") == (403, "not_entitled")


def test_a_programs_key_never_votes(desk: Running, program: httpx.Client) -> None:
    assert refusal(desk, program, submitted(program), "approve") == (403, "not_a_person")


def test_a_vote_on_what_is_not_there_is_refused(desk: Running, alice: httpx.Client) -> None:
    nowhere = {"id": "req_00000000000000000000000000", "revision": 1}
    assert refusal(desk, alice, nowhere, "approve") == (404, "not_found")


@pytest.mark.parametrize(
    ("parameters", "status", "code", "field"),
    [
        ({"quantity": 0}, 422, "invalid", "parameters.quantity"),
        ({"quantity": 100_001}, 422, "invalid", "parameters.quantity"),
        ({"quantity": 1.5}, 422, "invalid", "parameters.quantity"),
        ({"quantity": "60"}, 422, "invalid", "parameters.quantity"),
        ({"quantity": True}, 422, "invalid", "parameters.quantity"),
        ({"quantity": None}, 422, "invalid", "parameters.quantity"),
        ({"quantity": [60]}, 422, "invalid", "parameters.quantity"),
        ({"side": "hold"}, 422, "invalid", "parameters.side"),
        ({"side": "BUY"}, 422, "invalid", "parameters.side"),
        ({"limit": 40}, 422, "invalid", "parameters.limit"),
        ({"colour": "red"}, 422, "invalid", "parameters.colour"),
        ({"quantity": 60, "limit": 40}, 422, "invalid", "parameters.limit"),
        ({"quantity": 100}, 422, "no_change", "parameters"),
        ({"quantity": 100.0, "side": "buy"}, 422, "no_change", "parameters"),
        ({}, 422, "invalid", "parameters"),
        (None, 422, "invalid", "parameters"),
        ({"side": "bu\u202ey"}, 422, "invalid", "parameters"),
    ],
)
def test_a_modification_that_is_not_open_to_people_is_refused(
    desk: Running,
    program: httpx.Client,
    alice: httpx.Client,
    parameters: Doc | None,
    status: int,
    code: str,
    field: str,
) -> None:
    request = submitted(program)
    before = desk.position()
    answer = vote(alice, request, "modify", parameters=parameters, reason={"code": "size"})
    assert refused(answer) == (status, code)
    assert answer.json()["errors"][0]["field"] == field
    assert desk.position() == before


def test_a_proposal_without_editable_fields_cannot_be_modified(
    desk: Running, program: httpx.Client, alice: httpx.Client
) -> None:
    request = submitted(program, editable=None)
    assert refusal(desk, alice, request, "modify", parameters={"quantity": 60}, reason={"code": "size"}) == (
        422,
        "not_editable",
    )


def test_a_modification_over_a_hard_limit_is_refused(desk: Running, program: httpx.Client, dave: httpx.Client) -> None:
    request = submitted(program, amount="4900000")
    more = {"parameters": {"quantity": 103}, "reason": {"code": "size"}}
    assert refusal(desk, dave, request, "modify", **more) == (409, "limit")
    assert refusal(desk, dave, submitted(program, amount="5000001"), "approve") == (409, "limit")


def test_a_required_reason_must_be_given(
    desk: Running, program: httpx.Client, alice: httpx.Client, dave: httpx.Client
) -> None:
    critical = submitted(program, amount="200000")
    assert refusal(desk, dave, critical, "reject") == (422, "reason_required")
    change = {"parameters": {"quantity": 60}}
    assert refusal(desk, alice, submitted(program), "modify", **change) == (422, "reason_required")
    assert voted(dave, critical, "reject", reason={"code": "risk"})["status"] == "rejected"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"choice": "maybe"}, "choice"),
        ({"choice": "APPROVE"}, "choice"),
        ({"choice": "\ud800"}, "choice"),
        ({"revision": 0}, "revision"),
        ({"revision": "1"}, "revision"),
        ({"revision": 1.5}, "revision"),
        ({"revision": 9007199254740993}, "revision"),
        ({"revision": None}, "revision"),
        ({"person": "alice"}, "person"),
        ({"acting_for": "bob"}, "acting_for"),
        ({"parameters": {"quantity": 1}}, "parameters"),
        ({"note": "bidi \u202e"}, "note"),
        ({"note": "x" * 3_001}, "note"),
        ({"note": " "}, "note"),
        ({"adopt": 0}, "adopt"),
        ({"choice": "modify", "adopt": 9, "reason": {"code": "size"}}, "adopt"),
        ({"reason": {"code": "nonsense"}}, "reason.code"),
        ({"reason": {"code": "two words"}}, "reason.code"),
        ({"reason": {"code": "other"}}, "reason.words"),
        ({"reason": {"code": "risk", "words": "\x1b[2J"}}, "reason.words"),
        ({"reason": {"code": "risk", "would_agree": "perhaps"}}, "reason.would_agree"),
        ({"reason": {"words": "no code"}}, "reason.code"),
        ({"reason": {"code": "risk", "by": "bob"}}, "reason.by"),
    ],
)
def test_a_vote_that_is_not_as_it_should_be_names_the_field(
    desk: Running, program: httpx.Client, alice: httpx.Client, body: Doc, field: str
) -> None:
    request = submitted(program)
    before = desk.position()
    answer = alice.post(
        f"/v1/requests/{request['id']}/votes",
        content=json.dumps({"choice": "approve", "revision": 1, **body}),
        headers={"Content-Type": "application/json"},
    )
    assert refused(answer) == (422, "invalid"), answer.text
    assert answer.json()["errors"][0]["field"] == field, answer.text
    assert desk.position() == before


def test_a_note_may_hold_what_people_write(program: httpx.Client, alice: httpx.Client) -> None:
    note = "Zwei Zeilen:\nnicht heute 👩‍💻"
    assert voted(alice, submitted(program), "approve", note=note)["votes"][0]["note"] == note
