"""From a row to what it tells: a recommendation that was given elsewhere, a fill, a result, a close, a decision."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.learning.cells import Writing, occ
from bot.learning.fields import Fields
from bot.learning.rows import Fault, Row
from core.durations import parse_duration
from core.expressions import is_number
from core.forms import schema_fault
from core.learning.gather import ladders_of, plain
from core.learning.records import Close, Execution, Recommendation, Result, Source
from core.learning.setup import Learning
from core.model import Json, Outcome, WouldAgree

IMPORTED = "imp:"
"""What stands before the key of a recommendation that was given elsewhere."""
USUALLY_VALID = timedelta(hours=8)
"""Where a recommendation does not say how long it is good for."""
RECOMMENDATIONS, EXECUTIONS, RESULTS, CLOSES = "recommendations", "executions", "results", "closes"
BESIDE = ("quantity", "price", "strike", "expiry", "right", "premium", "limit", "multiplier", "effect", "ordered")
"""Parameters of a fill that may stand beside the other fields."""
_REASON = re.compile(r"[A-Za-z0-9_]{1,20}")
_REQUEST = re.compile(r"(?:req|clm|claim)_[0-9a-z]{1,26}")
_PLAIN_SIDE = re.compile(r"(?i)(buy|bought|sell|sold|bto|btc|sto|stc)(?:[ _]to[ _](open|close))?")
_DECISIONS: Mapping[str, str] = {
    **{outcome.value: outcome.value for outcome in Outcome},
    "approve": Outcome.APPROVED.value,
    "modify": Outcome.MODIFIED.value,
    "reject": Outcome.REJECTED.value,
    "request_changes": Outcome.CHANGES_REQUESTED.value,
}
_RESULTS = {"recommended": "recommended", "actual": "actual"}
_STATUSES = {"filled": "", "corrected": "corrected", "busted": "busted", "cancelled": "busted", "canceled": "busted"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all rows of a file, where a row does not say otherwise."""

    writing: Writing = field(default_factory=Writing)
    account: str | None = None
    person: str | None = None
    program: str | None = None
    learning: Learning = field(default_factory=Learning)


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody said to a recommendation that was imported."""

    key: str
    decision: str
    at: datetime
    reason: str | None = None
    would_agree: str | None = None
    decided: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Busted:
    """A fill that was taken back."""

    key: str


@dataclass(frozen=True, slots=True)
class Corrected(Execution):
    """A fill whose row says that it corrects what was said before."""


Meant = Recommendation | Execution | Result | Close | Decided | Busted


def meant(kind: str, row: Row, terms: Terms) -> Meant:
    """What a row tells. Raises Fault."""
    fields = Fields(row.fields, terms.writing)
    match kind:
        case "executions":
            return _execution(fields, terms)
        case "results":
            return _result(fields, terms)
        case "closes":
            return _close(fields)
        case _:
            if fields.there("decision") and not fields.there("action"):
                return _decided(fields)
            return _recommendation(fields, terms)


def imported(key: str) -> str:
    """The key of a recommendation, from the one its program gave it: a request of ours keeps its id."""
    return key if key.startswith((IMPORTED, "req_")) else IMPORTED + key


def _recommendation(fields: Fields, terms: Terms) -> Recommendation:
    key = fields.must("key", "id", longest=190)
    if key.startswith("req_"):
        raise Fault("key", "is the id of a request that Placet was asked itself; it needs no import")
    parameters = fields.free("parameters")
    context = fields.free("context", "features")
    at = _spoken(fields, context, terms)
    confidence = fields.money("confidence", signed=False)
    if confidence is not None and confidence > 1:
        raise Fault("confidence", "must lie between 0 and 1")
    features = {name: float(value) for name, value in context.items() if is_number(value)}
    if confidence is not None:
        features["confidence"] = float(confidence)
    said = _said(fields, "decided_at") if fields.there("decision") else None
    one = Recommendation(
        key=imported(key),
        at=at,
        valid_until=_valid_until(fields, at),
        person=fields.slug("person") or terms.person or "",
        program=fields.slug("program") or terms.program or "",
        algorithm=fields.text("algorithm", longest=80) or "-",
        action=fields.must("action", longest=80),
        subject=fields.must("subject", "symbol", longest=80),
        account=fields.text("account", longest=80) or terms.account,
        title=fields.text("title") or "",
        parameters={name: plain(value) for name, value in parameters.items()},
        ladders=_ladders(fields, parameters),
        features=features,
        amount=fields.money("amount", signed=False),
        currency=fields.currency(),
        seen=fields.flag("seen") if fields.there("seen") else True,
        asked_at=at,
        source=Source.IMPORTED,
    )
    fields.end()
    return replace(one, **_answer(said)) if said is not None else one


def _spoken(fields: Fields, context: Mapping[str, Any], terms: Terms) -> datetime:
    """When the algorithm spoke. A proposal as it goes to Placet has no `at`; many say it in their context."""
    if fields.there("at") is None and "at" in context:
        return Fields({"context.at": context["at"]}, terms.writing).must_time("context.at")
    return fields.must_time("at")


def _answer(said: Decided) -> dict[str, Any]:
    return {
        "decision": said.decision,
        "decided_at": said.at,
        "reason": said.reason,
        "would_agree": said.would_agree,
        "decided": said.decided,
    }


def with_answer(one: Recommendation, said: Decided) -> Recommendation:
    """The recommendation with what was said to it. Raises Fault."""
    if said.at < one.at - timedelta(minutes=1):
        raise Fault("at", f"lies before the recommendation, which is of {one.at.isoformat()}")
    return replace(one, **_answer(said))


def _valid_until(fields: Fields, at: datetime) -> datetime:
    until, (name, lasts) = fields.time("valid_until"), fields.value("valid_for")
    if until is not None and lasts is not None:
        raise Fault("valid_for", "says the same as `valid_until`; leave one of them out")
    if until is not None:
        if until <= at:
            raise Fault("valid_until", "must lie after `at`")
        return until
    if lasts is None:
        return at + USUALLY_VALID
    try:
        return at + parse_duration(lasts if isinstance(lasts, str) else "")
    except ValueError as problem:
        raise Fault(name, str(problem)) from None


def _ladders(fields: Fields, parameters: Mapping[str, Any]) -> dict[str, tuple[Json, ...]]:
    choices, editable = fields.free("choices"), fields.free("editable")
    for name, listed in choices.items():
        if not isinstance(listed, list):
            raise Fault(f"choices.{name}", "must be a list of what could have been chosen")
    found = ladders_of({"properties": {name: {"enum": listed} for name, listed in choices.items()}}, parameters)
    if editable:
        if what := schema_fault(editable, parameters):
            raise Fault(what.field or "editable", what.detail)
        found = {**ladders_of(editable, parameters), **found}
    return found


def _said(fields: Fields, at: str, *instead: str) -> Decided:
    decision = fields.one_of("decision", _DECISIONS) or ""
    reason = fields.text("reason", longest=20)
    if reason is not None and not _REASON.fullmatch(reason):
        raise Fault("reason", "must be the code of a reason: up to 20 letters, digits and underscores")
    agree = fields.one_of("would_agree", {one.value: one.value for one in WouldAgree})
    decided = fields.values("decided")
    if decided and decision != Outcome.MODIFIED:
        raise Fault("decided", "goes with the decision `modified`")
    return Decided("", decision, fields.must_time(at, *instead), reason, agree, decided or None)


def _decided(fields: Fields) -> Decided:
    key = fields.must("key", "id", longest=190)
    if key.startswith("req_"):
        raise Fault("key", "is the id of a request that Placet was asked itself; it is decided here, by a vote")
    said = replace(_said(fields, "at", "decided_at"), key=imported(key))
    fields.end()
    return said


def _execution(fields: Fields, terms: Terms) -> Execution | Busted:
    key = fields.must("execution", "key", "id")
    status = fields.one_of("status", _STATUSES) or ""
    busted = fields.flag("busted") or status == "busted"
    if busted and fields.there("at", "time") is None:
        fields.end()
        return Busted(key)
    at = fields.must_time("at", "time")
    subject = fields.must("subject", "symbol", longest=80)
    beside = {name: value for name in BESIDE if (value := fields.value(name)[1]) is not None}
    parameters = fields.values("parameters")
    for name, value in beside.items():
        if name in parameters:
            raise Fault(name, f"says the same as `parameters.{name}`; leave one of them out")
        parameters[name] = plain(Fields({name: {name: value}}, terms.writing).free(name)[name])
    subject = _option(subject, parameters)
    action = _action(fields.must("action", "side", longest=80), parameters)
    _counts(action, parameters)
    fees, commission = fields.money("fees"), fields.money("commission", "commissions")
    made = Corrected if status == "corrected" else Execution
    one = made(
        key=key,
        at=at,
        action=action,
        subject=subject,
        account=fields.text("account", longest=80) or terms.account,
        order=fields.text("order", longest=190),
        link=_link(fields.text("link", "request", "claim", "client_order_id")),
        parameters=parameters,
        fees=fees if commission is None else (fees or Decimal(0)) + commission,
        currency=fields.currency(),
        person=fields.slug("person") or terms.person,
        busted=busted,
        cut=fields.flag("cut"),
        source=Source.IMPORTED,
    )
    fields.end()
    return one


def _option(subject: str, parameters: dict[str, Json]) -> str:
    """The root of an option's symbol, whose other parts become parameters where they are not given."""
    option = occ(subject)
    if option is None:
        return subject
    told = {"expiry": option.expiry.isoformat(), "right": option.right, "strike": plain(option.strike)}
    for name, value in told.items():
        if parameters.setdefault(name, value) != value and str(parameters[name]).lower() != str(value):
            raise Fault(f"parameters.{name}", f"is {parameters[name]}, and the symbol says {value}")
    return option.root


