"""What came of one match: four levels in money, what lies between them, and sums that say of how many they are.

The levels: the advice at its own time (`advised`), the same advice at the time and price the person really had
(`later`), what the person did without fees and as much of it as they wanted (`paper`), and what is in the account
(`real`). Their differences are delay, decision and execution, which add up to the whole, since each level is rounded
once, before anything is subtracted (Perold, The Implementation Shortfall, 1988).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.codec import Doc
from core.learning.records import Label, Match
from core.model import Json

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one match, as it was known on a day. What is None is not known, and never zero.

    `risk`: one R, of the advice at its time. `open`: it still runs, so its numbers are marks and count nowhere.
    `known_at`: since when it has been known, None while it is not; `known_on`: on which day that was. `by`, `done_by`:
    who priced either side. `why`: what is missing, and what to do about it.
    """

    key: str
    subject: str
    label: Label
    currency: str = ""
    advised: Decimal | None = None
    later: Decimal | None = None
    paper: Decimal | None = None
    real: Decimal | None = None
    risk: Decimal | None = None
    open: bool = False
    known_on: date | None = None
    known_at: datetime | None = None
    by: str = ""
    done_by: str = ""
    why: str = ""

    @property
    def delay(self) -> Decimal | None:
        """What waiting cost (below zero) or brought: the same advice, taken when and where it was taken."""
        return _difference(self.later, self.advised)

    @property
    def decision(self) -> Decimal | None:
        """What deciding otherwise brought."""
        return _difference(self.paper, self.later)

    @property
    def execution(self) -> Decimal | None:
        """Fees, and what could not be filled."""
        return _difference(self.real, self.paper)

    @property
    def total(self) -> Decimal | None:
        """What was done against what was advised, with all that lies between."""
        return _difference(self.real, self.advised)

    @property
    def difference(self) -> Decimal | None:
        """The decision; with the delay in it (`delayed`) where the two cannot be told apart: another contract's price
        at another time is not known."""
        return _difference(self.paper, self.advised if self.later is None else self.later)

    @property
    def delayed(self) -> bool:
        return self.paper is not None and self.later is None

    @property
    def priced(self) -> bool:
        """Whether both sides are known for good."""
        return self.total is not None and not self.open

    @property
    def r(self) -> float | None:
        """`difference` in R."""
        return None if self.difference is None or not self.risk else float(self.difference / self.risk)

    def plain(self) -> dict[str, Json]:
        """As JSON, with money as text."""
        money = ("advised", "later", "paper", "real", "delay", "decision", "execution", "total", "difference", "risk")
        found: dict[str, Json] = {
            name: None if (value := getattr(self, name)) is None else format(value, "f") for name in money
        }
        return {
            **found,
            "r": self.r,
            "currency": self.currency or None,
            "open": self.open,
            "known_on": self.known_on.isoformat() if self.known_on else None,
            "known_at": self.known_at.isoformat() if self.known_at else None,
            "by": self.by or None,
            "done_by": self.done_by or None,
            "why": self.why or None,
        }


_LEVELS = ("advised", "later", "paper", "real", "risk")


def read(match: Match, body: Doc) -> Outcome:
    """The reverse of `plain`, of the match that it came of."""
    levels = {name: None if body.get(name) is None else Decimal(body[name]) for name in _LEVELS}
    on, at = body.get("known_on"), body.get("known_at")
    return Outcome(
        key=match.key,
        subject=match.subject,
        label=match.label,
        currency=body.get("currency") or "",
        open=body.get("open", False),
        known_on=None if on is None else date.fromisoformat(on),
        known_at=None if at is None else datetime.fromisoformat(at),
        by=body.get("by") or "",
        done_by=body.get("done_by") or "",
        why=body.get("why") or "",
        **levels,
    )


def _difference(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of how many a sum is, of how many it should be. `open` ones are among `of` and not among `priced`."""

    priced: int
    of: int
    open: int = 0


@dataclass(frozen=True, slots=True)
class Sum:
    """In one currency. `worst`, `best`: with the unpriced ones at the bounds that were given for one; else None."""

    currency: str
    amount: Decimal
    coverage: Coverage
    worst: Decimal | None = None
    best: Decimal | None = None


def sums(
    values: Iterable[tuple[Outcome, Decimal | None]], bounds: tuple[Decimal, Decimal] | None = None
) -> tuple[Sum, ...]:
    """Outcomes with the number of each that is summed. What has no currency of its own is missing in each of them."""
    told = list(values)
    currencies = sorted({one.currency for one, value in told if value is not None and not one.open})
    found = []
    for currency in currencies or sorted({one.currency for one, _ in told}):
        here = [(one, value) for one, value in told if one.currency in (currency, "")]
        counted = [value for one, value in here if one.currency == currency and value is not None and not one.open]
        coverage = Coverage(len(counted), len(here), sum(one.open for one, _ in here))
        amount, left = sum(counted, NOTHING), coverage.of - coverage.priced
        worst, best = (amount + left * bound for bound in bounds) if bounds else (None, None)
        found.append(Sum(currency, amount, coverage, worst, best))
    return tuple(found)
