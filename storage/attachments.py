"""Pictures and texts that were uploaded: kept for a day, and for good once a request holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import LargeBinary, bindparam, delete, func, literal_column, select, update

from core.attachments import WAITS, Upload
from storage.database import Session
from storage.prepared import Insert, Prepared, Row, one_of
from storage.rows import micros, moment
from storage.tables import attachments

_KNOWN = tuple(column for column in attachments.columns if not isinstance(column.type, LargeBinary))
# As a literal: SQLite sees no partial index behind a parameter.
_waits = attachments.c.kept == literal_column("0")
_keep = Insert(attachments, key=("id",), replacing=("created_at",))
_one = Prepared(select(attachments).where(attachments.c.id == bindparam("id")))
_there = Prepared(select(attachments.c.id).where(attachments.c.id == bindparam("id")))
_waiting = Prepared(
    select(func.count()).select_from(attachments).where(_waits, attachments.c.asker == bindparam("who"))
)


def _named(on_sqlite: bool) -> object:
    wanted = select(*_KNOWN).where(one_of(attachments.c.id, "all", on_sqlite)).order_by(attachments.c.id)
    return wanted if on_sqlite else wanted.with_for_update()


_locked = Prepared(_named)  # type: ignore[arg-type]
_hold = Prepared(lambda on_sqlite: update(attachments).where(one_of(attachments.c.id, "all", on_sqlite)).values(kept=1))
_sweep = Prepared(delete(attachments).where(_waits, attachments.c.created_at <= bindparam("old")))


def keep(session: Session, upload: Upload, most: int) -> bool:
    if session.one(_there, id=upload.id) is None:
        row = session.one(_waiting, who=upload.asker)
        if row is not None and row[0] >= most:
            return False
    values = (upload.id, upload.asker, upload.media_type, upload.width, upload.height, int(upload.kept))
    session.insert(_keep, [(*values, micros(upload.created_at), upload.content)])
    return True


def find(session: Session, upload: str) -> Upload | None:
    row = session.one(_one, id=upload)
    return None if row is None else _read(row)


def locked(session: Session, uploads: Sequence[str]) -> Mapping[str, Upload]:
    rows = session.all(_locked, all=session.a_list(uploads))
    return {row[0]: _read(row) for row in rows}


def hold(session: Session, uploads: Sequence[str]) -> None:
    session.run(_hold, all=session.a_list(uploads))


def sweep(session: Session, now: datetime) -> int:
    return session.run(_sweep, old=micros(now - WAITS))


def _read(row: Row) -> Upload:
    name, asker, media_type, width, height, kept, created_at, *content = row
    held = bytes(content[0]) if content else b""
    return Upload(name, asker, media_type, width, height, bool(kept), moment(created_at), held)
