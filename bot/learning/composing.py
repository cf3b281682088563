"""A digest composed in the child process, from what had become known by the moment at which it was due.

Everything is matched and priced anew as of that moment, so that a digest that is made late, or once more, tells nothing
that came after it. What people have said of their matches is the exception: an answer is about what it answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.learning.digests import Composed
from bot.learning.picture import draw
from bot.learning.tasks import Basis, advised, every, executed, matched, priced, reading
from core.learning import digest as week_of_numbers
from core.learning.counting import once
from core.learning.digest import Habit, Known, Offer
from core.learning.ledger import Record, Wanted
from core.learning.records import CANDIDATE, DIGEST, RECOMMENDATION, Label, Match, Recommendation, Source
from core.learning.sums import Priced
from core.learning.told import as_note, span, text
from core.learning.week import Week, calendar_of
from core.ports import Reader

if TYPE_CHECKING:
    from core.learning.candidates import Candidate
    from core.learning.finding import Finding
    from core.learning.results import Outcome as Worth

_LOOKED_BACK = 8
"""Digests whose labels are compared with what is known now."""
_SOON = timedelta(days=7)
_LATE = timedelta(days=60)
"""How long after a recommendation a late reason is looked for: a reason is taken for 30 days after the decision."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which digest is wanted, and what the child cannot know."""

    person: str
    week: Week
    made_at: datetime
    position: int
    last_entry: str = ""
    catching_up: tuple[str, ...] = ()


def compose(basis: Basis, wish: Wish) -> Composed:
    """The digest of one person and week."""
    from core.learning.fold import orders  # noqa: PLC0415 - in the child alone
    from core.learning.paired import followed_vs_diverged  # noqa: PLC0415
    from core.learning.patterns import findings  # noqa: PLC0415
    from core.learning.reconcile import reconcile  # noqa: PLC0415
    from core.learning.rules import Rules  # noqa: PLC0415
    from core.learning.testimony import carried, order_line, settled  # noqa: PLC0415

    setup, calendar = basis.setup, calendar_of(basis.setup)
    since, until = calendar.span(wish.week)
    with reading(basis) as reader:
        advice = advised(reader, setup, None, until)
        fills = executed(reader, setup, None, until)
        before = matched(reader, None, until)
        said = settled(match for match, _ in before.values())
        fresh = reconcile(advice, fills, zone=setup.zone, settled=said, session=setup.session, now=until)
        matches = [carried(one, before[one.key][0] if one.key in before else None) for one in fresh]
        mine = [one for one in matches if one.person == wish.person]
        worth = priced(reader, setup, mine, advice, fills, until)
        own = [one for one in advice if one.person == wish.person]
        # Days are looked at when they are over; that of the digest is not.
        last_day = until.astimezone(setup.zone).date() - timedelta(days=1)
        found = findings(mine, own, setup.zone, setup.session, last_day)
        earlier = [one for one in every(reader, Wanted(DIGEST, until=until, person=wish.person)) if one.at < until]
        offers = _offers(reader, wish.person, until, wish.made_at)
        late = _late_reasons(reader, own, since, until)
    by_key = {one.key: one for one in own}
    known = Known(
        recommendations=own,
        matches=mine,
        executions=[one for one in fills if one.person in (wish.person, None)],
        priced=_priced(worth, mine, by_key),
        habits=_habits(found),
        offers=offers,
        late_reasons=late,
        labels_before=_labels(earlier[-_LOOKED_BACK:]),
        paired=followed_vs_diverged(mine, worth),
    )
    made = week_of_numbers.compose(
        wish.person,
        wish.week,
        calendar,
        known,
        wish.made_at,
        zone=str(setup.zone),
        position=wish.position,
        last_entry=wish.last_entry,
        first=not earlier,
        told_since=_told_since(earlier, wish.week, since),
        catching_up=wish.catching_up,
    )
    picture = draw(made.chart, f"Your overrides, {wish.week}", span(made))
    named = {one.key: order_line(one) for one in orders(fills, Rules())}
    asked_of = {key for one in made.unsettled for key in one.might_be}
    note = as_note(made, picture=picture, labels={key: line for key, line in named.items() if key in asked_of})
    new = {
        one.key: week_of_numbers.standing(one)
        for one in once(mine)
        if since <= week_of_numbers.known_at(one, by_key) < until
    }
    return Composed(note, text(note), picture, week_of_numbers.document(made), new)


