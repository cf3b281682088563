"""`/v1/analytics`: numbers with their count and interval, of whom they may be seen by, as the ledger stands."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from bot.api.analytics import plain
from bot.learning import studying
from bot.learning.study import Asked
from bot.learning.work import Worker
from core.learning.effects import wilson
from core.learning.records import Source
from tests.bot.history import BEGIN, DAY, MINUTE, advice, keep, order, reconciled, result
from tests.bot.running import Doc, Running, placet, settings_in

NAMES = (
    "divergence-rate", "algorithm-accuracy", "top-modifications", "reasons", "by-subject", "by-hour", "overrides",
    "load",
)  # fmt: skip
DAYS = 40


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Alice follows, raises the strike on every fourth day, and does one trade of her own; Bob follows once."""
    with placet(settings_in(tmp_path_factory.mktemp("analytics"))) as running:
        ones = [advice(f"a/{day}", BEGIN + day * DAY) for day in range(DAYS)]
        done = [
            order(f"o/{day}", one.at + MINUTE, strike=430.0 if day % 4 == 0 else 425.0) for day, one in enumerate(ones)
        ]
        own = order("own", BEGIN + 2 * DAY, subject="TSLA")
        bobs = advice("b", BEGIN, person="bob", subject="IBM")
        reconciled(running, [*ones, bobs], [*done, own, order("ob", BEGIN + MINUTE, person="bob", subject="IBM")])
        keep(
            running,
            *(result(one.key, "recommended", "100", one.at + DAY) for one in ones),
            *(
                result(one.order or "", "actual", "90" if day % 4 else "110", one.at + DAY)
                for day, one in enumerate(done)
            ),
        )
        yield running


@pytest.fixture(scope="module")
def alice(house: Running) -> httpx.Client:
    return house.person("alice")


def told(client: httpx.Client, name: str, **query: object) -> Doc:
    answer = client.get(f"/v1/analytics/{name}", params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_rate_has_its_count_and_interval_and_leaves_out_what_nobody_advised(alice: httpx.Client) -> None:
    found = told(alice, "divergence-rate")
    assert (found["person"], found["matches"]) == ("alice", DAYS + 1)
    rate, counts = found["figures"]["rate"], found["figures"]["counts"]
    assert (rate["value"], rate["n"], rate["undetermined"]) == (0.25, DAYS, False)
    assert rate["low"] < 0.25 < rate["high"]
    assert (counts["independent"], counts["recommendations"], counts["diverged"]) == (1, DAYS, 10)
    assert [one["name"] for one in found["figures"]["periods"]][:2] == ["2012-W01", "2012-W02"]


def test_followed_against_diverged_is_told_as_the_paired_difference_alone(alice: httpx.Client) -> None:
    (pair,) = told(alice, "algorithm-accuracy")["figures"]["paired"]
    # Ten times 10 better, and the fee of 1 is the execution's, not the decision's.
    assert (pair["currency"], pair["sum"]["amount"], pair["mean"]["n"]) == ("USD", "110.00", 10)
    assert "very same recommendation" in pair["note"]
    assert pair["undetermined"] is True


def test_every_name_answers_and_gives_no_number_that_json_has_not(alice: httpx.Client) -> None:
    for name in NAMES:
        assert told(alice, name)["figures"], name
    (moved,) = told(alice, "top-modifications")["figures"]["modifications"]
    assert (moved["parameter"], moved["direction"], moved["n"]) == ("strike", "up", 10)
    assert told(alice, "reasons")["figures"]["without"]["value"] == 1.0


def test_a_stretch_of_time_is_counted_by_itself(alice: httpx.Client) -> None:
    until = (BEGIN + 8 * DAY).isoformat()
    assert told(alice, "divergence-rate", until=until)["figures"]["rate"]["n"] == 8
    found = told(alice, "divergence-rate", until=until, days=4)
    assert (found["figures"]["rate"]["n"], found["figures"]["rate"]["undetermined"]) == (4, True)
    assert told(alice, "divergence-rate", days=7)["figures"] is None
    assert told(alice, "divergence-rate", source="live")["matches"] == 0


def test_who_may_see_whose(house: Running, alice: httpx.Client) -> None:
    bob, erin = house.person("bob"), house.client()
    assert told(bob, "by-subject")["matches"] == 1
    assert bob.get("/v1/analytics/load", params={"person": "alice"}).json()["code"] == "not_admin"
    assert told(erin, "by-subject", person="alice")["matches"] == DAYS + 1
    assert told(erin, "by-subject")["matches"] == DAYS + 2
    program = house.program("momentum")
    assert told(program, "divergence-rate", person="bob")["figures"]["rate"]["n"] == 1
    assert told(program, "divergence-rate")["figures"]["rate"]["n"] == DAYS + 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("sharpe", "name must be"),
        ("load?days=0", "days must be at least 1"),
        ("load?days=7&since=2012-01-01T00:00:00Z", "not both"),
        ("load?since=2012-01-02T00:00:00Z&until=2012-01-01T00:00:00Z", "until must lie after since"),
        ("load?since=2012-01-02", "since"),
        ("load?source=guessed", "source must be"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(alice: httpx.Client, path: str, words: str) -> None:
    answer = alice.get(f"/v1/analytics/{path}")
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_back_beyond_all_calendars_is_all_there_is(alice: httpx.Client) -> None:
    found = told(alice, "load", days=36_600, until="0050-01-01T00:00:00Z")
    assert found["matches"] == 0


def test_nothing_is_reckoned_twice_until_the_ledger_has_changed(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    reckoned = []
    study = house.services.study
    real = study.reckon
    assert real is not None

    async def counting(asked: Asked, now: object) -> object:
        reckoned.append(asked)
        return await real(asked, now)  # type: ignore[arg-type]

    monkeypatch.setattr(study, "reckon", counting)
    asked = Asked("alice", until=BEGIN + 20 * DAY)

    def do() -> int:
        return asyncio.run_coroutine_threadsafe(study.asked(asked), house.loop).result(30).matches

    assert do() == do() == 21
    assert len(reckoned) == 1
    keep(house, replace(advice("later", BEGIN + 300 * DAY), person="bob"))
    assert do() == 21
    assert len(reckoned) == 2


def test_much_is_reckoned_by_the_child_process_and_says_the_same(
    house: Running, alice: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = told(alice, "divergence-rate", since=BEGIN.isoformat())
    runs = []
    real = Worker.run

    async def counted(self: Worker, task: object, *given: object) -> object:
        runs.append(task)
        return await real(self, task, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(studying, "MUCH", 10)
    monkeypatch.setattr(Worker, "run", counted)
    there = told(alice, "divergence-rate", since=BEGIN.isoformat(), until=(BEGIN + 1_000 * DAY).isoformat())
    assert runs == [studying.studied_there]
    assert there["figures"] == here["figures"]


def test_what_json_cannot_say_is_null_and_money_is_text() -> None:
    found = plain({"a": math.inf, "b": Decimal("1.50"), "c": (timedelta(0) and 0, wilson(0, 0)), "d": Source.LIVE})
    assert (found["a"], found["b"], found["d"]) == (None, "1.50", "live")
    assert found["c"][1]["value"] is None
