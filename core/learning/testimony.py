"""What people say of a match afterwards: which order it was, and why they departed from the advice.

What was said is a further version of the match. It is never asked twice, and no later reconciliation takes it back:
`settled` tells the next one what people know, and `carried` puts their words onto what it finds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from core.learning.counting import ambiguous
from core.learning.fold import Order
from core.learning.ladders import PRICES, SIZES
from core.learning.records import Match, Recommendation
from core.model import Json

ORDER = "order:"
"""What the key of a match begins with that is an order without a recommendation."""
MOST_CHOICES = 6
"""Orders (or recommendations) that a question offers; what is less likely than these is settled on the web."""


def choices(match: Match) -> tuple[str, ...]:
    """What an ambiguous match might be, the likeliest first: orders, or other advice that its order was about."""
    return tuple(dict.fromkeys((*match.orders[:1], *match.ambiguous)))


def departs(match: Match) -> bool:
    """Whether somebody departed from advice and has not said why. What is not certain is asked about first."""
    return match.diverges and not match.reason and not ambiguous(match) and match.recommendation is not None


def settled(matches: Iterable[Match]) -> dict[str, str | None]:
    """By order, the recommendation that a person said it belongs to; None: to none."""
    return {order: one.recommendation for one in matches if one.settled_by for order in one.orders}


def links(match: Match, chosen: str | None, among: Collection[str], free: Collection[str]) -> dict[str, str | None]:
    """By order, where it belongs once `chosen` (one of `choices`; None: none of them) was said.

    `among`: which of the choices are recommendations. `free`: which orders are nobody's now: who says that it was none
    of them says so of those, and leaves alone what belongs to other advice.
    """
    if chosen is None:
        others = (one for one in match.ambiguous if one in free)
        return dict.fromkeys((*match.orders, *others), None)
    if chosen in among:
        return dict.fromkeys(match.orders, chosen)
    return {chosen: match.recommendation}


def explained(match: Match, code: str | None, words: str | None, would_agree: str | None) -> Match:
    """With the reason; what is not said this time stays. Words go with the reason that they were written for."""
    said = match if code is None else replace(match, reason=code, words=words)
    if code is None and words is not None:
        said = replace(said, words=words)
    return said if would_agree is None else replace(said, would_agree=would_agree)


def carried(fresh: Match, known: Match | None) -> Match:
    """What a reconciliation found, with what people have said of it before."""
    if known is None:
        return fresh
    same = fresh.orders == known.orders and fresh.label is known.label
    if same and known.settled_by:
        fresh = replace(fresh, settled_by=known.settled_by, ambiguous=())
    if known.reason and not fresh.reason and fresh.diverges:
        fresh = replace(fresh, reason=known.reason, words=known.words)
    if known.would_agree and not fresh.would_agree and fresh.diverges:
        fresh = replace(fresh, would_agree=known.would_agree)
    return fresh


def answered(found: Iterable[Match], asked: Match, said: Mapping[str, str | None], by: str) -> list[Match]:
    """What a reconciliation made of the answer about `asked`, with whose answer it was.

    That match is settled, and so are those whose orders it spoke of. The doubt whether their order was this advice's
    is taken from the others; what else is uncertain of them stays so.
    """
    told = []
    for one in found:
        if one.key == asked.key or not said.keys().isdisjoint(one.orders):
            told.append(replace(one, settled_by=by, ambiguous=()))
        else:
            told.append(replace(one, ambiguous=tuple(key for key in one.ambiguous if key != asked.recommendation)))
    return told


def about(match: Match, recommendation: Recommendation | None) -> str:
    """What it was, for people: the advice's own title, or the action and its subject."""
    if recommendation is not None and recommendation.title:
        return recommendation.title
    return f"{match.action.replace('_', ' ')} {match.subject}".strip()


def done(match: Match, recommendation: Recommendation | None, orders: Mapping[str, Order]) -> tuple[str, ...]:
    """How what was done differs from the advice, a line for each difference; where nothing was advised, what it was."""
    mine = [orders[key] for key in match.orders if key in orders]
    if recommendation is None:
        return tuple(order_line(one) for one in mine)
    advised, decided = recommendation.parameters, recommendation.decided or {}
    lines = []
    for name, steps in sorted(match.edits.items()):
        value = _value(mine, name) if mine else decided.get(name)
        if value is not None and name in advised:
            lines.append(f"{_words(name)}: {value_text(advised[name])} → {value_text(value)}")
        else:
            lines.append(f"{_words(name)}: {'more' if steps > 0 else 'less'} than advised")
    return tuple(lines)


def _value(orders: Sequence[Order], name: str) -> Json:
    """A parameter of what was done, where it is one thing."""
    if name in SIZES:
        sizes = [one.quantity for one in orders if one.quantity is not None]
        return sum(sizes) if sizes else None
    first = orders[0].first
    if name in PRICES:
        return round(first.price, 4) if first.price is not None and len(orders) == 1 else None
    return first.contract.get(name)


def order_line(order: Order) -> str:
    """An order in one line: what, of what, with which parameters, when it was first filled."""
    what, said = f"{_words(order.first.action)} {order.subject}", _said(order)
    return f"{what}: {said}; {order.at:%d %b %Y, %H:%M} UTC" if said else f"{what}; {order.at:%d %b %Y, %H:%M} UTC"


def order_words(order: Order) -> str:
    """What tells an order from others of its kind, as short as a button is."""
    return f"{_said(order) or _words(order.first.action)}; {order.at:%d %b, %H:%M} UTC"


def _said(order: Order) -> str:
    first = order.first
    said = [f"{_words(name)} {value_text(value)}" for name, value in sorted(first.contract.items())]
    if first.quantity is not None:
        said.insert(0, value_text(first.quantity))
    if first.price is not None:
        said.append(f"at {value_text(round(first.price, 4))}")
    return ", ".join(said)


def value_text(value: Json) -> str:
    """A value as people write it: 3, not 3.0."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
