"""The routes of the web inbox, in the same application as the API."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bot.adapters.web.doors import Doors
from bot.adapters.web.pages import (
    asking,
    attachments,
    decided,
    devices,
    entrance,
    inbox,
    live,
    people,
    person,
    policy,
    request,
    settings,
    tapping,
)
from bot.adapters.web.render import STATIC, templates
from bot.adapters.web.web import Web
from bot.services import Services

_PAGES = (
    asking,
    attachments,
    decided,
    devices,
    entrance,
    inbox,
    live,
    people,
    person,
    policy,
    request,
    settings,
    tapping,
)


class Files(StaticFiles):
    """Our files: kept for ever under an address that says what is in them, and asked for anew under any other."""

    async def get_response(self, path: str, scope: Any) -> Response:
        response = await super().get_response(path, scope)
        named = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def web_routes(services: Services) -> list[BaseRoute]:
    """Every page of the inbox."""
    if services.taps is None:
        return []
    web = Web(services, services.taps, Doors(services), templates())
    routes: list[BaseRoute] = [route for page in _PAGES for route in page.routes(web)]
    return [*routes, Mount("/static", Files(directory=STATIC), name="static")]
