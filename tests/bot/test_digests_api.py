"""Digests over the API, on the command line and by a word in a chat: what was said is shown as it was said."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

import bot.cli.digests  # noqa: F401 - its command registers itself
from bot.cli.app import app
from bot.cli.client import Declined
from core.learning.week import Week, calendar_of
from tests.bot.asking import refused
from tests.bot.process import environment
from tests.bot.running import HOUSE, Running, placet, settings_in
from tests.bot.saturday import LEARNING, Inline, give, week_of_trades
from tests.bot.tapping import Chatroom


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with placet(settings_in(tmp_path_factory.mktemp("learning"), house=HOUSE + LEARNING)) as found:
        jobs = found.services.jobs
        assert jobs is not None
        jobs._steps.worker = Inline()
        yield found


@pytest.fixture(scope="module")
def week(running: Running) -> Week:
    """The last week whose digest is due, with trades of Alice's in it."""
    calendar = calendar_of(running.services.learning)
    week = calendar.latest(running.services.clock.now()).moved(-2)
    trades = week_of_trades(calendar.due(week))
    asyncio.run_coroutine_threadsafe(give(running.services, *trades), running.loop).result(30)
    return week


@pytest.fixture(scope="module")
def alice(running: Running) -> httpx.Client:
    return running.person("alice")


@pytest.fixture(scope="module")
def made(alice: httpx.Client, week: Week) -> dict[str, Any]:
    answer = alice.post(f"/v1/digests/{week}")
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def test_a_digest_is_made_once_and_then_shown(alice: httpx.Client, week: Week, made: dict[str, Any]) -> None:
    assert made["text"].startswith(f"Your overrides, {week}\n")
    assert made["figures"]["counts"]["consent"] == 2
    assert made["delivery"]["status"] == "made"
    again = alice.post(f"/v1/digests/{week}")
    assert (again.status_code, again.json()["text"]) == (200, made["text"])
    assert alice.get(f"/v1/digests/{week}").json() == again.json()
    listed = alice.get("/v1/digests", params={"year": week.year}).json()["items"]
    assert [one["week"] for one in listed] == [str(week)]
    assert alice.get("/v1/digests", params={"year": 1999}).json()["items"] == []


def test_its_picture_is_byte_for_byte_what_was_made(alice: httpx.Client, week: Week, made: dict[str, Any]) -> None:
    answer = alice.get(f"/v1/digests/{week}/picture")
    assert answer.headers["content-type"] == "image/png"
    assert hashlib.sha256(answer.content).hexdigest() == made["picture"]
    assert answer.content.startswith(b"\x89PNG")


def test_what_would_be_said_today_is_said_and_not_kept(alice: httpx.Client, week: Week, made: dict[str, Any]) -> None:
    earlier = week.moved(-1)
    today = alice.get(f"/v1/digests/{earlier}", params={"again": "true"}).json()
    assert (today["kept"], today["delivery"]) == (False, None)
    assert "No recommendation came to its end this week" in today["text"]
    assert refused(alice.get(f"/v1/digests/{earlier}")) == (404, "not_found")


def test_a_review_is_kept_beside_what_was_said(alice: httpx.Client, week: Week, made: dict[str, Any]) -> None:
    body = {"review_status": "reviewed", "notes": "Longer expiries: on purpose."}
    answer = alice.patch(f"/v1/digests/{week}", json=body).json()
    assert (answer["review"]["status"], answer["review"]["notes"], answer["review"]["by"]) == (*body.values(), "alice")
    assert answer["text"] == made["text"]
    kept = alice.patch(f"/v1/digests/{week}", json={"review_status": "acted_on"}).json()["review"]
    assert (kept["status"], kept["notes"]) == ("acted_on", "Longer expiries: on purpose.")


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("GET", "/v1/digests/2012-W60", None, (422, "invalid")),
        ("GET", "/v1/digests/2012-7", None, (422, "invalid")),
        ("GET", "/v1/digests/2011-W01", None, (404, "not_found")),
        ("GET", "/v1/digests/2011-W01/picture", None, (404, "not_found")),
        ("POST", "/v1/digests/8999-W01", None, (409, "not_due")),
        ("GET", "/v1/digests/8999-W01?again=true", None, (404, "not_due")),
        ("GET", "/v1/digests?person=bob", None, (403, "not_admin")),
        ("GET", "/v1/digests?person=../etc", None, (422, "invalid")),
        ("PATCH", "/v1/digests/2011-W01", {"review_status": "reviewed"}, (404, "not_found")),
        ("PATCH", "/v1/digests/2011-W01", {}, (422, "invalid")),
        ("PATCH", "/v1/digests/2011-W01", {"review_status": "loved"}, (422, "invalid")),
    ],
)
def test_what_cannot_be_is_answered_with_what_to_do(
    alice: httpx.Client, method: str, path: str, body: Any, answer: tuple[int, str]
) -> None:
    assert refused(alice.request(method, path, json=body)) == answer


