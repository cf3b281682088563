"""Streams of advice and orders of which it is known what belongs to what, and how much of it is found again."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bench.figures import Figure
from core.learning.reconcile import reconcile
from core.learning.records import Execution, Label, Match, Recommendation, Source

OPEN = datetime(2012, 1, 2, 14, 30, tzinfo=UTC)
EXPIRIES = tuple((OPEN + timedelta(days=4 + 7 * week)).date().isoformat() for week in range(8))
ACTIONS = ("sell_put", "sell_call", "buy_put", "buy_call")


@dataclass(frozen=True, slots=True)
class Density:
    """How much happens. `own`: trades a day that nobody advised."""

    a_day: int
    names: int
    days: int = 30
    own: float = 0.6


SPARSE, DENSE, CROWDED = Density(4, 6), Density(8, 4), Density(12, 2)


@dataclass(slots=True)
class Stream:
    """`truth`: by the key of the match, its label."""

    advice: list[Recommendation] = field(default_factory=list)
    fills: list[Execution] = field(default_factory=list)
    truth: dict[str, Label] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        return max(one.valid_until for one in self.advice) + timedelta(days=1)

    def matches(self) -> list[Match]:
        return reconcile(self.advice, self.fills, now=self.end)


def stream(density: Density, seed: int) -> Stream:
    """Consents, edits by steps and by size, fills in parts, rejections said and unsaid, the same trade before it was
    advised, trades of the person's own; puts and calls, bought and sold."""
    chance = random.Random(seed)
    made = Stream()
    for day in range(density.days):
        morning = OPEN + timedelta(days=day)
        for number in range(density.a_day):
            name = f"N{chance.randrange(density.names)}"
            at = morning + timedelta(minutes=chance.uniform(0, 330))
            _advise(chance, made, f"r{day}-{number}", name, at)
        for number in range(density.names):
            if chance.random() < density.own / density.names:
                at = morning + timedelta(minutes=chance.uniform(0, 390))
                _own(chance, made, f"own{day}-{number}", f"N{number}", at)
    return made


def _strikes(name: str) -> tuple[float, ...]:
    return tuple(100.0 + 5 * int(name[1:]) + 2.5 * step for step in range(-6, 7))


def _advise(chance: random.Random, made: Stream, key: str, name: str, at: datetime) -> None:
    strikes = _strikes(name)
    strike, expiry, quantity = chance.randrange(3, 10), chance.randrange(2, 6), chance.choice((1, 2, 5, 10))
    one = Recommendation(
        key=f"imp:{key}",
        at=at,
        valid_until=at + timedelta(hours=4),
        person="alice",
        program="wheel",
        algorithm="1",
        action=chance.choice(ACTIONS[:2] if chance.random() < 0.7 else ACTIONS),
        subject=name,
        account="U1",
        parameters={"strike": strikes[strike], "expiry": EXPIRIES[expiry], "quantity": quantity, "premium": 1.0},
        ladders={"strike": strikes[max(0, strike - 3) : strike + 4], "expiry": EXPIRIES},
        source=Source.IMPORTED,
    )
    label = Label.REJECT
    match chance.choices(("consent", "modify", "no", "silence", "before"), (57, 22, 9, 9, 3))[0]:
        case "consent":
            label = Label.CONSENT
            _trade(chance, made, key, one, _later(chance, at), strike, expiry, quantity)
        case "modify":
            label = Label.MODIFY
            what = chance.choices(("strike", "expiry", "both", "size"), (35, 35, 10, 20))[0]
            if what in ("strike", "both"):
                strike += chance.choice((-2, -1, 1, 2))
            if what in ("expiry", "both"):
                expiry += chance.choice((-2, -1, 1, 2))
            if what == "size":
                quantity = quantity * 2 if quantity == 1 or chance.random() < 0.5 else quantity // 2
            _trade(chance, made, key, one, _later(chance, at), strike, expiry, quantity)
        case "no":
            one = replace(one, decision="rejected", decided_at=_later(chance, at))
        case "silence":
            pass
        case _:
            before = at - timedelta(minutes=chance.uniform(3, 30))
            _trade(chance, made, f"own-{key}", one, before, strike, expiry, quantity)
            made.truth[f"order:o-own-{key}/U1/{name.casefold()}"] = Label.INDEPENDENT
    made.advice.append(one)
    made.truth[one.key] = label


