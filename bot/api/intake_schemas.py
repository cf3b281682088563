"""What an import says of itself in the OpenAPI document: the fields of a row of each kind, with an example.

Rows are read one by one (`bot/learning/meaning.py`), so that a bad one costs itself alone; nothing else reads this.
"""

from __future__ import annotations

from typing import Any

Doc = dict[str, Any]
_TIME: Doc = {"type": "string", "format": "date-time"}
_TEXT: Doc = {"type": "string"}
_MONEY: Doc = {"type": "string", "examples": ["236.00"], "description": "A decimal; numbers are taken too."}
_FREE: Doc = {"type": "object"}
_FLAG: Doc = {"type": "boolean"}


def _rows(needed: list[str], fields: Doc, example: Doc) -> Doc:
    row = {"type": "object", "required": needed, "properties": fields}
    return {"anyOf": [row, {"type": "array", "items": row}], "example": example}


SCHEMAS: Doc = {
    "ExecutionRows": _rows(
        ["execution"],
        {
            "execution": _TEXT, "at": _TIME, "action": _TEXT, "subject": _TEXT, "account": _TEXT, "order": _TEXT,
            "link": {"type": "string", "description": "The request or the claim that travelled with the order."},
            "parameters": _FREE, "fees": _MONEY, "commission": _MONEY, "currency": _TEXT, "person": _TEXT,
            "status": {"enum": ["filled", "corrected", "busted", "cancelled"]},
            "cut": {"type": "boolean", "description": "The person cancelled the rest of the order."},
        },
        {
            "execution": "f-1", "at": "2024-03-05T15:54:00Z", "action": "sell_call", "subject": "AAPL", "order": "o-1",
            "parameters": {"strike": 425, "expiry": "2024-03-20", "quantity": 1, "premium": 2.36}, "fees": "1.14",
        },
    ),
    "ResultRows": _rows(
        ["about", "kind", "at"],
        {
            "about": {"type": "string", "description": "The recommendation's key, or the order."},
            "kind": {"enum": ["recommended", "actual"]}, "at": _TEXT, "pnl": _MONEY, "currency": _TEXT,
            "risk": {"type": "string", "description": "What one R is."}, "fees": _MONEY, "open": _FLAG,
        },
        {"about": "o-1", "kind": "actual", "at": "2024-03-20", "pnl": "236.00", "currency": "USD"},
    ),
    "CloseRows": _rows(
        ["subject", "day", "price"],
        {"subject": _TEXT, "day": {"type": "string", "format": "date"}, "price": _MONEY, "source": _TEXT},
        {"subject": "AAPL", "day": "2024-03-05", "price": "170.12"},
    ),
    "RecommendationRows": _rows(
        ["key", "at"],
        {
            "key": _TEXT, "at": _TIME, "action": _TEXT, "subject": _TEXT, "account": _TEXT, "person": _TEXT,
            "program": _TEXT, "algorithm": _TEXT, "title": _TEXT, "parameters": _FREE,
            "choices": {"type": "object", "description": "By parameter, what was listed."},
            "editable": _FREE, "context": _FREE, "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "amount": _MONEY, "currency": _TEXT, "valid_for": _TEXT, "valid_until": _TIME, "seen": _FLAG,
            "decision": {"type": "string", "description": "What somebody said: `reject`, `approved`, …"},
            "decided_at": _TIME, "decided": _FREE, "reason": _TEXT, "would_agree": _TEXT,
        },
        {
            "key": "2024-03-05/AAPL", "at": "2024-03-05T15:14:00Z", "action": "sell_call", "subject": "AAPL",
            "person": "alice", "program": "momentum", "confidence": 0.64, "amount": "41123.00", "valid_for": "PT4H",
            "parameters": {"strike": 425, "expiry": "2024-03-20", "quantity": 1},
            "choices": {"strike": [420, 425, 430]}, "context": {"vix": 20.9},
        },
    ),
}  # fmt: skip
