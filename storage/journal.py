"""The journal: facts in, facts out. Rows are only ever added; the database refuses anything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, select, text

from core.codec_events import Entry, read_entry, read_event
from core.codec_registry import read_registry_event
from core.lifecycle import fold
from core.model import Actor
from core.ports import Recorded
from core.registry import REGISTRY, Registry, evolve_registry
from core.request import Request
from storage.database import Session
from storage.prepared import Insert, Prepared, Row, one_of
from storage.rows import micros
from storage.tables import events, vault

_COLUMNS = (events.c.position, events.c.stream, events.c.entry, events.c.leaf)
_insert = Insert(events, ("stream", "seq", "type", "at", "entry", "leaf"))
_of_stream = select(*_COLUMNS).where(events.c.stream == bindparam("stream")).order_by(events.c.seq)
_history = Prepared(_of_stream)
_until = Prepared(_of_stream.where(events.c.seq <= bindparam("seq")))
_after = Prepared(
    select(*_COLUMNS).where(events.c.position > bindparam("after")).order_by(events.c.position).limit(bindparam("most"))
)
_registry = Prepared(
    select(*_COLUMNS).where(text(f"substr(stream, 1, {len(REGISTRY)}) = '{REGISTRY}'")).order_by(events.c.position)
)
_words = Prepared(
    lambda on_sqlite: select(vault.c.commitment, vault.c.text).where(one_of(vault.c.commitment, "all", on_sqlite))
)


def append(session: Session, entries: Sequence[Entry]) -> None:
    """Add facts. A place in a stream that is taken already makes it fail."""
    session.insert(_insert, [(e.stream, e.seq, e.type, micros(e.at), e.data, e.leaf) for e in entries])


def _recorded(row: Row) -> Recorded:
    position, stream, entry, leaf = row
    return Recorded(position, stream, read_entry(entry), leaf)


def history(session: Session, stream: str) -> list[Recorded]:
    return [_recorded(row) for row in session.all(_history, stream=stream)]


def after(session: Session, position: int, most: int) -> list[Recorded]:
    return [_recorded(row) for row in session.all(_after, after=position, most=most)]


def request_at(session: Session, request: str, version: int) -> Request | None:
    facts = [read_entry(row[2]) for row in session.all(_until, stream=request, seq=version)]
    return fold(None, (read_event(fact.type, fact.body) for fact in facts), request)


def read_words(session: Session, commitments: Iterable[str]) -> Mapping[str, str]:
    found = list(commitments)
    return dict(session.all(_words, all=session.a_list(found))) if found else {}


_WRITTEN = {"PersonDeclared": "name", "Stopped": "why"}
"""Which facts of the registry hold a commitment to words, and where."""


def version_made_by(session: Session, request: str, command: str, by: Actor) -> int | None:
    facts = [read_entry(row[2]) for row in session.all(_history, stream=request)]
    return max((fact.seq for fact in facts if fact.cause == command and fact.actor == by), default=None)


def read_registry(session: Session) -> Registry:
    facts = [_recorded(row).fact for row in session.all(_registry)]
    words = read_words(session, {fact.body[_WRITTEN[fact.type]] for fact in facts if fact.type in _WRITTEN})
    registry = Registry()
    for fact in facts:
        registry = evolve_registry(registry, read_registry_event(fact.type, fact.body, words))
    return registry
