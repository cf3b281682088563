"""What a position came to: exactly, or not at all; and never from what was not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.learning import ladders, names
from core.learning.contract import Part, Terms, exact, most_lost, terms
from core.learning.records import Close, Result
from core.learning.valuer import ACTUAL, RECOMMENDED, Knowledge, Position, Valuation, appraise, known
from core.model import Json

MONDAY = date(2026, 1, 5)
AT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
FRIDAY = date(2026, 1, 16)
CALL: dict[str, Json] = {"strike": 425, "expiry": "2026-01-16", "quantity": 2, "premium": 2.36}
SHARES: dict[str, Json] = {"quantity": 10, "price": "410.50"}


def closes(prices: Mapping[date, str], subject: str = "AAPL") -> list[Close]:
    return [Close(subject, day, Decimal(price)) for day, price in prices.items()]


def weekdays(price: str = "420", days: int = 30) -> dict[date, str]:
    every = (MONDAY + timedelta(days=number) for number in range(days))
    return {day: price for day in every if day.weekday() < 5}


def position(action: str, parameters: Mapping[str, Json], kind: str = RECOMMENDED) -> Position:
    return Position(kind, "req_1", AT, (Part(AT, action, "AAPL", parameters),))


def came_to(
    action: str, parameters: Mapping[str, Json], prices: Mapping[date, str], as_of: date = date(2026, 3, 1)
) -> Valuation:
    return appraise(position(action, parameters), known([], closes(prices), as_of))


# Options


@pytest.mark.parametrize(
    ("action", "close", "pnl"),
    [
        ("sell_call", "420", "472.00"),  # 2 x 100 x 2.36
        ("sell_call", "430", "-528.00"),  # 2 x 100 x (2.36 - 5)
        ("buy_call", "430", "528.00"),
        ("buy_put", "420", "528.00"),  # 2 x 100 x (5 - 2.36)
        ("sell_put", "430", "472.00"),
        ("Sell to Open call", "425", "472.00"),
        ("sellCall", "425", "472.00"),
    ],
)
def test_an_option_is_settled_at_the_close_of_its_expiry(action: str, close: str, pnl: str) -> None:
    found = came_to(action, CALL, {**weekdays(), FRIDAY: close})
    assert (found.pnl, found.open) == (Decimal(pnl), False)
    assert found.at is not None
    assert found.at.date() == FRIDAY


def test_right_side_and_multiplier_may_be_said_in_so_many_words() -> None:
    said = {**CALL, "right": "P", "side": "buy", "multiplier": 10, "quantity": "2"}
    assert came_to("trade", said, weekdays()).pnl == Decimal("52.80")  # 2 x 10 x (5 - 2.36)


def test_an_option_before_its_expiry_is_open_and_has_no_number() -> None:
    found = came_to("sell_call", CALL, weekdays(), FRIDAY - timedelta(days=1))
    assert (found.pnl, found.open) == (None, True)
    assert "2026-01-16" in found.why


def test_an_expiry_without_a_close_waits_until_the_market_has_opened_again() -> None:
    days = weekdays()
    del days[FRIDAY]
    later = {day: price for day, price in days.items() if day > FRIDAY}
    # It may be a holiday, or the close has not come in yet: then yesterday's would be wrong tomorrow.
    waiting = came_to("sell_call", CALL, {day: price for day, price in days.items() if day < FRIDAY}, FRIDAY)
    assert (waiting.pnl, waiting.open) == (None, True)
    found = came_to("sell_call", CALL, days, min(later))
    assert found.pnl == Decimal("472.00")
    assert found.at is not None
    assert found.at.date() == min(later), "nobody knew on the holiday that it was one"


def test_without_any_close_it_is_missing_and_never_zero() -> None:
    found = came_to("sell_call", CALL, {})
    assert (found.pnl, found.open) == (None, False)
    assert "no close of AAPL" in found.why


def test_a_close_from_long_before_the_expiry_is_none_of_it() -> None:
    found = came_to("sell_call", CALL, {MONDAY: "420", date(2026, 2, 2): "420"})
    assert (found.pnl, found.open) == (None, False)


def test_a_close_of_another_subject_is_none() -> None:
    assert appraise(position("sell_call", CALL), known([], closes(weekdays(), "GOOG"), FRIDAY)).pnl is None
    assert appraise(position("sell_call", CALL), known([], closes(weekdays(), "aapl"), FRIDAY)).pnl is not None


@pytest.mark.parametrize(
    ("action", "change", "why"),
    [
        ("sell_call", {"premium": None}, "no premium"),
        ("sell_call", {"strike": "many"}, "strike"),
        ("sell_call", {"expiry": "soon"}, "expiry"),
        ("sell_call", {"quantity": 0}, "quantity"),
        ("sell_call", {"quantity": "NaN"}, "quantity"),
        ("sell_call", {"quantity": True}, "quantity"),
        ("sell_call", {"quantity": 2, "size": 3}, "quantity"),
        ("sell_call", {"multiplier": -1}, "multiplier"),
        ("sell", {}, "send `right`"),
        ("call", {}, "send `side`"),
        ("buy_or_sell_call", {}, "send `side`"),
    ],
)
def test_a_contract_that_cannot_be_read_says_what_to_send(action: str, change: dict[str, Json], why: str) -> None:
    found = came_to(action, {**CALL, **change}, weekdays())
    assert (found.pnl, found.open) == (None, False)
    assert why in found.why


def test_what_a_spread_can_lose_is_its_r() -> None:
    legs = (
        Part(AT, "sell_put", "AAPL", {"strike": 400, "expiry": "2026-01-16", "quantity": 1, "premium": "3.00"}),
        Part(AT, "buy_put", "AAPL", {"strike": 390, "expiry": "2026-01-16", "quantity": 1, "premium": "1.00"}),
    )
    facts = known([], closes({**weekdays(), FRIDAY: "380"}), date(2026, 3, 1))
    found = appraise(Position(RECOMMENDED, "req_1", AT, legs), facts)
    assert (found.pnl, found.risk) == (Decimal("-800"), Decimal("800"))  # 100 x (2 - 10)


def test_what_may_lose_without_limit_has_no_r() -> None:
    assert came_to("sell_call", CALL, weekdays()).risk is None
    assert came_to("buy_call", CALL, weekdays()).risk == Decimal("472.00")
    assert came_to("sell_put", CALL, weekdays()).risk == Decimal("84528.00")  # 200 x (425 - 2.36)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 20), st.integers(0, 12)), min_size=1, max_size=4)
)
def test_nothing_that_can_happen_loses_more_than_the_most(legs: list[tuple[bool, bool, int, int]]) -> None:
    read = [
        Terms(
            "A", 1 if buys else -1, Decimal(1), Decimal(price), Decimal(1), "call" if call else "put", Decimal(strike)
        )
        for buys, call, strike, price in legs
    ]
    limit = most_lost(read)
    worst = Decimal(0)
    for at in map(Decimal, range(60)):
        payoffs = [max(Decimal(0), (at - one.strike) * (1 if one.right == "call" else -1)) for one in read]
        came = sum((one.units * (paid - (one.price or 0)) for one, paid in zip(read, payoffs, strict=True)), Decimal(0))
        worst = min(worst, came)
    short_calls = sum(one.side for one in read if one.right == "call") < 0
    assert limit == (None if short_calls or worst == 0 else -worst)


# Shares and coins


@pytest.mark.parametrize(("action", "pnl"), [("buy", "95.00"), ("sell", "-95.00"), ("close_long", "-95.00")])
def test_shares_come_to_the_close_at_the_horizon(action: str, pnl: str) -> None:
    found = came_to(action, SHARES, weekdays())
    assert (found.pnl, found.open) == (Decimal(pnl), False)  # 10 x (420 - 410.50)
    assert found.at is not None
    assert found.at.date() == date(2026, 1, 12)


def test_a_horizon_on_a_weekend_is_the_next_close() -> None:
    on_saturday = Position(RECOMMENDED, "", datetime(2026, 1, 10, 9, tzinfo=UTC), position("buy", SHARES).parts)
    found = appraise(on_saturday, known([], closes(weekdays()), date(2026, 3, 1)))
    assert found.at is not None
    assert found.at.date() == date(2026, 1, 19)


def test_until_the_horizon_shares_are_marked_and_open() -> None:
    found = came_to("buy", SHARES, {**weekdays(), date(2026, 1, 8): "400"}, date(2026, 1, 8))
    assert (found.pnl, found.open) == (Decimal("-105.00"), True)


def test_there_is_no_mark_before_a_day_has_closed_since() -> None:
    found = came_to("buy", SHARES, {MONDAY - timedelta(days=3): "300", MONDAY: "420"}, MONDAY)
    assert (found.pnl, found.open) == (None, True)


def test_shares_without_a_close_at_the_horizon_are_missing() -> None:
    found = came_to("buy", SHARES, weekdays(days=3))
    assert (found.pnl, found.open) == (None, False)
    assert "no close of AAPL at 2026-01-12" in found.why


def test_a_stop_is_what_a_share_risks() -> None:
    assert came_to("buy", {**SHARES, "stop": 400}, weekdays()).risk == Decimal("105.00")
    assert came_to("buy", SHARES, weekdays()).risk is None


@pytest.mark.parametrize(("action", "parameters"), [("sell_call", CALL), ("buy", SHARES)])
def test_a_split_in_between_is_not_priced_as_if_it_were_a_loss(action: str, parameters: dict[str, Json]) -> None:
    halved = {day: "420" if day < date(2026, 1, 8) else "209" for day in weekdays()}
    found = came_to(action, parameters, halved)
    assert (found.pnl, found.open) == (None, False)
    assert "split on 2026-01-08" in found.why


def test_a_split_before_or_after_does_no_harm() -> None:
    before = {MONDAY - timedelta(days=3): "840", **weekdays(), date(2026, 1, 20): "210"}
    assert came_to("sell_call", CALL, before).pnl == Decimal("472.00")


def test_what_has_no_market_is_told_by_its_program_alone() -> None:
    deploy = position("deploy", {"replicas": 3, "size": "large"})
    found = appraise(deploy, known([], [], MONDAY))
    assert (found.pnl, found.why) == (None, "nothing here prices such a thing; send its result")
    said = Result("req_1", RECOMMENDED, AT, Decimal("12.5"), "EUR", Decimal(5))
    given = appraise(deploy, known([said], [], MONDAY))
    assert (given.pnl, given.risk, given.currency) == (Decimal("12.5"), Decimal(5), "EUR")


# What programs say


def test_what_a_program_says_itself_wins() -> None:
    said = Result("req_1", RECOMMENDED, AT, Decimal("-7.00"))
    facts = known([said], closes(weekdays()), date(2026, 3, 1))
    assert appraise(position("sell_call", CALL), facts).pnl == Decimal("-7.00")
    assert appraise(position("sell_call", CALL, ACTUAL), facts).pnl == Decimal("472.00")


def test_a_result_without_a_number_is_missing_even_where_closes_would_tell() -> None:
    facts = known([Result("req_1", RECOMMENDED, AT)], closes(weekdays()), date(2026, 3, 1))
    assert appraise(position("sell_call", CALL), facts).pnl is None


def test_of_two_words_the_last_one_by_that_day_counts() -> None:
    first = Result("req_1", RECOMMENDED, AT, Decimal(1))
    second = Result("req_1", RECOMMENDED, AT + timedelta(days=2), Decimal(2))
    assert known([second, first], [], MONDAY).results["recommended:req_1"].pnl == 1
    assert known([second, first], [], MONDAY + timedelta(days=2)).results["recommended:req_1"].pnl == 2


def test_one_leg_that_cannot_be_priced_leaves_no_sum() -> None:
    legs = (position("sell_call", CALL).parts[0], Part(AT, "sell_call", "GOOG", CALL))
    found = appraise(Position(RECOMMENDED, "", AT, legs), known([], closes(weekdays()), date(2026, 3, 1)))
    assert (found.pnl, found.open) == (None, False)
    assert "GOOG" in found.why


def test_numbers_that_nobody_can_have_are_not_believed() -> None:
    found = came_to("buy", {"quantity": "9e14", "price": "9e14"}, weekdays())
    assert (found.pnl, found.why) == (None, "it comes to more money than there is; look at its numbers")


@pytest.mark.parametrize("text", ["NaN", "inf", "-Infinity", "1e400", "", "ten", None, True, [], 10**16])
def test_what_is_no_number_is_none(text: Json) -> None:
    assert exact(text) is None


def test_a_name_of_a_price_is_one_for_matching_too() -> None:
    assert ladders.nature("fill_price") is ladders.Nature.PRICE
    assert set(names.PRICES) == ladders.PRICES


def test_a_fill_that_says_how_much_was_sold_with_a_minus_means_that_much() -> None:
    read = terms(Part(AT, "sell_call", "AAPL", {**CALL, "quantity": -2}))
    assert isinstance(read, Terms)
    assert (read.side, read.quantity) == (-1, Decimal(2))


# No look-ahead


PRICED = st.dictionaries(
    st.integers(0, 40).map(lambda number: MONDAY + timedelta(days=number)), st.integers(200, 600), max_size=41
)
POSITIONS = st.sampled_from(
    [("sell_call", CALL), ("buy_put", CALL), ("buy", SHARES), ("sell", {**SHARES, "stop": 450})]
)


@given(PRICED, PRICED, POSITIONS, st.integers(0, 40))
def test_no_later_price_changes_what_a_day_knew(
    past: dict[date, int], future: dict[date, int], what: tuple[str, dict[str, Json]], days: int
) -> None:
    as_of = MONDAY + timedelta(days=days)
    then = {day: str(price) for day, price in past.items() if day <= as_of}
    other = {**then, **{day: str(price) for day, price in future.items() if day > as_of}}
    later_word = Result(
        "req_1", RECOMMENDED, datetime.combine(as_of, datetime.min.time(), UTC) + timedelta(1), Decimal(9)
    )
    before = appraise(position(*what), known([], closes(then), as_of))
    assert appraise(position(*what), known([later_word], closes(other), as_of)) == before


@given(PRICED, POSITIONS, st.integers(0, 40), st.integers(0, 60))
def test_what_was_settled_once_stays_so(
    prices: dict[date, int], what: tuple[str, dict[str, Json]], days: int, more: int
) -> None:
    """With closes that come in day by day, a number that is not open is never changed by a later day."""
    everything = closes({day: str(price) for day, price in prices.items()})
    earlier: Knowledge = known([], everything, MONDAY + timedelta(days=days))
    later: Knowledge = known([], everything, MONDAY + timedelta(days=days + more))
    found = appraise(position(*what), earlier)
    if found.pnl is not None and not found.open:
        assert appraise(position(*what), later) == found
