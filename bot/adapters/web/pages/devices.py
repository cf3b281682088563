"""What makes a phone's home screen know Placet, and the browsers that are told what waits."""

from __future__ import annotations

import re
from typing import Any

import orjson
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.render import STATIC, static
from bot.adapters.web.web import HEADERS, Web, is_fragment
from bot.devices import ALL
from bot.push import Push
from bot.push_service import NotTaken

_HERE = "/settings/notifications"
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_ID = re.compile(r"[0-9a-f]{64}")


def routes(web: Web) -> list[Route]:
    async def manifest(request: Request) -> Response:
        return Response(_manifest(), headers={**HEADERS, "Cache-Control": "no-cache"}, media_type=_MANIFEST)

    async def worker(request: Request) -> Response:
        return FileResponse(STATIC / "sw.js", headers={**HEADERS, "Cache-Control": "no-cache"}, media_type=_SCRIPT)

    async def look(request: Request, visitor: Visitor) -> Response:
        return await _shown(web, request, visitor)

    async def register(request: Request, visitor: Visitor, form: FormData) -> Response:
        again = form.get("again") == "1"
        given = (str(form.get("endpoint", "")), str(form.get("p256dh", "")), str(form.get("auth", "")))
        push, agent = _push(web), request.headers.get("user-agent", "")
        try:
            await push.devices.register(visitor.person.id, visitor.session, given, agent, again=again)
        except NotTaken as problem:
            if again:
                return JSONResponse({"taken": False}, 410, HEADERS)
            return await _shown(web, request, visitor, str(problem), 422)
        if again:
            return JSONResponse({"taken": True}, 200, HEADERS)
        said = "This browser is told from now on."
        return await _shown(web, request, visitor, said)

    async def choose(request: Request, visitor: Visitor, form: FormData) -> Response:
        which, name = str(form.get("which", "")), _name(form)
        if not await _push(web).devices.choose(visitor.person.id, name, which):
            return await _shown(web, request, visitor, _UNKNOWN, 404)
        said = "It is told of everything that waits for you." if which == ALL else "It is told of what is urgent alone."
        return await _shown(web, request, visitor, said)

    async def remove(request: Request, visitor: Visitor, form: FormData) -> Response:
        await _push(web).devices.forget(visitor.person.id, _name(form))
        return await _shown(web, request, visitor, "It is told nothing any more.")

    async def attempt(request: Request, visitor: Visitor, form: FormData) -> Response:
        push, name = _push(web), _name(form)
        found = [one for one in await push.devices.of([visitor.person.id]) if one.id == name]
        if not found:
            return await _shown(web, request, visitor, _UNKNOWN, 404)
        sent = await push.try_out(found[0])
        if sent.good:
            return await _shown(web, request, visitor, "Sent: it should be there within seconds.")
        if sent.gone:
            words = "This browser takes no notifications any more, so it was taken out. Turn them on there again."
        else:
            words = f"{found[0].subscription.host} did not take it ({sent.status}). Try again in a while."
        return await _shown(web, request, visitor, words, 409)

    return [
        Route("/manifest.webmanifest", manifest, methods=["GET"]),
        Route("/sw.js", worker, methods=["GET"]),
        web.shown(_HERE, look),
        web.sent(_HERE, register),
        web.sent(f"{_HERE}/choose", choose),
        web.sent(f"{_HERE}/remove", remove),
        web.sent(f"{_HERE}/try", attempt),
    ]


async def notifications(web: Web, visitor: Visitor) -> dict[str, Any]:
    """What `_notifications.html` shows, as `notify`: for every page that includes it."""
    push = _push(web)
    browsers = [
        {
            "id": one.id,
            "name": browser_name(one.agent),
            "since": one.since,
            "all": one.which == ALL,
            "here": one.session == visitor.session,
            "signed_in": await push.devices.signed_in(one),
        }
        for one in await push.devices.of([visitor.person.id])
    ]
    return {"key": (await push.devices.key()).public, "browsers": browsers}


def browser_name(agent: str) -> str:
    """What a browser calls itself, in words: `Firefox on Linux`."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


async def _shown(web: Web, request: Request, visitor: Visitor, said: str = "", status: int = 200) -> Response:
    if request.method == "POST" and status == 200 and not is_fragment(request):
        # Looking at it again must not send it again.
        return RedirectResponse(_HERE, 303, HEADERS)
    notify = await notifications(web, visitor)
    return web.page(request, visitor, "notifications.html", status, notify=notify, said=said, wrong=status != 200)


def _push(web: Web) -> Push:
    push = web.services.push
    if push is None:
        raise RuntimeError("pages are served where everything is")
    return push


def _name(form: FormData) -> str:
    name = str(form.get("id", ""))
    return name if _ID.fullmatch(name) else ""


def _manifest() -> bytes:
    icons = [
        {"src": static("icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {"src": static("icon-maskable.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ]
    return orjson.dumps(
        {
            "id": "/",
            "name": "Placet",
            "short_name": "Placet",
            "description": "What waits for your decision",
            "lang": "en",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#faf9f7",
            "theme_color": "#faf9f7",
            "icons": icons,
        }
    )


_MANIFEST, _SCRIPT = "application/manifest+json", "text/javascript"
_UNKNOWN = "There is no such browser of yours (any more)."
