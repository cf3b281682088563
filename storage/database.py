"""Connections: one writer, several readers, and what the database's failures mean.

SQLAlchemy keeps the connections and writes the SQL; the statements of a batch then go to the driver as they are,
because Core's work on each of them cost more than the database's (`docs/decisions/0008`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection

from core.errors import StoreFull, StoreUnavailable
from storage.prepared import Insert, Prepared, Row

READERS = 8
_BLOCKS = (64, 32, 16, 8, 4, 2, 1)
_BUSY_MS = 5_000
_NO_ROOM = ("disk is full", "No space left", "could not extend file")
_AWAY = (sqlite3.OperationalError, sqlite3.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
# Connection, transaction rollback, read-only (a standby), resources, operator intervention, system: not our mistake.
_AWAY_STATES = ("08", "25006", "40", "53", "57", "58")
Answer = TypeVar("Answer")


_SQLITE = {"check_same_thread": False, "cached_statements": 256}
# A lock that another process holds, a statement that does not end, a peer that is gone: all end as "does not answer".
_PATIENCE = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_BOUNDS = {"lock_timeout": "10s", "statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s"}


def engine_for(url: str, pool_size: int = 1, *, patient: bool = False) -> Engine:
    """An engine for connections, or (`patient`: however long it takes) for migrations.

    On SQLite a transaction takes the write lock at its beginning.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        options: dict[str, Any] = {"connect_timeout": 5, **({} if patient else _PATIENCE)}
        engine = create_engine(_psycopg(parsed), pool_size=pool_size, max_overflow=0, connect_args=options)
        if not patient:
            event.listen(engine, "connect", _prepare_postgres)
        return engine
    engine = create_engine(parsed, pool_size=pool_size, max_overflow=0, connect_args=_SQLITE)
    if not patient:
        event.listen(engine, "do_connect", _only_what_is_there)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _psycopg(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg")


def _only_what_is_there(_dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any]) -> None:
    """Migrations alone make the file: a reader must not put an empty one where a removed one was."""
    if not named.get("uri"):
        arguments[0] = f"{Path(arguments[0]).absolute().as_uri()}?mode=rw"
        named["uri"] = True


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not begin transactions by itself: whoever writes says when, so that DDL is transactional too.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    # FULL: an acknowledged decision survives the loss of power, not only of the process.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    connection.execute("PRAGMA cache_size=-8000")


def _prepare_postgres(connection: psycopg.Connection[Any], _record: Any) -> None:
    for name, bound in _BOUNDS.items():
        connection.execute(f"SET {name} = '{bound}'".encode())
    connection.commit()


class Session:
    """One connection of the driver, for statements that are compiled already."""

    def __init__(self, engine: Engine, proxied: PoolProxiedConnection) -> None:
        self._proxied = proxied
        self._driver: Any = proxied.driver_connection
        self.dialect = engine.dialect
        self.is_sqlite = engine.dialect.name == "sqlite"

    def begin(self) -> None:
        # psycopg begins by itself, with the first statement.
        if self.is_sqlite:
            self._driver.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._driver.commit()

    def rollback(self) -> None:
        self._driver.rollback()

    def all(self, statement: Prepared, **values: Any) -> list[Row]:
        """Run, and give every row."""
        sql, arranged = statement.compiled(self.dialect)
        return list(self._driver.execute(sql, arranged(values)).fetchall())

    def one(self, statement: Prepared, **values: Any) -> Row | None:
        """Run, and give the first row."""
        sql, arranged = statement.compiled(self.dialect)
        row: Row | None = self._driver.execute(sql, arranged(values)).fetchone()
        return row

    def run(self, statement: Prepared, **values: Any) -> int:
        """Run, and say how many rows it touched."""
        sql, arranged = statement.compiled(self.dialect)
        return int(self._driver.execute(sql, arranged(values)).rowcount)

    def insert(self, statement: Insert, rows: Sequence[Row]) -> None:
        """Insert all of them, in as few calls as can be.

        On PostgreSQL that is one, with each column as a list.
        On SQLite `executemany` lets go of the interpreter's lock for every row, and a busy event loop then keeps it for
        up to a switch interval: with 32 calls in flight that was most of a transaction's time. So the rows go in blocks
        of 64, 32, 16, … whose statements the driver keeps.
        """
        if not self.is_sqlite:
            columns = dict(zip(statement.columns, map(list, zip(*rows, strict=True)), strict=True))
            self._driver.execute(statement.of_columns(self.dialect), columns)
            return
        at = 0
        for block in _BLOCKS:
            while len(rows) - at >= block:
                values = [value for row in rows[at : at + block] for value in row]
                self._driver.execute(statement.of_many(self.dialect, block), values)
                at += block

    def a_list(self, texts: Sequence[str]) -> Any:
        """A list as the one parameter that `prepared.one_of` takes."""
        return orjson.dumps(texts).decode() if self.is_sqlite else list(texts)

    def close(self, *, broken: bool = False) -> None:
        """Give the connection back; a broken one is thrown away."""
        if broken:
            self._proxied.invalidate()
        self._proxied.close()


def opened(engine: Engine, *, autocommit: bool = False) -> Session:
    """A session on a connection of the engine's pool. Raises StoreUnavailable."""
    with translated():
        proxied = engine.raw_connection()
        driver: Any = proxied.driver_connection
        if isinstance(driver, psycopg.Connection) and driver.autocommit != autocommit:
            driver.autocommit = autocommit
        return Session(engine, proxied)


def reading(engine: Engine, question: Callable[[Session], Answer]) -> Answer:
    """Ask on a connection of one's own. A connection that died while it lay in the pool is replaced once."""
    for last in (False, True):
        session = opened(engine, autocommit=True)
        try:
            with translated():
                answer = question(session)
        except StoreUnavailable:
            session.close(broken=True)
            if last:
                raise
        except BaseException:
            session.close(broken=True)
            raise
        else:
            session.close()
            return answer
    raise StoreUnavailable("the database does not answer")


@contextmanager
def translated() -> Iterator[None]:
    """The database's failures as those of the core: no room, no answer. Mistakes of ours pass unchanged."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, psycopg.Error) as problem:
        cause = problem.orig if isinstance(problem, DBAPIError) else problem
        text = str(cause)
        if any(words in text for words in _NO_ROOM):
            raise StoreFull("the database has no room left") from problem
        away = str(getattr(cause, "sqlstate", None) or "").startswith(_AWAY_STATES)
        if away or (isinstance(cause, _AWAY) and not _is_ours(cause)):
            raise StoreUnavailable(f"the database does not answer ({_first_line(text)})") from problem
        raise
    except PoolTimeout as problem:
        raise StoreUnavailable("every connection to the database is taken") from problem


def _is_ours(problem: BaseException) -> bool:
    """SQLite calls everything operational, also a statement about a table that is not there."""
    return getattr(problem, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:200]


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
