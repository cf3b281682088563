"""Whether a change worked: the rule of the facts, held to scipy and to invented people."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from bench.lifecycle import CHANGES, NONE, Change, lives, look, went_down
from core.learning.validation import LESS, SURE, SURE_TO_KEEP, Share, Verdict, judge, less_than

SHARES = st.integers(0, 120).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n)))


def exactly(after: Share, before: Share, factor: float) -> float:
    """The same integral, by scipy."""
    old = stats.beta(before.hits + 0.5, before.n - before.hits + 0.5)
    new = stats.beta(after.hits + 0.5, after.n - after.hits + 0.5)

    def at(t: float) -> float:
        q = math.sin(t) ** 2
        return float(old.pdf(q) * 2 * math.sin(t) * math.cos(t) * new.cdf(min(1.0, factor * q)))

    return float(integrate.quad(at, 1e-9, math.pi / 2 - 1e-9, limit=500)[0])


@settings(max_examples=40, deadline=None)
@given(SHARES, SHARES, st.sampled_from([LESS, 1.0]))
def test_how_likely_it_is_less_is_what_scipy_says(after: Share, before: Share, factor: float) -> None:
    assert less_than(after, before, factor) == pytest.approx(exactly(after, before, factor), abs=2e-3)


def test_less_and_more_are_all_there_is() -> None:
    one, other = Share(7, 40), Share(24, 80)
    assert less_than(one, other, 1.0) + less_than(other, one, 1.0) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (Share(2, 40), Verdict.KEEP),
        (Share(12, 40), Verdict.EXTEND),
        (Share(25, 40), Verdict.ROLL_BACK),
        (Share(0, 11), Verdict.EXTEND),
        (Share(0, 0), Verdict.EXTEND),
        (Share(11, 11), Verdict.EXTEND),
    ],
)
def test_the_rule(after: Share, verdict: Verdict) -> None:
    assert judge(Share(24, 80), after, 4).verdict is verdict


def test_without_a_time_before_nothing_is_kept_however_good_it_looks() -> None:
    nothing = judge(Share(0, 0), Share(0, 40), 4)
    assert nothing.fewer > SURE
    assert nothing.verdict is Verdict.EXTEND
    assert "before the change" in nothing.why


def test_after_twelve_weeks_nothing_more_is_waited_for() -> None:
    assert judge(Share(24, 80), Share(12, 40), 8).verdict is Verdict.EXTEND
    assert judge(Share(24, 80), Share(12, 40), 12).verdict is Verdict.INCONCLUSIVE
    assert judge(Share(24, 80), Share(1, 5), 12).verdict is Verdict.INCONCLUSIVE


def test_a_guardrail_that_broke_keeps_nothing() -> None:
    judged = judge(Share(24, 80), Share(2, 40), 4, broken=["other overrides"])
    assert judged.verdict is Verdict.EXTEND
    assert "other overrides" in judged.why


def test_nothing_is_kept_before_as_many_were_exposed_as_were_planned_for() -> None:
    early = judge(Share(24, 80), Share(0, 39), 4)
    assert early.fewer > SURE_TO_KEEP
    assert early.verdict is Verdict.EXTEND
    assert "39 of the 40" in early.why
    assert judge(Share(24, 80), Share(0, 40), 4).verdict is Verdict.KEEP
    assert judge(Share(24, 80), Share(0, 20), 8).verdict is Verdict.EXTEND
    assert judge(Share(24, 80), Share(0, 20), 12).verdict is Verdict.KEEP
    assert judge(Share(40, 80), Share(0, 11), 12).verdict is Verdict.INCONCLUSIVE


def test_what_is_left_of_one_sign_asks_for_more_of_the_same_if_it_helped_at_all() -> None:
    assert judge(Share(56, 80), Share(22, 40), 4, left=12.0).verdict is Verdict.MODIFY
    assert judge(Share(24, 80), Share(12, 40), 4, left=1e6).verdict is Verdict.EXTEND
    assert judge(Share(24, 80), Share(0, 40), 4, left=12.0, beyond=True).verdict is Verdict.MODIFY


def test_more_hits_than_there_were_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0"):
        Share(3, 2)


def test_a_useless_change_is_hardly_ever_kept() -> None:
    found = look(NONE, 40, times=1_000)
    assert found[Verdict.KEEP] <= 0.03
    assert found[Verdict.EXTEND] >= 0.75
    assert went_down(NONE, 40, times=1_000) >= 0.4


def test_a_good_change_is_kept_and_a_harmful_one_is_rolled_back() -> None:
    assert look(CHANGES["30 to 5 %"], 40, times=400)[Verdict.KEEP] >= 0.85
    assert look(CHANGES["30 to 45 %"], 40, times=400)[Verdict.ROLL_BACK] >= 0.5
    assert look(CHANGES["30 to 5 %"], 40, times=400)[Verdict.ROLL_BACK] <= 0.01


@pytest.mark.parametrize("weekly", [3, 10])
@pytest.mark.parametrize("share", [0.15, 0.30])
def test_three_looks_do_not_make_a_useless_change_a_good_one(share: float, weekly: int) -> None:
    # 3 % is the goal; the rest is what 1,000 lives may be off by (two standard errors).
    assert lives(Change(share, share), weekly, times=1_000)[Verdict.KEEP] <= 0.04
