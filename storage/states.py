"""Requests from their rows: the state, and the revision from the entry in the journal that made it.

An entry never changes, so the revisions that were read or written lately are kept: a vote right after its submission,
or a look right after a vote, reads the row alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Select, Text, and_, bindparam, cast, func, or_, select

from core.canonical import decode
from core.codec_events import read_revision, read_state
from core.request import Request, Revision
from storage.database import Session
from storage.prepared import Prepared, one_of
from storage.tables import events, requests

COLUMNS = (requests.c.id, requests.c.version, requests.c.revised_in, requests.c.state)
MOST_KEPT = 2_048
_Place = tuple[str, int]


def _rows(on_sqlite: bool) -> Select[Any]:
    wanted = one_of(requests.c.id, "all", on_sqlite)
    if not on_sqlite:
        return select(*COLUMNS).where(wanted)
    # One row that holds them all: the driver lets go of the interpreter's lock for each row it fetches, and beside a
    # busy event loop it waits to get it back.
    one = func.json_array(*COLUMNS[:3], func.json(cast(requests.c.state, Text)))
    return select(func.json_group_array(one)).where(wanted)


_read = Prepared(_rows)
# Locked in one order, so that two processes never wait for each other.
_locked = Prepared(
    lambda on_sqlite: _rows(on_sqlite) if on_sqlite else _rows(False).order_by(requests.c.id).with_for_update()
)


def _entries_of(count: int) -> Prepared:
    places = [
        and_(events.c.stream == bindparam(f"stream_{n}"), events.c.seq == bindparam(f"seq_{n}")) for n in range(count)
    ]
    return Prepared(select(events.c.stream, events.c.seq, events.c.entry).where(or_(*places)))


_BLOCK = 16
_entries = {count: _entries_of(count) for count in range(1, _BLOCK + 1)}


class States:
    """Reads requests, and keeps the latest revisions. Threads may share it: each step is a single one on the dict."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, Revision]] = OrderedDict()

    def keep(self, request: Request) -> None:
        """A revision that was just committed."""
        self._keep(request.id, request.revised_in, request.revision)

    def _keep(self, name: str, revised_in: int, revision: Revision) -> None:
        self._kept[name] = (revised_in, revision)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def read(
        self, session: Session, names: Sequence[str], *, lock: bool = False, anew: Collection[str] = ()
    ) -> dict[str, Request]:
        """Those of the requests that there are; locked until the end of the transaction, if asked.

        `anew`: whose revision is read from the journal, whether it is kept or not.
        """
        for name in anew:
            self._kept.pop(name, None)
        statement, wanted = _locked if lock else _read, session.a_list(names)
        if session.is_sqlite:
            row = session.one(statement, all=wanted)
            return self.of_rows(session, orjson.loads(row[0]) if row else ())
        return self.of_rows(session, [(*row[:3], decode(row[3])) for row in session.all(statement, all=wanted)])

    def of_rows(self, session: Session, rows: Iterable[Sequence[Any]]) -> dict[str, Request]:
        """Requests from the values of `COLUMNS`, with the state decoded; in the order of the rows."""
        found = list(rows)
        revisions: dict[str, Revision] = {}
        missing: list[_Place] = []
        for name, _, revised_in, _ in found:
            kept = self._kept.get(name)
            if kept is not None and kept[0] == revised_in:
                revisions[name] = kept[1]
            else:
                missing.append((name, revised_in))
        for at in range(0, len(missing), _BLOCK):
            self._from_journal(session, missing[at : at + _BLOCK], revisions)
        return {
            name: read_state(name, version, revised_in, state, revisions[name])
            for name, version, revised_in, state in found
        }

    def _from_journal(self, session: Session, places: Sequence[_Place], revisions: dict[str, Revision]) -> None:
        values: dict[str, Any] = {}
        for number, (stream, seq) in enumerate(places):
            values |= {f"stream_{number}": stream, f"seq_{number}": seq}
        for stream, seq, entry in session.all(_entries[len(places)], **values):
            revisions[stream] = read_revision(decode(entry)["body"]["revision"])
            self._keep(stream, seq, revisions[stream])
