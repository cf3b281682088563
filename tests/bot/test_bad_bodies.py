"""A body that cannot be believed is refused whole: its numbers, its keys, its size, its depth, its encoding."""

from __future__ import annotations

import json
from decimal import Decimal

import httpx
import pytest

from tests.bot.asking import JSON, REQUESTS, refused, says, sent, spliced, submitted
from tests.bot.running import Running, exactly, proposal

BODY = json.dumps(proposal())


# Numbers


@pytest.mark.parametrize("where", ["confidence", "amount", "parameters", "context"])
@pytest.mark.parametrize(
    ("number", "hint"),
    [
        ("NaN", "NaN is not a number"),
        ("Infinity", "Infinity is not a number"),
        ("-Infinity", "-Infinity is not a number"),
        ("-0", "write 0"),
        ("-0.0", "write 0"),
        ("-0e5", "write 0"),
        ("1e309", "out of range"),
        ("1e-309", "out of range"),
        ("1e999999999999", "out of range"),
        ("1" * 41, "40 digits"),
        ("0." + "1" * 41, "40 digits"),
        ("9" * 5_000, "40 digits"),
    ],
)
def test_a_number_that_is_none_is_refused_wherever_it_stands(
    desk: Running, program: httpx.Client, where: str, number: str, hint: str
) -> None:
    raw = f'{{"deep": [{{"x": {number}}}]}}' if where in ("parameters", "context") else number
    says(sent(desk, program, spliced(**{where: raw})), 422, "bad_json", hint=hint)


@pytest.mark.parametrize(
    ("field", "raw", "hint"),
    [
        ("amount", "-1", "negative"),
        ("amount", '"-1.00"', "without sign"),
        ("amount", '"+1"', "without sign"),
        ("amount", '"1,000"', "separators"),
        ("amount", '"1_000"', "separators"),
        ("amount", '"1 000"', "separators"),
        ("amount", '"1e3"', "separators"),
        ("amount", '"NaN"', "decimal"),
        ("amount", '"Infinity"', "decimal"),
        ("amount", '"１００"', "decimal"),
        ("amount", '"١٠٠"', "decimal"),
        ("amount", '""', "decimal"),
        ("amount", '"100\\n"', "decimal"),
        ("amount", "true", "decimal"),
        ("amount", "[1]", "decimal"),
        ("amount", "1234567890123456789", "too many digits"),
        ("amount", "0.1234567890123", "too many digits"),
        ("confidence", "85", "0.85"),
        ("confidence", "1.01", "between 0 and 1"),
        ("confidence", "-0.1", "between 0 and 1"),
        ("confidence", '"0.5"', "number from 0 to 1"),
        ("confidence", "true", "number from 0 to 1"),
        ("confidence", "100.5", "between 0 and 1"),
    ],
)
def test_an_amount_or_a_confidence_that_cannot_be_is_refused(
    desk: Running, program: httpx.Client, field: str, raw: str, hint: str
) -> None:
    says(sent(desk, program, spliced(**{field: raw})), 422, "invalid", field, hint)


@pytest.mark.parametrize(
    "digits",
    ["0.1", "425.0", "1.10", "9007199254740993", "-9007199254740993", "123456789012345678901234567890", "0.30",
     "1E+2", "1e-7", "0", "100000000000000000000.000000000001", "18446744073709551616"],
)  # fmt: skip
def test_a_number_keeps_every_digit(program: httpx.Client, digits: str) -> None:
    answer = program.post(REQUESTS, content=spliced(parameters=f'{{"x": {digits}}}', editable="null"), headers=JSON)
    assert answer.status_code == 201, answer.text
    back = program.get(f"/v1/requests/{answer.json()['id']}")
    plain = format(Decimal(digits), "f")
    assert f'"parameters":{{"x":{plain}}}' in back.text
    assert exactly(back)["proposal"]["parameters"]["x"] == Decimal(digits)


def test_an_amount_keeps_its_digits(program: httpx.Client) -> None:
    assert submitted(program, amount="4250.10")["proposal"]["amount"] == "4250.10"
    answer = program.post(REQUESTS, content=spliced(amount="123456789012345678.123456789012"), headers=JSON)
    assert answer.json()["proposal"]["amount"] == "123456789012345678.123456789012"


# Bodies


@pytest.mark.parametrize(
    "content",
    [
        b'{"title": "a", "title": "b"}',
        spliced(parameters='{"a": 1, "a": 1}'),
        spliced(context='{"deep": [[{"b": {"c": 1, "c": 2}}]]}'),
        spliced(context='{"\\ud800": 1, "\\ud800": 2}'),
        spliced(title='"a", "ti\\u0074le": "b"'),
    ],
)
def test_a_key_that_stands_twice_is_refused_at_any_depth(desk: Running, program: httpx.Client, content: bytes) -> None:
    says(sent(desk, program, content), 422, "bad_json", hint="twice")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b"[{}]", 422, "invalid"),
        (b"3", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b"null", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b"{", 400, "bad_json"),
        (b"{'a': 1}", 400, "bad_json"),
        (BODY.encode() + b" x", 400, "bad_json"),
        (b"\xff\xfe{}", 400, "bad_json"),
        (BODY.encode("utf-16"), 400, "bad_json"),
        (b'{"title": "\xc3\x28"}', 400, "bad_json"),
        (b'{"title": "\xed\xa0\x80"}', 400, "bad_json"),
        (b"\xef\xbb\xbf" + BODY.encode(), 400, "bad_json"),
        (b'{"title": "line\nbreak"}', 400, "bad_json"),
    ],
)
def test_what_is_no_json_object_is_refused(
    desk: Running, program: httpx.Client, content: bytes, status: int, code: str
) -> None:
    says(sent(desk, program, content), status, code)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense"])
def test_another_content_type_than_json_is_refused(desk: Running, program: httpx.Client, kind: str) -> None:
    says(sent(desk, program, BODY.encode(), **{"Content-Type": kind}), 415, "not_json")


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 10_000 + b"]" * 10_000,
        spliced(parameters='{"a":' * 10_000 + "1" + "}" * 10_000),
        spliced(context='{"a":' * 9 + "1" + "}" * 9),
    ],
)
def test_what_is_nested_too_deep_is_refused(desk: Running, program: httpx.Client, content: bytes) -> None:
    answer = sent(desk, program, content)
    assert refused(answer)[0] == 422
    assert "deeper than 8" in answer.json()["detail"]


def test_a_body_that_is_too_big_is_refused_with_its_length_told_before(desk: Running, program: httpx.Client) -> None:
    says(sent(desk, program, b"x" * 10_000_000), 413, "too_large", hint="262144")


def test_a_body_that_is_too_big_is_refused_when_it_comes_in_chunks(desk: Running, program: httpx.Client) -> None:
    says(sent(desk, program, (b"x" * 100_000 for _ in range(100))), 413, "too_large", hint="262144")


def test_a_body_just_within_the_bound_is_judged_by_what_it_says(desk: Running, program: httpx.Client) -> None:
    padded = BODY.encode().ljust(262_144)
    assert program.post(REQUESTS, content=padded, headers=JSON).status_code == 201
    says(sent(desk, program, padded + b" "), 413, "too_large")
