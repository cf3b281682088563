"""What buttons and forms do: a tap, as in the chats, and the answer to it as a page or as a piece of one."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.parse import chosen_of, inside, tap_of
from bot.adapters.web.render import about, status_of
from bot.adapters.web.web import Web
from core.taps import Tap


def routes(web: Web) -> list[Route]:
    async def answered(request: Request, visitor: Visitor, form: FormData, tap: Tap) -> Response:
        answer = await web.taps.tap(tap)
        back = inside(str(form.get("back", "/")))
        context = {"answer": answer, "back": back, "about": about(tap.token)}
        return web.page(request, visitor, "answer.html", status_of(answer), **context)

    async def tap(request: Request, visitor: Visitor, form: FormData) -> Response:
        return await answered(request, visitor, form, tap_of(form, visitor.person.id))

    async def batch(request: Request, visitor: Visitor, form: FormData) -> Response:
        return await answered(request, visitor, form, chosen_of(form, visitor.person.id))

    return [web.sent("/tap", tap), web.sent("/batch", batch)]
