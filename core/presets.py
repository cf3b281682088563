"""Changes that are one tap away: the usual steps, and the change that this person makes most often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.expressions import is_number
from core.forms import same, value_fault
from core.model import Json, Proposal
from core.request import Request
from core.typed import typed

MOST = 6
_LARGEST = 10**15
"""Whole numbers above it are decimals, as they are when a program sends them."""
OFTEN = 2
"""How many times somebody must have made a change before it is called usual."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A change with a name. `values`: by parameter; `usual`: it is what this person makes most often."""

    label: str
    values: Mapping[str, Json]
    usual: bool = False


def presets(proposal: Proposal, earlier: Iterable[Request], person: str) -> tuple[Preset, ...]:
    """What to offer for a proposal. `earlier`: requests of the same kind that this person has decided, latest first."""
    if proposal.editable is None:
        return ()
    fields: Mapping[str, Mapping[str, Any]] = proposal.editable["properties"]
    edits = _edits(earlier, person)
    mine = [
        Preset(_said(name, field, value, "Your usual"), {name: value}, usual=True)
        for name, field in fields.items()
        if (value := _usual(field, proposal.parameters[name], edits.get(name, []))) is not None
    ]
    steps = [
        Preset(_said(name, field, value, word), {name: value})
        for name, field in fields.items()
        for word, value in _steps(field, proposal.parameters[name])
    ]
    offered: list[Preset] = []
    for preset in (*mine, *steps):
        if not any(_alike(preset.values, other.values) for other in offered):
            offered.append(preset)
    return tuple(offered[:MOST])


def _said(name: str, field: Mapping[str, Any], value: Json, word: str) -> str:
    return f"{word}: {field.get('title', name)} {typed(value)}"


def _alike(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)


def _edits(earlier: Iterable[Request], person: str) -> dict[str, list[tuple[Json, Json]]]:
    """What this person has changed, by parameter: from, to."""
    found: dict[str, list[tuple[Json, Json]]] = {}
    for request in earlier:
        override = request.decision.override if request.decision else None
        if override is None or request.decision is None or person not in request.decision.by:
            continue
        for change in override.changes:
            name = change.path.removeprefix("/parameters/").replace("~1", "/").replace("~0", "~")
            found.setdefault(name, []).append((change.old, change.new))
    return found


def _usual(field: Mapping[str, Any], now: Json, edits: list[tuple[Json, Json]]) -> Json:
    """The change made most often, carried over to the value as it is now: so many rungs of a ladder, such a ratio, or
    the same text."""
    moves: Counter[tuple[str, Any]] = Counter()
    for old, new in edits:
        if (move := _move(field, old, new)) is not None:
            moves[move] += 1
    for move, times in moves.most_common():
        if times < OFTEN:
            return None
        value = _moved(field, now, move)
        if value is not None and not same(value, now) and value_fault(field, value) is None:
            return value
    return None


def _move(field: Mapping[str, Any], old: Json, new: Json) -> tuple[str, Any] | None:
    ladder = field.get("enum")
    if ladder is not None:
        before, after = _rung(ladder, old), _rung(ladder, new)
        return None if before is None or after is None else ("rungs", after - before)
    if is_number(old) and is_number(new):
        return ("ratio", Fraction(new) / Fraction(old)) if old else ("to", typed(new))
    return ("to", new) if isinstance(new, (str, bool)) else None


def _moved(field: Mapping[str, Any], now: Json, move: tuple[str, Any]) -> Json:
    kind, by = move
    if kind == "rungs":
        rung = _rung(field["enum"], now)
        return field["enum"][rung + by] if rung is not None and 0 <= rung + by < len(field["enum"]) else None
    if kind == "ratio":
        return _near(field, Fraction(now) * by) if is_number(now) else None
    return Decimal(by) if is_number(now) and isinstance(by, str) else by


def _rung(ladder: list[Json], value: Json) -> int | None:
    return next((number for number, rung in enumerate(ladder) if same(rung, value)), None)


def _near(field: Mapping[str, Any], value: Fraction) -> Json:
    """The value of the field's own step that is nearest towards zero."""
    step = Fraction(field.get("multipleOf", 1 if field["type"] == "integer" else Decimal("0.01")))
    whole = int(value / step) * step
    if whole.denominator == 1 and abs(whole) <= _LARGEST:
        return int(whole)
    return Decimal(whole.numerator) / Decimal(whole.denominator)


def _steps(field: Mapping[str, Any], now: Json) -> list[tuple[str, Json]]:
    """One rung up and down a ladder; half of a number."""
    ladder = field.get("enum")
    if ladder is not None and all(is_number(rung) for rung in ladder):
        rung = _rung(ladder, now)
        near = [] if rung is None else [("One lower", rung - 1), ("One higher", rung + 1)]
        return [(word, ladder[at]) for word, at in near if 0 <= at < len(ladder)]
    # Half of a count is a smaller bet; half of a price is another thing altogether.
    if ladder is None and field["type"] == "integer" and is_number(now) and now:
        half = _near(field, Fraction(now) / 2)
        return [("Half", half)] if not same(half, now) and value_fault(field, half) is None else []
    return []
