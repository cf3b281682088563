"""Many fills are one order: what one decision was about."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.learning import ladders, names
from core.learning.ladders import Nature, nature, number
from core.learning.records import Execution
from core.learning.rules import Rules
from core.model import Json

BOOKED = frozenset(
    {"assigned", "assignment", "exercise", "exercised", "expiration", "expired", "expire", "stopped", "liquidated"}
)
"""What a broker books and nobody decided."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An action, taken apart. What is None was not said, and agrees with everything."""

    side: str | None = None
    right: str | None = None
    effect: str | None = None
    rest: frozenset[str] = frozenset()

    def agrees(self, other: Deed) -> bool:
        if (self.effect == "roll") != (other.effect == "roll"):
            return False
        if not (agree(self.right, other.right) and agree(self.effect, other.effect)):
            return False
        if self.effect == "roll":
            return True
        return self.side == other.side and (self.rest == other.rest or (self.side is not None and not other.rest))


def agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def deed(action: str, parameters: Mapping[str, Json]) -> Deed:
    return Deed(
        names.side_of(action, parameters),
        names.right_of(action, parameters),
        names.effect_of(action, parameters),
        names.rest(action),
    )


def size_of(parameters: Mapping[str, Json]) -> float | None:
    """Brokers that write what was sold as a negative number mean the same size."""
    for name in names.SIZES:
        if (found := number(parameters.get(name))) is not None:
            return abs(found)
    return None


def price_of(parameters: Mapping[str, Json]) -> float | None:
    """The one that was really paid, where several are named."""
    for name in names.PRICES:
        if (found := number(parameters.get(name))) is not None:
            return found
    return None


def contract_of(parameters: Mapping[str, Json]) -> dict[str, Json]:
    """What was traded or done, without how much of it and at what price."""
    return {name: value for name, value in parameters.items() if nature(name) in (Nature.EXPIRY, Nature.OTHER)}


@dataclass(frozen=True, slots=True)
class Leg:
    """All fills of one contract and side. `price`: their mean, by size; None where one of them has none."""

    deed: Deed
    action: str
    contract: Mapping[str, Json]
    quantity: float | None
    price: float | None


@dataclass(frozen=True, slots=True)
class Order:
    """What a person placed, or a program for them.

    `key`: the broker's number with the account and the subject that it counts in, `77/U1/aapl`, whatever else there
    is; or that of the first fill, where there is no number. `number`: as the broker has it. `ordered`: how much was
    asked for, where that is known. `cut`: the person cancelled the rest.
    """

    key: str
    at: datetime
    subject: str
    account: str | None
    person: str | None
    link: str | None
    legs: tuple[Leg, ...]
    ordered: float | None
    cut: bool
    executions: tuple[Execution, ...]
    number: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What people may call it: by its key, or only by its number."""
        return (self.key,) if self.number is None else (self.key, self.number)

    @property
    def first(self) -> Leg:
        """What it is about: of a roll, the leg that is opened."""
        return self.legs[0]

    @property
    def deed(self) -> Deed:
        if self.rolls:
            return replace(self.first.deed, side=None, effect="roll")
        return self.first.deed

    @property
    def rolls(self) -> bool:
        return len(self.legs) > 1 and {"open", "close"} <= {leg.deed.effect for leg in self.legs}

    @property
    def plain(self) -> bool:
        """One leg, or one closed and one opened."""
        return len(self.legs) == 1 or (len(self.legs) == 2 and self.rolls)

    @property
    def quantity(self) -> float | None:
        return self.first.quantity


SPLITS = (1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 10.0, 15.0, 20.0)
"""How many new shares for an old one are usual; the reverse is, too."""


def unsplit(order: Order, advised: Mapping[str, Json]) -> Order | None:
    """The order as it would have been without a split in between, if it looks as if there was one: the strike (or the
    price) went down as the size went up, by a usual ratio, both alike."""
    size, leg = size_of(advised), order.first
    was, now = number(advised.get("strike")), number(leg.contract.get("strike"))
    if was is None or now is None:
        was, now = price_of(advised), leg.price
    if not size or not leg.quantity or not was or not now or len(order.legs) > 1:
        return None
    ratio = leg.quantity / size
    if not any(math.isclose(ratio, known, rel_tol=1e-6) for one in SPLITS for known in (one, 1 / one)):
        return None
    if not math.isclose(was / now, ratio, rel_tol=0.01 if "strike" in leg.contract else 0.1):
        return None
    contract = {**leg.contract, "strike": was} if "strike" in leg.contract else leg.contract
    price = leg.price * ratio if leg.price is not None else None
    whole = replace(leg, contract=contract, quantity=size, price=price)
    return replace(order, legs=(whole,), ordered=order.ordered / ratio if order.ordered else None)


def orders(executions: Iterable[Execution], rules: Rules) -> list[Order]:
    """Fills of one order together; without an order's number, those of one contract and side that lie close together.

    Fills that were taken back are left out. An order's number counts in its account and for its subject: another
    account, or another market, may use it as well.
    """
    standing: dict[str, Execution] = {}
    for one in sorted(executions, key=lambda one: (one.at, one.key)):
        standing[one.key] = one
    numbered: dict[tuple[str | None, str, str], list[Execution]] = defaultdict(list)
    loose: dict[tuple[object, ...], list[Execution]] = defaultdict(list)
    for one in standing.values():
        if one.busted:
            continue
        if one.order is not None:
            numbered[one.account, one.order, one.subject.casefold()].append(one)
        else:
            loose[_alike(one)].append(one)
    found = [
        _order(key_of(order, account, subject), fills, order) for (account, order, subject), fills in numbered.items()
    ]
    for fills in loose.values():
        found.extend(_order(group[0].key, group) for group in _close_together(fills, rules.one_order))
    return sorted(found, key=lambda one: (one.at, one.key))


def key_of(number: str, account: str | None, subject: str) -> str:
    """An order's key: no other account and no other market has it, whatever they number theirs."""
    return f"{number}/{account or ''}/{subject.casefold()}"


