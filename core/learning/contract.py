"""A contract with a market, as it is read from an action and its parameters: shares, coins, options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from core.learning.names import BUY, EXPIRIES, PRICES, SIZES, right_of, said, side_of
from core.model import Json

STOPS = ("stop", "stop_loss", "stop_price")
CONTRACT = Decimal(100)
"""Shares of a listed option, where no multiplier is said (OCC, Characteristics and Risks of Standardized Options)."""
_LARGEST = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Part:
    """One contract of a position: a leg, or a fill."""

    at: datetime
    action: str
    subject: str
    parameters: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract, as it is read from an action and its parameters. `side`: 1 bought, -1 sold.

    `right`: `call` or `put`; "" for what is no option. `price`, `stop`: None where none is said.
    """

    subject: str
    side: int
    quantity: Decimal
    price: Decimal | None
    multiplier: Decimal
    right: str = ""
    strike: Decimal = Decimal(0)
    expiry: date = date.min
    stop: Decimal | None = None

    @property
    def contract(self) -> tuple[object, ...]:
        """What makes it the same thing as another, whatever the size and the price."""
        return (self.subject.casefold(), self.side, self.right, self.strike, self.expiry, self.multiplier)

    @property
    def units(self) -> Decimal:
        """Signed."""
        return self.side * self.quantity * self.multiplier


def terms(part: Part) -> Terms | str | None:
    """The contract; or why it cannot be read, in words that say what to send; or None: it has no market."""
    parameters = part.parameters
    right = right_of(part.action, parameters) or ""
    bought = side_of(part.action, parameters)
    sizes = {exact(parameters[name]) for name in SIZES if name in parameters}
    if not right and "strike" not in parameters and (bought is None or not sizes):
        return None
    price = exact(said(parameters, PRICES))
    if bought is None:
        return f"`{part.action}` does not say whether it buys or sells; send `side`, or a result"
    quantity = sizes.pop() if len(sizes) == 1 else None
    if not quantity:
        return "its quantity is not one number other than zero"
    side = 1 if bought == BUY else -1
    # Brokers that write what was sold as a negative number mean the same size.
    quantity = abs(quantity)
    multiplier = exact(parameters.get("multiplier")) or (CONTRACT if right else Decimal(1))
    if multiplier <= 0:
        return "its multiplier is no number above zero"
    if not right:
        if "strike" in parameters:
            return "it has a strike and does not say call or put; send `right`"
        stop = exact(said(parameters, STOPS))
        return Terms(part.subject, side, quantity, price, multiplier, stop=stop)
    strike, expiry = exact(parameters.get("strike")), _day(said(parameters, EXPIRIES))
    if strike is None or strike <= 0 or expiry is None:
        return "it is an option without a strike and an expiry that can be read"
    return Terms(part.subject, side, quantity, price, multiplier, right, strike, expiry)


def exact(value: Json) -> Decimal | None:
    """A number as it was written, or None. What is beyond 10^15, or no number, is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _LARGEST else None


def _day(value: Json) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def payoff(one: Terms, price: Decimal) -> Decimal:
    """Of one unit of an option at expiry."""
    return max(Decimal(0), price - one.strike if one.right == "call" else one.strike - price)


def most_lost(legs: Sequence[Terms]) -> Decimal | None:
    """The most that options of one expiry can lose; None where there is no limit, or nobody can say."""
    if any(leg.price is None or not leg.right for leg in legs) or len({leg.expiry for leg in legs}) != 1:
        return None
    if sum((leg.units for leg in legs if leg.right == "call"), Decimal(0)) < 0:
        return None
    # The result is a straight line between strikes, so its lowest point is at one of them, or at a price of zero.
    worst = min(
        sum((leg.units * (payoff(leg, at) - leg.price) for leg in legs if leg.price is not None), Decimal(0))
        for at in {Decimal(0), *(leg.strike for leg in legs)}
    )
    return -worst if worst < 0 else None
