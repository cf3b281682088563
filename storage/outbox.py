"""Posts (which card is wanted where, and which stands there) and drafts (unfinished answers)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.engine import Connection

from core.canonical import decode, encode
from core.codec import read_values, write_values
from core.ports import Draft, Post
from core.request import Request
from storage.prepared import Insert
from storage.rows import micros, moment
from storage.tables import drafts, posts

GONE = "gone"

_behind = (
    select(posts.c.request, posts.c.channel, posts.c.wanted, posts.c.shown, posts.c.ref)
    .where(posts.c.channel == bindparam("here"), posts.c.shown < posts.c.wanted)
    .order_by(posts.c.rank, posts.c.expire_at, posts.c.request)
)
_here = (posts.c.request == bindparam("r")) & (posts.c.channel == bindparam("c"))
_shown = update(posts).where(_here).values(shown=bindparam("version"), ref=bindparam("reference"))
_gone = update(posts).where(_here).values(shown=posts.c.wanted, ref=None)


_want = Insert(posts, key=("request", "channel"), replacing=("wanted", "rank", "expire_at"))
_keep = Insert(drafts, key=("id",), replacing=("person", "kind", "body", "expires_at"))


def want(connection: Connection, wanted: Mapping[tuple[str, str], int], requests: Mapping[str, Request]) -> None:
    """These versions of the cards are wanted in these channels."""
    rows = []
    for (request, channel), version in wanted.items():
        ruling = requests[request].ruling
        rows.append((request, channel, version, 0, -ruling.tier, micros(ruling.expire_at), None))
    _want(connection, rows)


def mark_shown(connection: Connection, request: str, channel: str, version: int, ref: str | None) -> None:
    connection.execute(_shown, {"r": request, "c": channel, "version": version, "reference": ref})


def mark_gone(connection: Connection, request: str, channel: str) -> None:
    connection.execute(_gone, {"r": request, "c": channel})


def unshown(connection: Connection, channel: str, most: int) -> list[Post]:
    rows = connection.execute(_behind.limit(most), {"here": channel})
    return [Post(row.request, row.channel, row.wanted, row.shown, row.ref) for row in rows]


def keep_draft(connection: Connection, draft: Draft) -> None:
    body = encode(write_values(draft.body))
    _keep(connection, [(draft.id, draft.person, draft.kind, body, micros(draft.expires_at))])


def draft(connection: Connection, draft_id: str, now: datetime) -> Draft | None:
    row = connection.execute(
        select(drafts).where(drafts.c.id == draft_id, drafts.c.expires_at > micros(now))
    ).one_or_none()
    if row is None:
        return None
    return Draft(row.id, row.person, row.kind, read_values(decode(row.body)), moment(row.expires_at))


def drop_draft(connection: Connection, draft_id: str) -> None:
    connection.execute(delete(drafts).where(drafts.c.id == draft_id))


def sweep_drafts(connection: Connection, now: datetime) -> int:
    return connection.execute(delete(drafts).where(drafts.c.expires_at <= micros(now))).rowcount