def by_name(placed: Sequence[Order]) -> dict[str, Order]:
    """Orders by their keys; and by their bare numbers, as programs and brokers name them, where only one has it."""
    numbers = Counter(order.number for order in placed)
    found = {order.number: order for order in placed if order.number is not None and numbers[order.number] == 1}
    return found | {order.key: order for order in placed}


def _alike(one: Execution) -> tuple[object, ...]:
    contract = json.dumps(contract_of(one.parameters), sort_keys=True, default=str)
    made = deed(one.action, one.parameters)
    return one.account, one.subject.casefold(), one.link, made, contract, one.person


def _close_together(fills: Sequence[Execution], gap: timedelta) -> list[list[Execution]]:
    groups: list[list[Execution]] = []
    for one in fills:
        if groups and one.at - groups[-1][-1].at <= gap:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _order(key: str, fills: Sequence[Execution], number_of: str | None = None) -> Order:
    by_contract: dict[tuple[object, ...], list[Execution]] = defaultdict(list)
    if len(fills) == 1:
        by_contract[()].append(fills[0])
    else:
        for one in fills:
            by_contract[_alike(one)[1], _alike(one)[3], _alike(one)[4]].append(one)
    legs = [_leg(group) for group in by_contract.values()]
    if len(legs) > 1:
        legs.sort(key=lambda leg: leg.deed.effect == "close")
    first = fills[0]
    ordered = [size for one in fills if (size := number(one.parameters.get(ladders.ORDERED))) is not None]
    return Order(
        key=key,
        at=first.at,
        subject=first.subject,
        account=first.account,
        person=next((one.person for one in fills if one.person), None),
        link=next((one.link for one in fills if one.link), None),
        legs=tuple(legs),
        ordered=max(map(abs, ordered)) if ordered else None,
        cut=any(one.cut for one in fills),
        executions=tuple(fills),
        number=number_of,
    )


def _leg(fills: Sequence[Execution]) -> Leg:
    first = fills[0]
    contract, made = contract_of(first.parameters), deed(first.action, first.parameters)
    if len(fills) == 1:
        return Leg(made, first.action, contract, size_of(first.parameters), price_of(first.parameters))
    sizes = [size_of(one.parameters) for one in fills]
    prices = [price_of(one.parameters) for one in fills]
    known = [size for size in sizes if size is not None]
    total = sum(known) if known else None
    price = None
    if total and len(known) == len(fills) and None not in prices:
        price = sum(size * paid for size, paid in zip(known, prices, strict=True) if paid is not None) / total
    return Leg(made, first.action, contract, total, price)


def filled(found: Sequence[Order]) -> float | None:
    """How much of what the first of them is about was filled in all: the closing half of a roll is no further part."""
    known = [one.quantity for one in found if one.first.deed == found[0].first.deed and one.quantity is not None]
    return sum(known) if known else None
