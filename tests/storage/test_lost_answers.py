"""The commit went through and its acknowledgement was lost: whoever asks again finds it done, and done once."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from core.canonical import decode
from core.commands import Cancel, Command, GivenReason, GiveReason, Recheck
from core.engine import CLOCK, Batch, Bookkeeping, Done, Failed
from core.errors import StoreUnavailable
from core.model import Away
from core.registry import SetAway
from tests.storage.scene import (
    PROGRAM,
    SYSTEM,
    Scene,
    claim,
    faults_of_the_journal,
    name,
    person,
    refusal,
    state,
    submit,
    tick,
    vote,
    words,
)

ONE, TWO, THREE = name(1), name(2), name(3)


def losing(scene: Scene, patch: pytest.MonkeyPatch, *commands: Command, commits: int = 1, really: bool = True) -> None:
    """Carry out a batch whose last commit (of `commits`) is not acknowledged, though it was made if `really`."""
    scene.store.latest()
    session = scene.store._session
    assert session is not None
    commit, left = session.commit, [commits]

    def lost() -> None:
        left[0] -= 1
        if really or left[0]:
            commit()
        if left[0] == 0:
            if session.is_sqlite:
                raise sqlite3.OperationalError("disk I/O error")
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    patch.setattr(session, "commit", lost)
    with pytest.raises(StoreUnavailable):
        scene.run(*commands)
    assert left == [0]


def again(scene: Scene, *commands: Command) -> Batch:
    return scene.engine.run(commands, again=True)


@pytest.mark.parametrize("digest", ["d", ""], ids=["with a key", "fresh"])
def test_submissions_and_votes_that_were_recorded_are_not_recorded_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    scene.open(ONE, amount=200_000)
    scene.open(TWO)
    batch = [
        submit(THREE, digest=digest),
        vote(ONE, digest=digest, note=words("fine by me")),
        vote(TWO, "bob", digest=digest),
        vote(ONE, "carol", "modify", digest=digest, parameters={"quantity": 2}),
    ]
    losing(scene, monkeypatch, *batch)
    recorded = scene.events()

    told = again(scene, *batch)

    assert all(isinstance(outcome, Done) and outcome.repeated for outcome in told.outcomes)
    assert scene.events() == recorded
    assert faults_of_the_journal(recorded) == []
    assert state(told.outcomes[0]) == scene.request(THREE)
    assert [(v.person, v.revision) for v in state(told.outcomes[1]).votes] == [("alice", 1)]
    assert state(told.outcomes[2]) == scene.request(TWO)
    assert state(told.outcomes[3]) == scene.request(ONE)
    assert told.changed == {r: scene.request(r) for r in (ONE, TWO, THREE)}, "whoever waits has still to be told"
    assert told.facts == []
    assert scene.sql("SELECT text FROM vault WHERE text = 'fine by me'") == [("fine by me",)]


@pytest.mark.parametrize("digest", ["d", ""], ids=["with a key", "fresh"])
def test_a_batch_whose_commit_really_failed_is_carried_out_at_the_second_try(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    scene.open(ONE)
    before = scene.events()
    batch = [submit(TWO, digest=digest), vote(ONE, digest=digest)]
    losing(scene, monkeypatch, *batch, really=False)
    assert scene.events() == before

    assert again(scene, *batch).outcomes == [Done(scene.request(TWO)), Done(scene.request(ONE))]
    assert [row[3] for row in scene.events() if row[1] == ONE] == ["Opened", "Voted", "Decided"]


@pytest.mark.parametrize("digest", ["d", ""], ids=["with a key", "fresh"])
def test_of_a_batch_that_was_halved_what_was_recorded_stays_and_the_rest_follows(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    scene.open(ONE, TWO)
    poison = submit(name(9), title="half a character: \ud800", digest=digest)
    batch = [vote(ONE, digest=digest), submit(THREE, digest=digest), vote(TWO, digest=digest), poison]
    # The first half is committed and acknowledged; of the second, the vote is committed and its answer is lost.
    losing(scene, monkeypatch, *batch, commits=2)

    told = again(scene, *batch)

    assert [type(outcome) for outcome in told.outcomes] == [Done, Done, Done, Failed]
    assert sorted(told.changed) == [ONE, TWO, THREE]
    for request in (ONE, TWO):
        assert [row[3] for row in scene.events() if row[1] == request] == ["Opened", "Voted", "Decided"]
    assert [row[3] for row in scene.events() if row[1] == THREE] == ["Opened"]


def test_what_others_did_since_is_told_and_the_answer_stays_the_first(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.open(ONE, amount=200_000)
    batch = [vote(ONE, digest=""), submit(TWO, digest="")]
    losing(scene, monkeypatch, *batch)
    other = Scene(scene.url)
    other.run(vote(ONE, "carol"), vote(TWO, "bob"))
    other.close()

    told = again(scene, *batch)

    assert [state(outcome).decision for outcome in told.outcomes] == [None, None]
    assert told.changed == {ONE: scene.request(ONE), TWO: scene.request(TWO)}
    assert not scene.request(ONE).pending


@pytest.mark.parametrize("digest", ["d", ""], ids=["with a key", "fresh"])
def test_a_vote_that_was_refused_because_it_came_late_is_still_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    # What the first try recorded under the vote's id is the expiry: the clock's fact, and no vote.
    scene.open(ONE, amount=2_000)
    scene.clock.advance(hours=2)
    late = vote(ONE, digest=digest)
    losing(scene, monkeypatch, late)
    recorded = scene.events()

    told = again(scene, late)

    assert refusal(told.outcomes[0]) == "ended"
    assert scene.events() == recorded
    assert [row[3] for row in recorded if row[1] == ONE] == ["Opened", "Decided"]


def test_refusals_of_fresh_commands_are_judged_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.open(ONE)
    batch = [vote(ONE, "carol", digest=""), vote(ONE, digest=""), vote(name(9), digest="")]
    losing(scene, monkeypatch, *batch)

    first, second, third = again(scene, *batch).outcomes

    assert (refusal(first), refusal(third)) == ("ended", "not_found")
    assert state(second).decision is not None


def test_every_other_fresh_command_is_carried_out_once_too(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.open(ONE, TWO)
    scene.open(THREE, amount=200_000)
    scene.run(vote(ONE), vote(THREE))
    scene.clock.advance(minutes=60)
    heard: list[str] = []
    batch: list[Command] = [
        GiveReason("reason", person("alice"), ONE, reason=GivenReason("price", words("too dear"))),
        Cancel("cancel", PROGRAM, THREE),
        tick(TWO),
        Recheck("recheck", SYSTEM, TWO),
        Bookkeeping("note", SYSTEM, "", apply=lambda _: heard.append("heard")),
    ]
    losing(scene, monkeypatch, *batch)
    recorded = scene.events()

    assert [type(outcome) for outcome in again(scene, *batch).outcomes] == [Done] * 5
    assert scene.events() == recorded
    assert [reason.code for reason in scene.request(ONE).votes[0].reasons] == ["price"]
    assert heard == ["heard", "heard"], "what is no fact is done again"


def test_a_change_of_the_registry_is_made_once_and_known_to_who_made_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(scene.clock.at.replace(year=2027), "alice")
    command = SetAway("away", person("bob"), "", "d", person="bob", away=away)
    losing(scene, monkeypatch, command)

    assert again(scene, command).outcomes == [Done(None, repeated=True)]
    assert [row[3] for row in scene.events()].count("AwaySet") == 1
    assert scene.engine.registry.people["bob"].away == away


def test_a_fresh_command_leaves_no_first_answer_behind(scene: Scene) -> None:
    before = scene.sql("SELECT count(*) FROM commands")
    scene.run(submit(ONE, digest=""), vote(ONE, digest=""))

    assert scene.outcome(ONE) == "approved"
    assert scene.sql("SELECT count(*) FROM commands") == before


def test_the_expiry_that_a_late_command_meets_is_the_clocks(scene: Scene) -> None:
    scene.open(ONE, amount=2_000)
    scene.open(TWO)
    scene.run(vote(TWO))
    scene.clock.advance(hours=2)
    assert refusal(scene.run(vote(ONE, id="late"))[0]) == "ended"
    scene.run(claim(TWO))

    entries = [decode(bytes(row[5])) for row in scene.events() if row[1] in (ONE, TWO)]
    told = [(e["type"], e["actor"]["kind"], e["actor"]["ref"]) for e in entries if e["type"] in ("Decided", "Claimed")]
    assert told == [
        ("Decided", "person", "alice"),
        ("Decided", CLOCK.kind.value, CLOCK.ref),
        ("Claimed", "program", "momentum"),
    ]
    assert entries[-2]["cause"] == "late"


@pytest.mark.parametrize("repeated", [submit(ONE), vote(ONE)], ids=["submit", "vote"])
def test_a_repeated_command_says_how_its_request_stands_now(scene: Scene, repeated: Command) -> None:
    scene.run(submit(ONE), vote(ONE))
    scene.run(claim(ONE))

    batch = scene.engine.run([repeated])

    assert isinstance(batch.outcomes[0], Done)
    assert batch.outcomes[0].repeated
    assert batch.changed == {ONE: scene.request(ONE)}


def test_a_repeated_refusal_changes_nothing(scene: Scene) -> None:
    scene.open(ONE)
    scene.run(vote(ONE, "carol"))

    assert scene.engine.run([vote(ONE, "carol")]).changed == {}
