"""Where cards stand: what was tried, further messages of a card, and who shares a message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from core.engine import Bookkeeping, Done
from core.ports import Post
from storage.outbox import MOST_ALSO
from tests.storage.scene import SYSTEM, Scene, adopt, name, submit, vote

BY_QUANTITY: dict[str, Any] = {
    "name": "by quantity",
    "currency": "USD",
    "tiers": {1: "routine", 2: "elevated", 3: "critical"},
    "inputs": {"amount": "required", "parameters.quantity": "required"},
    "rules": [
        {"name": "much", "tier": 3, "when": "parameters.quantity > 5", "route": {"roles": ["trader"]}, "quorum": 2},
        {"name": "routine", "tier": 1, "route": {"roles": ["trader"]}, "quorum": 2},
    ],
}
"""Two traders decide, and more of anything than five is critical."""
ONE, TWO, THREE = name(1), name(2), name(3)


def keep(scene: Scene, *marks: Callable[[Any], Any]) -> None:
    for mark in marks:
        assert scene.run(Bookkeeping("note", SYSTEM, "", apply=mark)) == [Done(None)]


def shown(request: str, ref: str) -> Callable[[Any], Any]:
    return lambda t: t.mark_shown(request, "desk", 1, ref)


def post_of(scene: Scene, request: str = ONE) -> Post:
    (post,) = scene.reader.posts_of(request)
    return post


def test_what_was_tried_is_remembered_until_it_is_shown(scene: Scene) -> None:
    scene.open(ONE, TWO)
    keep(scene, lambda t: t.mark_attempted(ONE, "desk"))
    assert [(post.request, post.attempted) for post in scene.reader.unshown("desk", 9)] == [(ONE, True), (TWO, False)]
    scene.run(vote(ONE))
    assert post_of(scene).attempted
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 3, "7"))
    assert post_of(scene) == Post(ONE, "desk", 3, 3, "7")


def test_all_posts_of_a_message_are_found_and_those_of_a_request(scene: Scene) -> None:
    scene.channels = ("desk", "phone")
    scene.open(ONE, TWO, THREE)
    keep(scene, *(shown(request, "queue|7") for request in (TWO, ONE)))
    keep(scene, lambda t: t.mark_shown(THREE, "phone", 1, "queue|7"))
    assert [post.request for post in scene.reader.posts_at("desk", "queue|7")] == [ONE, TWO]
    assert [post.request for post in scene.reader.posts_at("phone", "queue|7")] == [THREE]
    assert scene.reader.posts_at("desk", "7") == []
    assert [post.channel for post in scene.reader.posts_of(ONE)] == ["desk", "phone"]
    assert scene.reader.posts_of("req_none") == []


def test_a_further_message_is_adopted_once_and_brought_up_to_date(scene: Scene) -> None:
    scene.open(ONE)
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "7"), lambda t: t.adopt(ONE, "desk", "7"))
    assert scene.reader.unshown("desk", 9) == []
    keep(scene, lambda t: t.adopt(ONE, "desk", "8"))
    assert scene.reader.unshown("desk", 9) == [Post(ONE, "desk", 1, 0, "7", also=("8",))]
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "7", ("8",)), lambda t: t.adopt(ONE, "desk", "8"))
    assert scene.reader.unshown("desk", 9) == []
    assert post_of(scene).also == ("8",)


def test_a_message_that_is_found_while_another_is_brought_up_to_date_is_not_forgotten(scene: Scene) -> None:
    scene.open(ONE)
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "7"))
    # The courier has begun before the tap and is done after it.
    keep(scene, lambda t: t.adopt(ONE, "desk", "8"), lambda t: t.mark_shown(ONE, "desk", 1, "7", ()))
    assert scene.reader.unshown("desk", 9) == [Post(ONE, "desk", 1, 0, "7", also=("8",))]
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "7", ("8",)))
    assert scene.reader.unshown("desk", 9) == []
    # A card that is sent anew does not take the place of one that was found in the meantime.
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "9", ("8",)))
    assert scene.reader.unshown("desk", 9) == [Post(ONE, "desk", 1, 0, "9", also=("7", "8"))]


def test_a_message_found_where_none_was_known_is_the_posts_own(scene: Scene) -> None:
    scene.open(ONE)
    keep(scene, lambda t: t.mark_attempted(ONE, "desk"), lambda t: t.adopt(ONE, "desk", "8"))
    assert scene.reader.unshown("desk", 9) == [Post(ONE, "desk", 1, 0, "8")]


def test_only_so_many_further_messages_are_kept(scene: Scene) -> None:
    scene.open(ONE)
    keep(scene, *(lambda t, n=n: t.adopt(ONE, "desk", str(n)) for n in range(MOST_ALSO + 3)))
    assert post_of(scene).ref == "0"
    assert post_of(scene).also == tuple(str(n) for n in range(3, MOST_ALSO + 3))


def test_nothing_is_adopted_where_no_card_is_wanted(scene: Scene) -> None:
    scene.open(ONE)
    keep(scene, lambda t: t.adopt(ONE, "elsewhere", "8"), lambda t: t.adopt("req_none", "desk", "8"))
    assert [post.channel for post in scene.reader.posts_of(ONE)] == ["desk"]


def test_in_place_of_a_deleted_message_stands_the_next(scene: Scene) -> None:
    scene.open(ONE)
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "7"), *(lambda t, n=n: t.adopt(ONE, "desk", n) for n in "89"))
    keep(scene, lambda t: t.disown(ONE, "desk", "8"))
    assert (post_of(scene).ref, post_of(scene).also) == ("7", ("9",))
    keep(scene, lambda t: t.disown(ONE, "desk", "7"), lambda t: t.disown(ONE, "elsewhere", "7"))
    assert (post_of(scene).ref, post_of(scene).also) == ("9", ())
    keep(scene, lambda t: t.disown(ONE, "desk", "9"))
    assert post_of(scene).ref is None


def test_what_is_released_is_wanted_as_if_it_had_never_been_shown(scene: Scene) -> None:
    scene.open(ONE)
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "queue|7"), lambda t: t.release(ONE, "desk"))
    assert scene.reader.unshown("desk", 9) == [Post(ONE, "desk", 1, 0, None)]


def test_what_has_ended_is_shown_after_what_is_pending(scene: Scene) -> None:
    scene.open(ONE, TWO)
    scene.open(THREE, amount=200_000)
    scene.run(vote(ONE), submit(name(4), valid_for=timedelta(minutes=5)))
    assert [post.request for post in scene.reader.unshown("desk", 9)] == [THREE, name(4), TWO, ONE]


def test_a_modification_that_raises_the_tier_makes_its_post_more_urgent(scene: Scene) -> None:
    assert scene.run(adopt(BY_QUANTITY, "by quantity")) == [Done(None)]
    scene.open(ONE, TWO)
    assert [post.urgency[0] for post in scene.reader.unshown("desk", 9)] == [-1, -1]
    scene.run(vote(TWO, "alice", "modify", parameters={"quantity": 9}))
    assert scene.request(TWO).revision.number == 2
    assert [(post.request, post.urgency[0]) for post in scene.reader.unshown("desk", 9)] == [(TWO, -3), (ONE, -1)]
