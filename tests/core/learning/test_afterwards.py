"""What came after a change, beside what was before it: which days count, and what is waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench.invented import PLANTED, year
from core.learning.candidates import Candidate, evolve
from core.learning.observations import Edit, Observation
from core.learning.patterns import findings
from core.learning.proposing import baseline, candidate_id, proposal, review
from core.learning.validation import Verdict
from tests.core.learning.habits import told

NOW = datetime(2012, 7, 7, 9, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
BEFORE, AFTER = date(2012, 7, 8), date(2012, 9, 1)
"""The day after the announcement, and that of the change."""


@pytest.fixture(scope="module")
def candidate() -> Candidate:
    """Lengthens the expiry."""
    advice, matches = told(year(PLANTED["longer .90"][0], 1_001))
    finding = findings(matches, advice, UTC, None, date(2012, 12, 31))[0]
    return evolve(None, proposal(finding, NOW), candidate_id(finding))


def reactions(n: int, share: float, begin: date, kind: str = "edit", algorithm: str = "") -> list[Observation]:
    """`share` of them show the habit, evenly spread; two a day."""
    found = []
    for number in range(n):
        hit = int((number + 1) * share) > int(number * share)
        edits = {"expiry": Edit(1, 3, 3)} if hit and kind == "edit" else {}
        day = begin + timedelta(days=number // 2)
        found.append(Observation(f"{algorithm}{number}", day, "AAPL", 0, hit and kind != "edit", edits))
    return found


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(0.05, Verdict.KEEP), (0.30, Verdict.EXTEND), (0.18, Verdict.MODIFY), (0.60, Verdict.ROLL_BACK)],
)
def test_a_change_is_judged_by_what_was_exposed_to_it(candidate: Candidate, share: float, verdict: Verdict) -> None:
    judged = review(candidate, reactions(80, 0.30, BEFORE), reactions(40, share, AFTER), 4)
    assert (judged.before.n, judged.after.n) == (80, 40)
    assert judged.verdict is verdict


def test_what_helped_and_is_still_changed_the_same_way_asks_for_more(candidate: Candidate) -> None:
    judged = review(candidate, reactions(80, 0.70, BEFORE), reactions(40, 0.55, AFTER), 4)
    assert judged.verdict is Verdict.MODIFY
    assert "too small" in judged.why


def test_what_is_changed_the_other_way_now_went_too_far(candidate: Candidate) -> None:
    back = [replace(one, edits={"expiry": Edit(-1, 3, 3)} if one.edits else {}) for one in reactions(40, 0.3, AFTER)]
    judged = review(candidate, reactions(80, 0.30, BEFORE), back, 4)
    assert judged.after.hits == 0
    assert judged.verdict is Verdict.MODIFY
    assert "too far" in judged.why


def test_other_overrides_that_become_more_keep_it_from_being_kept(candidate: Candidate) -> None:
    before = reactions(80, 0.30, BEFORE)
    worse = [replace(one, rejected=number % 2 == 0) for number, one in enumerate(reactions(40, 0.0, AFTER))]
    judged = review(candidate, before, worse, 4)
    assert judged.broken == ("other overrides",)
    assert judged.verdict is Verdict.EXTEND


def test_the_baseline_comes_from_after_the_announcement(candidate: Candidate) -> None:
    flattering = reactions(60, 0.9, BEFORE - timedelta(days=40))
    early = [one for one in flattering if one.day < BEFORE]
    later = reactions(30, 0.3, BEFORE)
    assert baseline(candidate, [*early, *later]) == later
    assert baseline(candidate, [*early, *later[:4]]) == later[:4]
    few = review(candidate, [*early, *later[:4]], reactions(40, 0.0, AFTER), 4)
    assert few.verdict is Verdict.EXTEND
    assert few.why == "only 4 recommendations count before the change; 12 are wanted"
    many = reactions(200, 0.3, BEFORE)
    assert baseline(candidate, many) == many[-80:]


def test_the_day_of_the_announcement_is_that_of_the_owner(candidate: Candidate) -> None:
    late = replace(candidate, proposed_at=datetime(2012, 7, 8, 2, tzinfo=UTC))  # 7 July, in the evening, in New York.
    later = reactions(30, 0.3, BEFORE)
    assert baseline(late, later, NEW_YORK) == later
    assert baseline(late, later, UTC) == later[2:]


def test_what_is_planned_to_be_waited_for_is_waited_for(candidate: Candidate) -> None:
    before, few = reactions(80, 0.5, BEFORE), reactions(30, 0.0, AFTER)
    assert review(candidate, before, few, 4).verdict is Verdict.EXTEND
    sooner = replace(candidate, plan=replace(candidate.plan, exposed=30))
    assert review(sooner, before, few, 4).verdict is Verdict.KEEP


def test_a_plan_names_only_what_is_looked_at(candidate: Candidate) -> None:
    before, worse = reactions(80, 0.30, BEFORE), [replace(one, rejected=True) for one in reactions(40, 0.0, AFTER)]
    assert set(candidate.plan.guardrails) == set(review(candidate, before, worse, 4).broken)


def left(days: int, a_day: int, edit: Edit) -> list[Observation]:
    """One in four is still edited, on each of so many days."""
    at = [AFTER + timedelta(days=day) for day in range(days) for _ in range(a_day)]
    return [
        Observation(f"{number}", day, "AAPL", 0, False, {"expiry": edit} if number % 4 == 0 else {})
        for number, day in enumerate(at)
    ]


def test_what_is_still_edited_has_one_vote_a_day(candidate: Candidate) -> None:
    before = reactions(80, 0.70, BEFORE)
    back = Edit(-1, 3, 3)
    # Twenty edits on two days are two votes; on twenty days they are twenty.
    assert review(candidate, before, left(2, 40, back), 4).verdict is Verdict.EXTEND
    assert review(candidate, before, left(20, 4, back), 4).verdict is Verdict.MODIFY


def test_whoever_has_more_room_on_one_side_has_not_gone_too_far(candidate: Candidate) -> None:
    before = reactions(80, 0.70, BEFORE)
    # One step up is listed and five down: two down have no counterpart.
    assert review(candidate, before, left(20, 4, Edit(-2, 5, 1)), 4).verdict is Verdict.EXTEND
