"""`/v1/digests`: what each Saturday said, the picture it showed, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from bot.api.auth import Caller
from bot.api.calls import Calls, JsonResponse
from bot.api.jobs import done, jobs_of
from bot.api.models import Note
from bot.api.problems import Problem
from bot.api.route import StrictRoute
from bot.api.view import dump
from bot.learning.digests import Digests, week_in
from core.learning.ledger import Record
from core.learning.week import Week, calendar_of, read_week

_Week = Annotated[str, Path(alias="week", pattern=r"^[0-9]{4}-W[0-9]{2}$", description="An ISO week: 2012-W07.")]
_Person = Annotated[
    str | None, Query(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$", description="Whose; your own, if left out.")
]


class ReviewAnswer(BaseModel):
    status: Literal["open", "reviewed", "acted_on", "dismissed"]
    notes: str | None
    by: str | None
    at: str | None


class DeliveryAnswer(BaseModel):
    """`made`: it waits to be sent, or was never to be; `unsure`: it may have come through; `why` if it was refused."""

    status: Literal["made", "sending", "sent", "unsure", "refused"]
    channel: str | None
    at: str | None
    why: str | None


class DigestAnswer(BaseModel):
    """`text`: what was said, word for word. `figures`: the numbers behind it. `picture`: the SHA-256 of the PNG."""

    model_config = ConfigDict(extra="allow")

    week: str
    person: str
    text: str
    picture: str | None
    alt: str
    figures: dict[str, Any]
    kept: bool
    delivery: DeliveryAnswer | None
    review: ReviewAnswer


class DigestsAnswer(BaseModel):
    """`next_due`: when the schedule makes the next ones, in the owner's zone."""

    items: list[DigestAnswer]
    next_due: str


