"""The journal: facts in, facts out. Rows are only ever added; the database refuses anything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.engine import Connection

from core.codec_events import Entry, read_entry, read_event
from core.codec_registry import read_registry_event
from core.lifecycle import fold
from core.ports import Recorded
from core.registry import Registry, evolve_registry
from core.request import Request
from storage.prepared import Insert
from storage.rows import micros
from storage.tables import events, vault

_COLUMNS = (events.c.position, events.c.stream, events.c.entry, events.c.leaf)
_insert = Insert(events, ("stream", "seq", "type", "at", "entry", "leaf"))
_history = select(*_COLUMNS).where(events.c.stream == bindparam("stream")).order_by(events.c.seq)
_until = _history.where(events.c.seq <= bindparam("seq"))
_after = select(*_COLUMNS).where(events.c.position > bindparam("after")).order_by(events.c.position)
_registry = select(*_COLUMNS).where(text("substr(stream, 1, 4) <> 'req_'")).order_by(events.c.position)
_words = select(vault.c.commitment, vault.c.text).where(vault.c.commitment.in_(bindparam("all", expanding=True)))


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add facts. A place in a stream that is taken already makes it fail."""
    _insert(connection, [(e.stream, e.seq, e.type, micros(e.at), e.data, e.leaf) for e in entries])


def _recorded(row: Any) -> Recorded:
    return Recorded(row.position, row.stream, read_entry(bytes(row.entry)), bytes(row.leaf))


def history(connection: Connection, stream: str) -> list[Recorded]:
    return [_recorded(row) for row in connection.execute(_history, {"stream": stream})]


def after(connection: Connection, position: int, most: int) -> list[Recorded]:
    return [_recorded(row) for row in connection.execute(_after.limit(most), {"after": position})]


def request_at(connection: Connection, request: str, version: int) -> Request | None:
    rows = connection.execute(_until, {"stream": request, "seq": version})
    facts = [read_entry(bytes(row.entry)) for row in rows]
    return fold(None, (read_event(fact.type, fact.body) for fact in facts), request)


def read_words(connection: Connection, commitments: Iterable[str]) -> Mapping[str, str]:
    found = list(commitments)
    if not found:
        return {}
    return {row.commitment: row.text for row in connection.execute(_words, {"all": found})}


def read_registry(connection: Connection) -> Registry:
    facts = [_recorded(row).fact for row in connection.execute(_registry)]
    words = read_words(connection, {fact.body["name"] for fact in facts if fact.type == "PersonDeclared"})
    registry = Registry()
    for fact in facts:
        registry = evolve_registry(registry, read_registry_event(fact.type, fact.body, words))
    return registry
