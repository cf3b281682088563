"""A token is at most 64 bytes, reads back as it was written, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.token import LONGEST_TOKEN, Token, guard_of, read_token

ids = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=1, max_size=26)
abouts = st.one_of(st.just(""), ids.map("req_{}".format), ids.map("dft_{}".format))
tokens = st.builds(
    Token,
    verb=st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=6),
    about=abouts,
    revision=st.integers(0, 999),
    argument=st.text("abcXYZ019_.-", max_size=20),
    guard=st.one_of(st.just(""), st.text().map(guard_of)),
)


@given(tokens)
def test_a_token_reads_back_as_it_was_written(token: Token) -> None:
    assert len(str(token).encode()) <= LONGEST_TOKEN
    assert read_token(str(token)) == token


@given(st.text(max_size=80))
def test_whatever_comes_it_is_read_or_refused(text: str) -> None:
    found = read_token(text)
    assert found is None or isinstance(found, Token)


@pytest.mark.parametrize(
    "text",
    ["", ":", "approve", "approve:r:1", "approve:x01kb:1", "approve:-01kb:1", "approve:r01kb:", "approve:r01kb:12345",
     "APPROVE:r01kb:1", "approve:r01kb:1:risk~abc", "approve:r01kb:1\n", "why:r01kb:1:" + "a" * 60, "a:r1:1"],
)  # fmt: skip
def test_what_nobody_here_has_written_is_no_token(text: str) -> None:
    assert read_token(text) is None


def test_the_longest_that_there_is_fits() -> None:
    token = Token("why", "req_" + "z" * 26, 999, "x" * 20, guard_of("alice"))
    assert len(str(token)) <= LONGEST_TOKEN


@pytest.mark.parametrize("token", [Token("x"), Token("why", "req_A"), Token("why", "req_1", 1, "a b")])
def test_what_could_not_be_read_is_not_written(token: Token) -> None:
    with pytest.raises(ValueError, match="no token"):
        str(token)


def test_a_guard_tells_people_apart() -> None:
    assert guard_of("alice") == guard_of("alice") != guard_of("bob")
