"""What cannot go in is refused by its line and its field, with what to do; the rest goes in."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.bot.importing import LEARNING, advice, counts, fill, refused, sent
from tests.bot.running import Doc, Running, placet, settings_in


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = settings_in(tmp_path_factory.mktemp("house"), house=LEARNING, max_import=300_000)
    with placet(settings) as running:
        yield running


@pytest.fixture(scope="module")
def erin(house: Running) -> httpx.Client:
    """The administrator."""
    return house.client()


BAD: dict[str, tuple[Doc, str, str]] = {
    "a time without a zone": ({"at": "2024-03-05T15:54:00"}, "at", "names no zone"),
    "a day in place of a time": ({"at": "2024-03-05"}, "at", "without a time of day"),
    "the year 1900": ({"at": "1900-01-01T00:00:00Z"}, "at", "lies in the year 1900"),
    "the year 9999": ({"at": "9999-12-31T23:59:59Z"}, "at", "lies in the year 9999"),
    "a day that is none": ({"at": "2023-02-29T12:00:00Z"}, "at", "no day of the calendar"),
    "a time of another kind": ({"at": 1709653000}, "at", "must be a time with its zone"),
    "a text that is too long": ({"subject": "X" * 81}, "subject", "longer than 80"),
    "a control character": ({"subject": "AA\u0000PL"}, "subject", "cannot be seen"),
    "a line break": ({"order": "a\nb"}, "order", "cannot be seen"),
    "an unknown field": ({"prize": 3}, "prize", "is not known here"),
    "no subject": ({"subject": None}, "subject", "is missing"),
    "no key": ({"execution": None}, "execution", "is missing"),
    "a quantity of nothing": ({"parameters": {"quantity": 0}}, "quantity", "above zero"),
    "a quantity in words": ({"parameters": {"quantity": "many"}}, "quantity", "must be a number"),
    "a quantity beyond measure": ({"parameters": {"quantity": 10**30}}, "parameters.quantity", "is beyond"),
    "fees in words": ({"fees": "a lot"}, "fees", "must be a decimal"),
    "a currency that is none": ({"currency": "dollars"}, "currency", "capital letters"),
    "a person who is unknown": ({"person": "mallory"}, "person", "not known here"),
    "another's account": ({"person": "bob"}, "person", "is alice's"),
    "the same said twice": ({"symbol": "IBM"}, "symbol", "says the same as `subject`"),
    "a status that is none": ({"status": "maybe"}, "status", "must be one of"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_refused_by_its_field_and_the_rest_goes_in(erin: httpx.Client, name: str) -> None:
    changes, field, words = BAD[name]
    found, detail = refused(erin, "executions", fill(**changes))
    assert (found, words in detail) == (field, True), detail


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "1" * 60])
@pytest.mark.parametrize("field", ["fees", "parameters.premium"])
def test_a_number_that_is_none_is_refused_where_it_stands(erin: httpx.Client, number: str, field: str) -> None:
    row = json.dumps(fill(fees=111.5, parameters={"premium": 222.5}))
    row = row.replace("111.5" if field == "fees" else "222.5", number)
    body = f"[{row}, {json.dumps(fill())}]"
    answer = erin.post("/v1/executions", content=body, headers={"Content-Type": "application/json"}).json()
    assert (counts(answer), answer["refused"][0]["field"]) == ((1, 0, 0), field), answer


ADVICE: dict[str, tuple[Doc, str, str]] = {
    "a confidence in per cent": ({"confidence": 64}, "confidence", "between 0 and 1"),
    "a negative amount": ({"amount": "-1"}, "amount", "must not be negative"),
    "a duration that is none": ({"valid_for": "4h"}, "valid_for", "must be a duration"),
    "an end before its beginning": ({"valid_for": None, "valid_until": "2024-03-05T15:00:00Z"}, "valid_until", "after"),
    "the id of a request": ({"key": "req_01m7xmjsfz89baewvj6q7e9ph4"}, "key", "needs no import"),
    "choices that are no list": ({"choices": {"strike": 3}}, "choices.strike", "must be a list"),
    "an account of nobody": ({"account": "U98"}, "account", "learning.accounts"),
    "a decision that is none": ({"decision": "shrug", "decided_at": "2024-03-05T16:00:00Z"}, "decision", "one of"),
    "a decision without a time": ({"decision": "rejected"}, "decided_at", "is missing"),
}


@pytest.mark.parametrize("name", ADVICE)
def test_bad_advice_is_refused_by_its_field(erin: httpx.Client, name: str) -> None:
    changes, field, words = ADVICE[name]
    found, detail = refused(erin, "recommendations", advice(**changes))
    assert (found, words in detail) == (field, True), detail


def test_a_decision_does_not_come_before_what_it_is_about(erin: httpx.Client) -> None:
    row = advice()
    sent(erin, "recommendations", row)
    click = {"key": row["key"], "decision": "approve", "at": "2024-03-05T15:00:00Z"}
    field, words = refused(erin, "recommendations", click)
    assert (field, "lies before" in words) == ("at", True)


RESULTS: dict[str, tuple[Doc, str, str]] = {
    "a request that is unknown": ({"about": "nobody-asked"}, "about", "import the recommendations first"),
    "an id of a request that is unknown": ({"about": "req_01m7xmjsfz89baewvj6q7e9ph4"}, "about", "not known here"),
    "no kind": ({"kind": None}, "kind", "`recommended`"),
    "a pnl of NaN in quotes": ({"pnl": "NaN"}, "pnl", "must be a decimal"),
    "a risk of nothing": ({"kind": "actual", "risk": "0"}, "risk", "cannot be zero"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_bad_result_is_refused_by_its_field(erin: httpx.Client, name: str) -> None:
    changes, field, words = RESULTS[name]
    row = {"about": "o1", "kind": "recommended", "at": "2024-01-19", "pnl": "1.00", **changes}
    found, detail = refused(erin, "results", {key: value for key, value in row.items() if value is not None})
    assert (found, words in detail) == (field, True), detail


BODIES: dict[str, tuple[bytes, str, int, str]] = {
    "nothing": (b"", "text/csv", 422, "There is nothing in it"),
    "nothing in JSON": (b"", "application/json", 422, "neither a JSON object nor an array"),
    "an empty array": (b"[]", "application/json", 422, "not one row"),
    "a header alone": (b"execution,at,action,subject\n", "text/csv", 422, "not one row"),
    "a word": (b'"hello"', "application/json", 422, "neither a JSON object nor an array"),
    "other bytes": (b"\xff\xfe\x00\x01[", "application/json", 422, "not UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "text/csv", 422, "not UTF-8"),
    "JSON that is none": (b"{oops}", "application/json", 422, "It is not JSON"),
    "deep JSON": (b"[" * 100_000, "application/json", 422, "nested too deep"),
    "a form": (b"a=b", "application/x-www-form-urlencoded", 415, "Content-Type"),
    "too much": (b" " * 300_001, "application/json", 413, "at most 300000 bytes"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_read_is_said_with_what_to_do(erin: httpx.Client, name: str) -> None:
    body, media_type, status, words = BODIES[name]
    answer = erin.post("/v1/executions", content=body, headers={"Content-Type": media_type})
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


def test_an_import_may_be_larger_than_other_bodies(erin: httpx.Client) -> None:
    rows = [fill(order=f"o{number}") for number in range(600)]
    assert 100_000 < len(json.dumps(rows)) < 300_000
    assert counts(sent(erin, "executions", rows)) == (600, 0, 0)


@pytest.mark.parametrize(
    ("query", "field"), [({"zone": "../etc"}, "zone"), ({"map": "at"}, "map"), ({"map": "prize=x"}, "map")]
)
def test_a_bad_word_about_a_file_is_said(erin: httpx.Client, query: Doc, field: str) -> None:
    answer = erin.post("/v1/executions", json=[fill()], params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_json_behind_its_end_is_refused_and_what_came_before_goes_in(erin: httpx.Client) -> None:
    head = {"Content-Type": "application/json"}
    answer = erin.post("/v1/executions", content=f"[{json.dumps(fill())}, {{oops", headers=head).json()
    assert (counts(answer), answer["refused"][0]["line"]) == ((1, 0, 0), 2)
    lines = f'{json.dumps(fill())}\n{{oops}}\n[]\n\n{{"a": 1, "a": 2}}\n{json.dumps(fill())}\n'
    answer = erin.post("/v1/executions", content=lines, headers={"Content-Type": "application/x-ndjson"}).json()
    assert (counts(answer), [one["line"] for one in answer["refused"]]) == ((2, 0, 0), [2, 3, 5])
