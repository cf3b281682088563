"""Changes are counted in what was listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.learning.ladders import apart, edit, same, steps
from core.learning.observations import Edit
from core.learning.records import Recommendation
from core.learning.rules import Rules

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FRIDAYS = ("2026-03-06", "2026-03-13", "2026-03-20", "2026-03-27")
PARAMETERS: dict[str, Any] = {
    "strike": 425,
    "expiry": "2026-03-13",
    "quantity": 4,
    "limit": 2.0,
    "note": "a",
    "days": 9,
}
ADVICE = Recommendation(
    "r1",
    AT,
    AT + timedelta(hours=4),
    "alice",
    "wheel",
    "1",
    "sell_call",
    "AAPL",
    parameters=PARAMETERS,
    ladders={"strike": (415, 420, 425, 427.5, 430), "expiry": FRIDAYS},
)


@pytest.mark.parametrize(
    ("parameter", "value", "told"),
    [
        ("strike", 425, Edit(0, 2, 2)),
        ("strike", 425.0, Edit(0, 2, 2)),
        ("strike", 430, Edit(2, 2, 2)),
        ("strike", 415, Edit(-2, 2, 2)),
        ("strike", 428, Edit(1, 2, 2)),
        ("strike", 500, Edit(2, 2, 2)),
        ("strike", 426, Edit(1, 2, 2)),
        ("expiry", "2026-03-27", Edit(2, 1, 2)),
        ("expiry", "2026-03-27T00:00:00Z", Edit(2, 1, 2)),
        ("expiry", "2026-03-06", Edit(-1, 1, 2)),
        ("quantity", 8, Edit(1, 1, 1)),
        ("quantity", 2, Edit(-1, 1, 1)),
        ("note", "A ", Edit(0, 1, 1)),
        ("note", "b", Edit(1, 1, 1)),
    ],
)
def test_a_change_is_counted_in_listed_steps(parameter: str, value: Any, told: Edit) -> None:
    assert steps(ADVICE, parameter, value) == told


@pytest.mark.parametrize(
    ("parameter", "value", "number"),
    [
        ("strike", 430, 2.0),
        ("quantity", 2, -1.0),
        ("limit", 1.9, -0.05),
        ("days", 18, 1.0),
        ("note", "b", 1.0),
        ("strike", 425.0, 0.0),
    ],
)
def test_an_edit_is_in_steps_doublings_or_parts_of_itself(parameter: str, value: Any, number: float) -> None:
    assert edit(ADVICE, parameter, value) == pytest.approx(number)


@pytest.mark.parametrize(
    ("done", "cost"),
    [
        ({"strike": 430}, 2.0),
        ({"expiry": "2026-03-27"}, 1.6),
        ({"strike": 430, "expiry": "2026-03-27"}, 3.6),
        ({"strike": 435}, 4.0),
        ({"strike": 900}, 6.0),
        ({"expiry": "2028-01-21"}, 4.8),
        ({"note": "b"}, 1.0),
        ({"quantity": 400, "limit": 9.0}, 0.0),
        ({}, 0.0),
    ],
)
def test_what_a_different_contract_costs(done: dict[str, Any], cost: float) -> None:
    assert apart(ADVICE, PARAMETERS, done, Rules()) == pytest.approx(cost)


def test_numbers_and_dates_are_the_same_however_they_are_written() -> None:
    assert same(425, 425.0)
    assert same("2026-03-20", "2026-03-20T00:00:00+00:00")
    assert same("Call", "CALL")
    assert not same(True, "true")
    assert not same("", 0)
