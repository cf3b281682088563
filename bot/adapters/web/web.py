"""What the pages share: who visits, what they are answered with, and the headers that go with every answer."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import Doors, Visitor
from bot.desk import Closing, NotCertain, Overloaded
from bot.services import Services
from core.errors import StoreFull, StoreUnavailable
from core.platforms import Taps

FRAGMENT = "x-placet-fragment"
"""The header with which our script asks for a piece of a page in place of the whole."""
_MOST_FIELDS = 300
"""More than a page of chosen rows has, with what goes with them."""
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
_UNKNOWN_NAME = (
    "You came by a name that this Placet does not know itself by, so it shows nothing. Open it by its IP address or "
    "as localhost, or have its keeper put this name into PLACET_PUBLIC_URL."
)
_NOT_CERTAIN = (
    "Placet's database does not answer, so it is not certain that anything was recorded. Try again in a moment, and "
    "look how it stands."
)
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
            "away": visitor.person.away if visitor and visitor.person.is_away(self.services.clock.now()) else None,
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
            if is_fragment(request) or "text/event-stream" in request.headers.get("accept", ""):
                return self.refusal(request, None, 401, "Signed out", "Your session is over: sign in again.")
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/enter?next={quote(wanted, safe='')}", 303, HEADERS)

        return self.public(path, endpoint, "GET")

    def sent(self, path: str, act: Sent) -> Route:
        """Something that acts, for somebody who is signed in: sent from a page of ours, and nothing else."""

        async def endpoint(request: Request) -> Response:
            visitor = await self.doors.visitor(request)
            if visitor is None:
                words = "Your session is over, so nothing was done. Sign in again, then look how it stands."
                return self.refusal(request, None, 401, "Signed out", words)
            async with read_form(request, most_files=20) as form:
                given = form.get("csrf")
                if not self.doors.from_here(request) or not hmac.compare_digest(
                    str(given).encode(errors="replace"), visitor.csrf.encode()
                ):
                    words = "This form is too old, or it was not sent from a page of Placet. Nothing was done: go back."
                    return self.refusal(request, visitor, 403, "Not sent from here", words)
                return await act(request, visitor, form)

        return self.public(path, endpoint, "POST")

    def public(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str) -> Route:
        """What anybody may call who came by a name of ours. A database that is away is an answer too."""

        async def guarded(request: Request) -> Response:
            if not self.doors.knows(request):
                return self.refusal(request, None, 421, "Not by this name", _UNKNOWN_NAME)
            try:
                return await endpoint(request)
            except (Overloaded, Closing, StoreFull) as problem:
                return self.refusal(request, None, 503, "Not now", f"{problem} Nothing was recorded: try again.")
            except HTTPException as problem:
                words = f"{problem.detail.rstrip('.')}. Nothing was done: go back, and send less."
                return self.refusal(request, None, problem.status_code, "This form cannot be taken", words)
            except (NotCertain, StoreUnavailable):
                return self.refusal(request, None, 503, "Not now", _NOT_CERTAIN)

        return Route(path, guarded, methods=[method])


@asynccontextmanager
async def read_form(request: Request, most_files: int = 0) -> AsyncIterator[FormData]:
    """The fields of a form, until the block ends. Raises HTTPException where it is none of ours.

    Browsers send the forms of our pages in UTF-8 and name no other character set. By name, whoever sends one by hand
    could choose any that Python knows, and with some of them make text that no text can hold.
    """
    _, said = parse_options_header(request.headers.get("content-type", ""))
    if said.get(b"charset", b"utf-8").lower() not in (b"utf-8", b"utf8"):
        raise HTTPException(400, "A form is sent in UTF-8")
    async with request.form(max_files=most_files, max_fields=_MOST_FIELDS) as form:
        yield form


def is_fragment(request: Request) -> bool:
    return request.headers.get(FRAGMENT) == "1"
