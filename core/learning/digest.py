"""The Saturday digest: what a week brought, in numbers that add up, before it is put into words (`core.learning.told`).

Only what became known within the week is of the week, so nothing is counted twice and a number of an earlier digest is
never changed by what comes later: a label that changed afterwards is reported as a correction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Any

from core.codec import Doc
from core.learning.counting import Counts, ambiguous, counted, once
from core.learning.records import Execution, How, Label, Match, Recommendation, Source
from core.learning.sums import Chart, Money, Priced, chart_of, money_of
from core.learning.week import Calendar, Week

if TYPE_CHECKING:
    from core.learning.paired import Paired

_ANSWERS = frozenset({"approved", "modified", "rejected", "changes_requested"})


@dataclass(frozen=True, slots=True)
class Habit:
    """A pattern, or a hint of one. `since`: the day on which it reached its level. `remark`: what else is to be known
    of it. `weeks_to_go`: about how many weeks a hint may take to become a pattern, if it is one."""

    name: str
    level: str
    sentence: str
    evidence: float
    threshold: float
    since: date | None = None
    explained_by: str | None = None
    remark: str = ""
    weeks_to_go: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A candidate as the digest tells of it. `moved_at`: when it came into its state."""

    id: str
    title: str
    state: str
    moved_at: datetime
    version: int = 1
    words: str = ""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An ambiguous match: what was advised, and what it might have become."""

    key: str
    title: str
    might_be: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """`position`: where the journal ended when it was made, `last_entry`: the leaf hash of its entry there.
    `catching_up`: earlier weeks that were made up for."""

    person: str
    week: Week
    since: datetime
    until: datetime
    made_at: datetime
    zone: str
    counts: Counts
    by_word: int = 0
    """Of the recommendations, those whose label rests on what was said alone, for nothing that was done is known."""
    usual: tuple[int, int] = (0, 0)
    """Divergences in the twelve weeks before, and of how many that were decided."""
    money: tuple[Money, ...] = ()
    paired: tuple[Paired, ...] = ()
    habits: tuple[Habit, ...] = ()
    offers: tuple[Offer, ...] = ()
    asked: int = 0
    answered: int = 0
    median_seconds: float | None = None
    late_reasons: int = 0
    without_reason: int = 0
    unsettled: tuple[Unsettled, ...] = ()
    corrected: int = 0
    executions: int = 0
    chart: Chart = field(default_factory=Chart)
    position: int = 0
    last_entry: str = ""
    first: bool = False
    told_since: datetime | None = None
    """From when on what moved is news, where that is not the beginning of the week."""
    catching_up: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one person by the end of the week, and no more."""

    recommendations: Sequence[Recommendation] = ()
    matches: Sequence[Match] = ()
    executions: Sequence[Execution] = ()
    priced: Sequence[Priced] = ()
    habits: Sequence[Habit] = ()
    offers: Sequence[Offer] = ()
    late_reasons: int = 0
    labels_before: Mapping[str, str] = field(default_factory=dict)
    """What earlier digests said of matches (`standing`), by key."""
    paired: Sequence[Paired] = ()
    """What departing brought over everything so far, by currency: one week says nothing about skill."""


def compose(person: str, week: Week, calendar: Calendar, known: Known, made_at: datetime, **more: Any) -> Digest:
    """The digest of a week. `more`: fields that are no numbers of the week (`position`, `zone`, `first`, …)."""
    since, until = calendar.span(week)
    advised = {one.key: one for one in known.recommendations}
    told = {match.key: (match, known_at(match, advised)) for match in known.matches}
    # What repeats an earlier one is told apart, also where that one was of another week.
    single = {match.key for match in once(known.matches)}
    all_new = [match for match, at in told.values() if since <= at < until]
    new = [match for match in all_new if match.key in single]
    twelve = calendar.due(week.moved(-13))
    before = counted(match for match, at in told.values() if twelve <= at < since and match.key in single)
    # Dates that were imported say nothing of waiting.
    live = [one for one in known.recommendations if one.source is Source.LIVE]
    asked = [one for one in live if one.asked_at is not None and since <= one.asked_at < until]
    # Who acts has answered, whether or not a button was pressed.
    waits = [
        max(0.0, (told[one.key][1] - one.asked_at).total_seconds())
        for one in asked
        if one.asked_at is not None and one.key in told and _is_answer(told[one.key][0], one)
    ]
    return Digest(
        person=person,
        week=week,
        since=since,
        until=until,
        made_at=made_at,
        counts=replace(counted(new), repeated=len(all_new) - len(new)),
        by_word=sum(one.label is not Label.INDEPENDENT and one.how is How.EXPLICIT and not one.orders for one in new),
        usual=(before.diverged, before.decided),
        money=money_of(new, known.priced, since, until),
        paired=tuple(known.paired),
        habits=tuple(known.habits),
        offers=tuple(known.offers),
        asked=len(asked),
        answered=len(waits),
        median_seconds=median(waits) if waits else None,
        late_reasons=known.late_reasons,
        without_reason=sum(match.diverges and not match.reason and not ambiguous(match) for match in new),
        unsettled=tuple(
            _unsettled(match, advised) for match in known.matches if match.key in single and ambiguous(match)
        ),
        corrected=sum(
            key in told and standing(told[key][0]) != label and told[key][1] < since
            for key, label in known.labels_before.items()
        ),
        executions=sum(since <= one.at < until for one in known.executions),
        chart=chart_of([told[key] for key in told if key in single], known.priced, calendar, week),
        **more,
    )


def known_at(match: Match, advised: Mapping[str, Recommendation]) -> datetime:
    """When it became known what somebody made of a recommendation: when it was answered, acted on, or over.

    `delay` is from the recommendation to what was done, which may be a little earlier.
    """
    one = advised.get(match.recommendation or match.key)
    if one is None:
        return match.at
    # The same advice sent again is open until the last of it is over, and answered when any of it is.
    alike = [one, *(advised[key] for key in match.shared if key in advised)]
    moments = [max(same.valid_until for same in alike)]
    moments += [same.decided_at for same in alike if same.decided_at is not None]
    if match.orders and match.delay is not None:
        moments.append(datetime.fromtimestamp(one.at.timestamp() + match.delay, one.at.tzinfo))
    return min(moments)


def standing(match: Match) -> str:
    """What is said of it: its label, or that it is not certain yet."""
    return "ambiguous" if ambiguous(match) else match.label.value


def _is_answer(match: Match, one: Recommendation) -> bool:
    return one.decision in _ANSWERS or bool(match.orders)


def _unsettled(match: Match, advised: Mapping[str, Recommendation]) -> Unsettled:
    one = advised.get(match.recommendation or match.key)
    title = (one.title if one is not None else "") or f"{match.action} {match.subject}"
    return Unsettled(match.key, title, (*match.orders, *match.ambiguous))


def document(digest: Digest) -> Doc:
    """Its numbers as plain JSON."""
    found: Doc = _plain(digest)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Week):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.quantize(Decimal("0.01")), "f")
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    # JSON has no word for what is not a number: an estimate from nothing.
    return None if isinstance(value, float) and not math.isfinite(value) else value
