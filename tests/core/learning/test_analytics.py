"""Every rate has its denominator, every number its count, and nobody is told of a skill that is a choice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.learning import analytics, paired
from core.learning.counting import Counts, counted, once
from core.learning.outcome import Coverage, Outcome
from core.learning.paired import SELECTION
from core.learning.records import How, Label, Match, Recommendation, Source

AT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


def match(number: int = 0, label: Label = Label.CONSENT, how: How = How.EXPLICIT, **more: object) -> Match:
    at = AT + timedelta(days=number)
    said: dict[str, object] = {"subject": "AAPL", "key": f"req_{number}{label}{how}", "at": at, **more}
    return Match(
        day=at.date(), person="alice", program="calls", algorithm="1", action="sell_call",
        label=label, how=how, **said,  # type: ignore[arg-type]
    )  # fmt: skip


def modified(number: int, **edits: float) -> Match:
    return match(number, Label.MODIFY, How.MATCHED, edits=edits)


def worth(one: Match, difference: str | None, *, is_open: bool = False, risk: str | None = None) -> Outcome:
    level = None if difference is None else Decimal(difference)
    zero = Decimal(0)
    return Outcome(
        one.key, one.subject, one.label, "USD", zero, zero, level, level, None if risk is None else Decimal(risk),
        open=is_open, known_on=one.day + timedelta(days=10),
    )  # fmt: skip


IGNORED = match(3, Label.REJECT, How.IGNORED)
EACH = [
    match(0),
    match(1, Label.MODIFY, How.MATCHED),
    match(2, Label.REJECT),
    IGNORED,
    match(4, Label.NO_ACTION, How.IGNORED),
    match(5, Label.INDEPENDENT, How.MATCHED),
    match(6, Label.CONSENT, How.MATCHED, ambiguous=("o7",)),
]


# What is counted


def test_independents_are_no_recommendations_and_what_was_ignored_is_no_preference() -> None:
    counts = counted(EACH)
    assert counts == Counts(1, 1, 1, ignored=1, no_action=1, ambiguous=1, independent=1)
    assert (counts.recommendations, counts.decided, counts.diverged) == (6, 3, 2)


def test_what_is_ambiguous_counts_from_when_somebody_has_said() -> None:
    assert counted([EACH[-1]]).decided == 0
    assert counted([replace(EACH[-1], settled_by="alice")]).consent == 1


def test_the_same_advice_is_one_recommendation_however_often_it_was_given() -> None:
    first = match(0, Label.REJECT, key="a", shared=("b", "c"))
    others = [replace(first, key=key, at=AT + timedelta(minutes=1), shared=("a",)) for key in "bc"]
    assert once([others[0], first, others[1]]) == [first]
    assert counted([first, *others]) == Counts(reject=1, repeated=2)
    # Alone with one of the two algorithms, it is that one's.
    assert once(others[:1]) == others[:1]


def test_a_rate_is_of_what_was_decided() -> None:
    rate = analytics.divergence_rate(EACH).rate
    assert rate.value == pytest.approx(2 / 3)
    assert rate.n == 3
    assert rate.undetermined


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("week", ["2025-W52", "2026-W01", "2026-W02", "2026-W03"]),
        ("month", ["2025-12", "2026-01"]),
    ],
)
def test_periods_have_names_and_none_in_between_is_left_out(by: str, names: list[str]) -> None:
    found = analytics.divergence_rate([match(-10, Label.REJECT), match(7), match(8)], by)
    assert [one.name for one in found.periods] == names
    assert [one.counts.decided for one in found.periods][1:-1] == [0] * (len(names) - 2)
    assert found.periods[0].rate.n == 1
    assert sum(one.counts.decided for one in found.periods) == found.counts.decided == 3


def test_a_period_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="day, week or month"):
        analytics.divergence_rate([match()], "year")


# Followed against diverged


def test_only_the_difference_on_the_same_recommendation_is_compared() -> None:
    matches = [*(match(number) for number in range(20)), *(match(number, Label.REJECT) for number in range(20))]
    # What was followed came to a fortune, what was rejected would have lost one: no reason to praise anybody's choice.
    followed = [replace(worth(one, "0"), advised=Decimal(9_999), real=Decimal(9_999)) for one in matches[:20]]
    rejected = [worth(one, "10") for one in matches[20:]]
    (found,) = paired.followed_vs_diverged(matches, [*followed, *rejected])
    assert (found.sum.amount, found.mean.value, found.mean.n) == (Decimal(200), 10.0, 20)
    assert found.sum.coverage == Coverage(20, 20)
    assert found.note == SELECTION


def test_what_is_open_or_cannot_be_priced_is_missing_and_counted_as_such() -> None:
    matches = [match(number, Label.REJECT) for number in range(4)]
    told = [worth(matches[0], "5"), worth(matches[1], None), worth(matches[2], "900", is_open=True)]
    (found,) = paired.followed_vs_diverged(matches, told)
    assert (found.sum.amount, found.sum.coverage) == (Decimal(5), Coverage(1, 4, 1))
    assert found.undetermined


def test_ignored_and_ambiguous_ones_are_nobodys_decision() -> None:
    unclear = match(1, Label.MODIFY, ambiguous=("o2",))
    assert paired.followed_vs_diverged([IGNORED, unclear], [worth(IGNORED, "50"), worth(unclear, "50")]) == ()


def test_overlapping_positions_are_one_bet() -> None:
    monday = [match(0, Label.REJECT, key=f"{number}", subject="AAPL" if number < 5 else "GOOG") for number in range(6)]
    (found,) = paired.followed_vs_diverged(monday, [worth(one, "10", risk="10") for one in monday])
    assert (found.unit, found.bets, found.mean.n) == ("R", 2, 6)


def test_a_bet_of_which_a_part_is_open_has_no_result_yet() -> None:
    two = [match(0, Label.REJECT, key="a"), match(0, Label.REJECT, key="b")]
    told = [worth(two[0], "10", risk="10"), worth(two[1], "10", risk="10", is_open=True)]
    assert paired.followed_vs_diverged(two, told)[0].bets == 0


def year(edge: float, seed: int, risk: str | None) -> tuple[list[Match], list[Outcome]]:
    chance = random.Random(seed)
    matches = [match(number, Label.REJECT, subject=f"S{number % 5}") for number in range(250)]
    return matches, [worth(one, f"{chance.gauss(100 * edge, 100):.2f}", risk=risk) for one in matches]


@pytest.mark.parametrize("risk", ["100", None], ids=["in R", "without R"])
def test_whoever_has_no_edge_is_told_that_it_is_undetermined_and_whoever_has_a_large_one_is_told(
    risk: str | None,
) -> None:
    by_chance = sum(not paired.followed_vs_diverged(*year(0, seed, risk))[0].undetermined for seed in range(20))
    assert by_chance <= 3
    (found,) = paired.followed_vs_diverged(*year(0.6, 1, risk))
    assert not found.undetermined
    assert found.edge.mean.low > 0
    (undecided,) = paired.followed_vs_diverged(*year(0.2, 2, risk))
    assert undecided.undetermined
    assert (undecided.edge.needed or 0) > 0
    # Where evidence does not grow, no number of further ones is as good as another.
    (nothing,) = paired.followed_vs_diverged(*year(0.05, 2, risk))
    assert nothing.undetermined
    assert nothing.edge.needed is None


def test_the_scale_of_a_bet_is_what_was_usual_before_it() -> None:
    matches = [match(number * 7, Label.REJECT) for number in range(6)]
    told = [worth(one, amount) for one, amount in zip(matches, ("10", "-10", "20", "30", "-30", "10"), strict=True)]
    (found,) = paired.followed_vs_diverged(matches, told)
    # The first five say what is usual: 20. The sixth is the only bet.
    assert (found.unit, found.bets) == ("usual differences", 1)
    assert found.edge.mean.value == pytest.approx(0.5)


def test_the_sum_grows_by_the_day_on_which_each_became_known() -> None:
    matches = [match(number, Label.REJECT) for number in (0, 1, 2)]
    told = [
        replace(worth(one, amount), known_on=date(2026, 2, day))
        for one, amount, day in zip(matches, ("5", "-2", "4"), (20, 10, 10), strict=True)
    ]
    points = paired.cumulative(matches, told, "USD")
    assert [(one.day.day, one.total, one.n) for one in points] == [(10, Decimal(2), 2), (20, Decimal(7), 3)]
    assert points[0].low is not None
    assert paired.cumulative(matches, told[:1], "USD")[0].low is None
    assert paired.cumulative(matches, told, "EUR") == ()


# Modifications, reasons, tables


def test_modifications_go_one_way_each_the_most_frequent_first() -> None:
    matches = [
        *(modified(number, expiry=2.0, quantity=-1.0) for number in range(9)),
        modified(10, expiry=-1.0),
        *(match(number) for number in range(20, 30)),
        match(40, Label.MODIFY, ambiguous=("o1",), edits={"strike": 5.0}),
        IGNORED,
        match(41, Label.NO_ACTION, How.IGNORED),
    ]
    rows = analytics.top_modifications(matches)
    assert [(one.parameter, one.direction, one.n) for one in rows] == [
        ("expiry", "up", 9), ("quantity", "down", 9), ("expiry", "down", 1),
    ]  # fmt: skip
    assert rows[0].steps.value == 2.0
    assert rows[0].share.value == pytest.approx(9 / 20)
    assert rows[0].share.n == 20
    assert rows[2].steps.undetermined
    assert analytics.top_modifications(matches, 1) == rows[:1]


def test_reasons_are_shares_of_those_that_gave_one_beside_the_share_that_gave_none() -> None:
    told = [
        match(number, Label.REJECT, reason="price" if number < 6 else None, would_agree="no") for number in range(8)
    ]
    found = analytics.reasons([*told, match(9, reason="price"), replace(IGNORED, reason="price")])
    assert [(one.code, one.n, one.share.value) for one in found.codes] == [("price", 6, 1.0)]
    assert (found.without.value, found.without.n) == (0.25, 8)
    assert (found.would_agree.value, found.would_agree.n) == (0.0, 8)


def test_a_line_with_few_is_drawn_towards_the_usual_rate() -> None:
    matches = [match(number, Label.REJECT if number % 5 == 0 else Label.CONSENT) for number in range(50)]
    matches.append(match(60, Label.REJECT, subject="GOOG"))
    rows = analytics.by_subject(matches, {matches[-1].key: worth(matches[-1], "3")})
    assert [one.name for one in rows] == ["AAPL", "GOOG"]
    assert rows[1].rate.value == 1.0
    assert rows[1].drawn == pytest.approx((1 + 10 * 11 / 51) / 11)
    assert rows[1].sums[0].amount == Decimal(3)
    assert analytics.by_subject([match(0, Label.INDEPENDENT)])[0].drawn is None


def test_hours_are_those_of_the_zone_also_when_clocks_change() -> None:
    zone = ZoneInfo("America/New_York")
    winter, summer = match(0), match(100)
    alone = match(1, Label.INDEPENDENT, at=AT + timedelta(hours=5))
    assert [one.name for one in analytics.by_hour([winter, summer, alone], zone)] == ["10", "11"]


def test_overrides_are_told_by_direction_and_size() -> None:
    matches = [
        modified(0, expiry=1.0), modified(1, expiry=3.0), modified(2, quantity=-0.58), modified(3, limit=0.2),
        match(4, Label.REJECT), match(5, Label.MODIFY),
    ]  # fmt: skip
    found = paired.cost_of_overrides(matches, [worth(one, "-10") for one in matches])
    assert {one.sort for one in found.sorts} == {
        "expiry up, small", "expiry up, large", "quantity down, small", "limit up, large", "rejected",
        "otherwise modified",
    }  # fmt: skip
    assert found.sums[0].amount == Decimal(-60)
    assert all(one.mean.undetermined for one in found.sorts)


def test_one_with_two_edits_is_in_both_lines_and_once_in_the_sum() -> None:
    both = modified(0, expiry=1.0, strike=-2.0)
    found = paired.cost_of_overrides([both], [worth(both, "-10")])
    assert (len(found.sorts), found.sums[0].amount) == (2, Decimal(-10))


# How people are asked


def asked(number: int, seconds: float | None, decision: str | None = "approved", **more: object) -> Recommendation:
    at = AT + timedelta(hours=12 * number)
    said: dict[str, object] = {
        "decision": decision, "asked_at": at,
        "decided_at": None if seconds is None else at + timedelta(seconds=seconds), **more,
    }  # fmt: skip
    return Recommendation(
        f"req_{number}", at, at + timedelta(hours=1), "alice", "calls", "1", "sell_call", "AAPL", **said,  # type: ignore[arg-type]
    )  # fmt: skip


def test_response_times_are_of_what_people_answered_live() -> None:
    told: Sequence[Recommendation] = [
        *(asked(number, 60.0 * (number + 1)) for number in range(10)),
        asked(20, None, None),
        asked(21, 3_600, "expired"),
        asked(22, 5, source=Source.IMPORTED),
        asked(23, 5, asked_at=None),
    ]
    found = analytics.response_times(told)
    assert (found.median.value, found.median.n, found.p90.value, found.unanswered) == (330.0, 10, 540.0, 2)
    assert found.median.low < 330 < found.median.high


def test_load_is_what_was_asked_a_day_in_the_zone() -> None:
    found = analytics.load([asked(number, 5) for number in range(5)], ZoneInfo("Asia/Tokyo"))
    assert found.days == ((date(2026, 1, 6), 2), (date(2026, 1, 7), 2), (date(2026, 1, 8), 1))
    assert found.busiest == (date(2026, 1, 7), 2)
    assert (found.a_day.value, found.a_day.n) == (2.0, 3)


def test_of_nothing_there_is_something_to_show() -> None:
    found = analytics.divergence_rate([])
    assert (found.periods, found.counts) == ((), Counts())
    assert found.rate.undetermined
    assert paired.followed_vs_diverged([], {}) == ()
    assert paired.cost_of_overrides([], {}) == paired.Overrides((), ())
    assert not any([analytics.top_modifications([]), analytics.by_subject([]), analytics.by_hour([])])
    assert analytics.reasons([]).without.undetermined
    assert (analytics.load([]).busiest, analytics.response_times([]).unanswered) == (None, 0)
    assert analytics.load([]).a_day.undetermined


def test_all_of_it_is_the_same_for_the_same_input_in_any_order() -> None:
    matches, told = year(0.1, 5, None)
    shuffled = matches.copy()
    random.Random(1).shuffle(shuffled)
    assert paired.followed_vs_diverged(shuffled, told) == paired.followed_vs_diverged(matches, told)
    assert paired.cumulative(shuffled, told, "USD") == paired.cumulative(matches, told, "USD")
    assert paired.cost_of_overrides(shuffled, told) == paired.cost_of_overrides(matches, told)
    assert analytics.by_subject(shuffled, told) == analytics.by_subject(matches, told)
    assert analytics.divergence_rate(shuffled) == analytics.divergence_rate(matches)
