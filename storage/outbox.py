"""Posts (which card is wanted where, and which stands there) and drafts (unfinished answers)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, null, select, update

from core.canonical import decode, encode
from core.codec import read_values, write_values
from core.ports import Draft, Post
from core.request import Request
from storage.database import Session
from storage.prepared import Insert, Prepared
from storage.rows import micros, moment
from storage.tables import drafts, posts

_here = (posts.c.request == bindparam("request")) & (posts.c.channel == bindparam("channel"))
_behind = Prepared(
    select(posts.c.request, posts.c.channel, posts.c.wanted, posts.c.shown, posts.c.ref)
    .where(posts.c.channel == bindparam("channel"), posts.c.shown < posts.c.wanted, posts.c.refused < posts.c.wanted)
    .order_by(posts.c.rank, posts.c.expire_at, posts.c.request)
    .limit(bindparam("most"))
)
_shown = Prepared(update(posts).where(_here).values(shown=bindparam("version"), ref=bindparam("reference")))
_refused = Prepared(update(posts).where(_here).values(refused=bindparam("version")))
_gone = Prepared(update(posts).where(_here).values(shown=posts.c.wanted, ref=null()))
_want = Insert(posts, key=("request", "channel"), replacing=("wanted", "rank", "expire_at"))
_keep = Insert(drafts, key=("id",), replacing=("person", "kind", "body", "expires_at"))
_draft = Prepared(select(drafts).where(drafts.c.id == bindparam("name"), drafts.c.expires_at > bindparam("now")))
_drop = Prepared(delete(drafts).where(drafts.c.id == bindparam("name")))
_sweep = Prepared(delete(drafts).where(drafts.c.expires_at <= bindparam("now")))


def want(session: Session, wanted: Mapping[tuple[str, str], int], requests: Mapping[str, Request]) -> None:
    """These versions of the cards are wanted in these channels."""
    rows = []
    for (request, channel), version in wanted.items():
        ruling = requests[request].ruling
        rows.append((request, channel, version, 0, 0, -ruling.tier, micros(ruling.expire_at), None))
    session.insert(_want, rows)


def mark_shown(session: Session, request: str, channel: str, version: int, ref: str | None) -> None:
    session.run(_shown, request=request, channel=channel, version=version, reference=ref)


def mark_refused(session: Session, request: str, channel: str, version: int) -> None:
    session.run(_refused, request=request, channel=channel, version=version)


def mark_gone(session: Session, request: str, channel: str) -> None:
    session.run(_gone, request=request, channel=channel)


def unshown(session: Session, channel: str, most: int) -> list[Post]:
    return [Post(*row) for row in session.all(_behind, channel=channel, most=most)]


def keep_draft(session: Session, draft: Draft) -> None:
    body = encode(write_values(draft.body))
    session.insert(_keep, [(draft.id, draft.person, draft.kind, body, micros(draft.expires_at))])


def draft(session: Session, name: str, now: datetime) -> Draft | None:
    row = session.one(_draft, name=name, now=micros(now))
    if row is None:
        return None
    draft_id, person, kind, body, expires_at = row
    return Draft(draft_id, person, kind, read_values(decode(body)), moment(expires_at))


def drop_draft(session: Session, name: str) -> None:
    session.run(_drop, name=name)


def sweep_drafts(session: Session, now: datetime) -> int:
    return session.run(_sweep, now=micros(now))
