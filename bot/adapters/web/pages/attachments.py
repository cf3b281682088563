"""Pictures and long texts of a request: served by their id, and laid out for its page (`_attachments.html`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.web import Web
from bot.attachments import headers
from core.attachments import asker_name, is_id
from core.model import Attachment

_FIRST_LINES, _FIRST_CHARACTERS = 12, 1_200
"""What is seen of a long text before somebody asks for the rest."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An attachment as the template takes it. A text has its beginning in `head` and what follows in `rest`."""

    kind: str
    title: str
    address: str
    width: int = 0
    height: int = 0
    head: str = ""
    rest: str = ""


def routes(web: Web) -> list[Route]:
    services = web.services

    async def look(request: Request, visitor: Visitor) -> Response:
        name = request.path_params["id"]
        found = await services.read(services.reader.upload, name) if is_id(name) else None
        me = asker_name(visitor.actor)
        if found is None or not (found.kept or found.asker == me):
            words = "There is no such picture or text. Go back to the request and open it from there."
            return web.refusal(request, visitor, 404, "Not found", words)
        return Response(found.content, headers=headers(found))

    return [web.shown("/attachments/{id}", look)]


async def attachments_of(web: Web, attachments: Sequence[Attachment]) -> list[Shown]:
    """What `_attachments.html` shows as `request_attachments`: of a proposal's attachments, the texts with their words.

    Reads the database for texts alone; for a request without attachments it costs nothing.
    """
    shown = []
    for one in attachments:
        address = f"/attachments/{one.id}"
        if one.kind == "picture":
            shown.append(Shown(one.kind, one.title, address, one.width, one.height))
            continue
        found = await web.services.read(web.services.reader.upload, one.id)
        head, rest = parted(found.content.decode() if found else "This text is not there any more.")
        shown.append(Shown(one.kind, one.title, address, head=head, rest=rest))
    return shown


def parted(text: str) -> tuple[str, str]:
    """The beginning of a text, and the rest of it: parted at the end of a line, or of a word, if there is one."""
    lines = text.split("\n")
    if len(lines) <= _FIRST_LINES + 3 and len(text) <= _FIRST_CHARACTERS * 3 // 2:
        return text, ""
    head = "\n".join(lines[:_FIRST_LINES])
    if len(head) > _FIRST_CHARACTERS:
        end = max(head.rfind(sign, _FIRST_CHARACTERS // 2, _FIRST_CHARACTERS) for sign in ("\n", " "))
        head = head[: end if end > 0 else _FIRST_CHARACTERS]
    return head, text[len(head) :].lstrip("\n")
