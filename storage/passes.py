"""What lets somebody in, by the hash of its secret: sessions, one-time links, invitations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from core.canonical import decode, encode
from core.codec import read_values, write_values
from core.kept import Pass
from storage.database import Session
from storage.prepared import Insert, Prepared, Row
from storage.rows import micros, moment
from storage.tables import passes

_good = (passes.c.digest == bindparam("digest")) & (passes.c.expires_at > bindparam("now"))
_keep = Insert(passes, key=("digest",), replacing=("body", "seen_at", "expires_at"))
_one = Prepared(select(passes).where(_good))
_of = Prepared(
    select(passes)
    .where(
        passes.c.person == bindparam("person"),
        passes.c.kind == bindparam("kind"),
        passes.c.expires_at > bindparam("now"),
    )
    .order_by(passes.c.seen_at.desc(), passes.c.digest)
)
_take = Prepared(delete(passes).where(_good, passes.c.kind == bindparam("kind")))
_drop = Prepared(delete(passes).where(passes.c.digest == bindparam("digest")))
_drop_all = Prepared(delete(passes).where(passes.c.person == bindparam("person"), passes.c.kind == bindparam("kind")))
_seen = Prepared(update(passes).where(_good).values(seen_at=bindparam("seen"), expires_at=bindparam("until")))
_sweep = Prepared(delete(passes).where(passes.c.expires_at <= bindparam("now")))


def keep(session: Session, one: Pass) -> None:
    body = encode(write_values(one.body))
    row = (one.digest, one.person, one.kind, body, micros(one.created_at), micros(one.seen_at), micros(one.expires_at))
    session.insert(_keep, [row])


def find(session: Session, digest: str, now: datetime) -> Pass | None:
    row = session.one(_one, digest=digest, now=micros(now))
    return None if row is None else _read(row)


def of(session: Session, person: str, kind: str, now: datetime) -> Sequence[Pass]:
    return [_read(row) for row in session.all(_of, person=person, kind=kind, now=micros(now))]


def take(session: Session, digest: str, kind: str, now: datetime) -> bool:
    return session.run(_take, digest=digest, kind=kind, now=micros(now)) == 1


def see(session: Session, digest: str, now: datetime, until: datetime) -> None:
    session.run(_seen, digest=digest, now=micros(now), seen=micros(now), until=micros(until))


def drop(session: Session, digest: str) -> None:
    session.run(_drop, digest=digest)


def drop_all(session: Session, person: str, kind: str) -> None:
    session.run(_drop_all, person=person, kind=kind)


def sweep(session: Session, now: datetime) -> int:
    return session.run(_sweep, now=micros(now))


def _read(row: Row) -> Pass:
    digest, person, kind, body, created_at, seen_at, expires_at = row
    values = read_values(decode(body))
    return Pass(digest, person, kind, values, moment(created_at), moment(seen_at), moment(expires_at))
