"""Leases: of several processes on one database, one alone holds the lease of a name.

On PostgreSQL it is an advisory lock of a connection of its own: the server lets go of it when the process is gone,
however it went. On SQLite it is a lock on a file beside the database, of which the system lets go.
"""

from __future__ import annotations

import contextlib
import os
import threading
import zlib
from pathlib import Path

from sqlalchemy import Engine, Integer, bindparam, func, select
from sqlalchemy.engine import make_url

from core.errors import StoreUnavailable
from core.ports import Lease
from storage.database import Session, engine_for, opened, translated
from storage.prepared import Prepared

try:
    import fcntl
except ImportError:  # not on every system
    fcntl = None  # type: ignore[assignment,unused-ignore]

_ROOM = 752_240
"""Sets our leases apart from other locks in the same database."""
_take = Prepared(
    select(func.pg_try_advisory_lock(bindparam("room", _ROOM, Integer), bindparam("lease", type_=Integer)))
)
_still = Prepared(select(bindparam("one", 1, Integer)))


class SqlLeases:
    """`core.ports.Leases` on a database address."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._url = url
        self._on_sqlite = parsed.get_backend_name() == "sqlite"
        self._file = None if parsed.database in (None, "", ":memory:") else parsed.database

    def take(self, name: str) -> Lease | None:
        if not self._on_sqlite:
            return _taken_on_server(self._url, name)
        if self._file is None or fcntl is None:
            return _Granted()
        return _taken_on_file(Path(f"{self._file}.{name}.lease"))


class _Granted:
    """Where nobody else can be."""

    def good(self) -> bool:
        return True

    def release(self) -> None:
        pass


class _OnFile:
    def __init__(self, path: Path, file: int) -> None:
        self._path = path
        self._file: int | None = file

    def good(self) -> bool:
        """A file that was removed or replaced can be locked a second time."""
        if self._file is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._file), self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _taken_on_file(path: Path) -> Lease | None:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise StoreUnavailable(f"the file {path} cannot be opened ({problem.strerror})") from problem
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    except OSError:
        # A file system without locks, on which nobody could be kept away.
        os.close(file)
        return _Granted()
    lease = _OnFile(path, file)
    if lease.good():
        return lease
    lease.release()
    return None


class _OnServer:
    """The connection is asked again and again, and never replaced: with it the lock would be gone."""

    def __init__(self, engine: Engine, session: Session) -> None:
        self._engine = engine
        self._session: Session | None = session
        # A question that is not answered may still wait for it as the connection is to be closed.
        self._one_at_a_time = threading.Lock()

    def good(self) -> bool:
        with self._one_at_a_time:
            if self._session is None:
                return False
            try:
                with translated():
                    return self._session.one(_still) is not None
            except StoreUnavailable:
                return False

    def release(self) -> None:
        with self._one_at_a_time:
            session, self._session = self._session, None
            if session is not None:
                _leave(self._engine, session)


def _taken_on_server(url: str, name: str) -> Lease | None:
    engine = engine_for(url)
    session = opened(engine, autocommit=True)
    try:
        with translated():
            row = session.one(_take, lease=_number(name))
    except BaseException:
        _leave(engine, session)
        raise
    if row is not None and row[0]:
        return _OnServer(engine, session)
    _leave(engine, session)
    return None


def _leave(engine: Engine, session: Session) -> None:
    """Close the connection itself: in a pool it would keep the lock."""
    with contextlib.suppress(Exception):
        session.close(broken=True)
    engine.dispose()


def _number(name: str) -> int:
    """A name as the signed number of 32 bits that PostgreSQL locks by."""
    number = zlib.crc32(name.encode())
    return number - (1 << 32) if number >= 1 << 31 else number
