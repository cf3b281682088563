"""Whatever is wrong with a field, a query or a path is said clearly, and nothing of it is recorded."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.bot.asking import REQUESTS, refused, says, sent, spliced, submitted
from tests.bot.running import EDITABLE, Doc, Running, anonymous, fresh, proposal

HIDDEN = {
    "a null": "\x00",
    "a bell": "\x07",
    "an escape sequence": "\x1b[31m",
    "a right-to-left override": "\u202e",
    "an isolate": "\u2066",
    "a zero-width space": "\u200b",
    "a zero-width joiner": "\u200d",
    "a byte order mark": "\ufeff",
    "a soft hyphen": "\u00ad",
    "a line separator": "\u2028",
    "a private character": "\ue000",
    "a delete": "\x7f",
    "a tag character": "\U000e0041",
}


# Fields


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN.keys())
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Buy {} NVDA"),
        ("subject", "NV{}DA"),
        ("action", "bu{}y"),
        ("summary", "A long story{}"),
        ("account", "main{}"),
        ("algorithm", "v{}1"),
        ("parameters", {"note": "go{}od"}),
        ("context", {"news": [{"headline": "up{}"}]}),
    ],
)
def test_a_character_that_cannot_be_seen_is_refused(
    desk: Running, program: httpx.Client, field: str, value: Any, hidden: str
) -> None:
    written = json.loads(json.dumps(value).replace("{}", json.dumps(hidden)[1:-1]))
    answer = sent(desk, program, json.dumps(proposal(**{field: written}, editable=None)).encode())
    says(answer, 422, "invalid", field, "cannot be seen")


@pytest.mark.parametrize("field", ["title", "subject", "action", "account"])
@pytest.mark.parametrize("broken", ["a\nb", "a\tb", "a\rb"])
def test_a_line_of_text_is_one_line(desk: Running, program: httpx.Client, field: str, broken: str) -> None:
    says(sent(desk, program, json.dumps(proposal(**{field: broken})).encode()), 422, "invalid", field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "x" * 5_000),
        ("subject", "x" * 81),
        ("title", "x" * 201),
        ("summary", "x" * 3_001),
        ("parameters", {"x": "y" * 5_001}),
        ("parameters", {"x": [0] * 2_001}),
        ("context", {"x" * 65: 1}),
        ("key", "x" * 201),
        ("key", "two words"),
        ("key", "schlüssel"),
        ("key", ""),
        ("title", ""),
        ("title", "   "),
        ("title", None),
        ("title", 3),
        ("subject", ["NVDA"]),
        ("currency", "usd"),
        ("currency", "US DOLLAR"),
        ("advisory", "yes"),
        ("advisory", 1),
        ("parameters", []),
        ("parameters", None),
        ("replaces", "req_UPPER"),
        ("replaces", "nonsense"),
        ("valid_for", "4 hours"),
        ("valid_for", "PT0S"),
        ("valid_for", "-PT4H"),
        ("valid_for", "P1Y"),
        ("valid_for", "P900D"),
        ("valid_for", 14_400),
        ("act_within", "PT"),
        ("act_within", "2026-11-20T09:00:00"),
        ("parameters", {"größe": 1}),
        ("parameters", {"a b": 1}),
        ("parameters", {"": 1}),
        ("parameters", {"1st": 1}),
        ("parameters", {"x": {"\u202ey": 1}}),
        ("context", {"cоntext": 1}),
        ("title", "\ud800"),
        ("parameters", {"x": "\udfff\ud800"}),
        ("parameters", {"\ud800": 1}),
    ],
)
def test_a_field_that_is_not_as_it_should_be_is_named(
    desk: Running, program: httpx.Client, field: str, value: Any
) -> None:
    body = {**proposal(editable=None), field: value}
    says(sent(desk, program, json.dumps(body).encode()), 422, "invalid", field)


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"confidense": 0.5}, "confidense"),
        ({"reviewer": "alice"}, "reviewer"),
        ({"status": "approved"}, "status"),
        ({"id": "req_1"}, "id"),
        ({"__proto__": {}}, "__proto__"),
    ],
)
def test_a_field_that_is_not_known_is_named(desk: Running, program: httpx.Client, extra: Doc, field: str) -> None:
    says(sent(desk, program, json.dumps(proposal(**extra)).encode()), 422, "invalid", field, "not known")


def test_a_field_whose_name_is_no_text_is_refused(desk: Running, program: httpx.Client) -> None:
    says(sent(desk, program, spliced(**{"\\ud800": "1"})), 422, "invalid")


def test_every_wrong_field_is_named_at_once(desk: Running, program: httpx.Client) -> None:
    answer = sent(desk, program, json.dumps(proposal(title="", confidence=85, colour="red")).encode())
    assert sorted(error["field"] for error in answer.json()["errors"]) == ["colour", "confidence", "title"]


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("context.vix <", "not a CEL expression"),
        ("vix < 30", "reads vix"),
        ("reviewer == 'alice'", "reads reviewer"),
        ("context.vix > 30", "does not hold"),
        ("context.spot > 400.0", "does not hold"),
        ("context.vix", "does not hold"),
        ("context == {}", "which field of context"),
        ("[1, 2].all(x, x > 0)", "not allowed"),
        ("parameters.list.exists(x, x == 1)", "not allowed"),
        ("context.vix < 30 // for now", "comments"),
        ("context.vix < 30 || '\\n' == ''", "backslashes"),
        ("context.vix < " + "9" * 500, ""),
        ("", ""),
    ],
)
def test_a_valid_while_that_cannot_be_kept_is_refused(
    desk: Running, program: httpx.Client, expression: str, hint: str
) -> None:
    body = json.dumps(proposal(valid_while=expression)).encode()
    says(sent(desk, program, body), 422, "invalid", "valid_while", hint)


@pytest.mark.parametrize(
    ("editable", "field"),
    [
        ({}, "editable"),
        ({"properties": []}, "editable"),
        ({"type": "array", "properties": {}}, "editable"),
        ({"properties": {}, "required": []}, "editable.required"),
        ({"properties": {"colour": {"type": "string"}}}, "editable.properties.colour"),
        ({"properties": {"quantity": {}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": 5}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": "object"}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": ["integer", "null"]}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": "integer", "pattern": "x"}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": "integer", "$ref": "#"}}}, "editable"),
        ({"properties": {"quantity": {"type": "integer", "minimum": "1"}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": "integer", "minimum": 101}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": "integer", "maximum": 99}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": "integer", "multipleOf": 0}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": "integer", "multipleOf": 7}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": "integer", "default": 1.5}}}, "editable.properties.quantity"),
        ({"properties": {"quantity": {"type": "string"}}}, "editable.properties.quantity"),
        ({"properties": {"side": {"type": "string", "enum": []}}}, "editable.properties.side"),
        ({"properties": {"side": {"type": "string", "enum": ["sell"]}}}, "editable.properties.side"),
        ({"properties": {"side": {"type": "string", "enum": [1, "buy"]}}}, "editable.properties.side"),
        ({"properties": {"side": {"type": "string", "format": "email"}}}, "editable.properties.side"),
        ({"properties": {"side": {"type": "string", "maxLength": -1}}}, "editable.properties.side"),
        ({"properties": {"side": {"type": "string", "maxLength": 2}}}, "editable.properties.side"),
        ({"properties": {"side": {"type": "array"}}}, "editable.properties.side"),
        ({"properties": {"side": {"type": "array", "items": {"type": "object"}}}}, "editable.properties.side"),
        ({"properties": {"side": {"type": "string", "title": ["a"]}}}, "editable.properties.side"),
    ],
)
def test_an_editable_schema_that_no_form_can_show_is_refused(
    desk: Running, program: httpx.Client, editable: Doc, field: str
) -> None:
    says(sent(desk, program, json.dumps(proposal(editable=editable)).encode()), 422, "invalid", field)


def test_an_editable_schema_has_a_bounded_number_of_fields(desk: Running, program: httpx.Client) -> None:
    names = [f"n{number}" for number in range(26)]
    body = proposal(
        parameters=dict.fromkeys(names, 1), editable={"properties": {name: {"type": "integer"} for name in names}}
    )
    says(sent(desk, program, json.dumps(body).encode()), 422, "invalid", "editable.properties")


@pytest.mark.parametrize("key", ["two words", "ä", "x" * 201, ""])
def test_an_idempotency_key_that_is_none_is_refused(desk: Running, program: httpx.Client, key: str) -> None:
    before = desk.position()
    for body in (proposal(), proposal(key=fresh())):
        headers = [(b"Content-Type", b"application/json"), (b"Idempotency-Key", key.encode())]
        answer = program.post(REQUESTS, content=json.dumps(body), headers=headers)
        says(answer, 422, "invalid", hint="Idempotency-Key")
    assert desk.position() == before


# Paths and queries


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/v1/requests?cursor=nonsense", "cursor"),
        ("/v1/requests?cursor=WzEsMl0", "cursor"),
        ("/v1/requests?cursor=WzEwMDAwMDAwMDAwMDAwMDAwMDAsMSwieCJd", "cursor"),
        ("/v1/requests?cursor=" + "a" * 401, "cursor"),
        ("/v1/requests?cursor=ä", "cursor"),
        ("/v1/requests?cursor=%00", "cursor"),
        ("/v1/requests?status=open", "status"),
        ("/v1/requests?tier=0", "tier"),
        ("/v1/requests?tier=high", "tier"),
        ("/v1/requests?limit=0", "limit"),
        ("/v1/requests?limit=201", "limit"),
        ("/v1/requests?subject=" + "x" * 81, "subject"),
        ("/v1/requests?subject=%00", "subject"),
        ("/v1/requests?for=%00", "for"),
        ("/v1/requests?status=decided&for=alice", "for"),
        ("/v1/requests/req_1?wait=51", "wait"),
        ("/v1/requests/req_1?wait=-1", "wait"),
        ("/v1/requests/req_1?wait=soon", "wait"),
        ("/v1/requests/req_%00", "id"),
        ("/v1/requests/req_ABC", "id"),
        ("/v1/requests/42", "id"),
        ("/v1/requests/42/events", "id"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(program: httpx.Client, path: str, hint: str) -> None:
    says(program.get(path), 422, "invalid", hint=hint)


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "٣", "9" * 19, ""])
def test_a_last_event_id_that_is_none_is_refused(program: httpx.Client, last: str) -> None:
    answer = program.get("/v1/stream", headers=[(b"Last-Event-ID", last.encode())])
    says(answer, 422, "invalid", hint="Last-Event-ID")


@pytest.mark.parametrize("path", ["/v1", "/v2/requests", "/v1/request", "/v1/requests/req_1/vote", "/docs/x"])
def test_a_path_that_leads_nowhere_says_so(desk: Running, program: httpx.Client, path: str) -> None:
    assert refused(program.get(path)) == (404, "not_found")
    with anonymous(desk.url) as client:
        assert refused(client.get(path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v1/requests/req_1"),
        ("PATCH", "/v1/requests"),
        ("PUT", "/v1/requests"),
        ("GET", "/v1/requests/req_1/votes"),
        ("GET", "/v1/requests/req_1/claim"),
        ("POST", "/v1/people"),
        ("GET", "/v1/stop"),
        ("OPTIONS", "/v1/requests"),
    ],
)
def test_a_call_that_is_done_another_way_says_which(program: httpx.Client, method: str, path: str) -> None:
    answer = program.request(method, path)
    assert refused(answer) == (405, "not_done_this_way")
    assert answer.headers["allow"]


def test_the_same_field_may_be_edited_where_it_is_declared(program: httpx.Client) -> None:
    # The counterpart of all refusals above: what they are varied from is taken.
    assert submitted(program, key=fresh(), editable=EDITABLE)["status"] == "pending"
