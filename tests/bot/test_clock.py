"""What is due happens: through the running system, after a restart, and when people change."""

from __future__ import annotations

import signal
import time
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from tests.bot.asking import looked_at, refused, submitted, vote, voted
from tests.bot.process import served
from tests.bot.running import HOUSE, Doc, eventually, exactly, placet, settings_in

LATE = 2.0
"""Seconds that a deadline may be late; tests grant the machine as much again."""

QUICK = """\
people:
  alice: {roles: [trader]}
  dave: {roles: [risk]}
  erin: {roles: [head], admin: true}
programs: {momentum: {owner: erin}}
policy:
  name: quick
  currency: USD
  tiers: {1: routine, 2: risky}
  inputs: {amount: required}
  rules:
    - name: risky
      tier: 2
      when: amount > 100
      route: {roles: [risk]}
      expire: PT4H
      escalate: [{after: PT1H, to: {roles: [head]}}]
    - name: routine
      tier: 1
      route: {roles: [trader]}
      expire: PT2.5S
      remind: 0.2
      escalate: [{after: PT1.2S, to: {roles: [head]}}]
"""
"""Tier 1 reminds after half a second, escalates after 1.2 and expires after 2.5."""


def history(client: httpx.Client, request: Doc) -> dict[str, Doc]:
    """The facts of a request by their type."""
    items = client.get(f"/v1/requests/{request['id']}/events").json()["items"]
    return {item["type"]: item for item in items}


def lateness(fact: Doc, due: str) -> float:
    return (datetime.fromisoformat(fact["at"]) - datetime.fromisoformat(due)).total_seconds()


def test_a_request_reminds_escalates_and_expires_in_time(tmp_path: Path, database_url: str) -> None:
    with placet(settings_in(tmp_path, database_url, QUICK)) as running:
        program, alice, erin = running.program("momentum"), running.person("alice"), running.client()
        request = submitted(program, amount="10", editable=None)
        assert refused(vote(erin, request, "approve")) == (403, "not_entitled")
        ruling = request["ruling"]
        answer = program.get(f"/v1/requests/{request['id']}", params={"wait": 30}).json()
        assert answer["status"] == "expired"
        facts = history(program, request)
        assert list(facts) == ["Opened", "Reminded", "Escalated", "Decided"]
        for fact, due in (
            ("Reminded", ruling["remind_at"]),
            ("Escalated", ruling["escalations"][0]["at"]),
            ("Decided", ruling["expire_at"]),
        ):
            assert 0 <= lateness(facts[fact], due) < 2 * LATE, fact
        assert facts["Decided"]["actor"] == {"kind": "system", "id": "clock", "via": "clock"}
        assert refused(vote(alice, request, "approve")) == (409, "ended")


def test_a_vote_in_time_leaves_nothing_to_expire(tmp_path: Path, sqlite_url: str) -> None:
    with placet(settings_in(tmp_path, sqlite_url, QUICK)) as running:
        program, alice = running.program("momentum"), running.person("alice")
        voting, waiting = (submitted(program, amount="10", editable=None) for _ in range(2))
        voted(alice, voting, "approve")
        assert program.get(f"/v1/requests/{waiting['id']}", params={"wait": 30}).json()["status"] == "expired"
        assert looked_at(program, voting)["status"] == "approved"
        assert list(history(program, voting)) == ["Opened", "Voted", "Decided"]


def test_what_fell_due_while_placet_was_down_happens_at_its_start(tmp_path: Path, sqlite_url: str) -> None:
    settings = settings_in(tmp_path, sqlite_url)
    with placet(settings) as running:
        program = running.program("momentum")
        token = program.headers["authorization"].removeprefix("Bearer ")
        soon = [submitted(program, valid_for="PT1S") for _ in range(5)]
        later = submitted(program)
    time.sleep(1.2)
    with placet(settings) as running:
        program = running.client(token)
        began = time.monotonic()
        eventually(lambda: all(looked_at(program, request)["status"] == "expired" for request in soon))
        assert time.monotonic() - began < 2 * LATE
        assert looked_at(program, later)["status"] == "pending"


