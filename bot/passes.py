"""What lets people in with a browser: sessions, links that open one once, and invitations. Secrets are kept nowhere."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from bot.ids import digest_of, new_id, written
from bot.threads import within
from core.commands import Command
from core.engine import CLOCK, Bookkeeping, Done, Outcome
from core.errors import PlacetError, Refused
from core.guests import AddPerson, OfferEntry, guest_fault, taken
from core.kept import PASSES, Pass
from core.model import Actor, ActorKind, Json, Person
from core.ports import Clock, Reader, Transaction
from core.registry import Registry

SESSION, LOGIN, INVITE = PASSES
SESSION_LASTS = timedelta(days=30)
SESSION_LONGEST = timedelta(days=90)
"""However much it is used: then its person signs in again."""
LOGIN_LASTS = timedelta(minutes=15)
FIRST_LASTS = timedelta(hours=24)
INVITE_LASTS = timedelta(days=7)
MOST_LINKS = 5
"""Links of one person that are good at once; the oldest gives way."""
MOST_SESSIONS = 50
USED_UP = Refused("bad_code", "This invitation is not good (any more): each one works once, for seven days.")
_FAILED = "Placet failed on this; look at its log."
Answered = TypeVar("Answered")


@dataclass(frozen=True, slots=True)
class Offer:
    """A link that was just made: the secret in it, which is shown once, and how long it is good."""

    secret: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who was let in. `secret`: what their browser shows from now on."""

    person: str
    secret: str


