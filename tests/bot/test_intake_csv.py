"""CSV as spreadsheets and brokers write it: what each way of writing means, and what cannot be meant."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learning.cells import Writing, moment, number, occ
from bot.learning.csv_columns import LONGEST_ROW, mapping_of, neutral, read_table
from bot.learning.meaning import Terms, meant
from bot.learning.reading import CSV, JSON, JSON_LINES, How, Reading, media_type_of, read
from bot.learning.rows import Fault, Read, Refusal, Row, Skipped, Unreadable, json_rows, lines_of_json
from core.learning.records import Execution

NEW_YORK = ZoneInfo("America/New_York")
HEADER = "execution,at,action,subject,quantity,price\n"
ROW = "f1,2024-03-05T15:54:00Z,buy,AAPL,100,12.5\n"


def read_csv(text: str | bytes, kind: str | None = "executions", **how: Any) -> Reading:
    return read(text.encode() if isinstance(text, str) else text, CSV, kind, How(**how))


def rows(text: str | bytes, kind: str | None = "executions", **how: Any) -> list[Read]:
    return list(read_csv(text, kind, **how).rows)


def fills(text: str | bytes, **how: Any) -> list[Execution]:
    found = []
    for row in rows(text, **how):
        assert isinstance(row, Row), row
        one = meant("executions", row, Terms(how.get("writing", Writing())))
        assert isinstance(one, Execution)
        found.append(one)
    return found


WAYS: dict[str, bytes] = {
    "plain": (HEADER + ROW).encode(),
    "with a BOM": b"\xef\xbb\xbf" + (HEADER + ROW).encode(),
    "with CRLF": (HEADER + ROW).replace("\n", "\r\n").encode(),
    "with CR": (HEADER + ROW).replace("\n", "\r").encode(),
    "without a last line break": (HEADER + ROW).rstrip().encode(),
    "with empty lines": ("\n\n" + HEADER + "\n" + ROW + "\n , \n,,,,,\n").replace("\n , ", "").encode(),
    "with semicolons": (HEADER + ROW).replace(",", ";").replace("12.5", "12,5").encode(),
    "with tabs": (HEADER + ROW).replace(",", "\t").encode(),
    "in UTF-16": (HEADER + ROW).encode("utf-16"),
    "all in quotes": "\n".join(
        ",".join(f'"{c}"' for c in line.split(",")) for line in (HEADER + ROW).splitlines()
    ).encode(),
    "with more columns than names": (HEADER + ROW.replace("\n", ",,\n")).encode(),
    "in other letters": (HEADER.upper() + ROW).encode(),
    "under a broker's names": HEADER.replace("at,", "Time,").replace("subject", "Symbol").encode() + ROW.encode(),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_fill_is_read_however_it_is_written(way: str) -> None:
    [one] = fills(WAYS[way])
    assert (one.key, one.subject, one.action) == ("f1", "AAPL", "buy")
    assert one.at == datetime(2024, 3, 5, 15, 54, tzinfo=UTC)
    assert one.parameters == {"quantity": 100, "price": 12.5}


def test_quotes_hold_commas_quotes_and_line_breaks_and_the_lines_behind_them_keep_their_numbers() -> None:
    text = HEADER + '"f,""1""",2024-03-05T15:54:00Z,buy,"A\nB",1,2\n' + "f2,never,buy,AAPL,1,2\n" + ROW
    first, second, third = rows(text)
    assert isinstance(first, Row)
    assert (first.line, first.fields["execution"], first.fields["subject"]) == (2, 'f,"1"', "A\nB")
    assert isinstance(second, Refusal)
    assert (second.line, second.field) == (4, "at")
    assert isinstance(third, Row)
    assert third.line == 5


