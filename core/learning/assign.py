"""Which of many belongs to which, so that the whole costs least; and how much more it would cost otherwise.

Rows are recommendations, columns are orders; a row may also go without, at the price of `null`. Orders that are left
over cost nothing. Everything is in the order in which it was given, so that the same input gives the same answer.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Costs = Mapping[int, float]
"""Of a row: the columns it may go with, and what each costs."""

SMALL = 60
"""Up to so many rows are assigned one after the other; more of them by scipy's sparse solver."""
_NOTHING = 1e-12


def components(rows: Sequence[Costs]) -> list[list[int]]:
    """Rows that share columns, directly or through others, in the order of their first. Lone rows without any column
    are none."""
    parent = list(range(len(rows)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[int, int] = {}
    for row, costs in enumerate(rows):
        for column in costs:
            other = root(first.setdefault(column, row))
            here = root(row)
            parent[max(here, other)] = min(here, other)
    found: dict[int, list[int]] = defaultdict(list)
    for row, costs in enumerate(rows):
        if costs:
            found[root(row)].append(row)
    return list(found.values())


def assign(rows: Sequence[Costs], null: float) -> list[int | None]:
    """For each row its column, or None. The sum is the least there is."""
    if len(rows) == 1:
        column = min(rows[0], key=lambda one: rows[0][one], default=None)
        return [column if column is not None and rows[0][column] < null else None]
    return _one_by_one(rows, null) if len(rows) <= SMALL else _at_once(rows, null)


def _one_by_one(rows: Sequence[Costs], null: float) -> list[int | None]:
    """Each row is let in by the cheapest chain of others that move up for it (successive shortest paths)."""
    chosen: list[int | None] = [None] * len(rows)
    holder: dict[int, int] = {}
    for new in range(len(rows)):
        distance, came = {new: 0.0}, dict[int, tuple[int, int]]()
        end: tuple[float, int, int | None] = (null, new, None)
        queue = deque([new])
        while queue:
            row = queue.popleft()
            far = distance[row]
            if far + null < end[0] - _NOTHING:
                end = far + null, row, None
            for column, cost in rows[row].items():
                other = holder.get(column)
                if other is None:
                    if far + cost < end[0] - _NOTHING:
                        end = far + cost, row, column
                    continue
                further = far + cost - rows[other][column]
                if other != row and further < distance.get(other, math.inf) - _NOTHING:
                    distance[other], came[other] = further, (row, column)
                    queue.append(other)
        _, row, place = end
        while True:
            chosen[row] = place
            if place is not None:
                holder[place] = row
            if row == new:
                break
            row, place = came[row]
    return chosen


def _at_once(rows: Sequence[Costs], null: float) -> list[int | None]:
    """scipy's LAPJVsp; each row has a column of its own for going without."""
    from scipy.sparse import csr_array  # noqa: PLC0415  (the idle server must not load it)
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching  # noqa: PLC0415

    columns = sorted({column for costs in rows for column in costs})
    places = {column: index for index, column in enumerate(columns)}
    weights, at, starts = [], [], [0]
    for row, costs in enumerate(rows):
        for column, cost in costs.items():
            # An explicit nought counts as no edge there; every row takes one column, so that 1 on all changes nothing.
            weights.append(cost + 1.0)
            at.append(places[column])
        weights.append(null + 1.0)
        at.append(len(columns) + row)
        starts.append(len(at))
    matrix = csr_array((weights, at, starts), shape=(len(rows), len(columns) + len(rows)))
    _, taken = min_weight_full_bipartite_matching(matrix)
    return [columns[int(one)] if one < len(columns) else None for one in taken]


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What would be, were a row's choice forbidden: by how much more, and which rows then have what."""

    rise: float
    instead: Mapping[int, int | None]


class Margins:
    """How firmly each choice stands in an assignment.

    Forbidding a choice and solving anew changes the assignment along one circle of rows that each take what the next
    one had; the rise is the length of the shortest. What goes without and what is left over meet in one further node.
    Prices (duals) of the nodes make every step cost nothing or more, so that the search stops as soon as the rise
    exceeds what is asked about, however large the whole is.
    """

    def __init__(self, rows: Sequence[Costs], chosen: Sequence[int | None], null: float) -> None:
        self._rows, self._chosen, self._null = rows, chosen, null
        self._hub = len(rows)
        self._holder = {column: row for row, column in enumerate(chosen) if column is not None}
        self._paid = [null if column is None else rows[row][column] for row, column in enumerate(chosen)]
        self._prices = self._priced()
        price = self._prices
        self._given_up = sorted((price[self._hub] - paid - price[row], row) for row, paid in enumerate(self._paid))

    def _steps(self, row: int) -> Iterable[tuple[int, float, int | None]]:
        """Who would have to move if the row took something else, what that changes, and what it would take."""
        for column, cost in self._rows[row].items():
            other = self._holder.get(column, self._hub)
            if other != row:
                yield other, cost - (self._paid[other] if other != self._hub else 0.0), column
        if self._chosen[row] is not None:
            yield self._hub, self._null, None

    def _priced(self) -> list[float]:
        prices = [0.0] * (len(self._rows) + 1)
        queue, waiting = deque(range(len(prices))), set(range(len(prices)))
        while queue:
            node = queue.popleft()
            waiting.discard(node)
            if node == self._hub:
                steps: Iterable[tuple[int, float, int | None]] = (
                    (row, -paid, None) for row, paid in enumerate(self._paid)
                )
            else:
                steps = self._steps(node)
            for other, change, _ in steps:
                if prices[node] + change < prices[other] - 1e-9:
                    prices[other] = prices[node] + change
                    if other not in waiting:
                        waiting.add(other)
                        queue.append(other)
        return prices

    def otherwise(self, row: int, forbidden: Iterable[int | None], most: float) -> Otherwise | None:
        """The best assignment in which the row has none of the forbidden (None: it must not go without), if that costs
        less than `most` more."""
        barred = {*forbidden, self._chosen[row]}
        distance, came = {row: 0.0}, dict[int, tuple[int, int | None]]()
        done: set[int] = set()
        heap = [(0.0, -1, row)]
        start = True
        while heap:
            far, _, node = heapq.heappop(heap)
            if node in done or far > distance.get(node, math.inf):
                continue
            if node == row and not start:
                return Otherwise(far, self._circle(row, came))
            if not start:
                done.add(node)
            for other, change, column in self._from(node, far, most):
                if start and column in barred:
                    continue
                further = far + max(0.0, change)
                # The circle closes at the row itself, whose distance as the end of it is not yet known.
                known = distance.get(other, math.inf) if other != row or row in came else math.inf
                if further < most and further < known - _NOTHING:
                    distance[other], came[other] = further, (node, column)
                    heapq.heappush(heap, (further, other, other))
            start = False
        return None

    def _from(self, node: int, far: float, most: float) -> Iterable[tuple[int, float, int | None]]:
        price = self._prices
        if node != self._hub:
            for other, change, column in self._steps(node):
                yield other, change + price[node] - price[other], column
            return
        for change, row in self._given_up:
            if far + change >= most:
                return
            yield row, change, None

    def _circle(self, row: int, came: Mapping[int, tuple[int, int | None]]) -> dict[int, int | None]:
        found: dict[int, int | None] = {}
        node = row
        while True:
            node, column = came[node]
            if node != self._hub:
                found[node] = column
            if node == row:
                return found
