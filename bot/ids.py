"""Ids and tokens: the one place where randomness comes from."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time

from core.canonical import commit
from core.model import Words

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]


_REQUEST = re.compile(r"req_[0-9a-z]{26}")
_RESERVE = 4_096
_random = bytearray()


def _random_bits() -> int:
    """80 random bits, taken from the system in larger portions: each call of it lets another thread in between."""
    if len(_random) < 10:
        _random.extend(os.urandom(_RESERVE))
    portion = bytes(_random[-10:])
    del _random[-10:]
    return int.from_bytes(portion, "big")


def new_id(prefix: str) -> str:
    """`prefix_` and 26 characters: 48 bits of milliseconds and 80 random bits in Crockford's base 32 (as a ULID).

    Ids made later sort later, so new rows land beside one another.
    """
    number = (time.time_ns() // 1_000_000 << 80) | _random_bits()
    return f"{prefix}_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def is_request_id(text: str) -> bool:
    """Whether a text can be the id of a request."""
    return _REQUEST.fullmatch(text) is not None


def new_token(kind: str) -> str:
    """A bearer token of 256 random bits. `kind` (`program` or `person`) lets people and scanners tell it."""
    return f"placet_{kind}_{secrets.token_urlsafe(32)}"


_READABLE = "23456789CDFGHJKMNPQRTVWXY"
"""No two of these look alike, and no words come of them."""
_SIGNS = 8


def new_code() -> str:
    """A code that a person types within minutes, in two groups: `K7QF-93WD`. 37 random bits."""
    signs = "".join(secrets.choice(_READABLE) for _ in range(_SIGNS))
    return f"{signs[:4]}-{signs[4:]}"


def code_digest(typed: str) -> str:
    """What is kept of a code, however it was typed: in small letters, with the dash or without."""
    return digest_of("".join(sign for sign in typed.upper() if sign.isalnum()))


def looks_like_code(typed: str) -> bool:
    return sum(sign.isalnum() for sign in typed) == _SIGNS


def digest_of(token: str) -> str:
    """What is kept of a token. A plain SHA-256 is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def written(text: str) -> Words:
    """What a person wrote, with a fresh salt."""
    return commit(text, secrets.token_bytes(16))
