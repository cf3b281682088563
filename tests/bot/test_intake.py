"""What happened elsewhere goes in over the API: the same twice changes nothing, and a bad row costs itself alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.learning import records
from core.learning.ledger import Record, Wanted
from core.learning.records import Execution, Recommendation, Result, Source
from tests.architecture.test_house import ROOT
from tests.bot.asking import submitted
from tests.bot.importing import LEARNING, advice, counts, fill, refused, sent
from tests.bot.running import Doc, Running, fresh, placet, settings_in


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = settings_in(tmp_path_factory.mktemp("house"), house=LEARNING, max_import=300_000)
    with placet(settings) as running:
        yield running


@pytest.fixture(scope="module")
def erin(house: Running) -> httpx.Client:
    """The administrator."""
    return house.client()


@pytest.fixture(scope="module")
def ann(house: Running) -> httpx.Client:
    """Alice, who is no administrator."""
    return house.person("alice")


@pytest.fixture(scope="module")
def momentum(house: Running) -> httpx.Client:
    return house.program("momentum")


def kept(house: Running, kind: str, key: str) -> Record:
    found = house.services.reader.record(kind, key)
    assert found is not None, key
    return found


# What goes in


def test_a_fill_is_kept_with_its_person_and_as_imported(house: Running, erin: httpx.Client) -> None:
    row = fill(fees="1.14", currency="USD", commission="0.86", link="hitl:req_01m7xmjsfz89baewvj6q7e9ph4:7")
    assert counts(sent(erin, "executions", row)) == (1, 0, 0)
    one = records.read(records.EXECUTION, kept(house, records.EXECUTION, row["execution"]).body)
    assert isinstance(one, Execution)
    assert (one.person, one.source, str(one.fees), one.order) == ("alice", Source.IMPORTED, "2.00", "o1")
    assert one.link == "req_01m7xmjsfz89baewvj6q7e9ph4"
    assert one.parameters == {"strike": 425, "expiry": "2024-03-20", "quantity": 1, "premium": 2.36}


def test_a_recommendation_is_kept_with_its_ladders_and_what_was_known_then(house: Running, erin: httpx.Client) -> None:
    row = advice()
    sent(erin, "recommendations", [row], program="momentum")
    one = records.read(records.RECOMMENDATION, kept(house, records.RECOMMENDATION, f"imp:{row['key']}").body)
    assert isinstance(one, Recommendation)
    assert (one.person, one.program, one.source) == ("alice", "momentum", Source.IMPORTED)
    assert one.ladders == {"strike": (420, 425, 430), "expiry": ("2024-03-13", "2024-03-20")}
    assert one.features == {"vix": 20.9, "confidence": 0.64}
    assert (one.valid_until - one.at).total_seconds() == 4 * 3600


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/x-ndjson", "application/jsonl", "application/json; charset=utf-8"]
)
def test_the_same_twice_changes_nothing(erin: httpx.Client, media_type: str) -> None:
    rows = [fill(), fill(at="2024-03-05T16:54:00+01:00"), fill(at="2024-03-05T10:54:00-0500")]
    body = json.dumps(rows) if media_type.startswith("application/json;") or media_type == "application/json" else None
    body = body or "\n".join(map(json.dumps, rows))
    for expected in ((3, 0, 0), (0, 0, 3)):
        answer = erin.post("/v1/executions", content=body, headers={"Content-Type": media_type})
        assert answer.status_code == 200, answer.text
        assert counts(answer.json()) == expected


def test_a_correction_is_a_further_version_and_an_old_file_does_not_take_it_back(
    house: Running, erin: httpx.Client
) -> None:
    row = fill()
    better = {**row, "parameters": {**row["parameters"], "premium": 2.40}}
    assert counts(sent(erin, "executions", [row])) == (1, 0, 0)
    assert counts(sent(erin, "executions", [better])) == (0, 1, 0)
    assert counts(sent(erin, "executions", [row])) == (0, 0, 1)
    assert [v.version for v in house.services.reader.versions(records.EXECUTION, row["execution"])] == [1, 2]
    assert kept(house, records.EXECUTION, row["execution"]).body["parameters"]["premium"] == 2.40


def test_a_file_that_corrects_itself_is_known_the_second_time(house: Running, erin: httpx.Client) -> None:
    row = fill()
    file = [row, {**row, "fees": "1.00"}, fill(), {**row, "fees": "2.00"}]
    assert counts(sent(erin, "executions", file)) == (2, 2, 0)
    assert counts(sent(erin, "executions", file)) == (0, 0, 4)
    assert kept(house, records.EXECUTION, row["execution"]).body["fees"] == "2.00"


@pytest.mark.parametrize("order", ["fill first", "bust first"])
def test_a_fill_that_was_taken_back_stays_so(house: Running, erin: httpx.Client, order: str) -> None:
    row = fill()
    told = [row, {**row, "status": "busted"}]
    sent(erin, "executions", told if order == "fill first" else told[::-1])
    sent(erin, "executions", told[0])
    found = kept(house, records.EXECUTION, row["execution"])
    assert (found.status, found.body["busted"]) == ("busted", True)


def test_a_bust_may_name_the_fill_alone(house: Running, erin: httpx.Client) -> None:
    row = fill()
    sent(erin, "executions", row)
    sent(erin, "executions", {"execution": row["execution"], "status": "busted"})
    found = kept(house, records.EXECUTION, row["execution"])
    assert (found.body["busted"], found.body["action"]) == (True, "sell_call")
    field, words = refused(erin, "executions", {"execution": "nobody-knows-me", "busted": True})
    assert (field, "import the fills first" in words) == ("execution", True)


def test_an_execution_may_come_before_its_recommendation(erin: httpx.Client) -> None:
    row = advice()
    assert counts(sent(erin, "executions", fill(link=row["key"]))) == (1, 0, 0)
    assert counts(sent(erin, "recommendations", row)) == (1, 0, 0)


def test_an_unknown_account_is_told_and_its_fills_are_kept(house: Running, erin: httpx.Client) -> None:
    row = fill(account="U99")
    answer = sent(erin, "executions", [row, fill()])
    assert (counts(answer), answer["unknown_accounts"]) == ((2, 0, 0), ["U99"])
    assert kept(house, records.EXECUTION, row["execution"]).person == ""


def test_an_account_whose_rows_name_their_person_is_not_nobodys(house: Running, erin: httpx.Client) -> None:
    told = sent(erin, "executions", [fill(account="U98", person="bob"), fill(account="U99")])
    assert told["unknown_accounts"] == ["U99"]
    assert sent(erin, "executions", [fill(account="U97")], person="bob")["unknown_accounts"] == []


def test_where_one_person_is_alone_every_account_is_theirs(tmp_path: Path) -> None:
    with placet(settings_in(tmp_path, house="people: {you: {roles: [owner], admin: true}}\n")) as alone:
        you = alone.person("you")
        assert sent(you, "executions", fill(account="U55"))["unknown_accounts"] == []
        assert sent(you, "recommendations", advice(account="U55"))["unknown_accounts"] == []


def test_a_proposal_goes_in_with_the_time_that_its_context_says(house: Running, erin: httpx.Client) -> None:
    line = (ROOT / "examples/calls-2012.jsonl").read_text(encoding="utf-8").splitlines()[0]
    key = fresh("call")
    row = {**json.loads(line), "key": key}
    assert counts(sent(erin, "recommendations", [row], program="momentum")) == (1, 0, 0)
    body = kept(house, records.RECOMMENDATION, f"imp:{key}").body
    assert body["at"].startswith("2012-01-03T15:14:00")
    assert "at" not in body["features"]
    row = {**row, "key": fresh("call"), "context": {"at": "2012-01-03"}}
    said = erin.post("/v1/recommendations", json=[row]).json()["detail"]
    assert "context.at is a day without a time of day" in said


def test_what_was_said_to_a_recommendation_comes_in_a_file_of_its_own(house: Running, erin: httpx.Client) -> None:
    row = advice()
    click = {"key": row["key"], "decision": "reject", "at": "2024-03-05T16:00:00Z", "reason": "timing"}
    field, words = refused(erin, "recommendations", click)
    assert (field, "import the recommendations first" in words) == ("key", True)
    sent(erin, "recommendations", row)
    assert counts(sent(erin, "recommendations", click)) == (0, 1, 0)
    for again in (row, click, [row, click], [click, row]):
        assert sent(erin, "recommendations", again)["changed"] == 0
    found = kept(house, records.RECOMMENDATION, f"imp:{row['key']}")
    assert (found.status, found.body["reason"], found.version) == ("rejected", "timing", 2)


def test_a_result_without_a_time_of_day_is_known_when_the_session_has_ended(house: Running, erin: httpx.Client) -> None:
    row = advice()
    sent(erin, "recommendations", row)
    sent(erin, "results", [{"key": row["key"], "kind": "recommended", "at": "2024-01-19", "pnl": "236.00"}])
    one = records.read(records.RESULT, kept(house, records.RESULT, f"recommended:imp:{row['key']}").body)
    assert isinstance(one, Result)
    assert (one.at.isoformat(), str(one.pnl)) == ("2024-01-19T21:00:00+00:00", "236.00")


def test_a_result_of_a_request_that_was_asked_here_is_taken(momentum: httpx.Client) -> None:
    request = submitted(momentum)
    row = {"about": request["id"], "kind": "recommended", "at": "2026-11-20T12:00:00Z", "pnl": "-3.50", "risk": "7"}
    assert counts(sent(momentum, "results", row)) == (1, 0, 0)


def test_a_missing_result_is_not_zero(house: Running, erin: httpx.Client) -> None:
    sent(erin, "executions", fill(order="o-unpriced"))
    sent(erin, "results", {"order": "o-unpriced", "kind": "actual", "at": "2024-01-19", "open": True})
    assert "pnl" not in kept(house, records.RESULT, "actual:o-unpriced").body


def test_closes_come_as_rows_and_as_a_table_of_subjects(house: Running, erin: httpx.Client) -> None:
    sent(erin, "closes", [{"subject": "IBM", "day": "2024-03-01", "price": "188.20"}])
    table = "date,IBM,MSFT\n2024-03-01,188.20,415.50\n2024-03-04,193.06,\n2024-03-05,oops,402.65\n"
    answer = erin.post("/v1/closes", content=table, headers={"Content-Type": "text/csv"}).json()
    assert counts(answer) == (3, 0, 1)
    assert [(one["line"], one["field"]) for one in answer["refused"]] == [(4, "IBM")]
    assert kept(house, records.CLOSE, "MSFT:2024-03-05").body["price"] == "402.65"


@pytest.mark.parametrize("kind", ["executions", "results", "closes", "recommendations"])
def test_the_example_of_the_document_goes_in(erin: httpx.Client, kind: str) -> None:
    document = erin.get("/openapi.json").json()
    content = document["paths"][f"/v1/{kind}"]["post"]["requestBody"]["content"]["application/json"]
    schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    if kind == "results":
        sent(erin, "executions", fill(order=schema["example"]["about"]))
    assert counts(sent(erin, kind, schema["example"])) == (1, 0, 0)


# Whose it is


def test_a_person_brings_their_own_alone(ann: httpx.Client, erin: httpx.Client) -> None:
    assert counts(sent(ann, "executions", fill())) == (1, 0, 0)
    for changes, field in (
        ({"account": "U2"}, "person"),
        ({"account": "U97"}, "account"),
        ({"person": "bob"}, "person"),
    ):
        assert refused(ann, "executions", fill(**changes))[0] == field
    theirs = fill(account="U2")
    sent(erin, "executions", theirs)
    found = refused(ann, "executions", {**theirs, "account": None, "fees": "1"})
    assert found[0] == "key"
    assert "somebody else brought it; give keys of your own" in found[1]


def test_a_program_brings_its_own_and_nothing_that_people_said(house: Running, momentum: httpx.Client) -> None:
    row = advice()
    assert counts(sent(momentum, "recommendations", row)) == (1, 0, 0)
    assert refused(momentum, "recommendations", advice(program="other"))[0] == "program"
    click = {"key": row["key"], "decision": "approve", "at": "2024-03-05T16:00:00Z"}
    assert refused(momentum, "recommendations", click)[0] == "decision"
    other = house.program()
    assert refused(other, "recommendations", {**row, "confidence": 0.9})[0] == "key"
    assert refused(other, "results", {"about": row["key"], "kind": "recommended", "at": "2024-01-19"})[0] == "about"
    assert refused(other, "results", {"order": "o1", "kind": "actual", "at": "2024-01-19", "pnl": "1"})[0] == "about"


def test_a_key_without_the_scope_brings_nothing(house: Running) -> None:
    reader = house.client(house.key(program="momentum", scopes=["read"])["token"])
    assert reader.post("/v1/executions", json=[fill()]).json()["code"] == "scope"
    assert house.visits().post("/v1/executions", json=[fill()]).status_code == 401


# What goes out


def test_executions_are_listed_page_by_page_to_whom_they_belong(
    house: Running, erin: httpx.Client, ann: httpx.Client
) -> None:
    sent(erin, "executions", [fill(account="U2"), fill()])
    shown: list[Doc] = []
    cursor: str | None = None
    while True:
        page = erin.get("/v1/executions", params={"limit": 50, **({"cursor": cursor} if cursor else {})}).json()
        shown += page["items"]
        cursor = page["cursor"]
        if cursor is None:
            break
    everything = house.services.reader.records(Wanted(records.EXECUTION))
    assert [one["execution"] for one in shown] == [record.key for record in everything]
    assert {one["person"] for one in ann.get("/v1/executions").json()["items"]} == {"alice"}
    assert ann.get("/v1/executions", params={"person": "bob"}).json()["code"] == "not_admin"
    assert erin.get("/v1/executions", params={"cursor": "nowhere"}).json()["code"] == "invalid"
    assert erin.get("/v1/executions", params={"since": "yesterday"}).status_code == 422


def test_a_formula_goes_in_as_data_and_comes_out_harmless(erin: httpx.Client) -> None:
    formula = '=HYPERLINK("http://evil.example";"x")'
    row = fill(subject=formula, order="+1", action="@sum", link="-x")
    sent(erin, "executions", row)
    out = erin.get("/v1/executions", params={"format": "csv", "subject": formula})
    assert out.headers["content-type"] == "text/csv; charset=utf-8"
    line = out.text.splitlines()[1]
    assert "\"'=HYPERLINK(" in line
    assert ",'@sum," in line
    assert ",'-x," in line
    back = erin.post("/v1/executions", content=out.content, headers={"Content-Type": "text/csv"}).json()
    assert (counts(back), back["ignored"]) == ((0, 0, 1), []), back
