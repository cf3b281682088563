"""`/v1/requests`: submit, list, look, vote, say why, withdraw, update, claim."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from bot.api.answers import EventsAnswer, PageAnswer, RequestAnswer
from bot.api.attachments import proposal_of
from bot.api.calls import Calls, JsonResponse, body_digest, idempotency_key
from bot.api.models import (
    CancelBody,
    ClaimBody,
    ContextBody,
    ReasonAfterwardsBody,
    ReasonBody,
    SubmitBody,
    TakeBackBody,
    VoteBody,
)
from bot.api.problems import Problem
from bot.api.route import StrictRoute
from bot.api.view import dump, event_view, request_view
from bot.faces import commitments
from bot.ids import new_id, written
from core.commands import Cancel, CastVote, GivenReason, GiveReason, Submit, TakeBack, TakeClaim, UpdateContext
from core.engine import Done
from core.model import Choice, WouldAgree
from core.ports import Filter

LONGEST_WAIT = 50
_OneId = Annotated[str, Path(alias="id", pattern=r"^req_[0-9a-z]{1,26}$")]
_VISIBLE = r"^[^\x00-\x1f]*$"
_STATUSES = Literal[
    "pending", "decided", "approved", "modified", "rejected", "changes_requested", "expired", "lapsed", "cancelled",
    "advised",
]  # fmt: skip


def _given(body: ReasonBody) -> GivenReason:
    return GivenReason(
        code=body.code,
        words=written(body.words) if body.words else None,
        would_agree=WouldAgree(body.would_agree) if body.would_agree else None,
    )


def requests_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix="/v1/requests", route_class=StrictRoute, tags=["requests"])
    services = calls.services

    @router.post(
        "",
        status_code=201,
        response_model=RequestAnswer,
        responses={200: {"model": RequestAnswer, "description": "The same key and body again: the same request."}},
        summary="Propose something",
    )
    async def submit(request: Request, body: SubmitBody) -> Response:
        """A new request: 201 and its `Location`. The same `key` and body again: the same request, 200."""
        caller = calls.caller(request)
        caller.need("submit")
        if what := body.fault():
            raise Problem("invalid", 422, f"{what[0]} {what[1]}", [{"field": what[0], "message": what[1]}])
        header = idempotency_key(request)
        if header is not None and body.key not in (None, header):
            raise Problem("invalid", 422, "`key` and Idempotency-Key differ: send one of them, or the same twice.")
        key = body.key or header
        name = f"submit:{caller.actor.ref}:{key}" if key else new_id("cmd")
        done = await calls.carry_out(
            Submit(
                id=name,
                actor=caller.actor,
                request=new_id("req"),
                digest=await body_digest(request) if key else "",
                proposal=await proposal_of(calls, caller, body),
                key=key,
                replaces=body.replaces,
            )
        )
        headers = {"Location": f"/v1/requests/{done.request.id}"} if done.request else {}
        return await _shown(done, 200 if done.repeated else 201, headers)

    async def _shown(done: Done, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        if done.request is None:
            raise Problem("fault", 500, "Placet carried this out and lost sight of it. It is in its log.")
        if done.repeated:
            headers = {**(headers or {}), "Idempotent-Replayed": "true"}
        return await calls.show(done.request, status, headers)

    @router.get("", response_model=PageAnswer, summary="List requests")
    async def list_requests(
        request: Request,
        status: _STATUSES = "pending",
        tier: Annotated[int | None, Query(ge=1, le=99)] = None,
        subject: Annotated[str | None, Query(max_length=80, pattern=_VISIBLE)] = None,
        audience: Annotated[
            str | None, Query(alias="for", max_length=60, pattern=_VISIBLE, description="A person's id or a role.")
        ] = None,
        cursor: Annotated[str | None, Query(max_length=400)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:
        """Pending: highest tier first, then the nearest deadline. Ended: the latest first. A program sees its own."""
        caller = calls.caller(request)
        caller.need("read")
        if audience is not None and status != "pending":
            raise Problem("invalid", 422, "`for` goes with status=pending: afterwards nobody is asked any more.")
        wanted = Filter(
            status=status,
            tier=tier,
            subject=subject,
            asker=f"program:{caller.actor.ref}" if caller.is_program else None,
            audience=_audience(audience) if audience is not None else (),
        )
        try:
            page = await services.read(services.reader.page, wanted, cursor, limit)
        except ValueError as problem:
            raise Problem("invalid", 422, f"cursor: {problem}") from problem
        needed = commitments(page.items)
        texts = await services.read(services.reader.words, needed) if needed else {}
        document: dict[str, Any] = {
            "items": [request_view(state, texts) for state in page.items],
            "cursor": page.cursor,
        }
        if status == "pending" and cursor is None and not caller.is_program:
            counts = await services.read(services.reader.counts)
            document["counts"] = {str(key): count for key, count in sorted(counts.items(), reverse=True)}
        return JsonResponse(dump(document))

    def _audience(name: str) -> tuple[str, ...]:
        person = services.registry().people.get(name)
        roles = sorted(person.roles) if person else [name]
        return (f"person:{name}", *(f"role:{role}" for role in roles))

    @router.get("/{id}", response_model=RequestAnswer, summary="Look at a request, or wait for its decision")
    async def look(
        request: Request,
        request_id: _OneId,
        wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the decision.")] = 0,
    ) -> Response:
        """With `wait`, answers as soon as it is decided; still `pending` when the time is over: ask again."""
        caller = calls.caller(request)
        if not wait:
            return await calls.show(await calls.visible(caller, request_id))
        with services.bulletin.waiting_for(request_id) as waiter:
            state = await calls.visible(caller, request_id)
            if state.pending:
                try:
                    async with asyncio.timeout(wait):
                        decided = await waiter
                except TimeoutError:
                    decided = None
                calls.keyring.caller(request.headers.get("authorization"))  # It may have been revoked meanwhile.
                state = decided or await calls.visible(caller, request_id)
        return await calls.show(state)

    @router.post("/{id}/votes", response_model=RequestAnswer, summary="Vote")
    async def vote(request: Request, request_id: _OneId, body: VoteBody) -> Response:
        """A person's answer to one revision: approve, reject, modify, request_changes or abstain."""
        caller = calls.caller(request)
        caller.need("vote")
        name, digest = await calls.identity(request, caller, "vote")
        return await _shown(
            await calls.carry_out(
                CastVote(
                    id=name,
                    actor=caller.actor,
                    request=request_id,
                    digest=digest,
                    choice=Choice(body.choice),
                    revision=body.revision,
                    parameters=body.parameters,
                    adopt=body.adopt,
                    reason=_given(body.reason) if body.reason else None,
                    note=written(body.note) if body.note else None,
                )
            )
        )

    @router.post("/{id}/reason", response_model=RequestAnswer, summary="Say why, afterwards")
    async def reason(request: Request, request_id: _OneId, body: ReasonAfterwardsBody) -> Response:
        """Bound to your own vote; taken for 30 days after the decision. Earlier reasons stay on record."""
        caller = calls.caller(request)
        caller.need("vote")
        name, digest = await calls.identity(request, caller, "reason")
        command = GiveReason(name, caller.actor, request_id, digest, _given(body), body.revision)
        return await _shown(await calls.carry_out(command))

    @router.post("/{id}/take-back", response_model=RequestAnswer, summary="Take your vote back")
    async def take_back(request: Request, request_id: _OneId, body: TakeBackBody) -> Response:
        """While the rule's grace lasts (`settles_at`). It stays on record and counts no longer; you may vote again."""
        caller = calls.caller(request)
        caller.need("vote")
        name, digest = await calls.identity(request, caller, "take-back")
        return await _shown(
            await calls.carry_out(TakeBack(name, caller.actor, request_id, digest, revision=body.revision))
        )

    @router.post("/{id}/cancel", response_model=RequestAnswer, summary="Withdraw a request")
    async def cancel(request: Request, request_id: _OneId, body: CancelBody) -> Response:
        caller = calls.caller(request)
        caller.need("submit")
        name, digest = await calls.identity(request, caller, "cancel")
        return await _shown(await calls.carry_out(Cancel(name, caller.actor, request_id, digest, body.why)))

    @router.post("/{id}/context", response_model=RequestAnswer, summary="Say what has changed in the world")
    async def context(request: Request, request_id: _OneId, body: ContextBody) -> Response:
        """Laid over the context so far. If `valid_while` fails with it, the request lapses."""
        caller = calls.caller(request)
        caller.need("submit")
        name, digest = await calls.identity(request, caller, "context")
        return await _shown(await calls.carry_out(UpdateContext(name, caller.actor, request_id, digest, body.context)))

    @router.post("/{id}/claim", response_model=RequestAnswer, summary="Take the right to act, once")
    async def claim(request: Request, request_id: _OneId, body: ClaimBody) -> Response:
        """Judged again now: the content's hash, `valid_while`, the time to act, the hard limits, the stop."""
        caller = calls.caller(request)
        caller.need("claim")
        name, digest = await calls.identity(request, caller, "claim")
        # Whoever gives no name is somebody new each time: two workers of one program are not one claimant.
        taken = new_id("clm")
        claimant = body.claimant or f"{caller.actor.ref}/{taken}"
        command = TakeClaim(name, caller.actor, request_id, digest, taken, claimant, body.hash)
        return await _shown(await calls.carry_out(command))

    @router.get("/{id}/events", response_model=EventsAnswer, summary="Its history")
    async def events(request: Request, request_id: _OneId) -> Response:
        """Every fact, as it was recorded."""
        await calls.visible(calls.caller(request), request_id)
        history = await services.read(services.reader.history, request_id)
        return JsonResponse(dump({"items": [event_view(fact) for fact in history]}))

    return router
