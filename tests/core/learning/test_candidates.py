"""A candidate's life: proposed with frozen evidence, decided by whom it concerns, judged by what came after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from bench.invented import PLANTED, year
from core.canonical import decode, encode, sha256
from core.codec import write_actor
from core.codec_events import entry, read_entry
from core.errors import Refused
from core.learning.candidate_bodies import fact_body, from_record, read_fact, to_record, type_of
from core.learning.candidates import (
    OPEN,
    OVER,
    REASONS,
    SILENT,
    Candidate,
    CandidateFact,
    Decide,
    Decided,
    Decision,
    Proposed,
    Reviewed,
    Seen,
    Status,
    evolve,
)
from core.learning.deciding import Asked, Known, decide
from core.learning.finding import Finding, Level
from core.learning.observations import Observation
from core.learning.patterns import findings
from core.learning.proposing import candidate_id, may_propose, proposal, review
from core.learning.validation import Judged, Share, Verdict
from core.model import Actor, ActorKind, Person, Program
from core.token import Token, read_token
from tests.core.learning.habits import told

NOW = datetime(2012, 7, 7, 9, tzinfo=UTC)
ALICE, ERIN, BOB, FRANK = (Actor(ActorKind.PERSON, name, "paper") for name in ("alice", "erin", "bob", "frank"))
PROGRAM = Actor(ActorKind.PROGRAM, "momentum", "api")
PEOPLE = {
    "alice": Person("alice", "Alice"),
    "bob": Person("bob", "Bob"),
    "erin": Person("erin", "Erin", admin=True),
    "frank": Person("frank", "Frank", admin=True),
    "gone": Person("gone", "Gone", admin=True, active=False),
}
KNOWN = Known(NOW, PEOPLE, {"momentum": Program("momentum", "frank")}, four_eyes=False)


@pytest.fixture(scope="module")
def finding() -> Finding:
    advice, matches = told(year(PLANTED["longer .90"][0], 1_001))
    return findings(matches, advice, UTC, None, date(2012, 12, 31))[0]


@pytest.fixture(scope="module")
def candidate(finding: Finding) -> Candidate:
    return evolve(None, proposal(finding, NOW), candidate_id(finding))


def asked(choice: Decide, actor: Actor = ALICE, **more: Any) -> Asked:
    codes = REASONS[choice]
    made: dict[str, Any] = {"cause": f"cmd-{choice}-{actor.ref}", "reason": next(iter(codes), ""), **more}
    if choice is Decide.DEFER:
        made.setdefault("until", NOW + timedelta(weeks=4))
    if choice is Decide.DEPLOYED:
        made.setdefault("algorithm", "v2")
    return Asked(choice, actor, **made)


def after(candidate: Candidate, *choices: Decide, actor: Actor = ALICE) -> Candidate:
    for choice in choices:
        fact = decide(candidate, asked(choice, actor), KNOWN)
        assert isinstance(fact, Decided), fact
        candidate = evolve(candidate, fact)
    return candidate


def code(found: Decided | Refused | None) -> str:
    assert isinstance(found, Refused), found
    return found.code


# Proposing


def test_its_id_fits_into_a_button(finding: Finding) -> None:
    name = candidate_id(finding)
    assert name == candidate_id(replace(finding, evidence=1e9))
    assert name != candidate_id(replace(finding, algorithm="v2"))
    token = Token("creject", name, 9_999, "mistake", "abcde")
    assert read_token(str(token)) == token


def test_the_evidence_is_frozen_and_its_hash_is_that_of_its_bytes(finding: Finding, candidate: Candidate) -> None:
    assert candidate.hash == sha256(candidate.snapshot)
    frozen = decode(candidate.snapshot)
    assert encode(frozen) == candidate.snapshot
    assert frozen["records"] == sorted(finding.records)
    assert len(frozen["records"]) == finding.n
    assert frozen["family"]
    assert float(frozen["evidence"]) == finding.evidence
    assert finding.family is not None
    assert float(frozen["size"]) == finding.family.size
    assert len(frozen["family"]) == len(finding.family.hypotheses)
    assert frozen["rules"] == {"patterns": "1", "labels": "1"}
    assert frozen["plan"]["primary"].startswith("share of recommendations whose expiry is changed up")
    assert frozen["plan"]["guardrails"]


def test_the_same_finding_freezes_to_the_same_bytes(finding: Finding) -> None:
    assert proposal(finding, NOW).snapshot == proposal(finding, NOW).snapshot


def test_only_a_pattern_is_proposed_by_itself(finding: Finding) -> None:
    assert may_propose(finding, None, NOW)
    for other in (
        replace(finding, level=Level.HINT),
        replace(finding, level=Level.COUNTED),
        replace(finding, explained_by=finding.hypothesis),
        replace(finding, effect=replace(finding.effect, value=0.6)),
    ):
        assert not may_propose(other, None, NOW)


def test_a_hint_is_promoted_by_whom_it_is_about_and_marked(finding: Finding) -> None:
    hint = replace(finding, level=Level.HINT)
    assert may_propose(hint, None, NOW, by_hand=True)
    assert not may_propose(replace(finding, level=Level.COUNTED), None, NOW, by_hand=True)
    assert decode(proposal(hint, NOW, by_hand=True).snapshot)["by_hand"] is True


def test_what_was_rejected_is_silent_until_twelve_weeks_are_over_and_the_evidence_has_grown_tenfold(
    finding: Finding, candidate: Candidate
) -> None:
    rejected = after(candidate, Decide.REJECT)
    grown = replace(finding, evidence=10 * candidate.evidence)
    assert not may_propose(finding, rejected, NOW + 2 * SILENT)
    assert not may_propose(grown, rejected, NOW + SILENT - timedelta(seconds=1))
    assert may_propose(grown, rejected, NOW + SILENT)
    again = evolve(rejected, proposal(grown, NOW + SILENT))
    assert (again.status, again.version, again.id) == (Status.PROPOSED, 3, candidate.id)
    assert again.hash != candidate.hash
    assert again.decisions == rejected.decisions


def test_what_was_deferred_comes_back_on_its_day(finding: Finding, candidate: Candidate) -> None:
    deferred = after(candidate, Decide.DEFER)
    assert deferred.until == NOW + timedelta(weeks=4)
    assert not may_propose(finding, deferred, NOW + timedelta(weeks=4, seconds=-1))
    assert may_propose(finding, deferred, NOW + timedelta(weeks=4))


@pytest.mark.parametrize("status", [one for one in Status if one not in (Status.REJECTED, Status.DEFERRED)])
def test_what_is_under_way_or_over_is_not_proposed_again(
    finding: Finding, candidate: Candidate, status: Status
) -> None:
    assert not may_propose(replace(finding, evidence=1e300), replace(candidate, status=status), NOW + 5 * SILENT)


# Deciding


@pytest.mark.parametrize("actor", [ALICE, ERIN])
@pytest.mark.parametrize(
    ("choice", "status"),
    [(Decide.IMPLEMENT, Status.IMPLEMENT), (Decide.DEFER, Status.DEFERRED), (Decide.REJECT, Status.REJECTED)],
)
def test_whom_it_is_about_decides_and_so_does_an_administrator(
    candidate: Candidate, choice: Decide, status: Status, actor: Actor
) -> None:
    decided = after(candidate, choice, actor=actor)
    assert decided.status is status
    assert decided.last is not None
    assert (decided.last.by, decided.last.at) == (actor.ref, NOW)


def test_nobody_else_decides(candidate: Candidate) -> None:
    gone = Actor(ActorKind.PERSON, "gone", "paper")
    assert code(decide(candidate, asked(Decide.IMPLEMENT, BOB), KNOWN)) == "not_entitled"
    assert code(decide(candidate, asked(Decide.IMPLEMENT, gone), KNOWN)) == "not_a_person"
    assert code(decide(candidate, asked(Decide.IMPLEMENT, PROGRAM), KNOWN)) == "not_a_person"


def test_under_four_eyes_the_programs_owner_does_not_decide_alone_what_it_learns(candidate: Candidate) -> None:
    strict = replace(KNOWN, four_eyes=True)
    assert code(decide(candidate, asked(Decide.IMPLEMENT, FRANK), strict)) == "four_eyes"
    assert isinstance(decide(candidate, asked(Decide.REJECT, FRANK), strict), Decided)
    assert isinstance(decide(candidate, asked(Decide.IMPLEMENT, ERIN), strict), Decided)
    assert isinstance(decide(candidate, asked(Decide.IMPLEMENT, FRANK), KNOWN), Decided)


def test_the_owner_may_say_that_it_is_done_though_others_decide(candidate: Candidate) -> None:
    agreed = after(candidate, Decide.IMPLEMENT)
    people = {**PEOPLE, "frank": Person("frank", "Frank")}
    known = replace(KNOWN, people=people, four_eyes=True)
    assert isinstance(decide(agreed, asked(Decide.DEPLOYED, FRANK), known), Decided)
    assert code(decide(agreed, asked(Decide.REJECT, FRANK), known)) == "not_entitled"


@pytest.mark.parametrize(
    ("changes", "refusal", "field"),
    [
        ({"reason": ""}, "reason_required", "reason"),
        ({"reason": "because"}, "invalid", "reason"),
        ({"reason": "other"}, "reason_required", "words"),
        ({"until": NOW + timedelta(days=1)}, "invalid", "until"),
    ],
)
def test_a_decision_without_a_reason_is_none(
    candidate: Candidate, changes: dict[str, Any], refusal: str, field: str
) -> None:
    found = decide(candidate, asked(Decide.REJECT, **changes), KNOWN)
    assert isinstance(found, Refused)
    assert (found.code, found.field) == (refusal, field)


@pytest.mark.parametrize("until", [None, NOW, NOW - timedelta(days=1), NOW + timedelta(days=367)])
def test_a_deferral_wants_a_day_that_lies_ahead(candidate: Candidate, until: datetime | None) -> None:
    found = decide(candidate, asked(Decide.DEFER, until=until), KNOWN)
    assert isinstance(found, Refused)
    assert found.field == "until"


def test_the_second_is_told_who_was_first(candidate: Candidate) -> None:
    rejected = after(candidate, Decide.REJECT)
    found = decide(rejected, asked(Decide.IMPLEMENT, ERIN), KNOWN)
    assert isinstance(found, Refused)
    assert found.code == "already_decided"
    assert found.detail == "alice rejected it on 7 Jul 2012. It is rejected."


def test_the_same_decision_of_the_same_person_counts_once(candidate: Candidate) -> None:
    rejected = after(candidate, Decide.REJECT)
    assert decide(rejected, asked(Decide.REJECT), KNOWN) is None
    assert decide(rejected, asked(Decide.REJECT, cause="another tap"), KNOWN) is None
    assert code(decide(rejected, asked(Decide.REJECT, ERIN), KNOWN)) == "already_decided"


def test_what_was_shown_before_it_changed_decides_nothing(finding: Finding, candidate: Candidate) -> None:
    deferred = after(candidate, Decide.DEFER)
    assert code(decide(deferred, asked(Decide.IMPLEMENT, version=1), KNOWN)) == "stale_version"
    assert isinstance(decide(deferred, asked(Decide.IMPLEMENT, version=2), KNOWN), Decided)


def test_the_new_version_may_be_named_at_once_or_later(candidate: Candidate) -> None:
    agreed = after(candidate, Decide.IMPLEMENT)
    assert (agreed.status, agreed.new_algorithm, agreed.next_look) == (Status.IMPLEMENT, None, None)
    later = after(agreed, Decide.DEPLOYED)
    fact = decide(candidate, asked(Decide.IMPLEMENT, algorithm="v2"), KNOWN)
    assert isinstance(fact, Decided)
    at_once = evolve(candidate, fact)
    for one in (later, at_once):
        assert (one.status, one.new_algorithm) == (Status.IMPLEMENTED, "v2")
        assert one.next_look == NOW + timedelta(weeks=4)


def test_the_version_that_it_was_found_in_is_no_new_one(candidate: Candidate) -> None:
    agreed = after(candidate, Decide.IMPLEMENT)
    found = decide(agreed, asked(Decide.DEPLOYED, algorithm=candidate.algorithm), KNOWN)
    assert isinstance(found, Refused)
    assert found.field == "algorithm"


@pytest.mark.parametrize("status", Status)
def test_in_every_state_what_is_not_open_is_refused(candidate: Candidate, status: Status) -> None:
    standing = replace(candidate, status=status, decisions=(Decision(Decide.IMPLEMENT, "erin", NOW, "web", "c"),))
    for choice in Decide:
        found = decide(standing, asked(choice), KNOWN)
        assert isinstance(found, Decided) == (choice in standing.open_to), (status, choice, found)
        if isinstance(found, Refused):
            assert found.code in ("already_decided", "not_open")
    assert bool(standing.open_to) == (status not in OVER)
    assert set(OPEN).isdisjoint(OVER)


# Bytes


def life(finding: Finding) -> tuple[Candidate, list[CandidateFact]]:
    """Everything that can happen to one, in order."""
    facts: list[CandidateFact] = [proposal(finding, NOW)]
    candidate = evolve(None, facts[0], candidate_id(finding))
    for choice in (Decide.DEFER, Decide.IMPLEMENT, Decide.DEPLOYED):
        fact = decide(candidate, asked(choice), KNOWN)
        assert isinstance(fact, Decided)
        facts.append(fact)
        candidate = evolve(candidate, fact)
    days = [Observation(f"{n}", date(2012, 7, 8) + timedelta(n // 2), "AAPL", 0, False) for n in range(40)]
    noticed: tuple[CandidateFact, ...] = (Seen(NOW), Reviewed(review(candidate, days, days, 4), NOW))
    for one in noticed:
        candidate = evolve(candidate, one)
    facts += noticed
    return candidate, facts


def test_the_ledger_gives_back_what_was_given(finding: Finding) -> None:
    candidate, _ = life(finding)
    record = to_record(candidate)
    stored = replace(record, body=orjson.loads(orjson.dumps(record.body)))
    assert from_record(stored) == candidate
    assert (record.person, record.program, record.status) == ("alice", "momentum", "extended")


def test_the_journal_alone_tells_the_whole_life(finding: Finding) -> None:
    candidate, facts = life(finding)
    told_again: Candidate | None = None
    for number, fact in enumerate(facts, 1):
        actor, cause = ALICE, ""
        if isinstance(fact, Decided):
            actor, cause = Actor(ActorKind.PERSON, fact.decision.by, fact.decision.via), fact.decision.cause
        written = entry(
            f"candidate:{candidate.id}", number, NOW, "2012-07-07T09:00:00.000000Z", type_of(fact),
            write_actor(actor), cause, fact_body(fact),
        )  # fmt: skip
        snapshot = fact.snapshot if isinstance(fact, Proposed) else b""
        told_again = evolve(told_again, read_fact(read_entry(written.data), snapshot), candidate.id)
    assert told_again == candidate


def test_a_look_says_what_it_decides_and_leaves_to_a_person_what_is_theirs(finding: Finding) -> None:
    candidate, _ = life(finding)
    validating = replace(candidate, status=Status.VALIDATING)
    kept = Judged(Verdict.KEEP, 4, Share(24, 80), Share(0, 40), 1.0, 0.0)
    assert evolve(validating, Reviewed(kept, NOW)).status is Status.KEPT
    harm = replace(kept, verdict=Verdict.ROLL_BACK)
    proposed = evolve(validating, Reviewed(harm, NOW))
    assert proposed.status is Status.VALIDATING
    assert set(proposed.open_to) == {Decide.KEEP, Decide.ROLL_BACK, Decide.MODIFY}
    assert after(proposed, Decide.ROLL_BACK).status is Status.ROLLED_BACK
    over = evolve(validating, Reviewed(replace(kept, verdict=Verdict.INCONCLUSIVE), NOW))
    assert over.status is Status.INCONCLUSIVE
    assert over.next_look is None
