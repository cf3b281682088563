"""Every step up and down, on a database in which there is something to lose."""

from __future__ import annotations

import re
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from core.errors import StoreUnavailable
from storage import migrations
from storage.tables import metadata
from tests.storage.scene import Scene, connected, direct, name, state, vote

KEPT_BY_THE_FIRST_STEP = ("events", "requests", "commands", "vault", "registry")
HALF = '''
"""A step that fails half way."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"


def upgrade() -> None:
    op.create_table("unfinished", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("posts", sa.Column("unfinished", sa.Text))
    op.execute(sa.text("INSERT INTO unfinished (id) VALUES (1)"))
    op.execute(sa.text("UPDATE requests SET subject = 'lost'"))
    op.execute(sa.text("DELETE FROM vault"))
    {failure}


def downgrade() -> None:
    {failure}
'''
FAILURES = [
    "raise RuntimeError('half way')",
    "raise KeyError('half way')",
    "op.execute(sa.text('SELECT * FROM half_way'))",
    "op.execute(sa.text('INSERT INTO registry (id, version) VALUES (1, 1)'))",
    "op.execute(sa.text('half_way is no SQL'))",
    "import half_way",
]


def schema(url: str) -> dict[str, Any]:
    """All that the database itself says of its tables, indexes, triggers and functions."""
    if url.startswith("sqlite"):
        rows = direct(url, "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    else:
        rows = [
            *direct(url, "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"),
            *direct(
                url,
                "SELECT 'column', table_name || '.' || column_name, data_type || ' ' || is_nullable || ' ' || "
                "is_identity || ' ' || coalesce(column_default, '') "
                "FROM information_schema.columns WHERE table_schema = 'public'",
            ),
            *direct(url, "SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"),
            *direct(url, "SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"),
        ]
    return {f"{kind} {what}": re.sub(r"\s+", " ", sql or "") for kind, what, sql in rows}


def contents(url: str, *tables: str) -> dict[str, list[Any]]:
    return {table: sorted(direct(url, f"SELECT * FROM {table}"), key=repr) for table in tables}


def lived_in(url: str) -> Scene:
    scene = Scene(url).furnish()
    scene.open(name(1), name(2), amount=200_000)
    scene.run(vote(name(1)), vote(name(1), "carol"), vote(name(2), "bob", "reject"))
    return scene


def test_up_from_nothing_makes_the_tables_that_the_store_knows(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url)
    with connected(empty_database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_columns_and_indexes_are_those_that_the_store_knows_with_their_conditions(empty_database_url: str) -> None:
    # Alembic compares the columns of an index and not its condition; so the tables are made a second time.
    def form() -> dict[str, Any]:
        kinds = ("index", "column")
        found = schema(empty_database_url)
        return {what: sql for what, sql in found.items() if what.startswith(kinds) and "alembic" not in what}

    migrations.upgrade(empty_database_url)
    migrated = form()
    migrations.downgrade(empty_database_url, "base")
    assert form() == {}
    with connected(empty_database_url) as connection:
        metadata.create_all(connection)
    assert form() == migrated
    assert sum(what.startswith("index ix_") for what in migrated) >= 10


def test_going_up_twice_changes_nothing(database_url: str) -> None:
    before = schema(database_url)
    migrations.upgrade(database_url)
    assert schema(database_url) == before


def test_the_current_step_and_the_newest_are_told(empty_database_url: str) -> None:
    nothing, newest = migrations.current(empty_database_url)
    assert nothing is None
    migrations.upgrade(empty_database_url, "0001")
    assert migrations.current(empty_database_url) == ("0001", newest)
    migrations.upgrade(empty_database_url)
    assert migrations.current(empty_database_url) == (newest, newest)
    migrations.downgrade(empty_database_url, "-1")
    assert migrations.current(empty_database_url)[0] != newest
    migrations.downgrade(empty_database_url, "base")
    assert migrations.current(empty_database_url) == (None, newest)


def test_what_was_recorded_outlives_the_way_down_to_the_first_step_and_up_again(empty_database_url: str) -> None:
    url = empty_database_url
    migrations.upgrade(url)
    with closing(lived_in(url)) as scene:
        before, form = contents(url, *KEPT_BY_THE_FIRST_STEP), schema(url)
        asked = state(scene.run(vote(name(1)))[0])
    assert len(before["events"]) > 10
    migrations.downgrade(url, "0001")
    assert contents(url, *KEPT_BY_THE_FIRST_STEP) == before
    migrations.upgrade(url)
    assert contents(url, *KEPT_BY_THE_FIRST_STEP) == before
    assert schema(url) == form
    with closing(Scene(url)) as again:
        assert state(again.run(vote(name(1)))[0]) == asked
        assert state(again.run(vote(name(2), "carol", "approve"))[0]).votes != ()


def test_posts_keep_their_place_on_the_way_up_and_down_between_the_second_step_and_the_third(
    empty_database_url: str,
) -> None:
    url = empty_database_url
    migrations.upgrade(url)
    lived_in(url).close()  # The first has ended, the second is pending.
    direct(url, "UPDATE posts SET ref = 'queue|7', also = '[\"8\"]', attempted = 1 WHERE request = :it", it=name(1))
    rank = "SELECT request, rank, ref FROM posts ORDER BY request"
    third = direct(url, rank)
    assert [(request, rank < 0) for request, rank, _ in third] == [(name(1), False), (name(2), True)]
    migrations.downgrade(url, "0002")
    assert direct(url, rank) == [(name(1), -3, None), (name(2), -3, None)]
    migrations.upgrade(url)
    assert direct(url, rank) == [(request, rank, None) for request, rank, _ in third]
    assert direct(url, "SELECT DISTINCT attempted, also FROM posts") == [(0, None)]
    with closing(Scene(url)) as scene:
        assert [post.request for post in scene.reader.unshown("desk", 9)] == [name(2), name(1)]


def test_down_to_the_base_leaves_nothing_and_up_again_makes_everything(database_url: str) -> None:
    form = schema(database_url)
    lived_in(database_url).close()
    migrations.downgrade(database_url, "base")
    assert [k for k in schema(database_url) if "alembic" not in k] == []
    assert direct(database_url, "SELECT * FROM alembic_version") == []
    migrations.upgrade(database_url)
    assert schema(database_url) == form
    lived_in(database_url).close()


def steps_and(folder: Path, newest: str, failure: str) -> Path:
    """The folder of all our steps and a newest one that fails."""
    ours = Path(migrations.__file__).parent / "versions"
    for step in ours.glob("[0-9]*.py"):
        (folder / step.name).write_text(step.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "9999_half.py").write_text(HALF.format(newest=newest, failure=failure), encoding="utf-8")
    return folder


@pytest.mark.parametrize("failure", FAILURES, ids=[failure[:30] for failure in FAILURES])
def test_a_step_that_fails_half_way_leaves_the_database_exactly_as_it_was(
    database_url: str, tmp_path: Path, failure: str
) -> None:
    folder = tmp_path / "steps"
    folder.mkdir()
    lived_in(database_url).close()
    tables = (*metadata.tables, "alembic_version")
    before = schema(database_url), contents(database_url, *tables)
    newest = migrations.current(database_url)[1]
    with pytest.raises(migrations.MigrationFailed) as told:
        migrations.upgrade(database_url, scripts=steps_and(folder, newest, failure))
    assert (schema(database_url), contents(database_url, *tables)) == before
    message = str(told.value)
    assert f"stays as it was (step {newest})" in message
    assert "Go on with the version of Placet that made it" in message
    assert re.search("half.way|registry", message), "the cause is named"
    lived_again = Scene(database_url)
    with closing(lived_again):
        assert lived_again.request(name(1)).decision is not None


def test_all_steps_are_taken_or_none(empty_database_url: str, tmp_path: Path) -> None:
    steps = steps_and(tmp_path, migrations.current(empty_database_url)[1], FAILURES[0])
    with pytest.raises(migrations.MigrationFailed, match="step none"):
        migrations.upgrade(empty_database_url, scripts=steps)
    assert schema(empty_database_url) == {}


def test_a_database_of_a_later_version_is_left_alone(database_url: str) -> None:
    direct(database_url, "UPDATE alembic_version SET version_num = '7777'")
    before = schema(database_url)
    with pytest.raises(migrations.MigrationFailed, match="7777"):
        migrations.upgrade(database_url)
    assert schema(database_url) == before


def test_a_step_that_does_not_exist_is_named(database_url: str) -> None:
    with pytest.raises(migrations.MigrationFailed, match="0815"):
        migrations.downgrade(database_url, "0815")


def test_a_database_that_cannot_be_opened_is_unavailable_and_no_failed_step(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        migrations.upgrade(f"sqlite:///{tmp_path}/no/such/folder/placet.db")
    with pytest.raises(StoreUnavailable):
        migrations.upgrade(f"postgresql://postgres@/placet?host={tmp_path}")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "placet.db"
    file.write_bytes(content := b"something else altogether" * 100)
    with pytest.raises(migrations.MigrationFailed, match="not a database"):
        migrations.upgrade(f"sqlite:///{file}")
    assert file.read_bytes() == content


def test_processes_that_start_at_the_same_moment_migrate_once(empty_database_url: str) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        for waiting in [pool.submit(migrations.upgrade, empty_database_url) for _ in range(6)]:
            waiting.result(timeout=60)
    current, newest = migrations.current(empty_database_url)
    assert current == newest
    assert direct(empty_database_url, "SELECT id, version FROM registry") == [(1, 0)]
    lived_in(empty_database_url).close()
