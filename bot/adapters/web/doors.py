"""Who visits: sessions by cookie, opened by links that work once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from bot.ids import digest_of, new_id
from bot.services import Services
from core.engine import CLOCK, Bookkeeping
from core.model import Person
from core.ports import Pass

COOKIE = "placet_session"
SESSION, LOGIN = "session", "login"
SESSION_LASTS = timedelta(days=30)
LOGIN_LASTS = timedelta(minutes=15)
_SEEN_AGAIN = timedelta(hours=1)
"""A session that is used is prolonged at most so often."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in. `session`: the digest of their cookie; `csrf`: what each of their forms carries."""

    person: Person
    session: str
    csrf: str


class Doors:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def visitor(self, request: Request) -> Visitor | None:
        """Whose session the cookie is, if it is good."""
        secret = request.cookies.get(COOKIE, "")
        if not secret:
            return None
        services, digest = self._services, digest_of(secret)
        now = services.clock.now()
        found = await services.read(services.reader.find_pass, digest, now)
        if found is None or found.kind != SESSION:
            return None
        person = services.registry().people.get(found.person)
        if person is None or not person.active:
            return None
        if now - found.seen_at > _SEEN_AGAIN:
            await self._keep(lambda tx: tx.see_pass(digest, now, now + SESSION_LASTS))
        return Visitor(person, digest, digest_of(f"csrf:{secret}"))

    async def offer_login(self, person: str) -> str:
        """The secret of a link that signs this person in, once."""
        return await self._make(person, LOGIN, LOGIN_LASTS, {})

    async def enter(self, secret: str, browser: str) -> str | None:
        """The secret of a new session for a link that was good until now, or None."""
        services, digest, now = self._services, digest_of(secret), self._services.clock.now()
        found = await services.read(services.reader.find_pass, digest, now)
        if found is None or found.kind != LOGIN:
            return None
        taken: list[bool] = []
        await self._keep(lambda tx: taken.append(tx.take_pass(digest, LOGIN, now)))
        if not taken or not taken[-1]:
            return None
        return await self._make(found.person, SESSION, SESSION_LASTS, {"browser": browser[:200]})

    async def leave(self, visitor: Visitor) -> None:
        """End the session."""
        await self._keep(lambda tx: tx.drop_pass(visitor.session))

    async def _make(self, person: str, kind: str, lasts: timedelta, body: dict[str, str]) -> str:
        secret, now = secrets.token_urlsafe(32), self._services.clock.now()
        one = Pass(digest_of(secret), person, kind, body, now, now, now + lasts)
        await self._keep(lambda tx: tx.keep_pass(one))
        return secret

    async def _keep(self, apply: object) -> None:
        await self._services.ask(Bookkeeping(new_id("cmd"), CLOCK, "", apply=apply))  # type: ignore[arg-type]


def remember(response: Response, secret: str, *, secure: bool) -> Response:
    """Set the cookie: read by no script, sent by no other site's form, over TLS alone where there is TLS."""
    lasts = int(SESSION_LASTS.total_seconds())
    response.set_cookie(COOKIE, secret, max_age=lasts, httponly=True, samesite="lax", secure=secure, path="/")
    return response
