"""Both directions held to Discord's own OpenAPI description, where the folder with it is named by PLACET_SPECS."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.platforms.discord.world import Json

_METHODS = ("get", "post", "put", "patch", "delete")


@cache
def _description() -> Json | None:
    folder = os.environ.get("PLACET_SPECS")
    file = Path(folder) / "discord-openapi.json" if folder else None
    if file is None or not file.is_file():
        return None
    found: Json = json.loads(file.read_text(encoding="utf-8"))
    return found


@cache
def _operations() -> dict[str, Json]:
    description = _description()
    assert description is not None
    return {
        described["operationId"]: described
        for path in description["paths"].values()
        for method, described in path.items()
        if method in _METHODS
    }


@cache
def _request(operation: str) -> Draft202012Validator | None:
    body = _operations()[operation].get("requestBody")
    return _validator(body["content"]["application/json"]["schema"]) if body else None


@cache
def _answer(operation: str, status: int) -> Draft202012Validator | None:
    described = _operations()[operation]["responses"].get(str(status), {})
    content = described.get("content", {}).get("application/json")
    return _validator(content["schema"]) if content else None


@cache
def _schema(name: str) -> Draft202012Validator:
    return _validator({"$ref": f"#/components/schemas/{name}"})


def _validator(schema: Json) -> Draft202012Validator:
    description = _description()
    assert description is not None
    return Draft202012Validator({**schema, "components": description["components"]})


def _fault(validator: Draft202012Validator | None, value: Any) -> str | None:
    problem = best_match(validator.iter_errors(value)) if validator else None
    return f"{problem.json_path}: {problem.message[:200]}" if problem else None


def fault_of_request(operation: str, body: Any) -> str | None:
    """How a body breaks the description, or None; None as well where there is no description."""
    if _description() is None or operation not in _operations():
        return None
    return _fault(_request(operation), _lenient(body))


def fault_of_answer(operation: str, status: int, body: Any) -> str | None:
    if _description() is None:
        return None
    if status == 429:
        return _fault(_schema("RatelimitedResponse"), body)
    if status >= 400:
        # Not ErrorResponse: it wants numbers where the real API, and its documentation, have BASE_TYPE_REQUIRED.
        return _fault(_schema("Error"), body)
    return _fault(_answer(operation, status), body) if operation in _operations() else None


def fault_of(schema: str, value: Any) -> str | None:
    """How something that goes over the Gateway breaks the schema of this name."""
    return _fault(_schema(schema), value) if _description() is not None else None


def _lenient(body: Any) -> Any:
    """The real API takes a number for the id of an attachment that comes with the call; the description does not."""
    if isinstance(body, dict):
        inner = _lenient(body["data"]) if isinstance(body.get("data"), dict) else body.get("data")
        files = body.get("attachments")
        body = {**body, **({"data": inner} if "data" in body else {})}
        if isinstance(files, list):
            body["attachments"] = [{**one, "id": str(one["id"])} if "id" in one else one for one in files]
    return body
