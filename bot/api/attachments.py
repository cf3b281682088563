"""`/v1/attachments`: upload a picture or a long text for a request, and look at it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from bot.api.answers import AttachmentAnswer
from bot.api.auth import Caller
from bot.api.calls import Calls, JsonResponse, answered
from bot.api.models import SubmitBody
from bot.api.problems import Problem, refusal
from bot.api.route import StrictRoute
from bot.api.view import dump
from bot.attachments import headers
from core.attachments import PATTERN, Upload, asker_name
from core.errors import Refused
from core.model import Attachment, Proposal

PATH = "/v1/attachments"
_OneId = Annotated[str, Path(alias="id", pattern=PATTERN)]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_KINDS = ("image/png", "image/jpeg", "image/webp", "image/gif", "text/plain")
_UPLOADED: dict[str, Any] = {
    "requestBody": {"required": True, "content": dict.fromkeys(_KINDS, _BINARY)},
}
_SERVED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture or text, as it was written anew.",
        "content": dict.fromkeys(("image/png", "image/jpeg", "text/plain"), _BINARY),
    }
}


def attachments_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix=PATH, route_class=StrictRoute, tags=["attachments"])
    services = calls.services

    @router.post(
        "",
        status_code=201,
        response_model=AttachmentAnswer,
        openapi_extra=_UPLOADED,
        summary="Upload a picture or a long text",
    )
    async def upload(request: Request) -> Response:
        """The bytes themselves, at most 5 MB: PNG, JPEG, WebP, GIF (its first frame) or plain text in UTF-8.

        What it is, its content says. A picture is drawn anew, at most 2,048 pixels on the longer side, without
        metadata. Name its `id` in the `attachments` of a request within a day.
        """
        caller = calls.caller(request)
        caller.need("submit" if caller.is_program else "vote")
        kept = await _kept(calls, caller, await request.body(), request.headers.get("content-type", ""), "body")
        answer = {"id": kept.id, "media_type": kept.media_type, "width": kept.width, "height": kept.height}
        return JsonResponse(dump(answer), 201, {"Location": f"{PATH}/{kept.id}"})

    @router.get("/{id}", response_class=Response, responses=_SERVED, summary="Look at a picture or text")
    async def look(request: Request, attachment: _OneId) -> Response:
        """A program sees what it has uploaded; a person, what a request holds."""
        caller = calls.caller(request)
        caller.need("read")
        found = await services.read(services.reader.upload, attachment)
        mine = found is not None and found.asker == asker_name(caller.actor)
        if found is None or not (mine or (found.kept and not caller.is_program)):
            raise Problem("not_found", 404, "There is no such attachment.")
        return Response(found.content, headers=headers(found))

    return router


async def _kept(calls: Calls, caller: Caller, data: bytes, hint: str, field: str) -> Upload:
    """Keep this for a day. Raises Problem, which names the field."""
    made = await answered(calls.services.keep(caller.actor, data, hint))
    if isinstance(made, Refused):
        raise refusal(replace(made, field=field) if made.code == "invalid" else made)
    return made


async def proposal_of(calls: Calls, caller: Caller, body: SubmitBody) -> Proposal:
    """What is proposed, with all that stands in the body itself kept as if it had been uploaded before."""
    if not body.attachments:
        return body.proposal()
    found = []
    for number, one in enumerate(body.attachments):
        name = one.id or ""
        if one.text is not None:
            name = (await _kept(calls, caller, one.text.encode(), "text/plain", f"attachments.{number}.text")).id
        elif one.data is not None:
            field = f"attachments.{number}.data"
            name = (await _kept(calls, caller, _bytes(one.data, field), "", field)).id
        found.append(Attachment(name, one.title or ""))
    return replace(body.proposal(), attachments=tuple(found))


def _bytes(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise refusal(Refused("invalid", "is not Base64 (RFC 4648, with its padding)", field)) from None
