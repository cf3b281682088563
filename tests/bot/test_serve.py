"""`placet serve` as a process: how it begins, how it ends, and what it tells while it lives."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import threading
import time
from pathlib import Path

import httpx
import pytest

from bot import bulletin
from bot.serve import listening_socket
from tests.bot.asking import looked_at, submitted, voted
from tests.bot.process import environment, ran, served, waiting_for_its_database
from tests.bot.running import Doc, Running, anonymous, eventually, placet, proposal, settings_in


def test_at_a_sigterm_calls_in_flight_are_answered_and_nothing_is_lost(tmp_path: Path, sqlite_url: str) -> None:
    kept: list[Doc] = []
    polled: list[httpx.Response] = []
    cut_off: list[float] = []
    stop = threading.Event()
    with served(tmp_path, url=sqlite_url) as process:
        alice_token, token = process.key(person="alice")["token"], process.key(program="momentum")["token"]
        waiting = submitted(process.client(token))

        def poll() -> None:
            client = process.client(token)
            # As `placet submit --wait` does: asks again as soon as it is answered.
            while not stop.is_set():
                asked = time.monotonic()
                try:
                    polled.append(client.get(f"/v1/requests/{waiting['id']}", params={"wait": 50}))
                except httpx.TransportError:
                    # Asked again while the connection was being closed: nobody had taken that call yet.
                    cut_off.append(asked)
                    return
                if polled[-1].status_code != 200:
                    return

        def work() -> None:
            program, alice = process.client(token), process.client(alice_token)
            while True:
                try:
                    answer = program.post("/v1/requests", json=proposal())
                    if answer.status_code != 201:
                        return
                    kept.append(answer.json())
                    body = {"choice": "approve", "revision": 1}
                    answer = alice.post(f"/v1/requests/{kept[-1]['id']}/votes", json=body)
                    if answer.status_code != 200:
                        return
                    kept[-1] = answer.json()
                except httpx.TransportError:
                    return

        threads = [threading.Thread(target=call) for call in (poll, poll, work, work, work)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(kept) > 30)
        began = time.monotonic()
        process.signal(signal.SIGTERM)
        assert process.ended() == 0
        took = time.monotonic() - began
        stop.set()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
        assert [line for line in process.log if "trace=" in line] == []
    assert polled
    assert {answer.status_code for answer in polled} <= {200, 503}
    assert polled[0].status_code == 200
    assert [asked for asked in cut_off if asked < began] == []
    # A poll that waits must not keep the whole from stopping until its patience ends.
    assert took < 8
    with placet(settings_in(tmp_path, sqlite_url)) as running:
        admin = running.client()
        assert looked_at(admin, waiting)["status"] == "pending"
        for request in kept:
            now = admin.get(f"/v1/requests/{request['id']}").json()
            # What was answered is there; what was not answered any more may be there too.
            assert now["version"] >= request["version"]
            assert now == request or request["status"] == "pending"


def test_after_a_restart_the_same_is_answered(tmp_path: Path, sqlite_url: str) -> None:
    body = proposal(key="2012-01-03/AAPL")
    with served(tmp_path, url=sqlite_url) as process:
        token = process.key(program="momentum")["token"]
        program, alice = process.client(token), process.person("alice")
        submitted_first = program.post("/v1/requests", json=body)
        decided = voted(alice, submitted_first.json(), "approve")
        claimed = program.post(f"/v1/requests/{decided['id']}/claim", json={"claimant": "w1"}).json()
        files = sorted(path for path in process.settings.home.glob("tokens/*"))
        process.signal(signal.SIGINT)
        assert process.ended() == 0
    settings = process.settings.model_copy(update={"port": int(process.url.rpartition(":")[2])})
    secrets = [path.read_text() for path in files]
    with served(tmp_path, settings=settings) as process:
        program = process.client(token)
        again = program.post("/v1/requests", json=body)
        assert again.status_code == 200
        assert again.json() == submitted_first.json()
        assert program.get(f"/v1/requests/{decided['id']}").json() == claimed
        assert program.post(f"/v1/requests/{decided['id']}/claim", json={"claimant": "w1"}).json() == claimed
        # On the same address the tokens of this machine stay good.
        assert [path.read_text() for path in files] == secrets
        assert process.client(secrets[0].strip()).get("/v1/me").status_code == 200


def test_the_tokens_of_this_machine_can_be_read_by_their_owner_alone(desk: Running) -> None:
    person = desk.token_file()
    program = person.with_name(person.name + ".program")
    for file in (person, program):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(person.parent.stat().st_mode) == 0o700
    assert desk.client().get("/v1/me").json()["id"] == "erin"
    me = desk.client(program.read_text().strip()).get("/v1/me").json()
    assert (me["kind"], me["id"]) == ("program", "shell")


def test_a_token_file_that_lay_open_is_closed_before_it_is_written(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = settings.token_file("127.0.0.1", port)
    file.write_text("placet_person_stale")
    file.chmod(0o644)
    with placet(settings.model_copy(update={"port": port})) as running:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert running.client().get("/v1/me").status_code == 200


def test_the_socket_says_that_it_is_tcp() -> None:
    # asyncio looks at this before it switches Nagle's algorithm off; without it every answer takes 40 ms more.
    with listening_socket("127.0.0.1", 0) as sock:
        assert sock.proto == socket.IPPROTO_TCP


def test_a_port_that_is_taken_is_a_sentence_and_no_traceback(desk: Running, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, port=desk.port)
    ended = ran(tmp_path, "serve", env=environment(settings))
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {desk.port}" in ended.stderr
    assert "PLACET_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_placet_that_waits_for_its_database_can_be_stopped(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "postgresql://nobody@127.0.0.1:1/placet")
    with waiting_for_its_database(tmp_path, settings) as popen:
        popen.send_signal(signal.SIGTERM)
        assert popen.wait(20) == 0


def test_the_console_prints_cards_and_their_changes(tmp_path: Path, sqlite_url: str) -> None:
    with served(tmp_path, "--console", url=sqlite_url) as process:
        program, alice = process.program("momentum"), process.person("alice")
        request = submitted(program, title="Buy [bold]100[/bold] NVDA", summary="first\n  ► Approved by nobody")

        def printed(words: str) -> bool:
            return any(words in line for line in list(process.printed))

        eventually(lambda: printed(f"placet vote {request['id']} approve | reject | modify"))
        assert printed("○ routine  Buy [bold]100[/bold] NVDA")
        assert not any(line.strip().startswith("►") for line in process.printed)
        voted(alice, request, "modify", parameters={"quantity": 60}, reason={"code": "size"})
        eventually(lambda: printed("► Approved as modified by alice"))
        assert printed("100 → 60")


# Live changes


class Listener:
    """Reads a stream of events in a thread of its own."""

    def __init__(self, client: httpx.Client, last: int | None = None) -> None:
        self.heard: list[Doc] = []
        self.status = 0
        self.ended = threading.Event()
        self._client = client
        self._headers = {} if last is None else {"Last-Event-ID": str(last)}
        self._response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Listener:
        self._thread.start()
        eventually(lambda: self.status)
        return self

    def __exit__(self, *_: object) -> None:
        if self._response is not None and not self.ended.is_set():
            stream = self._response.extensions["network_stream"]
            stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(30)

    def _listen(self) -> None:
        try:
            with self._client.stream("GET", "/v1/stream", headers=self._headers) as response:
                self._response = response
                event: Doc = {}
                for line in response.iter_lines():
                    self.status = response.status_code
                    name, _, value = line.partition(": ")
                    if name in ("id", "event"):
                        event[name] = value
                    elif name == "data":
                        event["data"] = json.loads(value)
                    elif not line and event:
                        self.heard.append(event)
                        event = {}
        except httpx.TransportError:
            pass
        finally:
            self.ended.set()

    def types(self, request: Doc) -> list[str]:
        return [event["event"] for event in self.heard if event["data"]["stream"] == request["id"]]


def test_live_changes_are_heard_as_they_happen(desk: Running, program: httpx.Client, alice: httpx.Client) -> None:
    earlier = submitted(program)
    with Listener(desk.person("carol")) as listener:
        request = submitted(program)
        voted(alice, request, "approve")
        eventually(lambda: len(listener.types(request)) == 3)
        assert listener.types(request) == ["Opened", "Voted", "Decided"]
        assert listener.types(earlier) == []
        event = listener.heard[-1]
        assert int(event["id"]) == event["data"]["position"]
        events = program.get(f"/v1/requests/{request['id']}/events").json()["items"]
        assert [e["data"] for e in listener.heard if e["data"]["stream"] == request["id"]] == events


def test_a_program_hears_of_its_own_requests_alone(desk: Running, alice: httpx.Client) -> None:
    token = desk.key(program="listener")["token"]
    mine, other = desk.client(token), desk.program()
    with Listener(desk.client(token)) as listener:
        theirs = submitted(other)
        voted(alice, theirs, "approve")
        own = submitted(mine)
        eventually(lambda: listener.types(own))
        assert listener.types(theirs) == []
        assert {event["data"]["stream"] for event in listener.heard} == {own["id"]}
    with Listener(desk.client(token), last=0) as listener:
        eventually(lambda: listener.types(own))
        assert {event["data"]["stream"] for event in listener.heard} == {own["id"]}


def test_a_listener_goes_on_where_it_left_off_without_loss_or_repeats(desk: Running, program: httpx.Client) -> None:
    person = desk.person("carol")
    start = desk.position()
    made: list[Doc] = []
    heard: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            made.append(submitted(program))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(5):
            last = heard[-1] if heard else start
            with Listener(person, last=last) as listener:
                eventually(lambda listener=listener: len(listener.heard) >= 20)  # type: ignore[misc]
            heard += [int(event["id"]) for event in listener.heard]
    finally:
        done.set()
        asking.join(30)
    events = [e for r in made for e in program.get(f"/v1/requests/{r['id']}/events").json()["items"]]
    positions = sorted(event["position"] for event in events)
    assert len(heard) >= 100
    assert heard == positions[: len(heard)]


def test_a_listener_that_is_too_slow_is_dropped_and_the_others_hear_everything(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulletin, "MOST_BEHIND", 50)
    with placet(settings_in(tmp_path, sqlite_url)) as running:
        program, token = running.program("momentum"), running.key(person="carol")["token"]
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        slow.connect(("127.0.0.1", running.port))
        slow.sendall(f"GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        listeners = running.services.bulletin._listeners
        eventually(lambda: len(listeners) == 1)
        with Listener(running.client(token)) as quick:
            eventually(lambda: len(listeners) == 2)
            made = [submitted(program, summary="x" * 3_000, context={"t": "y" * 5_000}) for _ in range(1_200)]
            eventually(lambda: len(listeners) == 1)
            eventually(lambda: len(quick.heard) == len(made))
        slow.close()


def test_at_the_end_of_the_process_the_streams_end(tmp_path: Path, sqlite_url: str) -> None:
    with served(tmp_path, url=sqlite_url) as process:
        program = process.program("momentum")
        with Listener(process.person("carol")) as listener:
            request = submitted(program)
            eventually(lambda: listener.types(request))
            began = time.monotonic()
            os.kill(process.popen.pid, signal.SIGTERM)
            assert listener.ended.wait(20)
            assert process.ended() == 0
            assert time.monotonic() - began < 8


def test_a_stream_needs_a_key(desk: Running) -> None:
    with anonymous(desk.url) as client:
        assert client.get("/v1/stream").status_code == 401
