"""The assignment is the cheapest there is, and its margins are what solving anew would say."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from scipy.optimize import linear_sum_assignment

from core.learning import assign as assigning
from core.learning.assign import Margins, assign, components

NULL = 4.0


def invented(seed: int, rows: int, columns: int, share: float) -> list[dict[int, float]]:
    chance = random.Random(seed)
    return [{column: chance.uniform(0, 5) for column in range(columns) if chance.random() < share} for _ in range(rows)]


def total(rows: list[dict[int, float]], chosen: list[int | None]) -> float:
    taken = [column for column in chosen if column is not None]
    assert len(taken) == len(set(taken))
    return sum(NULL if column is None else row[column] for row, column in zip(rows, chosen, strict=True))


def least(rows: list[dict[int, float]], null: float = NULL) -> float:
    columns = 1 + max((column for row in rows for column in row), default=0)
    matrix = [
        [row.get(column, 1e6) for column in range(columns)]
        + [null if at == other else 1e6 for other in range(len(rows))]
        for at, row in enumerate(rows)
    ]
    here, there = linear_sum_assignment(matrix)
    return float(sum(matrix[row][column] for row, column in zip(here, there, strict=True)))


@pytest.mark.parametrize("seed", range(40))
def test_the_cheapest_is_found_one_by_one_and_all_at_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = invented(seed, 2 + seed % 11, 1 + seed % 7, 0.5)
    assert total(rows, assign(rows, NULL)) == pytest.approx(least(rows))
    monkeypatch.setattr(assigning, "SMALL", 0)
    assert total(rows, assign(rows, NULL)) == pytest.approx(least(rows))


@pytest.mark.parametrize("seed", range(60))
def test_a_margin_is_what_forbidding_the_choice_would_cost(seed: int) -> None:
    rows = invented(seed, 1 + seed % 8, 1 + seed % 6, 0.6)
    chosen = assign(rows, NULL)
    margins = Margins(rows, chosen, NULL)
    best = total(rows, chosen)
    for at, column in enumerate(chosen):
        if column is None:
            continue
        without = [dict(row) for row in rows]
        del without[at][column]
        rise = least(without) - best
        other = margins.otherwise(at, (), 10.0)
        assert other is not None
        assert other.rise == pytest.approx(rise, abs=1e-6)
        assert other.instead[at] != column
        changed = [other.instead.get(row, had) for row, had in enumerate(chosen)]
        assert total(rows, changed) == pytest.approx(best + rise, abs=1e-6)
        # Nothing is said of what costs more than is asked about.
        assert margins.otherwise(at, (), rise - 1e-3) is None


def test_rows_that_share_columns_belong_together() -> None:
    assert components([{1: 0.0}, {2: 0.0}, {}, {1: 0.0, 3: 0.0}, {3: 0.0}, {9: 0.0}]) == [[0, 3, 4], [1], [5]]


def test_of_two_alike_the_first_goes_with_the_first() -> None:
    rows = [{column: 1.0 + 1e-6 * (column - row + 5) ** 2 for column in range(6)} for row in range(6)]
    chosen = assign(rows, NULL)
    assert all(one is not None and other is not None and one < other for one, other in pairwise(chosen))
