"""Who reads on behind a position of the journal misses nothing, and nobody waits for a lock for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from core.commands import Command
from core.errors import StoreUnavailable
from core.ports import Recorded
from storage import database
from storage.database import engine_for
from storage.queries import SqlReader
from tests.storage.racers import race, until, waits_for_a_lock
from tests.storage.scene import Scene, claim, faults_of_the_journal, name, state, submit, vote, words
from tests.storage.test_races import processes, threads

ONE, TWO = name(1), name(2)


class Follower:
    """Reads the journal to its end again and again, always behind the last position it has seen."""

    def __init__(self, url: str) -> None:
        self._reader = SqlReader(url)
        self._over = threading.Event()
        self.read: list[Recorded] = []

    def on(self) -> None:
        after = self.read[-1].position if self.read else 0
        while piece := self._reader.journal(after, 20):
            self.read += piece
            after = piece[-1].position

    def follow(self) -> None:
        while not self._over.is_set():
            self.on()
        self.on()

    def close(self) -> None:
        self._over.set()
        self._reader.close()

    def while_it(self, happens: Callable[[], object]) -> None:
        with ThreadPoolExecutor(1) as pool:
            following = pool.submit(self.follow)
            try:
                happens()
            finally:
                self._over.set()
            following.result(timeout=60)


@pytest.mark.parametrize(("kind", "delay"), [(threads, 0.1), (processes, 1.5)], ids=["threads", "processes"])
def test_a_reader_that_follows_two_engines_misses_no_fact(
    scene: Scene, kind: Callable[[], Executor], delay: float
) -> None:
    shared = [name(number) for number in range(100)]
    scene.open(*shared, amount=200_000)

    def side(number: int, who: str) -> list[Command]:
        own: list[Command] = [submit(name(1_000 * number + i)) for i in range(200)]
        return [*own, *(vote(r, who) for r in shared), *(claim(r, who) for r in shared)]

    with closing(Follower(scene.url)) as follower, kind() as pool:
        follower.while_it(lambda: race(pool, scene.url, side(1, "alice"), side(2, "bob"), delay=delay))

        whole = scene.reader.journal(0, 100_000)
        assert [r.position for r in follower.read] == [row[0] for row in scene.events()]
        assert follower.read == whole
        assert len(whole) > 700
    assert faults_of_the_journal(scene.events()) == []


def test_facts_become_visible_in_the_order_of_their_positions(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        closing(Scene(postgres_url).furnish()) as first,
        closing(Scene(postgres_url)) as second,
        closing(Follower(postgres_url)) as follower,
        ThreadPoolExecutor(1) as pool,
    ):
        first.open(ONE, TWO)
        second.engine.refresh()
        session = first.store._session
        assert session is not None
        commit = session.commit

        def late() -> None:
            # The facts of the first engine have their positions; another writes meanwhile, and somebody reads.
            monkeypatch.setattr(session, "commit", commit)
            other = pool.submit(second.run, vote(TWO, "bob"))
            until(lambda: other.done() or waits_for_a_lock(postgres_url))
            follower.on()
            commit()
            other.result(timeout=10)

        monkeypatch.setattr(session, "commit", late)
        assert state(first.run(vote(ONE))[0]).decision is not None
        follower.on()
        assert follower.read == first.reader.journal(0, 1_000)
        assert {r.stream for r in follower.read} >= {ONE, TWO}


# Nobody waits for ever


def test_a_lock_that_a_stranger_holds_is_told_as_a_database_that_does_not_answer(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database._BOUNDS, "lock_timeout", "100ms")
    with closing(Scene(postgres_url).furnish()) as scene:
        scene.open(ONE)
        with psycopg.connect(postgres_url) as stranger:
            stranger.execute("SELECT 1 FROM requests FOR UPDATE")
            with pytest.raises(StoreUnavailable, match="lock timeout"):
                scene.run(vote(ONE))
            assert scene.request(ONE).pending, "readers wait for no lock"
        assert state(scene.engine.run([vote(ONE)], again=True).outcomes[0]).decision is not None


def test_a_statement_that_does_not_end_is_told_as_a_database_that_does_not_answer(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database._BOUNDS, "statement_timeout", "100ms")
    with closing(Scene(postgres_url).furnish()) as scene:
        scene.open(ONE)
        with psycopg.connect(postgres_url) as stranger:
            stranger.execute("LOCK TABLE requests")
            with pytest.raises(StoreUnavailable, match="statement timeout"):
                scene.reader.request(ONE)
        assert scene.request(ONE).pending


def test_every_connection_has_its_patience_and_those_of_migrations_have_all_of_it(postgres_url: str) -> None:
    asked = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    found = []
    for patient in (False, True):
        engine = engine_for(postgres_url, patient=patient)
        with engine.connect() as connection:
            found.append([connection.exec_driver_sql(f"SHOW {setting}").scalar() for setting in asked])
        engine.dispose()
    assert found == [["10s", "1min", "1min"], ["0", "0", "0"]]


# The vault


def test_words_under_a_commitment_that_is_there_already_are_no_failure(scene: Scene) -> None:
    scene.open(ONE, TWO)
    note = words("fine by me", "the same salt")
    outcomes = scene.run(vote(ONE, note=note), vote(TWO, note=note)) + scene.run(vote(ONE, note=note, id="x"))
    assert [type(outcome).__name__ for outcome in outcomes] == ["Done", "Done", "Refused"]
    assert scene.reader.words([note.commitment]) == {note.commitment: "fine by me"}