@pytest.mark.parametrize(
    "path",
    [
        "/v1/reconcile?date=yesterday",
        "/v1/reconcile?date=0001-01-01",
        "/v1/results/track?as_of=9999-12-31",
    ],
)
def test_a_day_that_is_none_is_refused(running: Running, path: str) -> None:
    assert refused(running.client().post(path)) == (422, "invalid")


def test_others_see_nobodys_digest_but_an_administrator_does(
    running: Running, week: Week, made: dict[str, Any]
) -> None:
    admin, program = running.client(), running.program("momentum")
    assert admin.get(f"/v1/digests/{week}", params={"person": "alice"}).json()["text"] == made["text"]
    assert refused(admin.get(f"/v1/digests/{week}", params={"person": "nobody"})) == (422, "invalid")
    assert refused(running.person("bob").get(f"/v1/digests/{week}", params={"person": "alice"})) == (403, "not_admin")
    for method, path in (("GET", "/v1/digests"), ("POST", "/v1/reconcile"), ("POST", "/v1/results/track")):
        assert refused(program.request(method, path)) == (403, "not_a_person")


def test_pricing_as_of_a_day_of_the_past_writes_nothing(running: Running, week: Week) -> None:
    admin = running.client()
    admin.post("/v1/reconcile")
    before = running.services.reader.last_recorded()
    past = admin.post("/v1/results/track", params={"as_of": str(week.monday - timedelta(weeks=5))})
    assert past.json() == {"matches": 0, "priced": 0, "open": 0, "unpriced": 0}
    assert running.services.reader.last_recorded() == before
    assert admin.post("/v1/results/track").json()["matches"] == 4


@pytest.fixture(scope="module")
def shell(running: Running, alice: httpx.Client) -> dict[str, str]:
    token = alice.headers["authorization"].removeprefix("Bearer ")
    return environment(running.settings, {"PLACET_PORT": str(running.port), "PLACET_TOKEN": token})


def run(shell: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(app, ["digest", *arguments], env=shell)


def test_the_command_prints_exactly_what_was_said(
    shell: dict[str, str], alice: httpx.Client, week: Week, made: dict[str, Any], tmp_path: Path
) -> None:
    for arguments in ((str(week),), (), (str(week).lower(),)):
        assert run(shell, *arguments).stdout == made["text"] + "\n"
    file = tmp_path / "digest.png"
    assert run(shell, str(week), "--picture", str(file)).exit_code == 0
    assert hashlib.sha256(file.read_bytes()).hexdigest() == made["picture"]
    assert json.loads(run(shell, str(week), "--json").stdout)["figures"] == made["figures"]
    today = run(shell, str(week), "--again")
    assert today.stdout.startswith(f"Your overrides, {week}\n")
    assert "nothing was kept or sent" in today.stderr


def test_the_command_says_what_is_wrong(shell: dict[str, str], tmp_path: Path, week: Week) -> None:
    assert run(shell, str(week), "--again", "--make").exit_code == 2
    wrong = run(shell, "../requests")
    assert wrong.exit_code != 0
    assert wrong.stdout == ""
    unwritable = run(shell, str(week), "--picture", str(tmp_path / "no" / "such" / "folder.png"))
    assert unwritable.exit_code == 2


def test_who_has_no_digest_yet_is_told_when_the_first_comes(running: Running) -> None:
    bob = running.person("bob").headers["authorization"].removeprefix("Bearer ")
    shell = environment(running.settings, {"PLACET_PORT": str(running.port), "PLACET_TOKEN": bob})
    printed = run(shell)
    assert isinstance(printed.exception, Declined)
    said = str(printed.exception.problem["detail"])
    assert said.startswith("There is no digest yet. The first comes on Saturday ")
    assert " 09:00 UTC-0" in said


def test_a_word_in_a_chat_brings_the_latest(running: Running, week: Week, made: dict[str, Any]) -> None:
    room = Chatroom(running)
    hand = room.link("alice")
    assert "ask for it in the chat with me alone" in hand.types("digest").text
    alone = replace(hand, alone=True)
    assert alone.types("digest").text == made["text"]
    assert alone.types(f"digest {week}").text == made["text"]
    assert alone.types("digest 2011-W01").text == "There is no digest of that week."
    assert alone.types("digest last").text == "“last” is a year and an ISO week, as in 2012-W07."
    assert replace(room.link("bob"), alone=True).types("digest").text == "There is no digest of you yet."
