"""Reads that take no part in decisions, on connections of their own, a page at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, func, or_, select, text, tuple_
from sqlalchemy.engine import Connection

from core.codec_events import read_state
from core.model import Outcome
from core.ports import Draft, Filter, Page, Post, Recorded
from core.request import Request
from storage import journal, outbox
from storage.database import readers, translated
from storage.rows import micros, moment
from storage.tables import events, requests

_state = (requests.c.id, requests.c.version, requests.c.revised_in, requests.c.state, events.c.entry)
_whole = (events.c.stream == requests.c.id) & (events.c.seq == requests.c.revised_in)
_one = select(*_state).join(events, _whole).where(requests.c.id == bindparam("id"))
_counts = (
    select(requests.c.rank, func.count().label("n")).where(requests.c.decided_at.is_(None)).group_by(requests.c.rank)
)
_due = select(requests.c.id).where(requests.c.due_at <= bindparam("now")).order_by(requests.c.due_at, requests.c.id)
_next = select(func.min(requests.c.due_at)).where(requests.c.due_at.is_not(None))
_voted = (
    select(requests.c.id)
    .where(requests.c.decided_at.is_(None), requests.c.voters.like(bindparam("person"), escape="\\"))
    .order_by(requests.c.id)
)
_position = select(func.max(events.c.position))


class SqlReader:
    """`core.ports.Reader` on a database address."""

    def __init__(self, url: str) -> None:
        self._engine = readers(url)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(), self._engine.connect() as connection:
            yield connection

    def request(self, request: str) -> Request | None:
        with self._reading() as connection:
            row = connection.execute(_one, {"id": request}).one_or_none()
            return None if row is None else read_state(*row)

    def page(self, wanted: Filter, cursor: str | None, size: int) -> Page[Request]:
        query, keys = _page_query(wanted)
        if cursor is not None:
            behind = tuple_(*keys)
            values = tuple_(
                *(bindparam(None, value, key.type) for value, key in zip(_opened(cursor, keys), keys, strict=True))
            )
            query = query.where(behind > values if wanted.status == "pending" else behind < values)
        with self._reading() as connection:
            rows = connection.execute(query.limit(size + 1)).all()
        items = [read_state(*row[:5]) for row in rows[:size]]
        return Page(items, _cursor(rows[size - 1][5:]) if len(rows) > size else None)

    def counts(self) -> Mapping[int, int]:
        with self._reading() as connection:
            return {-row.rank: row.n for row in connection.execute(_counts)}

    def history(self, request: str) -> Sequence[Recorded]:
        with self._reading() as connection:
            return journal.history(connection, request)

    def journal(self, after: int, most: int) -> Sequence[Recorded]:
        with self._reading() as connection:
            return journal.after(connection, after, most)

    def position(self) -> int:
        with self._reading() as connection:
            return connection.execute(_position).scalar_one_or_none() or 0

    def words(self, commitments: Iterable[str]) -> Mapping[str, str]:
        with self._reading() as connection:
            return journal.read_words(connection, commitments)

    def due(self, now: datetime, most: int) -> Sequence[str]:
        with self._reading() as connection:
            return list(connection.execute(_due.limit(most), {"now": micros(now)}).scalars())

    def next_due(self) -> datetime | None:
        with self._reading() as connection:
            at = connection.execute(_next).scalar_one_or_none()
            return None if at is None else moment(at)

    def voted_by(self, person: str) -> Sequence[str]:
        with self._reading() as connection:
            return list(connection.execute(_voted, {"person": _like(person)}).scalars())

    def unshown(self, channel: str, most: int) -> Sequence[Post]:
        with self._reading() as connection:
            return outbox.unshown(connection, channel, most)

    def draft(self, draft: str, now: datetime) -> Draft | None:
        with self._reading() as connection:
            return outbox.draft(connection, draft, now)

    def ping(self) -> None:
        with self._reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._engine.dispose()


def _page_query(wanted: Filter) -> tuple[Any, Sequence[Any]]:
    columns = requests.c
    if wanted.status == "pending":
        keys: Sequence[Any] = (columns.rank, columns.expire_at, columns.id)
        query: Any = select(*_state, *keys).join(events, _whole)
        query = query.where(columns.decided_at.is_(None)).order_by(*keys)
    else:
        keys = (columns.decided_at, columns.id)
        query = select(*_state, *keys).join(events, _whole).where(columns.decided_at.is_not(None))
        query = query.order_by(*(key.desc() for key in keys))
        if wanted.status != "decided":
            query = query.where(columns.outcome == Outcome(wanted.status).value)
    if wanted.tier is not None:
        query = query.where(columns.rank == -wanted.tier)
    if wanted.subject is not None:
        query = query.where(columns.subject == wanted.subject)
    if wanted.asker is not None:
        query = query.where(columns.asker == wanted.asker)
    if wanted.audience:
        query = query.where(or_(*(columns.audience.like(_like(name), escape="\\") for name in wanted.audience)))
    return query, keys


def _like(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%|{escaped}|%"


def _cursor(values: Iterable[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


def _opened(cursor: str, keys: Sequence[Any]) -> list[Any]:
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        values = None
    kinds = [str if key.name == "id" else int for key in keys]
    if (
        not isinstance(values, list)
        or [type(value) for value in values] != kinds
        or any(isinstance(value, int) and abs(value) >= 2**63 for value in values)
        or (abs(values[0]) >= 2**15 and len(keys) == 3)
        or "\0" in values[-1]
    ):
        raise ValueError("this cursor did not come from here; begin again without one")
    return values
