"""From what became of recommendations to findings: what counts, what is looked for, and how it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench.invented import NULLS, PLANTED, year
from core.learning.family import Hypothesis, Kind
from core.learning.finding import Agreement, Level
from core.learning.observations import Edit, Observation
from core.learning.patterns import FIRST, MOST_SUBJECTS, family_of, findings, observations, quarter_of
from core.learning.records import How, Label, Match, Recommendation
from core.learning.setup import Session
from tests.core.learning.habits import matched, told

NEW_YORK = ZoneInfo("America/New_York")
MARKET = Session(NEW_YORK, time(9, 30), time(16))
MONDAY = date(2012, 1, 2)
END = date(2012, 12, 31)


def seen(day: int = 0, number: int = 0, **parts: object) -> Observation:
    at = MONDAY + timedelta(days=day)
    made: dict[str, object] = {"subject": "AAPL", "quarter": 0, "rejected": False, **parts}
    return Observation(f"{at}/{number}", at, **made)  # type: ignore[arg-type]


def one_match(**changes: object) -> tuple[list[Recommendation], list[Match]]:
    advice, matches = told([seen(edits={"expiry": Edit(1, 2, 2)})])
    return advice, [replace(matches[0], **changes)]  # type: ignore[arg-type]


def counted(**changes: object) -> list[Observation]:
    advice, matches = one_match(**changes)
    return [one for group in observations(matches, advice, UTC).values() for one in group]


@pytest.mark.parametrize("how", [How.EXPLICIT, How.LINKED, How.MATCHED])
@pytest.mark.parametrize("label", [Label.CONSENT, Label.MODIFY, Label.REJECT])
def test_what_somebody_did_is_evidence_however_it_is_known(label: Label, how: How) -> None:
    (one,) = counted(label=label, how=how)
    assert one.rejected == (label is Label.REJECT)
    assert bool(one.edits) == (label is Label.MODIFY)


@pytest.mark.parametrize(
    "changes",
    [
        {"label": Label.REJECT, "how": How.IGNORED},
        {"label": Label.NO_ACTION},
        {"label": Label.INDEPENDENT},
        {"ambiguous": ("o-2",)},
        {"recommendation": None},
        {"recommendation": "imp:never heard of"},
        {"person": ""},
    ],
)
def test_what_says_nothing_of_a_preference_is_no_evidence(changes: dict[str, object]) -> None:
    assert counted(**changes) == []


def test_an_ambiguous_match_counts_once_somebody_has_settled_it() -> None:
    assert len(counted(ambiguous=("o-2",), settled_by="alice")) == 1


def test_edits_come_with_the_room_that_the_list_had() -> None:
    assert counted()[0].edits == {"expiry": Edit(1, 2, 2)}


def test_a_change_beyond_numbers_is_no_edit() -> None:
    (one,) = counted(edits={"expiry": float("nan"), "strike": float("inf"), "quantity": 0.0})
    assert one.edits == {}


def test_of_a_single_contract_there_are_no_fewer() -> None:
    advice, matches = one_match(edits={"quantity": 1.0})
    for size, free in ((1, False), (2, True)):
        advised = [replace(advice[0], parameters={"quantity": size}, ladders={})]
        (group,) = observations(matches, advised, UTC).values()
        assert group[0].edits["quantity"].free is free


def test_the_price_that_the_market_filled_at_is_no_edit_and_one_that_was_typed_is() -> None:
    advice, matches = one_match(edits={"limit": -0.02})
    filled = [replace(advice[0], parameters={"limit": 2.0}, ladders={})]
    typed = [replace(filled[0], decided={"limit": 1.96})]
    assert next(iter(observations(matches, filled, UTC).values()))[0].edits == {}
    assert next(iter(observations(matches, typed, UTC).values()))[0].edits["limit"].steps == -1


def test_a_day_is_a_day_where_the_person_is() -> None:
    advice, matches = one_match()
    late = [replace(advice[0], at=datetime(2012, 1, 3, 2, tzinfo=UTC))]
    (group,) = observations(matches, late, NEW_YORK).values()
    assert group[0].day == date(2012, 1, 2)


@pytest.mark.parametrize(
    ("clock", "quarter"),
    [("09:29", 0), ("09:30", 0), ("11:07", 0), ("11:08", 1), ("12:45", 2), ("15:59", 3), ("16:30", 3)],
)
def test_the_session_has_four_quarters_and_its_own_zone(clock: str, quarter: int) -> None:
    at = datetime.combine(MONDAY, time.fromisoformat(clock), NEW_YORK).astimezone(UTC)
    assert quarter_of(at, MARKET) == quarter


def test_the_family_is_fixed_by_the_first_recommendations_and_by_nothing_that_anybody_made_of_them() -> None:
    whole = list(year(NULLS["plain"], 1))
    advice, _ = told(whole)
    again, _ = told(year(PLANTED["longer .90"][0], 1))
    first = family_of(advice)
    assert first.on == whole[FIRST - 1].day
    assert family_of(advice[: FIRST + 5]).family == first.family
    assert set(family_of(again).family.weights) == set(first.family.weights)
    assert family_of(advice[: FIRST - 1]).on is None


def test_what_comes_later_joins_by_its_reserve_and_changes_no_threshold() -> None:
    advice, _ = told(year(NULLS["plain"], 1))
    before = family_of(advice).family
    later = [replace(one, subject="ZZZZ", parameters={**one.parameters, "venue": 1}) for one in advice[FIRST:]]
    assert family_of([*advice[:FIRST], *later]).family == before
    assert len([one for one in before.weights if one.kind is Kind.SUBJECT]) <= MOST_SUBJECTS


def test_a_flood_of_names_does_not_make_everything_unfindable() -> None:
    advice, _ = told(year(NULLS["plain"], 1))
    many = [replace(one, features={f"f{number}": 1.0 for number in range(500)}) for one in advice]
    assert family_of(many).family.size < 50


@pytest.mark.parametrize("name", ["longer .90", "low premium +1.8", "subject +2.0", "last quarter +2.0"])
def test_a_habit_is_found_through_matches_too(name: str) -> None:
    person, (kind, what) = PLANTED[name]
    advice, matches = told(year(person, 1_001))
    found = findings(matches, advice, UTC, Session(UTC, time(9), time(17)), END)
    best = found[0]
    assert (best.level, best.hypothesis) == (Level.PATTERN, Hypothesis(Kind(kind), what))
    assert best.stands
    assert best.since is not None
    assert best.effect.low <= best.effect.value <= best.effect.high


@pytest.mark.parametrize("name", NULLS)
def test_nobody_without_a_habit_is_told_of_one(name: str) -> None:
    shown = 0
    for seed in range(30):
        advice, matches = told(year(NULLS[name], seed))
        shown += any(one.level is Level.PATTERN for one in findings(matches, advice, UTC, None, END))
    # One in ten would be three; were it one in four, 96 of 100 such runs would have more.
    assert shown <= 3


def test_nothing_is_a_pattern_before_the_family_is_fixed() -> None:
    days = [seen(day, edits={"expiry": Edit(1, 2, 2)}) for day in range(FIRST - 1)]
    (best, *_) = findings(told(days)[1], told(days)[0], UTC, None, END)
    assert best.evidence > best.threshold
    assert best.level is Level.HINT
    more = [*days, seen(FIRST, edits={"expiry": Edit(1, 2, 2)})]
    (best, *_) = findings(told(more)[1], told(more)[0], UTC, None, END)
    assert best.level is Level.PATTERN
    assert best.since == more[-1].day


def test_strong_evidence_for_something_small_is_no_pattern() -> None:
    # 60 % up, for ten years: sure, and not worth a message.
    days = [seen(day, edits={"expiry": Edit(1 if day % 5 < 3 else -1, 2, 2)}) for day in range(3_000)]
    advice, matches = told(days)
    best = next(
        one for one in findings(matches, advice, UTC, None, date(2030, 1, 1)) if one.hypothesis.name == "expiry"
    )
    assert best.evidence > best.threshold
    assert best.level is Level.COUNTED
    assert "small" in best.standing


def test_a_new_version_of_the_algorithm_begins_anew() -> None:
    person, _ = PLANTED["longer .90"]
    first, second = told(year(person, 7), algorithm="v1"), told(year(person, 8), algorithm="v2")
    both = findings(first[1] + second[1], first[0] + second[0], UTC, None, END)
    alone = findings(first[1], first[0], UTC, None, END)
    assert [one for one in both if one.algorithm == "v1"] == alone
    assert {one.algorithm for one in both} == {"v1", "v2"}


def test_what_is_known_later_changes_nothing_that_was_said_before() -> None:
    advice, matches = told(year(PLANTED["longer .90"][0], 7))
    june = date(2012, 6, 30)
    known = [one for one in matches if one.day <= june]
    early = findings(known, [one for one in advice if one.at.date() <= june], UTC, None, june)
    assert findings(matches, advice, UTC, None, june) == early


def test_a_week_is_over_on_saturday_and_its_weekdays_count_then() -> None:
    week = [seen(day, number, rejected=day % 7 == 4) for day in range(5) for number in range(3)]
    advice, matches = told(week)
    friday = Hypothesis(Kind.WEEKDAY, "Friday")
    told_on = {
        day: [one.hypothesis for one in findings(matches, advice, UTC, None, MONDAY + timedelta(days=day))]
        for day in (4, 5)
    }
    assert friday not in told_on[4]
    assert friday in told_on[5]


def test_it_is_said_in_words_that_can_be_read_aloud() -> None:
    days = [seen(day, edits={"expiry": Edit(1 if day % 8 else -1, 3, 3)}) for day in range(48)]
    advice, matches = told(days)
    (best, *_) = findings(matches, advice, UTC, None, END)
    assert best.title == "Lengthens the expiry"
    assert (
        best.sentence
        == "You lengthened the expiry in 42 of 48 edits (88 %, 75 to 94 %), by 1 listed step in the middle."
    )
    assert best.standing.startswith("Pattern, since ")


def test_a_rejection_is_said_beside_the_rest() -> None:
    week = [
        seen(day, number, subject="MSFT" if number else "AAPL", rejected=not number)
        for day in range(60)
        for number in range(4)
    ]
    advice, matches = told(week)
    best = next(one for one in findings(matches, advice, UTC, None, END) if one.hypothesis.name == "AAPL")
    assert best.sentence.startswith(
        "You rejected 60 of 60 recommendations for AAPL, 100 % of them, and 0 of the 180 others (0 %)"
    )


def test_a_hint_says_about_how_long_it_may_take() -> None:
    days = [seen(7 * week, edits={"expiry": Edit(1, 2, 2)}) for week in range(8)]
    advice, matches = told(days)
    (best, *_) = findings(matches, advice, UTC, None, days[-1].day)
    assert best.level is Level.HINT
    assert best.weeks_to_go is not None
    assert 2 <= best.weeks_to_go <= 12
    assert f"about {best.weeks_to_go} weeks to go" in best.standing


def test_reasons_corroborate_and_are_counted_with_those_that_were_not_given() -> None:
    days = [
        seen(day, edits={"expiry": Edit(1, 2, 2)}, reason="timing" if day % 3 else None, would_agree="yes")
        for day in range(48)
    ]
    advice, matches = told(days)
    (best, *_) = findings(matches, advice, UTC, None, END)
    (reason,) = best.reasons
    assert (reason.code, reason.hits, reason.stated, best.unstated) == ("timing", 32, 32, 16)
    assert reason.corroborates
    assert best.agreement.asks_for == "data"


def test_a_reason_alone_makes_nothing() -> None:
    days = [seen(day, edits={"expiry": Edit(1 if day % 2 else -1, 2, 2)}, reason="timing") for day in range(60)]
    advice, matches = told(days)
    assert all(one.level is Level.COUNTED for one in findings(matches, advice, UTC, None, END))


@pytest.mark.parametrize(
    ("agreement", "asks_for"),
    [
        (Agreement(8, 1), "data"),
        (Agreement(1, 8), "logic"),
        (Agreement(4, 4), ""),
        (Agreement(3, 0), ""),
        (Agreement(0, 0, 9), ""),
    ],
)
def test_whether_it_would_agree_says_what_it_lacks(agreement: Agreement, asks_for: str) -> None:
    assert agreement.asks_for == asks_for


def correlated(strength: float) -> tuple[list[Recommendation], list[Match]]:
    """Rejects a low premium; the delta goes with the premium."""
    whole = year(PLANTED["low premium +1.8"][0], 1_003)
    shifted = [
        replace(
            one,
            features={
                **one.features,
                "delta": strength * one.features["premium"] + (1 - strength) * one.features["delta"],
            },
        )
        for one in whole
    ]
    return told(shifted)


def test_what_only_goes_with_a_pattern_is_explained_by_it() -> None:
    advice, matches = correlated(0.8)
    found = {one.hypothesis.name: one for one in findings(matches, advice, UTC, None, END)}
    assert found["delta"].evidence > 10
    assert found["delta"].explained_by == Hypothesis(Kind.FEATURE, "premium")
    assert not found["delta"].stands
    assert "Explained by: the premium" in found["delta"].standing
    assert found["premium"].explained_by is None


def test_two_habits_that_have_nothing_to_do_with_each_other_both_stand() -> None:
    person = replace(PLANTED["low premium +1.8"][0], subject={"AAPL": 2.0})
    advice, matches = told(year(person, 1_005))
    patterns = [one for one in findings(matches, advice, UTC, None, END) if one.level is Level.PATTERN]
    assert {one.hypothesis.name for one in patterns} == {"premium", "AAPL"}
    assert all(one.explained_by is None for one in patterns)


def test_an_edit_that_always_comes_with_another_is_explained_by_it() -> None:
    days = [seen(day, edits={"expiry": Edit(1, 3, 3), "strike": Edit(1, 3, 3)}) for day in range(40)]
    days += [seen(day, edits={"expiry": Edit(1, 3, 3)}) for day in range(40, 60)]
    advice, matches = told(days)
    found = {one.hypothesis.name: one for one in findings(matches, advice, UTC, None, END)}
    assert found["strike"].explained_by == Hypothesis(Kind.EDIT, "expiry")
    assert found["expiry"].stands


def test_nothing_at_all_gives_no_findings() -> None:
    assert findings([], [], UTC, None, END) == []
    advice, matches = one_match(label=Label.NO_ACTION)
    assert findings(matches, advice, UTC, None, END) == []
    assert matched(advice[0], seen()).label is Label.CONSENT
