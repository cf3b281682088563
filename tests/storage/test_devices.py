"""The browsers that take messages, on both databases."""

from __future__ import annotations

from typing import Any

from core.engine import Bookkeeping, Done
from core.kept import Device
from tests.storage.scene import PEOPLE, START, SYSTEM, Scene, declare


def keep(scene: Scene, *marks: Any) -> None:
    for mark in marks:
        assert scene.run(Bookkeeping("note", SYSTEM, "", apply=mark)) == [Done(None)]


def device(name: str, person: str, **body: str) -> Device:
    return Device(name, person, {"endpoint": f"https://push.example.org/{name}", **body}, START)


def test_a_browser_is_found_by_its_person_and_by_itself(scene: Scene) -> None:
    one, two, three = device("a", "alice"), device("b", "alice"), device("c", "bob", which="urgent")
    keep(scene, *(lambda tx, one=one: tx.keep_device(one) for one in (one, two, three)))
    assert list(scene.reader.devices(["alice"])) == [one, two]
    assert list(scene.reader.devices(["bob", "alice", "nobody"])) == [one, two, three]
    assert list(scene.reader.devices([])) == []
    assert scene.reader.device("c") == three
    assert scene.reader.device("d") is None


def test_a_browser_that_changes_hands_belongs_to_whoever_came_last(scene: Scene) -> None:
    keep(scene, lambda tx: tx.keep_device(device("a", "alice")), lambda tx: tx.keep_device(device("a", "bob")))
    assert list(scene.reader.devices(["alice"])) == []
    assert [one.person for one in scene.reader.devices(["bob"])] == ["bob"]


def test_only_its_own_person_has_it_forgotten(scene: Scene) -> None:
    keep(scene, lambda tx: tx.keep_device(device("a", "alice")), lambda tx: tx.drop_device("a", "bob"))
    assert scene.reader.device("a") is not None
    keep(scene, lambda tx: tx.drop_device("a", "alice"))
    assert scene.reader.device("a") is None


def test_whoever_is_removed_has_none_any_more(scene: Scene) -> None:
    keep(scene, *(lambda tx, who=who: tx.keep_device(device(who, who)) for who in ("alice", "bob")))
    without = declare([person for person in PEOPLE if person.id != "bob"], "without-bob")
    assert scene.run(without) == [Done(None)]
    assert [one.person for one in scene.reader.devices(["alice", "bob"])] == ["alice"]


def test_of_two_processes_that_make_a_key_the_first_has_made_it(scene: Scene) -> None:
    first, second = (Device("placet", "", {"private": name}, START) for name in ("first", "second"))
    keep(scene, lambda tx: tx.keep_device(first, first=True), lambda tx: tx.keep_device(second, first=True))
    assert scene.reader.device("placet") == first
