"""Bringing a database to the form that this version of Placet knows, one step after the other, and back."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from core.errors import PlacetError
from storage.database import engine_for, is_sqlite, translated

# Any number that no other program takes an advisory lock on: "placet" as digits on a telephone.
_LOCK = 752_238


class MigrationFailed(PlacetError):
    """A step failed. The database is as it was before; the message says what to do."""


def upgrade(url: str, target: str = "head", scripts: Path | None = None) -> None:
    """Apply the steps up to `target`, all or none. Two programs that start at once do not disturb each other."""
    _migrate(url, target, scripts, up=True)


def downgrade(url: str, target: str, scripts: Path | None = None) -> None:
    """Take steps back to `target` (a revision, `-1`, or `base`), all or none."""
    _migrate(url, target, scripts, up=False)


def current(url: str) -> tuple[str | None, str]:
    """The step that the database has, and the newest there is."""
    engine = engine_for(url, patient=True)
    try:
        with translated(), engine.begin() as connection:
            return _current(connection), _newest(None)
    finally:
        engine.dispose()


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest(scripts: Path | None) -> str:
    head = ScriptDirectory.from_config(_config(scripts)).get_current_head()
    if head is None:
        raise MigrationFailed("there are no migration steps")
    return head


def _config(scripts: Path | None) -> Config:
    here = Path(__file__).parent
    config = Config()
    config.set_main_option("script_location", str(here).replace("%", "%%"))
    config.set_main_option("version_locations", str(scripts or here / "versions").replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def _migrate(url: str, target: str, scripts: Path | None, *, up: bool) -> None:
    engine: Engine = engine_for(url, patient=True)
    at: str | None = None
    try:
        with translated(), engine.begin() as connection:
            if not is_sqlite(connection):
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            at = _current(connection)
            if up and target == "head" and at == _newest(scripts):
                return
            config = _config(scripts)
            config.attributes["connection"] = connection
            (command.upgrade if up else command.downgrade)(config, target)
    except PlacetError:
        raise
    except DBAPIError as problem:
        raise _failed(at, str(problem.orig)) from problem
    except Exception as problem:
        raise _failed(at, f"{type(problem).__name__}: {problem}") from problem
    finally:
        engine.dispose()


def _failed(at: str | None, why: str) -> MigrationFailed:
    return MigrationFailed(
        f"A migration step failed, and the database stays as it was (step {at or 'none'}). "
        f"Go on with the version of Placet that made it, and report this: {why}"
    )
