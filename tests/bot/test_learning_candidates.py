"""Candidates in a whole Placet: recorded in one transaction, and judged in time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.ids import new_id
from bot.learning import candidates
from core.engine import CLOCK
from core.errors import Refused
from core.learning.candidate_bodies import STREAM
from core.learning.candidates import Candidate, Decide, Status
from core.learning.deciding import Asked
from core.learning.finding import Finding, Level
from core.learning.observations import Edit, Observation
from core.learning.proposing import candidate_id
from core.token import Token
from tests.bot.asking import submitted, voted
from tests.bot.proposing import ALICE, ERIN, Leaping, another, do, folded, habit, now, proposed
from tests.bot.running import Running, placet, settings_in
from tests.bot.tapping import Chatroom


@pytest.fixture(scope="module")
def clock() -> Leaping:
    return Leaping()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, clock: Leaping) -> Iterator[Running]:
    with placet(settings_in(tmp_path_factory.mktemp("house")), clock=clock) as running:
        yield running


@pytest.fixture
def candidate(house: Running) -> Candidate:
    return proposed(house)


@pytest.fixture
def finding() -> Finding:
    return another()


def test_what_is_proposed_stands_in_the_ledger_and_in_the_journal(house: Running, candidate: Candidate) -> None:
    assert candidate.status is Status.PROPOSED
    assert folded(house, candidate.id) == candidate
    (recorded,) = house.services.reader.history(f"{STREAM}{candidate.id}")
    assert recorded.fact.type == "CandidateProposed"
    assert recorded.fact.body["snapshot"] == candidate.hash
    assert recorded.fact.actor == CLOCK


def test_what_is_proposed_already_is_not_proposed_again(house: Running, candidate: Candidate) -> None:
    finding = replace(habit(), algorithm=candidate.algorithm)
    before = house.position()
    assert do(house, candidates.propose(house.services, [finding, replace(finding, evidence=1e200)])) == []
    assert house.position() == before


def test_what_is_no_pattern_is_not_proposed(house: Running, finding: Finding) -> None:
    hint = replace(finding, level=Level.HINT)
    assert do(house, candidates.propose(house.services, [hint])) == []


def test_two_proposals_at_the_same_moment_are_one(house: Running, finding: Finding) -> None:
    async def both() -> None:
        await asyncio.gather(*(candidates.propose(house.services, [finding]) for _ in range(5)))

    do(house, both())
    assert len(house.services.reader.history(f"{STREAM}{candidate_id(finding)}")) == 1


def test_of_decisions_that_race_one_counts_and_the_others_are_told_whose(house: Running, candidate: Candidate) -> None:
    async def race() -> list[Candidate | Refused]:
        work = [
            candidates.decided(
                house.services, candidate.id, Asked(choice, actor, new_id("cmd"), reason, version=candidate.version)
            )
            for choice, actor, reason in (
                (Decide.IMPLEMENT, ALICE, "evidence"),
                (Decide.REJECT, ERIN, "chance"),
                (Decide.IMPLEMENT, ERIN, "evidence"),
            )
        ]
        return list(await asyncio.gather(*work))

    outcomes = do(house, race())
    refused = [one for one in outcomes if isinstance(one, Refused)]
    assert len(refused) == 2
    assert {one.code for one in refused} == {"already_decided", "stale_version"}
    assert all("alice asked for it to be implemented" in one.detail for one in refused)
    assert len(now(house, candidate.id).decisions) == 1
    assert folded(house, candidate.id) == now(house, candidate.id)


def test_a_batch_that_must_be_run_again_decides_once(house: Running, candidate: Candidate) -> None:
    asked = Asked(Decide.REJECT, ALICE, new_id("cmd"), "chance")
    first = do(house, candidates.decided(house.services, candidate.id, asked))
    assert do(house, candidates.decided(house.services, candidate.id, asked)) == first
    assert first.version == 2


def test_the_stream_of_live_changes_bears_what_is_no_request(house: Running, candidate: Candidate) -> None:
    program = house.program("momentum")
    with house.client().stream("GET", "/v1/stream", headers={"Last-Event-ID": "0"}) as stream:
        voted(house.person("alice"), submitted(program), "approve")
        seen = []
        for line in stream.iter_lines():
            if line.startswith("event:"):
                seen.append(line.partition(": ")[2])
            if "Decided" in seen:
                break
    assert not [one for one in seen if one.startswith("Candidate")]


def reactions(begin: date, n: int, every: int) -> list[Observation]:
    """Two a day, of which every so-manieth lengthens the expiry."""
    return [
        Observation(f"{begin}/{number}", begin + timedelta(days=number // 2), "AAPL", 0, False,
                    {"expiry": Edit(1, 3, 3)} if number % every == 0 else {})
        for number in range(n)
    ]  # fmt: skip


def test_a_change_is_looked_at_after_four_weeks_and_what_was_missed_is_made_up_for(
    house: Running, clock: Leaping, candidate: Candidate
) -> None:
    services = house.services
    asked = Asked(Decide.IMPLEMENT, ALICE, new_id("cmd"), "evidence", algorithm=f"{candidate.algorithm}+")
    clock.leap(timedelta(weeks=5))
    begun = do(house, candidates.decided(services, candidate.id, asked))
    today = begun.implemented_at.date()
    old, new = ((candidate.person, candidate.program, one) for one in (candidate.algorithm, begun.new_algorithm))
    seen = {old: reactions(today - timedelta(days=60), 120, 3), new: reactions(today + timedelta(days=1), 4, 9)}

    def reviewed() -> list[Candidate]:
        return [one for one in do(house, candidates.review_due(services, seen)) if one.id == candidate.id]

    (first,) = reviewed()
    assert first.status is Status.VALIDATING
    assert reviewed() == []

    clock.leap(timedelta(weeks=4, hours=1))
    (few,) = reviewed()
    assert (few.status, few.looks) == (Status.EXTENDED, 1)
    assert few.verdict is not None
    assert "only 4 recommendations count after the change" in few.verdict.why

    seen[new] = reactions(today + timedelta(days=1), 60, 100)
    clock.leap(timedelta(weeks=4))
    (kept,) = reviewed()
    assert (kept.status, kept.looks) == (Status.KEPT, 2)
    assert kept.verdict is not None
    assert kept.verdict.week == 8
    assert folded(house, candidate.id) == kept
    types = [one.fact.type for one in services.reader.history(f"{STREAM}{candidate.id}")]
    assert types == ["CandidateProposed", "CandidateDecided", "CandidateSeen", "CandidateReviewed", "CandidateReviewed"]
    assert reviewed() == []


def test_after_a_long_absence_every_look_knows_what_was_known_then(
    house: Running, clock: Leaping, candidate: Candidate
) -> None:
    services = house.services
    asked = Asked(Decide.IMPLEMENT, ALICE, new_id("cmd"), "evidence", algorithm=f"{candidate.algorithm}+")
    begun = do(house, candidates.decided(services, candidate.id, asked))
    today = begun.implemented_at.date()
    old, new = ((candidate.person, candidate.program, one) for one in (candidate.algorithm, begun.new_algorithm))
    seen = {old: reactions(today - timedelta(days=60), 100, 3), new: reactions(today + timedelta(days=30), 400, 3)}
    clock.leap(timedelta(weeks=13))
    (after,) = [one for one in do(house, candidates.review_due(services, seen)) if one.id == candidate.id]
    assert (after.status, after.looks) == (Status.INCONCLUSIVE, 3)
    assert after.verdict.after.n < 200
    facts = [
        one.fact for one in services.reader.history(f"{STREAM}{candidate.id}") if one.fact.type == "CandidateReviewed"
    ]
    assert [one.body["week"] for one in facts] == [4, 8, 12]
    assert facts[0].body["after"] == [0, 0]


def test_the_days_of_a_change_are_those_of_the_house(
    house: Running, clock: Leaping, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = house.services
    new_york = replace(services.learning, zone=ZoneInfo("America/New_York"))
    monkeypatch.setattr(services, "learning", new_york)
    tomorrow = datetime.combine(clock.now().date() + timedelta(days=1), time(2), UTC)
    clock.leap(tomorrow - clock.now())  # In New York it is the evening before.
    asked = Asked(Decide.IMPLEMENT, ALICE, new_id("cmd"), "evidence", algorithm=f"{candidate.algorithm}+")
    begun = do(house, candidates.decided(services, candidate.id, asked))
    evening = reactions(begun.implemented_at.date() - timedelta(days=1), 2, 3)
    seen = {(candidate.person, candidate.program, begun.new_algorithm): evening}
    (after,) = [one for one in do(house, candidates.review_due(services, seen)) if one.id == candidate.id]
    assert after.status is Status.VALIDATING


def test_it_is_all_there_after_a_restart(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with placet(settings) as first:
        (made,) = do(first, candidates.propose(first.services, [habit()]))
        asked = Asked(Decide.DEFER, ALICE, new_id("cmd"), "busy", until=first.services.clock.now() + timedelta(weeks=2))
        deferred = do(first, candidates.decided(first.services, made.id, asked))
    with placet(settings) as second:
        assert now(second, made.id) == deferred
        assert Chatroom(second).link("alice").presses(Token("cdo", made.id, deferred.version)).rows


def test_of_two_processes_on_one_database_one_decides(database_url: str, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with (
        placet(settings_in(folders[0], database_url)) as one,
        placet(settings_in(folders[1], database_url)) as two,
        ThreadPoolExecutor(2) as pool,
    ):
        for _ in range(8):
            made = proposed(one)

            def decide(house: Running, choice: Decide, made: Candidate = made) -> Candidate | Refused:
                reason = "chance" if choice is Decide.REJECT else "evidence"
                asked = Asked(choice, ALICE, new_id("cmd"), reason, version=made.version)
                found: Candidate | Refused = do(house, candidates.decided(house.services, made.id, asked))
                return found

            outcomes = list(pool.map(decide, (one, two), (Decide.REJECT, Decide.IMPLEMENT)))
            assert sum(isinstance(found, Refused) for found in outcomes) == 1, outcomes
            assert len(now(two, made.id).decisions) == 1
            assert folded(two, made.id) == now(one, made.id)