BAD_LINES = {
    "a quote that is not closed": ('"f1,2024-03-05T15:54:00Z,buy,AAPL,1,2\n', "opens a quote that is not closed"),
    "a quote within a cell": ('"f"1,2024-03-05T15:54:00Z,buy,AAPL,1,2\n', "a quote within a cell"),
    "too few cells": ("f1,2024-03-05T15:54:00Z,buy\n", "has 3 cells, and the header 6"),
    "too many cells": (ROW.replace("\n", ",x\n"), "has 7 cells, and the header 6"),
    "a row that never ends": ("x" * LONGEST_ROW + "\n", "is longer than"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_refused_and_the_lines_behind_it_are_read(name: str) -> None:
    line, words = BAD_LINES[name]
    bad, good = rows(HEADER + line + ROW)
    assert isinstance(bad, Refusal)
    assert (bad.line, words in bad.detail) == (2, True), bad
    assert isinstance(good, Row)
    assert good.line == 3


def test_one_cell_in_another_encoding_costs_its_row_alone() -> None:
    text = (HEADER + ROW).encode() + "f2,2024-03-05T15:54:00Z,buy,Bär,1,2\n".encode("latin-1") + ROW.encode()
    read_rows = [row for row in rows(text) if isinstance(row, Row)]
    with pytest.raises(Fault, match="subject holds bytes that are not UTF-8"):
        meant("executions", read_rows[1], Terms())
    assert [row.line for row in read_rows] == [2, 3, 4]


WHOLE = {
    "nothing": ("", "There is nothing in it"),
    "a BOM alone": ("\ufeff", "There is nothing in it"),
    "a header twice": (HEADER.replace("price", "at") + ROW, "Two columns are called `at`"),
    "no time": ("execution,action,subject\n1,buy,AAPL\n", "no column for `at`"),
    "too many columns": (HEADER.strip() + ",x" * 600 + "\n", "at most 500"),
    "NUL": ("a\x00b,c\n", "no text"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_cannot_be_read_is_said_with_what_to_do(name: str) -> None:
    text, words = WHOLE[name]
    with pytest.raises(Unreadable, match=words):
        rows(text)


def test_nul_in_a_cell_is_refused_by_its_row() -> None:
    [_, row] = rows(HEADER + ROW + ROW.replace("AAPL", "AA\x00PL"))
    assert isinstance(row, Row)
    with pytest.raises(Fault, match="subject holds a character that cannot be seen"):
        meant("executions", row, Terms())


def test_columns_are_named_by_a_mapping_and_what_is_left_over_is_said() -> None:
    text = "When,Hour,Ticker,What,Delta,Notes\n2024-03-05,10:54,AAPL,Sell to Open,0.2,hm\n"
    mapping = mapping_of("at=When+Hour, action=What,parameters.delta=Delta")
    how: dict[str, Any] = {"mapping": mapping, "writing": Writing(NEW_YORK)}
    assert read_csv(text, **how).ignored == ("Notes",)
    [one] = fills(text, **how)
    assert (one.at.hour, one.subject, one.action) == (15, "AAPL", "sell")
    assert one.parameters == {"delta": 0.2, "effect": "open"}
    with pytest.raises(Unreadable, match="no column `Nope` for `at`; there are: When, Hour"):
        read_csv(text, mapping=mapping_of("at=Nope"))


@pytest.mark.parametrize("text", ["at", "at=", "prize=x", "at=A,at=B", "parameters.=A"])
def test_a_mapping_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(takes|names|says)"):
        mapping_of(text)


def test_a_fill_without_a_number_has_the_same_key_every_time_and_twins_have_two() -> None:
    text = (
        "at,action,subject,quantity\n" + "2024-03-05T15:54:00Z,buy,AAPL,1\n" * 2 + "2024-03-05T15:55:00Z,buy,AAPL,1\n"
    )
    keys = [one.key for one in fills(text)]
    assert len(set(keys)) == 3
    assert keys == [one.key for one in fills(text)]


MOMENTS = {
    "2024-04-30T15:45:08+0100": "2024-04-30T14:45:08",
    "2024-04-30T15:45:08.25Z": "2024-04-30T15:45:08.250000",
    "2024-04-30 15:45 -05:30": "2024-04-30T21:15:00",
    "20240430T154508+01": "2024-04-30T14:45:08",
    "2024-04-30 15:45:08 Europe/Berlin": "2024-04-30T13:45:08",
    "2024-04-30T15:45:08+02:00[Europe/Berlin]": "2024-04-30T13:45:08",
    "2024-04-30 15:45": "2024-04-30T19:45:00",
    "2024-01-30, 3:45 PM": "2024-01-30T20:45:00",
    "2024-01-30, 12:05 am": "2024-01-30T05:05:00",
    "4/30/2024 15:45": "2024-04-30T19:45:00",
    "30.04.2024 15:45": "2024-04-30T19:45:00",
    "20240430;154508": None,
    "2024-04-30 25:00": "no time of day",
    "13:45": "is no time",
    "2024-04-30 15:45 XYZ/Nowhere": "is not known",
    "2024-04-30T15:45+99:00": "an offset that is none",
    "3/4/2024 15:45": "say `dates`",
    "2024-03-10 02:30": "does not exist in America/New_York",
    "2024-11-03 01:30": "came twice in America/New_York",
    "2024-11-03 01:30-05:00": "2024-11-03T06:30:00",
}


@pytest.mark.parametrize("text", MOMENTS)
def test_a_time_is_what_it_says_or_is_refused_with_a_remedy(text: str) -> None:
    expected = MOMENTS[text] or "is no time"
    if expected[0].isdigit():
        found = moment(text, Writing(NEW_YORK))
        assert found.isoformat().removesuffix("+00:00") == expected
    else:
        with pytest.raises(ValueError, match=expected):
            moment(text, Writing(NEW_YORK))


def test_months_and_days_are_as_it_was_said() -> None:
    assert moment("3/4/24", Writing(dates="mdy")) == date(2024, 3, 4)
    assert moment("3/4/24", Writing(dates="dmy")) == date(2024, 4, 3)
    with pytest.raises(ValueError, match="no day of the calendar"):
        moment("30/4/2024", Writing(dates="mdy"))


NUMBERS: list[tuple[str, bool, str | None]] = [
    ("1,234.56", False, "1234.56"),
    ("1,234,567", False, "1234567"),
    ("-1,234.56", False, "-1234.56"),
    ("1.234,56", True, "1234.56"),
    ("1234,5", True, "1234.5"),
    ("1.5", True, "1.5"),
    ("1'234.5", False, "1234.5"),
    ("1 234.5", False, "1234.5"),
    ("1\u00a0234", False, "1234"),
    ("$12.50", False, "12.50"),
    ("(12.50)", False, "-12.50"),
    ("\u22123", False, "-3"),
    ("--", False, None),
    ("", False, None),
    ("n/a", False, None),
    ("1e3", False, "1E+3"),
]


@pytest.mark.parametrize(("text", "comma", "expected"), NUMBERS)
def test_a_number_is_what_it_says(text: str, comma: bool, expected: str | None) -> None:
    found = number(text, Writing(comma=comma))
    assert (None if found is None else str(found)) == expected


@pytest.mark.parametrize("text", ["NaN", "inf", "1e400", "1e-400", "12,34", "1.2.3", "0x10", "١٢", "9" * 70, "ten"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is no number|is out of range)"):
        number(text, Writing())


@pytest.mark.parametrize("cell", ["=1+1", "+A1", "-A1", "@x", "\tx", "\rx", "=", "-", "+1+1"])
def test_a_cell_that_a_spreadsheet_would_carry_out_is_neutral_and_comes_back_as_it_was(cell: str) -> None:
    assert neutral(cell) == f"'{cell}"
    table = read_table(f'a\n"{neutral(cell)}"\n'.encode())
    [line] = list(table.lines)
    assert not isinstance(line, Refusal)
    assert line.cells["a"].strip() == cell.strip()


@pytest.mark.parametrize(
    ("cell", "shown"), [(-5, "-5"), (Decimal("-1.50"), "-1.50"), ("-5", "-5"), (None, ""), ("a=b", "a=b")]
)
def test_numbers_and_plain_texts_stay_as_they_are(cell: object, shown: str) -> None:
    assert neutral(cell) == shown


@given(st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), max_size=8))
def test_what_is_written_as_csv_is_read_as_it_was(cells: list[list[str]]) -> None:
    def plain(cell: str) -> str:
        return cell.replace("\r\n", "\n").replace("\r", "\n")

    kept = [row for row in cells if any(cell.strip() for cell in row) and "\x00" not in "".join(row)]
    written = io.StringIO()
    csv.writer(written).writerows([["a", "b"], *[[neutral(cell) for cell in row] for row in kept]])
    lines = list(read_table(written.getvalue().encode("utf-8", "surrogatepass")).lines)
    assert len(lines) == len(kept)
    for line, row in zip(lines, kept, strict=True):
        assert not isinstance(line, Refusal)
        if all(sign.isprintable() for sign in "".join(row)) and not any(cell.startswith("'") for cell in row):
            assert [line.cells["a"].lstrip(), line.cells["b"].lstrip()] == [plain(cell).lstrip() for cell in row]


@given(st.binary(max_size=300) | st.text(alphabet='",;\n\r ab1=-{}[]:', max_size=300).map(str.encode))
def test_whatever_comes_is_rows_or_refusals_or_unreadable(data: bytes) -> None:
    for media_type in (CSV, JSON, JSON_LINES):
        try:
            found = list(read(data, media_type, None if media_type == JSON else "executions", How()).rows)
        except Unreadable:
            continue
        assert all(isinstance(row, Row | Refusal | Skipped) for row in found)


def test_json_lines_and_arrays_number_what_they_hold() -> None:
    lines = list(lines_of_json(b'{"a": 1}\n\n{"a": NaN}\n{"a": 1} {"b"'))
    assert [(row.line, type(row)) for row in lines] == [(1, Row), (3, Row), (4, Refusal)]
    items = list(json_rows(b'[{"a": 1},\n\n 5, {"a": 1, "a": 2}, {"b": 1.50}] x'))
    assert [(row.line, type(row)) for row in items] == [(1, Row), (2, Refusal), (3, Refusal), (4, Row), (5, Refusal)]
    assert isinstance(items[3], Row)
    assert str(items[3].fields["b"]) == "1.50"


def test_a_file_says_itself_what_it_is() -> None:
    assert media_type_of(b' [{"a": 1}]') == JSON
    assert media_type_of(b'{\n "a": 1\n}') == JSON
    assert media_type_of(b'{"a": 1}\n{"a": 2}\n') == JSON_LINES
    assert media_type_of(b'\xef\xbb\xbf{"a": 1}') == JSON_LINES
    assert media_type_of(b"a,b\n1,2\n") == CSV


KINDS = {
    "date,IBM,MSFT\n": "closes",
    "date,symbol,close\n": "closes",
    "order,kind,pnl,at\n": "results",
    "key,decision,at\n": "recommendations",
    "time,symbol,side,qty\n": "executions",
}


@pytest.mark.parametrize("header", KINDS)
def test_what_a_table_tells_its_header_says(header: str) -> None:
    assert read_csv(header, None).kind == KINDS[header]


def test_a_table_that_says_nothing_is_asked_about() -> None:
    with pytest.raises(Unreadable, match="say its kind"):
        read_csv("a,b\n1,2\n", None)
    with pytest.raises(Unreadable, match="say its kind"):
        read(b'[{"a": 1}]', JSON, None, How())


def test_a_day_in_a_mapped_parameter_is_the_day_it_would_be_in_a_column_of_that_name() -> None:
    text = "execution,at,action,subject,Expiry,Note,Version\nf1,2026-11-02T15:54:00Z,sell,X,12/4/2026,3/5/2026,1.2.24\n"
    mapping = mapping_of("parameters.expiry=Expiry,parameters.until=Note,parameters.version=Version")
    how = {"mapping": mapping, "writing": Writing(dates="mdy")}
    (one,) = fills(text, **how)
    assert one.parameters == {"expiry": "2026-12-04", "until": "2026-03-05", "version": "1.2.24"}
    (named,) = fills(text, writing=Writing(dates="mdy"))
    assert named.parameters["expiry"] == one.parameters["expiry"]
    (unclear,) = rows(text, mapping=mapping)
    assert isinstance(unclear, Refusal)
    assert (unclear.field, "mdy or dmy" in unclear.detail) == ("parameters.expiry", True)


def test_what_people_said_is_told_from_what_was_recommended() -> None:
    click = b'{"key": "a", "decision": "reject", "at": "2024-03-05T16:00:00Z"}'
    both = b'{"key": "a", "action": "buy", "decision": "reject", "at": "2024-03-05T16:00:00Z"}'
    assert read(click, JSON_LINES, None, How()).decisions
    assert not read(both, JSON_LINES, None, How()).decisions
    assert read(b"key,decision,at\na,reject,2024-03-05T16:00:00Z\n", CSV, None, How()).decisions


def test_the_symbol_of_an_option_says_what_it_is() -> None:
    option = occ("SOFI  240510P00006500")
    assert option is not None
    assert (option.root, option.expiry, option.right, option.strike) == (
        "SOFI",
        date(2024, 5, 10),
        "put",
        Decimal("6.5"),
    )
    assert occ("AAPL") is None
    assert occ("SOFI  241310P00006500") is None


def test_a_fill_that_names_an_option_by_its_symbol_has_its_terms() -> None:
    text = "execution,at,action,symbol,qty,strike\nf1,2024-03-05T15:54:00Z,STO,SOFI  240510P00006500,-2,6.5\n"
    [one] = fills(text)
    assert (one.subject, one.action) == ("SOFI", "sell_put")
    assert one.parameters == {"strike": 6.5, "expiry": "2024-05-10", "right": "put", "quantity": 2, "effect": "open"}
    [row] = rows(text.replace(",6.5\n", ",7\n"))
    assert isinstance(row, Row)
    with pytest.raises(Fault, match=r"the symbol says 6\.5"):
        meant("executions", row, Terms())
