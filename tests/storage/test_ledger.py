"""The ledger of learning on each database: versions beside each other, nothing changed, nothing written twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.learning.ledger import Kept, Record, Wanted
from tests.storage.scene import START, Scene

DAY = timedelta(days=1)


def fill(key: str, at: int = 0, **more: object) -> Record:
    return Record("execution", key, START + at * DAY, {"quantity": 1, **more}, person="alice", subject="AAPL")


def keep(scene: Scene, *records: Record, at: int = 0) -> Kept:
    with scene.store.transaction() as transaction:
        return transaction.record(records, START + at * DAY)


def keys(scene: Scene, **wanted: object) -> list[str]:
    return [one.key for one in scene.reader.records(Wanted("execution", **wanted))]  # type: ignore[arg-type]


def test_the_same_again_changes_nothing_and_other_content_is_a_further_version(scene: Scene) -> None:
    assert keep(scene, fill("a"), fill("b")) == Kept(new=2)
    assert keep(scene, fill("a"), fill("b", quantity=2), at=1) == Kept(changed=1, known=1)
    found = scene.reader.versions("execution", "b")
    assert [(one.version, one.body["quantity"], one.recorded_at) for one in found] == [
        (1, 1, START),
        (2, 2, START + DAY),
    ]
    latest, first = scene.reader.record("execution", "b"), scene.reader.record("execution", "b", 1)
    assert latest is not None
    assert first is not None
    assert (latest.version, first.version) == (2, 1)
    assert scene.reader.record("execution", "c") is None
    assert scene.reader.record("result", "b") is None


def test_what_it_was_found_by_may_change_too(scene: Scene) -> None:
    keep(scene, fill("a"))
    assert keep(scene, replace(fill("a"), person="bob")) == Kept(changed=1)
    assert keys(scene, person="alice") == []
    assert keys(scene, person="bob") == ["a"]


def test_of_several_with_one_key_in_one_go_the_last_counts(scene: Scene) -> None:
    assert keep(scene, fill("a"), fill("a", quantity=5)) == Kept(new=1, known=1)
    assert [one.body["quantity"] for one in scene.reader.versions("execution", "a")] == [5]


def test_records_come_in_the_order_of_their_time_a_page_at_a_time(scene: Scene) -> None:
    keep(scene, fill("c", 1), fill("a", 2), fill("b", 1), fill("d", 3))
    assert keys(scene) == ["b", "c", "a", "d"]
    assert keys(scene, since=START + 2 * DAY) == ["a", "d"]
    assert keys(scene, until=START + 2 * DAY) == ["b", "c"]
    assert keys(scene, keys=("d", "b", "x")) == ["b", "d"]
    assert keys(scene, subject="MSFT") == []
    wanted = Wanted("execution")
    page = scene.reader.records(wanted, most=2)
    assert [one.key for one in page] == ["b", "c"]
    assert [one.key for one in scene.reader.records(wanted, most=2, after="c")] == ["a", "d"]
    with pytest.raises(ValueError, match="no such record"):
        scene.reader.records(wanted, after="nothing")


def test_the_ledger_can_be_read_as_it_stood(scene: Scene) -> None:
    keep(scene, fill("a"), fill("b"))
    keep(scene, fill("a", quantity=2), fill("c"), at=2)
    then = scene.reader.records(Wanted("execution", known_by=START + DAY))
    assert [(one.key, one.body["quantity"]) for one in then] == [("a", 1), ("b", 1)]
    now = scene.reader.records(Wanted("execution", known_by=START + 2 * DAY))
    assert [(one.key, one.body["quantity"]) for one in now] == [("a", 2), ("b", 1), ("c", 1)]


def test_what_was_made_from_an_older_version_is_left_out(scene: Scene) -> None:
    keep(scene, fill("a"))
    keep(scene, fill("a", quantity=2))
    given = [fill("a", quantity=3), fill("b"), fill("c")]
    with scene.store.transaction() as transaction:
        kept = transaction.record(given, START, {("execution", "a"): 1, ("execution", "b"): 0})
    assert (kept.new, kept.changed) == (2, 0)
    found = scene.reader.record("execution", "a")
    assert found is not None
    assert found.body["quantity"] == 2
    with scene.store.transaction() as transaction:
        assert transaction.record(given[:1], START, {("execution", "a"): 2}).changed == 1


def test_thousands_go_in_at_once(scene: Scene) -> None:
    many = [fill(f"{number:05}", number % 7) for number in range(3_210)]
    assert keep(scene, *many) == Kept(new=3_210)
    assert keep(scene, *many) == Kept(known=3_210)
    assert len(keys(scene)) == 3_210


def test_what_fails_writes_nothing(scene: Scene) -> None:
    def fails() -> None:
        with scene.store.transaction() as transaction:
            transaction.record([fill("a")], START)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert keys(scene) == []


def test_it_is_told_when_something_was_last_written(scene: Scene) -> None:
    assert scene.reader.last_recorded() is None
    keep(scene, fill("a"))
    keep(scene, fill("b"), at=2)
    keep(scene, fill("a"), at=3)
    assert scene.reader.last_recorded() == START + 2 * DAY