def _counts(action: str, parameters: dict[str, Json]) -> None:
    """A size is above zero. Many brokers write what was sold as a negative one."""
    quantity = parameters.get("quantity")
    if quantity is None:
        return
    if not is_number(quantity) and not isinstance(quantity, float):
        raise Fault("quantity", "must be a number")
    if quantity < 0 and action.lower().startswith("sell"):
        quantity = parameters["quantity"] = -quantity
    if not quantity > 0:
        raise Fault("quantity", "must be above zero; whether it was bought or sold is said by `action`")


def _action(said: str, parameters: dict[str, Json]) -> str:
    """The side, and of what: `Sell to Open` of a put is `sell_put`, with `effect: open`. Others stay as they are."""
    found = _PLAIN_SIDE.fullmatch(said)
    if found is None:
        return said
    word = found[1].lower()
    side = "buy" if word[0] == "b" else "sell"
    effect = found[2] or {"o": "open", "c": "close"}.get(word[2:] if word[1:2] == "t" else "")
    if effect:
        parameters.setdefault("effect", effect.lower())
    right = str(parameters.get("right") or "").lower()
    right = {"c": "call", "p": "put"}.get(right, right)
    if right in ("call", "put"):
        parameters["right"] = right
        return f"{side}_{right}"
    return side


