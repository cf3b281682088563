"""What `placet.yaml` says of learning: whose accounts are whose, and when is looked. `bot/config.py` reads the file."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict

from bot.yaml_document import Document, Trail
from core.learning.setup import Learning, Session
from core.text import fault

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_ACCOUNT, LONGEST_SUBJECT = 80, 80


class SessionEntry(BaseModel):
    """When there is trading."""

    model_config = ConfigDict(extra="forbid")

    zone: Any = None
    begin: Any = None
    end: Any = None


class LearningEntry(BaseModel):
    """The section as `placet.yaml` writes it. What a value means is read below, with a remedy for each mistake."""

    model_config = ConfigDict(extra="forbid")

    zone: Any = None
    reconcile_at: Any = None
    results_at: Any = None
    digest_at: Any = None
    digest_day: Any = None
    accounts: Any = None
    people: Any = None
    session: SessionEntry | None = None
    subjects: Any = None


def read_learning(document: Document, entry: LearningEntry, people: Collection[str]) -> Learning:
    """How learning is set up. Raises ConfigError."""
    return _Reading(document, people).learning(entry)


def zone_named(name: str) -> tzinfo:
    """A time zone of the IANA database. ValueError: there is none of this name."""
    # The name becomes a path within the database of time zones.
    if len(name) > 60 or not _ZONE.fullmatch(name):
        raise ValueError(name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as problem:
        raise ValueError(name) from problem


class _Reading:
    """The section being read. Every mistake names its place and what to do."""

    def __init__(self, document: Document, people: Collection[str]) -> None:
        self._document = document
        self._people = people

    def _no(self, place: Trail, message: str) -> Exception:
        name = ".".join(str(part) for part in ("learning", *place))
        return self._document.fault(("learning", *place), f"`{name}` {message}")

    def learning(self, entry: LearningEntry) -> Learning:
        usual = Learning()
        return Learning(
            zone=usual.zone if entry.zone is None else self._zone(("zone",), entry.zone),
            reconcile_at=self._time(("reconcile_at",), entry.reconcile_at, usual.reconcile_at),
            results_at=self._time(("results_at",), entry.results_at, usual.results_at),
            digest_at=self._time(("digest_at",), entry.digest_at, usual.digest_at),
            digest_day=usual.digest_day if entry.digest_day is None else self._day(entry.digest_day),
            accounts=self._accounts(entry.accounts),
            people=None if entry.people is None else self._who(entry.people),
            session=None if entry.session is None else self._session(entry.session),
            subjects=self._subjects(entry.subjects),
        )

    def _zone(self, place: Trail, value: Any) -> tzinfo:
        try:
            return zone_named(value if isinstance(value, str) else "")
        except ValueError:
            raise self._no(place, "must be a time zone by its IANA name, as in America/New_York") from None

    def _time(self, place: Trail, value: Any, usual: time | None) -> time:
        if value is None and usual is not None:
            return usual
        found = _TIME.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self._no(place, 'must be a time of day in quotes, as in "21:00"')
        return time(int(found[1]), int(found[2]))

    def _day(self, value: Any) -> int:
        word = value.lower() if isinstance(value, str) else ""
        if word not in DAYS:
            raise self._no(("digest_day",), f"must be a day of the week: {', '.join(DAYS)}")
        return DAYS.index(word)

    def _accounts(self, value: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for account, person in self._mapping("accounts", value, "U1234567: alice"):
            place = ("accounts", account)
            self._name(place, account, LONGEST_ACCOUNT)
            self._person(place, person)
            found[account] = person
        return found

    def _who(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._no(("people",), "must be a list of people, as in [alice, bob]")
        for index, person in enumerate(value):
            self._person(("people", index), person)
        return tuple(dict.fromkeys(value))

    def _person(self, place: Trail, person: Any) -> None:
        if not isinstance(person, str) or person not in self._people:
            there = ", ".join(sorted(self._people))
            raise self._no(place, f"names `{person}`, who is not among the people above; there are: {there}")

    def _session(self, entry: SessionEntry) -> Session:
        zone = self._zone(("session", "zone"), entry.zone)
        begin = self._time(("session", "begin"), entry.begin, None)
        end = self._time(("session", "end"), entry.end, None)
        if end <= begin:
            raise self._no(("session", "end"), "must lie after `begin`; leave the session out for what trades all day")
        return Session(zone, begin, end)

    def _subjects(self, value: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for before, now in self._mapping("subjects", value, "FB: META"):
            place = ("subjects", before)
            self._name(place, before, LONGEST_SUBJECT)
            if not isinstance(now, str):
                raise self._no(place, "must be what the subject is called now, in quotes")
            self._name(place, now, LONGEST_SUBJECT)
            found[before] = now
        for before, now in found.items():
            if now in found:
                raise self._no(("subjects", before), f"leads to `{now}`, which is renamed too; name the last one here")
        return found

    def _mapping(self, name: str, value: Any, example: str) -> list[tuple[str, Any]]:
        if value is None:
            return []
        if not isinstance(value, dict):
            raise self._no((name,), f"must be a mapping, as in {{{example}}}")
        for key in value:
            if not isinstance(key, str):
                # As a number, 0123 would be 123.
                raise self._no((name, key), f'must stand in quotes, as in "{key}", for a number loses its zeros')
        return list(value.items())

    def _name(self, place: Trail, text: str, longest: int) -> None:
        if not text.strip():
            raise self._no(place, "is empty")
        if what := fault(text, longest=longest):
            raise self._no(place, what)
