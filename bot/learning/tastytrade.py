"""The transactions that tastytrade's customers download as CSV: one row for each fill, deposit, dividend, assignment.

Two exports of their test data show the columns (docs/learning-import.md). Of a trade, `Average Price` is what one
contract cost or brought, with its multiplier, and what was paid stands with a minus, as fees do. Dates without a time
are American. A fill has no number of its own: its key is made of all that tells it, and of its place among those that
say the very same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.learning.cells import Writing, moment, number, occ
from bot.learning.csv_columns import Line, Table
from bot.learning.rows import Fault, Read, Refusal, Row, Skipped

HEADER = frozenset({"Date", "Type", "Sub Type", "Action", "Symbol", "Instrument Type", "Average Price", "Order #"})
_AMERICAN = "mdy"
_ACTION = re.compile(r"(?i)(buy|sell)(?:[ _]to[ _](open|close))?")
_TAKEN_BACK = re.compile(r"(?i)\b(bust(ed)?|cancel(l?ed|lation)?)\b")
_SKIPPED = {
    "money movement": "money was moved, and nothing traded",
    "receive deliver": "the broker booked it, and nobody decided it",
}


def is_tastytrade(header: Sequence[str]) -> bool:
    return set(header) >= HEADER


def rows(table: Table, writing: Writing) -> Iterator[Read]:
    """The fills of an export as the fields of executions."""
    how = Writing(writing.zone, writing.dates or _AMERICAN, writing.comma)
    alike: dict[str, int] = {}
    for line in table.lines:
        if isinstance(line, Refusal):
            yield line
            continue
        try:
            yield _row(line, how, alike)
        except Fault as problem:
            yield Refusal(line.line, problem.field, problem.detail)


def _row(line: Line, writing: Writing, alike: dict[str, int]) -> Read:
    cells = line.cells
    kind, detail = cells["Type"].strip(), cells["Sub Type"].strip()
    if kind.lower() in _SKIPPED:
        return Skipped(line.line, f"{kind}, {detail}: {_SKIPPED[kind.lower()]}")
    if kind.lower() != "trade":
        return Skipped(line.line, f"{kind or 'a row without a type'}: it is no trade")
    at = _at(cells, writing)
    side = _ACTION.fullmatch(cells["Action"].strip()) or _ACTION.match(detail)
    if side is None:
        raise Fault("Action", "must be one such as SELL_TO_OPEN or BUY")
    parameters, subject = _contract(cells, writing)
    quantity = _number(cells, "Quantity", writing)
    if quantity is None or quantity == 0:
        raise Fault("Quantity", "is missing")
    parameters["quantity"] = abs(quantity)
    paid, times = _number(cells, "Average Price", writing), parameters["multiplier"]
    if paid is not None:
        named = "premium" if "right" in parameters else "price"
        parameters[named] = abs(paid) / times
    if side[2]:
        parameters["effect"] = side[2].lower()
    fees = [cost for name in ("Commissions", "Fees") if (cost := _number(cells, name, writing)) is not None]
    order = cells["Order #"].strip()
    told = (order, re.sub(r"\s+", "", cells["Symbol"]), side[0].upper().replace(" ", "_"), at, f"{quantity}@{paid}")
    base = "tastytrade:" + ":".join(told)
    busted = _TAKEN_BACK.search(detail) is not None
    if not busted:
        alike[base] = alike.get(base, 0) + 1
    fields = {
        "execution": base if alike.get(base, 1) == 1 or busted else f"{base}#{alike[base]}",
        "at": at,
        "action": side[1].lower() + (f"_{parameters['right']}" if "right" in parameters else ""),
        "subject": subject,
        "order": order or None,
        "account": (cells.get("Account") or cells.get("Account Number") or "").strip() or None,
        "parameters": parameters,
        "fees": -sum(fees, Decimal(0)) if fees else None,
        "currency": cells.get("Currency", "").strip() or None,
        "busted": busted or None,
    }
    return Row(line.line, {name: value for name, value in fields.items() if value is not None})


def _at(cells: Mapping[str, str], writing: Writing) -> str:
    try:
        at = moment(cells["Date"], writing)
    except ValueError as problem:
        raise Fault("Date", str(problem)) from None
    if not isinstance(at, datetime):
        raise Fault("Date", "is a day without a time of day")
    return at.isoformat()


def _number(cells: Mapping[str, str], name: str, writing: Writing) -> Decimal | None:
    try:
        return number(cells.get(name, ""), writing)
    except ValueError as problem:
        raise Fault(name, str(problem)) from None


def _contract(cells: Mapping[str, str], writing: Writing) -> tuple[dict[str, Any], str]:
    """What was traded: the parameters of the contract, and the subject."""
    symbol = cells["Symbol"].strip()
    # What is adjusted for a split or a merger has a root of its own (SOFI1), and the same underlying.
    subject = cells.get("Underlying Symbol", "").strip() or cells.get("Root Symbol", "").strip()
    option = occ(symbol)
    right = cells.get("Call or Put", "").strip().lower()
    multiplier = _number(cells, "Multiplier", writing)
    if multiplier is not None and multiplier <= 0:
        raise Fault("Multiplier", "must be above zero")
    if right not in ("call", "put") and option is None:
        if not symbol:
            raise Fault("Symbol", "is missing")
        return {"multiplier": multiplier or Decimal(1)}, subject or symbol
    strike, day = _number(cells, "Strike Price", writing), cells.get("Expiration Date", "").strip()
    try:
        expiry = moment(day, writing).isoformat()[:10] if day else None
    except ValueError as problem:
        raise Fault("Expiration Date", str(problem)) from None
    if option is not None:
        if strike is not None and strike != option.strike:
            raise Fault("Strike Price", f"is {strike}, and the symbol says {option.strike:f}")
        if expiry is not None and expiry != option.expiry.isoformat():
            raise Fault("Expiration Date", f"is {expiry}, and the symbol says {option.expiry.isoformat()}")
        strike, expiry, right = option.strike, option.expiry.isoformat(), option.right
    if strike is None or expiry is None:
        raise Fault("Symbol", "is an option, and its strike or its expiry is missing")
    terms = {"strike": strike, "expiry": expiry, "right": right, "multiplier": multiplier or Decimal(100)}
    return terms, subject or (option.root if option else symbol)
