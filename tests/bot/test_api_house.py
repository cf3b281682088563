"""Who may see and do what over HTTP: programs among themselves, scopes, keys, people, the policy, the stop."""

from __future__ import annotations

import httpx
import pytest

from tests.bot.asking import looked_at, refused, submitted, vote, voted
from tests.bot.running import Doc, Running, anonymous, fresh, placet, proposal, settings_in


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/events", None),
        ("GET", "?wait=1", None),
        ("POST", "/cancel", {}),
        ("POST", "/context", {"context": {"vix": 50}}),
        ("POST", "/claim", {}),
    ],
)
def test_another_programs_request_does_not_exist_for_a_program(
    desk: Running, program: httpx.Client, alice: httpx.Client, method: str, path: str, body: Doc | None
) -> None:
    request = submitted(program)
    if path == "/claim":
        voted(alice, request, "approve")
    other = desk.program()
    before = desk.position()
    answer = other.request(method, f"/v1/requests/{request['id']}{path}", json=body)
    missing = other.request(method, f"/v1/requests/req_00000000000000000000000000{path}", json=body)
    assert refused(answer) == refused(missing) == (404, "not_found")
    assert answer.json()["detail"] == missing.json()["detail"]
    assert desk.position() == before


def test_a_program_lists_its_own_requests_alone(desk: Running, program: httpx.Client) -> None:
    mine, other = submitted(program), desk.program()
    theirs = submitted(other)
    assert [item["id"] for item in program.get("/v1/requests").json()["items"]] == [mine["id"]]
    assert [item["id"] for item in other.get("/v1/requests").json()["items"]] == [theirs["id"]]
    assert other.get("/v1/requests", params={"for": "trader"}).json()["items"][0]["id"] == theirs["id"]


