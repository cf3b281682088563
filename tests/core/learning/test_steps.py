"""Whoever takes any of what was listed alike has no habit, however the list lies about what was advised."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.learning.family import Kind
from core.learning.finding import UNLISTED, Finding, Level
from core.learning.observations import Edit
from core.learning.patterns import findings
from core.learning.reconcile import reconcile
from core.learning.records import Execution, How, Label, Match, Recommendation
from core.learning.steps import edits_of

MONDAY = datetime(2012, 1, 2, 10, tzinfo=UTC)
SIZES: tuple[Any, ...] = tuple(range(1, 11))
PRICES: tuple[Any, ...] = tuple(round(0.05 * step, 2) for step in range(1, 41))
ADVISED: dict[str, Any] = {"quantity": 2, "limit": 0.5}
LISTED = {"quantity": SIZES, "limit": PRICES}


def advice(number: int = 0, decided: dict[str, Any] | None = None, **more: Any) -> Recommendation:
    at = MONDAY + timedelta(days=7 * (number // 5) + number % 5)
    said: dict[str, Any] = {"parameters": ADVISED, "ladders": LISTED, "account": "U1"}
    if decided is not None:
        said |= {"decision": "modified", "decided": ADVISED | decided, "decided_at": at}
    return Recommendation(
        f"r{number:03}", at, at + timedelta(hours=4), "alice", "wheel", "1", "sell_call", "AAPL", **said | more
    )


def fill(of: Recommendation, size: int, *, linked: bool) -> Execution:
    contract, link = {"quantity": size, "price": 0.5}, of.key if linked else None
    return Execution(
        f"f-{of.key}", of.at, of.action, of.subject, of.account, f"o-{of.key}", link, contract, person="alice"
    )


def told(advised: Sequence[Recommendation], fills: Sequence[Execution] = ()) -> list[Finding]:
    end = MONDAY + timedelta(days=400)
    matches = reconcile(advised, fills, now=end)
    found = findings(matches, advised, UTC, None, date(2012, 12, 31))
    return [one for one in found if one.hypothesis.kind is Kind.EDIT and one.level is Level.PATTERN]


@pytest.mark.parametrize(("name", "listed"), LISTED.items())
def test_whoever_decides_for_any_listed_value_alike_is_told_of_no_habit(name: str, listed: Sequence[Any]) -> None:
    shown = 0
    for seed in range(60):
        chance = random.Random(seed)
        values = [value for value in listed if value != ADVISED[name]]
        shown += bool(told([advice(number, {name: chance.choice(values)}) for number in range(150)]))
    assert shown <= 3


@pytest.mark.parametrize("linked", [True, False])
def test_whoever_fills_any_listed_size_alike_is_told_of_no_habit(linked: bool) -> None:
    shown = 0
    for seed in range(60):
        chance = random.Random(seed)
        advised = [advice(number) for number in range(150)]
        shown += bool(told(advised, [fill(one, chance.choice(SIZES), linked=linked) for one in advised]))
    assert shown <= 3


@pytest.mark.parametrize(("name", "value"), [("quantity", 3), ("limit", 0.45)])
def test_whoever_always_takes_the_next_one_has_a_habit(name: str, value: Any) -> None:
    (one,) = told([advice(number, {name: value}) for number in range(60)])
    assert one.hypothesis.name == name
    assert one.middle is not None
    assert one.middle.value == (1 if name == "quantity" else -1)


@pytest.mark.parametrize(
    ("decided", "edits"),
    [
        ({"quantity": 1}, {"quantity": Edit(-1, 1, 8)}),
        ({"quantity": 5}, {"quantity": Edit(3, 1, 8)}),
        ({"quantity": 40}, {"quantity": Edit(9, 1, 8)}),
        ({"limit": 0.65}, {"limit": Edit(3, 9, 30)}),
        ({"limit": 0.01}, {"limit": Edit(-10, 9, 30)}),
    ],
)
def test_a_size_and_a_typed_price_are_counted_in_listed_values(decided: dict[str, Any], edits: dict[str, Edit]) -> None:
    one = advice(decided=decided)
    (match,) = reconcile([one], [], now=one.valid_until)
    assert edits_of(one, match) == edits


def test_a_size_that_has_no_list_goes_up_or_down() -> None:
    one = advice(ladders={}, decided={"quantity": 8})
    (match,) = reconcile([one], [], now=one.valid_until)
    assert (match.label, match.how) == (Label.MODIFY, How.EXPLICIT)
    assert edits_of(one, match) == {"quantity": Edit(1, UNLISTED, UNLISTED)}
    assert isinstance(match, Match)
