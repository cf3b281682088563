"""Signing in and out, and accepting an invitation. A link that is only looked at changes nothing and tells nothing: the
button on its page signs in.
"""

from __future__ import annotations

import re

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import TooOften, Visitor
from bot.adapters.web.parse import inside
from bot.adapters.web.web import HEADERS, Web, read_form
from core.errors import Refused

_IN_A_LINK = re.compile(r"[?&]code=([A-Za-z0-9_-]{1,100})")
_NOT_GOOD = "This link is not good (any more): each one works once, and for a short while. Get a new one."
_TOO_OFTEN = "Too many links and codes that were not good came from where you are. Wait a minute, then try again."
_ELSEWHERE = "This was not sent from a page of Placet. Open the link itself, and press the button there."


def routes(web: Web) -> list[Route]:
    async def look(request: Request) -> Response:
        return await entrance(request, "enter.html", 200, inside(request.query_params.get("next", "/")))

    async def look_at_invitation(request: Request) -> Response:
        return await entrance(request, "join.html", 200, "/")

    async def entrance(request: Request, template: str, status: int, following: str, error: str = "") -> Response:
        """The page, which is the same whether the code in its link is good or not."""
        # What did not work is not offered again.
        code = "" if error else request.query_params.get("code", "")[:200]
        here = await web.doors.visitor(request)
        response = web.page(request, None, template, status, code=code, following=following, error=error, here=here)
        if status == 429:
            response.headers["Retry-After"] = "60"
        return response

    async def enter(request: Request) -> Response:
        code, following = await sent(request)
        if not web.doors.from_here(request):
            return web.refusal(request, None, 403, "Not sent from here", _ELSEWHERE)
        try:
            entered = await web.doors.enter(request, code)
        except TooOften:
            return await entrance(request, "enter.html", 429, following, _TOO_OFTEN)
        if entered is None:
            return await entrance(request, "enter.html", 403, following, _NOT_GOOD)
        return await web.doors.remember(request, RedirectResponse(following, 303, HEADERS), entered)

    async def join(request: Request) -> Response:
        code, _ = await sent(request)
        if not web.doors.from_here(request):
            return web.refusal(request, None, 403, "Not sent from here", _ELSEWHERE)
        try:
            joined = await web.doors.join(request, code)
        except TooOften:
            return await entrance(request, "join.html", 429, "/", _TOO_OFTEN)
        if isinstance(joined, Refused):
            said = joined.detail
            if joined.code == "invalid":
                said = f"The invitation no longer fits: its {joined.field} {joined.detail}. Ask for a new one."
            return await entrance(request, "join.html", 403, "/", said)
        return await web.doors.remember(request, RedirectResponse("/settings?said=welcome", 303, HEADERS), joined)

    async def sent(request: Request) -> tuple[str, str]:
        async with read_form(request) as form:
            return code_in(str(form.get("code", ""))), inside(str(form.get("next", "/")))

    async def leave(request: Request, visitor: Visitor, form: FormData) -> Response:
        return await web.doors.leave(request, RedirectResponse("/enter", 303, HEADERS), visitor)

    return [
        web.public("/enter", look, "GET"),
        web.public("/enter", enter, "POST"),
        web.public("/join", look_at_invitation, "GET"),
        web.public("/join", join, "POST"),
        web.sent("/leave", leave),
    ]


def code_in(typed: str) -> str:
    """The code that somebody typed or pasted: alone, or in its whole link."""
    found = _IN_A_LINK.search(typed)
    return found[1] if found else typed.strip()