def _priced(worth: Sequence[Worth], matches: Sequence[Match], advised: Mapping[str, Recommendation]) -> list[Priced]:
    """Marks of what is still running are no results. A result counts when what was made of the advice is known, too."""
    by_key = {one.key: one for one in matches}
    found = []
    for one in worth:
        match = by_key[one.key]
        ended = week_of_numbers.known_at(match, advised)
        at = ended if one.known_at is None else max(one.known_at, ended)
        final = not one.open
        found.append(
            Priced(
                one.key,
                at,
                one.currency,
                one.real if final else None,
                one.advised if final else None,
                one.open,
                match.label is Label.INDEPENDENT,
            )
        )
    return found


def _habits(found: Iterable[Finding]) -> list[Habit]:
    """Patterns and hints; what explains another is told with it."""
    from core.learning.finding import named  # noqa: PLC0415 - in the child alone

    return [
        Habit(
            name=one.title,
            level=one.level.value,
            sentence=one.sentence,
            evidence=one.evidence if math.isfinite(one.evidence) else 1e12,
            threshold=one.threshold,
            since=one.since,
            explained_by=named(one.explained_by) if one.explained_by is not None else None,
            remark=one.agreement.sentence,
            weeks_to_go=one.weeks_to_go,
        )
        for one in found
        if one.level.value != "counted"
    ]


def _told_since(earlier: Sequence[Record], week: Week, since: datetime) -> datetime:
    """From when on candidates are news: since the digest before was made, which was some moments after it was due."""
    last = earlier[-1] if earlier else None
    if last is None or last.body["week"] != str(week.moved(-1)):
        return since
    return max(since, min(datetime.fromisoformat(last.body["figures"]["made_at"]), since + timedelta(days=6)))


def _labels(earlier: Iterable[Record]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in earlier:
        found.update(one.body.get("labels", {}))
    return found


def _late_reasons(reader: Reader, own: Sequence[Recommendation], since: datetime, until: datetime) -> int:
    """Reasons that were given this week for what was decided before it. Imported history has no such moments."""
    asked = [
        one
        for one in own
        if one.reason
        and one.source is Source.LIVE
        and one.decided_at is not None
        and since - _LATE <= one.decided_at < since
    ]
    count = 0
    for one in asked:
        first = next((v for v in reader.versions(RECOMMENDATION, one.key) if v.body.get("reason")), None)
        count += first is not None and first.recorded_at is not None and since <= first.recorded_at < until
    return count


def _offers(reader: Reader, person: str, until: datetime, made_at: datetime) -> list[Offer]:
    """Candidates as they stand now; of a week long ago, those that were there by its end."""
    from core.learning.candidate_bodies import from_record  # noqa: PLC0415 - in the child alone

    found = [from_record(one) for one in every(reader, Wanted(CANDIDATE, person=person))]
    by = made_at if made_at < until + _SOON else until
    return [
        Offer(one.id, one.title, one.status.value, one.moved_at, one.version, _about(one))
        for one in found
        if one.proposed_at <= by
    ]


def _about(one: Candidate) -> str:
    """What is to be decided, or what the last word on it was."""
    from core.learning.candidates import Status, decided_by  # noqa: PLC0415 - in the child alone

    if one.status is Status.PROPOSED:
        return one.sentence
    if one.status is Status.DEFERRED and one.until is not None:
        return f"until {one.until:%d %b %Y}"
    return decided_by(one.last) if one.last is not None and one.status is not Status.VALIDATING else ""
