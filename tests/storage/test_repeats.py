"""Every command has an id, and whoever repeats it gets the first answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.commands import CastVote, GivenReason, GiveReason
from core.engine import Bookkeeping, Done, Failed
from core.errors import Refused
from tests.storage.scene import Scene, claim, name, person, refusal, state, submit, tick, vote

ONE = name(1)


def test_a_repeated_submission_answers_with_the_request_as_it_was_opened(scene: Scene) -> None:
    first = scene.run(submit(ONE))[0]
    scene.run(vote(ONE))
    again = scene.run(submit(ONE))[0]
    assert again == Done(state(first), repeated=True)
    assert state(again).version == 1


def test_a_repeated_submission_under_a_new_request_id_leads_to_the_first_request(scene: Scene) -> None:
    scene.run(submit(ONE, id="submit:momentum:k1"))
    again = scene.run(submit(name(2), id="submit:momentum:k1"))[0]
    assert state(again).id == ONE
    assert scene.reader.request(name(2)) is None


def test_a_repeated_vote_answers_as_it_did_before_others_voted(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    first = scene.run(vote(ONE, "alice"))[0]
    second = scene.run(vote(ONE, "carol"))[0]
    assert state(second).decision is not None
    again = scene.run(vote(ONE, "alice"))[0]
    assert again == Done(state(first), repeated=True)
    assert state(again).decision is None
    assert [v.person for v in state(again).votes] == ["alice"]


def test_a_repeated_vote_on_an_earlier_revision_answers_with_that_revision(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    first = scene.run(vote(ONE, "alice"))[0]
    scene.run(vote(ONE, "carol", "modify", parameters={"quantity": 2}))
    assert scene.request(ONE).revision.number == 2
    again = scene.run(vote(ONE, "alice"))[0]
    assert again == Done(state(first), repeated=True)
    assert state(again).revision.number == 1


def test_a_repeated_refusal_is_the_first_refusal_though_it_would_now_be_another(scene: Scene) -> None:
    scene.open(ONE)
    first = scene.run(vote(ONE, "carol"))[0]
    assert refusal(first) == "not_entitled"
    scene.run(vote(ONE, "alice"))
    assert refusal(scene.run(vote(ONE, "carol", id="fresh"))[0]) == "ended"
    assert scene.run(vote(ONE, "carol"))[0] == first


def test_a_refusal_is_repeated_whole_with_its_field(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    first = scene.run(vote(ONE, "alice", "reject"))[0]
    assert isinstance(first, Refused)
    assert first.field == "reason"
    assert scene.run(vote(ONE, "alice", "reject"))[0] == first


def test_the_same_id_for_something_else_is_refused(scene: Scene) -> None:
    scene.open(ONE)
    scene.run(vote(ONE))
    assert refusal(scene.run(vote(ONE, digest="other"))[0]) == "key_reused"
    assert refusal(scene.run(submit(name(2), id=f"submit:{ONE}", digest="other"))[0]) == "key_reused"
    assert scene.reader.request(name(2)) is None


def test_the_same_id_for_something_else_is_refused_within_one_batch_too(scene: Scene) -> None:
    opened, other = scene.run(submit(ONE, id="submit:k"), submit(name(2), id="submit:k", digest="other"))
    assert state(opened).id == ONE
    assert refusal(other) == "key_reused"
    assert scene.reader.request(name(2)) is None


def test_a_refused_reuse_of_a_key_does_not_spoil_the_key(scene: Scene) -> None:
    scene.run(submit(ONE, id="submit:k"))
    scene.run(submit(name(2), id="submit:k", digest="other"))
    assert state(scene.run(submit(name(3), id="submit:k"))[0]).id == ONE


def test_a_repeat_within_one_batch_gets_the_first_answer_and_is_carried_out_once(scene: Scene) -> None:
    scene.open(ONE)
    first, again = scene.run(vote(ONE), vote(ONE))
    assert again == Done(state(first), repeated=True)
    assert [v.person for v in scene.request(ONE).votes] == ["alice"]


def test_a_repeat_within_one_batch_gets_the_first_answer_though_others_voted_in_between(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    first, second, again = scene.run(vote(ONE, "alice"), vote(ONE, "carol"), vote(ONE, "alice"))
    assert state(second).decision is not None
    assert again == Done(state(first), repeated=True)


def test_a_submission_repeated_within_its_batch_is_answered_as_opened(scene: Scene) -> None:
    first, voted, again = scene.run(submit(ONE), submit(name(2)), submit(ONE))
    assert again == Done(state(first), repeated=True)
    assert state(voted).id == name(2)


def test_a_refusal_is_repeated_within_one_batch(scene: Scene) -> None:
    scene.open(ONE)
    first, voted, again = scene.run(vote(ONE, "carol"), vote(ONE, "alice"), vote(ONE, "carol"))
    assert refusal(first) == "not_entitled"
    assert state(voted).decision is not None
    assert again == first


def test_a_repeated_claim_answers_with_the_claim(scene: Scene) -> None:
    scene.open(ONE)
    scene.run(vote(ONE))
    first, again = scene.run(claim(ONE))[0], scene.run(claim(ONE))[0]
    assert state(first).claim is not None
    assert again == Done(state(first), repeated=True)


def test_a_repeat_is_known_to_an_engine_that_was_started_later(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    first = scene.run(vote(ONE, "alice"))[0]
    scene.run(vote(ONE, "carol"))
    later = Scene(scene.url)
    try:
        assert later.run(vote(ONE, "alice"))[0] == Done(state(first), repeated=True)
    finally:
        later.close()


def test_commands_without_a_digest_are_not_remembered(scene: Scene) -> None:
    scene.open(ONE)
    before = scene.sql("SELECT id FROM commands")
    scene.run(tick(ONE), tick(ONE))
    assert scene.sql("SELECT id FROM commands") == before


def test_what_failed_is_not_remembered_and_may_be_tried_again(scene: Scene) -> None:
    poison = submit(ONE, title="half a character: \ud800")
    assert isinstance(scene.run(poison)[0], Failed)
    cured = replace(poison, proposal=replace(poison.proposal, title="whole"))
    assert state(scene.run(cured)[0]).id == ONE


def test_bookkeeping_is_done_each_time_it_is_asked(scene: Scene) -> None:
    heard: list[str] = []
    command = Bookkeeping("shown", person("alice"), "", apply=lambda _: heard.append("once"))
    scene.run(command, command)
    scene.run(command)
    assert heard == ["once"] * 3


@pytest.mark.parametrize("together", [True, False])
def test_a_reason_given_twice_under_one_id_is_on_record_once(scene: Scene, together: bool) -> None:
    scene.open(ONE)
    scene.run(vote(ONE, "alice", "reject"))
    command = GiveReason("reason", person("alice"), ONE, "d", reason=GivenReason("price"))
    if together:
        scene.run(command, command)
    else:
        scene.run(command)
        scene.run(command)
    assert [reason.code for reason in scene.request(ONE).votes[0].reasons] == ["price"]


def test_the_votes_of_one_batch_answer_with_what_was_stored(scene: Scene) -> None:
    names = [name(number) for number in range(40)]
    opened = scene.run(*(submit(r, amount=200_000 if i % 2 else 500) for i, r in enumerate(names)))
    assert [state(outcome) for outcome in opened] == [scene.request(r) for r in names]
    votes: list[CastVote] = [vote(r, "bob", "modify", parameters={"quantity": 1 + i % 3}) for i, r in enumerate(names)]
    for r, outcome in zip(names, scene.run(*votes), strict=True):
        if isinstance(outcome, Done):
            assert outcome.request == scene.request(r)
        else:
            assert refusal(outcome) == "no_change"
            assert scene.request(r).version == 1
