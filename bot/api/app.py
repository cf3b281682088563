"""The HTTP application: routes, errors as problem+json, and an OpenAPI document that says both."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from bot.adapters.web.adapter import lost, web_of, web_routes
from bot.api.admin import admin_router
from bot.api.analytics import analytics_router
from bot.api.answers import REQUEST_EXAMPLE, ProblemDocument
from bot.api.attachments import PATH, attachments_router
from bot.api.body import BodyLimit
from bot.api.calls import Calls
from bot.api.candidates import candidates_router
from bot.api.digests import digests_router
from bot.api.entry import entry_router
from bot.api.intake import PATHS, intake_router
from bot.api.intake_schemas import SCHEMAS
from bot.api.jobs import jobs_router
from bot.api.live import add_docs, live_router
from bot.api.matches import matches_router
from bot.api.problems import TITLES, Problem
from bot.api.requests import requests_router
from bot.api.words import said
from bot.services import Services
from core.attachments import LARGEST, MOST_PICTURES
from core.errors import StoreUnavailable

ASKING = "/ask"
"""Where people ask by hand, and send pictures with the form."""
log = logging.getLogger("placet.api")
_ABOUT = """Puts what programs propose before the right people, and records what they decide.

A program submits with its own key and waits; people vote with theirs. Errors are problem+json: test `code`.
"""


def create_app(services: Services) -> FastAPI:
    """The application on these services."""
    app = FastAPI(
        title="Placet",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False},
    )
    calls = Calls(services)
    app.state.keyring = calls.keyring
    routers = (
        requests_router,
        attachments_router,
        admin_router,
        entry_router,
        live_router,
        matches_router,
        candidates_router,
        analytics_router,
        intake_router,
        digests_router,
        jobs_router,
    )
    for router in (made(calls) for made in routers):
        # As they are: an included router is asked for each of its routes anew, which costs more than the route.
        app.router.routes.extend(router.routes)
    app.state.web = web_of(services)
    if app.state.web is not None:
        app.router.routes.extend(web_routes(app.state.web))
    add_docs(app)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StoreUnavailable, _unavailable)
    app.add_exception_handler(Exception, _fault)
    larger = {PATH: LARGEST, ASKING: (MOST_PICTURES + 1) * LARGEST, **dict.fromkeys(PATHS, services.max_import)}
    app.add_middleware(BodyLimit, most=services.max_body, larger=larger)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)  # noqa: S101 - registered for Problem alone
    return problem.response(request.url.path)


async def _invalid(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)  # noqa: S101 - registered for it alone
    errors = []
    for error in problem.errors():
        place = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
        errors.append({"field": ".".join(place) or "body", "message": said(error)})
    detail = "; ".join(f"{error['field']} {error['message']}" for error in errors[:5])
    unread = any(error["type"] in ("json_invalid", "model_attributes_type") for error in problem.errors())
    if unread and request.headers.get("content-type", "").split(";")[0] not in ("", "application/json"):
        return Problem("not_json", 415, "Send JSON: `Content-Type: application/json`.").response(request.url.path)
    return Problem("invalid", 422, detail[:2_000], errors[:50]).response(request.url.path)


async def _http(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)  # noqa: S101 - registered for it alone
    web = request.app.state.web
    by_browser = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1")
    if web is not None and by_browser and problem.status_code == 404:
        return await lost(web, request)
    title = TITLES.get(problem.status_code, "Problem")
    code = title.lower().replace(" ", "_").rstrip("?")
    detail = f"{title}: {request.method} {request.url.path}. All calls are described at /docs."
    return Problem(code, problem.status_code, detail, headers=problem.headers).response(request.url.path)


async def _unavailable(request: Request, _: Exception) -> Response:
    problem = Problem("unavailable", 503, "The database does not answer; try again.", headers={"Retry-After": "1"})
    return problem.response(request.url.path)


async def _fault(request: Request, problem: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=problem)
    return Problem("fault", 500, "Placet failed on this. It is in its log.").response(request.url.path)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The document, with the key and the problems that every call can answer with."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = document["components"]
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    components["schemas"].pop("HTTPValidationError", None)
    components["schemas"].pop("ValidationError", None)
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"].update(schema.pop("$defs", {}))
    components["schemas"]["Problem"] = schema
    components["schemas"].update(SCHEMAS)
    # FastAPI leaves out what is null, and a request has fields that are.
    components["schemas"]["RequestAnswer"]["example"] = REQUEST_EXAMPLE
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            statuses = [500, 503]
            if path.startswith("/v1"):
                operation["security"] = [{"key": []}]
                statuses += [401, 403, 422]
                if "{" in path:
                    statuses.append(404)
                if method in ("post", "put", "patch"):
                    statuses += [400, 404, 409, 413, 415, 507]
                    if path.startswith("/v1/requests"):
                        operation.setdefault("parameters", []).append(_IDEMPOTENCY)
            if path.endswith(("/claim", "/cancel", "/take-back", "/away")):
                operation["requestBody"]["required"] = False
            if path == "/v1/policy":
                statuses.append(404)
            operation["responses"].pop("422", None)
            for status in sorted(statuses):
                operation["responses"].setdefault(str(status), {"description": TITLES[status], "content": content})
    app.openapi_schema = document
    return document


_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the call repeatable: a repeat gets the first answer.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