def test_another_programs_request_cannot_be_replaced(desk: Running, program: httpx.Client, alice: httpx.Client) -> None:
    request = submitted(program)
    voted(alice, request, "request_changes")
    answer = desk.program().post("/v1/requests", json=proposal(replaces=request["id"]))
    assert refused(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "replaces"


# Scopes


def test_a_persons_token_cannot_submit_cancel_or_claim(program: httpx.Client, alice: httpx.Client) -> None:
    path = f"/v1/requests/{submitted(program)['id']}"
    assert refused(alice.post("/v1/requests", json=proposal())) == (403, "not_a_program")
    assert refused(alice.post(f"{path}/cancel", json={})) == (403, "not_a_program")
    assert refused(alice.post(f"{path}/context", json={"context": {}})) == (403, "not_a_program")
    assert refused(alice.post(f"{path}/claim", json={})) == (403, "scope")


def test_a_programs_key_cannot_vote_or_administer(program: httpx.Client) -> None:
    request = submitted(program)
    assert refused(vote(program, request, "approve")) == (403, "not_a_person")
    assert refused(program.post(f"/v1/requests/{request['id']}/reason", json={"code": "risk"})) == (403, "not_a_person")
    assert refused(program.get("/v1/people")) == (403, "not_a_person")
    assert refused(program.put("/v1/people/alice/away", json={})) == (403, "not_a_person")
    assert refused(program.post("/v1/stop", json={"why": "mine"})) == (403, "scope")
    assert refused(program.get("/v1/keys")) == (403, "scope")
    assert looked_at(program, request)["votes"] == []


def test_a_key_does_only_what_its_scopes_say(desk: Running) -> None:
    reader = desk.client(desk.key(program=fresh("reader"), scopes=["read"])["token"])
    assert reader.get("/v1/requests").status_code == 200
    assert refused(reader.post("/v1/requests", json=proposal())) == (403, "scope")
    submitter = desk.client(desk.key(program=fresh("submitter"), scopes=["submit"])["token"])
    request = submitted(submitter)
    assert refused(submitter.get(f"/v1/requests/{request['id']}")) == (403, "scope")
    assert refused(submitter.get("/v1/requests")) == (403, "scope")
    assert refused(submitter.get("/v1/stream")) == (403, "scope")
    assert refused(submitter.post(f"/v1/requests/{request['id']}/claim", json={})) == (403, "scope")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"program": "p", "scopes": ["vote"]}, "scopes"),
        ({"program": "p", "scopes": ["read", "admin"]}, "scopes"),
        ({"program": "p", "scopes": []}, "scopes"),
        ({"person": "alice", "scopes": ["submit"]}, "scopes"),
        ({"person": "alice", "scopes": ["admin"]}, "scopes"),
        ({"person": "nobody"}, "person"),
        ({"program": "alice"}, "program"),
        ({"program": "p", "owner": "nobody"}, "owner"),
        ({"program": "momentum", "owner": "alice"}, "owner"),
        ({"program": "p", "person": "alice"}, None),
        ({}, None),
        ({"person": "alice", "owner": "bob"}, None),
        ({"program": "Not A Slug"}, "program"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(
    desk: Running, admin: httpx.Client, body: Doc, field: str | None
) -> None:
    before = desk.position()
    answer = admin.post("/v1/keys", json=body)
    assert refused(answer) == (422, "invalid")
    if field:
        assert answer.json()["errors"][0]["field"] == field
    assert desk.position() == before


# Keys


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer placet_program_wrong", "Basic YTpi", "bearer", "placet_program_wrong"],
)
def test_who_shows_no_good_key_is_answered_with_401(desk: Running, header: str) -> None:
    with anonymous(desk.url, {"Authorization": header} if header else {}) as client:
        for path in ("/v1/me", "/v1/requests", "/v1/stream", "/v1/requests/req_1", "/v1/keys", "/v1/policy"):
            answer = client.get(path)
            assert refused(answer) == (401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_is_shown_once_and_only_its_hash_is_kept(desk: Running, admin: httpx.Client) -> None:
    made = desk.key(program=fresh("program"), label="the nightly run")
    assert made["token"].startswith("placet_program_")
    listed = admin.get("/v1/keys")
    [found] = [item for item in listed.json()["items"] if item["id"] == made["id"]]
    assert found["label"] == "the nightly run"
    assert "token" not in found
    assert made["token"] not in listed.text


def test_a_revoked_key_is_good_for_nothing_at_once(desk: Running, admin: httpx.Client) -> None:
    made = desk.key(program=fresh("program"))
    client = desk.client(made["token"])
    assert client.get("/v1/me").status_code == 200
    revoked = admin.post(f"/v1/keys/{made['id']}/revoke")
    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"] is not None
    assert refused(client.get("/v1/me")) == (401, "unauthorized")
    assert refused(client.post("/v1/requests", json=proposal())) == (401, "unauthorized")
    assert admin.post(f"/v1/keys/{made['id']}/revoke").json() == revoked.json()


def test_a_key_that_is_not_there_cannot_be_revoked(admin: httpx.Client) -> None:
    assert refused(admin.post("/v1/keys/key_00000000000000000000000000/revoke")) == (404, "not_found")
    assert refused(admin.post("/v1/keys/nonsense/revoke")) == (422, "invalid")


def test_me_says_who_calls_and_what_the_key_may_do(program: httpx.Client, alice: httpx.Client) -> None:
    me = alice.get("/v1/me").json()
    assert (me["kind"], me["id"], me["roles"], me["scopes"]) == ("person", "alice", ["trader"], ["read", "vote"])
    me = program.get("/v1/me").json()
    assert (me["kind"], me["roles"], me["scopes"]) == ("program", [], ["claim", "read", "submit"])


def test_a_persons_key_does_not_administer_unless_it_was_made_to(desk: Running) -> None:
    narrow = desk.client(desk.key(person="erin", scopes=["read", "vote"])["token"])
    assert refused(narrow.get("/v1/keys")) == (403, "scope")
    usual = desk.client(desk.key(person="erin")["token"])
    assert usual.get("/v1/keys").status_code == 200
    assert refused(desk.person("alice").get("/v1/keys")) == (403, "scope"), "she is no administrator"


# People


def test_people_are_shown_with_what_they_may_decide(alice: httpx.Client) -> None:
    people = {person["id"]: person for person in alice.get("/v1/people").json()["items"]}
    assert sorted(people) == ["alice", "bob", "carol", "dave", "erin", "frank"]
    assert people["frank"]["roles"] == ["head", "trader"]
    assert people["erin"]["admin"] is True
    assert people["alice"]["active"] is True


def test_a_delegate_stands_in_while_somebody_is_away(desk: Running, program: httpx.Client) -> None:
    dave, carol = desk.person("dave"), desk.person("carol")
    request = submitted(program, amount="200000")
    assert refused(vote(carol, request, "approve")) == (403, "not_entitled")
    until = "2099-01-01T00:00:00+02:00"
    answer = dave.put("/v1/people/dave/away", json={"until": until, "delegate": "carol"})
    assert answer.status_code == 200
    assert (answer.json()["away_until"], answer.json()["delegate"]) == ("2098-12-31T22:00:00.000000Z", "carol")
    shown = voted(carol, request, "approve")
    assert shown["status"] == "approved"
    assert shown["votes"][0]["acting_for"] == "dave"
    back = dave.put("/v1/people/dave/away", json={"until": None})
    assert (back.json()["away_until"], back.json()["delegate"]) == (None, None)
    assert refused(vote(carol, submitted(program, amount="200000"), "approve")) == (403, "not_entitled")


def test_only_an_administrator_says_that_somebody_else_is_away(
    admin: httpx.Client, alice: httpx.Client, bob: httpx.Client
) -> None:
    body = {"until": "2099-01-01T00:00:00Z"}
    assert refused(alice.put("/v1/people/bob/away", json=body)) == (403, "not_admin")
    assert admin.put("/v1/people/bob/away", json=body).json()["away_until"] == "2099-01-01T00:00:00.000000Z"
    assert bob.put("/v1/people/bob/away", json={}).json()["away_until"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"until": "2099-01-01T00:00:00"}, "until"),
        ({"until": "2001-01-01T00:00:00Z"}, "until"),
        ({"until": "tomorrow"}, "until"),
        ({"until": 4102444800}, "until"),
        ({"until": "0001-01-01T00:00:00+23:59"}, "until"),
        ({"until": "9999-12-31T23:59:59-23:59"}, "until"),
        ({"until": "2099-01-01T00:00:00Z", "delegate": "alice"}, "delegate"),
        ({"until": "2099-01-01T00:00:00Z", "delegate": "nobody"}, "delegate"),
        ({"delegate": "bob"}, None),
        ({"until": "2099-01-01T00:00:00Z", "why": "holiday"}, "why"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(
    desk: Running, alice: httpx.Client, body: Doc, field: str | None
) -> None:
    before = desk.position()
    answer = alice.put("/v1/people/alice/away", json=body)
    assert refused(answer) == (422, "invalid")
    if field:
        assert answer.json()["errors"][0]["field"] == field
    assert desk.position() == before


def test_nobody_is_away_who_is_not_there(admin: httpx.Client) -> None:
    assert refused(admin.put("/v1/people/nobody/away", json={})) == (404, "not_found")


# Policy and stop


def test_the_rules_in_force_are_shown(program: httpx.Client) -> None:
    policy = program.get("/v1/policy").json()
    assert policy["name"] == "desk"
    assert [rule["name"] for rule in policy["rules"]] == ["critical", "elevated", "routine"]
    assert policy["rules"][1]["quorum"] == 2
    assert policy["limits"] == [{"name": "largest position", "must": "amount <= 5000000"}]
    assert len(policy["hash"]) == 64
    assert policy["stopped"] is None


def test_while_everything_is_stopped_deciding_goes_on_and_claiming_does_not(
    program: httpx.Client, admin: httpx.Client, alice: httpx.Client
) -> None:
    request = submitted(program)
    path = f"/v1/requests/{request['id']}/claim"
    try:
        assert admin.post("/v1/stop", json={"why": "the feed is wrong"}).json() == {"stopped": "the feed is wrong"}
        assert voted(alice, request, "approve")["status"] == "approved"
        assert refused(program.post(path, json={})) == (409, "stopped")
        assert alice.get("/v1/policy").json()["stopped"] == "the feed is wrong"
    finally:
        assert admin.post("/v1/resume").json() == {"stopped": None}
    assert program.post(path, json={}).status_code == 200


def test_a_stop_outlives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = settings_in(tmp_path_factory.mktemp("stopped"))
    with placet(settings) as running:
        running.client().post("/v1/stop", json={"why": "over night"})
    with placet(settings) as running:
        assert running.client().get("/v1/policy").json()["stopped"] == "over night"


def test_only_an_administrator_stops_everything(alice: httpx.Client) -> None:
    assert refused(alice.post("/v1/stop", json={"why": "I like to"})) == (403, "scope")
    assert refused(alice.post("/v1/resume")) == (403, "scope")


# Health


def test_health_readiness_and_figures_need_no_key(desk: Running, program: httpx.Client) -> None:
    submitted(program)
    with anonymous(desk.url) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {
            "status": "ok",
            "database": "ok",
            "channels": {},
            "platforms": {},
        }
        figures = client.get("/metrics")
        assert figures.headers["content-type"].startswith("text/plain")
        assert 'placet_pending{tier="1"}' in figures.text


def test_a_refusal_is_counted_and_leaves_no_fact(desk: Running, program: httpx.Client, alice: httpx.Client) -> None:
    def counted() -> float:
        value = desk.services.metrics.registry.get_sample_value("placet_refusals_total", {"code": "not_decided"})
        return value or 0.0

    request, before, facts = submitted(program), counted(), desk.position()
    program.post(f"/v1/requests/{request['id']}/claim", json={})
    assert counted() == before + 1
    assert desk.position() == facts


def test_the_documentation_comes_from_this_machine_alone(desk: Running) -> None:
    with anonymous(desk.url) as client:
        page = client.get("/docs").text
        assert "http://" not in page.replace(desk.url, "")
        assert "https://" not in page
        assert "swagger-ui" in client.get("/docs/static/swagger-ui-bundle.js").text[:100_000].lower()
        assert client.get("/docs/static/swagger-ui.css").status_code == 200


def test_everybody_of_a_new_quorum_is_asked_again_after_a_modification(
    program: httpx.Client, alice: httpx.Client, bob: httpx.Client
) -> None:
    request = submitted(program, amount="50000")
    voted(bob, request, "approve")
    changed = voted(alice, request, "modify", parameters={"quantity": 90})
    assert (changed["status"], changed["revision"]) == ("pending", 2)
    assert refused(vote(bob, {**request, "revision": 1}, "reject")) in (
        (409, "voted_otherwise"),
        (409, "stale_revision"),
    )
    counting = [(v["person"], v["revision"]) for v in changed["votes"] if v["counts"]]
    assert counting == [("alice", 2)]
    ended = voted(bob, changed, "approve")
    assert ended["status"] == "modified"
