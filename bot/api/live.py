"""Live changes as server-sent events, health, figures, and the page that documents the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles

from bot.api.answers import HealthAnswer, ReadyAnswer
from bot.api.auth import Caller
from bot.api.calls import Calls, JsonResponse
from bot.api.problems import Problem
from bot.api.view import dump, event_view
from bot.metrics import CONTENT_TYPE
from core.errors import StoreUnavailable
from core.ports import Recorded


def live_router(calls: Calls) -> APIRouter:
    router = APIRouter()
    services = calls.services

    @router.get(
        "/v1/stream",
        tags=["live"],
        summary="Live changes (server-sent events)",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )
    async def stream(request: Request) -> Response:
        """Facts about requests as they are recorded. `Last-Event-ID` goes on where a listener left off."""
        caller = calls.caller(request)
        caller.need("read")
        last = request.headers.get("last-event-id")
        if last is not None and not (last.isascii() and last.isdigit() and len(last) < 19):
            raise Problem("invalid", 422, "Last-Event-ID is the `id` of an event from this stream.")
        return StreamingResponse(
            _events(caller, request.headers.get("authorization"), int(last) if last else None),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _events(caller: Caller, authorization: str | None, after: int | None) -> AsyncIterator[bytes]:
        mine: dict[str, bool] = {}
        yield b": placet\n\n"
        async for recorded in services.bulletin.listen(after):
            try:
                calls.keyring.caller(authorization)
            except Problem:
                return  # The key was revoked, or its person taken out.
            if recorded is None:
                yield b": still here\n\n"
            elif recorded.stream.startswith("req_") and await _may_see(caller, recorded, mine):
                data = dump(event_view(recorded))
                yield b"id: %d\nevent: %b\ndata: %b\n\n" % (recorded.position, recorded.fact.type.encode(), data)

    async def _may_see(caller: Caller, recorded: Recorded, mine: dict[str, bool]) -> bool:
        """A program hears of its own requests only. `mine` remembers which they are, as long as they are talked of."""
        if not caller.is_program:
            return True
        stream = recorded.stream
        if stream not in mine:
            state = await services.lookups.request(stream)
            mine[stream] = state is not None and state.asked_by(caller.actor)
            if len(mine) > 10_000:
                mine.pop(next(iter(mine)))
        return mine[stream]

    @router.get("/healthz", response_model=HealthAnswer, tags=["health"], summary="The process lives")
    async def healthz() -> Response:
        return JsonResponse(dump({"status": "ok"}))

    @router.get(
        "/readyz",
        response_model=ReadyAnswer,
        responses={503: {"model": ReadyAnswer}},
        tags=["health"],
        summary="It can record and answer",
    )
    async def readyz() -> Response:
        """503 while the database does not record. A degraded channel or platform is named, and is no reason for it."""
        trouble = services.desk.trouble
        if trouble is None:
            try:
                await services.read(services.reader.ping)
            except StoreUnavailable as problem:
                trouble = str(problem)
        document = {
            "status": "unavailable" if trouble else "ok",
            "database": trouble or "ok",
            "channels": dict(services.delivery.degraded),
            "platforms": dict(services.channels.states()),
        }
        return JsonResponse(dump(document), 503 if trouble else 200)

    @router.get("/metrics", response_class=PlainTextResponse, tags=["health"], summary="Figures for Prometheus")
    async def metrics() -> Response:
        try:
            return Response(await services.read(services.metrics.text), media_type=CONTENT_TYPE)
        except StoreUnavailable as problem:
            raise Problem("unavailable", 503, "The database does not answer.") from problem

    return router


def add_docs(app: FastAPI) -> None:
    """The documentation page, from this machine alone: no script comes from elsewhere."""
    static = Path(fastapi_offline.__file__).parent / "static"
    app.mount("/docs/static", StaticFiles(directory=static), name="docs-static")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Placet API",
            swagger_js_url="/docs/static/swagger-ui-bundle.js",
            swagger_css_url="/docs/static/swagger-ui.css",
            swagger_favicon_url="/docs/static/favicon.png",
        )
