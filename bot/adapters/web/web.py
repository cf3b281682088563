"""What the pages share: who visits, what they are answered with, and the headers that go with every answer."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import Doors, Visitor
from bot.services import Services
from core.ports import Taps

FRAGMENT = "x-placet-fragment"
"""The header with which our script asks for a piece of a page in place of the whole."""
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Shown = Callable[[Request, Visitor], Awaitable[Response]]
Sent = Callable[[Request, Visitor, FormData], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Web:
    """One for the whole application."""

    services: Services
    taps: Taps
    doors: Doors
    templates: Environment

    def page(
        self, request: Request, visitor: Visitor | None, template: str, status: int = 200, **context: Any
    ) -> Response:
        """A page, or the piece of it that our script asked for (`fragment` is true in the template then)."""
        said: Mapping[str, Any] = {
            "visitor": visitor,
            "fragment": is_fragment(request),
            "path": request.url.path,
            "stopped": self.services.registry().stopped,
            **context,
        }
        return HTMLResponse(self.templates.get_template(template).render(said), status, HEADERS)

    def refusal(self, request: Request, visitor: Visitor | None, status: int, title: str, words: str) -> Response:
        """A no, in words that say what to do."""
        return self.page(request, visitor, "refusal.html", status, title=title, words=words)

    def shown(self, path: str, page: Shown) -> Route:
        """A page for somebody who is signed in."""

        async def endpoint(request: Request) -> Response:
            visitor = await self.doors.visitor(request)
            if visitor is not None:
                return await page(request, visitor)
            if is_fragment(request):
                return self.refusal(request, None, 401, "Signed out", "Your session is over: sign in again.")
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/enter?next={quote(wanted, safe='')}", 303, HEADERS)

        return Route(path, endpoint, methods=["GET"])

    def sent(self, path: str, act: Sent) -> Route:
        """Something that acts, for somebody who is signed in: sent from a page of ours, and nothing else."""

        async def endpoint(request: Request) -> Response:
            visitor = await self.doors.visitor(request)
            if visitor is None:
                words = "Your session is over, so nothing was done. Sign in again, then look how it stands."
                return self.refusal(request, None, 401, "Signed out", words)
            async with request.form(max_files=4, max_fields=200) as form:
                given = form.get("csrf")
                if not from_here(request) or not hmac.compare_digest(str(given).encode(), visitor.csrf.encode()):
                    words = "This form is too old, or it was not sent from a page of Placet. Nothing was done: go back."
                    return self.refusal(request, visitor, 403, "Not sent from here", words)
                return await act(request, visitor, form)

        return Route(path, endpoint, methods=["POST"])


def is_fragment(request: Request) -> bool:
    return request.headers.get(FRAGMENT) == "1"


def from_here(request: Request) -> bool:
    """Whether a browser says that this was sent from a page of this very address, or says nothing of it."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host", "")
