"""Sixty days of Alice's overrides in a whole Placet, up to the Saturday on which she is told of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.learning.gather import match_id
from core.learning.records import Execution, Recommendation
from tests.bot.history import BEGIN, DAY, MINUTE, advice, keep, order, reconciled
from tests.bot.proposing import do
from tests.bot.running import Running

LEARNING = "learning: {zone: UTC, digest_at: '09:00', digest_day: saturday}\n"
NINE = datetime(2012, 3, 3, 9, 0, tzinfo=UTC)
"""A Saturday."""
DIGEST = "alice:2012-W09"
HABIT = "Raises the strike"
_DAYS, _FOLLOWED = 60, 9
DOUBTFUL = "imp:doubtful"
DOUBT = match_id(DOUBTFUL)


def lived(running: Running) -> None:
    """What was advised was sold at the next strike four days in five, and in the last days as advised. On Friday one of
    two orders was what was advised, and nobody but Alice knows which.
    """
    # By itself it looks at its start: that is over when this is.
    look(running)
    days = range(_DAYS)
    ones = [advice(f"a/{day}", BEGIN + day * DAY) for day in days]
    done = [
        order(
            f"o/{day}", BEGIN + day * DAY + 5 * MINUTE, strike=430.0 if day % 5 and day < _DAYS - _FOLLOWED else 425.0
        )
        for day in days
    ]
    reconciled(running, ones[:-_FOLLOWED], done[:-_FOLLOWED], now=NINE)
    keep(running, *ones[-_FOLLOWED:], *done[-_FOLLOWED:], *_doubt())


def _doubt() -> tuple[Recommendation | Execution, ...]:
    at = NINE - timedelta(hours=18)
    return (
        advice(DOUBTFUL.removeprefix("imp:"), at, subject="NVDA"),
        order("higher", at + 20 * MINUTE, subject="NVDA", strike=430.0),
        order("lower", at + 30 * MINUTE, subject="NVDA", strike=420.0),
    )


def look(running: Running) -> None:
    """Do what is due by the clock, as every minute."""
    assert running.services.jobs is not None
    do(running, running.services.jobs.look())
