"""`/v1/reconcile` and `/v1/results/track`: what learning does every night, when somebody asks for it."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from bot.api.calls import Calls, JsonResponse, answered
from bot.api.problems import Problem
from bot.api.route import StrictRoute
from bot.api.view import dump
from bot.learning.jobs import Busy, Jobs
from bot.learning.work import WorkFailed
from bot.services import Services

Made = TypeVar("Made")
_EARLIEST, _LATEST = date(1970, 1, 1), date(9000, 1, 1)
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_AGAIN = {"Retry-After": "60"}


class ReconciledAnswer(BaseModel):
    """How many of each there are now, and how many labels are new or changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "consent": 15, "modify": 5, "reject": 2, "no_action": 1, "independent": 1, "ambiguous": 1, "changed": 3,
            }
        }
    )  # fmt: skip

    consent: int
    modify: int
    reject: int
    no_action: int
    independent: int
    ambiguous: int
    changed: int


class TrackedAnswer(BaseModel):
    """Of so many `matches`, how many can be priced, still run, or have no price."""

    matches: int
    priced: int
    open: int
    unpriced: int


def jobs_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["learning"])
    services = calls.services

    def allowed(request: Request) -> None:
        caller = calls.caller(request)
        if caller.is_program:
            raise Problem("not_a_person", 403, "People start these: use a person's token.")
        caller.need("vote")
        if "admin" not in caller.scopes:
            raise Problem(
                "not_admin", 403, "It goes over what everybody did: an administrator starts it. It happens every night."
            )

    @router.post("/reconcile", response_model=ReconciledAnswer, summary="Match what was done with what was advised")
    async def reconcile(
        request: Request,
        day: Annotated[
            str | None, Query(alias="date", pattern=_DAY, description="One day; everything, if left out.")
        ] = None,
    ) -> Response:
        """What happens every night, now. The same again changes nothing."""
        allowed(request)
        found = await done(jobs_of(services).reconcile(_day("date", day)))
        return JsonResponse(dump({"changed": 0, **found.counts}))

    @router.post("/results/track", response_model=TrackedAnswer, summary="Price what was done and what was advised")
    async def track(
        request: Request,
        as_of: Annotated[
            str | None, Query(pattern=_DAY, description="With what was known on that day; now, if left out.")
        ] = None,
    ) -> Response:
        """What happens every night, now. With a day of the past nothing is written down."""
        allowed(request)
        found = await done(jobs_of(services).results(_day("as_of", as_of)))
        return JsonResponse(dump(found.counts))

    return router


def jobs_of(services: Services) -> Jobs:
    if services.jobs is None:
        raise Problem("closing", 503, "Placet is starting or stopping; ask again.", headers=_AGAIN)
    return services.jobs


async def done(work: Awaitable[Made]) -> Made:
    """What a job makes, and its exceptions as problems."""
    try:
        return await answered(work)
    except Busy as problem:
        raise Problem("busy", 503, str(problem), headers=_AGAIN) from problem
    except WorkFailed as problem:
        raise Problem("not_now", 503, f"{problem}. Ask again.", headers=_AGAIN) from problem


def _day(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        detail = "is no day of the calendar"
    else:
        if _EARLIEST <= day <= _LATEST:
            return day
        detail = f"lies outside {_EARLIEST} to {_LATEST}"
    raise Problem("invalid", 422, f"{name} {detail}", [{"field": name, "message": detail}])
