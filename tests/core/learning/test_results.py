"""Delay, decision and execution add up to the cent; what is not known is missing; nothing later is looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.learning.outcome import read
from core.learning.reconcile import reconcile
from core.learning.records import Close, Execution, How, Label, Match, Recommendation, Result, Source
from core.learning.results import Coverage, Outcome, outcomes, sums
from core.model import Json

AT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
EXPIRY = date(2026, 1, 16)
LATE = date(2026, 3, 1)
CALL: dict[str, Json] = {"strike": 425, "expiry": "2026-01-16", "quantity": 2, "premium": 2.36}
KEY = "req_1"


def advice(
    parameters: Mapping[str, Json] = CALL, key: str = KEY, action: str = "sell_call", **more: object
) -> Recommendation:
    said: dict[str, object] = {
        "valid_until": AT + timedelta(hours=4), "person": "alice", "program": "calls", "algorithm": "1",
        "subject": "AAPL", "currency": "USD", "account": "U1", **more,
    }  # fmt: skip
    return Recommendation(key=key, at=AT, action=action, parameters=dict(parameters), **said)  # type: ignore[arg-type]


def fill(change: Mapping[str, Json], key: str = "o1", fees: str | None = None, **more: object) -> Execution:
    said: dict[str, object] = {"action": "sell_call", "subject": "AAPL", "account": "U1", "order": key, **more}
    number = said.pop("number", 0)
    return Execution(
        key=f"{key}#{number}",
        at=AT + timedelta(minutes=20),
        parameters={**CALL, **change},
        fees=None if fees is None else Decimal(fees),
        **said,  # type: ignore[arg-type]
    )


def match(label: Label, orders: Sequence[str] = (), how: How = How.MATCHED, key: str = KEY, **more: object) -> Match:
    advised = None if label is Label.INDEPENDENT else key
    return Match(
        key, AT.date(), AT, "alice", "calls", "1", "AAPL", "sell_call", label, how,
        recommendation=advised, orders=tuple(orders), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def settled(price: str = "430") -> list[Close]:
    days = (AT.date() + timedelta(days=number) for number in range(40))
    return [Close("AAPL", day, Decimal(price)) for day in days if day.weekday() < 5]


def came_of(
    one: Match,
    fills: Sequence[Execution] = (),
    given_results: Sequence[Result] = (),
    *,
    advised: Recommendation | None = None,
    closes: Sequence[Close] | None = None,
    as_of: date = LATE,
) -> Outcome:
    known = settled() if closes is None else closes
    return outcomes([one], [advised or advice()], fills, given_results, known, as_of)[0]


def split(one: Outcome) -> tuple[str | None, ...]:
    return tuple(None if part is None else str(part) for part in (one.delay, one.decision, one.execution, one.total))


# The three effects


def test_waiting_for_a_worse_price_is_delay_and_fees_are_execution() -> None:
    found = came_of(match(Label.CONSENT, ["o1"]), [fill({"premium": 2.30}, fees="1.25")])
    assert found.advised == Decimal("-528.00")  # 2 x 100 x (2.36 - 5)
    assert split(found) == ("-12.00", "0.00", "-1.25", "-13.25")
    assert (found.priced, found.open, found.known_on) == (True, False, EXPIRY)


def test_a_smaller_size_is_a_decision() -> None:
    found = came_of(match(Label.MODIFY, ["o1"]), [fill({"quantity": 1})])
    assert split(found) == ("0.00", "264.00", "0.00", "264.00")


def test_another_contract_is_told_as_a_whole_for_nobody_knows_what_the_advised_one_cost_then() -> None:
    found = came_of(match(Label.MODIFY, ["o1"]), [fill({"strike": 430, "premium": 1.5}, fees="2")])
    assert split(found) == (None, None, "-2.00", "826.00")  # 2 x 150 - 2 + 528
    assert (found.difference, found.delayed) == (Decimal("828.00"), True)


def test_a_rejection_is_all_decision() -> None:
    found = came_of(match(Label.REJECT, how=How.EXPLICIT))
    assert split(found) == ("0.00", "528.00", "0.00", "528.00")
    assert (found.real, found.delayed) == (Decimal(0), False)


@pytest.mark.parametrize(
    "one", [match(Label.NO_ACTION, how=How.IGNORED), match(Label.REJECT, how=How.IGNORED)], ids=["withdrawn", "ignored"]
)
def test_what_nobody_decided_is_no_decision(one: Match) -> None:
    found = came_of(one)
    assert split(found) == (None, None, None, "528.00")
    assert found.difference is None


def test_what_the_market_did_not_fill_is_execution() -> None:
    one = match(Label.CONSENT, ["o1"], fill_incomplete=True)
    found = came_of(one, [fill({"quantity": 1})])
    assert split(found) == ("0.00", "0.00", "264.00", "264.00")
    nothing = came_of(one, [fill({"quantity": 0})])
    assert split(nothing) == (None, None, "528.00", "528.00")


def test_an_order_of_several_parts_counts_by_their_size() -> None:
    parts = [fill({"quantity": 1, "premium": 2.36}), fill({"quantity": 1, "premium": 2.26}, number=1)]
    assert split(came_of(match(Label.CONSENT, ["o1"]), parts)) == ("-10.00", "0.00", "0.00", "-10.00")


def test_a_part_that_was_taken_back_never_was() -> None:
    parts = [fill({"quantity": 2}), fill({"quantity": 50}, number=1, busted=True)]
    assert came_of(match(Label.CONSENT, ["o1"]), parts).total == 0


def test_what_was_done_without_advice_has_no_counterpart() -> None:
    found = came_of(match(Label.INDEPENDENT, ["o1"], key="order:o1"), [fill({})])
    assert (found.real, found.advised, found.total, found.priced) == (Decimal("-528.00"), None, None, False)


def test_shares_are_compared_on_the_same_last_day() -> None:
    shares: dict[str, Json] = {"quantity": 10, "limit_price": 420}
    order = replace(
        fill({}), action="buy", parameters={"quantity": 10, "price": 421}, at=AT + timedelta(days=1), fees=Decimal(1)
    )
    told = advice(shares, action="buy")
    closes = [*settled("430")[:5], Close("AAPL", date(2026, 1, 12), Decimal(440)), *settled("450")[6:]]
    found = came_of(match(Label.CONSENT, ["o1"]), [order], advised=told, closes=closes)
    assert (found.advised, found.real) == (Decimal("200.00"), Decimal("189.00"))
    assert split(found) == ("-10.00", "0.00", "-1.00", "-11.00")


PRICE = st.decimals("0.01", "40", places=4)
SIZE = st.integers(1, 50)


@given(
    PRICE, SIZE, st.lists(st.tuples(PRICE, SIZE, st.decimals("0", "9", places=5)), min_size=1, max_size=4),
    st.decimals("300", "500", places=3), st.booleans(), st.sampled_from([425, 430]),
    st.sampled_from([None, "EUR", "BTC"]), st.none() | st.decimals("-999", "999", places=6),
)  # fmt: skip
def test_the_parts_add_up_to_the_cent(
    premium: Decimal,
    size: int,
    parts: list[tuple[Decimal, int, Decimal]],
    close: Decimal,
    incomplete: bool,
    strike: int,
    currency: str | None,
    said: Decimal | None,
) -> None:
    told = advice({**CALL, "premium": str(premium), "quantity": size}, currency=currency)
    fills = [
        fill({"premium": str(price), "quantity": count, "strike": strike}, fees=str(fees), number=number)
        for number, (price, count, fees) in enumerate(parts)
    ]
    one = match(Label.MODIFY, ["o1"], fill_incomplete=incomplete)
    given_results = [] if said is None else [Result("o1", "actual", AT, said)]
    found = came_of(one, fills, given_results, advised=told, closes=settled(str(close)))
    assert found.total is not None
    assert found.total == (found.real or 0) - (found.advised or 0)
    if strike == 425:
        assert found.delay is not None
        assert found.decision is not None
        assert found.execution is not None
        assert found.delay + found.decision + found.execution == found.total
    else:
        assert found.delay is None
        assert found.decision is None
    smallest = Decimal("0.00000001") if currency == "BTC" else Decimal("0.01")
    for level in (found.advised, found.later, found.paper, found.real):
        assert level is None or level == level.quantize(smallest)


# What programs say themselves


def test_given_results_win_and_are_after_fees() -> None:
    words = [
        Result(KEY, "recommended", AT, Decimal(100), "USD", Decimal(50)),
        Result("o1", "actual", AT, Decimal(80), "USD", fees=Decimal(3)),
    ]
    found = came_of(match(Label.CONSENT, ["o1"]), [fill({"premium": 2.30}, fees="999")], words)
    levels = (found.advised, found.later, found.paper, found.real)
    assert levels == (Decimal(100), Decimal(88), Decimal(83), Decimal(80))
    assert (found.by, found.done_by, found.risk, found.r) == ("given", "given", Decimal(50), -0.1)


def test_an_agents_action_is_told_by_its_request_alone() -> None:
    deploy = advice({"replicas": 3}, action="deploy")
    words = [Result(KEY, "recommended", AT, Decimal(10)), Result(KEY, "actual", AT, Decimal(4))]
    found = came_of(match(Label.MODIFY, how=How.EXPLICIT), given_results=words, advised=deploy, closes=[])
    assert (found.total, found.difference, found.delay) == (Decimal(-6), Decimal(-6), None)


def test_history_is_found_under_the_key_it_was_imported_with() -> None:
    one = replace(match(Label.REJECT, key="imp:2026/AAPL", how=How.EXPLICIT), source=Source.IMPORTED)
    told = advice(key="imp:2026/AAPL")
    assert came_of(one, (), [Result("2026/AAPL", "recommended", AT, Decimal(7))], advised=told).total == -7
    assert came_of(one, (), [Result("imp:2026/AAPL", "recommended", AT, Decimal(7))], advised=told).total == -7


def test_one_currency_is_not_subtracted_from_another() -> None:
    found = came_of(match(Label.CONSENT, ["o1"]), [fill({}, currency="EUR")])
    assert (found.total, found.priced) == (None, False)
    assert "one currency" in found.why


# What is not known


def test_what_runs_still_is_open_and_counts_nowhere() -> None:
    found = came_of(match(Label.CONSENT, ["o1"]), [fill({})], as_of=date(2026, 1, 9))
    assert (found.open, found.priced, found.total, found.known_on) == (True, False, None, None)


def test_shares_that_run_still_are_marked_but_not_priced() -> None:
    order = replace(fill({}), action="buy", parameters={"quantity": 10, "price": 421})
    told = advice({"quantity": 10, "price": 420}, action="buy")
    found = came_of(match(Label.CONSENT, ["o1"]), [order], advised=told, as_of=date(2026, 1, 7))
    assert (found.open, found.priced, found.real) == (True, False, Decimal("90.00"))


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (match(Label.CONSENT, ["o9"]), "the order o9 is not known"),
        (match(Label.MODIFY, how=How.EXPLICIT), "send its execution or its result"),
        (match(Label.CONSENT, ["o1"], key="req_2"), "the recommendation req_2 is not known"),
    ],
)
def test_what_is_missing_is_said_and_is_never_zero(one: Match, why: str) -> None:
    found = came_of(one, [fill({})])
    assert found.total is None
    assert why in found.why


def test_what_was_decided_and_is_not_known_to_be_done_stands_on_paper() -> None:
    told = advice(decision="modified", decided={**CALL, "quantity": 1})
    found = came_of(match(Label.MODIFY, how=How.EXPLICIT), advised=told)
    assert (found.paper, found.real, found.total, found.difference) == (Decimal(-264), None, None, Decimal(264))


def test_an_order_without_a_market_leaves_the_whole_missing() -> None:
    found = came_of(match(Label.CONSENT, ["o1"]), [fill({}, subject="ZZZZ")])
    assert (found.advised, found.real, found.priced) == (Decimal(-528), None, False)
    assert "ZZZZ" in found.why


def test_the_same_advice_sent_again_counts_once() -> None:
    again = replace(advice(key="req_2"), at=AT + timedelta(minutes=5))
    orders = [replace(fill({"strike": 430}), at=AT + timedelta(minutes=30))]
    matches = reconcile([advice(), again], orders, now=AT + timedelta(days=2))
    found = outcomes(matches, [advice(), again], orders, [], settled(), LATE)
    assert [one.total for one in found if one.priced] == [Decimal(1000)]
    assert len(matches) == 2


# No look-ahead


@given(st.lists(st.integers(300, 500), min_size=40, max_size=40), st.integers(0, 39), st.integers(-300, 300))
def test_a_changed_future_price_changes_no_earlier_number(prices: list[int], day: int, other: int) -> None:
    as_of = AT.date() + timedelta(days=day)
    shares = replace(fill({"quantity": 3, "price": 400}, "o2"), action="buy", parameters={"quantity": 3, "price": 400})
    told = [advice(), advice({"quantity": 3, "price": 401}, key="req_2", action="buy")]
    matches = [match(Label.MODIFY, ["o1"]), match(Label.CONSENT, ["o2"], key="req_2"), match(Label.REJECT, key="req_1")]
    fills = [fill({"quantity": 1}), shares]
    one = [Close("AAPL", AT.date() + timedelta(days=number), Decimal(price)) for number, price in enumerate(prices)]
    changed = [close if close.day <= as_of else replace(close, price=close.price + other) for close in one]
    late = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), UTC)
    words = [Result("o1", "actual", late, Decimal(5)), Result("req_2", "recommended", late, Decimal(6))]
    tomorrow = replace(fill({"quantity": 9}, "o1", number=7), at=late + timedelta(hours=1))
    before = outcomes(matches, told, fills, [], one, as_of)
    assert outcomes(matches, told, [*fills, tomorrow], words, changed, as_of) == before


def test_a_match_of_a_later_day_is_not_there_yet() -> None:
    assert outcomes([match(Label.REJECT)], [advice()], [], [], settled(), date(2026, 1, 4)) == []


# Sums


def worth(amount: str | None, currency: str = "USD", *, is_open: bool = False) -> tuple[Outcome, Decimal | None]:
    told = None if amount is None else Decimal(amount)
    return Outcome(f"{amount}{currency}", "AAPL", Label.REJECT, currency, real=told, open=is_open), told


def test_a_sum_says_of_how_many_it_is() -> None:
    found = sums(
        [worth("10"), worth("-4.50"), worth(None), worth("99", is_open=True), worth("7", "EUR"), worth(None, "")]
    )
    assert [(one.currency, one.amount) for one in found] == [("EUR", Decimal(7)), ("USD", Decimal("5.50"))]
    assert found[1].coverage == Coverage(priced=2, of=5, open=1)
    assert (found[1].worst, found[1].best) == (None, None)


def test_bounds_are_those_that_somebody_gives() -> None:
    (found,) = sums([worth("10"), worth(None), worth(None)], (Decimal(-100), Decimal(50)))
    assert (found.worst, found.best) == (Decimal(-190), Decimal(110))


def test_what_is_only_open_has_no_sum_beside_what_is_priced() -> None:
    assert [one.currency for one in sums([worth("10"), worth("7", "EUR", is_open=True)])] == ["USD"]


def test_where_nothing_is_priced_the_sum_still_says_of_how_many() -> None:
    (found,) = sums([worth(None), worth("5", is_open=True)])
    assert found.coverage == Coverage(priced=0, of=2, open=1)


def test_an_outcome_is_written_as_json_and_read_back() -> None:
    one = match(Label.CONSENT, ["o1"])
    for as_of in (LATE, date(2026, 1, 9)):
        found = came_of(one, [fill({"premium": 2.30}, fees="1.25")], as_of=as_of)
        body = json.loads(json.dumps(found.plain(), allow_nan=False))
        assert read(one, body) == found
