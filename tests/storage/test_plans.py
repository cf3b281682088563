"""The lists that must stay fast among a million old requests are read through their indexes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.ports import Filter
from storage.database import Session
from storage.prepared import Prepared
from storage.queries import SqlReader
from tests.storage.scene import START, Scene, connected, name, vote

OLD = 20_000
ENTRIES = """
    INSERT INTO events (stream, seq, type, at, entry, leaf)
    SELECT 'req_old' || n, 1, 'Opened', n, e.entry, e.leaf
    FROM ({numbers}) AS numbers, (SELECT entry, leaf FROM events WHERE stream = 'req_model' AND seq = 1) AS e
"""
ROWS = """
    INSERT INTO requests (id, version, revised_in, asker, subject, rank, outcome, audience, voters, expire_at, due_at,
                          decided_at, state)
    SELECT 'req_old' || n, 3, 1, 'program:p' || (n % 50), 'S' || (n % 50), -1 - n % 3,
           CASE n % 50 WHEN 0 THEN 'approved' ELSE 'rejected' END, '|role:trader|', '|alice|', n, NULL, n, m.state
    FROM ({numbers}) AS numbers, (SELECT state FROM requests WHERE id = 'req_model') AS m
"""
POSTS = """
    INSERT INTO posts (request, channel, wanted, shown, refused, rank, expire_at, ref)
    SELECT id, 'desk', 3, 3, 0, rank, expire_at, 'r' || id FROM requests WHERE id LIKE 'req_old%'
"""
NUMBERS = {
    "sqlite": f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {OLD}) SELECT n FROM c",
    "postgresql": f"SELECT n FROM generate_series(1, {OLD}) AS s(n)",
}


@pytest.fixture
def crowded(scene: Scene) -> Scene:
    """Twenty pending requests among many that have ended."""
    scene.open(*(name(number) for number in range(20)))
    scene.open("req_model")
    scene.run(vote("req_model"))
    dialect = scene.url.split(":")[0]
    for statement in (ENTRIES, ROWS, POSTS):
        scene.sql(statement.format(numbers=NUMBERS[dialect]))
    if dialect == "postgresql":
        # It does so by itself after a while; SQLite never does, and must choose well without.
        scene.sql("ANALYZE")
    return scene


READINGS: dict[str, tuple[Callable[[SqlReader], Any], str]] = {
    "queue": (lambda reader: reader.page(Filter(), None, 50), "ix_requests_queue"),
    "second page": (
        lambda reader: reader.page(Filter(), reader.page(Filter(), None, 5).cursor, 5),
        "ix_requests_queue",
    ),
    "filtered": (lambda reader: reader.page(Filter(tier=1, audience=("role:trader",)), None, 50), "ix_requests_queue"),
    "counts": (lambda reader: reader.counts(), "ix_requests_queue"),
    "voted by": (lambda reader: reader.voted_by("alice"), "ix_requests_queue"),
    "due": (lambda reader: reader.due(START + timedelta(minutes=50), 50), "ix_requests_due"),
    "next due": (lambda reader: reader.next_due(), "ix_requests_due"),
    "unshown": (lambda reader: reader.unshown("desk", 50), "ix_posts_behind"),
    "posts at": (lambda reader: reader.posts_at("desk", "rreq_old7"), "ix_posts_standing"),
    "posts of": (lambda reader: reader.posts_of("req_old7"), ""),
    "ended": (lambda reader: reader.page(Filter("decided"), None, 50), "ix_requests_ended"),
    "by outcome": (lambda reader: reader.page(Filter("approved"), None, 50), "ix_requests_ended_outcome"),
    "by subject": (lambda reader: reader.page(Filter("decided", subject="S7"), None, 10), "ix_requests_ended_subject"),
    "by asker": (
        lambda reader: reader.page(Filter("decided", asker="program:p7"), None, 10),
        "ix_requests_ended_asker",
    ),
    "journal": (lambda reader: reader.journal(10_000, 100), ""),
    "history": (lambda reader: reader.history(name(1)), ""),
    "request": (lambda reader: reader.request(name(1)), ""),
}
# What reads a table from end to end, or sorts what it has found.
SLOW = re.compile(r"SCAN (requests|posts|events)$|Seq Scan", re.MULTILINE)


def plan_of(scene: Scene, read: Callable[[SqlReader], Any], which: int | None = None) -> str:
    """How the database says that it carries out the statements of a reading, or the one that is named."""
    heard: list[tuple[str, Any]] = []
    here = threading.current_thread()

    def listening(really: Callable[..., Any]) -> Callable[..., Any]:
        def ask(session: Session, statement: Prepared, **values: Any) -> Any:
            # A server of other tests may be at work in a thread of this very process.
            if threading.current_thread() is here:
                sql, arranged = statement.compiled(session.dialect)
                heard.append((sql, arranged(values)))
            return really(session, statement, **values)

        return ask

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "all", listening(Session.all))
        patch.setattr(Session, "one", listening(Session.one))
        read(scene.reader)
    explain = "EXPLAIN QUERY PLAN " if scene.url.startswith("sqlite") else "EXPLAIN "
    plan = []
    with connected(scene.url) as connection:
        for statement, parameters in heard if which is None else [heard[which]]:
            values = tuple(parameters) if isinstance(parameters, list) else parameters
            plan += [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, values)]
    return "\n".join(plan) + "\n"


def test_every_list_is_read_through_its_index(crowded: Scene) -> None:
    plans = {label: plan_of(crowded, read) for label, (read, _) in READINGS.items()}
    assert {label: plan for label, plan in plans.items() if SLOW.search(plan)} == {}
    assert {label: plan for label, plan in plans.items() if not re.search(rf"{READINGS[label][1]}\b", plan)} == {}


def test_the_registry_is_read_without_the_requests(crowded: Scene) -> None:
    def registry(_: SqlReader) -> None:
        with crowded.store.transaction() as transaction:
            transaction.registry()

    assert "ix_events_registry" in plan_of(crowded, registry, which=0)
