"""Reads that take no part in decisions, on connections of their own, a page at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Text, and_, bindparam, func, literal, not_, or_, select, tuple_

from core.attachments import Upload
from core.canonical import decode
from core.kept import Device, Pass
from core.learning.ledger import Record, Wanted
from core.model import Outcome
from core.ports import Draft, Filter, Page, Post, Recorded
from core.request import Request
from storage import attachments, devices, journal, ledger, outbox, passes
from storage.database import READERS, Answer, Session, engine_for, reading
from storage.prepared import Prepared, Row
from storage.rows import micros, moment
from storage.states import COLUMNS, States
from storage.tables import events, requests


def _holds(column: ColumnElement[str], name: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether `|name|` stands in the column. LIKE would not do: SQLite takes `Bob` for `bob` there."""
    return func.replace(column, name, "") != column


_ALL = Filter()


def _names(wanted: Filter) -> dict[str, Any]:
    """Whom a filter names, as parameters of a query."""
    values: dict[str, Any] = {f"audience_{number}": f"|{name}|" for number, name in enumerate(wanted.audience)}
    if wanted.open_to is not None:
        values |= {"voter": f"|{wanted.open_to}|", "myself": f"person:{wanted.open_to}"}
    return values


def _named(given: frozenset[str], others: bool) -> list[ColumnElement[bool]]:
    """The conditions that whom a filter names comes to."""
    columns, conditions = requests.c, []
    asked = sorted(name for name in given if name.startswith("audience_"))
    if asked:
        conditions.append(or_(*(_holds(columns.audience, bindparam(name, type_=Text)) for name in asked)))
    if "voter" in given:
        conditions.append(not_(_holds(columns.voters, bindparam("voter", type_=Text))))
        conditions.append(columns.asker != bindparam("myself"))
    return [not_(and_(*conditions))] if others and conditions else conditions


@lru_cache(maxsize=64)
def _counts_query(given: frozenset[str], others: bool) -> Prepared:
    query = select(requests.c.rank, func.count()).where(requests.c.decided_at.is_(None), *_named(given, others))
    return Prepared(query.group_by(requests.c.rank))


_due = Prepared(
    select(requests.c.id)
    .where(requests.c.due_at <= bindparam("now"))
    .order_by(requests.c.due_at, requests.c.id)
    .limit(bindparam("most"))
)
_next = Prepared(select(func.min(requests.c.due_at)).where(requests.c.due_at.is_not(None)))
_voted = Prepared(
    select(requests.c.id)
    .where(requests.c.decided_at.is_(None), _holds(requests.c.voters, bindparam("name", type_=Text)))
    # The order of the queue's index: asked for another, SQLite would walk the whole table in that.
    .order_by(requests.c.rank, requests.c.expire_at, requests.c.id)
)
_position = Prepared(select(func.max(events.c.position)))
_alive = Prepared(select(literal(1)))


