"""What an attack found, through real servers: claims, keys, two processes on one database, databases that go away."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from bot import desk as writing
from bot.clock import SystemClock
from bot.config import read_house
from bot.yaml_document import ConfigError
from tests.bot.asking import JSON, REQUESTS, looked_at, refused, says, sent, submitted, vote, voted
from tests.bot.running import HOUSE, Doc, Running, anonymous, eventually, fresh, placet, proposal, settings_in
from tests.bot.test_serve import Listener
from tests.conftest import running_postgres

SOON = 2.0
"""Seconds within which one process knows what another has recorded."""


def claimed(client: httpx.Client, request: Doc, **body: str) -> httpx.Response:
    return client.post(f"/v1/requests/{request['id']}/claim", json=body)


def approved(program: httpx.Client, alice: httpx.Client) -> Doc:
    return voted(alice, submitted(program), "approve")


def revoke(running: Running, key: Doc) -> None:
    assert running.client().post(f"/v1/keys/{key['id']}/revoke").status_code == 200


# Claims


def test_of_two_workers_that_give_no_name_one_acts(desk: Running, alice: httpx.Client) -> None:
    token = desk.key(program=fresh("program"))["token"]
    first, second = desk.client(token), desk.client(token)
    request = approved(first, alice)
    assert claimed(first, request).status_code == 200
    assert refused(claimed(second, request)) == (409, "claimed")
    assert refused(claimed(first, request)) == (409, "claimed")


def test_a_worker_that_asks_again_under_its_name_gets_the_same_claim(
    program: httpx.Client, alice: httpx.Client
) -> None:
    request = approved(program, alice)
    first = claimed(program, request, claimant="w1", hash=request["hash"])
    assert first.status_code == 200
    assert claimed(program, request, claimant="w1").json() == first.json()
    assert refused(claimed(program, request, claimant="w2")) == (409, "claimed")
    assert refused(claimed(program, request, claimant="w1", hash="0" * 64)) == (409, "other_revision")


def test_a_claim_is_not_repeated_while_everything_is_stopped(
    desk: Running, admin: httpx.Client, program: httpx.Client, alice: httpx.Client
) -> None:
    request = approved(program, alice)
    first = claimed(program, request, claimant="w1")
    assert admin.post("/v1/stop", json={"why": "an attack"}).status_code == 200
    try:
        assert refused(claimed(program, request, claimant="w1")) == (409, "stopped")
    finally:
        admin.post("/v1/resume")
    assert claimed(program, request, claimant="w1").json() == first.json()


def test_a_claim_that_came_too_early_is_judged_anew_under_the_same_key(
    program: httpx.Client, alice: httpx.Client
) -> None:
    request = submitted(program)
    path, key = f"/v1/requests/{request['id']}/claim", {"Idempotency-Key": fresh()}
    for _ in range(2):
        assert refused(program.post(path, json={}, headers=key)) == (409, "not_decided")
    voted(alice, request, "approve")
    first = program.post(path, json={}, headers=key)
    assert first.status_code == 200
    again = program.post(path, json={}, headers=key)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()


# Two processes on one database


@pytest.fixture
def two(tmp_path: Path, postgres_url: str) -> Iterator[tuple[Running, Running]]:
    with ExitStack() as stack:
        both = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            both.append(stack.enter_context(placet(settings_in(tmp_path / name, postgres_url))))
        yield both[0], both[1]


def test_a_key_that_is_revoked_here_is_good_for_nothing_there(two: tuple[Running, Running]) -> None:
    here, there = two
    made = here.key(program="momentum")
    client = there.client(made["token"])
    eventually(lambda: client.get("/v1/me").status_code == 200, within=SOON)
    revoke(here, made)
    eventually(lambda: client.get("/v1/me").status_code == 401, within=SOON)


@pytest.mark.parametrize("busy", [False, True])
def test_who_waits_here_is_told_of_the_vote_there(two: tuple[Running, Running], busy: bool) -> None:
    here, there = two
    program, alice = here.program("momentum"), there.person("alice")
    request, done = submitted(program), threading.Event()
    path = f"/v1/requests/{request['id']}"

    def keep_busy() -> None:
        with anonymous(here.url, program.headers) as client:
            while busy and not done.wait(0.05):
                submitted(client)

    with ThreadPoolExecutor(2) as pool:
        working = pool.submit(keep_busy)
        answer = pool.submit(program.get, path, params={"wait": 20})
        time.sleep(0.2)
        voted(alice, request, "approve")
        try:
            assert answer.result(SOON).json()["status"] == "approved"
        finally:
            done.set()
        working.result()


def test_who_listens_there_hears_what_happens_here(two: tuple[Running, Running]) -> None:
    here, there = two
    program, alice = here.program("momentum"), here.person("alice")
    with Listener(there.person("carol")) as listener:
        request = submitted(program)
        voted(alice, request, "approve")
        eventually(lambda: listener.types(request) == ["Opened", "Voted", "Decided"], within=SOON)


# Keys and whom they speak for


def test_a_stream_ends_once_its_key_is_revoked(desk: Running, program: httpx.Client) -> None:
    made = desk.key(person="carol")
    with Listener(desk.client(made["token"])) as listener:
        revoke(desk, made)
        request = submitted(program)
        assert listener.ended.wait(SOON)
        assert listener.types(request) == []


@pytest.mark.parametrize("decided", [True, False])
def test_who_waits_with_a_revoked_key_is_told_nothing(desk: Running, alice: httpx.Client, decided: bool) -> None:
    made = desk.key(program=fresh("program"))
    program = desk.client(made["token"])
    request = submitted(program)
    with ThreadPoolExecutor(1) as pool:
        wait = {"wait": 20 if decided else 1}
        answer = pool.submit(program.get, f"/v1/requests/{request['id']}", params=wait)
        eventually(lambda: request["id"] in desk.services.bulletin._waiters)
        revoke(desk, made)
        if decided:
            voted(alice, request, "approve")
        assert refused(answer.result(10)) == (401, "unauthorized")


def test_who_was_taken_out_comes_back_without_their_keys_and_another_administrator_finds_a_token(
    tmp_path: Path, sqlite_url: str
) -> None:
    settings = settings_in(tmp_path, sqlite_url)
    file = settings.config
    assert file is not None
    with placet(settings) as running:
        settings = settings.model_copy(update={"port": running.port})
        tokens = [running.token_file().read_text().strip(), running.key(person="erin")["token"]]
    file.write_text(HOUSE.replace("erin: {name: Erin", "gina: {name: Gina"))
    with placet(settings) as running:
        assert running.token_file().read_text().strip() not in tokens
        assert running.client().get("/v1/me").json()["id"] == "gina"
        assert running.client().get("/v1/keys").status_code == 200
        program = running.token_file().with_name(running.token_file().name + ".program").read_text().strip()
        assert running.client(program).get("/v1/me").json()["id"] == "shell"
    file.write_text(HOUSE)
    with placet(settings) as running:
        assert running.client().get("/v1/me").json()["id"] == "erin"
        for token in tokens:
            assert refused(running.client(token).get("/v1/me")) == (401, "unauthorized")


def test_whoever_makes_a_program_its_key_is_no_second_pair_of_eyes(desk: Running, dave: httpx.Client) -> None:
    erin = desk.client()
    name = fresh("program")
    made = erin.post("/v1/keys", json={"program": name})
    request = submitted(desk.client(made.json()["token"]), amount="200000")
    assert refused(vote(erin, request, "approve")) == (403, "four_eyes")
    assert voted(dave, request, "approve")["status"] == "approved"


def test_under_four_eyes_every_declared_program_has_an_owner(tmp_path: Path) -> None:
    unowned = "  momentum: {owner: frank}\n  carry: {}\n"
    house = HOUSE.replace("  momentum: {owner: frank}\n", unowned)
    with pytest.raises(ConfigError, match="nobody owns the program `carry`"):
        read_house(settings_in(tmp_path, house=house))
    alone = settings_in(tmp_path, house=house.replace("four_eyes: true", "four_eyes: false"))
    assert [(program.id, program.owner) for program in read_house(alone).programs][1] == ("carry", None)


# Databases that go away


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_gone_is_noticed_and_nothing_is_answered_as_recorded(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    monkeypatch.setattr(writing, "PATIENCE", 0.5)
    file, aside = Path(make_url(sqlite_url).database or ""), tmp_path / "aside.db"
    with placet(settings_in(tmp_path, sqlite_url)) as running:
        program, alice = running.program("momentum"), running.person("alice")
        request = submitted(program)
        if replaced:
            shutil.copyfile(file, aside)
            aside.replace(file)
        else:
            file.rename(aside)
        assert refused(program.post(REQUESTS, json=proposal())) == (503, "not_certain")
        assert refused(vote(alice, request, "approve")) == (503, "not_certain")
        ready = program.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        assert "removed or replaced" in ready.json()["database"]
        if not replaced:
            with ThreadPoolExecutor(12) as pool:
                answers = list(pool.map(program.get, [REQUESTS] * 24))
            assert {answer.status_code for answer in answers} <= {200, 503}
            aside.rename(file)
            eventually(lambda: program.get("/readyz").status_code == 200)
            assert voted(alice, request, "approve")["status"] == "approved"


def test_a_postgresql_that_only_reads_is_away_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PATIENCE", 0.5)
    with running_postgres() as server:
        server.execute("CREATE DATABASE placet")
        with placet(settings_in(tmp_path, server.url("placet"))) as running:
            program, alice = running.program("momentum"), running.person("alice")
            request = submitted(program)
            server.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            server.execute("SELECT pg_reload_conf()")
            eventually(lambda: program.get("/readyz").status_code == 503)
            key = fresh()
            assert refused(program.post(REQUESTS, json=proposal(key=key))) == (503, "not_certain")
            assert refused(vote(alice, request, "approve")) == (503, "not_certain")
            assert looked_at(program, request)["status"] == "pending"
            server.execute("ALTER SYSTEM RESET default_transaction_read_only")
            server.execute("SELECT pg_reload_conf()")
            eventually(lambda: program.get("/readyz").status_code == 200)
            assert program.post(REQUESTS, json=proposal(key=key)).status_code in (200, 201)
            assert len(program.get(REQUESTS).json()["items"]) == 2
            assert voted(alice, request, "approve")["status"] == "approved"


# The clock


def test_time_goes_on_from_a_moment_that_lies_ahead() -> None:
    clock = SystemClock()
    ahead = datetime.now(UTC) + timedelta(hours=1)
    clock.not_before(ahead)
    times = [clock.now()]
    for _ in range(20):
        time.sleep(0.002)
        times.append(clock.now())
    assert ahead <= times[0] < ahead + timedelta(seconds=5)
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[-1] - times[0] >= timedelta(seconds=0.03)


def test_a_moment_that_is_over_changes_nothing() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.not_before(before - timedelta(hours=1))
    assert before <= clock.now() < before + timedelta(seconds=5)


# Paths, bodies, text


@pytest.mark.parametrize("path", ["/v1/me/", "/v1/requests/", "/v1/people/", "/v1/me//", "/healthz/"])
def test_a_path_with_a_slash_too_many_is_not_there_and_leads_nowhere(
    desk: Running, alice: httpx.Client, path: str
) -> None:
    with anonymous(desk.url) as nobody:
        for client in (nobody, alice):
            answer = client.get(path)
            assert refused(answer) == (404, "not_found")
            assert "location" not in answer.headers


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'{"colour": "red"}', b"\xff"])
@pytest.mark.parametrize("path", [REQUESTS, "/v1/requests/req_1/votes", "/v1/keys", "/v1/stop"])
def test_who_has_no_key_is_not_told_what_is_wrong_with_the_body(desk: Running, path: str, body: bytes) -> None:
    for header in ({}, {"Authorization": "Bearer placet_program_wrong"}):
        with anonymous(desk.url, {**JSON, **header}) as nobody:
            assert refused(nobody.post(path, content=body)) == (401, "unauthorized")


@pytest.mark.parametrize("field", ["title", "subject"])
@pytest.mark.parametrize(
    ("hidden", "hint"),
    [
        ("\u3164", "cannot be seen"),
        ("\u2800", "cannot be seen"),
        ("\u115f", "cannot be seen"),
        ("e" + "\u0335" * 10, "marks"),
    ],
)
def test_blank_letters_and_towers_of_marks_are_refused(
    desk: Running, program: httpx.Client, field: str, hidden: str, hint: str
) -> None:
    for text in (f"NV{hidden}DA", hidden):
        says(sent(desk, program, json.dumps(proposal(**{field: text})).encode()), 422, "invalid", field, hint)
