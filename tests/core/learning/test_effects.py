"""Intervals are held to scipy, and to their promise: they hold the truth as often as they say."""

from __future__ import annotations

import json
import math
import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.learning import distributions, effects
from core.learning.effects import CLIP, Estimate

SHARES = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
STEPS = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=25)
NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=25)


@given(SHARES)
def test_wilson_is_what_scipy_says(share: tuple[int, int]) -> None:
    hits, n = share
    theirs = stats.binomtest(hits, n).proportion_ci(method="wilson")
    ours = effects.wilson(hits, n)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ours.low <= ours.value <= ours.high


@given(SHARES)
def test_jeffreys_is_what_scipys_beta_says(share: tuple[int, int]) -> None:
    hits, n = share
    ours = effects.jeffreys(hits, n)
    theirs = stats.beta(hits + 0.5, n - hits + 0.5)
    assert ours.low == (pytest.approx(theirs.ppf(0.025), rel=1e-7) if hits else 0.0)
    assert ours.high == (pytest.approx(theirs.ppf(0.975), rel=1e-7) if hits < n else 1.0)


@given(st.floats(0.001, 0.999), st.floats(0.3, 300), st.floats(0.3, 300))
def test_the_beta_distribution_is_scipys(x: float, a: float, b: float) -> None:
    assert distributions.beta_share(x, a, b) == pytest.approx(float(stats.beta.cdf(x, a, b)), rel=1e-8, abs=1e-13)
    assert distributions.beta_share(distributions.beta_quantile(x, a, b), a, b) == pytest.approx(x, abs=1e-9)


@pytest.mark.parametrize("freedom", [1, 2, 5, 30, 800])
def test_students_quantile_is_scipys(freedom: int) -> None:
    assert distributions.t_quantile(0.975, freedom) == pytest.approx(float(stats.t.ppf(0.975, freedom)), rel=1e-9)
    assert distributions.t_quantile(0.025, freedom) == -distributions.t_quantile(0.975, freedom)


def test_an_odds_ratio_is_what_scipy_says() -> None:
    ours = effects.odds_ratio(12, 8, 10, 40)
    theirs = stats.contingency.odds_ratio([[12, 8], [10, 40]], kind="sample")
    interval = theirs.confidence_interval(0.95)
    assert (ours.value, ours.low, ours.high) == pytest.approx((theirs.statistic, interval.low, interval.high))
    assert not ours.undetermined


def test_an_empty_cell_has_a_half_added_and_says_so() -> None:
    found = effects.odds_ratio(9, 0, 10, 40)
    assert found.value == pytest.approx(9.5 * 40.5 / (0.5 * 10.5))
    assert math.isfinite(found.high)
    assert "half" in found.method
    assert "half" not in effects.odds_ratio(9, 1, 10, 40).method


@pytest.mark.parametrize("cells", [(0, 0, 10, 40), (10, 40, 0, 0), (0, 20, 0, 30), (20, 0, 30, 0)])
def test_a_ratio_of_which_one_side_is_empty_is_undetermined(cells: tuple[int, int, int, int]) -> None:
    assert effects.odds_ratio(*cells).undetermined


@given(STEPS | NUMBERS)
def test_the_middle_of_edits_is_that_of_all_means_of_two(values: list[float]) -> None:
    means = sorted((values[i] + values[j]) / 2 for i in range(len(values)) for j in range(i, len(values)))
    assert effects.hodges_lehmann(values).value == pytest.approx(median(means), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("n", "rank"), [(5, 0), (6, 1), (7, 3), (10, 9), (20, 53), (25, 90)])
def test_wilcoxons_bounds_are_those_of_the_tables(n: int, rank: int) -> None:
    # Critical values for 5 %, two-sided (Conover 1999, table A12): 6: 0, 7: 2, 10: 8, 20: 52, 25: 89.
    values = [float(2**place) for place in range(n)]
    means = sorted((one + other) / 2 for i, one in enumerate(values) for other in values[i:])
    found = effects.hodges_lehmann(values)
    assert (found.low, found.high) == ((means[rank - 1], means[-rank]) if rank else (-math.inf, math.inf))


def test_ten_thousand_edits_are_told_without_writing_down_fifty_million_means() -> None:
    chance = random.Random(1)
    found = effects.hodges_lehmann([chance.gauss(0.5, 1) for _ in range(10_000)])
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(0.5, abs=0.05)
    assert found.high - found.low < 0.06


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=80), st.sampled_from([0.5, 0.9]))
def test_a_quantile_lies_between_two_of_the_values(values: list[float], share: float) -> None:
    found = effects.quantile(values, share)
    assert found.low <= found.value <= found.high
    assert found.low in values or found.low == -math.inf
    assert found.high in values or found.high == math.inf


