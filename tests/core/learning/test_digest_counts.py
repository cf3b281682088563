"""A digest counts as the page and the API do: what repeats counts once, what is not certain counts for nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from core.learning.counting import counted
from core.learning.digest import Known, known_at
from core.learning.records import How, Label, Match
from core.learning.sums import Priced
from tests.core.learning.test_digest import DAY, SINCE, advice, digest, match, said


def sent_again(number: int, times: int) -> list[Match]:
    """Advice that was sent so often, and followed."""
    keys = tuple(f"imp:{number + n}" for n in range(1, times))
    again = [
        match(number + n, Label.NO_ACTION, how=How.IGNORED, shared=(f"imp:{number}",), orders=(), delay=None)
        for n in range(1, times)
    ]
    return [match(number, shared=keys), *again]


def test_advice_that_is_sent_five_times_is_one_recommendation_here_as_everywhere() -> None:
    matches = sent_again(1, 5)
    one = digest(Known(recommendations=[advice(n) for n in range(1, 6)], matches=matches))
    assert one.counts == counted(matches)
    assert (one.counts.recommendations, one.counts.repeated) == (1, 4)
    assert said(one)["Recommendations"] == "1 recommendation: followed."
    assert one.chart.of[-1] == 1


def test_two_algorithms_with_one_order_departed_from_once() -> None:
    first = match(1, Label.MODIFY, shared=("imp:2",))
    other = match(2, Label.MODIFY, orders=(), delay=None, shared=("imp:1",), algorithm="2")
    one = digest(Known(recommendations=[advice(1), advice(2)], matches=[first, other]))
    assert one.counts == counted([first, other])
    assert (one.counts.modify, one.without_reason, one.chart.diverged[-1]) == (1, 1, 1)


def test_what_is_not_certain_is_no_departure_until_somebody_says() -> None:
    doubtful = match(1, Label.MODIFY, ambiguous=("o-2",))
    one = digest(Known(recommendations=[advice(1)], matches=[doubtful, match(2)]))
    assert one.counts == counted([doubtful, match(2)])
    assert (one.counts.ambiguous, one.counts.diverged, one.chart.diverged[-1], one.chart.of[-1]) == (1, 0, 0, 1)
    assert said(one)["Recommendations"].startswith("2 recommendations: 1 followed and 1 not certain until you say.")
    # Once it is said, that is a label that changed.
    before = match(-30, Label.MODIFY, settled_by="alice")
    assert digest(Known(matches=[before], labels_before={before.key: "ambiguous"})).corrected == 1


def test_advice_sent_again_is_known_when_the_last_of_it_is_over() -> None:
    first = advice(1)
    again = advice(4, valid_until=first.valid_until + timedelta(hours=3))
    one = match(1, Label.REJECT, how=How.IGNORED, shared=(again.key,))
    assert known_at(one, {first.key: first, again.key: again}) == again.valid_until


def test_results_without_a_currency_are_told_without_one() -> None:
    known = Known(
        matches=[match(1, Label.MODIFY)],
        priced=[Priced("imp:1", SINCE + DAY, "", Decimal(10), Decimal(8))],
    )
    (money,) = digest(known).money
    assert (money.done, money.advised) == (Decimal(10), Decimal(8))
    assert (money.came, money.priced, money.of) == (1, 1, 1)
