"""The browsers that take messages, and Placet's own key for writing to them, in rows of one table."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, select

from core.canonical import decode, encode
from core.codec import read_values, write_values
from core.kept import Device
from storage.database import Session
from storage.prepared import Insert, Prepared, Row, one_of
from storage.rows import micros, moment
from storage.tables import devices

_keep = Insert(devices, key=("id",), replacing=("person", "body", "created_at"))
# Whoever was first stays: what is replaced is the key by itself.
_keep_first = Insert(devices, key=("id",), replacing=("id",))
_one = Prepared(select(devices).where(devices.c.id == bindparam("name")))
_of = Prepared(
    lambda on_sqlite: (
        select(devices)
        .where(one_of(devices.c.person, "people", on_sqlite))
        .order_by(devices.c.created_at.desc(), devices.c.id)
    )
)
_drop = Prepared(delete(devices).where(devices.c.id == bindparam("name"), devices.c.person == bindparam("person")))
_drop_all = Prepared(delete(devices).where(devices.c.person == bindparam("person")))


def keep(session: Session, one: Device, *, first: bool = False) -> None:
    row = (one.id, one.person, encode(write_values(one.body)), micros(one.created_at))
    session.insert(_keep_first if first else _keep, [row])


def find(session: Session, name: str) -> Device | None:
    row = session.one(_one, name=name)
    return None if row is None else _read(row)


def of(session: Session, people: Sequence[str]) -> Sequence[Device]:
    return [_read(row) for row in session.all(_of, people=session.a_list(list(people)))]


def drop(session: Session, name: str | None, person: str) -> None:
    if name is None:
        session.run(_drop_all, person=person)
    else:
        session.run(_drop, name=name, person=person)


def _read(row: Row) -> Device:
    name, person, body, created_at = row
    return Device(name, person, read_values(decode(body)), moment(created_at))
