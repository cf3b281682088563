"""The raw floor: what the bare database does, one commit a step, with nothing of Placet in the way.

A step writes what any honest approval store must: the request's row and one row of its history. Creating is a step, and
deciding is another.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from pathlib import Path

import psycopg

_BODY = {
    "action": "sell_call",
    "subject": "AAPL",
    "title": "Sell 1 AAPL 20 Jan 425 call at 2.36",
    "parameters": {"strike": "425.0", "expiry": "2012-01-20", "quantity": 1, "premium": "2.36"},
    "context": {"spot": "411.23", "iv": "0.2019", "delta": "0.231", "days": 17, "vix": "20.9"},
}
_TABLES = (
    "CREATE TABLE requests (id TEXT PRIMARY KEY, body TEXT NOT NULL, status TEXT NOT NULL)",
    "CREATE TABLE history (request TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (request, seq))",
)


def sqlite_floor(folder: Path, seconds: float) -> float:
    """Approvals a second (create and decide, each committed) on SQLite: WAL, synchronous=FULL."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    for table in _TABLES:
        connection.execute(table)
    count, begun = 0, time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        name = f"req_{count:026d}"
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO requests VALUES (?, ?, 'pending')", (name, json.dumps(_BODY)))
        connection.execute("INSERT INTO history VALUES (?, 1, ?)", (name, json.dumps({"type": "opened", **_BODY})))
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        changed = connection.execute("UPDATE requests SET status='approved' WHERE id=? AND status='pending'", (name,))
        if changed.rowcount != 1:
            raise RuntimeError("the floor lost a request")
        connection.execute(
            "INSERT INTO history VALUES (?, 2, ?)", (name, json.dumps({"type": "approved", "by": "you"}))
        )
        connection.execute("COMMIT")
        count += 1
    connection.close()
    return count / (now - begun)


def postgres_floor(url: str, seconds: float, connections: int = 32) -> float:
    """The same on PostgreSQL, with so many connections at once, each in a thread of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in _TABLES:
            connection.execute(table)
    counts = [0] * connections
    end = time.perf_counter() + seconds

    def work(worker: int) -> None:
        with psycopg.connect(url) as connection:
            while time.perf_counter() < end:
                name = f"req_{worker:03d}_{counts[worker]:022d}"
                connection.execute("INSERT INTO requests VALUES (%s, %s, 'pending')", (name, json.dumps(_BODY)))
                opened = json.dumps({"type": "opened", **_BODY})
                connection.execute("INSERT INTO history VALUES (%s, 1, %s)", (name, opened))
                connection.commit()
                connection.execute("UPDATE requests SET status='approved' WHERE id=%s AND status='pending'", (name,))
                approved = json.dumps({"type": "approved", "by": "you"})
                connection.execute("INSERT INTO history VALUES (%s, 2, %s)", (name, approved))
                connection.commit()
                counts[worker] += 1

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begun)
