"""A policy as text that people can edit: YAML as `bot/yaml_document.py` reads it, in the order people write in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.canonical import plain_decimal

_ORDER = (
    "name", "currency", "tier", "tiers", "inputs", "required", "type", "default", "min", "max", "why", "limits",
    "rules", "when", "must", "gate", "route", "roles", "people", "skills", "quorum", "four_eyes", "expire", "remind",
    "escalate", "after", "to", "silence",
    "reasons", "decide_in", "act_within", "grace", "catalogue",
)  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z(][A-Za-z0-9_ .<>=|&()*+/-]*(?<! )")
_WORDS_OF_YAML = frozenset({"true", "false", "null"})
_IN_LINES = ("inputs", "limits", "rules", "reasons")
_WIDE = 100
"""Characters up to which a mapping or a list stands in one line."""


def policy_text(document: Mapping[str, Any]) -> str:
    """The document as YAML; read again, it is the same document."""
    return "\n".join(_block(document, 0)) + "\n"


def _block(value: Mapping[Any, Any], indent: int) -> list[str]:
    lines = []
    for key in _ordered(value):
        lines += _entry(f"{' ' * indent}{_scalar(key)}:", value[key], indent, key in _IN_LINES and not indent)
    return lines


def _entry(head: str, value: Any, indent: int, in_lines: bool) -> list[str]:
    flow = _flow(value)
    if not value or not isinstance(value, (Mapping, list)) or (len(head) + len(flow) < _WIDE and not in_lines):
        return [f"{head} {flow}"]
    if isinstance(value, Mapping):
        return [head, *_block(value, indent + 2)]
    return [head, *(line for item in value for line in _item(item, indent + 2))]


def _item(item: Any, indent: int) -> list[str]:
    flow = _flow(item)
    # A rule is read from top to bottom, however short it is.
    if not isinstance(item, Mapping) or not item or ("tier" not in item and indent + len(flow) < _WIDE):
        return [f"{' ' * indent}- {flow}"]
    lines = _block(item, indent + 2)
    return [f"{' ' * indent}- {lines[0].lstrip()}", *lines[1:]]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(value[key])}" for key in _ordered(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


def _ordered(value: Mapping[Any, Any]) -> list[Any]:
    places = {name: place for place, name in enumerate(_ORDER)}
    return sorted(value, key=lambda key: places.get(key, len(places)))


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and value not in _WORDS_OF_YAML:
        return value
    # JSON's way of writing text is YAML's as well, but for what cannot be printed.
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)
