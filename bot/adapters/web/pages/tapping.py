"""What buttons and forms do: a tap, as in the chats, and the answer to it as a page or as a piece of one."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.parse import tap_of
from bot.adapters.web.web import Web


def routes(web: Web) -> list[Route]:
    async def tap(request: Request, visitor: Visitor, form: FormData) -> Response:
        answer = await web.taps.tap(tap_of(form, visitor.person.id))
        return web.page(request, visitor, "answer.html", 409 if answer.refused else 200, answer=answer)

    return [web.sent("/tap", tap)]
