"""No room, no answer, no lock: what the store says of it, and that nothing is lost or done twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from core.engine import Bookkeeping, Done, Failed
from core.errors import StoreFull, StoreUnavailable
from storage import database, migrations
from tests.conftest import PostgresServer, running_postgres
from tests.storage.racers import persistent
from tests.storage.scene import SYSTEM, Scene, faults_of_the_journal, name, state, submit, tick, vote

ONE = name(1)
NAMES = [name(number) for number in range(2, 40)]


def path_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def pages(scene: Scene, most: int | None = None) -> int:
    """How many pages the file may have from now on, as the writer's connection sees it; the count that it has."""
    with scene.store.transaction() as transaction:
        connection = transaction._session._driver
        if most is not None:
            connection.execute(f"PRAGMA max_page_count = {most}")
        return int(connection.execute("PRAGMA page_count").fetchone()[0])


@pytest.fixture
def file(sqlite_url: str) -> Iterator[Scene]:
    with closing(Scene(sqlite_url).furnish()) as scene:
        yield scene


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that the test may stop."""
    with running_postgres() as server:
        migrations.upgrade(server.url())
        yield server


def test_a_full_disk_is_said_and_nothing_of_the_batch_is_recorded(file: Scene) -> None:
    file.open(ONE)
    before = file.events()
    pages(file, pages(file))
    large = {"text": "x" * 20_000}
    with pytest.raises(StoreFull):
        file.run(vote(ONE), *(submit(r, parameters=large) for r in NAMES))
    assert file.events() == before
    assert file.request(ONE).pending
    assert file.sql("SELECT count(*) FROM commands WHERE id = :c", c=vote(ONE).id) == [(0,)]

    pages(file, 1_000_000)
    outcomes = file.run(vote(ONE), *(submit(r, parameters=large) for r in NAMES))
    assert {type(outcome) for outcome in outcomes} == {Done}
    assert not any(outcome.repeated for outcome in outcomes if isinstance(outcome, Done))
    assert faults_of_the_journal(file.events()) == []


def test_reading_goes_on_while_the_disk_is_full(file: Scene) -> None:
    file.open(ONE)
    pages(file, pages(file))
    with pytest.raises(StoreFull):
        file.run(*(submit(r, parameters={"text": "x" * 20_000}) for r in NAMES))
    assert file.request(ONE).pending
    assert file.reader.next_due() is not None


def test_a_full_disk_is_a_kind_of_being_unavailable() -> None:
    assert issubclass(StoreFull, StoreUnavailable)


def test_a_file_that_another_process_has_locked_is_unavailable_and_no_command_is_blamed(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_MS", 50)
    with closing(Scene(sqlite_url).furnish()) as scene:
        scene.open(ONE)
        with closing(sqlite3.connect(path_of(sqlite_url), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="locked") as told:
                scene.run(vote(ONE), vote(ONE, "bob"))
            assert not isinstance(told.value, StoreFull)
            assert scene.request(ONE).pending, "readers do not wait for the lock"
            other.execute("ROLLBACK")
        first, second = scene.run(vote(ONE), vote(ONE, "bob"))
        assert state(first).decision is not None
        assert not isinstance(first, Failed)
        assert not isinstance(second, Failed)


def test_a_reader_that_holds_an_old_view_does_not_hinder_the_writer(file: Scene) -> None:
    file.open(ONE)
    with closing(sqlite3.connect(path_of(file.url), isolation_level=None)) as other:
        other.execute("BEGIN")
        assert other.execute("SELECT outcome FROM requests").fetchall() == [(None,)]
        assert state(file.run(vote(ONE))[0]).decision is not None
        assert other.execute("SELECT outcome FROM requests").fetchall() == [(None,)]


def test_a_statement_of_ours_that_is_wrong_is_not_taken_for_a_database_that_is_away(database_url: str) -> None:
    with closing(Scene(database_url).furnish()) as scene:
        scene.sql("DROP TABLE posts")
        outcomes = scene.run(submit(ONE))
        assert isinstance(outcomes[0], Failed)
        assert "posts" in str(outcomes[0].error)
        with pytest.raises((sqlite3.Error, psycopg.Error), match="posts"):
            scene.reader.unshown("desk", 1)


def test_what_was_answered_is_on_the_disk_though_the_writer_never_closed(file: Scene) -> None:
    file.open(ONE)
    first = state(file.run(vote(ONE))[0])
    with closing(Scene(file.url)) as later:
        assert later.request(ONE) == first
    settings = {}
    with file.store.transaction() as transaction:
        for setting in ("journal_mode", "synchronous"):
            settings[setting] = transaction._session._driver.execute(f"PRAGMA {setting}").fetchone()[0]
    assert settings == {"journal_mode": "wal", "synchronous": 2}


def test_while_postgresql_is_away_nothing_is_answered_and_afterwards_the_same_batch_goes_through_once(
    own_server: PostgresServer,
) -> None:
    with closing(Scene(own_server.url()).furnish()) as scene:
        scene.open(ONE, *NAMES)
        batch = [vote(ONE), *(vote(r, "bob", "reject") for r in NAMES), submit(name(99))]
        own_server.stop()
        for _ in range(2):
            with pytest.raises(StoreUnavailable) as told:
                scene.run(*batch)
            assert not isinstance(told.value, StoreFull)
            with pytest.raises(StoreUnavailable):
                scene.reader.request(ONE)
            with pytest.raises(StoreUnavailable):
                scene.reader.ping()
            with pytest.raises(StoreUnavailable):
                scene.store.latest()
        own_server.start()
        outcomes = scene.run(*batch)
        assert {type(outcome) for outcome in outcomes} == {Done}
        again = scene.run(*batch)
        assert [state(a) for a in again] == [state(o) for o in outcomes]
        assert {tuple(r.fact.type for r in scene.reader.history(r)) for r in NAMES} == {("Opened", "Voted", "Decided")}
        assert faults_of_the_journal(scene.events()) == []


def test_postgresql_dies_in_the_middle_of_a_transaction_and_nothing_of_it_stays(own_server: PostgresServer) -> None:
    with closing(Scene(own_server.url()).furnish()) as scene:
        scene.open(ONE)

        def die(_: Any) -> None:
            own_server.stop()

        with pytest.raises(StoreUnavailable):
            scene.run(vote(ONE), Bookkeeping("die", SYSTEM, "", apply=die), submit(name(2)))
        own_server.start()
        assert scene.request(ONE).pending
        assert scene.reader.request(name(2)) is None
        assert state(scene.run(vote(ONE))[0]).decision is not None


def test_a_connection_that_was_broken_off_is_replaced(postgres_server: PostgresServer, postgres_url: str) -> None:
    with closing(Scene(postgres_url).furnish()) as scene:
        scene.open(ONE)
        assert scene.request(ONE).pending
        postgres_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{make_url(postgres_url).database}'"
        )
        assert scene.request(ONE).pending, "a reader replaces its connection by itself"
        assert state(persistent(scene, [vote(ONE)])[0]).decision is not None


def test_a_transaction_that_is_given_up_leaves_the_connection_usable(database_url: str) -> None:
    with closing(Scene(database_url).furnish()) as scene:

        def give_up() -> None:
            with scene.store.transaction() as transaction:
                transaction.requests([ONE])
                raise RuntimeError("given up")

        for number in range(10):
            with pytest.raises(RuntimeError, match="given up"):
                give_up()
            scene.clock.advance(seconds=1)
            scene.open(name(number))
        assert scene.run(tick(name(3))) == [Done(scene.request(name(3)))]
        assert scene.store.latest() == scene.clock.at
        assert scene.clock.at - scene.request(name(0)).created_at == timedelta(seconds=9)
