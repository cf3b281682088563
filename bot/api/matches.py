"""`/v1/matches`: what became of each recommendation, and what the person it is about says of it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.api.auth import Caller
from bot.api.calls import Calls, JsonResponse, answered
from bot.api.models import Note
from bot.api.problems import Problem, refusal
from bot.api.route import StrictRoute
from bot.api.view import dump
from bot.learning.matches import Whole, match_of
from core.errors import Refused
from core.learning import records
from core.learning.gather import match_id
from core.learning.ledger import Record, Wanted
from core.learning.records import Match, document
from core.learning.testimony import choices

Label_ = Literal["consent", "modify", "reject", "no_action", "independent"]
_OneId = Annotated[str, Path(alias="id", pattern=r"^mat_[0-9a-z]{26}$")]
_VISIBLE = r"^[^\x00-\x1f]*$"
OneText = Annotated[str | None, Query(max_length=80, pattern=_VISIBLE)]


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must say its offset from UTC, as in 2026-07-04T09:00:00Z")
    return value.astimezone(UTC)


Moment = Annotated[datetime | None, AfterValidator(lambda value: None if value is None else _aware(value)), Query()]


class MatchAnswer(BaseModel):
    """A recommendation and what was done of it, or an order that nobody advised (`independent`)."""

    model_config = ConfigDict(extra="allow")

    id: str
    version: int
    day: str
    at: str
    person: str
    program: str
    algorithm: str
    subject: str
    action: str
    label: Label_
    how: Literal["linked", "explicit", "matched", "ignored"]
    diverges: bool
    recommendation: str | None = None
    orders: list[str] = []
    edits: dict[str, float] = {}
    ambiguous: list[str] = []
    settled_by: str | None = None
    reason: str | None = None
    words: str | None = None
    would_agree: Literal["yes", "no", "unsure"] | None = None
    source: Literal["live", "imported"] = "live"


class MatchesAnswer(BaseModel):
    items: list[MatchAnswer]
    cursor: str | None


class OneMatchAnswer(MatchAnswer):
    """With what it rests on, what came of it, and every version of it, the first one first."""

    advice: dict[str, Any] | None
    executions: list[dict[str, Any]]
    differs: list[str]
    choices: list[dict[str, str]]
    results: list[dict[str, Any]]
    outcome: dict[str, Any] | None
    versions: list[dict[str, Any]]


class MatchBody(BaseModel):
    """Why you departed from the advice; or which order it was, if that is not certain."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"reason": "risk", "would_agree": "yes"}}
    )

    reason: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,20}$")] | None = None
    words: Note | None = None
    would_agree: Literal["yes", "no", "unsure"] | None = None
    settle: str | None = Field(
        None, max_length=200, description="One of the match's `choices`; null: it was none of them."
    )
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="The version that you looked at: refused if there is a later one."
    )


