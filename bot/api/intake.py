"""`/v1/executions`, `/v1/results`, `/v1/closes`, `/v1/recommendations`: what happened elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict
from starlette.requests import ClientDisconnect

from bot.api.auth import Caller
from bot.api.calls import Calls, JsonResponse, answered
from bot.api.models import Moment
from bot.api.problems import Problem
from bot.api.route import StrictRoute
from bot.api.view import dump
from bot.declared_learning import zone_named
from bot.learning.brought import Sender
from bot.learning.cells import Writing
from bot.learning.csv_columns import mapping_of, neutral
from bot.learning.intake import Intake, Taken
from bot.learning.meaning import CLOSES, EXECUTIONS, RECOMMENDATIONS, RESULTS, Terms
from bot.learning.reading import CSV, JSON, JSON_LINES, How, Reading, read
from bot.learning.rows import Unreadable
from bot.threads import off_the_loop
from core.learning import records
from core.learning.ledger import Record, Wanted
from core.text import clean

PATHS = tuple(f"/v1/{kind}" for kind in (EXECUTIONS, RESULTS, CLOSES, RECOMMENDATIONS))
_A_PAGE = 1_000
_Slug = Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
_Short = Annotated[str, Query(min_length=1, max_length=80)]
_EXPORTED = ("execution", "at", "action", "subject", "account", "order", "link", "fees", "currency", "person", "busted")


class RefusedRow(BaseModel):
    """`line`: of the file, or the number of the item in an array of JSON. `field`: empty where it is the whole row."""

    line: int
    field: str
    detail: str


class SkippedRow(BaseModel):
    line: int
    detail: str


class TakenAnswer(BaseModel):
    """What became of an import. `refused` and `skipped` hold at most 10,000 rows; the counts are of all."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "new": 12, "changed": 0, "known": 0,
                "refused": [{"line": 7, "field": "at", "detail": "names no zone; write an offset (…+01:00)"}],
                "refused_count": 1,
                "skipped": [{"line": 9, "detail": "Money Movement, Deposit: money was moved, and nothing traded"}],
                "skipped_count": 1, "unknown_accounts": ["U7"], "ignored": ["Notes"], "format": "tastytrade",
            }
        }
    )  # fmt: skip

    new: int
    changed: int
    known: int
    refused: list[RefusedRow]
    refused_count: int
    skipped: list[SkippedRow]
    skipped_count: int
    unknown_accounts: list[str]
    ignored: list[str]
    """Columns of a CSV that mean nothing here."""
    format: str | None


class ExecutionAnswer(BaseModel):
    execution: str
    at: str
    action: str
    subject: str
    account: str | None
    order: str | None
    link: str | None
    parameters: dict[str, Any]
    fees: str | None
    currency: str | None
    person: str | None
    busted: bool
    version: int


class ExecutionsAnswer(BaseModel):
    items: list[ExecutionAnswer]
    cursor: str | None


_LISTED: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}
_NAMES = {
    EXECUTIONS: "ExecutionRows",
    RESULTS: "ResultRows",
    CLOSES: "CloseRows",
    RECOMMENDATIONS: "RecommendationRows",
}
_WHATS = {
    EXECUTIONS: "What was really done: fills, deployed changes",
    RESULTS: "What came of recommendations and of orders",
    CLOSES: "Closing prices",
    RECOMMENDATIONS: "Recommendations given elsewhere, and what was decided on them",
}


def _body(kind: str) -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    rows = {"schema": {"$ref": f"#/components/schemas/{_NAMES[kind]}"}}
    return {"requestBody": {"required": True, "content": {JSON: rows, JSON_LINES: text, CSV: text}}}


def intake_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["learning"])
    services = calls.services
    intake = Intake(services)

    def add(kind: str) -> None:
        @router.post(
            f"/{kind}",
            response_model=TakenAnswer,
            openapi_extra=_body(kind),
            summary=_WHATS[kind],
            name=f"import {kind}",
        )
        async def take(
            request: Request,
            format: Literal["tastytrade", "generic"] | None = None,
            map: Annotated[str, Query(max_length=4_000)] | None = None,
            zone: Annotated[str, Query(max_length=60)] | None = None,
            dates: Literal["mdy", "dmy"] | None = None,
            account: _Short | None = None,
            person: _Slug | None = None,
            program: _Slug | None = None,
        ) -> Response:
            """An object, an array, JSON lines or CSV. A bad row is refused by its line, and the rest goes in; the same
            again changes nothing, and other content under a known key is a further version (docs/learning-import.md).
            """
            caller = calls.caller(request)
            sender = _sender(caller)
            how = _how(format, map, zone, dates)
            media_type = _media_type(request)
            terms = Terms(how.writing, account, person, program, services.learning)
            try:
                data = await request.body()
                reading: Reading = await off_the_loop(read, data, media_type, kind, how)
                taken = await answered(intake.take(reading.kind, reading.rows, terms, sender))
            except Unreadable as problem:
                raise Problem("nothing_read", 422, clean(str(problem))) from None
            except ClientDisconnect:
                return Response(status_code=400)
            return JsonResponse(dump(_answer(taken, reading)))

    for kind in (EXECUTIONS, RESULTS, CLOSES, RECOMMENDATIONS):
        add(kind)

    @router.get(
        "/executions", response_model=ExecutionsAnswer, responses=_LISTED, summary="What was really done, listed"
    )
    async def executions(
        request: Request,
        format: Literal["json", "csv"] = "json",
        since: Moment | None = None,
        until: Moment | None = None,
        person: _Slug | None = None,
        subject: _Short | None = None,
        cursor: Annotated[str, Query(min_length=1, max_length=250)] | None = None,
        limit: Annotated[int, Query(ge=1, le=_A_PAGE)] = 200,
    ) -> Response:
        """The oldest first. An administrator sees all; others what they have done or brought. `csv`: the whole of it,
        in which a cell that a spreadsheet would take for a formula begins with a quote.
        """
        caller = calls.caller(request)
        caller.need("read")
        wanted = _wanted(caller, since, until, person, subject)
        if format == "csv":
            head = {"Content-Disposition": 'attachment; filename="executions.csv"', "Cache-Control": "no-store"}
            return StreamingResponse(_exported(wanted), media_type="text/csv; charset=utf-8", headers=head)
        try:
            page = await services.read(services.reader.records, wanted, limit + 1, cursor)
        except ValueError:
            raise Problem("invalid", 422, "`cursor` is the one that the page before answered with.") from None
        shown = page[:limit]
        answer = {
            "items": [_execution(record) for record in shown],
            "cursor": shown[-1].key if len(page) > limit else None,
        }
        return JsonResponse(dump(answer))

    async def _exported(wanted: Wanted) -> AsyncIterator[bytes]:
        after: str | None = None
        yield ("\ufeff" + ",".join((*_EXPORTED, "parameters")) + "\r\n").encode()
        while True:
            page = await services.read(services.reader.records, wanted, _A_PAGE, after)
            yield _as_csv(page)
            if len(page) < _A_PAGE:
                return
            after = page[-1].key

    return router


