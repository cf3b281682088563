"""The OpenAPI document tells the truth: schemathesis calls everything in it, with what fits and what does not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from bot.api.answers import RequestAnswer
from core.model import Account
from tests.bot.asking import submitted, voted
from tests.bot.running import Doc, Running, anonymous, placet, settings_in

load_all_checks()
CHECKED: list[Any] = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ]
)
# Not checked: `positive_data_acceptance`, for what is well formed may still be refused as things stand (a request
# that is not there, a policy that says no); `ignored_auth` and `use_after_free`, which tests of their own show;
# `unsupported_method`, because test_bad_input.py does so.
"""What holds for every answer."""

OPERATIONS = [
    ("GET", "/v1/requests"),
    ("POST", "/v1/requests"),
    ("GET", "/v1/requests/{id}"),
    ("POST", "/v1/requests/{id}/votes"),
    ("POST", "/v1/requests/{id}/reason"),
    ("POST", "/v1/requests/{id}/cancel"),
    ("POST", "/v1/requests/{id}/take-back"),
    ("POST", "/v1/requests/{id}/context"),
    ("POST", "/v1/requests/{id}/claim"),
    ("GET", "/v1/requests/{id}/events"),
    ("POST", "/v1/attachments"),
    ("GET", "/v1/attachments/{id}"),
    ("GET", "/v1/me"),
    ("GET", "/v1/people"),
    ("PUT", "/v1/people/{id}/away"),
    ("POST", "/v1/people/{id}/link"),
    ("POST", "/v1/people/{id}/unlink"),
    ("POST", "/v1/people/{id}/login"),
    ("GET", "/v1/people/{id}/sessions"),
    ("POST", "/v1/people/{id}/sessions/end"),
    ("POST", "/v1/people/{id}/remove"),
    ("POST", "/v1/invitations"),
    ("GET", "/v1/keys"),
    ("POST", "/v1/keys"),
    ("POST", "/v1/keys/{id}/revoke"),
    ("GET", "/v1/policy"),
    ("POST", "/v1/stop"),
    ("POST", "/v1/resume"),
    ("GET", "/v1/executions"),
    ("POST", "/v1/executions"),
    ("POST", "/v1/results"),
    ("POST", "/v1/closes"),
    ("POST", "/v1/recommendations"),
    ("GET", "/v1/patterns"),
    ("GET", "/v1/candidates"),
    ("POST", "/v1/candidates"),
    ("GET", "/v1/candidates/{id}"),
    ("POST", "/v1/candidates/{id}/decision"),
    ("GET", "/v1/digests"),
    ("GET", "/v1/digests/{week}"),
    ("POST", "/v1/digests/{week}"),
    ("PATCH", "/v1/digests/{week}"),
    ("GET", "/v1/digests/{week}/picture"),
    ("POST", "/v1/reconcile"),
    ("POST", "/v1/results/track"),
    ("GET", "/v1/matches"),
    ("GET", "/v1/matches/{id}"),
    ("PATCH", "/v1/matches/{id}"),
    ("GET", "/v1/analytics/{name}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]
PLAIN = {
    "/v1/attachments",
    "/v1/results",
    "/v1/closes",
    "/v1/recommendations",
    "/v1/me",
    "/v1/people",
    "/v1/keys",
    "/v1/policy",
    "/v1/resume",
    "/healthz",
    "/readyz",
    "/metrics",
}
"""Where a GET (or a resumption) takes nothing that could be wrong; and an upload, where any bytes are bytes."""
CALLS = [
    (*operation, mode)
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation[1] not in PLAIN or operation == ("POST", "/v1/keys")
    if operation != ("POST", "/v1/executions") or mode is GenerationMode.POSITIVE
]
WEEK = "2012-W07"
"""Of which there is a digest."""
NEVER_ENDS = ("GET", "/v1/stream")
"""The stream of live changes is not called here: its answer has no end."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Placet of its own: what is called here stops everything, and makes keys."""
    with placet(settings_in(tmp_path_factory.mktemp("house"))) as running:
        yield running


@pytest.fixture(scope="module")
def document(house: Running) -> Doc:
    with anonymous(house.url) as client:
        return dict(client.get("/openapi.json").json())


@pytest.fixture(scope="module")
def tokens(house: Running) -> list[str]:
    """A program's, a person's, and the administrator's."""
    return [
        house.key(program="fuzz")["token"],
        house.key(person="alice")["token"],
        house.token_file().read_text().strip(),
    ]


