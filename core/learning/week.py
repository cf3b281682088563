"""Weeks with a name (`2012-W07`, ISO 8601) and the moment in each at which its digest is due, in somebody's zone.

A week's digest tells of what became known since the moment at which the one before it was due: no moment is left out,
and none is told of twice, however long a week is in which clocks are changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from core.learning.setup import Learning

_NAME = re.compile(r"(?P<year>[0-9]{4})-?W(?P<number>[0-9]{2})", re.IGNORECASE)
_FIRST, _LAST = 1970, 9000
"""Years that every calendar in use here can count with."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, order=True)
class Week:
    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    def moved(self, weeks: int) -> Week:
        """So many weeks later, or earlier."""
        return week_of(self.monday + timedelta(weeks=weeks))


def week_of(day: date) -> Week:
    year, number, _ = day.isocalendar()
    return Week(year, number)


def read_week(text: str) -> Week:
    """`2012-W07` as a week. ValueError, with what is wrong, for what is none."""
    found = _NAME.fullmatch(text.strip())
    if found is None:
        raise ValueError("is a year and an ISO week, as in 2012-W07")
    week = Week(int(found["year"]), int(found["number"]))
    if not _FIRST <= week.year <= _LAST:
        raise ValueError(f"lies outside the years {_FIRST} to {_LAST}")
    try:
        date.fromisocalendar(week.year, week.number, 1)
    except ValueError:
        raise ValueError(f"is no week: {week.year} has {weeks_in(week.year)} of them") from None
    return week


def weeks_in(year: int) -> int:
    """52 or 53: the 28th of December always lies in the last one."""
    return date(year, 12, 28).isocalendar().week


def moment_on(day: date, at: time, zone: tzinfo) -> datetime:
    """A time of day in a zone, as one moment in UTC.

    A time that comes twice means its first coming. One that is leapt over (02:30 when summer begins) means as long
    after the midnight before as on any other day, which the clocks there show as 03:30: `fold=0` of PEP 495.
    """
    return datetime.combine(day, at, zone).replace(fold=0).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When digests are due: on which day of the week (1 is Monday), at what time, in which zone."""

    zone: tzinfo
    day: int = 6
    at: time = time(9)

    def due(self, week: Week) -> datetime:
        """The one moment at which this week's digest is due."""
        return moment_on(date.fromisocalendar(week.year, week.number, self.day), self.at, self.zone)

    def span(self, week: Week) -> tuple[datetime, datetime]:
        """What the digest of a week tells of: from the first moment on, and before the second."""
        return self.due(week.moved(-1)), self.due(week)

    def latest(self, now: datetime) -> Week:
        """The last week whose digest is due by now."""
        week = week_of(now.astimezone(self.zone).date()).moved(1)
        while self.due(week) > now:
            week = week.moved(-1)
        return week

    def telling_of(self, moment: datetime) -> Week:
        """The week whose digest tells of this moment."""
        return self.latest(moment).moved(1)

    def between(self, since: datetime, until: datetime) -> list[Week]:
        """The weeks whose digests came due after the one moment and by the other, in order."""
        found, week = [], self.latest(until)
        while self.due(week) > since:
            found.append(week)
            week = week.moved(-1)
        return found[::-1]


def calendar_of(setup: Learning) -> Calendar:
    """That of the house, as it is declared."""
    return Calendar(setup.zone, setup.digest_day + 1, setup.digest_at)