def _sender(caller: Caller) -> Sender:
    """Whose rows these may be. Raises Problem."""
    if caller.is_program:
        caller.need("submit")
        return Sender(program=caller.actor.ref)
    if "admin" in caller.scopes:
        return Sender()
    caller.need("vote")
    return Sender(person=caller.actor.ref)


def _how(format: str | None, map: str | None, zone: str | None, dates: str | None) -> How:
    try:
        mapping = mapping_of(map or "")
    except ValueError as problem:
        raise Problem(
            "invalid", 422, clean(f"map {problem}"), [{"field": "map", "message": clean(str(problem))}]
        ) from None
    try:
        known = zone_named(zone) if zone else None
    except ValueError:
        what = "must be a time zone by its IANA name, as in America/New_York"
        raise Problem("invalid", 422, f"zone {what}", [{"field": "zone", "message": what}]) from None
    return How(format, mapping, Writing(known, dates))


def _media_type(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    also = {"application/jsonl": JSON_LINES, "application/x-jsonlines": JSON_LINES, "application/csv": CSV}
    kind = also.get(kind, kind)
    if kind not in (JSON, JSON_LINES, CSV):
        raise Problem("not_readable", 415, f"Send {JSON}, {JSON_LINES} or {CSV}, and say which: `Content-Type: {CSV}`.")
    return kind


def _answer(taken: Taken, reading: Reading) -> dict[str, Any]:
    """What became of it. Raises Problem where nothing could be read."""
    refused = [
        {"line": one.line, "field": clean(one.field)[:80], "detail": clean(one.detail)[:500]} for one in taken.refused
    ]
    if not taken.took and not taken.skipped_count:
        if not refused:
            raise Problem("nothing_read", 422, "There is not one row in it.")
        first = refused[0]
        said = f"line {first['line']}: {first['field']} {first['detail']}".replace(":  ", ": ")
        rest = f" (and {taken.refused_count - 1} more)" if taken.refused_count > 1 else ""
        errors = [{"line": one["line"], "field": one["field"], "message": one["detail"]} for one in refused]
        raise Problem("nothing_read", 422, f"No row could be taken: {said}{rest}", errors)  # type: ignore[arg-type]
    return {
        "new": taken.new,
        "changed": taken.changed,
        "known": taken.known,
        "refused": refused,
        "refused_count": taken.refused_count,
        "skipped": [{"line": one.line, "detail": clean(one.detail)[:200]} for one in taken.skipped],
        "skipped_count": taken.skipped_count,
        "unknown_accounts": sorted(clean(account) for account in taken.unknown_accounts),
        "ignored": [clean(name)[:80] for name in reading.ignored],
        "format": reading.format or None,
    }


def _wanted(
    caller: Caller, since: datetime | None, until: datetime | None, person: str | None, subject: str | None
) -> Wanted:
    program = caller.actor.ref if caller.is_program else None
    if not caller.is_program and "admin" not in caller.scopes:
        if person not in (None, caller.actor.ref):
            raise Problem("not_admin", 403, "What others have done is shown to administrators.")
        person = caller.actor.ref
    return Wanted(records.EXECUTION, since, until, person=person, program=program, subject=subject)


def _execution(record: Record) -> dict[str, Any]:
    body = record.body
    plain = {name: body.get(name) for name in _EXPORTED}
    return {
        **plain,
        "execution": record.key,
        "busted": bool(body.get("busted")),
        "parameters": body.get("parameters", {}),
        "version": record.version,
    }


def _as_csv(page: Sequence[Record]) -> bytes:
    written = io.StringIO()
    rows = csv.writer(written)
    for record in page:
        shown = _execution(record)
        cells = [shown[name] for name in _EXPORTED]
        rows.writerow([neutral(cell) for cell in (*cells, dump(shown["parameters"]).decode())])
    return written.getvalue().encode()
