"""What a person's overrides have in common: from matches to findings, with what each is worth.

What is looked for is fixed by the first recommendations of a version of an algorithm (`family_of`): by what they are
called and what can be changed in them, never by what anybody made of them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from core.learning import evidence as bets
from core.learning.effects import Estimate, hodges_lehmann, jeffreys, odds_ratio, wilson
from core.learning.explained import explained
from core.learning.family import HINT, QUARTERS, Family, Hypothesis, Kind, family
from core.learning.finding import LEAST_ODDS, LEAST_SHARE, UNLISTED, Agreement, Finding, Level, ReasonShare, Target
from core.learning.observations import Observation
from core.learning.records import How, Label, Match, Recommendation
from core.learning.setup import Session
from core.learning.steps import edits_of, movable
from core.learning.watch import Watch, Watched

FIRST = 40
"""Recommendations by which the family of a version is fixed; until there are so many, nothing is more than a hint."""
RULES = "1"
"""The version of what is counted and how."""
MOST_PARAMETERS, MOST_FEATURES, MOST_SUBJECTS = 8, 12, 8
USUAL_SHARE = 0.25
"""How often a reason may be given without its corroborating anything."""
WORKING_DAY = time(9), time(17)
"""Of which the quarters are where no session is declared."""
Who = tuple[str, str, str]
"""A person, a program, and the version of its algorithm."""
_EVIDENCE = frozenset({How.EXPLICIT, How.LINKED, How.MATCHED})
_REACTIONS = frozenset({Label.CONSENT, Label.MODIFY, Label.REJECT})


def quarter_of(at: datetime, session: Session) -> int:
    """Which fourth of the session a moment lies in; what comes before or after it, in the first or the last."""
    clock = at.astimezone(session.zone).time()
    begin, end, now = (_seconds(one) for one in (session.begin, session.end, clock))
    return min(len(QUARTERS) - 1, max(0, 4 * (now - begin) // (end - begin)))


def _seconds(clock: time) -> int:
    return clock.hour * 3_600 + clock.minute * 60 + clock.second


def observations(
    matches: Iterable[Match], recommendations: Iterable[Recommendation], zone: tzinfo, session: Session | None = None
) -> dict[Who, list[Observation]]:
    """What counts as evidence, by whose and of which version it is. `zone`: in which a day is a day.

    `session`: of which the quarters are; the working day where there is none.

    What was ignored, is not settled, or resolved itself is no evidence of anybody's preference.
    """
    advised = {one.key: one for one in recommendations}
    hours = session or Session(zone, *WORKING_DAY)
    found: dict[Who, list[Observation]] = {}
    for match in matches:
        advice = advised.get(match.recommendation or "")
        if advice is None or not match.person or not is_evidence(match):
            continue
        one = Observation(
            id=advice.key,
            day=advice.at.astimezone(zone).date(),
            subject=advice.subject,
            quarter=quarter_of(advice.at, hours),
            rejected=match.label is Label.REJECT,
            edits=edits_of(advice, match) if match.label is Label.MODIFY else {},
            features={name: value for name, value in advice.features.items() if math.isfinite(value)},
            reason=match.reason or advice.reason,
            would_agree=match.would_agree or advice.would_agree,
        )
        found.setdefault((match.person, match.program, match.algorithm), []).append(one)
    for group in found.values():
        group.sort(key=lambda one: (one.day, one.id))
    return found


def is_evidence(match: Match) -> bool:
    """Whether somebody showed what they prefer."""
    unsettled = bool(match.ambiguous) and match.settled_by is None
    return match.label in _REACTIONS and match.how in _EVIDENCE and not unsettled


@dataclass(frozen=True, slots=True)
class Fixed:
    """`on`: the day on which the family was complete; None while there are too few recommendations."""

    family: Family
    on: date | None


def family_of(
    recommendations: Iterable[Recommendation], zone: tzinfo = UTC, favoured: Iterable[Hypothesis] = ()
) -> Fixed:
    """What is looked for in one person's reactions to one version of an algorithm."""
    first = sorted(recommendations, key=lambda one: (one.at, one.key))[:FIRST]
    parameters = dict.fromkeys(name for one in first for name in movable(one))
    features = dict.fromkeys(name for one in first for name in sorted(one.features))
    subjects = dict.fromkeys(one.subject for one in first)
    made = family(
        list(parameters)[:MOST_PARAMETERS],
        list(features)[:MOST_FEATURES],
        list(subjects)[:MOST_SUBJECTS],
        favoured,
    )
    return Fixed(made, first[-1].at.astimezone(zone).date() if len(first) == FIRST else None)


def findings(
    matches: Iterable[Match],
    recommendations: Iterable[Recommendation],
    zone: tzinfo,
    session: Session | None,
    as_of: date,
    favoured: Iterable[Hypothesis] = (),
) -> list[Finding]:
    """Everything that was counted, as it stood at the end of a day; the strongest of each person first."""
    advised: dict[Who, list[Recommendation]] = {}
    known = [one for one in recommendations if one.at.astimezone(zone).date() <= as_of]
    for one in known:
        advised.setdefault((one.person, one.program, one.algorithm), []).append(one)
    asked = tuple(favoured)
    told = list(matches)
    labels = ", ".join(sorted({one.version for one in told if one.version}))
    found: list[Finding] = []
    for who, group in sorted(observations(told, known, zone, session).items()):
        # Whom it is about may have changed since it was advised (somebody else decided): then all of them count.
        mine = advised.get(who) or [one for one in known if (one.program, one.algorithm) == who[1:]]
        found += found_in(who, group, family_of(mine, zone, asked), as_of, labels)
    return found