def _link(said: str | None) -> str | None:
    """The request or claim within what travels with an order, such as `hitl:req_…:7`; else as it is."""
    found = _REQUEST.search(said or "")
    return found[0] if found else said


def _result(fields: Fields, terms: Terms) -> Result:
    kind = fields.one_of("kind", _RESULTS)
    if kind is None:
        raise Fault("kind", "is missing: `recommended` (of the advice as given) or `actual` (of the order)")
    about = fields.must("about", "key", "order", "execution", "request", longest=194)
    at = fields.moment("at")
    if at is None:
        raise Fault("at", "is missing")
    one = Result(
        about=imported(about) if kind == "recommended" else about,
        kind=kind,
        at=at.astimezone(UTC) if isinstance(at, datetime) else terms.learning.ends(at),
        pnl=fields.money("pnl"),
        currency=fields.currency(),
        risk=fields.money("risk", signed=False),
        fees=fields.money("fees"),
        open=fields.flag("open"),
    )
    if one.risk == 0:
        raise Fault("risk", "is what one R is, and cannot be zero; leave it out if it is not known")
    fields.end()
    return one


def _close(fields: Fields) -> Close:
    subject = fields.must("subject", "symbol", longest=80)
    day = fields.moment("day", "date", "at")
    if day is None:
        raise Fault("day", "is missing")
    if isinstance(day, datetime):
        raise Fault(fields.there("day", "date", "at") or "day", "must be a day, as in 2026-11-20")
    price = fields.money("price", "close")
    if price is None:
        raise Fault("price", "is missing")
    source = fields.text("source", longest=80) or "import"
    fields.end()
    return Close(subject, day, price, source)
