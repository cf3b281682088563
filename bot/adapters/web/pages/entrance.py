"""Signing in and out. A link that is only looked at changes nothing: the button on the page signs in."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import COOKIE, Visitor, remember
from bot.adapters.web.web import HEADERS, Web, from_here


def routes(web: Web) -> list[Route]:
    async def look(request: Request) -> Response:
        code, following = request.query_params.get("code", ""), _inside(request.query_params.get("next", "/"))
        return web.page(request, None, "enter.html", code=code, following=following, error="")

    async def enter(request: Request) -> Response:
        async with request.form() as form:
            code, following = str(form.get("code", "")).strip(), _inside(str(form.get("next", "/")))
        if not from_here(request):
            return web.refusal(request, None, 403, "Not sent from here", "Open the link itself and press the button.")
        secret = await web.doors.enter(code, request.headers.get("user-agent", "")) if code else None
        if secret is None:
            error = "This link or code is not good (any more): it works once and for 15 minutes. Get a new one."
            return web.page(request, None, "enter.html", 403, code="", following=following, error=error)
        secure = request.url.scheme == "https" or (web.services.public_url or "").startswith("https:")
        return remember(RedirectResponse(following, 303, HEADERS), secret, secure=secure)

    async def leave(request: Request, visitor: Visitor, form: FormData) -> Response:
        await web.doors.leave(visitor)
        response = RedirectResponse("/enter", 303, HEADERS)
        response.delete_cookie(COOKIE, path="/")
        return response

    return [
        Route("/enter", look, methods=["GET"]),
        Route("/enter", enter, methods=["POST"]),
        web.sent("/leave", leave),
    ]


def _inside(path: str) -> str:
    """A path of ours, and never an address elsewhere."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
