"""Canonical bytes: the one encoding of what is recorded, hashed and later proved.

RFC 8785 (JSON Canonicalization Scheme) without floats and with ASCII keys, for which orjson with sorted keys gives
the very same bytes (a test holds it to the `rfc8785` package). Decimals are written as strings; the JSON Pointers
(RFC 6901) of those strings are kept beside them, so that reading gives the numbers back exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from core.model import Json, Words


def encode(document: Any) -> bytes:
    """Canonical bytes of a document of dicts, lists, str, int, bool and None. TypeError on a float."""
    return trimmed(orjson.dumps(document, option=orjson.OPT_SORT_KEYS, default=_refuse))


def trimmed(data: bytes) -> bytes:
    """The same bytes in a block of their own size: those from orjson (3.13) hold on to a buffer of 4 kB and more."""
    return bytes(memoryview(data))


def _refuse(value: object) -> Any:
    raise TypeError(f"{type(value).__name__} has no place in an entry")


def fragment(canonical: bytes) -> orjson.Fragment:
    """Bytes that are canonical already, to be set into a larger document as they are."""
    return orjson.Fragment(canonical)


def decode(data: bytes) -> Any:
    return orjson.loads(data)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 section 2.1: SHA-256 of a zero byte and the entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def commit(text: str, salt: bytes) -> Words:
    """What a person wrote, with the salted commitment that stands for it in entries.

    `salt`: 16 random bytes; without it, short texts could be guessed from the commitment.
    """
    if len(salt) != 16:
        raise ValueError("a commitment wants a salt of 16 bytes")
    digest = hashlib.sha256(b"placet-words\x00" + salt + encode(text)).hexdigest()
    return Words(digest, text, salt)


def text_keys(value: Any) -> Any:
    """JSON has text keys alone; YAML also has numbers (`1: routine`)."""
    if isinstance(value, Mapping):
        return {str(key): text_keys(item) for key, item in value.items()}
    return [text_keys(item) for item in value] if isinstance(value, list) else value


def plain_decimal(number: Decimal) -> str:
    """`1E+2` is written 100, and trailing zeros stay as they were sent."""
    return format(number, "f")


def split_decimals(value: Json, pointer: str, found: list[str]) -> Json:
    """`value` with its Decimals as strings; their pointers are appended to `found`."""
    kind = type(value)
    if kind is dict:
        return {key: split_decimals(item, f"{pointer}/{escaped(key)}", found) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [split_decimals(item, f"{pointer}/{index}", found) for index, item in enumerate(value)]
    if kind is Decimal:
        found.append(pointer)
        return plain_decimal(value)
    return value


def join_decimals(document: Json, pointers: list[str]) -> None:
    """The reverse of `split_decimals`, in place."""
    for pointer in pointers:
        *steps, last = [_unescape(step) for step in pointer.split("/")[1:]]
        parent = document
        for step in steps:
            parent = parent[int(step)] if isinstance(parent, list) else parent[step]
        if isinstance(parent, list):
            parent[int(last)] = Decimal(parent[int(last)])
        else:
            parent[last] = Decimal(parent[last])


def escaped(key: str) -> str:
    """A name as a step of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def _unescape(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~") if "~" in step else step


@lru_cache(maxsize=1024)
def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: 2026-11-20T09:00:00.000000Z, so that text order is time order."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def read_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def micros(duration: timedelta) -> int:
    """A duration in whole microseconds: exact, and an integer in JSON."""
    return (duration.days * 86_400 + duration.seconds) * 1_000_000 + duration.microseconds


def read_micros(count: int) -> timedelta:
    return timedelta(microseconds=count)