def matches_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix="/v1/matches", route_class=StrictRoute, tags=["learning"])
    services = calls.services

    @router.get("", response_model=MatchesAnswer, summary="What became of the recommendations")
    async def list_matches(
        request: Request,
        since: Moment = None,
        until: Moment = None,
        label: Label_ | None = None,
        subject: OneText = None,
        person: OneText = None,
        program: OneText = None,
        cursor: Annotated[str | None, Query(max_length=600)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:
        """The oldest first; `until` is no longer in. You see your own, an administrator and its program see all of
        it."""
        caller = calls.caller(request)
        person, program = scope_of(caller, person, program)
        wanted = Wanted(
            records.MATCH, since=since, until=until, person=person, program=program, subject=subject, status=label
        )
        try:
            after = urlsafe_b64decode(cursor.encode()).decode() if cursor else None
            found = await services.read(services.reader.records, wanted, limit + 1, after)
        except ValueError as problem:
            raise Problem("invalid", 422, "cursor is none of ours: begin without one") from problem
        page = found[:limit]
        further = urlsafe_b64encode(page[-1].key.encode()).decode() if len(found) > limit else None
        standing = [one for one in page if one.status != records.WITHDRAWN]
        texts = await _texts(standing)
        return JsonResponse(dump({"items": [match_view(one, texts) for one in standing], "cursor": further}))

    @router.get("/{id}", response_model=OneMatchAnswer, summary="Look at a match")
    async def look(request: Request, match: _OneId) -> Response:
        """With the advice, the executions, the results, what came of it as of last night, and every version."""
        return await _shown(await _visible(calls.caller(request), match))

    @router.patch("/{id}", response_model=OneMatchAnswer, summary="Say why, or which order it was")
    async def say(request: Request, match: _OneId, body: MatchBody) -> Response:
        """By the person it is about, or an administrator. A further version; nothing is overwritten."""
        caller = calls.caller(request)
        caller.need("vote")
        record = await _visible(caller, match)
        settles = "settle" in body.model_fields_set
        if settles == bool(body.reason or body.words or body.would_agree):
            what = "Send `settle`, or `reason`, `words` and `would_agree`: one of the two."
            raise Problem("invalid", 422, what)
        if body.version is not None and body.version != record.version:
            raise Problem("stale_version", 409, f"There is version {record.version} by now: look at it again.")
        if settles:
            outcome = await answered(services.matches.settle(record, caller.actor, body.settle, version=body.version))
        else:
            _known_reason(match_of(record), body)
            outcome = await answered(
                services.matches.explain(
                    record, caller.actor, body.reason, body.words, body.would_agree, version=body.version
                )
            )
        if isinstance(outcome, Refused):
            raise refusal(outcome)
        return await _shown(outcome)

    def _known_reason(match: Match, body: MatchBody) -> None:
        policy = services.registry().policy
        codes = policy.reasons if policy else {}
        if body.reason is not None and body.reason not in codes:
            what = f"is none of the codes: {', '.join(codes)}"
            raise Problem("invalid", 422, f"reason {what}", [{"field": "reason", "message": what}])
        if body.reason == "other" and not body.words:
            what = "must say what it is when the reason is `other`"
            raise Problem("invalid", 422, f"words {what}", [{"field": "words", "message": what}])
        if body.words and not (body.reason or match.reason):
            what = "go with a reason: send `reason`, too"
            raise Problem("invalid", 422, f"words {what}", [{"field": "words", "message": what}])

    async def _visible(caller: Caller, match: str) -> Record:
        caller.need("read")
        record = await services.matches.find(match)
        if record is None or record.status == records.WITHDRAWN or not _may_see(caller, record):
            raise Problem("not_found", 404, "There is no such match.")
        return record

    async def _shown(record: Record) -> Response:
        whole = await services.matches.whole(record)
        versions = await services.read(services.reader.versions, records.MATCH, record.key)
        texts = await _texts(versions)
        keys = tuple(f"{kind}:{about}" for kind, about in _results_of(whole))
        results = await services.read(services.reader.records, Wanted(records.RESULT, keys=keys)) if keys else []
        outcome = await services.read(services.reader.record, records.OUTCOME, record.key)
        return JsonResponse(dump(one_view(whole, results, outcome, versions, texts)))

    async def _texts(found: Sequence[Record]) -> Mapping[str, str]:
        needed = {words for one in found if (words := one.body.get("words"))}
        return await services.read(services.reader.words, sorted(needed)) if needed else {}

    return router


def scope_of(caller: Caller, person: str | None, program: str | None) -> tuple[str | None, str | None]:
    """Whose matches are asked for. Raises Problem where they are not this caller's to see."""
    caller.need("read")
    me = caller.actor.ref
    if caller.is_program:
        if program not in (None, me):
            raise Problem("not_entitled", 403, "A program's key sees its own matches only: leave `program` out.")
        return person, me
    if "admin" in caller.scopes:
        return person, program
    if person not in (None, me):
        raise Problem("not_admin", 403, "Only an administrator sees what others did: leave `person` out.")
    return me, program


def _may_see(caller: Caller, record: Record) -> bool:
    if caller.is_program:
        return record.program == caller.actor.ref
    return "admin" in caller.scopes or record.person == caller.actor.ref


def _results_of(whole: Whole) -> list[tuple[str, str]]:
    """What a result may be about: of an order, its key or, as programs have it, its number."""
    match = whole.match
    advised = [("recommended", match.recommendation)] if match.recommendation else []
    placed = {name for key in match.orders for name in (key, *(whole.orders[key].names if key in whole.orders else ()))}
    return [*advised, *(("actual", name) for name in sorted(placed))]


def match_view(record: Record, texts: Mapping[str, str]) -> dict[str, Any]:
    """A version of a match as the API tells of it."""
    match = match_of(record)
    said = document(match)
    return {
        **said,
        "id": match_id(match.key),
        "version": record.version,
        "recorded_at": record.recorded_at,
        "rules": said.pop("version", ""),
        "diverges": match.diverges,
        "orders": list(match.orders),
        "edits": dict(match.edits),
        "ambiguous": list(match.ambiguous),
        **({"words": texts.get(match.words)} if match.words else {}),
    }


def one_view(
    whole: Whole,
    results: Sequence[Record],
    outcome: Record | None,
    versions: Sequence[Record],
    texts: Mapping[str, str],
) -> dict[str, Any]:
    match = whole.match
    return {
        **match_view(whole.record, texts),
        "advice": document(whole.recommendation) if whole.recommendation else None,
        "executions": [document(one) for one in whole.executions],
        "differs": list(whole.differs),
        "choices": [{"key": key, "words": whole.words(key)} for key in choices(match)] if match.ambiguous else [],
        "results": [one.body for one in results],
        # `priced`, `open` or `unpriced`; then why it is.
        "outcome": {"status": outcome.status, **outcome.body} if outcome is not None else None,
        "versions": [match_view(one, texts) | {"withdrawn": one.status == records.WITHDRAWN} for one in versions],
    }
