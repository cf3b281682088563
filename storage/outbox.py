"""Posts (which card is wanted where, and which stands there) and drafts (unfinished answers)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import bindparam, delete, null, select, update

from core.canonical import decode, encode
from core.codec import read_values, write_values
from core.ports import Draft, Post
from core.queue import urgency
from core.request import Request
from storage.database import Session
from storage.prepared import Insert, Prepared, Row, one_of
from storage.rows import micros, moment
from storage.tables import drafts, posts
from storage.tables import requests as requests_table

MOST_ALSO = 5
"""Further messages that are remembered of one card in one channel; the oldest are let go."""
_COLUMNS = tuple(
    posts.c[name] for name in ("request", "channel", "wanted", "shown", "ref", "attempted", "also", "rank", "expire_at")
)
_here = (posts.c.request == bindparam("request")) & (posts.c.channel == bindparam("channel"))
_behind = Prepared(
    select(*_COLUMNS)
    .where(posts.c.channel == bindparam("channel"), posts.c.shown < posts.c.wanted, posts.c.refused < posts.c.wanted)
    .order_by(posts.c.rank, posts.c.expire_at, posts.c.request)
    .limit(bindparam("most"))
)
_at = Prepared(
    select(*_COLUMNS)
    .where(posts.c.channel == bindparam("channel"), posts.c.ref == bindparam("reference"))
    .order_by(posts.c.request)
)
_of = Prepared(select(*_COLUMNS).where(posts.c.request == bindparam("request")).order_by(posts.c.channel))
_one = Prepared(select(*_COLUMNS).where(_here))
_attempted = Prepared(update(posts).where(_here).values(attempted=1))
_shown = Prepared(
    update(posts).where(_here).values(shown=bindparam("version"), ref=bindparam("reference"), attempted=0)
)
_refused = Prepared(update(posts).where(_here).values(refused=bindparam("version")))
_gone = Prepared(update(posts).where(_here).values(shown=posts.c.wanted, ref=null(), attempted=0))
_released = Prepared(update(posts).where(_here).values(shown=0, ref=null(), attempted=0))
_stands = Prepared(
    update(posts)
    .where(_here)
    .values(shown=bindparam("version"), ref=bindparam("reference"), also=bindparam("further"), attempted=0)
)
_want = Insert(
    posts,
    ("request", "channel", "wanted", "shown", "refused", "rank", "expire_at"),
    key=("request", "channel"),
    replacing=("wanted", "rank", "expire_at"),
)
# After a revision a card may stand where it no longer belongs: it must not go on showing what was.
_left = Prepared(
    lambda on_sqlite: (
        update(posts)
        .where(one_of(posts.c.request, "all", on_sqlite), posts.c.shown > 0)
        .values(wanted=select(requests_table.c.version).where(requests_table.c.id == posts.c.request).scalar_subquery())
    )
)
_keep = Insert(drafts, key=("id",), replacing=("person", "kind", "body", "expires_at"))
_draft = Prepared(select(drafts).where(drafts.c.id == bindparam("name"), drafts.c.expires_at > bindparam("now")))
_drop = Prepared(delete(drafts).where(drafts.c.id == bindparam("name")))
_sweep = Prepared(delete(drafts).where(drafts.c.expires_at <= bindparam("now")))


def want(session: Session, wanted: Mapping[tuple[str, str], int], requests: Mapping[str, Request]) -> None:
    """These versions of the cards are wanted in these channels, as urgently as the requests now are."""
    rows = [
        (request, channel, version, 0, 0, *urgency(requests[request])) for (request, channel), version in wanted.items()
    ]
    if rows:
        session.insert(_want, rows)
    revised = [name for name, request in requests.items() if request.revision.number > 1]
    if revised:
        session.run(_left, all=session.a_list(revised))


def mark_attempted(session: Session, request: str, channel: str) -> None:
    session.run(_attempted, request=request, channel=channel)


def mark_shown(
    session: Session, request: str, channel: str, version: int, ref: str | None, also: Sequence[str] = ()
) -> None:
    post = _post(session, request, channel)
    if post is None:
        return
    # Somebody may have tapped a message that nobody knew of, while this one was brought up to date.
    found = [one for one in (post.ref, *post.also) if one is not None and one != ref]
    if set(found) <= set(also):
        session.run(_shown, request=request, channel=channel, version=version, reference=ref)
    else:
        _stand(session, post, min(version, post.wanted - 1), ref, found[-MOST_ALSO:])


def mark_refused(session: Session, request: str, channel: str, version: int) -> None:
    session.run(_refused, request=request, channel=channel, version=version)


def mark_gone(session: Session, request: str, channel: str) -> None:
    session.run(_gone, request=request, channel=channel)


def release(session: Session, request: str, channel: str) -> None:
    session.run(_released, request=request, channel=channel)


def adopt(session: Session, request: str, channel: str, ref: str) -> None:
    post = _post(session, request, channel)
    if post is None or ref == post.ref or ref in post.also:
        return
    # Behind by one: what stands there may be of any version.
    shown = min(post.shown, post.wanted - 1)
    if post.ref is None:
        _stand(session, post, shown, ref, post.also)
    else:
        _stand(session, post, shown, post.ref, (*post.also, ref)[-MOST_ALSO:])


def disown(session: Session, request: str, channel: str, ref: str) -> None:
    post = _post(session, request, channel)
    if post is None:
        return
    first, *others = [one for one in (post.ref, *post.also) if one != ref] or [None]
    _stand(session, post, post.shown, first, [one for one in others if one is not None])


def _stand(session: Session, post: Post, shown: int, ref: str | None, also: Sequence[str]) -> None:
    further = orjson.dumps(list(also)).decode() if also else None
    session.run(_stands, request=post.request, channel=post.channel, version=shown, reference=ref, further=further)


def unshown(session: Session, channel: str, most: int) -> list[Post]:
    return [_read(row) for row in session.all(_behind, channel=channel, most=most)]


def posts_at(session: Session, channel: str, ref: str) -> list[Post]:
    return [_read(row) for row in session.all(_at, channel=channel, reference=ref)]


def posts_of(session: Session, request: str) -> list[Post]:
    return [_read(row) for row in session.all(_of, request=request)]


def _post(session: Session, request: str, channel: str) -> Post | None:
    row = session.one(_one, request=request, channel=channel)
    return None if row is None else _read(row)


def _read(row: Row) -> Post:
    request, channel, wanted, shown, ref, attempted, also, *ordered_by = row
    further = tuple(orjson.loads(also)) if also else ()
    return Post(request, channel, wanted, shown, ref, bool(attempted), further, tuple(ordered_by))


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