def _later(chance: random.Random, at: datetime) -> datetime:
    return at + timedelta(minutes=min(200.0, 1 + chance.expovariate(1 / 20)))


def _trade(
    chance: random.Random,
    made: Stream,
    key: str,
    one: Recommendation,
    at: datetime,
    strike: int,
    expiry: int,
    quantity: int,
) -> None:
    """In one fill, in several of one order, or in orders of their own over half an hour."""
    way = chance.choices(("whole", "fills", "orders"), (75, 20, 5))[0] if quantity > 1 else "whole"
    parts = [quantity] if way == "whole" else [quantity // 2, quantity - quantity // 2]
    for number, size in enumerate(parts):
        many = way == "orders" and not key.startswith("own")
        made.fills.append(
            Execution(
                key=f"f-{key}-{number}",
                at=at + timedelta(seconds=30 * number if not many else 900 * number),
                action=one.action.upper(),
                subject=one.subject,
                account="U1",
                order=f"o-{key}" if not many else f"o-{key}-{number}",
                parameters={
                    "strike": _strikes(one.subject)[strike],
                    "expiry": EXPIRIES[expiry],
                    "quantity": size,
                    "premium": round(chance.gauss(1.0, 0.05), 2),
                },
                source=Source.IMPORTED,
            )
        )


def _own(chance: random.Random, made: Stream, key: str, name: str, at: datetime) -> None:
    strikes = _strikes(name)
    parameters = {"strike": chance.choice(strikes), "expiry": chance.choice(EXPIRIES), "quantity": 1, "premium": 1.0}
    made.fills.append(Execution(f"f-{key}", at, chance.choice(ACTIONS), name, "U1", f"o-{key}", parameters=parameters))
    made.truth[f"order:o-{key}/U1/{name.casefold()}"] = Label.INDEPENDENT


@dataclass(frozen=True, slots=True)
class Found:
    """Shares of all recommendations and independent orders; `wrong`: of those that nobody is asked about."""

    accuracy: float
    wrong: float
    flagged: float
    of: int


def judge(streams: Sequence[Stream]) -> Found:
    right = plain = wrong = total = 0
    for one in streams:
        found = {match.key: match for match in one.matches()}
        for key, label in one.truth.items():
            match = found.get(key)
            good = match is not None and match.label is label
            total, right = total + 1, right + good
            if match is None or not match.ambiguous:
                plain, wrong = plain + 1, wrong + (not good)
    return Found(right / total, wrong / plain, 1 - plain / total, total)


def found_at(density: Density, seeds: int = 25) -> Found:
    return judge([stream(density, seed) for seed in range(seeds)])


def seconds(size: int, seed: int = 1) -> float:
    """How long as many recommendations take with about as many fills: a sparse stream, as long as it needs to be."""
    made = stream(Density(40, 60, days=size // 40, own=8.0), seed)
    begun = time.perf_counter()
    made.matches()
    return time.perf_counter() - begun


def figures() -> list[Figure]:
    shown: list[Figure] = []
    for name, density in (("sparse", SPARSE), ("dense", DENSE)):
        found = found_at(density)
        detail = f"{found.of:,} labels, {found.flagged:.1%} asked about"
        shown.append(Figure(f"labels found, {name}", found.accuracy, 0.96, detail))
        shown.append(Figure(f"wrong among unasked, {name}", found.wrong, 0.015, detail, least=False))
    tenth, whole = seconds(10_000), seconds(100_000)
    shown.append(Figure("1,000 reconciled, s", seconds(1000), 1.0, least=False))
    shown.append(Figure("100,000 x 100,000 reconciled, s", whole, 60.0, "as many fills", least=False))
    shown.append(
        Figure("100,000 to 10,000", whole / tenth, 15.0, "ten times as much, so many times as long", least=False)
    )
    return shown