def test_the_deadlines_of_many_requests_are_all_kept(tmp_path: Path, database_url: str) -> None:
    with placet(settings_in(tmp_path, database_url)) as running:
        program = running.program("momentum")
        for _ in range(250):
            submitted(program, valid_for="PT2S", editable=None, amount="50000")
        eventually(lambda: not program.get("/v1/requests").json()["items"], within=20)
        late: list[float] = []
        cursor = None
        while cursor is not None or not late:
            query: dict[str, str | int] = {"status": "expired", "limit": 200, **({"cursor": cursor} if cursor else {})}
            page = exactly(program.get("/v1/requests", params=query))
            late += [lateness(item["decision"], item["ruling"]["expire_at"]) for item in page["items"]]
            cursor = page["cursor"]
        assert len(late) == 250
        assert min(late) >= 0
        assert max(late) < 2 * LATE


def test_open_requests_escalate_when_the_only_approver_goes_away(tmp_path: Path, sqlite_url: str) -> None:
    with placet(settings_in(tmp_path, sqlite_url, QUICK)) as running:
        program, dave, erin = running.program("momentum"), running.person("dave"), running.client()
        request = submitted(program, editable=None)
        assert refused(vote(erin, request, "approve")) == (403, "not_entitled")
        dave.put("/v1/people/dave/away", json={"until": "2099-01-01T00:00:00Z"})
        eventually(lambda: looked_at(program, request)["escalated"] == 1)
        # At the top of the ladder nobody is left: it is blocked, and never decided by itself.
        erin.put("/v1/people/erin/away", json={"until": "2099-01-01T00:00:00Z"})
        blocked = eventually(lambda: r if (r := looked_at(program, request))["blocked"] else None)
        assert blocked["status"] == "pending"
        erin.put("/v1/people/erin/away", json={})
        assert voted(erin, request, "approve")["status"] == "approved"


def test_a_request_for_somebody_who_is_away_escalates_as_it_is_submitted(tmp_path: Path, sqlite_url: str) -> None:
    with placet(settings_in(tmp_path, sqlite_url, QUICK)) as running:
        erin = running.client()
        erin.put("/v1/people/dave/away", json={"until": "2099-01-01T00:00:00Z"})
        assert submitted(running.program("momentum"), editable=None)["escalated"] == 1


def test_a_clock_that_stumbles_goes_on(tmp_path: Path, sqlite_url: str) -> None:
    with placet(settings_in(tmp_path, sqlite_url)) as running:
        program, reader = running.program("momentum"), running.services.reader
        due = reader.due
        stumbles: list[datetime] = []

        def stumbling(now: datetime, most: int) -> object:
            if len(stumbles) < 2:
                stumbles.append(now)
                raise LookupError("a row that nobody understands")
            return due(now, most)

        reader.due = stumbling  # type: ignore[method-assign, assignment]
        eventually(lambda: len(stumbles) == 2)
        request = submitted(program, valid_for="PT0.1S")
        assert program.get(f"/v1/requests/{request['id']}", params={"wait": 20}).json()["status"] == "expired"


def test_a_reload_voids_the_votes_of_who_was_removed_and_revokes_their_token(tmp_path: Path, sqlite_url: str) -> None:
    with served(tmp_path, url=sqlite_url) as process:
        program, alice, bob = process.program("momentum"), process.person("alice"), process.person("bob")
        request = submitted(program, amount="50000")
        voted(alice, request, "approve")
        file = process.settings.config
        assert file is not None
        file.write_text(HOUSE.replace("  alice: {name: Alice, roles: [trader]}\n", "  gina: {roles: [trader]}\n"))
        process.signal(signal.SIGHUP)
        eventually(lambda: not looked_at(program, request)["votes"][0]["counts"])
        assert refused(alice.get("/v1/me")) == (401, "unauthorized")
        assert voted(bob, request, "approve")["status"] == "pending"
        assert "VoteVoided" in history(program, request)
        gina = process.person("gina")
        assert voted(gina, request, "approve")["decision"]["by"] == ["bob", "gina"]

        # A file with a mistake changes nothing, and the log says what is wrong with it.
        file.write_text(HOUSE.replace("bob: {name", "bob: {nmae"))
        process.signal(signal.SIGHUP)
        eventually(lambda: process.logged("not reloaded"))
        assert process.logged("line 3") or process.logged("nmae")
        assert bob.get("/v1/me").status_code == 200


def test_the_time_of_a_fact_never_goes_back(tmp_path: Path, sqlite_url: str) -> None:
    with placet(settings_in(tmp_path, sqlite_url)) as running:
        program = running.program("momentum")
        first = submitted(program)
        # The machine's clock is set back by an hour.
        real = running.services.desk._engine._clock
        now = real.now

        class SetBack:
            def now(self) -> datetime:
                return now() - timedelta(hours=1)

        running.services.desk._engine._clock = SetBack()
        assert submitted(program)["created_at"] >= first["created_at"]