def found_in(who: Who, group: Sequence[Observation], fixed: Fixed, as_of: date, labels: str = "") -> list[Finding]:
    """The findings about one person and one version of an algorithm, the strongest first."""
    group = [one for one in group if one.day <= as_of]
    watch = Watch(fixed.family).days(group)
    if group and as_of >= _saturday(group[-1].day):
        watch.close_week()
    found = [
        made
        for watched in watch.watched.values()
        if watched.strata and (made := _finding(who, watched, group, fixed, as_of)) is not None
    ]
    found = [replace(one, family=watch.family, labels=labels) for one in found]
    return sorted(explained(found, group), key=_strongest_first)


def _strongest_first(one: Finding) -> tuple[int, float, str, str]:
    level = (Level.PATTERN, Level.HINT, Level.COUNTED).index(one.level)
    return level, -one.evidence, one.hypothesis.kind, one.hypothesis.name


def _saturday(day: date) -> date:
    return day + timedelta(days=max(0, 6 - day.isoweekday()))


def _finding(who: Who, watched: Watched, group: Sequence[Observation], fixed: Fixed, as_of: date) -> Finding | None:
    target, about = _target(watched, group)
    middle: Estimate | None = None
    elsewhere = (0, 0)
    if target.kind is Kind.EDIT:
        counted = [one for one in group if target.name in one.edits and one.edits[target.name].free]
        hits = [one for one in counted if target.hit(one)]
        effect = wilson(len(hits), len(counted))
        edits = [one.edits[target.name] for one in counted]
        if edits and all(edit.above < UNLISTED for edit in edits):
            middle = hodges_lehmann([float(edit.steps) for edit in edits])
        floor = LEAST_SHARE
    else:
        counted = [one for one in group if target.exposed(one)]
        hits = [one for one in counted if one.rejected]
        rest = [one for one in group if not target.exposed(one) and _comparable(target, one)]
        elsewhere = sum(one.rejected for one in rest), len(rest)
        effect = odds_ratio(len(hits), len(counted) - len(hits), elsewhere[0], elsewhere[1] - elsewhere[0])
        floor = LEAST_ODDS
    if not counted:
        return None
    large = effect.value >= floor
    level, since = _level(watched, fixed, large)
    reasons, unstated = _reasons(hits)
    return Finding(
        *who,
        hypothesis=watched.hypothesis,
        target=target,
        level=level,
        evidence=watched.evidence,
        threshold=watched.threshold,
        since=since,
        as_of=as_of,
        effect=effect,
        hits=len(hits),
        n=len(counted),
        of=len(group),
        elsewhere=elsewhere,
        middle=middle,
        about=about,
        days=watched.strata,
        weeks=len(watched.weeks),
        weeks_to_go=_weeks_to_go(watched, group, as_of) if level is Level.HINT else None,
        reasons=reasons,
        unstated=unstated,
        agreement=_agreement(hits),
        records=tuple(one.id for one in (counted if target.kind is Kind.EDIT else hits)),
    )


def _level(watched: Watched, fixed: Fixed, large: bool) -> tuple[Level, date | None]:
    if large and watched.pattern_on is not None and fixed.on is not None:
        return Level.PATTERN, max(watched.pattern_on, fixed.on)
    if large and watched.hint_on is not None and watched.evidence >= HINT:
        return Level.HINT, watched.hint_on
    return Level.COUNTED, None


def _target(watched: Watched, group: Sequence[Observation]) -> tuple[Target, tuple[float, float] | None]:
    """In which direction it points, and for a feature where high or low begins: at the outer third."""
    kind, name = watched.hypothesis.kind, watched.hypothesis.name
    if kind is Kind.EDIT:
        edits = [one.edits[name] for one in group if name in one.edits and one.edits[name].free]
        return Target(kind, name, up=sum((e.steps > 0) - (e.steps < 0) for e in edits) >= 0), None
    if kind is not Kind.FEATURE:
        return Target(kind, name), None
    logs = watched.bets[0].logs
    half = len(logs) // 2
    up = bool(logs) and bets.mean_of_logs(logs[half:]) >= bets.mean_of_logs(logs[:half])
    values = sorted(one.features[name] for one in group if name in one.features)
    if not values:
        return Target(kind, name, up), None
    place = len(values) * (2 if up else 1) / 3
    # The order statistics between which the third lies with 95 %: the binomial, taken as normal.
    spread = 1.96 * math.sqrt(len(values) * 2 / 9)
    at = [values[min(len(values) - 1, max(0, int(one)))] for one in (place - spread, place, place + spread)]
    return Target(kind, name, up, cut=at[1]), (at[0], at[2])


def _comparable(target: Target, one: Observation) -> bool:
    return target.kind is not Kind.FEATURE or target.name in one.features


def _weeks_to_go(watched: Watched, group: Sequence[Observation], as_of: date) -> int | None:
    """How long it will take at this rate: the evidence multiplies, so its logarithm grows evenly."""
    weeks = max(1.0, ((as_of - group[0].day).days + 1) / 7)
    rate = watched.log / weeks
    if rate <= 0.0:
        return None
    return max(1, math.ceil((math.log(watched.threshold) - watched.log) / rate))


def _reasons(hits: Sequence[Observation]) -> tuple[tuple[ReasonShare, ...], int]:
    stated = Counter(one.reason for one in hits if one.reason)
    total = sum(stated.values())
    shares = [
        ReasonShare(code, count, total, jeffreys(count, total), math.exp(bets.more_than(USUAL_SHARE, count, total)))
        for code, count in sorted(stated.items(), key=lambda item: (-item[1], item[0]))
    ]
    return tuple(shares), len(hits) - total


def _agreement(hits: Sequence[Observation]) -> Agreement:
    said = Counter(one.would_agree for one in hits)
    return Agreement(said["yes"], said["no"], said["unsure"])
