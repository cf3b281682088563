"""The store: one transaction for a batch of commands, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Select, bindparam, delete, func, select, update
from sqlalchemy.engine import Connection

from core.codec_events import read_state
from core.errors import Refused
from core.ports import Draft, Remembered, Writing
from core.registry import Registry
from core.request import Request
from storage import journal, outbox
from storage.database import is_sqlite, translated, writer
from storage.prepared import Insert
from storage.rows import REQUEST_COLUMNS, micros, moment, request_row
from storage.tables import commands, events, registry, requests, vault

ANSWERS_KEPT = timedelta(days=30)
"""How long first answers are kept. Those to submissions are kept for ever: a key never makes a second request."""

_version = select(registry.c.version).where(registry.c.id == 1)
_changed = update(registry).where(registry.c.id == 1).values(version=registry.c.version + 1)
_heard = select(commands).where(commands.c.id.in_(bindparam("all", expanding=True)))
_states = (
    select(requests.c.id, requests.c.version, requests.c.revised_in, requests.c.state, events.c.entry)
    .join(events, (events.c.stream == requests.c.id) & (events.c.seq == requests.c.revised_in))
    .where(requests.c.id.in_(bindparam("all", expanding=True)))
    .order_by(requests.c.id)
)
_locked = _states.with_for_update(of=requests)
_latest = select(func.max(events.c.at)).where(
    events.c.position == select(func.max(events.c.position)).scalar_subquery()
)


_save = Insert(requests, REQUEST_COLUMNS, key=("id",), replacing=REQUEST_COLUMNS[1:])
_remember = Insert(commands)
_write_down = Insert(vault)


class SqlTransaction:
    """`core.ports.Transaction` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = is_sqlite(connection)

    def registry_version(self) -> int:
        # On SQLite the transaction holds the only write lock; on PostgreSQL the row is locked against change.
        statement = _version if self._sqlite else _version.with_for_update(read=True)
        return int(self._connection.execute(statement).scalar_one())

    def registry(self) -> Registry:
        return journal.read_registry(self._connection)

    def remembered(self, ids: Sequence[str]) -> Mapping[str, Remembered]:
        if not ids:
            return {}
        return {
            row.id: Remembered(
                row.digest, row.request, row.version, Refused(*orjson.loads(row.refused)) if row.refused else None
            )
            for row in self._connection.execute(_heard, {"all": list(ids)})
        }

    def requests(self, ids: Iterable[str]) -> Mapping[str, Request]:
        wanted = list(ids)
        if not wanted:
            return {}
        found = self._read(_states if self._sqlite else _locked, wanted)
        if not self._sqlite and (missed := [name for name in wanted if name not in found]):
            # A request that was revised while this transaction waited for its lock has fallen out of the join: the
            # row is read anew after the wait, the entry of its revision is not. It is locked now; look again.
            found |= self._read(_locked, missed)
        return found

    def _read(self, statement: Select[Any], wanted: Sequence[str]) -> dict[str, Request]:
        return {row.id: read_state(*row) for row in self._connection.execute(statement, {"all": wanted})}

    def request_at(self, request: str, version: int) -> Request | None:
        return journal.request_at(self._connection, request, version)

    def write(self, writing: Writing, now: datetime) -> None:
        connection = self._connection
        if writing.registry_changed:
            connection.execute(_changed)
        if writing.entries:
            journal.append(connection, writing.entries)
        if writing.requests:
            _save(connection, [request_row(request) for request in writing.requests.values()])
        if writing.posts:
            outbox.want(connection, writing.posts, writing.requests)
        if writing.words:
            _write_down(connection, [(w.commitment, w.text, w.salt) for w in writing.words])
        if writing.remembered:
            at = micros(now)
            _remember(
                connection,
                [
                    (key, r.digest, r.request, r.version, _refusal(r.refused) if r.refused else None, at)
                    for key, r in writing.remembered.items()
                ],
            )

    def mark_shown(self, request: str, channel: str, version: int, ref: str | None) -> None:
        outbox.mark_shown(self._connection, request, channel, version, ref)

    def mark_gone(self, request: str, channel: str) -> None:
        outbox.mark_gone(self._connection, request, channel)

    def keep_draft(self, draft: Draft) -> None:
        outbox.keep_draft(self._connection, draft)

    def drop_draft(self, draft: str) -> None:
        outbox.drop_draft(self._connection, draft)

    def sweep(self, now: datetime) -> int:
        old = delete(commands).where(commands.c.at < micros(now - ANSWERS_KEPT), commands.c.id.not_like("submit:%"))
        return self._connection.execute(old).rowcount + outbox.sweep_drafts(self._connection, now)


def _refusal(refused: Refused) -> bytes:
    return orjson.dumps([refused.code, refused.detail, refused.field])


class SqlStore:
    """`core.ports.Store` on a database address (`sqlite:///placet.db`, `postgresql://…`)."""

    def __init__(self, url: str) -> None:
        self._engine = writer(url)

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        with translated(), self._engine.begin() as connection:
            yield SqlTransaction(connection)

    def latest(self) -> datetime | None:
        with translated(), self._engine.connect() as connection:
            at = connection.execute(_latest).scalar_one_or_none()
            return None if at is None else moment(at)

    def close(self) -> None:
        """Give the connections back. On SQLite the log is folded into the file."""
        self._engine.dispose()
