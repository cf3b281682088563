"""Invented people's years as the ledger would have them: recommendations, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from core.learning.ladders import edit
from core.learning.observations import Edit, Observation
from core.learning.records import How, Label, Match, Recommendation

_OPEN = time(9)
_WIDE = Edit(0, 4, 4)


def told(
    seen: Iterable[Observation], person: str = "alice", program: str = "momentum", algorithm: str = "v1"
) -> tuple[list[Recommendation], list[Match]]:
    """What would have led to these observations."""
    recommendations, matches = [], []
    for number, one in enumerate(seen):
        room = {name: one.edits.get(name, _WIDE) for name in ("expiry", "strike", *one.edits)}
        at = datetime.combine(one.day, _OPEN, UTC) + timedelta(hours=2 * one.quarter, minutes=5)
        advice = Recommendation(
            key=f"imp:{program}/{algorithm}/{number:05}",
            at=at,
            valid_until=at + timedelta(hours=4),
            person=person,
            program=program,
            algorithm=algorithm,
            action="sell",
            subject=one.subject,
            parameters={name: has.below + 1 for name, has in room.items()},
            ladders={name: tuple(range(1, has.below + has.above + 2)) for name, has in room.items()},
            features=one.features,
        )
        recommendations.append(advice)
        matches.append(matched(advice, one))
    return recommendations, matches


def matched(advice: Recommendation, one: Observation, how: How = How.EXPLICIT) -> Match:
    label = Label.REJECT if one.rejected else Label.MODIFY if one.edits else Label.CONSENT
    return Match(
        key=advice.key,
        day=one.day,
        at=advice.at,
        person=advice.person,
        program=advice.program,
        algorithm=advice.algorithm,
        subject=advice.subject,
        action=advice.action,
        label=label,
        how=how,
        recommendation=advice.key,
        edits={
            name: edit(advice, name, advice.parameters.get(name, 0) + done.steps) for name, done in one.edits.items()
        },
        reason=one.reason,
        would_agree=one.would_agree,
        version="1",
    )


def over(seen: Iterable[Observation], **changes: object) -> list[Observation]:
    """The same with something changed in each."""
    return [replace(one, **changes) for one in seen]  # type: ignore[arg-type]