class SqlReader:
    """`core.ports.Reader` on a database address."""

    def __init__(self, url: str, states: States | None = None) -> None:
        self._engine = engine_for(url, READERS)
        self._states = states or States()

    def _ask(self, question: Callable[[Session], Answer]) -> Answer:
        return reading(self._engine, question)

    def request(self, request: str) -> Request | None:
        return self.requests([request]).get(request)

    def requests(self, requests: Sequence[str]) -> Mapping[str, Request]:
        return self._ask(lambda session: self._states.read(session, requests)) if requests else {}

    def page(self, wanted: Filter, cursor: str | None, size: int) -> Page[Request]:
        keys = _PENDING_KEYS if wanted.status == "pending" else _ENDED_KEYS
        values: dict[str, Any] = {"most": size + 1}
        if cursor is not None:
            values |= {f"after_{key}": value for key, value in zip(keys, _opened(cursor, keys), strict=True)}
        if wanted.status not in ("pending", "decided"):
            values["outcome"] = Outcome(wanted.status).value
        values |= {
            name: value
            for name, value in (
                ("rank", -wanted.tier if wanted.tier is not None else None),
                ("subject", wanted.subject),
                ("asker", wanted.asker),
                ("counted", f"|{wanted.voter}|" if wanted.voter is not None else None),
            )
            if value is not None
        }
        values |= _names(wanted)
        query = _page_query(wanted.status == "pending", frozenset(values), wanted.others)

        def read(session: Session) -> tuple[list[Row], list[Request]]:
            rows = session.all(query, **values)
            states = self._states.of_rows(session, [(*row[:3], decode(row[3])) for row in rows[:size]])
            return rows, list(states.values())

        rows, items = self._ask(read)
        return Page(items, _cursor(rows[size - 1][4:]) if len(rows) > size else None)

    def counts(self, wanted: Filter = _ALL) -> Mapping[int, int]:
        values = _names(wanted)
        query = _counts_query(frozenset(values), wanted.others)
        return {-rank: count for rank, count in self._ask(lambda session: session.all(query, **values))}

    def history(self, request: str) -> Sequence[Recorded]:
        return self._ask(lambda session: journal.history(session, request))

    def journal(self, after: int, most: int) -> Sequence[Recorded]:
        return self._ask(lambda session: journal.after(session, after, most))

    def position(self) -> int:
        row = self._ask(lambda session: session.one(_position))
        return row[0] or 0 if row else 0

    def words(self, commitments: Iterable[str]) -> Mapping[str, str]:
        return self._ask(lambda session: journal.read_words(session, commitments))

    def due(self, now: datetime, most: int) -> Sequence[str]:
        return [row[0] for row in self._ask(lambda session: session.all(_due, now=micros(now), most=most))]

    def next_due(self) -> datetime | None:
        row = self._ask(lambda session: session.one(_next))
        return None if row is None or row[0] is None else moment(row[0])

    def voted_by(self, person: str) -> Sequence[str]:
        return [row[0] for row in self._ask(lambda session: session.all(_voted, name=f"|{person}|"))]

    def unshown(self, channel: str, most: int) -> Sequence[Post]:
        return self._ask(lambda session: outbox.unshown(session, channel, most))

    def posts_at(self, channel: str, ref: str) -> Sequence[Post]:
        return self._ask(lambda session: outbox.posts_at(session, channel, ref))

    def posts_of(self, request: str) -> Sequence[Post]:
        return self._ask(lambda session: outbox.posts_of(session, request))

    def draft(self, draft: str, now: datetime) -> Draft | None:
        return self._ask(lambda session: outbox.draft(session, draft, now))

    def find_pass(self, digest: str, now: datetime) -> Pass | None:
        return self._ask(lambda session: passes.find(session, digest, now))

    def passes(self, person: str, kind: str, now: datetime) -> Sequence[Pass]:
        return self._ask(lambda session: passes.of(session, person, kind, now))

    def device(self, device: str) -> Device | None:
        return self._ask(lambda session: devices.find(session, device))

    def devices(self, people: Collection[str]) -> Sequence[Device]:
        return self._ask(lambda session: devices.of(session, sorted(people))) if people else []

    def upload(self, upload: str) -> Upload | None:
        return self._ask(lambda session: attachments.find(session, upload))

    def records(self, wanted: Wanted, most: int | None = None, after: str | None = None) -> Sequence[Record]:
        return self._ask(lambda session: ledger.find(session, wanted, most, after))

    def record(self, kind: str, key: str, version: int | None = None) -> Record | None:
        return self._ask(lambda session: ledger.one(session, kind, key, version))

    def versions(self, kind: str, key: str) -> Sequence[Record]:
        return self._ask(lambda session: ledger.versions(session, kind, key))

    def last_recorded(self) -> datetime | None:
        return self._ask(ledger.last_recorded)

    def ping(self) -> None:
        self._ask(lambda session: session.one(_alive))

    def close(self) -> None:
        self._engine.dispose()


_PENDING_KEYS = ("rank", "expire_at", "id")
_ENDED_KEYS = ("decided_at", "id")


@lru_cache(maxsize=256)
def _page_query(pending: bool, given: frozenset[str], others: bool) -> Prepared:
    """The query of a page for the filters that are given, by the names of their parameters."""
    columns = requests.c
    keys = [columns[name] for name in (_PENDING_KEYS if pending else _ENDED_KEYS)]
    query: Any = select(*COLUMNS, *keys)
    query = query.where(columns.decided_at.is_(None) if pending else columns.decided_at.is_not(None))
    query = query.order_by(*(key if pending else key.desc() for key in keys)).limit(bindparam("most"))
    for name in ("outcome", "rank", "subject", "asker"):
        if name in given:
            query = query.where(columns[name] == bindparam(name))
    if "counted" in given:
        query = query.where(_holds(columns.voters, bindparam("counted", type_=Text)))
    query = query.where(*_named(given, others))
    if f"after_{keys[0].name}" in given:
        place, behind = tuple_(*keys), tuple_(*(bindparam(f"after_{key.name}", type_=key.type) for key in keys))
        query = query.where(place > behind if pending else place < behind)
    return Prepared(query)


def _cursor(values: Iterable[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


def _opened(cursor: str, keys: Sequence[str]) -> list[Any]:
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        values = None
    kinds = [str if key == "id" else int for key in keys]
    if (
        not isinstance(values, list)
        or [type(value) for value in values] != kinds
        or any(isinstance(value, int) and abs(value) >= 2**63 for value in values)
        or (abs(values[0]) >= 2**15 and len(keys) == 3)
        or "\0" in values[-1]
    ):
        raise ValueError("this cursor did not come from here; begin again without one")
    return values
