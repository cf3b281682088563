"""Bringing orders to the advice they come from: one to one, then what belongs to it besides."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.learning import labels
from core.learning.assign import Margins, assign, components
from core.learning.episodes import Episode, named_by
from core.learning.fold import Deed, Order, contract_of, deed, filled, price_of, size_of, unsplit
from core.learning.labels import Told
from core.learning.ladders import Nature, apart, nature
from core.learning.records import Recommendation
from core.learning.rules import Rules
from core.learning.setup import Session
from core.model import Json


@dataclass(slots=True)
class Node:
    """A piece of advice, and what has been found for it so far."""

    episode: Episode
    rules: Rules
    session: Session | None = None
    orders: list[Order] = field(default_factory=list)
    linked: bool = False
    settled: bool = False
    cost: float | None = None
    margin: float | None = None
    doubts: dict[str, None] = field(default_factory=dict)
    deed: Deed = field(init=False)
    wanted: dict[str, Json] = field(init=False)
    size: float | None = field(init=False)
    since: datetime = field(init=False)
    until: datetime = field(init=False)

    def __post_init__(self) -> None:
        one = self.one
        self.deed = deed(one.action, one.parameters)
        self.wanted = contract_of(one.parameters) | contract_of(one.decided or {})
        self.size = size_of(one.decided or {}) or size_of(one.parameters)
        self.since, self.until = one.at - self.rules.early, one.valid_until
        if one.valid_until - one.at <= self.rules.day:
            self.until = min(self.until, one.at + self.rules.longest)
            if self.session is not None:
                self.until = min(self.until, self.session.ends(one.at) + self.rules.after_close)
        if one.withdrawn and one.decided_at is not None:
            self.until = min(self.until, one.decided_at)

    @property
    def one(self) -> Recommendation:
        return self.episode.advice

    @property
    def left(self) -> float:
        """How much of what was advised has not been filled."""
        return (self.size or 0.0) - (filled(self.orders) or 0.0 if self.orders else 0.0)

    def owns(self, order: Order) -> bool:
        """Whether it may be of the same account and person, in time."""
        return self.since <= order.at <= self.until and self.may_be_of(order)

    def may_be_of(self, order: Order) -> bool:
        """Whether account and person allow it. Who decides is not always whose account it is: the account tells."""
        if order.account is not None and self.one.account is not None:
            return order.account == self.one.account
        return order.person is None or not self.one.person or order.person == self.one.person

    def reads(self, order: Order) -> Order:
        """The order in the terms of the advice: on a later day, there may have been a split in between."""
        if order.at.date() == self.one.at.date():
            return order
        return unsplit(order, self.one.parameters) or order

    def price(self, order: Order) -> tuple[float, float] | None:
        """What the two differ by, and how much of that is the contract. None: they cannot belong together."""
        if not (order.plain and self.owns(order) and self.deed.agrees(order.deed)):
            return None
        order = self.reads(order)
        contract = self.contract_apart(order)
        if self.one.decision == "rejected":
            return (self.rules.refused + self._besides(order), contract) if not contract else None
        return contract + self._besides(order), contract

    def shape_price(self, order: Order) -> float:
        """The same for an order that has other legs than advised."""
        return self.contract_apart(order) + self._besides(order) + self.rules.structure

    def contract_apart(self, order: Order) -> float:
        """Of an order with several legs, the leg that is nearest counts."""
        legs = order.legs[:1] if order.plain else order.legs
        return min(apart(self.one, self.wanted, leg.contract, self.rules) for leg in legs)

    def _besides(self, order: Order) -> float:
        rest, done = self._prices_apart(order), order.ordered or order.quantity
        if self.size and done:
            rest += self.rules.doubling * min(self.rules.most_doublings, abs(math.log2(done / self.size)))
        return rest + self.rules.hour * self._hours(order)

    def _prices_apart(self, order: Order) -> float:
        """Where nothing was listed (shares, crypto), prices are compared in average true ranges, if one was given."""
        atr = self.one.features.get("atr")
        if not atr or any(nature(name) is Nature.EXPIRY or name in self.one.ladders for name in self.wanted):
            return 0.0
        advised, paid = price_of(self.one.parameters), order.first.price
        if advised is None or paid is None:
            return 0.0
        return self.rules.step * min(self.rules.most_steps, abs(paid - advised) / atr)

    def _hours(self, order: Order) -> float:
        """Beyond the first `longest`, what was valid for days is in no hurry: the rest of its time counts four hours.

        The square is so small that it only settles ties: of two alike, the earlier goes with the earlier.
        """
        hours = abs((order.at - self.one.at).total_seconds()) / 3600
        longest = self.rules.longest.total_seconds() / 3600
        if hours > longest:
            valid = (self.one.valid_until - self.one.at).total_seconds() / 3600
            hours = longest + 4.0 * (hours - longest) / max(valid - longest, 1e-9)
        return hours + 1e-6 * hours * hours

    def told(self, found: Sequence[Order]) -> Told:
        return labels.by_orders(self.episode, found, self.rules, linked=self.linked)


class Pairing:
    """The steps, in their order. `taken`: the orders that belong somewhere."""

    def __init__(
        self,
        nodes: Sequence[Node],
        done: Sequence[Order],
        links: Mapping[str | None, Recommendation],
        settled: Mapping[str, str | None],
    ) -> None:
        self.nodes, self.done, self.links, self.settled = nodes, done, links, settled
        self.taken: set[str] = set()
        self._mine = {member.key: node for node in nodes for member in node.episode.members}
        self._barred = {key for key, to in settled.items() if to is None}
        self._by_subject: dict[str, list[Order]] = {}

    def link(self) -> None:
        """What a person said, then what the order itself says."""
        for order in self.done:
            said = self._mine.get(self.settled.get(order.key) or "")
            named = named_by(order.link, self.links)
            if said is not None:
                said.settled = True
                self._give(said, order)
            elif named is not None and order.key not in self._barred and self._mine[named.key].may_be_of(order):
                # A link alone does not carry a trade over to somebody else's account.
                node = self._mine[named.key]
                node.linked = True
                self._give(node, order)
        free: dict[str, list[Order]] = defaultdict(list)
        for order in self.done:
            if order.key not in self.taken and order.key not in self._barred and order.quantity != 0:
                free[order.subject.casefold()].append(order)
        self._by_subject = free

    def _give(self, node: Node, order: Order) -> None:
        read = node.reads(order)
        if read is not order:
            node.doubts[order.key] = None
        node.orders.append(read)
        self.taken.add(order.key)

    def _near(self, node: Node, *, taken: bool = False) -> list[Order]:
        """Orders of the subject in its time that belong nowhere yet, oldest first; or those that were taken."""
        there = self._by_subject.get(node.one.subject.casefold(), [])
        first = bisect_left(there, node.since, key=lambda order: order.at)
        last = bisect_right(there, node.until, key=lambda order: order.at)
        return [order for order in there[first:last] if (order.key in self.taken) is taken]

    def pair(self) -> None:
        """One to one, so that the whole costs least; first those that were placed in parts."""
        waiting = [node for node in self.nodes if not node.orders]
        index = {order.key: number for number, order in enumerate(self.done)}
        rows: list[dict[int, float]] = []
        exact: list[list[int]] = []
        for node in waiting:
            row: dict[int, float] = {}
            alike: list[int] = []
            for order in self._near(node):
                if (priced := node.price(order)) is not None and priced[0] < node.rules.null:
                    row[index[order.key]] = priced[0]
                    if not priced[1]:
                        alike.append(index[order.key])
            rows.append(row)
            exact.append(alike)
        rows = self._whole_in_parts(waiting, rows, exact)
        for group in components(rows):
            self._pair([waiting[row] for row in group], [rows[row] for row in group])

    def _whole_in_parts(
        self, waiting: Sequence[Node], rows: list[dict[int, float]], exact: Sequence[Sequence[int]]
    ) -> list[dict[int, float]]:
        """Several orders of the very contract that was advised, which together are the advised size and are no other
        recommendation's contract: one order, placed in parts."""
        claims = Counter(column for alike in exact for column in alike)
        parts: set[int] = set()
        for node, row, alike in zip(waiting, rows, exact, strict=True):
            wanted, chosen, total = node.size, list[int](), 0.0
            for column in alike if wanted and len(alike) > 1 else ():
                size = self.done[column].quantity or 0.0
                if claims[column] == 1 and size > 0 and total + size <= (1 + node.rules.filled) * (wanted or 0.0):
                    chosen.append(column)
                    total += size
            if len(chosen) > 1 and wanted and total >= (1 - node.rules.filled) * wanted:
                node.cost = round(row[chosen[0]], 6)
                parts.update(chosen)
                for column in chosen:
                    self._give(node, self.done[column])
        return [
            {} if node.orders else {column: cost for column, cost in row.items() if column not in parts}
            for node, row in zip(waiting, rows, strict=True)
        ]

    def _pair(self, nodes: Sequence[Node], rows: Sequence[dict[int, float]]) -> None:
        null = max(node.rules.null for node in nodes)
        # To go without costs each what its own rules say. The same on everything a row may take changes nothing, so
        # that it may cost all of them the same.
        level = [
            {column: cost + null - node.rules.null for column, cost in row.items()}
            for node, row in zip(nodes, rows, strict=True)
        ]
        chosen = assign(level, null)
        margins = Margins(level, chosen, null)
        for row, (node, column) in enumerate(zip(nodes, chosen, strict=True)):
            other = margins.otherwise(row, (), node.rules.margin)
            if other is not None and column is not None:
                other = margins.otherwise(row, self._alike(node, rows[row], column), node.rules.margin)
            if column is not None:
                node.cost = round(rows[row][column], 6)
                self._give(node, self.done[column])
            if other is None:
                continue
            node.margin = round(other.rise, 6)
            # What it might be instead: another order; or another's order, or nobody's.
            losers = [loser for loser, has in other.instead.items() if column is not None and has == column]
            node.doubts |= dict.fromkeys(nodes[loser].one.key for loser in losers)
            doubted = other.instead[row] if other.instead[row] is not None else None if losers else column
            if doubted is not None:
                node.doubts[self.done[doubted].key] = None

    def _alike(self, node: Node, row: Mapping[int, float], column: int) -> list[int]:
        """Other orders that would tell the same of it: which of them it is need not be asked."""
        told = node.told([node.reads(self.done[column])])
        return [
            other
            for other in row
            if other != column
            and (here := node.told([node.reads(self.done[other])])).label is told.label
            and here.edits == told.edits
        ]

    def join_parts(self) -> None:
        """Further orders of the contract that was traded, up to what is left of the size that was advised."""
        for node in self.nodes:
            if not node.orders or node.settled or node.left <= 0:
                continue
            first = node.orders[0]
            for order in self._near(node):
                if order.plain and node.owns(order) and _same_leg(first, order):
                    size = order.quantity or 0.0
                    if 0 < size <= node.left + node.rules.filled * (node.size or 0.0):
                        self._give(node, order)

    def join_shapes(self) -> None:
        """What has other legs than advised: a roll in two orders or only its first half, a spread for a single."""
        for node in self.nodes:
            if node.orders or node.one.decision == "rejected":
                continue
            near = [order for order in self._near(node) if node.owns(order)]
            found = self._roll(node, near) if node.deed.effect == "roll" else self._spread(node, near)
            if not found:
                continue
            node.cost = round(node.shape_price(found[0]), 6)
            for order in found:
                self._give(node, order)
            if len(found) == 1 or node.contract_apart(found[0]):
                node.doubts[found[0].key] = None

    def _roll(self, node: Node, near: Sequence[Order]) -> list[Order]:
        """The opening order first: it is what the advice was about."""
        single = [order for order in near if len(order.legs) == 1 and _right(node, order)]
        closing = [order for order in single if order.deed.effect == "close"]
        opening = [order for order in single if order.deed.effect == "open"]
        pairs = [
            (node.shape_price(there), there.at, there.key, here, there)
            for here in closing
            for there in opening
            if abs(there.at - here.at) <= node.rules.one_roll and here.deed.right == there.deed.right
        ]
        best = min(pairs, key=lambda one: one[:3], default=None)
        if best is not None and best[0] < node.rules.null:
            return [best[4], best[3]]
        return closing[:1]

    def _spread(self, node: Node, near: Sequence[Order]) -> list[Order]:
        wider = [
            (cost, order.at, order.key, order)
            for order in near
            if not order.plain
            and any(node.deed.agrees(leg.deed) for leg in order.legs)
            and (cost := node.shape_price(order)) < node.rules.null
        ]
        best = min(wider, key=lambda one: one[:3], default=None)
        return [best[3]] if best is not None else []

    def doubt_shared(self) -> None:
        """One order as large as two pieces of advice of its contract: it may be both."""
        owner = {order.key: node for node in self.nodes for order in node.orders}
        for node in self.nodes:
            if node.orders or not node.size or node.one.decision is not None:
                continue
            for order in self._near(node, taken=True):
                other, priced = owner.get(order.key), node.price(order)
                if other is None or other.linked or priced is None or priced[1] or other.contract_apart(order):
                    continue
                if abs(-other.left - node.size) <= node.rules.filled * node.size:
                    node.doubts[order.key] = None
                    other.doubts[node.one.key] = None


def _right(node: Node, order: Order) -> bool:
    return node.deed.right is None or order.deed.right is None or node.deed.right == order.deed.right


def _same_leg(one: Order, other: Order) -> bool:
    return one.first.deed == other.first.deed and one.first.contract == other.first.contract
