"""What was advised against what was done: labels, links, answers, silence."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bench.reconciling import DENSE, SPARSE, found_at, stream
from core.learning.reconcile import RULES, Rules, reconcile
from core.learning.records import How, Label, Source
from core.learning.setup import Session
from tests.core.learning.advised import CALL, LATER, TEN, advice, fill, matched


def test_what_was_done_as_advised_is_consent() -> None:
    one = matched([advice()], [fill()])["r1"]
    assert (one.label, one.how, one.orders, one.edits) == (Label.CONSENT, How.MATCHED, ("o-f1/U1/aapl",), {})
    assert (one.delay, one.quantity, one.ambiguous, one.version) == (600, 1.0, (), RULES)
    assert one.cost == pytest.approx(600 / 3600 / 8, abs=1e-5)


@pytest.mark.parametrize(
    ("done", "edits"),
    [
        ({"strike": 430.0}, {"strike": 1}),
        ({"strike": 420.0, "expiry": "2026-03-27"}, {"strike": -1, "expiry": 1}),
        ({"quantity": 8}, {"quantity": 1}),
        ({"quantity": 2}, {"quantity": -1}),
        ({"quantity": 4.3}, {}),
        ({"premium": 1.7}, {}),
    ],
)
def test_what_was_done_otherwise_is_told_in_listed_steps(done: dict[str, Any], edits: dict[str, float]) -> None:
    one = matched([advice()], [fill(parameters=done)])["r1"]
    assert one.label is (Label.MODIFY if edits else Label.CONSENT)
    assert one.edits == pytest.approx(edits)


@pytest.mark.parametrize(
    ("action", "paid", "moved"),
    [("buy", 100.04, 0), ("buy", 101.0, 0.01), ("buy", 99.0, 0), ("sell", 99.96, 0), ("sell", 99.0, -0.01)],
)
def test_a_price_beyond_the_advised_limit_is_a_limit_that_was_moved(action: str, paid: float, moved: float) -> None:
    shares = {"quantity": 4, "limit": 100.0}
    said = replace(advice(), action=action, parameters=shares, ladders={})
    one = matched([said], [replace(fill(action=action), parameters={"quantity": 4, "price": paid})])["r1"]
    assert one.edits == pytest.approx({"limit": moved} if moved else {})
    assert one.label is (Label.MODIFY if moved else Label.CONSENT)


def test_half_a_spread_worse_than_the_limit_is_the_markets_doing() -> None:
    said = replace(advice(features={"spread": 0.2}), parameters=CALL | {"limit": 2.0})
    assert matched([said], [fill(parameters={"premium": 1.9})])["r1"].label is Label.CONSENT
    assert matched([said], [fill(parameters={"premium": 1.89})])["r1"].label is Label.MODIFY


def test_what_names_its_recommendation_is_matched_to_nothing_else() -> None:
    sent = [advice("imp:a"), advice("imp:b", 5, parameters={"strike": 435.0})]
    found = matched(sent, [fill(link="b"), fill("f2", 20, link="unheard of", parameters={"strike": 435.0})])
    assert (found["imp:b"].how, found["imp:b"].label, found["imp:b"].edits) == (
        How.LINKED,
        Label.MODIFY,
        {"strike": -2},
    )
    assert found["imp:a"].orders == ("o-f2/U1/aapl",)


def test_a_link_holds_beyond_every_window() -> None:
    found = matched([advice(claim="clm_1")], [fill(minutes=60_000, link="clm_1")], now=LATER + timedelta(days=90))
    assert found["r1"].how is How.LINKED


def test_what_a_person_settled_wins() -> None:
    sent = [advice("r1"), advice("r2", 30, parameters={"quantity": 5})]
    one = matched(sent, [fill(minutes=40)], settled={"o-f1": "r1"})
    assert (one["r1"].orders, one["r1"].how, one["r1"].settled_by) == (("o-f1/U1/aapl",), How.EXPLICIT, "alice")
    none = matched(sent, [fill(minutes=40)], settled={"o-f1": None})
    assert none["order:o-f1/U1/aapl"].label is Label.INDEPENDENT
    assert none["order:o-f1/U1/aapl"].settled_by == "alice"
    assert not any(found.ambiguous for found in [*one.values(), *none.values()])


@pytest.mark.parametrize(
    ("decision", "label", "how"),
    [
        ("rejected", Label.REJECT, How.EXPLICIT),
        ("approved", Label.CONSENT, How.EXPLICIT),
        ("modified", Label.MODIFY, How.EXPLICIT),
        ("changes_requested", Label.MODIFY, How.EXPLICIT),
        ("cancelled", Label.NO_ACTION, How.IGNORED),
        ("lapsed", Label.NO_ACTION, How.IGNORED),
        ("advised", Label.NO_ACTION, How.IGNORED),
        ("expired", Label.REJECT, How.IGNORED),
        (None, Label.REJECT, How.IGNORED),
    ],
)
def test_without_an_order_the_decision_tells(decision: str | None, label: Label, how: How) -> None:
    decided = {"strike": 430.0} if decision == "modified" else None
    one = matched([advice(decision=decision, decided=decided, decided_at=TEN if decision else None)], [])["r1"]
    assert (one.label, one.how, one.edits) == (label, how, {"strike": 1} if decided else {})


def test_what_nobody_saw_or_was_asked_is_no_rejection() -> None:
    assert matched([advice(seen=False)], [])["r1"].label is Label.NO_ACTION
    assert matched([advice(asked_at=None)], [])["r1"].label is Label.NO_ACTION
    imported = advice(asked_at=None, source=Source.IMPORTED)
    assert matched([imported], [])["r1"].label is Label.REJECT


def test_a_no_stands_beside_another_trade_of_the_day() -> None:
    said = advice(decision="rejected", decided_at=TEN + timedelta(minutes=5))
    found = matched([said], [fill(minutes=20, parameters={"strike": 430.0})])
    assert (found["r1"].label, found["r1"].how, found["r1"].ambiguous) == (Label.REJECT, How.EXPLICIT, ())
    assert found["order:o-f1/U1/aapl"].label is Label.INDEPENDENT


def test_the_very_trade_that_was_refused_is_asked_about() -> None:
    said = advice(decision="rejected", decided_at=TEN + timedelta(minutes=5))
    one = matched([said], [fill(minutes=20)])["r1"]
    assert (one.label, one.orders, one.ambiguous) == (Label.CONSENT, ("o-f1/U1/aapl",), ("o-f1/U1/aapl",))


def test_less_than_was_ordered_is_the_markets_doing_unless_the_person_cut_it() -> None:
    part = {"quantity": 2, "ordered": 4}
    market = matched([advice()], [fill(parameters=part)])["r1"]
    assert (market.label, market.fill_incomplete, market.quantity) == (Label.CONSENT, True, 0.5)
    person = matched([advice()], [fill(parameters=part, cut=True)])["r1"]
    assert (person.label, person.edits, person.fill_incomplete) == (Label.MODIFY, {"quantity": -1}, False)
    linked = matched([advice()], [fill(parameters={"quantity": 2}, link="r1")])["r1"]
    assert (linked.label, linked.fill_incomplete) == (Label.CONSENT, True)


def test_what_was_decided_otherwise_is_matched_by_what_was_decided() -> None:
    decided = {**CALL, "strike": 435.0, "quantity": 2, "premium": 2.2}
    said = advice(decision="modified", decided=decided, decided_at=TEN)
    one = matched([said], [fill(parameters={"strike": 435.0, "quantity": 2, "premium": 2.1})])["r1"]
    assert (one.label, one.how) == (Label.MODIFY, How.EXPLICIT)
    assert one.edits == pytest.approx({"strike": 2, "quantity": -1, "premium": 0.1})
    assert one.cost == pytest.approx(0.0208, abs=1e-3)


def test_nothing_is_said_of_what_is_open_and_nothing_of_later_counts() -> None:
    soon = TEN + timedelta(hours=1)
    late = advice(decision="rejected", decided_at=TEN + timedelta(hours=2))
    assert matched([late, advice("r2", 120)], [fill(minutes=90)], now=soon) == {}
    assert matched([late], [], now=TEN + timedelta(hours=2))["r1"].label is Label.REJECT


def test_an_own_order_is_of_the_person_whose_account_it_is() -> None:
    found = matched([advice(), advice("r2", account="U2", person="bob")], [fill(minutes=-60, account="U2")])
    assert found["order:o-f1/U2/aapl"].person == "bob"
    assert matched([], [fill()])["order:o-f1/U1/aapl"].person == ""


def test_thresholds_are_an_algorithms_own() -> None:
    strict = Rules(by_algorithm={"1": Rules(filled=0.01)})
    done = [fill(parameters={"quantity": 4.3})]
    assert matched([advice()], done, rules=strict)["r1"].label is Label.MODIFY
    assert matched([advice(algorithm="2")], done, rules=strict)["r1"].label is Label.CONSENT


def test_nothing_at_all_is_nothing() -> None:
    assert reconcile([], [], now=LATER) == []


def test_the_same_in_any_order_is_the_same() -> None:
    made, chance = stream(DENSE, 3), random.Random(1)
    expected = made.matches()
    for _ in range(3):
        chance.shuffle(made.advice)
        chance.shuffle(made.fills)
        assert made.matches() == expected


@pytest.mark.parametrize("density", [SPARSE, DENSE], ids=["sparse", "dense"])
def test_what_belongs_to_what_is_found_again(density: Any) -> None:
    found = found_at(density, seeds=4)
    assert found.accuracy >= 0.96
    assert found.wrong <= 0.015


def test_every_order_belongs_to_one_match_and_every_recommendation_has_one() -> None:
    made = stream(DENSE, 5)
    found = made.matches()
    taken = [order for one in found for order in one.orders]
    assert sorted(taken) == sorted({f"{fill.order}/U1/{fill.subject.casefold()}" for fill in made.fills})
    assert {one.recommendation for one in found if one.recommendation} == {one.key for one in made.advice}


def test_what_a_person_settled_of_an_order_holds_when_another_account_uses_its_number() -> None:
    sent = [advice("r1"), advice("r2", 30, parameters={"quantity": 5})]
    (key,) = matched(sent, [fill(minutes=40, order="77")], settled={"77": "r1"})["r1"].orders
    other = fill("f9", 50, order="77", account="U9", person="bob")
    one = matched(sent, [fill(minutes=40, order="77"), other], settled={key: "r1"})["r1"]
    assert (one.orders, one.settled_by) == ((key,), "alice")


NEW_YORK = Session(ZoneInfo("America/New_York"), time(9, 30), time(16))


def test_an_order_after_the_session_belongs_to_no_advice_where_the_house_declared_one() -> None:
    sent, late = [advice(hours=8)], [fill(minutes=391)]  # the session ends at 21:00 UTC, 360 minutes after the advice
    assert matched(sent, late)["r1"].label is Label.CONSENT
    assert matched(sent, late, session=NEW_YORK)["r1"].label is Label.REJECT
    assert matched(sent, [fill(minutes=389)], session=NEW_YORK)["r1"].label is Label.CONSENT


def test_advice_after_the_session_waits_for_no_close_of_that_day_and_longer_advice_for_none() -> None:
    evening = [advice("r1", 370, hours=4)]
    assert matched(evening, [fill(minutes=420)], session=NEW_YORK)["r1"].label is Label.CONSENT
    assert matched([advice(hours=72)], [fill(minutes=1500)], session=NEW_YORK)["r1"].label is Label.CONSENT


@pytest.mark.parametrize(("first", "second"), [("patient", "strict"), ("strict", "patient")])
def test_each_piece_of_advice_goes_by_the_thresholds_of_its_own_algorithm(first: str, second: str) -> None:
    """Both might be of either order, so that the two are weighed together."""
    rules = Rules(by_algorithm={"strict": Rules(null=2.5), "patient": Rules(null=6.0)})
    sent = [advice("r1", algorithm=first), advice("r2", 1, algorithm=second, parameters={"strike": 420.0})]
    one_off, far_off = {"strike": 430.0}, {"strike": 410.0, "expiry": "2026-03-27"}
    found = matched(sent, [fill("f1", parameters=one_off), fill("f2", 12, parameters=far_off)], rules=rules)
    assert found["r1"].orders == ("o-f1/U1/aapl",)
    assert len(found["r2"].orders) == (second == "patient")  # it costs 2.8
    assert found["r1"].cost == pytest.approx(1.0, abs=0.05)


def test_further_parts_and_rolls_go_by_the_thresholds_of_their_own_advice() -> None:
    generous = Rules(by_algorithm={"loose": Rules(filled=0.5)})
    fills = [fill("f1", parameters={"quantity": 3}), fill("f2", 30, parameters={"quantity": 2})]
    assert len(matched([advice(algorithm="strict")], fills, rules=generous)["r1"].orders) == 1
    assert len(matched([advice(algorithm="loose")], fills, rules=generous)["r1"].orders) == 2
