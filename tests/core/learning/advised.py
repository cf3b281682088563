"""Advice to sell four calls, and fills of it: what tests of reconciliation begin with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.learning.reconcile import reconcile
from core.learning.records import Execution, Match, Recommendation

TEN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LATER = TEN + timedelta(days=30)
CALL: dict[str, Any] = {"strike": 425.0, "expiry": "2026-03-20", "quantity": 4, "premium": 2.0}
LISTED: dict[str, tuple[Any, ...]] = {
    "strike": (415.0, 420.0, 425.0, 430.0, 435.0),
    "expiry": ("2026-03-06", "2026-03-13", "2026-03-20", "2026-03-27"),
}


def advice(key: str = "r1", minutes: float = 0, *, hours: float = 4, **more: Any) -> Recommendation:
    at = TEN + timedelta(minutes=minutes)
    parameters = CALL | more.pop("parameters", {})
    said: dict[str, Any] = {
        "person": "alice",
        "program": "wheel",
        "algorithm": "1",
        "action": "sell_call",
        "subject": "AAPL",
        "account": "U1",
        "ladders": LISTED,
        "asked_at": at,
    }
    return Recommendation(key, at, at + timedelta(hours=hours), parameters=parameters, **said | more)


def fill(key: str = "f1", minutes: float = 10, **more: Any) -> Execution:
    parameters = CALL | more.pop("parameters", {})
    said: dict[str, Any] = {"action": "sell_call", "subject": "AAPL", "account": "U1", "order": f"o-{key}"}
    return Execution(key, TEN + timedelta(minutes=minutes), parameters=parameters, **said | more)


def matched(
    recommendations: list[Recommendation], fills: list[Execution], now: datetime = LATER, **more: Any
) -> dict[str, Match]:
    return {one.key: one for one in reconcile(recommendations, fills, now=now, **more)}
