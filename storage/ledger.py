"""`core.learning.ledger` in the database: the versions of a record lie side by side, and none is ever changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import and_, bindparam, func, literal_column, or_, select, update

from core.learning.ledger import Kept, Record, Wanted
from storage.database import Session
from storage.prepared import Insert, Prepared, Row, one_of
from storage.rows import micros, moment
from storage.tables import records

_AT_ONCE = 1_000
_PLAIN = ("person", "program", "subject", "status")
_c = records.c
_body = (_c.kind, _c.key, _c.version, _c.at, _c.person, _c.program, _c.subject, _c.status, _c.recorded_at, _c.body)
# As a literal: SQLite sees no partial index behind a parameter.
_is_latest = _c.latest == literal_column("1")
_known = Prepared(
    lambda on_sqlite: select(_c.key, _c.version, _c.digest).where(
        _c.kind == bindparam("kind"), one_of(_c.key, "all", on_sqlite), _is_latest
    )
)
_older = Prepared(
    lambda on_sqlite: (
        update(records)
        .where(_c.kind == bindparam("kind"), one_of(_c.key, "all", on_sqlite), _is_latest)
        .values(latest=0)
    )
)
_keep = Insert(records)
_versions = Prepared(
    select(*_body).where(_c.kind == bindparam("kind"), _c.key == bindparam("key")).order_by(_c.version)
)

_last = Prepared(select(func.max(_c.recorded_at)))


def keep(session: Session, given: Sequence[Record], now: datetime, following: Mapping[tuple[str, str], int]) -> Kept:
    """Of several with one key the last counts, as if they had come one by one."""
    new = changed = known = 0
    at = micros(now)
    by_kind: dict[str, dict[str, Record]] = {}
    for one in given:
        by_kind.setdefault(one.kind, {})[one.key] = one
        known += 1
    for kind, named in by_kind.items():
        keys = list(named)
        for start in range(0, len(keys), _AT_ONCE):
            chosen = keys[start : start + _AT_ONCE]
            found = {
                key: (version, bytes(digest))
                for key, version, digest in session.all(_known, kind=kind, all=session.a_list(chosen))
            }
            rows, replaced = [], []
            for key in chosen:
                there = found[key][0] if key in found else 0
                if following.get((kind, key), there) != there:
                    continue
                row = _row(named[key], found.get(key), at)
                if row is not None:
                    rows.append(row)
                    if key in found:
                        replaced.append(key)
            if replaced:
                session.run(_older, kind=kind, all=session.a_list(replaced))
            if rows:
                session.insert(_keep, rows)
            new += len(rows) - len(replaced)
            changed += len(replaced)
    return Kept(new, changed, known - new - changed)


def _row(one: Record, before: tuple[int, bytes] | None, at: int) -> Row | None:
    body = orjson.dumps(one.body, option=orjson.OPT_SORT_KEYS)
    searched = (micros(one.at), one.person, one.program, one.subject, one.status)
    digest = hashlib.sha256(orjson.dumps(searched) + body).digest()
    if before is not None and before[1] == digest:
        return None
    return (one.kind, one.key, before[0] + 1 if before else 1, *searched, 1, at, digest, body)


def find(session: Session, wanted: Wanted, most: int | None, after: str | None) -> list[Record]:
    values: dict[str, Any] = {"kind": wanted.kind}
    for name in _PLAIN:
        if (value := getattr(wanted, name)) is not None:
            values[name] = value
    for name in ("since", "until", "known_by"):
        if (limit := getattr(wanted, name)) is not None:
            values[name] = micros(limit)
    if wanted.keys is not None:
        values["keys"] = session.a_list(wanted.keys)
    if after is not None:
        last = session.all(_versions, kind=wanted.kind, key=after)
        if not last:
            raise ValueError("there is no such record to go on after")
        values |= {"after": after, "after_at": last[-1][3]}
    if most is not None:
        values["most"] = most
    return [_read(row) for row in session.all(_query(frozenset(values)), **values)]


@lru_cache(maxsize=128)
def _query(given: frozenset[str]) -> Prepared:
    def statement(on_sqlite: bool) -> Any:
        conditions = [_c.kind == bindparam("kind")]
        conditions += [_c[name] == bindparam(name) for name in _PLAIN if name in given]
        if "since" in given:
            conditions.append(_c.at >= bindparam("since"))
        if "until" in given:
            conditions.append(_c.at < bindparam("until"))
        if "keys" in given:
            conditions.append(one_of(_c.key, "keys", on_sqlite))
        if "after" in given:
            same = and_(_c.at == bindparam("after_at"), _c.key > bindparam("after"))
            conditions.append(or_(_c.at > bindparam("after_at"), same))
        if "known_by" in given:
            later = records.alias("later")
            newest = (
                select(func.max(later.c.version))
                .where(later.c.kind == _c.kind, later.c.key == _c.key, later.c.recorded_at <= bindparam("known_by"))
                .scalar_subquery()
            )
            conditions.append(_c.version == newest)
        else:
            conditions.append(_is_latest)
        query = select(*_body).where(*conditions).order_by(_c.at, _c.key)
        return query.limit(bindparam("most")) if "most" in given else query

    return Prepared(statement)


def one(session: Session, kind: str, key: str, version: int | None) -> Record | None:
    found = [row for row in session.all(_versions, kind=kind, key=key) if version in (None, row[2])]
    return _read(found[-1]) if found else None


def versions(session: Session, kind: str, key: str) -> list[Record]:
    return [_read(row) for row in session.all(_versions, kind=kind, key=key)]


def last_recorded(session: Session) -> datetime | None:
    row = session.one(_last)
    return moment(row[0]) if row is not None and row[0] is not None else None


def _read(row: Row) -> Record:
    kind, key, version, at, person, program, subject, status, recorded_at, body = row
    return Record(
        kind, key, moment(at), orjson.loads(body), person, program, subject, status, version, moment(recorded_at)
    )
