"""Habits are found, and nothing is found where there is none; however often one looks."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bench.invented import FEATURES, NULLS, PARAMETERS, PLANTED, SUBJECTS, year
from core.learning.family import ALPHA, Hypothesis, Kind, family
from core.learning.observations import Edit, Observation, by_day
from core.learning.watch import Watch

FAMILY = family(PARAMETERS, FEATURES, SUBJECTS)
MONDAY = date(2026, 1, 5)
OPEN_WEEK = date(2012, 6, 25)
"""The last week of that June: its weekdays are compared when it is over, which is in July."""
EXPIRY = Hypothesis(Kind.EDIT, "expiry")


def edited(day: int, steps: int, below: int = 2, above: int = 2, number: int = 0) -> Observation:
    at = MONDAY + timedelta(days=day)
    return Observation(f"{day}/{number}", at, "AAPL", 0, False, {"expiry": Edit(steps, below, above)})


def state(watch: Watch) -> dict[Hypothesis, tuple[object, ...]]:
    """All that has been said."""
    return {
        one: (seen.log, seen.strata, seen.events, frozenset(seen.weeks), seen.hint_on, seen.pattern_on)
        for one, seen in watch.watched.items()
    }


def found(watch: Watch) -> set[Hypothesis]:
    return {hypothesis for hypothesis, watched in watch.watched.items() if watched.pattern_on}


@pytest.mark.parametrize("name", NULLS)
def test_whoever_has_no_habit_is_told_of_none(name: str) -> None:
    told = sum(bool(found(Watch(FAMILY).days(year(NULLS[name], seed)))) for seed in range(40))
    # One in ten would be four; were it one in four, 95 of 100 such runs would have more. `make bench` counts 300.
    assert told <= 5


@pytest.mark.parametrize("name", PLANTED)
def test_a_habit_is_found_within_the_year(name: str) -> None:
    person, (kind, what) = PLANTED[name]
    hypothesis = Hypothesis(Kind(kind), what)
    hits = sum(hypothesis in found(Watch(FAMILY).days(year(person, 1_000 + seed))) for seed in range(5))
    assert hits >= (4 if name in ("longer .90", "low premium +1.8", "subject +2.0") or "weekday" in name else 2)


def test_the_year_of_a_later_day_changes_nothing_that_was_said_before() -> None:
    july = date(2012, 7, 1)
    whole = list(year(PLANTED["longer .90"][0], 7))
    half = [one for one in whole if one.day < july]
    # What comes after is otherwise in everything: of another person, ten times as much, and all of it rejected.
    other = [replace(one, rejected=True) for one in year(NULLS["heavy tails"], 8, a_day=40) if one.day >= july]
    early = Watch(FAMILY).days(half)
    for later in ([one for one in whole if one.day >= july], other):
        went_on = Watch(FAMILY)
        for day, group in by_day([*half, *later]):
            if day >= july:
                break
            went_on.day(day, group)
        assert state(went_on) == state(early)
        went_on.days(later)
        assert state(went_on) != state(early)
        for hypothesis, watched in early.watched.items():
            after = went_on.watched[hypothesis]
            for said, since in ((watched.hint_on, after.hint_on), (watched.pattern_on, after.pattern_on)):
                assert since == said or (said is None and since is not None and since >= OPEN_WEEK)


def test_whoever_can_only_go_up_says_nothing_by_going_up() -> None:
    watch = Watch(FAMILY).days(edited(day, 1, below=0, above=5) for day in range(100))
    assert watch.watched[EXPIRY].evidence == 1.0
    assert watch.watched[EXPIRY].strata == 0


def test_whoever_takes_any_listed_step_alike_says_nothing_either() -> None:
    # Two steps down and five up: seven days, each step once. Every week the same.
    steps = [-2, -1, 1, 2, 3, 4, 5]
    watch = Watch(FAMILY).days(edited(day, steps[day % 7], below=2, above=5) for day in range(700))
    assert watch.watched[EXPIRY].evidence < 1.0


def test_a_day_has_one_vote_however_much_is_edited_in_it() -> None:
    many = Watch(FAMILY).days(edited(day, 1, number=number) for day in range(6) for number in range(50))
    once = Watch(FAMILY).days(edited(day, 1) for day in range(6))
    assert many.watched[EXPIRY].log == once.watched[EXPIRY].log
    assert many.watched[EXPIRY].events == 300


def test_a_few_days_are_no_habit_however_strong() -> None:
    watch = Watch(FAMILY)
    watch.watched[EXPIRY].threshold = 2.0
    watch.days(edited(day, 1) for day in range(14))
    assert watch.watched[EXPIRY].strata == 14
    assert watch.watched[EXPIRY].pattern_on is None  # Two weeks.
    watch.day(MONDAY + timedelta(days=14), [edited(14, 1)])
    assert watch.watched[EXPIRY].pattern_on == MONDAY + timedelta(days=14)


def test_the_weights_of_a_family_never_promise_more_than_alpha() -> None:
    assert sum(1 / FAMILY.threshold(one) for one in FAMILY.hypotheses) <= ALPHA
    joined = FAMILY
    for name in ("NEW1", "NEW2", "NEW3", "NEW1"):
        joined = joined.joined_by(name)
    assert len(joined.later) == 3
    assert joined.size == FAMILY.size
    assert sum(1 / joined.threshold(one) for one in joined.hypotheses) <= ALPHA


def test_what_was_asked_about_beforehand_weighs_twice() -> None:
    favouring = family(PARAMETERS, FEATURES, SUBJECTS, favoured=[EXPIRY])
    other = Hypothesis(Kind.EDIT, "strike")
    assert favouring.threshold(other) == pytest.approx(2 * favouring.threshold(EXPIRY))
    assert favouring.size == pytest.approx(FAMILY.size)


def test_a_subject_that_comes_later_is_watched_from_its_first_day_on() -> None:
    late = Observation("x", MONDAY, "ZZZZ", 0, True)
    watch = Watch(FAMILY)
    watch.day(MONDAY, [late, edited(0, 1)])
    hypothesis = Hypothesis(Kind.SUBJECT, "ZZZZ")
    assert watch.watched[hypothesis].strata == 1
    assert watch.watched[hypothesis].threshold == FAMILY.threshold(EXPIRY)


def test_a_weekday_with_few_recommendations_is_no_habit() -> None:
    """All days alike, but on Mondays one is advised and else six: nothing speaks for Mondays on average."""
    monday = Hypothesis(Kind.WEEKDAY, "Monday")
    grown = []
    for seed in range(400):
        chance = random.Random(seed)
        days = [
            [observed(7 * week + weekday, chance.random() < 0.3, number) for number in range(1 if weekday == 0 else 6)]
            for week in range(12)
            for weekday in range(5)
        ]
        watch = Watch(FAMILY).days(one for day in days for one in day)
        watch.close_week()
        grown.append(watch.watched[monday].evidence)
    assert sum(grown) / len(grown) < 1.2
    assert max(grown) < 100


def observed(day: int, rejected: bool, number: int) -> Observation:
    return Observation(f"{day}/{number}", MONDAY + timedelta(days=day), "AAPL", 0, rejected)
