"""What learning works on: what was advised, what was done, what came of it, and how the two belong together.

Each is kept in the ledger (`core.learning.ledger`) under its kind and key, every version of it; `document` gives its
body as plain JSON and `read` reads that back. Money is `Decimal`; values of parameters are as JSON has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from core.codec import Doc
from core.model import Json

RECOMMENDATION, EXECUTION, RESULT, CLOSE = "recommendation", "execution", "result", "close"
MATCH, DIGEST, CANDIDATE = "match", "digest", "candidate"
OUTCOME = "outcome"
"""Of the records of what a match was worth, a version for each time that this changed."""
WITHDRAWN = "withdrawn"
"""The status of a match that is none any more: its order was found to belong elsewhere."""
BROUGHT_BY = "brought_by"
"""Beside what an imported body tells: who brought it (`bot.learning.brought`)."""


class Source(StrEnum):
    """Whether it happened before Placet's eyes or was imported with dates of its own."""

    LIVE = "live"
    IMPORTED = "imported"


class Label(StrEnum):
    """What became of a recommendation (or, `independent`, what was done without one)."""

    CONSENT = "consent"
    MODIFY = "modify"
    REJECT = "reject"
    NO_ACTION = "no_action"
    INDEPENDENT = "independent"


class How(StrEnum):
    """How a label is known. What was `ignored` is never evidence of a preference.

    `linked`: the execution names the request or its claim; `explicit`: somebody said so; `matched`: by likeness;
    `ignored`: nothing was said and nothing was done.
    """

    LINKED = "linked"
    EXPLICIT = "explicit"
    MATCHED = "matched"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What an algorithm advised, and what somebody said to it.

    `key`: the request's id, or `imp:` and the key it was imported under. `person`: whose overrides it tells of.
    `parameters`: as the algorithm sent them; `decided`: as they were decided, where that differs.
    `ladders`: by parameter, every value that was listed, in order. `features`: numbers known then.
    `decision`: the outcome (`core.model.Outcome`), or None while nothing was said. `seen`: somebody opened or was
    shown it; what nobody saw cannot be rejected by silence. `withdrawn`: its asker took it back.
    """

    key: str
    at: datetime
    valid_until: datetime
    person: str
    program: str
    algorithm: str
    action: str
    subject: str
    account: str | None = None
    title: str = ""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    ladders: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    features: Mapping[str, float] = field(default_factory=dict)
    amount: Decimal | None = None
    currency: str | None = None
    decision: str | None = None
    decided_at: datetime | None = None
    decided: Mapping[str, Json] | None = None
    reason: str | None = None
    would_agree: str | None = None
    seen: bool = True
    asked_at: datetime | None = None
    claim: str | None = None
    by_people: bool = True
    """Whether people decided it. What a rule approves by itself, or by silence, says nothing about anybody."""
    source: Source = Source.LIVE

    @property
    def withdrawn(self) -> bool:
        return self.decision in ("cancelled", "lapsed")


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill (or one deployed change). `order`: the broker's order, of which it may be one of several fills.

    `link`: the request's id, its key or a claim's id that it carries (a broker's client order id). `busted`: it was
    taken back. `parameters`: as a recommendation has them, with the size and the price that were filled.
    `cut`: the person cancelled the rest of the order.
    """

    key: str
    at: datetime
    action: str
    subject: str
    account: str | None = None
    order: str | None = None
    link: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    fees: Decimal | None = None
    currency: str | None = None
    person: str | None = None
    busted: bool = False
    cut: bool = False
    source: Source = Source.LIVE


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a recommendation as given (`recommended`) or of an order (`actual`), as whoever knows says.

    `about`: the recommendation's key, or the order (the execution's key where it has no order). `pnl` None: it cannot
    be priced, which is never zero. `risk`: what one R is, in the currency. `open`: still running, marked and left out.
    """

    about: str
    kind: str
    at: datetime
    pnl: Decimal | None = None
    currency: str | None = None
    risk: Decimal | None = None
    fees: Decimal | None = None
    open: bool = False
    source: str = "given"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.about}"


@dataclass(frozen=True, slots=True)
class Close:
    """A closing price of a day. `source`: who said so."""

    subject: str
    day: date
    price: Decimal
    source: str = "import"

    @property
    def key(self) -> str:
        return f"{self.subject}:{self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class Match:
    """A recommendation and what was done of it, or an order that nobody advised.

    `key`: the recommendation's key, or `order:` and the order. `orders`: the keys of the orders that were matched
    (`core.learning.fold`), the first the best. `edits`: by parameter, signed listed steps (for a size: log2 of the
    ratio, for a price: the relative difference). `quantity`: what was filled, as a share of what was advised. `cost`
    and `margin`: of the link (`core.learning.reconcile`). `ambiguous`: other orders (or recommendations) it might be:
    a person is asked.
    `settled_by`: who said which it is. `version`: of the rules that labelled it.
    """

    key: str
    day: date
    at: datetime
    person: str
    program: str
    algorithm: str
    subject: str
    action: str
    label: Label
    how: How
    recommendation: str | None = None
    orders: tuple[str, ...] = ()
    edits: Mapping[str, float] = field(default_factory=dict)
    quantity: float | None = None
    delay: float | None = None
    """Seconds between the recommendation and what was done."""
    cost: float | None = None
    margin: float | None = None
    ambiguous: tuple[str, ...] = ()
    settled_by: str | None = None
    fill_incomplete: bool = False
    shared: tuple[str, ...] = ()
    """Other recommendations that gave the same advice."""
    reason: str | None = None
    words: str | None = None
    """The commitment to what was written with the reason."""
    would_agree: str | None = None
    source: Source = Source.LIVE
    version: str = ""

    @property
    def diverges(self) -> bool:
        """Whether somebody departed from the advice on purpose, as far as is known."""
        return self.label is Label.MODIFY or (self.label is Label.REJECT and self.how is not How.IGNORED)


Learned = Recommendation | Execution | Result | Close | Match
_OF_TIME = frozenset({"at", "valid_until", "decided_at", "asked_at"})
_OF_MONEY = frozenset({"amount", "fees", "pnl", "risk", "price"})
_OF_TUPLES = frozenset({"orders", "ambiguous", "shared"})
_TYPES: Mapping[str, type[Learned]] = {
    RECOMMENDATION: Recommendation,
    EXECUTION: Execution,
    RESULT: Result,
    CLOSE: Close,
    MATCH: Match,
}
_ENUMS = {"label": Label, "how": How}


def document(one: Learned) -> Doc:
    """Its body: plain JSON, without what is not said."""
    return {
        name: _plain(value)
        for name in type(one).__dataclass_fields__
        if (value := getattr(one, name)) not in (None, (), {})
    }


def _plain(value: object) -> Json:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def read(kind: str, body: Doc) -> Learned:
    """The reverse of `document`. KeyError for a kind that is none of these."""
    values: Doc = {}
    made = _TYPES[kind]
    for name, value in body.items():
        if name == BROUGHT_BY:
            continue
        if name in _OF_TIME:
            values[name] = datetime.fromisoformat(value)
        elif name == "day":
            values[name] = date.fromisoformat(value)
        elif name in _OF_MONEY:
            values[name] = Decimal(value)
        elif name in _OF_TUPLES:
            values[name] = tuple(value)
        elif name == "ladders":
            values[name] = {parameter: tuple(listed) for parameter, listed in value.items()}
        elif name in _ENUMS:
            values[name] = _ENUMS[name](value)
        elif name == "source" and made is not Result and made is not Close:
            values[name] = Source(value)
        else:
            values[name] = value
    return made(**values)
