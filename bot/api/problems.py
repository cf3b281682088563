"""Errors as RFC 9457 problem+json: a stable `type`, a status, a sentence with the remedy, the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import HTTPException, Response

from core.errors import Refused

STATUS: Mapping[str, int] = {
    "invalid": 422,
    "key_reused": 422,
    "reason_required": 422,
    "no_change": 422,
    "not_editable": 422,
    "not_a_person": 403,
    "unknown_person": 403,
    "not_entitled": 403,
    "own_request": 403,
    "four_eyes": 403,
    "web_only": 403,
    "not_admin": 403,
    "not_found": 404,
    "too_large": 413,
}
"""The HTTP status of each refusal; what is not here is a conflict with how things stand (409)."""

TITLES: Mapping[int, str] = {
    400: "Not understood",
    401: "Who are you?",
    403: "Not allowed",
    404: "Not found",
    405: "Not done this way",
    406: "Not acceptable",
    409: "Not as things stand",
    413: "Too large",
    415: "Not JSON",
    422: "Not valid",
    500: "Our fault",
    503: "Not now",
    507: "No room",
}


class ProblemResponse(Response):
    media_type = "application/problem+json"


class Problem(HTTPException):
    """An answer that is a problem; raised anywhere below a route.

    An HTTPException, because FastAPI answers whatever else is raised while a body is read with a bare 400.
    """

    def __init__(
        self,
        code: str,
        status: int,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code
        self.status = status
        self.errors = list(errors)

    def response(self, instance: str) -> ProblemResponse:
        document: dict[str, Any] = {
            "type": f"urn:placet:problem:{self.code}",
            "title": TITLES.get(self.status, "Problem"),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "instance": instance,
        }
        if self.errors:
            document["errors"] = self.errors
        return ProblemResponse(orjson.dumps(document), self.status, self.headers)


def refusal(refused: Refused) -> Problem:
    """A refusal of the core as a problem. A program is not told that there is a request of somebody else's."""
    if refused.code == "not_yours":
        return Problem("not_found", 404, "There is no such request.")
    errors = [{"field": refused.field, "message": refused.detail}] if refused.field else []
    detail = f"{refused.field} {refused.detail}" if refused.code == "invalid" and refused.field else refused.detail
    return Problem(refused.code, STATUS.get(refused.code, 409), detail, errors)
