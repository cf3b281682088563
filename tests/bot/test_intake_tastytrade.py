"""tastytrade's export: fills, orders of several legs, rolls, and what is no trade. Invented rows in its columns."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from bot.learning.meaning import Terms, meant
from bot.learning.reading import CSV, TASTYTRADE, How, Reading, read
from bot.learning.rows import Read, Refusal, Row, Skipped, Unreadable
from core.learning.fold import orders
from core.learning.records import Execution
from core.learning.rules import Rules

HEADER = (
    "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,Commissions,Fees,"
    "Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,Call or Put,Order #,Currency\n"
)


def option(
    at: str = "2024-05-02T15:45:08+0100",
    act: str = "Sell to Open",
    *,
    strike: str = "6.5",
    day: str = "5/10/24",
    price: str = "16.00",
    order: str = "1001",
    quantity: str = "1",
    root: str = "ABC",
    kind: str = "Trade",
) -> str:
    month, number, year = (int(part) for part in day.split("/"))
    symbol = f"{root:<6}{year:02}{month:02}{number:02}P{int(Decimal(strike) * 1000):08}"
    action = act.upper().replace(" ", "_")
    return (
        f'{at},{kind},{act},{action},{symbol},Equity Option,"A put, of {root}",{price},{quantity},{price},-1.00,-0.14,'
        f"100,{root},ABC,{day},{strike},PUT,{order},USD\n"
    )


SHARES = (
    '2024-05-02T15:50:00+0100,Trade,Buy to Open,BUY_TO_OPEN,XYZ,Equity,Bought,"-1,234.50",10,-123.45,--,-0.01,1,XYZ,'
    "XYZ,,,,1002,USD\n"
)
DEPOSIT = "2024-05-01T22:00:00+0100,Money Movement,Deposit,,,,Wire Funds Received,844.56,0,,--,0.00,,,,,,,,USD\n"
ASSIGNED = (
    "2024-05-10T22:00:00+0100,Receive Deliver,Assignment,,ABC   240510P00006500,Equity Option,Removal,0.00,1,,--,0.00,"
    "100,ABC,ABC,5/10/24,6.5,PUT,,USD\n"
)


def reading(text: str) -> Reading:
    return read(text.encode(), CSV, None, How())


def rows(text: str) -> list[Read]:
    return list(reading(text).rows)


def fills(text: str) -> list[Execution]:
    found = [meant("executions", row, Terms()) for row in rows(text) if isinstance(row, Row)]
    return [one for one in found if isinstance(one, Execution)]


def test_the_export_is_known_by_its_header() -> None:
    assert (reading(HEADER).kind, reading(HEADER).format) == ("executions", TASTYTRADE)
    with pytest.raises(Unreadable, match="no export of tastytrade: there is no column Action"):
        read(HEADER.replace("Action,", "").encode(), CSV, None, How(TASTYTRADE))
    with pytest.raises(Unreadable, match="holds executions and no closes"):
        read(HEADER.encode(), CSV, "closes", How())


def test_a_fill_of_an_option_is_what_one_contract_brought_and_what_it_cost() -> None:
    [one] = fills(HEADER + option())
    assert (one.action, one.subject, one.order, one.currency) == ("sell_put", "ABC", "1001", "USD")
    assert one.at.isoformat() == "2024-05-02T14:45:08+00:00"
    assert one.fees == Decimal("1.14")
    assert one.parameters == {
        "strike": 6.5, "expiry": "2024-05-10", "right": "put", "multiplier": 100, "quantity": 1, "premium": 0.16,
        "effect": "open",
    }  # fmt: skip


def test_shares_have_a_price_and_a_dash_is_no_commission() -> None:
    [one] = fills(HEADER + SHARES)
    assert (one.action, one.subject, one.fees) == ("buy", "XYZ", Decimal("0.01"))
    assert one.parameters == {"quantity": 10, "price": 123.45, "multiplier": 1, "effect": "open"}


def test_what_is_no_trade_is_skipped_and_said() -> None:
    found = rows(HEADER + DEPOSIT + ASSIGNED + option())
    assert [(row.line, type(row)) for row in found] == [(2, Skipped), (3, Skipped), (4, Row)]
    assert isinstance(found[1], Skipped)
    assert found[1].detail == "Receive Deliver, Assignment: the broker booked it, and nobody decided it"


def test_an_order_in_several_fills_is_one_order_and_twins_are_two_fills() -> None:
    text = HEADER + option() * 2 + option(at="2024-05-02T15:45:09+0100", quantity="3")
    found = fills(text)
    assert len({one.key for one in found}) == 3
    assert [one.key for one in fills(text)] == [one.key for one in found]
    [order] = orders(found, Rules())
    assert order.quantity == 5


def test_close_and_open_in_one_order_is_a_roll() -> None:
    text = HEADER + option(act="Buy to Close", price="-9.00") + option(day="5/17/24", price="25.00")
    [order] = orders(fills(text), Rules())
    assert order.rolls


def test_an_adjusted_root_keeps_its_underlying() -> None:
    [one] = fills(HEADER + option(root="ABC1"))
    assert one.subject == "ABC"


def test_a_fill_that_was_taken_back_is_the_same_fill() -> None:
    plain, busted = fills(HEADER + option() + option().replace("Trade,Sell to Open", "Trade,Sell to Open (Cancelled)"))
    assert (plain.key, plain.busted, busted.busted) == (busted.key, False, True)


BAD = {
    "a time without a zone": (option(at="2024-05-02T15:45:08"), "Date", "names no zone"),
    "a strike that is another": (option().replace(",6.5,PUT", ",7,PUT"), "Strike Price", "the symbol says 6.5"),
    "an expiry that is another": (option().replace("5/10/24", "5/11/24"), "Expiration Date", "the symbol says"),
    "no quantity": (option(quantity=""), "Quantity", "is missing"),
    "a price that is none": (option(price="abc"), "Average Price", "is no number"),
    "an action that is none": (
        option().replace("SELL_TO_OPEN", "HOLD").replace("Sell to Open", "Hold"),
        "Action",
        "must",
    ),
    "a multiplier of nothing": (option().replace(",100,ABC", ",0,ABC"), "Multiplier", "above zero"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_refused_by_the_column_of_the_export(name: str) -> None:
    line, field, words = BAD[name]
    bad, good = rows(HEADER + line + option())
    assert isinstance(bad, Refusal)
    assert (bad.line, bad.field, words in bad.detail) == (2, field, True), bad
    assert isinstance(good, Row)


def test_every_row_of_an_export_is_told_of() -> None:
    text = HEADER + option() + SHARES + DEPOSIT + option(at="?")
    assert Counter(type(row) for row in rows(text)) == {Row: 2, Skipped: 1, Refusal: 1}
