"""Short ways to say what programs and people do over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx

from tests.bot.running import Doc, Running, exactly, proposal

JSON = {"Content-Type": "application/json"}
REQUESTS = "/v1/requests"


def submitted(program: httpx.Client, **changes: Any) -> Doc:
    answer = program.post("/v1/requests", json=proposal(**changes))
    assert answer.status_code == 201, answer.text
    return dict(exactly(answer))


def looked_at(client: httpx.Client, request: Doc) -> Doc:
    answer = client.get(f"/v1/requests/{request['id']}")
    assert answer.status_code == 200, answer.text
    return dict(exactly(answer))


def vote(client: httpx.Client, request: Doc, choice: str, **more: Any) -> httpx.Response:
    body = {"choice": choice, "revision": request["revision"], **more}
    return client.post(f"/v1/requests/{request['id']}/votes", json=body)


def voted(client: httpx.Client, request: Doc, choice: str, **more: Any) -> Doc:
    answer = vote(client, request, choice, **more)
    assert answer.status_code == 200, answer.text
    return dict(exactly(answer))


def refused(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:placet:problem:{problem['code']}"
    assert problem["detail"]
    return answer.status_code, problem["code"]


# What is wrong


def spliced(**raw: str) -> bytes:
    """The usual proposal with some values written as they stand here, JSON or not."""
    items = {name: json.dumps(value) for name, value in proposal().items()} | raw
    return ("{" + ", ".join(f'"{name}": {value}' for name, value in items.items()) + "}").encode()


def sent(desk: Running, client: httpx.Client, content: bytes | Iterator[bytes], **headers: str) -> httpx.Response:
    """The answer to a body; nothing may have been recorded."""
    before = desk.position()
    answer = client.post(REQUESTS, content=content, headers={**JSON, **headers})
    assert answer.status_code >= 400, answer.text
    assert desk.position() == before
    return answer


def says(answer: httpx.Response, status: int, code: str, field: str | None = None, hint: str = "") -> None:
    assert refused(answer) == (status, code), answer.text
    problem = answer.json()
    assert hint in problem["detail"], problem["detail"]
    if field is not None:
        assert [error["field"] for error in problem["errors"]] == [field], problem
