"""Connections: one writer, several readers, and what the database's failures mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from core.errors import StoreFull, StoreUnavailable

READERS = 8
_BUSY_MS = 5_000
_NO_ROOM = ("disk is full", "No space left", "could not extend file")


def writer(url: str) -> Engine:
    """The engine of the one writer. On SQLite a transaction takes the write lock at its beginning."""
    return _engine(url, pool_size=1, begin="BEGIN IMMEDIATE")


def readers(url: str) -> Engine:
    """The engine that everything else reads with."""
    return _engine(url, pool_size=READERS, begin="BEGIN")


def _engine(url: str, *, pool_size: int, begin: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, pool_size=pool_size, max_overflow=0, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine
    return create_engine(
        _psycopg(parsed), pool_size=pool_size, max_overflow=0, pool_pre_ping=True, connect_args={"connect_timeout": 5}
    )


def _psycopg(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg")


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not begin transactions by itself: `begin` above says when, so that DDL is transactional too.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    # FULL: an acknowledged decision survives the loss of power, not only of the process.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    connection.execute("PRAGMA cache_size=-16000")


@contextmanager
def translated() -> Iterator[None]:
    """The database's failures as those of the core: no room, no answer. Mistakes of ours pass unchanged."""
    try:
        yield
    except DBAPIError as problem:
        text = str(problem.orig)
        if any(words in text for words in _NO_ROOM):
            raise StoreFull("the database has no room left") from problem
        if _is_ours(problem.orig):
            raise
        if isinstance(problem, (OperationalError, InterfaceError)) or problem.connection_invalidated:
            raise StoreUnavailable(f"the database does not answer ({_first_line(text)})") from problem
        raise


def _is_ours(problem: BaseException | None) -> bool:
    """SQLite calls everything operational, also a statement about a table that is not there."""
    return getattr(problem, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:200]


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
