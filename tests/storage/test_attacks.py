"""What an attack found: files that go while they are written to, and a server that only reads from one day on."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from core.engine import Done
from core.errors import StoreFull, StoreUnavailable
from storage import migrations
from tests.conftest import running_postgres
from tests.storage.scene import Scene, direct, faults_of_the_journal, name, state, submit, vote

ONE = name(1)


def path_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def test_a_file_that_was_moved_away_records_nothing_until_it_is_back(sqlite_url: str, tmp_path: Path) -> None:
    file, aside = path_of(sqlite_url), tmp_path / "aside.db"
    with closing(Scene(sqlite_url).furnish()) as scene:
        scene.open(ONE)
        before = scene.events()
        file.rename(aside)
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="removed or replaced") as told:
                scene.run(vote(ONE), submit(name(2)))
            assert not isinstance(told.value, StoreFull)
        with pytest.raises(StoreUnavailable):
            scene.store.latest()
        aside.rename(file)
        assert scene.events() == before
        assert {type(outcome) for outcome in scene.run(vote(ONE), submit(name(2)))} == {Done}
        assert faults_of_the_journal(scene.events()) == []


def test_a_file_that_was_replaced_by_its_copy_is_not_written_to(sqlite_url: str, tmp_path: Path) -> None:
    file, copy = path_of(sqlite_url), tmp_path / "copy.db"
    with closing(Scene(sqlite_url).furnish()):
        pass  # Everything is folded into the file, so that its copy is whole.
    shutil.copyfile(file, copy)
    with closing(Scene(sqlite_url)) as scene:
        scene.open(ONE)
        copy.replace(file)
        with pytest.raises(StoreUnavailable, match="removed or replaced"):
            scene.run(vote(ONE), submit(name(2)))


def test_reading_never_makes_a_new_file_where_the_old_one_was(sqlite_url: str) -> None:
    file = path_of(sqlite_url)
    with closing(Scene(sqlite_url).furnish()) as scene:
        scene.open(ONE)
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink()
        # No connection of this reader is open yet.
        with pytest.raises(StoreUnavailable):
            scene.reader.request(ONE)
        assert not file.exists()


def test_a_postgresql_that_only_reads_does_not_answer_and_no_command_is_blamed() -> None:
    with running_postgres() as server:
        migrations.upgrade(server.url())
        with closing(Scene(server.url()).furnish()) as scene:
            scene.open(ONE)
            server.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            server.execute("SELECT pg_reload_conf()")
            while direct(server.url(), "SHOW default_transaction_read_only") != [("on",)]:
                pass
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match="read-only") as told:
                    scene.run(vote(ONE), submit(name(2)))
                assert not isinstance(told.value, StoreFull)
            assert scene.request(ONE).pending, "it still reads"
            server.execute("ALTER SYSTEM RESET default_transaction_read_only")
            server.execute("SELECT pg_reload_conf()")
            while direct(server.url(), "SHOW default_transaction_read_only") != [("off",)]:
                pass
            first, second = scene.run(vote(ONE), submit(name(2)))
            assert state(first).decision is not None
            assert state(second).pending
            assert faults_of_the_journal(scene.events()) == []
