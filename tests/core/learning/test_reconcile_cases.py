"""The cases that have a name: orders that may be of two, rolls, spreads, splits, busts, nights, other accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.learning.records import Execution, How, Label, Recommendation
from core.learning.rules import Rules
from tests.core.learning.advised import CALL, TEN, advice, fill, matched


def test_two_pieces_of_advice_and_one_order_that_may_be_of_either_ask_the_person() -> None:
    sent = [advice("r1"), advice("r2", 30, parameters={"quantity": 5})]
    found = matched(sent, [fill(minutes=40)])
    assert [found[key].ambiguous for key in ("r1", "r2")] == [("r2",), ("o-f1/U1/aapl",)]


def test_three_parts_over_two_days_are_one_order_where_the_advice_was_valid_so_long() -> None:
    parts = [fill(f"f{day}", 60 + 1440 * day // 2, parameters={"quantity": size}) for day, size in enumerate((2, 1, 1))]
    one = matched([advice(hours=72)], parts)["r1"]
    assert (one.label, one.quantity, one.orders) == (
        Label.CONSENT,
        1.0,
        ("o-f0/U1/aapl", "o-f1/U1/aapl", "o-f2/U1/aapl"),
    )
    assert one.ambiguous == ()


def test_further_parts_join_only_up_to_what_was_advised() -> None:
    found = matched([advice()], [fill("f0", 5, parameters={"quantity": 3}), fill("f1", 20, parameters={"quantity": 2})])
    assert found["r1"].orders == ("o-f0/U1/aapl",)
    assert found["order:o-f1/U1/aapl"].label is Label.INDEPENDENT


def test_a_spread_where_a_single_was_advised_is_asked_about() -> None:
    legs = [
        fill("a", order="o1", action="Sell to Open"),
        fill("b", order="o1", action="Buy to Open", parameters={"strike": 435.0}),
    ]
    one = matched([advice()], legs)["r1"]
    assert (one.label, one.edits, one.ambiguous) == (Label.MODIFY, {"legs": 1}, ("o1/U1/aapl",))


def roll(**more: Any) -> Recommendation:
    return advice(action="roll_call", **more)


CLOSING: dict[str, Any] = {"action": "Buy to Close", "parameters": {"strike": 415.0, "right": "call"}}
OPENING: dict[str, Any] = {"action": "Sell to Open", "parameters": {"right": "call"}}


def test_a_roll_in_one_order_is_consent() -> None:
    fills = [fill("a", order="o1", **CLOSING), fill("b", order="o1", **OPENING)]
    one = matched([roll()], fills)["r1"]
    assert (one.label, one.orders, one.ambiguous) == (Label.CONSENT, ("o1/U1/aapl",), ())


def test_a_roll_in_two_orders_within_ten_minutes_is_one() -> None:
    found = matched([roll()], [fill("a", 10, **CLOSING), fill("b", 19, **OPENING)])
    assert list(found) == ["r1"]
    assert (found["r1"].label, found["r1"].orders) == (Label.CONSENT, ("o-b/U1/aapl", "o-a/U1/aapl"))


def test_how_far_apart_the_halves_of_a_roll_may_be_is_for_its_algorithm_to_say() -> None:
    rules = Rules(by_algorithm={"slow": Rules(one_roll=timedelta(hours=1))})
    halves = [fill("a", 10, **CLOSING), fill("b", 40, **OPENING)]
    assert len(matched([roll(algorithm="slow")], halves, rules=rules)["r1"].orders) == 2
    assert len(matched([roll()], halves, rules=rules)["r1"].orders) == 1


def test_a_roll_advised_and_only_closed_is_asked_about() -> None:
    for fills in ([fill("a", 10, **CLOSING)], [fill("a", 10, **CLOSING), fill("b", 40, **OPENING)]):
        one = matched([roll()], fills)["r1"]
        assert one.label is Label.MODIFY
        assert one.edits["legs"] == -1
        assert one.ambiguous == ("o-a/U1/aapl",)


@pytest.mark.parametrize(
    "other",
    [
        fill(action="buy_call"),
        fill(minutes=-5),
        fill(account="U2"),
        fill(subject="MSFT"),
        fill(action="Sell to Open", parameters={"right": "put"}),
        fill(person="bob", account=None),
        fill(minutes=241),
        fill(parameters={"strike": 455.0}),
    ],
    ids=["opposite", "before", "another account", "another name", "a put", "somebody else's", "too late", "far off"],
)
def test_another_trade_is_nobodys_advice_and_the_advice_was_let_pass(other: Execution) -> None:
    found = matched([advice()], [other])
    assert (found["r1"].label, found["r1"].how) == (Label.REJECT, How.IGNORED)
    (own,) = (one for key, one in found.items() if key.startswith("order:o-f1/"))
    assert own.label is Label.INDEPENDENT
    assert not any(one.ambiguous for one in found.values())


def test_clocks_may_differ_by_a_minute() -> None:
    assert matched([advice()], [fill(minutes=-1)])["r1"].label is Label.CONSENT


def test_one_order_as_large_as_two_pieces_of_advice_is_asked_about() -> None:
    sent = [advice("r1"), advice("r2", 5, parameters={"quantity": 3})]
    found = matched(sent, [fill(minutes=30, parameters={"quantity": 7})])
    assert found["r1"].ambiguous
    assert found["r2"].ambiguous


@pytest.mark.parametrize("booked", ["Assignment", "Exercised", "Expiration"])
def test_what_a_broker_books_is_no_order_and_leaves_nothing_to_act_on(booked: str) -> None:
    found = matched([advice()], [fill(action=booked)])
    assert list(found) == ["r1"]
    assert found["r1"].label is Label.NO_ACTION


def test_a_busted_fill_counts_for_nothing() -> None:
    found = matched([advice()], [fill(busted=True)])
    assert found["r1"].label is Label.REJECT
    assert list(found) == ["r1"]


def test_an_order_after_a_split_is_recognised_and_asked_about() -> None:
    split = fill(minutes=1440, parameters={"strike": 212.5, "quantity": 8, "premium": 1.0})
    one = matched([advice(hours=72)], [split])["r1"]
    assert (one.label, one.edits, one.ambiguous) == (Label.CONSENT, {}, ("o-f1/U1/aapl",))


def test_what_expires_today_is_not_matched_past_its_end() -> None:
    today = {"expiry": "2026-03-02"}
    said = advice(parameters=today, hours=2)
    assert matched([said], [fill(minutes=121, parameters=today)])["order:o-f1/U1/aapl"].label is Label.INDEPENDENT


def test_the_hours_of_a_night_on_which_the_clocks_change_are_real_hours() -> None:
    """In New York, 2:00 to 3:00 of 8 March 2026 is not there: from 1:30 to 4:00 it is an hour and a half."""
    zone = ZoneInfo("America/New_York")
    before, after = datetime(2026, 3, 8, 1, 30, tzinfo=zone), datetime(2026, 3, 8, 4, 0, tzinfo=zone)
    said = replace(advice(), at=before, valid_until=after)
    found = matched([said], [replace(fill(), at=after)], zone=zone)
    assert (found["r1"].label, found["r1"].delay, found["r1"].day) == (Label.CONSENT, 5400, date(2026, 3, 8))


def test_the_day_is_that_of_the_zone() -> None:
    night = replace(
        advice(), at=datetime(2026, 3, 3, 2, 0, tzinfo=UTC), valid_until=datetime(2026, 3, 3, 3, tzinfo=UTC)
    )
    assert matched([night], [])["r1"].day == date(2026, 3, 3)
    assert matched([night], [], zone=ZoneInfo("America/New_York"))["r1"].day == date(2026, 3, 2)


def test_crypto_is_matched_over_midnight_and_by_price_where_nothing_is_listed() -> None:
    midnight = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    coin: dict[str, Any] = {"action": "buy", "subject": "BTC", "account": None, "ladders": {}}
    said = [
        replace(
            advice(key, **coin, features={"atr": 100.0}),
            at=midnight - timedelta(minutes=minutes),
            valid_until=midnight + timedelta(hours=4),
            parameters={"quantity": 0.5, "limit": price},
        )
        for key, minutes, price in (("low", 20, 60_000.0), ("high", 10, 60_400.0))
    ]
    done = Execution(
        "f", midnight + timedelta(minutes=10), "BUY", "BTC", parameters={"quantity": 0.5, "price": 60_010.0}
    )
    found = matched(said, [done])
    assert (found["low"].label, found["high"].label) == (Label.CONSENT, Label.REJECT)
    assert found["low"].ambiguous == ()


def test_an_agents_action_without_a_market_is_matched() -> None:
    said = replace(
        advice(action="deploy", subject="shop", account=None, ladders={}),
        parameters={"version": "1.4.0", "replicas": 3, "region": "eu"},
    )
    done = Execution("f", TEN + timedelta(minutes=5), "Deploy", "shop", parameters={"version": "1.4.0", "replicas": 6})
    one = matched([said], [done])["r1"]
    assert (one.label, one.edits) == (Label.MODIFY, {"replicas": 1.0})
    assert matched([said], [replace(done, parameters={})])["r1"].label is Label.CONSENT


def test_advice_that_was_withdrawn_after_the_fill_was_followed() -> None:
    gone_at = TEN + timedelta(minutes=30)
    said = advice(decision="cancelled", decided_at=gone_at)
    assert matched([said], [fill(minutes=20)])["r1"].label is Label.CONSENT
    found = matched([said], [fill(minutes=40)])
    assert (found["r1"].label, found["r1"].how) == (Label.NO_ACTION, How.IGNORED)
    assert found["order:o-f1/U1/aapl"].label is Label.INDEPENDENT


def test_approved_and_refused_by_the_broker_is_consent_that_was_not_filled() -> None:
    said = advice(decision="approved", decided_at=TEN)
    one = matched([said], [fill(link="r1", parameters={"quantity": 0})])["r1"]
    assert (one.label, one.how, one.fill_incomplete) == (Label.CONSENT, How.LINKED, True)


def test_approved_and_then_cancelled_by_hand_is_a_rejection() -> None:
    said = advice(decision="approved", decided_at=TEN)
    one = matched([said], [fill(link="r1", cut=True, parameters={"quantity": 0})])["r1"]
    assert (one.label, one.how) == (Label.REJECT, How.LINKED)


def test_two_algorithms_with_the_same_advice_share_what_was_done_of_it() -> None:
    found = matched([advice("r1"), advice("r2", 5, algorithm="2")], [fill()])
    assert (found["r1"].orders, found["r2"].orders) == (("o-f1/U1/aapl",), ())
    assert (found["r1"].shared, found["r2"].shared) == (("r2",), ("r1",))
    assert {found[key].label for key in ("r1", "r2")} == {Label.CONSENT}
    assert found["r2"].algorithm == "2"


def test_advice_sent_five_times_is_one_decision() -> None:
    sent = [advice(f"r{number}", 5 * number) for number in range(5)]
    found = matched(sent, [fill(minutes=40)])
    assert found["r0"].label is Label.CONSENT
    assert {found[f"r{number}"].label for number in range(1, 5)} == {Label.NO_ACTION}


def test_a_link_carries_no_trade_over_to_somebody_elses_account() -> None:
    found = matched([advice()], [fill(link="r1", account="U9", person="bob")])
    assert (found["r1"].label, found["r1"].how) == (Label.REJECT, How.IGNORED)
    assert found["order:o-f1/U9/aapl"].label is Label.INDEPENDENT


def test_who_decides_need_not_be_whose_account_it_is() -> None:
    found = matched([advice(person="bob", decision="approved", decided_at=TEN)], [fill(person="alice")])
    assert (found["r1"].label, found["r1"].orders) == (Label.CONSENT, ("o-f1/U1/aapl",))


@pytest.mark.parametrize("action", ["buy_call", "sell_put"])
def test_a_linked_order_that_did_something_else_is_no_consent(action: str) -> None:
    found = matched([advice(decision="approved", decided_at=TEN)], [fill(link="r1", action=action)])
    assert (found["r1"].label, found["r1"].how) == (Label.MODIFY, How.LINKED)
    assert found["r1"].edits["action"]


def test_what_was_modified_here_and_then_done_as_advised_tells_what_was_said() -> None:
    one = advice(decision="modified", decided=CALL | {"strike": 430.0}, decided_at=TEN)
    found = matched([one], [fill(link="r1")])
    assert (found["r1"].label, found["r1"].edits) == (Label.MODIFY, {"strike": 1.0})
