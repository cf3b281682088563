"""Requests from their rows: the state joined with the entry that holds the current revision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Select, Text, cast, func, select

from core.canonical import decode
from core.codec_events import read_state
from core.request import Request
from storage.database import Session
from storage.prepared import Prepared, Row, one_of
from storage.tables import events, requests

COLUMNS = (requests.c.id, requests.c.version, requests.c.revised_in, requests.c.state, events.c.entry)
WHOLE = (events.c.stream == requests.c.id) & (events.c.seq == requests.c.revised_in)


def state_of(row: Row) -> Request:
    """A request from the values of `COLUMNS`."""
    request, version, revised_in, state, entry = row
    return read_state(request, version, revised_in, decode(state), decode(entry))


def _of_all(on_sqlite: bool) -> Select[Any]:
    if not on_sqlite:
        return select(*COLUMNS).join(events, WHOLE).where(one_of(requests.c.id, "all", on_sqlite))
    # One row that holds them all: the driver lets go of the interpreter's lock for each row it fetches, and beside a
    # busy event loop it waits to get it back.
    parsed = [func.json(cast(column, Text)) for column in (requests.c.state, events.c.entry)]
    one = func.json_array(requests.c.id, requests.c.version, requests.c.revised_in, *parsed)
    query = select(func.json_group_array(one)).select_from(requests)
    return query.join(events, WHOLE).where(one_of(requests.c.id, "all", on_sqlite))


_all = Prepared(_of_all)
# Locked in one order, so that two processes never wait for each other.
_locked = Prepared(
    lambda on_sqlite: (
        _of_all(on_sqlite) if on_sqlite else _of_all(False).order_by(requests.c.id).with_for_update(of=requests)
    )
)


def read_states(session: Session, names: Sequence[str], *, lock: bool = False) -> dict[str, Request]:
    """Those of the requests that there are; locked until the end of the transaction, if asked."""
    statement, wanted = _locked if lock else _all, session.a_list(names)
    if not session.is_sqlite:
        return {row[0]: state_of(row) for row in session.all(statement, all=wanted)}
    row = session.one(statement, all=wanted)
    return {found[0]: read_state(*found) for found in orjson.loads(row[0])} if row else {}