def test_the_interval_of_a_median_holds_it_as_often_as_it_says() -> None:
    chance = random.Random(2)
    held = 0
    for _ in range(1_000):
        found = effects.quantile([chance.expovariate(1) for _ in range(31)], 0.5)
        held += found.low <= math.log(2) <= found.high
    assert held >= 940


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=40))
def test_a_mean_has_students_interval(values: list[float]) -> None:
    ours = effects.mean(values)
    if len(set(values)) > 1:
        theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-6, abs=1e-6)


def test_one_value_has_no_interval() -> None:
    assert effects.mean([3.0]).plain() == {
        "value": 3.0, "low": None, "high": None, "n": 1, "undetermined": True, "method": "Student's t",
    }  # fmt: skip


def test_few_are_drawn_towards_the_usual_rate_and_many_are_not() -> None:
    assert effects.shrunk(2, 2, 0.2) == pytest.approx((2 + 2) / 12)
    assert effects.shrunk(900, 1000, 0.2) == pytest.approx(0.893, abs=0.001)
    assert effects.shrunk(0, 0, 0.2) == 0.2


@pytest.mark.parametrize("count", [(-1, 3), (4, 3), (1, -1)])
def test_hits_that_cannot_be_are_refused(count: tuple[int, int]) -> None:
    for told in (effects.wilson, effects.jeffreys):
        with pytest.raises(ValueError, match="hits lie between"):
            told(*count)


@pytest.mark.parametrize(
    "nothing",
    [
        effects.wilson(0, 0),
        effects.jeffreys(0, 0),
        effects.odds_ratio(0, 0, 0, 0),
        effects.hodges_lehmann([]),
        effects.mean([]),
        effects.quantile([], 0.5),
        effects.edge([]).mean,
    ],
)
def test_of_nothing_everything_is_undetermined_and_can_be_written_as_json(nothing: Estimate) -> None:
    assert nothing.undetermined
    assert json.loads(json.dumps(nothing.plain(), allow_nan=False))["value"] is None


def test_an_interval_that_spans_no_effect_is_undetermined_and_so_are_too_few() -> None:
    assert Estimate(0.4, -0.1, 0.9, 100, 0.0).undetermined
    assert not Estimate(0.4, 0.1, 0.9, 100, 0.0).undetermined
    assert Estimate(0.4, 0.1, 0.9, 7, 0.0).undetermined
    assert not Estimate(0.4, 0.1, 0.9, 100).undetermined


# Whether departures were better


def test_whoever_has_no_edge_is_hardly_ever_told_of_one_however_often_they_look() -> None:
    told = 0
    for seed in range(100):
        chance = random.Random(seed)
        differences = [chance.gauss(0, 1) for _ in range(100)]
        told += any(not effects.edge(differences[:looked]).mean.undetermined for looked in (10, 20, 40, 60, 100))
    # 5 % is the bound; at it, more than 12 of 100 would be seen once in a thousand.
    assert told <= 12


def test_a_large_edge_is_found() -> None:
    chance = random.Random(3)
    found = effects.edge([chance.gauss(0.5, 1) for _ in range(200)])
    assert not found.mean.undetermined
    assert found.mean.low < 0.5 < found.mean.high
    assert found.evidence > 20 > found.against
    assert found.needed is None


def test_the_other_sign_is_the_other_side() -> None:
    values = [0.3, -1.2, 2.0, 0.1, -0.4, 1.1, 0.9, -0.2, 0.5]
    one, other = effects.edge(values), effects.edge([-value for value in values])
    assert (one.mean.low, one.evidence) == pytest.approx((-other.mean.high, other.against))


def test_a_windfall_is_clipped() -> None:
    assert effects.edge([1_000.0] + [-0.1] * 20).mean.value == effects.edge([CLIP] + [-0.1] * 20).mean.value


def test_it_says_how_many_more_it_would_take() -> None:
    # Half of the way (on the scale on which evidence grows) took 20: so will the other half.
    assert effects.needed(20, math.log(40) / 2, math.log(40)) == 20
    assert effects.needed(20, 0.0, math.log(40)) is None
    assert effects.needed(20, -1.0, math.log(40)) is None
    assert effects.needed(20, 1e-9, math.log(40)) is None
    assert effects.edge([0.0, 0.0, 0.0]).needed is None


def test_after_as_many_as_it_said_it_can_be_told() -> None:
    chance = random.Random(4)
    values = [chance.gauss(0.5, 1) for _ in range(400)]
    first = next(n for n in range(1, 400) if not effects.edge(values[:n]).mean.undetermined)
    halfway = effects.edge(values[: first // 2]).needed
    assert halfway is not None
    assert first // 2 + halfway == pytest.approx(first, rel=0.5)
    # What goes both ways by as much is not told by more of it.
    assert effects.edge([1.0, -1.0] * 20).needed is None


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60))
def test_an_edge_lies_within_its_interval(values: list[float]) -> None:
    found = effects.edge(values).mean
    assert -CLIP <= found.low <= found.value <= found.high <= CLIP
