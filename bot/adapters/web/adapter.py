"""The routes of the web inbox, in the same application as the API."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bot.adapters.web.doors import Doors
from bot.adapters.web.pages import entrance, inbox, tapping
from bot.adapters.web.render import templates
from bot.adapters.web.web import Web
from bot.services import Services

STATIC = Path(__file__).parent / "static"
_PAGES = (entrance, inbox, tapping)


def web_routes(services: Services) -> list[BaseRoute]:
    """Every page of the inbox."""
    if services.taps is None:
        return []
    web = Web(services, services.taps, Doors(services), templates())
    routes: list[BaseRoute] = [route for page in _PAGES for route in page.routes(web)]
    return [*routes, Mount("/static", StaticFiles(directory=STATIC), name="static")]
