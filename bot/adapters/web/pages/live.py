"""What changes, told to open pages as it is recorded: only which request and what kind of fact, never its content."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.web import HEADERS, Web
from core.errors import StoreUnavailable

_LOOKED_AGAIN = 5.0
"""Seconds after which it is asked again whether the session is good, while there is something to tell."""
MOST_OF_ONE = 250
"""Open pages of one person: each of them is told of everything, which takes time from deciding."""
_AT_ONCE = b"retry: 1000\nevent: begun\ndata: -\n\n"
_ALIVE = b"event: alive\ndata: -\n\n"


def routes(web: Web) -> list[Route]:
    services = web.services
    open_now: Counter[str] = Counter()

    async def live(request: Request, visitor: Visitor) -> Response:
        if open_now[visitor.person.id] >= MOST_OF_ONE:
            words = f"You have {MOST_OF_ONE} pages open, and no more are kept fresh: close some, or load this one anew."
            return web.refusal(request, visitor, 429, "Too many pages", words)
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        after = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None
        headers = {**HEADERS, "X-Accel-Buffering": "no"}
        return StreamingResponse(changes(request, visitor, after), media_type="text/event-stream", headers=headers)

    async def changes(request: Request, visitor: Visitor, after: int | None) -> AsyncIterator[bytes]:
        """Ends with the session, and when its person is removed."""
        now = services.clock.now
        looked = now()
        open_now[visitor.person.id] += 1
        try:
            yield _AT_ONCE
            async for recorded in services.bulletin.listen(after):
                person = services.registry().people.get(visitor.person.id)
                if person is None or not person.active:
                    return
                if recorded is None or (now() - looked).total_seconds() > _LOOKED_AGAIN:
                    looked = now()
                    try:
                        if await web.doors.visitor(request) is None:
                            return
                    except StoreUnavailable:
                        return  # The page says that the connection is lost, and comes again.
                if recorded is None:
                    yield _ALIVE
                elif recorded.stream.startswith("req_"):
                    yield b"id: %d\ndata: %b %b\n\n" % (
                        recorded.position,
                        recorded.stream.encode(),
                        recorded.fact.type.encode(),
                    )
        finally:
            open_now[visitor.person.id] -= 1

    return [web.shown("/live", live)]
