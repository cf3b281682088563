"""`/v1/analytics/{name}`: what overrides are like, in numbers with their count and interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from bot.api.calls import Calls, JsonResponse
from bot.api.matches import Moment, OneText, scope_of
from bot.api.problems import Problem
from bot.api.route import StrictRoute
from bot.api.view import dump
from bot.learning.study import Asked, Figures
from core.learning.records import Source

Name = Literal[
    "divergence-rate", "algorithm-accuracy", "top-modifications", "reasons", "by-subject", "by-hour", "overrides",
    "load",
]  # fmt: skip
_SHOWN: Mapping[str, Callable[[Figures], Any]] = {
    "divergence-rate": lambda all_of: all_of.divergence,
    "algorithm-accuracy": lambda all_of: {"paired": all_of.differences, "cumulative": all_of.cumulative},
    "top-modifications": lambda all_of: {"modifications": all_of.modifications},
    "reasons": lambda all_of: all_of.reasons,
    "by-subject": lambda all_of: {"rows": all_of.by_subject},
    "by-hour": lambda all_of: {"rows": all_of.by_hour},
    "overrides": lambda all_of: all_of.overrides,
    "load": lambda all_of: {"load": all_of.load, "responses": all_of.responses},
}


class AnalyticsAnswer(BaseModel):
    """`matches`: how many it rests on. `figures` is null while there are none. An estimate has `value`, `low`, `high`
    (95 %), `n` and `undetermined`; what is not known is null, and never zero."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    person: str | None
    program: str | None
    since: str | None
    until: str | None
    matches: int
    figures: dict[str, Any] | None


def analytics_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix="/v1/analytics", route_class=StrictRoute, tags=["learning"])
    services = calls.services

    @router.get("/{name}", response_model=AnalyticsAnswer, summary="What overrides are like, in numbers")
    async def figures(
        request: Request,
        name: Annotated[Name, Path()],
        days: Annotated[
            int | None, Query(ge=1, le=36_600, description="So many days back from `until`, or now.")
        ] = None,
        since: Moment = None,
        until: Moment = None,
        person: OneText = None,
        program: OneText = None,
        source: Literal["live", "imported"] | None = None,
    ) -> Response:
        """Of your own overrides; an administrator may ask for anybody's or for all, a program for what it advised."""
        person, program = scope_of(calls.caller(request), person, program)
        if days is not None and since is not None:
            raise Problem("invalid", 422, "Send `days` or `since`, not both.")
        if days is not None:
            since = _before(until or services.clock.now(), days)
        if since is not None and until is not None and since >= until:
            raise Problem("invalid", 422, "until must lie after since")
        asked = Asked(person, program, since, until, Source(source) if source else None)
        found = await services.study.asked(asked)
        document = {
            "name": name,
            "person": person,
            "program": program,
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
            "matches": found.matches,
            "figures": plain(_SHOWN[name](found.figures)) if found.figures is not None else None,
        }
        return JsonResponse(dump(document))

    return router


def _before(moment: datetime, days: int) -> datetime:
    try:
        return moment - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=moment.tzinfo)


def plain(value: object) -> Any:
    """As JSON: money as text, what has no bound or is not known as null."""
    if hasattr(value, "plain"):
        return plain(value.plain())
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)} | _besides(value)
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _besides(value: object) -> dict[str, Any]:
    """What an estimate or a count says of itself."""
    told = ("undetermined", "recommendations", "decided", "diverged")
    return {name: getattr(value, name) for name in told if isinstance(getattr(type(value), name, None), property)}
