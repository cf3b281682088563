"""Fills are folded into orders, and advice that is sent again into one piece of advice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.learning.contract import Part, Terms, terms
from core.learning.episodes import episodes, links_of, named_by
from core.learning.fold import Order, by_name, deed, orders, price_of, unsplit
from core.learning.records import Execution, Recommendation
from core.learning.rules import Rules

TEN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CALL = {"strike": 425.0, "expiry": "2026-03-20", "quantity": 1, "premium": 2.0}


def fill(key: str, minutes: float = 0, order: str | None = None, **more: Any) -> Execution:
    parameters = CALL | more.pop("parameters", {})
    at = TEN + timedelta(minutes=minutes)
    return Execution(key, at, more.pop("action", "sell_call"), "AAPL", "U1", order, parameters=parameters, **more)


def advice(key: str, minutes: float = 0, **more: Any) -> Recommendation:
    at = TEN + timedelta(minutes=minutes)
    said: dict[str, Any] = {"person": "alice", "program": "wheel", "algorithm": "1", "parameters": CALL} | more
    return Recommendation(key, at, at + timedelta(hours=4), action="sell_call", subject="AAPL", account="U1", **said)


def folded(*fills: Execution) -> list[Order]:
    return orders(fills, Rules())


def test_the_fills_of_an_order_are_one_leg_at_their_mean_price() -> None:
    (order,) = folded(
        fill("a", 0, "o1", parameters={"quantity": 1, "premium": 2.0}),
        fill("b", 240, "o1", parameters={"quantity": 3, "premium": 3.0}),
    )
    assert (order.key, order.at, len(order.legs)) == ("o1/U1/aapl", TEN, 1)
    assert (order.quantity, order.first.price) == (4.0, 2.75)


def test_a_price_is_missing_when_one_fill_has_none() -> None:
    (order,) = folded(fill("a", 0, "o1"), fill("b", 1, "o1", parameters={"premium": None}))
    assert order.quantity == 2
    assert order.first.price is None


def test_without_an_orders_number_fills_of_one_contract_close_together_are_one_order() -> None:
    found = folded(fill("a", 0), fill("b", 2), fill("c", 4), fill("d", 6.1))
    assert [(order.key, order.quantity) for order in found] == [("a", 3.0), ("d", 1.0)]


def test_without_an_orders_number_another_strike_another_side_and_another_account_are_orders_of_their_own() -> None:
    found = folded(
        fill("a"),
        fill("b", parameters={"strike": 430.0}),
        fill("c", action="buy_call"),
        replace(fill("d"), account="U2"),
    )
    assert [order.key for order in found] == ["a", "b", "c", "d"]


def test_an_order_keeps_its_key_whatever_else_was_read() -> None:
    mine = fill("a", 0, "7")
    others = [replace(fill("b", 1, "7"), account="U2"), replace(fill("c", 2, "7"), subject="IBM")]
    assert [order.key for order in folded(mine)] == ["7/U1/aapl"]
    assert [order.key for order in folded(mine, *others)] == ["7/U1/aapl", "7/U2/aapl", "7/U1/ibm"]


def test_an_order_is_found_by_its_bare_number_where_no_other_has_it() -> None:
    one, other = folded(fill("a", 0, "7"), fill("b", 60, "8"))
    assert by_name([one, other]) == {"7": one, "7/U1/aapl": one, "8": other, "8/U1/aapl": other}
    (second,) = folded(replace(fill("c", 1, "7"), account="U2"))
    assert set(by_name([one, second])) == {"7/U1/aapl", "7/U2/aapl"}


def test_a_busted_fill_is_taken_out_and_an_order_of_busted_fills_is_none() -> None:
    found = folded(fill("a", 0, "o1"), fill("b", 0, "o1", busted=True), fill("c", 0, "o2", busted=True))
    assert [(order.key, order.quantity) for order in found] == [("o1/U1/aapl", 1.0)]


def test_a_fill_that_is_given_twice_counts_once() -> None:
    assert [order.quantity for order in folded(fill("a", 0, "o1"), fill("a", 0, "o1"))] == [1.0]


def test_what_was_sold_as_a_negative_number_is_the_same_size() -> None:
    assert folded(fill("a", parameters={"quantity": -3}))[0].quantity == 3


def test_an_order_that_closes_one_and_opens_another_is_a_roll_of_the_one_that_is_opened() -> None:
    (order,) = folded(
        fill("a", 0, "o1", action="Buy to Close", parameters={"right": "CALL"}),
        fill("b", 0, "o1", action="Sell to Open", parameters={"right": "CALL", "strike": 440.0}),
    )
    assert order.rolls
    assert order.plain
    assert order.first.contract["strike"] == 440.0
    assert deed("roll_call", {}).agrees(order.deed)
    assert not deed("sell_call", {}).agrees(order.deed)


def test_two_legs_that_are_both_opened_are_a_spread() -> None:
    (order,) = folded(
        fill("a", 0, "o1", action="Sell to Open"),
        fill("b", 0, "o1", action="Buy to Open", parameters={"strike": 440.0}),
    )
    assert not order.rolls
    assert not order.plain


@pytest.mark.parametrize(
    ("advised", "done", "right", "agree"),
    [
        ("sell_call", "SELL_CALL", None, True),
        ("sell_call", "Sell to Open", "CALL", True),
        ("sell_call", "STO", "C", True),
        ("sell_call", "Sell to Open", "PUT", False),
        ("sell_call", "Buy to Close", "CALL", False),
        ("buy", "BUY", None, True),
        ("buy", "sell", None, False),
        ("close_call", "Buy to Open", "call", False),
        ("deploy", "Deploy", None, True),
        ("deploy", "roll_back", None, False),
        ("open_ticket", "close_ticket", None, False),
        ("open_ticket", "open-ticket", None, True),
    ],
)
def test_an_action_is_told_from_others_however_it_is_written(
    advised: str, done: str, right: str | None, agree: bool
) -> None:
    assert deed(advised, {}).agrees(deed(done, {"right": right} if right else {})) is agree


@pytest.mark.parametrize(
    ("action", "said", "side"),
    [
        ("trade", {"side": "buy"}, "buy"),
        ("trade", {"side": "SELL"}, "sell"),
        ("trade", {"side": "S"}, "sell"),
        ("order", {"side": "Sell to Close"}, "sell"),
        ("buy", {"side": "sell"}, "sell"),
        ("trade", {"side": "long", "effect": "close"}, "sell"),
        ("sto", {}, "sell"),
        ("STC", {}, "sell"),
        ("bto", {}, "buy"),
        ("btc", {}, "buy"),
        ("cover", {}, "buy"),
        ("exit_long", {}, "sell"),
        ("closeShort", {}, "buy"),
        ("buy_to_close_short", {}, "buy"),
        ("buy_or_sell", {}, None),
        ("deploy", {"side": "left"}, None),
    ],
)
def test_matching_and_valuing_read_the_same_side(action: str, said: dict[str, Any], side: str | None) -> None:
    assert deed(action, said).side == side
    read = terms(Part(TEN, action, "AAPL", said | {"quantity": 1, "price": 100}))
    assert (read.side if isinstance(read, Terms) else None) == {"buy": 1, "sell": -1, None: None}[side]


def test_the_parameter_side_tells_a_purchase_from_a_sale() -> None:
    advised = deed("trade", {"side": "buy"})
    assert advised.agrees(deed("trade", {"side": "buy"}))
    assert advised.agrees(deed("BUY", {}))
    assert deed("buy", {}).agrees(deed("trade", {"side": "buy"}))
    assert not advised.agrees(deed("trade", {"side": "sell"}))


@pytest.mark.parametrize(
    ("said", "price"),
    [
        ({"limit": 100, "price": 103}, 103.0),
        ({"premium": 2.1, "credit": 2.0, "average_price": 2.2}, 2.2),
        ({"mark": 5, "limit_price": 4}, 4.0),
    ],
)
def test_of_several_prices_the_one_that_was_paid_counts(said: dict[str, Any], price: float) -> None:
    assert price_of(said) == price
    read = terms(Part(TEN, "buy", "AAPL", said | {"quantity": 1}))
    assert isinstance(read, Terms)
    assert float(read.price or 0) == price


def test_an_action_in_another_script_is_told_from_others() -> None:
    assert not deed("отправить", {}).agrees(deed("удалить", {}))


def test_an_order_after_a_split_is_read_in_the_terms_of_before() -> None:
    (order,) = folded(fill("a", parameters={"strike": 106.25, "quantity": 4, "premium": 0.5}))
    read = unsplit(order, CALL)
    assert read is not None
    assert (read.first.contract["strike"], read.quantity, read.first.price) == (425.0, 1, 2.0)


def test_what_no_split_explains_is_left_as_it_is() -> None:
    (order,) = folded(fill("a", parameters={"strike": 212.5, "quantity": 4}))
    assert unsplit(order, CALL) is None


def test_advice_sent_again_while_it_is_open_is_one_piece_of_advice() -> None:
    sent = [advice("r1"), advice("r2", 30, parameters=CALL | {"premium": 2.2}), advice("r3", 60, decision="rejected")]
    (one,) = episodes(sent, [])
    assert [member.key for member in one.members] == ["r1", "r2", "r3"]
    assert (one.key, one.advice.decision, one.advice.valid_until) == ("r1", "rejected", TEN + timedelta(hours=5))


@pytest.mark.parametrize(
    "second",
    [
        advice("r2", 240),
        advice("r2", 30, parameters=CALL | {"strike": 430.0}),
        advice("r2", 30, parameters=CALL | {"quantity": 2}),
        advice("r2", 30, person="bob"),
    ],
    ids=["after its end", "another strike", "another size", "for another person"],
)
def test_other_advice_is_another_piece_of_advice(second: Recommendation) -> None:
    assert len(episodes([advice("r1"), second], [])) == 2


def test_advice_sent_again_after_the_first_was_answered_or_done_is_another() -> None:
    refused = advice("r1", decision="rejected", decided_at=TEN + timedelta(minutes=5))
    assert len(episodes([refused, advice("r2", 30)], [])) == 2
    assert len(episodes([advice("r1"), advice("r2", 30)], folded(fill("a", 10)))) == 2


def test_two_that_were_both_answered_are_two() -> None:
    later: dict[str, Any] = {"decided_at": TEN + timedelta(hours=1)}
    sent = [advice("r1", decision="approved", **later), advice("r2", 30, decision="approved", **later)]
    assert len(episodes(sent, [])) == 2


def test_a_recommendation_is_named_by_its_key_its_import_key_its_claim_or_within_a_client_order_id() -> None:
    imported, live = advice("imp:2026/AAPL"), advice("req_a", claim="clm_1")
    links = links_of([imported, live])
    assert named_by("imp:2026/AAPL", links) is imported
    assert named_by("2026/AAPL", links) is imported
    assert named_by("clm_1", links) is live
    assert named_by("hitl:req_a:8f", links) is live
    assert named_by("hitl:req_b:8f", links) is None
    assert named_by(None, links) is None
