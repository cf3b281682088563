"""How learning is set up in this house: what `placet.yaml` says under `learning`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeVar

from core.learning.records import Close, Execution, Recommendation

SATURDAY = 5
Named = TypeVar("Named", Recommendation, Execution, Close)


@dataclass(frozen=True, slots=True)
class Session:
    """When what is decided about can be traded. `end` lies after `begin`, on the same day."""

    zone: tzinfo
    begin: time
    end: time

    def ends(self, moment: datetime) -> datetime:
        """When the session ends that is on at that moment, or else the next one."""
        day = moment.astimezone(self.zone).date()
        end = datetime.combine(day, self.end, self.zone).astimezone(UTC)
        if end > moment:
            return end
        return datetime.combine(day + timedelta(days=1), self.end, self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Learning:
    """`zone`: the owner's; `reconcile_at`, `results_at` and `digest_at` are times in it, `digest_day` a weekday.

    `accounts`: the person behind each account of a broker. `people`: who gets a digest; None: everybody with a
    recommendation or an override in the week. `subjects`: what a subject is called now, by what it was called.
    """

    zone: tzinfo = UTC
    reconcile_at: time = time(21)
    results_at: time = time(22)
    digest_at: time = time(9)
    digest_day: int = SATURDAY
    """As `date.weekday` counts: Monday is 0."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    people: tuple[str, ...] | None = None
    session: Session | None = None
    subjects: Mapping[str, str] = field(default_factory=dict)

    def ends(self, day: date) -> datetime:
        """When a day is over, as far as its prices go: with the session, or with the day in the owner's zone.

        What is known of a day and has no time of its own is known from then on, and not before.
        """
        if self.session is not None:
            return datetime.combine(day, self.session.end, self.session.zone).astimezone(UTC)
        return datetime.combine(day + timedelta(days=1), time(), self.zone).astimezone(UTC) - timedelta(seconds=1)

    def last_over(self, now: datetime) -> date:
        """The last day that is over: an unfinished one says nothing yet of what people do on such days."""
        day = now.astimezone(self.zone).date()
        return day if self.ends(day) <= now else day - timedelta(days=1)

    def subject(self, name: str) -> str:
        """What a subject is called now."""
        return self.subjects.get(name, name)

    def renamed(self, one: Named) -> Named:
        """The same under the subject's present name. The ledger keeps the name it came with."""
        now = self.subject(one.subject)
        return one if now == one.subject else replace(one, subject=now)

    def owned(self, one: Execution) -> Execution:
        """The same under its subject's present name, and of the person behind its account where it names nobody."""
        owner, named = self.accounts.get(one.account or ""), self.renamed(one)
        return replace(named, person=owner) if owner is not None and one.person is None else named
