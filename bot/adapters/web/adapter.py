"""The routes of the web inbox, in the same application as the API."""

from __future__ import annotations

from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
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
    learning,
    learning_matches,
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
    learning,
    learning_matches,
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


def web_of(services: Services) -> Web | None:
    """The web inbox on these services; None where nothing can be tapped."""
    return None if services.taps is None else Web(services, services.taps, Doors(services), templates())


def web_routes(web: Web) -> list[BaseRoute]:
    """Every page of the inbox, and its files."""
    routes: list[BaseRoute] = [route for page in _PAGES for route in page.routes(web)]
    # The files alone are compressed: a page holds a secret beside what others wrote, and its length would tell of it.
    return [*routes, Mount("/static", GZipMiddleware(Files(directory=STATIC), minimum_size=600), name="static")]


async def lost(web: Web, request: Request) -> Response:
    """What a browser is shown at an address where nothing is."""
    words = "There is nothing at this address. Perhaps a link was cut off: open it again from where you had it."
    return web.refusal(request, await web.doors.visitor(request), 404, "Nothing here", words)
