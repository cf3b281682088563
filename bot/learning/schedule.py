"""When learning is to do something, in the owner's zone: told by the ledger, and only called by APScheduler.

An alarm clock that is not heard (a machine that was asleep, a clock that was set) must cost nothing: what is due is
worked out from what has been done, at the start, every minute and whenever an alarm rings, and each thing is recorded
as done once. So nothing hangs on an alarm but how soon it happens.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from core.learning.setup import Learning
from core.learning.week import Week, calendar_of, moment_on

MOST_WEEKS = 8
"""Digests that are made up for after a time in which Placet did not run; what is older is made when it is asked for."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def last_due(at: time, setup: Learning, now: datetime) -> datetime:
    """The latest moment by now at which it was this time of the day."""
    day = now.astimezone(setup.zone).date() + timedelta(days=1)
    while (moment := moment_on(day, at, setup.zone)) > now:
        day -= timedelta(days=1)
    return moment


def next_proposals(setup: Learning, now: datetime) -> datetime:
    """When patterns become candidates the next time: at night, or with the digests."""
    nightly = last_due(setup.reconcile_at, setup, now).astimezone(setup.zone).date() + timedelta(days=1)
    calendar = calendar_of(setup)
    return min(moment_on(nightly, setup.reconcile_at, setup.zone), calendar.due(calendar.latest(now).moved(1)))


def weeks_due(latest: Week, last: Week | None) -> list[Week]:
    """The weeks whose digests are still to be made, in order: since the last that the schedule made, or one."""
    if last is None:
        return [latest]
    weeks: list[Week] = []
    week = latest
    while week > last and len(weeks) < MOST_WEEKS:
        weeks.append(week)
        week = week.moved(-1)
    return weeks[::-1]


class Alarm:
    """Calls `ring` on the event loop at each time of the house's schedule."""

    def __init__(self, setup: Learning, ring: Callable[[], None]) -> None:
        self._setup = setup
        self._ring = ring
        self._scheduler: Any = None

    def start(self) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - where there is a loop alone
        from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415

        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        setup = self._setup
        scheduler = AsyncIOScheduler(timezone=setup.zone)
        for name, at, day in (
            ("reconcile", setup.reconcile_at, "*"),
            ("results", setup.results_at, "*"),
            ("digest", setup.digest_at, _DAYS[setup.digest_day]),
        ):
            trigger = CronTrigger(
                day_of_week=day, hour=at.hour, minute=at.minute, second=at.second, timezone=setup.zone
            )
            # Late is better than never, and several that were missed ring once.
            scheduler.add_job(self._ring, trigger, id=name, coalesce=True, misfire_grace_time=None)
        scheduler.start()
        self._scheduler = scheduler

    def stop(self) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