class ReviewBody(BaseModel):
    """That a digest was looked at, and what came of that. What is left out stays as it is."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"example": {"review_status": "reviewed", "notes": "Longer expiries: on purpose."}},
    )

    review_status: Literal["open", "reviewed", "acted_on", "dismissed"] | None = None
    notes: Note | None = None


def digests_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix="/v1/digests", route_class=StrictRoute, tags=["learning"])
    services = calls.services

    def kept() -> Digests:
        return jobs_of(services).digests

    @router.get("", response_model=DigestsAnswer, summary="List digests")
    async def list_digests(
        request: Request,
        person: _Person = None,
        year: Annotated[int | None, Query(ge=1970, le=9000)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 10,
    ) -> Response:
        """Those there are, the latest first."""
        whose = _whose(calls, calls.caller(request), person)
        found = [one for one in await kept().of(whose) if year is None or week_in(one).startswith(f"{year:04d}-")]
        calendar = calendar_of(services.learning)
        due = calendar.due(calendar.latest(services.clock.now()).moved(1)).astimezone(calendar.zone)
        items = [await _view(one) for one in found[:limit]]
        return JsonResponse(dump({"items": items, "next_due": due.isoformat()}))

    @router.get("/{week}", response_model=DigestAnswer, summary="What was said of a week")
    async def look(
        request: Request,
        name: _Week,
        person: _Person = None,
        again: Annotated[bool, Query(description="What would be said of it today; nothing is kept.")] = False,
    ) -> Response:
        """Word for word as it was sent; with `again`, as it would be said today."""
        whose, week = _whose(calls, calls.caller(request), person), _week(name)
        if not again:
            return JsonResponse(dump(await _view(await _kept(whose, week))))
        _due(week, 404)
        made = await done(jobs_of(services).again(whose, week))
        return JsonResponse(
            dump(
                {
                    "week": str(week),
                    "person": whose,
                    "text": made.text,
                    "picture": None,
                    "alt": made.note.alt,
                    "figures": made.figures,
                    "kept": False,
                    "delivery": None,
                    "review": _review({}, None),
                }
            )
        )

    @router.get(
        "/{week}/picture",
        summary="What it showed",
        response_class=Response,
        responses={200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}},
    )
    async def picture(request: Request, name: _Week, person: _Person = None) -> Response:
        """The PNG, byte for byte as it was sent."""
        record = await _kept(_whose(calls, calls.caller(request), person), _week(name))
        data = await kept().picture(record)
        if not data:
            raise Problem("not_found", 404, "This digest has no picture.")
        return Response(data, media_type="image/png", headers={"ETag": f'"{record.body["picture"]}"'})

    @router.post(
        "/{week}",
        status_code=201,
        response_model=DigestAnswer,
        responses={200: {"model": DigestAnswer, "description": "It was there already."}},
        summary="Make the digest of a week",
    )
    async def make(request: Request, name: _Week, person: _Person = None) -> Response:
        """Makes it if it is not there. That of the last week is then sent, as if the schedule had made it."""
        caller = calls.caller(request)
        whose, week = _whose(calls, caller, person), _week(name)
        known = await kept().find(whose, week)
        if known is not None:
            return JsonResponse(dump(await _view(known)))
        _due(week)
        made = await done(jobs_of(services).digest(whose, week, caller.actor))
        return JsonResponse(dump(await _view(made)), 201)

    @router.patch("/{week}", response_model=DigestAnswer, summary="Say that a digest was looked at")
    async def review(request: Request, name: _Week, body: ReviewBody, person: _Person = None) -> Response:
        """Its review status and notes; what was sent stays as it is."""
        caller = calls.caller(request)
        caller.need("vote")
        if body.review_status is None and body.notes is None:
            raise Problem("invalid", 422, "Give `review_status`, `notes` or both.")
        record = await _kept(_whose(calls, caller, person), _week(name))
        after = await done(kept().review(record, caller.actor, body.review_status, body.notes))
        return JsonResponse(dump(await _view(after)))

    def _due(week: Week, status: int = 409) -> None:
        due = calendar_of(services.learning).due(week)
        if due > services.clock.now():
            raise Problem("not_due", status, f"{week} is not over: its digest is due on {due:%d %b %Y at %H:%M} UTC.")

    async def _kept(person: str, week: Week) -> Record:
        record = await kept().find(person, week)
        if record is None:
            raise Problem(
                "not_found", 404, f"There is no digest of {week} for {person}. POST /v1/digests/{week} makes it."
            )
        return record

    async def _view(record: Record) -> dict[str, Any]:
        body, delivery = record.body, record.body.get("delivery", {})
        said = body.get("review", {})
        words = [said["notes"]] if said.get("notes") else []
        texts = await services.read(services.reader.words, words) if words else {}
        return {
            "week": body["week"],
            "person": record.person,
            "text": body["text"],
            "picture": body["picture"],
            "alt": body["note"]["alt"],
            "figures": body["figures"],
            "kept": True,
            "delivery": {"status": record.status, **{name: delivery.get(name) for name in ("channel", "at", "why")}},
            "review": _review(said, texts.get(said.get("notes", ""))),
        }

    return router


def _review(said: dict[str, Any], notes: str | None) -> dict[str, Any]:
    return {"status": said.get("status", "open"), "notes": notes, "by": said.get("by"), "at": said.get("at")}


def _week(text: str) -> Week:
    try:
        return read_week(text)
    except ValueError as problem:
        raise Problem("invalid", 422, f"week {problem}", [{"field": "week", "message": str(problem)}]) from None


def _whose(calls: Calls, caller: Caller, person: str | None) -> str:
    """Whose digest is meant. What somebody's overrides have in common is for themselves, and for administrators."""
    caller.need("read")
    if caller.is_program:
        raise Problem("not_a_person", 403, "Digests are for people: use a person's token.")
    me = caller.actor.ref
    if person is None or person == me:
        return me
    people = calls.services.registry().people
    if me not in people or not people[me].admin or "admin" not in caller.scopes:
        raise Problem("not_admin", 403, "Only an administrator may look at somebody else's digest.")
    if person not in people:
        detail = f"is nobody here; `placet people list` names everybody who is: {person}"
        raise Problem("invalid", 422, f"person {detail}", [{"field": "person", "message": detail}])
    return person
