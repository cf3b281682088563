"""What is wrong with a field, as the end of a sentence that begins with its name: pydantic's errors in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PATTERNS: Mapping[str, str] = {
    r"^req_[0-9a-z]{1,26}$": "must be the whole id of a request, as in req_01m7xmjsfz89baewvj6q7e9ph4",
    r"^mat_[0-9a-z]{26}$": "must be the whole id of a match, as in mat_bafvrdx5czzu46bsqro5xukafe",
    r"^key_[0-9a-z]{1,26}$": "must be the id of a key, as in key_01m7xmjsfz89baewvj6q7e9ph4",
    r"^[a-z0-9][a-z0-9._-]{0,39}$": (
        "must be 1 to 40 small letters, digits, dots, dashes and underscores, and begin with a letter or a digit"
    ),
    r"^[!-~]{1,200}$": "must be 1 to 200 visible ASCII characters, without spaces",
    r"^[!-~]{1,80}$": "must be 1 to 80 visible ASCII characters, without spaces",
    r"^[A-Z0-9]{2,10}$": "must be 2 to 10 capital letters and digits, as in USD",
    r"^[A-Za-z0-9_]{1,20}$": "must be the code of a reason: up to 20 letters, digits and underscores",
    r"^[0-9a-f]{64}$": "must be a SHA-256: 64 small hexadecimal digits",
    r"^[A-Z0-9]{0,24}$": "must be Slack's id of a team: capital letters and digits",
    r"^[A-Z0-9]{1,24}$": "must be a platform's id of an account: capital letters and digits",
    r"^[0-9a-f]{12}$": "must be the id of a browser's session, as the list of them shows it: 12 hexadecimal digits",
    r"^[^\x00-\x1f]*$": "holds a character that cannot be seen; take it out",
}
"""What each pattern of `models.py` and of the paths asks for."""

_TYPES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not known here; take it out or correct its spelling",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too big a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
    "string_unicode": "must be text in UTF-8",
}


def said(error: Mapping[str, Any]) -> str:
    """What an error of pydantic's says to people."""
    kind, context = error["type"], error.get("ctx") or {}
    if kind in _TYPES:
        return _TYPES[kind]
    match kind:
        case "string_pattern_mismatch":
            # A pattern that nobody has put into words is still better than nothing.
            pattern = context.get("pattern", "")
            return _PATTERNS.get(pattern, f"must match {pattern}")
        case "string_too_long":
            return f"is longer than {context['max_length']} characters"
        case "string_too_short":
            return "is empty" if context["min_length"] == 1 else f"has fewer than {context['min_length']} characters"
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "literal_error" | "enum":
            return f"must be {str(context['expected']).replace(chr(39), '`')}"
        case "too_long":
            return f"has more than {context['max_length']} of them"
        case _:
            return str(error["msg"]).removeprefix("Value error, ")
