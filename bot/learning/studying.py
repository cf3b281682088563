"""Reckoning what can be said of somebody's overrides: little in a thread, much in the child process."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.learning.study import Asked, Figures, Reckon, Studied
from bot.learning.tasks import Basis, advised, executed, matched, priced, reading
from bot.learning.work import Worker
from bot.threads import within
from core.learning import records
from core.learning.counting import ambiguous, once
from core.learning.ledger import Wanted
from core.learning.records import Match, Recommendation
from core.learning.setup import Learning
from core.learning.testimony import departs
from core.ports import Reader

MUCH = 2_000
"""Matches from which on the child process reckons: a thread would take turns with the approvals for too long."""
MOST_OPEN = 200
"""Open questions that are listed; there are as many more as are counted."""
MOST_WEEKS = 78
"""Beyond these, a rate is told month by month."""


def reckoning(reader: Reader, worker: Worker, basis: Callable[[], Basis]) -> Reckon:
    """Raises StoreUnavailable, and WorkFailed where the child did not come to an end."""

    async def reckon(asked: Asked, now: datetime) -> Studied:
        some = await within(asyncio.to_thread(reader.records, Wanted(records.MATCH), MUCH))
        if len(some) == MUCH:
            return await worker.run(studied_there, basis(), asked, now)
        return await within(asyncio.to_thread(studied, reader, basis().setup, asked, now))

    return reckon


def studied_there(basis: Basis, asked: Asked, now: datetime) -> Studied:
    """In the child process, which reads for itself."""
    with reading(basis) as reader:
        return studied(reader, basis.setup, asked, now)


def studied(reader: Reader, setup: Learning, asked: Asked, now: datetime) -> Studied:
    """What is known by now. Reads the database, and reckons for as long as it takes."""
    from core.learning.patterns import findings  # noqa: PLC0415 - a server that waits needs none of it

    everything = [match for match, _ in matched(reader, None, now).values() if _is_of(match, asked)]
    advice = [one for one in advised(reader, setup, None, now) if asked.person in (None, one.person)]
    chosen = [one for one in everything if _is_within(one, asked)]
    keys = {one.recommendation for one in chosen}
    return Studied(
        matches=len(chosen),
        months=tuple(sorted(Counter(f"{one.at:%Y-%m}" for one in everything).items())),
        first=min((one.at for one in chosen), default=None),
        last=max((one.at for one in chosen), default=None),
        sources=frozenset(one.source for one in everything),
        programs=tuple(sorted({one.program for one in everything if one.program})),
        labels=Counter(one.label.value for one in chosen),
        **_open(everything),
        figures=_figures(reader, setup, chosen, [one for one in advice if one.key in keys], now) if chosen else None,
        # Evidence is of all there ever was: a stretch chosen afterwards would be chosen for what is in it.
        findings=tuple(findings(everything, advice, setup.zone, setup.session, setup.last_over(now))),
    )


def _is_of(match: Match, asked: Asked) -> bool:
    return asked.person in (None, match.person) and asked.program in (None, match.program)


def _is_within(match: Match, asked: Asked) -> bool:
    if asked.source not in (None, match.source):
        return False
    return (asked.since is None or match.at >= asked.since) and (asked.until is None or match.at < asked.until)


def _open(matches: Iterable[Match]) -> dict[str, Any]:
    """What waits for a word, the latest first. What both sides of a doubt are asked is one question."""
    latest = sorted(once(matches), key=lambda one: (one.at, one.key), reverse=True)
    uncertain = [one.key for one in latest if ambiguous(one)]
    without = [one.key for one in latest if departs(one)]
    return {
        "ambiguous": tuple(uncertain[:MOST_OPEN]),
        "unexplained": tuple(without[:MOST_OPEN]),
        "to_settle": len(uncertain),
        "to_explain": len(without),
    }


def _figures(
    reader: Reader, setup: Learning, matches: Sequence[Match], advice: Sequence[Recommendation], now: datetime
) -> Figures:
    from core.learning import analytics, paired  # noqa: PLC0415

    worth = priced(reader, setup, matches, advice, executed(reader, setup, None, now), now)
    differences = paired.followed_vs_diverged(matches, worth)
    span = (max(one.day for one in matches) - min(one.day for one in matches)).days
    return Figures(
        divergence=analytics.divergence_rate(matches, "week" if span <= MOST_WEEKS * 7 else "month"),
        differences=differences,
        cumulative={one.currency: paired.cumulative(matches, worth, one.currency) for one in differences},
        modifications=analytics.top_modifications(matches),
        reasons=analytics.reasons(matches),
        by_subject=analytics.by_subject(matches, worth),
        by_hour=analytics.by_hour(matches, setup.zone, worth),
        overrides=paired.cost_of_overrides(matches, worth),
        responses=analytics.response_times(advice),
        load=analytics.load(advice, setup.zone),
    )