class Passes:
    """On one event loop. Raises what the desk raises, and StoreUnavailable."""

    def __init__(
        self,
        ask: Callable[[Command], Awaitable[Outcome]],
        reader: Reader,
        clock: Clock,
        registry: Callable[[], Registry],
    ) -> None:
        self._ask = ask
        self._reader = reader
        self._clock = clock
        self._registry = registry

    # Sessions

    async def session(self, secret: str) -> Pass | None:
        """The session that a browser shows, if it is good."""
        found = await _read(self._reader.find_pass, digest_of(secret), self._clock.now())
        return found if found is not None and found.kind == SESSION else None

    async def seen(self, session: Pass) -> None:
        """It was used, so it lasts longer; but not for ever."""
        now = self._clock.now()
        until = min(now + SESSION_LASTS, session.created_at + SESSION_LONGEST)
        await self._keep(lambda tx: tx.see_pass(session.digest, now, until))

    async def sessions(self, person: str) -> Sequence[Pass]:
        """A person's, the one used last first."""
        return await _read(self._reader.passes, person, SESSION, self._clock.now())

    async def count(self, people: Sequence[str]) -> Mapping[str, int]:
        """How many sessions each of them has."""
        now = self._clock.now()
        return await _read(lambda: {one: len(self._reader.passes(one, SESSION, now)) for one in people})

    async def end(self, digest: str) -> None:
        await self._keep(lambda tx: tx.drop_pass(digest))

    async def end_all(self, person: str, but: str | None = None) -> int:
        """End a person's sessions, and the links that would open new ones; how many sessions. `but`: not this one."""
        ended = [one.digest for one in await self.sessions(person) if one.digest != but]

        def apply(tx: Transaction) -> None:
            tx.drop_passes(person, LOGIN)
            if but is None:
                tx.drop_passes(person, SESSION)
            for digest in ended:
                tx.drop_pass(digest)

        await self._keep(apply)
        return len(ended)

    # Links that sign in

    async def offer_login(self, person: str, lasts: timedelta = LOGIN_LASTS) -> Offer:
        """A link that signs this person in, once."""
        return await self._offer(person, LOGIN, lasts, {})

    async def let_in(self, actor: Actor, person: str) -> Offer | Refused:
        """A link for a person, made by themselves or by an administrator; the second is put on record."""
        if actor.kind is not ActorKind.PERSON or actor.ref != person:
            outcome = await self._ask(OfferEntry(new_id("cmd"), actor, "", "-", person))
            if isinstance(outcome, Refused):
                return outcome
            if not isinstance(outcome, Done):
                raise PlacetError(_FAILED)
        elif not self._here(person):
            return Refused("not_found", "There is no such person.")
        return await self.offer_login(person)

    async def enter(self, secret: str, browser: str) -> Entered | None:
        """A session for a link that was good until now, or None. Of two who show it at once, one gets in."""
        link = await _read(self._reader.find_pass, digest_of(secret), self._clock.now())
        if link is None or link.kind != LOGIN:
            return None
        return await self._exchange(link, link.person, browser)

    # Invitations

    async def offer_invite(self, inviter: Person, guest: Person) -> Offer | Refused:
        """A link with which somebody becomes this person, once. Everything is judged again when they do."""
        registry = self._registry()
        refused = guest_fault(guest) or taken(guest.id, registry.people, registry.programs)
        if refused is not None:
            return refused
        body: dict[str, Json] = {
            "id": guest.id,
            "name": guest.name,
            "roles": sorted(guest.roles),
            "skills": sorted(guest.skills),
            "admin": guest.admin,
        }
        return await self._offer(inviter.id, INVITE, INVITE_LASTS, body, most=MOST_SESSIONS)

    async def invitations(self) -> Sequence[Pass]:
        """Those that are good, the newest first."""
        now, admins = self._clock.now(), [p.id for p in self._registry().people.values() if p.active and p.admin]

        def read() -> list[Pass]:
            return [one for admin in admins for one in self._reader.passes(admin, INVITE, now)]

        return sorted(await _read(read), key=lambda one: one.created_at, reverse=True)

    async def join(self, secret: str, browser: str) -> Entered | Refused:
        """Become the person that an invitation was made for, and be let in."""
        found = await _read(self._reader.find_pass, digest_of(secret), self._clock.now())
        if found is None or found.kind != INVITE:
            return USED_UP
        guest, actor = guest_of(found), Actor(ActorKind.PERSON, found.person, "web")
        # The link is the command's id: a second try after a crash meets what the first one made. It is used up below,
        # by one alone.
        command = AddPerson(
            f"invite:{found.digest[:40]}", actor, "", found.digest, person=guest, name=written(guest.name)
        )
        outcome = await self._ask(command)
        if isinstance(outcome, Refused):
            if outcome.code == "not_admin":
                return Refused("bad_code", "Whoever invited you may not do so any more. Ask for a new invitation.")
            return outcome
        if not isinstance(outcome, Done):
            raise PlacetError(_FAILED)
        return await self._exchange(found, guest.id, browser) or USED_UP

    # What they share

    async def _offer(
        self, person: str, kind: str, lasts: timedelta, body: Mapping[str, Json], most: int = MOST_LINKS
    ) -> Offer:
        now = self._clock.now()
        one, secret = self._made(person, kind, lasts, body)
        before = await _read(self._reader.passes, person, kind, now)
        over = sorted(before, key=lambda other: other.created_at, reverse=True)[most - 1 :]

        def apply(tx: Transaction) -> None:
            for old in over:
                tx.drop_pass(old.digest)
            tx.keep_pass(one)

        await self._keep(apply)
        return Offer(secret, one.expires_at)

    async def _exchange(self, link: Pass, person: str, browser: str) -> Entered | None:
        """A link for a session, in one transaction. None: somebody was faster."""
        if not self._here(person):
            return None
        now = self._clock.now()
        one, secret = self._made(person, SESSION, SESSION_LASTS, {"browser": browser[:300]})
        over = (await self.sessions(person))[MOST_SESSIONS - 1 :]

        def apply(tx: Transaction) -> None:
            if tx.take_pass(link.digest, link.kind, now):
                tx.keep_pass(one)
                for old in over:
                    tx.drop_pass(old.digest)

        await self._keep(apply)
        # A commit whose answer was lost is tried again and finds the link used up: by itself. The session tells.
        kept = await _read(self._reader.find_pass, one.digest, now)
        return Entered(person, secret) if kept is not None else None

    def _made(self, person: str, kind: str, lasts: timedelta, body: Mapping[str, Json]) -> tuple[Pass, str]:
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        return Pass(digest_of(secret), person, kind, body, now, now, now + lasts), secret

    def _here(self, person: str) -> bool:
        found = self._registry().people.get(person)
        return found is not None and found.active

    async def _keep(self, apply: Callable[[Transaction], object]) -> None:
        outcome = await self._ask(Bookkeeping(new_id("cmd"), CLOCK, "", apply=apply))
        if not isinstance(outcome, Done):
            raise PlacetError(_FAILED)


async def _read(question: Callable[..., Answered], *arguments: object) -> Answered:
    return await within(asyncio.to_thread(question, *arguments))


def guest_of(invitation: Pass) -> Person:
    """Whom an invitation makes."""
    body = invitation.body
    roles, skills = body["roles"], body["skills"]
    return Person(
        id=str(body["id"]),
        name=str(body["name"]),
        roles=frozenset(map(str, roles if isinstance(roles, (list, tuple)) else ())),
        skills=frozenset(map(str, skills if isinstance(skills, (list, tuple)) else ())),
        admin=body["admin"] is True,
        declared=False,
    )
