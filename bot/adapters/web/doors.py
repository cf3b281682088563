"""Who visits: sessions by cookie, opened by links that work once; and whether a call comes from where it may."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from bot.adapters.web.tries import Tries
from bot.desk import Closing, NotCertain, Overloaded
from bot.ids import digest_of
from bot.passes import SESSION_LONGEST, USED_UP, Entered
from bot.services import Services
from core.errors import PlacetError, Refused, StoreUnavailable
from core.kept import Pass
from core.model import Actor, ActorKind, Person

COOKIE = "placet_session"
SECURE_COOKIE = "__Host-" + COOKIE
"""Over TLS. A browser takes a cookie of this name from nobody but this very host, so no neighbour can lay one here."""
_SEEN_AGAIN = 3_600.0
"""Seconds: a session that is used is prolonged at most so often."""
_LONGEST_CODE = 100


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in. `session`: the digest of their cookie; `csrf`: what each of their forms carries."""

    person: Person
    session: str
    csrf: str

    @property
    def actor(self) -> Actor:
        """Who acts in what they send."""
        return Actor(ActorKind.PERSON, self.person.id, "web")


class TooOften(PlacetError):
    """Too many wrong codes came from there."""


class Doors:
    """Who is let in, on one event loop. Raises what the desk raises, and StoreUnavailable."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tries = Tries(services.clock.now)

    # Who comes

    async def visitor(self, request: Request) -> Visitor | None:
        """Whose session the cookie is, if it is good."""
        secret = self._shown(request)
        if not secret:
            return None
        services = self._services
        found = await services.passes.session(secret)
        if found is None:
            return None
        person = services.registry().people.get(found.person)
        if person is None or not person.active:
            return None
        if (services.clock.now() - found.seen_at).total_seconds() > _SEEN_AGAIN:
            # To look must be possible while nothing can be recorded.
            with contextlib.suppress(TimeoutError, StoreUnavailable, NotCertain, Overloaded, Closing):
                async with asyncio.timeout(2):
                    await services.passes.seen(found)
        return Visitor(person, found.digest, digest_of(f"csrf:{secret}"))

    async def sessions(self, visitor: Visitor) -> list[Pass]:
        """This person's, this one first."""
        found = await self._services.passes.sessions(visitor.person.id)
        return sorted(found, key=lambda one: one.digest != visitor.session)

    # Coming in and going out

    async def enter(self, request: Request, code: str) -> Entered | None:
        """Whoever shows a link's code is let in, once. Raises TooOften."""
        self._heard(request)
        entered = None
        if self._looks_good(code):
            entered = await self._services.passes.enter(code, _browser(request))
        if entered is None:
            self._tries.wrong(self.address(request))
        return entered

    async def join(self, request: Request, code: str) -> Entered | Refused:
        """Whoever shows an invitation's code becomes the person it was made for. Raises TooOften."""
        self._heard(request)
        joined: Entered | Refused = USED_UP
        if self._looks_good(code):
            joined = await self._services.passes.join(code, _browser(request))
        if isinstance(joined, Refused):
            self._tries.wrong(self.address(request))
        return joined

    async def remember(self, request: Request, response: Response, entered: Entered) -> Response:
        """Give the browser its session, in place of the one it may have had."""
        if before := self._shown(request):
            await self._services.passes.end(digest_of(before))
        secure, lasts = self.over_tls(request), int(SESSION_LONGEST.total_seconds())
        # Read by no script and sent by no other site's form; how long it is good, the server says.
        response.set_cookie(
            SECURE_COOKIE if secure else COOKIE,
            entered.secret,
            max_age=lasts,
            httponly=True,
            samesite="lax",
            secure=secure,
            path="/",
        )
        return response

    async def leave(self, request: Request, response: Response, visitor: Visitor) -> Response:
        """End the session, here and in the browser."""
        await self._services.passes.end(visitor.session)
        for name in (COOKIE, SECURE_COOKIE):
            response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=name == SECURE_COOKIE)
        return response

    def _heard(self, request: Request) -> None:
        if not self._tries.left(self.address(request)):
            raise TooOften

    @staticmethod
    def _looks_good(code: str) -> bool:
        return 0 < len(code) <= _LONGEST_CODE and code.isascii()

    def _shown(self, request: Request) -> str:
        """The secret of the session that the browser shows."""
        if secret := request.cookies.get(SECURE_COOKIE, ""):
            return secret[:_LONGEST_CODE]
        # Where there is TLS for certain, the other name may have been laid here by a neighbour.
        return "" if self._is_public(request) else request.cookies.get(COOKIE, "")[:_LONGEST_CODE]

    # Where they come from

    def knows(self, request: Request) -> bool:
        """Whether the browser meant to come here, by the name it came by.

        A name that is not ours may be somebody's who made it lead to this machine (DNS rebinding); an IP address is
        no name, and cannot.
        """
        try:
            name = (urlsplit(f"//{request.headers.get('host', '')}").hostname or "").rstrip(".")
        except ValueError:
            return False
        services = self._services
        ours = {urlsplit(address).hostname for address in (services.public_url, services.address) if address}
        return name in ours or name == "localhost" or name.endswith(".localhost") or _is_number(name)

    def from_here(self, request: Request) -> bool:
        """Whether a browser says that this was sent from a page of this very address, or says nothing of it."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        if origin is None or origin.partition("://")[2] == request.headers.get("host", ""):
            return True
        # A proxy may have put its own name for us in the place of the one that people know.
        public = self._services.public_url
        return public is not None and origin == _origin(public)

    def over_tls(self, request: Request) -> bool:
        """Whether the browser speaks TLS with us, or with what stands in front of us."""
        if request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://"):
            return True
        return self._is_public(request)

    def _is_public(self, request: Request) -> bool:
        public = self._services.public_url
        if public is None or not public.startswith("https://"):
            return False
        return f"https://{request.headers.get('host', '')}" == _origin(public)

    def address(self, request: Request) -> str:
        """Whom to blame for wrong codes. Behind a proxy of ours it is the address that the proxy has seen."""
        peer = request.client.host if request.client else ""
        try:
            behind = not ip_address(peer).is_global
        except ValueError:
            behind = False
        seen = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return seen if behind and seen else peer


def _browser(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _origin(address: str) -> str:
    """An address as a browser writes it in `Origin`: without the port that goes without saying."""
    parts = urlsplit(address)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
