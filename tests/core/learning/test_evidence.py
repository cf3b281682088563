"""What makes it evidence: without a pattern no bet gains on average, whatever has happened before."""

from __future__ import annotations

import math
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.learning import evidence
from core.learning.evidence import RAISES, SLOPES, STAKES, TILTS, Bets, Ranks

SCORES = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=7)


def mean(factors: list[list[float]]) -> list[float]:
    """Of each bet, over equally likely strata."""
    return [sum(map(math.exp, bet)) / len(factors) for bet in zip(*factors, strict=True)]


def test_a_direction_that_is_as_likely_as_the_other_gains_nothing() -> None:
    assert mean([evidence.direction(True), evidence.direction(False)]) == pytest.approx([1.0] * len(TILTS))


@given(SCORES, st.data())
def test_whoever_is_chosen_at_random_gains_nothing(scores: list[float], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(scores)))
    strata = [
        evidence.chosen_by(scores, [place in chosen for place in range(len(scores))], SLOPES)
        for chosen in combinations(range(len(scores)), size)
    ]
    assert mean(strata) == pytest.approx([1.0] * len(SLOPES))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5), st.data())
def test_days_in_any_order_gain_nothing(shares: list[float], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(shares) - 1))
    strata = [evidence.ordered(order, place, RAISES) for order in permutations(shares)]
    assert mean(strata) == pytest.approx([1.0] * len(RAISES))


@given(st.floats(0.01, 1))
def test_a_difference_around_zero_gains_nothing(size: float) -> None:
    assert mean([evidence.above(size), evidence.above(-size)]) == pytest.approx([1.0] * len(STAKES))


def test_a_difference_beyond_the_clip_is_refused() -> None:
    with pytest.raises(ValueError, match="clipped"):
        evidence.above(1.5)


@pytest.mark.parametrize("trials", [1, 5, 9])
def test_a_reason_no_more_frequent_than_it_may_be_gains_nothing(trials: int) -> None:
    average = sum(
        math.comb(trials, hits)
        * 0.25**hits
        * 0.75 ** (trials - hits)
        * math.exp(evidence.more_than(0.25, hits, trials))
        for hits in range(trials + 1)
    )
    assert average == pytest.approx(1.0)
    assert evidence.more_than(0.25, trials, trials) > 0 > evidence.more_than(0.25, 0, trials)


def test_a_stratum_in_which_all_or_none_are_chosen_says_nothing() -> None:
    assert evidence.chosen_by([0.1, 0.4], [True, True], SLOPES) == [0.0] * len(SLOPES)
    assert evidence.chosen_by([0.1, 0.4], [False, False], SLOPES) == [0.0] * len(SLOPES)
    assert evidence.ordered([0.5], 0, RAISES) == [0.0] * len(RAISES)


def test_fisher_would_agree() -> None:
    # 2 rejected of 6, both of the 3 that are of the symbol: 3 ways of 15.
    scores, chosen = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [True, True, False, False, False, False]
    slope = 1.3
    ways = 3 * math.exp(2 * slope) + 9 * math.exp(slope) + 3
    assert evidence.chosen_by(scores, chosen, [slope]) == pytest.approx([2 * slope - math.log(ways / 15)])


def test_bets_multiply_and_their_mean_is_the_evidence() -> None:
    bets = Bets()
    assert bets.evidence == 1.0
    bets.place([math.log(2), math.log(0.5)])
    bets.place([math.log(3), math.log(0.5)])
    assert bets.evidence == pytest.approx((6 + 0.25) / 2)


def test_evidence_beyond_all_numbers_stays_a_number() -> None:
    bets = Bets()
    for _ in range(5_000):
        bets.place(evidence.direction(True))
    assert math.isfinite(bets.evidence)
    bets.place([-1e9] * len(TILTS))
    assert 0.0 <= bets.evidence < 1e-20


def test_steep_slopes_of_a_long_day_do_not_overflow() -> None:
    scores = [place / 500 - 0.5 for place in range(500)]
    factors = evidence.chosen_by(scores, [place < 250 for place in range(500)], [-50.0, 50.0])
    assert all(map(math.isfinite, factors))
    assert factors[0] > 0 > factors[1]


def test_a_rank_is_taken_among_earlier_days_alone() -> None:
    ranks = Ranks()
    assert ranks.places([float(number) for number in range(8)]) == [None] * 8
    assert ranks.places([-1.0, 3.5, 100.0, None]) == [-0.5, 0.0, 0.5, None]
    # Those three are of the past now.
    assert ranks.places([3.5]) == [pytest.approx((5 + 6) / 22 - 0.5)]
