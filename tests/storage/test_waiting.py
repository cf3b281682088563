"""What waits for somebody, and what waits for others: every pending request is in exactly one of the two lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.people import audience
from core.ports import Filter
from core.request import Request
from tests.storage.scene import PEOPLE, Scene, declare, name, person, submit, vote

ASKED = audience(PEOPLE[0], {one.id: one for one in PEOPLE})


def ids(requests: Sequence[Request]) -> list[str]:
    return [request.id for request in requests]


def desk(scene: Scene) -> None:
    """Two that Alice may decide, one that she has voted on, one that she asked herself, one for nobody but risk."""
    scene.run(declare())
    scene.run(submit(name(1)), submit(name(2), 2_000), submit(name(3), 200_000))
    scene.run(vote(name(3), "alice"))
    scene.run(submit(name(4), actor=person("alice")))


def test_what_waits_for_somebody_and_the_rest_are_all_there_is(scene: Scene) -> None:
    desk(scene)
    mine = scene.reader.page(Filter(audience=ASKED, open_to="alice"), None, 50).items
    others = scene.reader.page(Filter(audience=ASKED, open_to="alice", others=True), None, 50).items
    assert ids(mine) == [name(2), name(1)]
    assert sorted(ids(others)) == [name(3), name(4)]
    everything = scene.reader.page(Filter(), None, 50).items
    assert sorted(ids(everything)) == sorted(ids([*mine, *others]))


def test_the_figures_are_those_of_the_lists(scene: Scene) -> None:
    desk(scene)
    for others in (False, True):
        wanted = Filter(audience=ASKED, open_to="alice", others=others)
        listed = scene.reader.page(wanted, None, 50).items
        assert scene.reader.counts(wanted) == Counter(request.ruling.tier for request in listed)
    assert sum(scene.reader.counts().values()) == 4


def test_a_name_that_another_begins_with_is_somebody_else(scene: Scene) -> None:
    scene.run(declare())
    scene.run(submit(name(1), 200_000))
    scene.run(vote(name(1), "alice"))
    assert ids(scene.reader.page(Filter(audience=ASKED, open_to="ali"), None, 50).items) == [name(1)]
    assert not scene.reader.page(Filter(audience=ASKED, open_to="alice"), None, 50).items


def test_both_lists_are_paged_without_losing_any(scene: Scene) -> None:
    scene.run(declare())
    scene.run(*(submit(name(number), 200_000) for number in range(20)))
    scene.run(*(vote(name(number), "alice") for number in range(0, 20, 3)))
    for others in (False, True):
        wanted = Filter(audience=ASKED, open_to="alice", others=others)
        seen: list[str] = []
        cursor = None
        while True:
            page = scene.reader.page(wanted, cursor, 3)
            seen += ids(page.items)
            cursor = page.cursor
            if cursor is None:
                break
        assert seen == ids(scene.reader.page(wanted, None, 100).items)
        assert len(seen) == (7 if others else 13)
