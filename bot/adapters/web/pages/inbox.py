"""The inbox: what waits for me, and what waits for others."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.web import Web
from core import card
from core.ports import Filter


def routes(web: Web) -> list[Route]:
    services = web.services

    async def inbox(request: Request, visitor: Visitor) -> Response:
        page = await services.read(services.reader.page, Filter(), None, 50)
        cards = [card.of(one) for one in page.items]
        return web.page(request, visitor, "inbox.html", cards=cards)

    return [web.shown("/", inbox)]
