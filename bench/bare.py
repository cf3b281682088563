"""A bare FastAPI application: the same three routes and models, and no store. The floor for `bench/http.py`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from fastapi.routing import APIRoute

from bot.api.answers import RequestAnswer
from bot.api.models import SubmitBody, VoteBody


class _ExactRequest(Request):
    async def json(self) -> Any:
        return json.loads(await self.body(), parse_float=Decimal)


class _ExactRoute(APIRoute):
    """The models want decimals; everything else is FastAPI's own way."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def exact(request: Request) -> Response:
            return await handle(_ExactRequest(request.scope, request.receive))

        return exact


app = FastAPI()
app.router.route_class = _ExactRoute
_ids = itertools.count()
_known: dict[str, dict[str, Any]] = {}
_RULING = {
    "tier": 2, "tier_name": "notable", "gate": "ask", "rule": "notable", "why": ["amount > 25000"], "policy": "0" * 64,
    "route": {"roles": ["owner"], "people": [], "skills": []}, "quorum": {"kind": "any", "needed": 1, "eligible": 1},
    "four_eyes": False, "reasons": {"reject": "asked", "modify": "asked"}, "decide_in": "chat",
    "remind_at": "2026-11-20T12:00:00.000000Z", "escalations": [], "expire_at": "2026-11-20T13:00:00.000000Z",
    "silence": "expire",
}  # fmt: skip


@app.post("/v1/requests", status_code=201, response_model=RequestAnswer)
async def submit(body: SubmitBody) -> dict[str, Any]:
    name = f"req_{next(_ids):026d}"
    state: dict[str, Any] = {
        "id": name, "key": body.key, "status": "pending", "asker": {"kind": "program", "id": "momentum"},
        "created_at": "2026-11-20T09:00:00.000000Z", "version": 1, "revision": 1, "hash": "0" * 64, "changes": [],
        "proposal": {"action": body.action, "subject": body.subject, "title": body.title},
        "context": {}, "ruling": _RULING, "votes": [], "suggestions": [], "escalated": 0, "blocked": None,
        "replaces": None, "iteration": 1, "decision": None, "claim": None,
    }  # fmt: skip
    _known[name] = state
    return state


@app.post("/v1/requests/{id}/votes", response_model=RequestAnswer)
async def vote(request_id: Annotated[str, Path(alias="id")], body: VoteBody) -> dict[str, Any]:
    state = _known[request_id]
    state["status"] = "approved" if body.choice == "approve" else "rejected"
    return state


@app.get("/v1/requests/{id}", response_model=RequestAnswer)
async def look(request_id: Annotated[str, Path(alias="id")]) -> dict[str, Any]:
    return _known.pop(request_id)
