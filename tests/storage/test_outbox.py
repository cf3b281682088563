"""Posts, drafts, and what is swept away when its time is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from core.engine import Bookkeeping, Done
from core.ports import Draft, Post
from storage.store import ANSWERS_KEPT
from tests.storage.scene import START, SYSTEM, Scene, name, refusal, state, submit, vote

ONE, TWO, THREE = name(1), name(2), name(3)


def keep(scene: Scene, apply: Callable[[Any], Any]) -> None:
    assert scene.run(Bookkeeping("note", SYSTEM, "", apply=apply)) == [Done(None)]


def unshown(scene: Scene, most: int = 10) -> list[str]:
    return [post.request for post in scene.reader.unshown("desk", most)]


def draft(id: str = "d1", **changes: Any) -> Draft:
    body = {"quantity": 3, "price": Decimal("1.10"), "chosen": [ONE, TWO], "note": None}
    return Draft(**{"id": id, "person": "alice", "kind": "modify", "body": body, "expires_at": START, **changes})


def test_posts_behind_come_with_the_most_urgent_first(scene: Scene) -> None:
    scene.open(ONE, amount=10)
    scene.open(TWO, amount=200_000)
    scene.open(THREE, amount=2_000)
    scene.run(submit(name(4), amount=10, valid_for=timedelta(minutes=5)))
    assert unshown(scene) == [TWO, THREE, name(4), ONE]
    assert unshown(scene, 2) == [TWO, THREE]
    assert scene.reader.unshown("elsewhere", 10) == []


def test_a_post_that_is_shown_is_behind_again_when_its_request_changes(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    assert scene.reader.unshown("desk", 10) == [Post(ONE, "desk", 1, 0, None)]
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "message 7"))
    assert unshown(scene) == []
    scene.run(vote(ONE))
    assert scene.reader.unshown("desk", 10) == [Post(ONE, "desk", 2, 1, "message 7")]


def test_a_version_shown_while_the_next_was_made_leaves_the_post_behind(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    scene.run(vote(ONE))
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "message 7"))
    assert scene.reader.unshown("desk", 10) == [Post(ONE, "desk", 2, 1, "message 7")]


def test_a_post_marked_shown_in_the_batch_of_a_vote_stays_behind(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    shown = Bookkeeping("note", SYSTEM, "", apply=lambda t: t.mark_shown(ONE, "desk", 1, "message 7"))
    scene.run(shown, vote(ONE), vote(ONE, "bob", "abstain"), shown)
    assert scene.reader.unshown("desk", 10) == [Post(ONE, "desk", 3, 1, "message 7")]


def test_a_post_that_is_gone_is_not_wanted_until_its_request_changes(scene: Scene) -> None:
    scene.open(ONE, TWO, amount=200_000)
    keep(scene, lambda t: t.mark_shown(ONE, "desk", 1, "message 7"))
    keep(scene, lambda t: t.mark_gone(ONE, "desk"))
    assert unshown(scene) == [TWO]
    scene.run(vote(ONE))
    assert scene.reader.unshown("desk", 10)[0] == Post(ONE, "desk", 2, 1, None)


def test_a_draft_is_read_back_as_it_was_kept(scene: Scene) -> None:
    kept = draft(expires_at=START + timedelta(minutes=5))
    keep(scene, lambda t: t.keep_draft(kept))
    assert scene.reader.draft("d1", START) == kept
    assert scene.reader.draft("d2", START) is None


def test_a_draft_is_kept_over_one_of_the_same_id(scene: Scene) -> None:
    later = START + timedelta(minutes=5)
    keep(scene, lambda t: t.keep_draft(draft(expires_at=later)))
    second = draft(body={"words": "no"}, kind="reason", person="bob", expires_at=later + timedelta(microseconds=1))
    keep(scene, lambda t: t.keep_draft(second))
    assert scene.reader.draft("d1", START) == second


def test_a_draft_is_there_until_the_moment_its_time_is_over(scene: Scene) -> None:
    keep(scene, lambda t: t.keep_draft(draft(expires_at=START)))
    assert scene.reader.draft("d1", START - timedelta(microseconds=1)) is not None
    assert scene.reader.draft("d1", START) is None


def test_a_dropped_draft_is_gone(scene: Scene) -> None:
    keep(scene, lambda t: t.keep_draft(draft(expires_at=START + timedelta(1))))
    keep(scene, lambda t: t.drop_draft("d1"))
    keep(scene, lambda t: t.drop_draft("d1"))
    assert scene.reader.draft("d1", START) is None


def test_a_draft_of_a_batch_that_fails_is_not_kept(scene: Scene) -> None:
    def fail(transaction: Any) -> None:
        transaction.keep_draft(draft(expires_at=START + timedelta(1)))
        raise RuntimeError("in the middle")

    scene.run(Bookkeeping("note", SYSTEM, "", apply=fail))
    assert scene.reader.draft("d1", START) is None


def test_the_sweep_forgets_old_drafts_and_leaves_the_others(scene: Scene) -> None:
    keep(scene, lambda t: t.keep_draft(draft("old", expires_at=START)))
    keep(scene, lambda t: t.keep_draft(draft("new", expires_at=START + timedelta(microseconds=1))))
    with scene.store.transaction() as transaction:
        assert transaction.sweep(START) == 1
        assert transaction.sweep(START) == 0
    assert scene.sql("SELECT id FROM drafts") == [("new",)]


def test_the_sweep_forgets_old_answers_and_keeps_those_to_submissions_for_ever(scene: Scene) -> None:
    scene.open(ONE, TWO, amount=200_000)
    scene.run(vote(ONE))
    scene.clock.advance(microseconds=1)
    scene.run(vote(TWO))
    long_after = START + ANSWERS_KEPT + timedelta(microseconds=1)
    with scene.store.transaction() as transaction:
        assert transaction.sweep(START + ANSWERS_KEPT) == 0
        # The people and the policy were declared at the same moment as the vote was cast.
        assert transaction.sweep(long_after) == 3
    left = {row[0] for row in scene.sql("SELECT id FROM commands")}
    assert left == {f"submit:{ONE}", f"submit:{TWO}", vote(TWO).id}
    assert state(scene.run(submit(THREE, id=f"submit:{ONE}"))[0]).id == ONE
    assert refusal(scene.run(vote(ONE))[0]) == "already_voted"
    with scene.store.transaction() as transaction:
        transaction.sweep(START + timedelta(days=36_500))
    assert {row[0] for row in scene.sql("SELECT id FROM commands")} == {f"submit:{ONE}", f"submit:{TWO}"}
