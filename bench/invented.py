"""People who are invented, with habits that are known, to hold the learning to: a year of what they were advised."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from core.learning.observations import Edit, Observation

SUBJECTS = ("AAPL", "GOOG", "IBM", "MSFT", "AMZN", "NFLX", "ORCL", "TSLA")
PARAMETERS = ("expiry", "strike", "quantity", "limit")
FEATURES = ("premium", "delta", "iv", "vix", "days")
MONDAY = date(2012, 1, 2)


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody does, in log-odds where nothing else is said.

    `mood`: standard deviation of what all of a day share; `drift`: how the rate of rejections changes over the year;
    `one_sided`: share of recommendations whose expiries can only be lengthened; `tails`: features with heavy tails.
    `longer`: how often an edited expiry goes longer (0.5: no habit). The rest: how much likelier a rejection is there.
    """

    rejects: float = 0.15
    edits: float = 0.22
    expiries: float = 0.4
    """The share of edits that are of the expiry; the rest fall on the other parameters."""
    mood: float = 0.0
    drift: float = 0.0
    one_sided: float = 0.0
    tails: bool = False
    longer: float = 0.5
    low_premium: float = 0.0
    subject: Mapping[str, float] = field(default_factory=dict)
    weekday: Mapping[int, float] = field(default_factory=dict)
    quarter: Mapping[int, float] = field(default_factory=dict)


NULLS = {
    "plain": Person(),
    "moody days": Person(mood=1.0),
    "drifting rate": Person(drift=2.0),
    "one-sided ladders": Person(one_sided=0.45),
    "heavy tails": Person(tails=True, mood=0.5),
}
PLANTED = {
    "longer .90": (Person(longer=0.90, mood=0.5), ("edit", "expiry")),
    "longer .75": (Person(longer=0.75, mood=0.5), ("edit", "expiry")),
    "low premium +1.8": (Person(low_premium=1.8, mood=0.5), ("feature", "premium")),
    "low premium +1.0": (Person(low_premium=1.0, mood=0.5), ("feature", "premium")),
    "subject +2.0": (Person(subject={"AAPL": 2.0}, mood=0.5), ("subject", "AAPL")),
    "subject +1.2": (Person(subject={"AAPL": 1.2}, mood=0.5), ("subject", "AAPL")),
    "weekday +2.0": (Person(weekday={4: 2.0}), ("weekday", "Friday")),
    "weekday +1.2": (Person(weekday={4: 1.2}), ("weekday", "Friday")),
    "last quarter +2.0": (Person(quarter={3: 2.0}, mood=0.5), ("quarter", "last quarter")),
    "last quarter +1.2": (Person(quarter={3: 1.2}, mood=0.5), ("quarter", "last quarter")),
}


def year(person: Person, seed: int, weeks: int = 52, a_day: int = 4) -> Iterator[Observation]:
    """A year of them, in order."""
    chance = random.Random(seed)
    past: list[float] = []
    base = math.log(person.rejects / (1 - person.rejects))
    for week in range(weeks):
        for weekday in range(5):
            mood = chance.gauss(0, person.mood)
            trend = person.drift * (week / weeks - 0.5)
            for number in range(a_day):
                yield _one(person, chance, past, base + mood + trend, week, weekday, number)


def _one(
    person: Person, chance: random.Random, past: list[float], odds: float, week: int, weekday: int, number: int
) -> Observation:
    subject, quarter = chance.choice(SUBJECTS), chance.randrange(4)
    features = {name: _feature(person, chance) for name in FEATURES}
    premium = features["premium"]
    if len(past) > 20 and sum(one < premium for one in past) < len(past) / 3:
        odds += person.low_premium
    past.append(premium)
    odds += person.subject.get(subject, 0) + person.weekday.get(weekday, 0) + person.quarter.get(quarter, 0)
    rejected = chance.random() < 1 / (1 + math.exp(-odds))
    edits: dict[str, Edit] = {}
    if not rejected and chance.random() < person.edits:
        if chance.random() < person.expiries:
            edits["expiry"] = _expiry(person, chance)
        else:
            edits[chance.choice(PARAMETERS[1:])] = Edit(chance.choice((-2, -1, 1, 2)), 2, 2)
    day = MONDAY + timedelta(weeks=week, days=weekday)
    return Observation(f"{day}/{number}", day, subject, quarter, rejected, edits, features)


def _feature(person: Person, chance: random.Random) -> float:
    return chance.gauss(0, 1) / max(0.05, abs(chance.gauss(0, 1))) if person.tails else chance.gauss(0, 1)


def _expiry(person: Person, chance: random.Random) -> Edit:
    if chance.random() < person.one_sided:
        return Edit(chance.choice((1, 1, 2)), 0, 5)
    sign = 1 if chance.random() < person.longer else -1
    return Edit(sign * chance.choice((1, 1, 2)), 2, 5)
