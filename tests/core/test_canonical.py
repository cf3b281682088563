"""The one encoding: RFC 8785 without floats, decimals exact, hashes as RFC 6962 has them."""

import hashlib
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from core.canonical import (
    commit,
    decode,
    encode,
    fragment,
    join_decimals,
    leaf_hash,
    micros,
    plain_decimal,
    read_micros,
    read_time,
    sha256,
    split_decimals,
    text_keys,
    time_text,
)

ASCII = st.text(st.characters(max_codepoint=127))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.text())
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)


def documents(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves, lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(ASCII, inner, max_size=5))
    )


@given(documents(SCALARS))
def test_the_bytes_are_those_of_rfc_8785(document: Any) -> None:
    assert encode(document) == rfc8785.dumps(document)


@given(documents(SCALARS))
def test_what_is_encoded_is_decoded_and_canonical_bytes_stand_in_a_larger_document(document: Any) -> None:
    data = encode(document)

    assert decode(data) == document
    assert encode({"inner": fragment(data), "a": 1}) == encode({"inner": document, "a": 1})


@pytest.mark.parametrize("value", [Decimal("1.5"), b"bytes", {1, 2}, object()])
def test_what_has_no_place_in_an_entry_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        encode({"value": value})


@given(documents(st.one_of(SCALARS, DECIMALS)))
def test_decimals_come_back_exactly_and_nothing_else_becomes_one(document: Any) -> None:
    found: list[str] = []
    wrapped = {"it": document}
    written = decode(encode(split_decimals(wrapped, "", found)))

    join_decimals(written, found)
    assert written == wrapped
    assert shape(written) == shape(wrapped)


def shape(value: Any) -> Any:
    """Which kind of value stands where, and every digit of it."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return (type(value).__name__, plain_decimal(value) if isinstance(value, Decimal) else value)


def test_trailing_zeros_stay_and_exponents_are_written_out() -> None:
    assert plain_decimal(Decimal("425.00")) == "425.00"
    assert plain_decimal(Decimal("1E+2")) == "100"
    assert plain_decimal(Decimal("1E-10")) == "0.0000000001"


def test_the_leaf_hash_is_that_of_rfc_6962() -> None:
    # Section 2.1: MTH({d(0)}) = SHA-256(0x00 || d(0)). The first is the well-known hash of the empty leaf.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"entry") == hashlib.sha256(bytes([0]) + b"entry").digest()


def test_a_commitment_hides_the_words_behind_its_salt() -> None:
    one, other = commit("too risky", b"a" * 16), commit("too risky", b"b" * 16)

    assert one.commitment != other.commitment
    assert one.commitment == commit("too risky", b"a" * 16).commitment
    assert one.commitment not in (sha256(b"too risky"), sha256(b'"too risky"'))
    with pytest.raises(ValueError, match="16 bytes"):
        commit("too risky", b"short")


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_a_time_is_written_in_utc_and_read_back(moment: datetime) -> None:
    # A time at the edge of the calendar has no place in UTC.
    if not 2 <= moment.year <= 9998:
        return
    assert read_time(time_text(moment)) == moment


@given(one=st.datetimes(timezones=st.just(UTC)), other=st.datetimes(timezones=st.just(UTC)))
def test_the_order_of_texts_is_the_order_of_times(one: datetime, other: datetime) -> None:
    assert (time_text(one) < time_text(other)) is (one < other)


def test_a_time_has_always_six_digits() -> None:
    assert time_text(datetime(2026, 11, 20, 9, 0, tzinfo=UTC)) == "2026-11-20T09:00:00.000000Z"


@given(st.timedeltas())
def test_a_duration_is_a_whole_number_of_microseconds(duration: timedelta) -> None:
    assert read_micros(micros(duration)) == duration


def test_keys_of_a_document_become_text() -> None:
    assert text_keys({1: "a", "b": [{2: "c"}]}) == {"1": "a", "b": [{"2": "c"}]}


def test_bytes_that_are_kept_weigh_what_they_are() -> None:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = [encode({"number": number}) for number in range(1_000)]
        weight = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert weight < 200 * len(kept)
