"""What became of a recommendation, told by the orders that belong to it, or by what was said, or by silence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.learning.episodes import Episode
from core.learning.fold import Order, deed, filled, size_of
from core.learning.ladders import LEGS, LIMITS, Nature, edit, nature, number, same
from core.learning.records import How, Label, Recommendation, Source
from core.learning.rules import Rules

ANSWERED = frozenset({"approved", "modified"})


@dataclass(frozen=True, slots=True)
class Told:
    """`quantity`: what was filled, as a share of what was advised."""

    label: Label
    how: How
    edits: Mapping[str, float] = field(default_factory=dict)
    quantity: float | None = None
    incomplete: bool = False


def by_orders(episode: Episode, orders: Sequence[Order], rules: Rules, *, linked: bool) -> Told:
    """The first of the orders is the one that fits best; the others are further parts of it."""
    one, first = episode.advice, orders[0]
    total, advised = filled(orders), size_of(one.parameters)
    share = total / advised if total is not None and advised else None
    cut = any(order.cut for order in orders)
    if total == 0:
        if cut:
            return Told(Label.REJECT, How.LINKED if linked else How.MATCHED, quantity=share)
        return Told(Label.CONSENT, How.LINKED if linked else How.MATCHED, quantity=share, incomplete=True)
    edits = _of_contract(one, orders)
    size, incomplete = _intended(one, orders, rules, linked=linked)
    decided_size = size_of(one.decided or {})
    spoken = decided_size is not None and decided_size == size
    if size and advised and abs(size / advised - 1) > (0.0 if spoken else rules.filled + 1e-9):
        edits[_name_of_size(one)] = math.log2(size / advised)
    if not linked and one.decision not in ANSWERED:
        edits |= _of_limit(one, first, rules)
    if one.decision == "modified" and not edits:
        # What was said here counts, also where something else was done of it afterwards.
        said_so = by_word(one)
        edits = dict(said_so.edits) if said_so is not None else {}
    label = Label.MODIFY if edits or one.decision == "modified" else Label.CONSENT
    said = {"approved": Label.CONSENT, "modified": Label.MODIFY}.get(one.decision or "")
    how = How.LINKED if linked else How.EXPLICIT if label is said else How.MATCHED
    return Told(label, how, {name: value for name, value in edits.items() if value}, share, incomplete)


def _name_of_size(one: Recommendation) -> str:
    return next((name for name in one.parameters if nature(name) is Nature.SIZE), "quantity")


def _of_contract(one: Recommendation, orders: Sequence[Order]) -> dict[str, float]:
    """What was done otherwise; and what was decided otherwise, where an order does not show it."""
    order = orders[0]
    done, edits = order.first.contract, dict[str, float]()
    for name, advised in one.parameters.items():
        if name in done and nature(name) in (Nature.EXPIRY, Nature.OTHER) and not same(advised, done[name]):
            edits[name] = edit(one, name, done[name])
    for name, value in (one.decided or {}).items():
        shown = name in done or nature(name) in (Nature.SIZE, None)
        if not shown and not same(one.parameters.get(name), value):
            edits[name] = edit(one, name, value)
    if order.subject.casefold() != one.subject.casefold():
        edits["subject"] = 1.0
    meant = deed(one.action, one.parameters)
    if meant.effect != "roll" and not meant.agrees(order.deed):
        # Only a link can bring the two together: the opposite of the advice is no consent to it.
        edits["action"] = 1.0
    legs = len(order.legs) + any(other.first.deed != order.first.deed for other in orders)
    more = legs - (2 if meant.effect == "roll" else 1)
    if more:
        edits[LEGS] = float(more)
    return edits


def _intended(one: Recommendation, orders: Sequence[Order], rules: Rules, *, linked: bool) -> tuple[float | None, bool]:
    """How much the person meant to have, and whether less than that was filled.

    Less than was meant can only be known where it is known what was meant: the order says how much was ordered, or it
    was decided here. A person's own order over less than was advised is what they chose; the market took it whole.
    """
    total = filled(orders)
    if total is None:
        return None, False
    ordered = [order.ordered for order in orders]
    meant = sum(size for size in ordered if size is not None) or None
    if meant is None and (linked or one.decision in ANSWERED):
        meant = size_of(one.decided or {}) or size_of(one.parameters)
    if meant is None or total >= (1 - rules.filled) * meant:
        return total, False
    return (total, False) if any(order.cut for order in orders) else (meant, True)


def _of_limit(one: Recommendation, order: Order, rules: Rules) -> dict[str, float]:
    """A price beyond the advised limit is a limit that the person moved; a better one is the market's gift."""
    paid, side = order.first.price, deed(one.action, one.parameters).side
    for name in sorted(LIMITS & one.parameters.keys()):
        limit = number(one.parameters[name])
        if limit is None or paid is None or not limit:
            continue
        worse = {"buy": paid - limit, "sell": limit - paid}.get(side or "", 0.0)
        if worse > max(rules.slippage * abs(limit), one.features.get("spread", 0.0) / 2) + 1e-12:
            return {name: (paid - limit) / abs(limit)}
    return {}


def by_word(one: Recommendation) -> Told | None:
    """What somebody said to it, where nothing was done of it or nothing of that is known."""
    edits = {
        name: edit(one, name, value)
        for name, value in (one.decided or {}).items()
        if not same(one.parameters.get(name), value)
    }
    match one.decision:
        case "rejected":
            return Told(Label.REJECT, How.EXPLICIT)
        case "approved":
            return Told(Label.CONSENT, How.EXPLICIT if one.by_people else How.IGNORED)
        case "modified":
            return Told(Label.MODIFY, How.EXPLICIT, edits)
        case "changes_requested":
            return Told(Label.MODIFY, How.EXPLICIT)
        case "cancelled" | "lapsed" | "advised":
            return Told(Label.NO_ACTION, How.IGNORED)
        case _:
            return None


def by_silence(one: Recommendation, now: datetime, *, resolved: bool) -> Told | None:
    """Nobody said anything, and nothing was done. None: it is open still.

    What was seen and let pass was rejected, by silence; what nobody saw, what nobody was asked, and what resolved
    itself (expired, assigned) was not.
    """
    if one.decision is None and now < one.valid_until:
        return None
    asked = one.source is Source.IMPORTED or one.asked_at is not None
    if resolved or not one.seen or not asked:
        return Told(Label.NO_ACTION, How.IGNORED)
    return Told(Label.REJECT, How.IGNORED)
