"""The store: one transaction for a batch of commands, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from sqlalchemy import Integer, bindparam, delete, func, literal_column, select, update

from core.attachments import Upload
from core.errors import Refused, StoreFull, StoreUnavailable
from core.kept import Device, Pass
from core.learning.ledger import Kept, Record
from core.model import Actor
from core.ports import Draft, Remembered, Writing
from core.registry import Registry
from core.request import Request
from storage import attachments, devices, journal, ledger, outbox, passes
from storage.database import Session, engine_for, opened, translated
from storage.prepared import Insert, Prepared, one_of
from storage.rows import REQUEST_COLUMNS, micros, moment, request_row
from storage.states import States
from storage.tables import commands, events, registry, requests, vault

ANSWERS_KEPT = timedelta(days=30)
"""How long first answers are kept. Those to submissions are kept for ever: a key never makes a second request."""

_JOURNAL_LOCK = 752_239

_version = select(registry.c.version).where(registry.c.id == 1)
# On SQLite the transaction holds the only write lock; on PostgreSQL the row is locked against change.
_registry_version = Prepared(lambda on_sqlite: _version if on_sqlite else _version.with_for_update(read=True))
_registry_changing = Prepared(lambda on_sqlite: _version if on_sqlite else _version.with_for_update())
_changed = Prepared(update(registry).where(registry.c.id == 1).values(version=registry.c.version + 1))
_heard = Prepared(lambda on_sqlite: select(commands).where(one_of(commands.c.id, "all", on_sqlite)))
_latest = Prepared(
    select(events.c.at).where(events.c.position == select(func.max(events.c.position)).scalar_subquery())
)
_sweep = Prepared(
    delete(commands).where(
        commands.c.at < bindparam("old"),
        func.substr(commands.c.id, literal_column("1"), literal_column("7")) != literal_column("'submit:'"),
    )
)
_save = Insert(requests, REQUEST_COLUMNS, key=("id",), replacing=REQUEST_COLUMNS[1:])
_remember = Insert(commands)
_write_down = Insert(vault, key=("commitment",), replacing=("text",))
_in_turn = Prepared(select(func.pg_advisory_xact_lock(bindparam("lock", _JOURNAL_LOCK, Integer))))


class SqlTransaction:
    """`core.ports.Transaction` in one session."""

    def __init__(self, session: Session, states: States) -> None:
        self._session = session
        self._states = states
        self._written: dict[str, Request] = {}

    def registry_version(self, *, changing: bool = False) -> int:
        row = self._session.one(_registry_changing if changing else _registry_version)
        if row is None:
            raise LookupError("the table `registry` has lost its row")
        return int(row[0])

    def registry(self) -> Registry:
        return journal.read_registry(self._session)

    def remembered(self, ids: Sequence[str]) -> Mapping[str, Remembered]:
        if not ids:
            return {}
        found = self._session.all(_heard, all=self._session.a_list(ids))
        return {
            name: Remembered(digest, request, version, Refused(*orjson.loads(refused)) if refused else None)
            for name, digest, request, version, refused, _ in found
        }

    def requests(self, ids: Iterable[str], *, anew: Collection[str] = ()) -> Mapping[str, Request]:
        wanted = list(ids)
        return self._states.read(self._session, wanted, lock=True, anew=anew) if wanted else {}

    def uploads(self, ids: Sequence[str]) -> Mapping[str, Upload]:
        return attachments.locked(self._session, ids)

    def latest(self) -> datetime | None:
        row = self._session.one(_latest)
        return None if row is None else moment(row[0])

    def request_at(self, request: str, version: int) -> Request | None:
        return journal.request_at(self._session, request, version)

    def version_made_by(self, request: str, command: str, by: Actor) -> int | None:
        return journal.version_made_by(self._session, request, command, by)

    def committed(self) -> None:
        """What was written is true from now on, and not before."""
        for request in self._written.values():
            self._states.keep(request)

    def write(self, writing: Writing, now: datetime) -> None:
        session = self._session
        if writing.entries:
            # The journal's order is that in which its facts become visible: who reads on behind a position misses
            # nothing, however many processes write.
            self._take_turn()
        if writing.registry_changed:
            session.run(_changed)
        if writing.entries:
            journal.append(session, writing.entries)
        if writing.requests:
            session.insert(_save, [request_row(request) for request in writing.requests.values()])
            self._written.update(writing.requests)
        if writing.posts or writing.requests:
            outbox.want(session, writing.posts, writing.requests)
        if writing.words:
            session.insert(_write_down, [(w.commitment, w.text, w.salt) for w in writing.words])
        if writing.kept:
            attachments.hold(session, sorted(writing.kept))
        if writing.remembered:
            at = micros(now)
            rows = [
                (key, r.digest, r.request, r.version, _refusal(r.refused) if r.refused else None, at)
                for key, r in writing.remembered.items()
            ]
            session.insert(_remember, rows)

    def _take_turn(self) -> None:
        """Wait until no other process writes facts or posts, and keep it so until the commit."""
        if not self._session.is_sqlite:
            self._session.one(_in_turn)

    def mark_attempted(self, request: str, channel: str) -> None:
        self._take_turn()
        outbox.mark_attempted(self._session, request, channel)

    def mark_shown(self, request: str, channel: str, version: int, ref: str | None, also: Sequence[str] = ()) -> None:
        self._take_turn()  # Before the row: who writes facts wants its posts only after it has its turn.
        outbox.mark_shown(self._session, request, channel, version, ref, also)

    def mark_refused(self, request: str, channel: str, version: int) -> None:
        self._take_turn()
        outbox.mark_refused(self._session, request, channel, version)

    def mark_gone(self, request: str, channel: str) -> None:
        self._take_turn()
        outbox.mark_gone(self._session, request, channel)

    def release(self, request: str, channel: str) -> None:
        self._take_turn()
        outbox.release(self._session, request, channel)

    def adopt(self, request: str, channel: str, ref: str) -> None:
        self._take_turn()
        outbox.adopt(self._session, request, channel, ref)

    def disown(self, request: str, channel: str, ref: str) -> None:
        self._take_turn()
        outbox.disown(self._session, request, channel, ref)

    def record(
        self, records: Sequence[Record], now: datetime, following: Mapping[tuple[str, str], int] | None = None
    ) -> Kept:
        return ledger.keep(self._session, records, now, following or {})

    def recorded(self, kind: str, key: str) -> Record | None:
        return ledger.one(self._session, kind, key, None)

    def keep_draft(self, draft: Draft) -> None:
        outbox.keep_draft(self._session, draft)

    def drop_draft(self, draft: str) -> None:
        outbox.drop_draft(self._session, draft)

    def keep_pass(self, one: Pass) -> None:
        passes.keep(self._session, one)

    def take_pass(self, digest: str, kind: str, now: datetime) -> bool:
        return passes.take(self._session, digest, kind, now)

    def see_pass(self, digest: str, now: datetime, until: datetime) -> None:
        passes.see(self._session, digest, now, until)

    def drop_pass(self, digest: str) -> None:
        passes.drop(self._session, digest)

    def drop_passes(self, person: str, kind: str) -> None:
        passes.drop_all(self._session, person, kind)

    def keep_device(self, device: Device, *, first: bool = False) -> None:
        devices.keep(self._session, device, first=first)

    def drop_device(self, device: str | None, person: str) -> None:
        devices.drop(self._session, device, person)

    def keep_upload(self, upload: Upload, most: int) -> bool:
        return attachments.keep(self._session, upload, most)

    def sweep(self, now: datetime) -> int:
        session = self._session
        old = session.run(_sweep, old=micros(now - ANSWERS_KEPT))
        unfinished = outbox.sweep_drafts(session, now) + attachments.sweep(session, now)
        return old + unfinished + passes.sweep(session, now)


def _refusal(refused: Refused) -> bytes:
    return orjson.dumps([refused.code, refused.detail, refused.field])


class SqlStore:
    """`core.ports.Store` on a database address (`sqlite:///placet.db`, `postgresql://…`).

    The writer keeps one connection for as long as it is good. `states`: shared with a reader of the same database, so
    that what was just written is at hand there.
    """

    def __init__(self, url: str, states: States | None = None) -> None:
        self._engine = engine_for(url)
        self._session: Session | None = None
        database = self._engine.url.database
        self._file = Path(database) if self._engine.dialect.name == "sqlite" and database else None
        self._place: tuple[int, int] | None = None
        self._states = states or States()

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        self._same_file()
        if self._session is None:
            self._session = opened(self._engine)
        session = self._session
        try:
            with translated():
                session.begin()
                transaction = SqlTransaction(session, self._states)
                yield transaction
                session.commit()
            transaction.committed()
        except BaseException as problem:
            self._undo(session, broken=isinstance(problem, StoreUnavailable) and not isinstance(problem, StoreFull))
            raise

    def _same_file(self) -> None:
        """SQLite goes on writing to a file that was removed or replaced, and all of it is gone with the process."""
        if self._file is None:
            return
        try:
            found = self._file.stat()
        except OSError:
            found = None
        place = (found.st_dev, found.st_ino) if found else None
        if self._place is None and self._session is None:
            self._place = place
        elif place != self._place:
            raise StoreUnavailable(f"the file {self._file} was removed or replaced; put it back, or start Placet again")

    def _undo(self, session: Session, *, broken: bool) -> None:
        """Roll back; a connection on which that fails, or which has failed, is replaced by the next transaction."""
        try:
            session.rollback()
        except Exception:  # noqa: BLE001 - whatever it is, this connection is not to be trusted
            broken = True
        if broken:
            self._session = None
            session.close(broken=True)

    def latest(self) -> datetime | None:
        with self.transaction() as transaction:
            return transaction.latest()

    def close(self) -> None:
        """Give the connections back. On SQLite the log is folded into the file."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self._engine.dispose()
