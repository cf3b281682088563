"""Two engines on one database want the same thing at the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context

import pytest

from core.commands import Command
from core.engine import Bookkeeping, Done
from core.errors import Refused
from core.registry import Resume, Stop
from tests.storage.racers import Answers, held, persistent, race
from tests.storage.scene import (
    SYSTEM,
    Scene,
    claim,
    declare,
    faults_of_the_journal,
    name,
    refusal,
    state,
    submit,
    vote,
    words,
)

NAMES = [name(number) for number in range(200)]


def threads() -> Executor:
    return ThreadPoolExecutor(2)


def processes() -> Executor:
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@pytest.fixture(params=[(threads, 0.1), (processes, 1.5)], ids=["threads", "processes"])
def racing(request: pytest.FixtureRequest, database_url: str) -> Iterator[Callable[..., list[Answers]]]:
    """Two engines, in two threads or in two processes."""
    kind, delay = request.param
    with kind() as pool:

        def started(*sides: list[Command]) -> list[Answers]:
            return race(pool, database_url, *sides, delay=delay)

        yield started


def events_by_stream(scene: Scene) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in scene.events():
        found.setdefault(row[1], []).append(row[3])
    return found


def test_two_engines_race_for_two_hundred_requests_and_each_is_decided_once_and_claimed_once(
    scene: Scene, racing: Callable[..., list[Answers]]
) -> None:
    scene.open(*NAMES)
    sides: list[list[Command]] = [
        [vote(r, who) for r in NAMES] + [claim(r, f"worker of {who}") for r in NAMES] for who in ("alice", "bob")
    ]
    # The claims have to come behind the votes in each side's shuffled order, so they are raced by themselves.
    votes = racing(*([c for c in side if c.id.startswith("vote")] for side in sides))
    claims = racing(*([c for c in side if c.id.startswith("claim")] for side in sides))
    for r in NAMES:
        told = [next(a for id, a in side.items() if id.startswith(f"vote:{r}:")) for side in votes]
        assert sorted(type(a).__name__ for a in told) == ["Done", "Refused"]
        assert [a.code for a in told if isinstance(a, Refused)] == ["ended"]
        told = [next(a for id, a in side.items() if id.startswith(f"claim:{r}:")) for side in claims]
        assert [a.code for a in told if isinstance(a, Refused)] == ["claimed"]
    streams = events_by_stream(scene)
    assert {tuple(streams[r]) for r in NAMES} == {("Opened", "Voted", "Decided", "Claimed")}
    assert faults_of_the_journal(scene.events()) == []


def test_two_engines_are_sent_the_same_commands_and_give_the_same_answers(
    scene: Scene, racing: Callable[..., list[Answers]]
) -> None:
    scene.open(*NAMES[:60], amount=200_000)
    commands: list[Command] = [submit(f"{r}s", id=f"submit:key of {r}") for r in NAMES[:60]]
    commands += [vote(r, "alice") for r in NAMES[:60]] + [vote(r, "dave") for r in NAMES[:60]]
    mine, theirs = racing(commands, commands)
    assert {type(answer) for answer in mine.values()} == {Done, Refused}
    for id, answer in mine.items():
        other = theirs[id]
        if isinstance(answer, Done):
            assert state(answer) == state(other)
            assert [answer.repeated, other.repeated].count(False) == 1  # type: ignore[union-attr]
        else:
            assert answer == other
    assert {tuple(events) for stream, events in events_by_stream(scene).items() if stream in NAMES} == {
        ("Opened", "Voted")
    }
    assert faults_of_the_journal(scene.events()) == []


def test_two_engines_change_the_registry_while_they_vote(scene: Scene, racing: Callable[..., list[Answers]]) -> None:
    names = NAMES[:60]
    scene.open(*names)

    def side(who: str) -> list[Command]:
        stops: list[Command] = [Stop(f"stop:{who}:{i}", SYSTEM, "", "d", why=words("race")) for i in range(4)]
        resumes: list[Command] = [Resume(f"resume:{who}:{i}", SYSTEM, "", "d") for i in range(4)]
        return [*stops, *resumes, *(vote(r, who) for r in names)]

    answers = racing(side("alice"), side("bob"))
    assert Counter(type(a).__name__ for one in answers for a in one.values()) == {"Done": 16 + 60, "Refused": 60}
    stops = [row[3] for row in scene.events() if row[1] == "registry:stop"]
    assert stops == ["Stopped", "Resumed"] * (len(stops) // 2) + ["Stopped"] * (len(stops) % 2)
    assert faults_of_the_journal(scene.events()) == []


def test_a_vote_that_waited_while_another_engine_revised_the_request_is_told_so(postgres_url: str) -> None:
    with closing(Scene(postgres_url).furnish()) as first, closing(Scene(postgres_url)) as second:
        first.open(name(1), amount=200_000)
        modify = vote(name(1), "alice", "modify", parameters={"quantity": 2})
        outcomes = held(first, modify, second=lambda: second.run(vote(name(1), "bob"), vote("req_nobody", "bob")))
        assert refusal(outcomes[0]) == "stale_revision"
        assert refusal(outcomes[1]) == "not_found"


def test_a_vote_that_waited_while_another_engine_decided_is_told_so(postgres_url: str) -> None:
    with closing(Scene(postgres_url).furnish()) as first, closing(Scene(postgres_url)) as second:
        first.open(name(1))
        outcome = held(first, vote(name(1), "alice"), second=lambda: second.run(vote(name(1), "bob"))[0])
        assert refusal(outcome) == "ended"


def test_a_registry_change_waits_for_the_votes_that_were_judged_without_it(postgres_url: str) -> None:
    with closing(Scene(postgres_url).furnish()) as first, closing(Scene(postgres_url)) as second:
        first.open(name(1))
        nobody_else = declare([p for p in first.engine.registry.people.values() if p.admin], id="less")
        outcome = held(first, vote(name(1), "bob"), second=lambda: persistent(second, [nobody_else])[0])
        assert isinstance(outcome, Done)
        order = [row[3] for row in first.events()]
        assert order.index("Voted") < order.index("PersonRemoved")


def test_of_two_engines_that_change_the_registry_the_second_waits_and_neither_is_broken_off(postgres_url: str) -> None:
    with closing(Scene(postgres_url).furnish()) as first, closing(Scene(postgres_url)) as second:
        first.open(name(1))
        less = declare([p for p in first.engine.registry.people.values() if p.admin], id="less")
        stop = Stop("stop", SYSTEM, "", "d", why=words("race"))
        # Without `persistent`: a deadlock would be told as a database that does not answer.
        told = held(first, stop, vote(name(1)), second=lambda: second.run(less, Resume("resume", SYSTEM, "", "d")))
        assert [type(outcome) for outcome in told] == [Done, Done]
        assert [row[3] for row in first.events() if row[1] == "registry:stop"] == ["Stopped", "Resumed"]
        assert first.engine.refresh().stopped is None


def test_two_engines_that_do_nothing_but_change_the_registry_are_never_broken_off(database_url: str) -> None:
    with closing(Scene(database_url).furnish()) as scene:

        def change(who: str) -> set[str]:
            found: set[str] = set()
            with closing(Scene(database_url)) as mine:
                for i in range(40):
                    stop = Stop(f"stop:{who}:{i}", SYSTEM, "", "d", why=words("race", f"{who} {i}"))
                    resume = Resume(f"resume:{who}:{i}", SYSTEM, "", "d")
                    found |= {type(outcome).__name__ for outcome in mine.run(*((stop, resume) if i % 2 else (stop,)))}
            return found

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(change, ("alice", "bob"))) == [{"Done"}, {"Done"}]
        assert faults_of_the_journal(scene.events()) == []


def test_a_post_that_one_engine_marks_as_shown_while_another_changes_its_request_stops_neither(
    postgres_url: str,
) -> None:
    with closing(Scene(postgres_url).furnish()) as first, closing(Scene(postgres_url)) as second:
        first.open(name(1), name(2))
        shown = Bookkeeping("shown", SYSTEM, "", apply=lambda tx: tx.mark_shown(name(1), "desk", 1, "ref"))
        told = held(first, vote(name(2)), shown, second=lambda: second.run(vote(name(1))))
        assert state(told[0]).decision is not None
        assert [(post.request, post.shown, post.ref) for post in first.reader.unshown("desk", 9)] == [
            (name(1), 1, "ref"),
            (name(2), 0, None),
        ]