@pytest.mark.parametrize(("method", "path", "mode"), CALLS)
def test_every_answer_is_as_documented(
    house: Running, document: Doc, tokens: list[str], method: str, path: str, mode: GenerationMode
) -> None:
    # The key is not varied: without a good one everything is a 401, which test_api_house.py shows.
    config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    operation = schemathesis.openapi.from_dict(document, config=config)[path][method]
    real = submitted(house.client(tokens[0]))["id"] if path.startswith("/v1/requests/") else None

    @seed(20_261_120)
    @settings(
        max_examples=10,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def every(case: Case[Any]) -> None:
        if real and mode is GenerationMode.POSITIVE:
            case.path_parameters = {"id": real}
            # To wait for a decision that nobody makes says nothing more.
            case.query.pop("wait", None)
        for client in clients:
            case.call_and_validate(base_url=house.url, session=client, checks=CHECKED)

    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(session_with(token)) for token in tokens]
        every()


def session_with(token: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def test_every_call_in_the_document_is_tried(document: Doc) -> None:
    listed = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert listed == {*OPERATIONS, NEVER_ENDS}


def test_every_call_says_what_it_does_and_how_it_succeeds(document: Doc) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert any(status.startswith("2") for status in operation["responses"]), (method, path)


def bodies(document: Doc) -> Iterator[tuple[str, str, Doc]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                if kind != "application/json":
                    continue  # The bytes of a picture are their own example.
                name = content["schema"]["$ref"].rpartition("/")[2]
                yield method, path, document["components"]["schemas"][name]


def test_every_example_really_works(house: Running, document: Doc) -> None:
    program, alice = house.program("momentum"), house.person("alice")
    examples: dict[str, Doc] = {f"{method} {path}": body.get("example", {}) for method, path, body in bodies(document)}
    assert [call for call, example in examples.items() if not example] == []
    submit = examples.pop("post /v1/requests")
    answer = program.post("/v1/requests", json=submit)
    assert answer.status_code == 201, answer.text
    votes = examples.pop("post /v1/requests/{id}/votes")
    # No rule here gives a grace; test_undo.py has one that does.
    examples.pop("post /v1/requests/{id}/take-back")
    # Nobody here has a habit; test_learning_candidates.py has somebody.
    examples.pop("post /v1/candidates")
    examples.pop("post /v1/candidates/{id}/decision")
    # Nor has anybody departed from anything; test_matches.py has somebody.
    examples.pop("patch /v1/matches/{id}")
    assert program.post("/v1/requests", json=submit).status_code == 200

    def request_for(call: str) -> Doc:
        request = submitted(program)
        if "reason" in call or "claim" in call:
            voted(alice, request, "approve")
        return request

    voter = alice.post(f"/v1/requests/{submitted(program)['id']}/votes", json=votes)
    assert voter.status_code == 200, voter.text
    admin = house.client()
    assert admin.post(f"/v1/digests/{WEEK}").status_code == 201
    house.link("bob", Account("slack", "T012AB34C", "U345CD67E"))
    for call, example in examples.items():
        method, path = call.split()
        speaker = admin
        if path.startswith("/v1/requests"):
            path = path.replace("{id}", request_for(call)["id"])
            speaker = alice if "reason" in call else program
        answer = speaker.request(
            method, path.replace("{id}", "bob").replace("{week}", WEEK), json={**example, **OTHERWISE.get(call, {})}
        )
        assert 200 <= answer.status_code < 300, (call, answer.text)
    admin.post("/v1/resume")


OTHERWISE: dict[str, Doc] = {
    "post /v1/keys": {"owner": "frank"},
    "post /v1/people/{id}/sessions/end": {"session": None},
}
"""What an example cannot know: who is here, and where."""


def test_a_problem_is_as_its_example_says(house: Running, document: Doc) -> None:
    example = document["components"]["schemas"]["Problem"]["example"]
    request = submitted(house.program("momentum"))
    body = {"choice": "approve", "revision": 2}
    answer = house.person("alice").post(f"/v1/requests/{request['id']}/votes", json=body)
    assert answer.json().keys() - {"errors"} == example.keys()
    assert (answer.json()["code"], answer.json()["type"]) == (example["code"], example["type"])


def test_the_example_of_a_request_has_every_field_of_a_real_one(house: Running, document: Doc) -> None:
    example = document["components"]["schemas"]["RequestAnswer"]["example"]
    RequestAnswer.model_validate(example)
    submit = document["components"]["schemas"]["SubmitBody"]["example"]
    real = house.program("momentum").post("/v1/requests", json={**submit, "key": "the-example"}).json()
    assert example.keys() == real.keys()
    assert example["ruling"].keys() == real["ruling"].keys()
