"""Rows to import, and what becomes of them."""

from __future__ import annotations

from typing import Any

import httpx

from tests.bot.running import HOUSE, Doc, fresh

LEARNING = (
    HOUSE
    + """\
learning:
  accounts: {U1: alice, U2: bob}
  session: {zone: America/New_York, begin: "09:30", end: "16:00"}
"""
)
"""Alice and Bob have an account each at a broker."""


def fill(**changes: Any) -> Doc:
    plain: Doc = {
        "execution": fresh("fill"),
        "at": "2024-03-05T15:54:00+00:00",
        "action": "sell_call",
        "subject": "AAPL",
        "account": "U1",
        "order": "o1",
        "parameters": {"strike": 425.0, "expiry": "2024-03-20", "quantity": 1, "premium": 2.36},
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def advice(**changes: Any) -> Doc:
    plain: Doc = {
        "key": fresh("advice"),
        "at": "2024-03-05T15:14:00+00:00",
        "action": "sell_call",
        "subject": "AAPL",
        "account": "U1",
        "parameters": {"strike": 425.0, "expiry": "2024-03-20", "quantity": 1},
        "choices": {"strike": [430.0, 420.0, 425.0], "expiry": ["2024-03-20", "2024-03-13"]},
        "context": {"vix": 20.9, "regime": "calm"},
        "confidence": 0.64,
        "amount": "41123.00",
        "valid_for": "PT4H",
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def sent(client: httpx.Client, kind: str, body: Any, **query: Any) -> Doc:
    answer = client.post(f"/v1/{kind}", json=body, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counts(answer: Doc) -> tuple[int, int, int]:
    return answer["new"], answer["changed"], answer["known"]


def refused(client: httpx.Client, kind: str, row: Doc) -> tuple[str, str]:
    """The field and the words with which a row is refused; beside a good one, where one can be made up."""
    if kind == "results":
        problem = client.post("/v1/results", json=row).json()
        assert problem["code"] == "nothing_read", problem
        [one] = problem["errors"]
        return one["field"], one["message"]
    answer = sent(client, kind, [row, fill() if kind == "executions" else advice()])
    assert answer["new"] == 1, answer
    [one] = answer["refused"]
    assert one["line"] == 1
    return one["field"], one["detail"]
