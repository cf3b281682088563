"""Whose a record is: who did not bring it does not change it, and nobody speaks in another's name."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from core.learning import records
from core.learning.ledger import Record
from tests.bot.asking import refused, submitted
from tests.bot.importing import LEARNING, advice, counts, fill, sent
from tests.bot.running import Doc, Running, fresh, placet, settings_in

DAY = "2024-01-19"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with placet(settings_in(tmp_path_factory.mktemp("house"), house=LEARNING)) as running:
        yield running


@pytest.fixture(scope="module")
def erin(house: Running) -> httpx.Client:
    """The administrator."""
    return house.client()


@pytest.fixture(scope="module")
def bob(house: Running) -> httpx.Client:
    return house.person("bob")


@pytest.fixture(scope="module")
def momentum(house: Running) -> httpx.Client:
    return house.program("momentum")


@pytest.fixture(scope="module")
def rival(house: Running) -> httpx.Client:
    return house.program()


def stands(house: Running, kind: str, key: str) -> Record:
    found = house.services.reader.record(kind, key)
    assert found is not None, key
    return found


def result(about: str, pnl: str, kind: str = "actual") -> Doc:
    return {"about": about, "kind": kind, "at": DAY, "pnl": pnl}


def refused_by(client: httpx.Client, kind: str, row: Doc) -> tuple[str, str]:
    """The field and the words with which a row is refused that comes alone."""
    [one] = client.post(f"/v1/{kind}", json=row).json()["errors"]
    return one["field"], one["message"]


# What others brought


@pytest.mark.parametrize("whose", ["erin", "alice", "momentum"])
def test_a_fill_is_neither_busted_nor_rewritten_by_who_did_not_bring_it(
    house: Running, rival: httpx.Client, bob: httpx.Client, whose: str
) -> None:
    owner = house.client() if whose == "erin" else house.program(whose) if whose == "momentum" else house.person(whose)
    row = fill()
    sent(owner, "executions", row)
    for other in (rival, bob):
        for change in (
            {"execution": row["execution"], "status": "busted"},
            {**row, "account": None, "fees": "9"},
            {**row, "account": None, "status": "corrected"},
        ):
            field, words = refused_by(other, "executions", change)
            assert (field, "somebody else brought it" in words) == ("key", True)
    found = stands(house, records.EXECUTION, row["execution"])
    assert (found.version, found.status, found.body.get("fees")) == (1, "filled", None)


def test_a_fill_of_an_account_of_nobody_is_not_for_the_taking(
    house: Running, erin: httpx.Client, bob: httpx.Client
) -> None:
    row = fill(account="U99")
    sent(erin, "executions", row)
    assert refused_by(bob, "executions", {**row, "account": "U2"})[0] == "key"
    assert stands(house, records.EXECUTION, row["execution"]).person == ""


def test_who_brought_a_fill_changes_it_and_an_administrator_changes_every_one(
    house: Running, erin: httpx.Client, momentum: httpx.Client
) -> None:
    row = fill()
    assert counts(sent(momentum, "executions", row)) == (1, 0, 0)
    assert counts(sent(erin, "executions", row)) == (0, 0, 1)
    assert counts(sent(erin, "executions", {**row, "fees": "1.00"})) == (0, 1, 0)
    assert counts(sent(momentum, "executions", {"execution": row["execution"], "status": "busted"})) == (0, 1, 0)
    assert stands(house, records.EXECUTION, row["execution"]).status == "busted"


def test_a_program_adds_closes_and_changes_nobody_elses(
    house: Running, erin: httpx.Client, momentum: httpx.Client, rival: httpx.Client
) -> None:
    row = {"subject": fresh("S"), "day": DAY, "price": "100"}
    sent(erin, "closes", row)
    new = {**row, "day": "2024-01-22"}
    answer = sent(rival, "closes", [{**row, "price": "1"}, new])
    assert (counts(answer), answer["refused"][0]["field"]) == ((1, 0, 0), "price")
    assert stands(house, records.CLOSE, f"{row['subject']}:{DAY}").body["price"] == "100"
    assert counts(sent(rival, "closes", {**new, "price": "2"})) == (0, 1, 0)
    assert refused(momentum.post("/v1/closes", json={**new, "price": "3"})) == (422, "nothing_read")


def test_a_result_is_not_overwritten_by_way_of_a_fill_with_the_same_order(
    house: Running, erin: httpx.Client, rival: httpx.Client
) -> None:
    order = fresh("order")
    sent(erin, "executions", fill(order=order))
    sent(rival, "executions", fill(order=order))
    found = refused_by(rival, "results", result(order, "-999"))
    assert found == ("about", "is an order that is not known here as yours alone; import the executions first")
    sent(erin, "results", result(order, "5.00"))
    assert refused_by(rival, "results", result(order, "-999"))[0] == "about"
    assert stands(house, records.RESULT, f"actual:{order}").body["pnl"] == "5.00"


def test_a_result_of_ones_own_order_is_corrected_by_who_brought_it(
    house: Running, erin: httpx.Client, momentum: httpx.Client
) -> None:
    order = fresh("order")
    row = fill(order=order)
    sent(momentum, "executions", row)
    for name in (order, row["execution"], f"{order}/U1/aapl"):
        assert counts(sent(momentum, "results", result(name, "1.00"))) == (1, 0, 0)
        assert counts(sent(momentum, "results", result(name, "2.00"))) == (0, 1, 0)
    assert counts(sent(erin, "results", result(order, "3.00"))) == (0, 1, 0)


def test_who_brought_it_is_no_part_of_what_is_read(house: Running, momentum: httpx.Client) -> None:
    row = fill()
    sent(momentum, "executions", row)
    body = stands(house, records.EXECUTION, row["execution"]).body
    assert body[records.BROUGHT_BY] == "program:momentum"
    assert records.BROUGHT_BY not in records.document(records.read(records.EXECUTION, body))


# In whose name


def test_a_person_brings_advice_of_their_own_programs_and_of_such_as_are_not_known_here(
    house: Running, bob: httpx.Client
) -> None:
    row = advice(account="U2", program="momentum")
    field, words = refused_by(bob, "recommendations", row)
    assert (field, "is momentum, which is not yours" in words) == ("program", True)
    assert counts(sent(bob, "recommendations", {**row, "program": "a-spreadsheet"})) == (1, 0, 0)
    unnamed = advice(account="U2")
    assert counts(sent(bob, "recommendations", unnamed)) == (1, 0, 0)
    assert stands(house, records.RECOMMENDATION, f"imp:{unnamed['key']}").program == "imported"
    frank = house.person("frank")
    assert counts(sent(frank, "recommendations", advice(account=None, program="momentum"))) == (1, 0, 0)


def test_a_person_says_what_they_decided_themselves_and_nothing_for_others(
    house: Running, erin: httpx.Client, bob: httpx.Client
) -> None:
    theirs, own = advice(), advice(account="U2")
    sent(erin, "recommendations", [theirs, own])
    click = {"decision": "reject", "at": "2024-03-05T16:00:00Z"}
    assert refused_by(bob, "recommendations", {**click, "key": theirs["key"]})[0] == "key"
    assert counts(sent(bob, "recommendations", {**click, "key": own["key"]})) == (0, 1, 0)
    assert refused_by(bob, "recommendations", {**own, "confidence": 0.9})[0] == "key"


def test_what_came_of_a_request_is_said_by_whom_it_concerns(
    house: Running, bob: httpx.Client, momentum: httpx.Client, rival: httpx.Client
) -> None:
    row = result(submitted(momentum)["id"], "7.00", "recommended")
    for other in (bob, rival):
        assert refused_by(other, "results", row)[0] == "about"
    assert counts(sent(house.person("frank"), "results", row)) == (1, 0, 0)


@pytest.mark.parametrize("path", ["/v1/reconcile", "/v1/reconcile?date=2024-03-05", "/v1/results/track"])
def test_what_goes_over_everybody_is_started_by_an_administrator(house: Running, bob: httpx.Client, path: str) -> None:
    assert refused(bob.post(path)) == (403, "not_admin")


# What corrects


def test_a_correction_leads_back_to_what_was_there_before(house: Running, erin: httpx.Client) -> None:
    row = fill()
    one, two = row["parameters"], {**row["parameters"], "quantity": 2}
    back = {**row, "parameters": one, "status": "corrected"}
    sent(erin, "executions", row)
    sent(erin, "executions", {**row, "parameters": two})
    assert counts(sent(erin, "executions", row)) == (0, 0, 1)
    assert counts(sent(erin, "executions", back)) == (0, 1, 0)
    assert counts(sent(erin, "executions", back)) == (0, 0, 1)
    found = stands(house, records.EXECUTION, row["execution"])
    assert (found.version, found.body["parameters"]["quantity"]) == (3, 1)


def test_a_file_that_corrects_there_and_back_is_known_the_second_time(house: Running, erin: httpx.Client) -> None:
    row = fill(fees="1")
    file = [row, {**row, "fees": "2", "status": "corrected"}, {**row, "status": "corrected"}]
    assert counts(sent(erin, "executions", file)) == (1, 2, 0)
    assert counts(sent(erin, "executions", file)) == (0, 0, 3)
    assert counts(sent(erin, "executions", file[1])) == (0, 1, 0)
    assert stands(house, records.EXECUTION, row["execution"]).body["fees"] == "2"


# What nobody knows


def test_a_result_of_an_order_that_nobody_brought_is_refused_by_its_line(house: Running, erin: httpx.Client) -> None:
    row = fill(order=fresh("order"))
    sent(erin, "executions", row)
    answer = sent(erin, "results", [result("nonesuch", "1"), result(row["order"], "1")])
    assert counts(answer) == (1, 0, 0)
    [one] = answer["refused"]
    assert (one["line"], one["field"], "import the executions first" in one["detail"]) == (1, "about", True)
    assert house.services.reader.record(records.RESULT, "actual:nonesuch") is None


def test_a_result_of_what_an_agent_did_names_the_advice_itself(erin: httpx.Client) -> None:
    row = advice()
    sent(erin, "recommendations", row)
    assert counts(sent(erin, "results", result(row["key"], "1"))) == (1, 0, 0)
