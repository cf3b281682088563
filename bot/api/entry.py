"""`/v1/people/{id}/login`, `/sessions`, `/v1/invitations`: who comes in with a browser, and who is asked in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from bot.api.admin import PersonId, person_view
from bot.api.auth import Caller
from bot.api.calls import Calls, JsonResponse, answered
from bot.api.models import InviteBody, SessionBody
from bot.api.people_answers import EntryAnswer, PersonAnswer, SessionsAnswer
from bot.api.problems import Problem, refusal
from bot.api.route import StrictRoute
from bot.api.view import dump
from bot.ids import new_id
from bot.passes import Offer
from core.canonical import time_text
from core.errors import Refused
from core.guests import RemovePerson
from core.model import Person

_SHOWN = 12
"""Characters of a session's digest that name it: which one is meant, and nothing that opens it."""


def entry_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix="/v1", route_class=StrictRoute)
    services = calls.services

    def who_may_enter(request: Request, person: str) -> Caller:
        """A session may do all that its person may. So what opens one needs a token that may as much."""
        caller = calls.caller(request)
        caller.need("vote")
        caller.need("read")
        found = services.registry().people.get(person)
        if person != caller.actor.ref or (found is not None and found.admin):
            caller.need("admin")
        return caller

    @router.post(
        "/people/{id}/login",
        status_code=201,
        response_model=EntryAnswer,
        tags=["people"],
        summary="A link that signs somebody in with a browser",
    )
    async def login(request: Request, person: PersonId) -> Response:
        """For oneself, or for anybody by an administrator, which is put on record. It works once, for 15 minutes."""
        caller = who_may_enter(request, person)
        return _offered(await answered(services.passes.let_in(caller.actor, person)), "/enter")

    @router.get(
        "/people/{id}/sessions", response_model=SessionsAnswer, tags=["people"], summary="Where somebody is signed in"
    )
    async def sessions(request: Request, person: PersonId) -> Response:
        """One's own, or anybody's for an administrator."""
        who_may_enter(request, person)
        items = [
            {
                "id": one.digest[:_SHOWN],
                "browser": str(one.body.get("browser", "")),
                "created_at": time_text(one.created_at),
                "seen_at": time_text(one.seen_at),
                "expires_at": time_text(one.expires_at),
            }
            for one in await answered(services.passes.sessions(_known(person)))
        ]
        return JsonResponse(dump({"items": items}))

    @router.post(
        "/people/{id}/sessions/end", response_model=SessionsAnswer, tags=["people"], summary="Sign somebody out"
    )
    async def end(request: Request, person: PersonId, body: SessionBody) -> Response:
        """One session, or all of them and the links that would open new ones. Answers with those that are left."""
        who_may_enter(request, person)
        if body.session is None:
            await answered(services.passes.end_all(_known(person)))
            return await sessions(request, person)
        found = await answered(services.passes.sessions(_known(person)))
        meant = [one.digest for one in found if one.digest.startswith(body.session)]
        if len(meant) != 1:
            raise Problem("not_found", 404, f"{person} has no such session.")
        await answered(services.passes.end(meant[0]))
        return await sessions(request, person)

    @router.post(
        "/invitations", status_code=201, response_model=EntryAnswer, tags=["people"], summary="Invite somebody"
    )
    async def invite(request: Request, body: InviteBody) -> Response:
        """A link with which somebody becomes this person, once, for seven days. The inviter must still be an
        administrator then, and the id still free.
        """
        caller = calls.caller(request)
        caller.need("admin")
        guest = Person(
            body.id, body.name, frozenset(body.roles), frozenset(body.skills), admin=body.admin, declared=False
        )
        inviter = services.registry().people[caller.actor.ref]
        return _offered(await answered(services.passes.offer_invite(inviter, guest)), "/join")

    @router.post(
        "/people/{id}/remove", response_model=PersonAnswer, tags=["people"], summary="Remove an invited person"
    )
    async def remove(request: Request, person: PersonId) -> Response:
        """They are signed out everywhere, and their keys and accounts are taken back. Who is declared in `placet.yaml`
        is taken out there.
        """
        caller = calls.caller(request)
        caller.need("admin")
        await calls.carry_out(RemovePerson(new_id("cmd"), caller.actor, "", "-", person))
        registry = services.registry()
        return JsonResponse(dump(person_view(registry.people[person], registry.accounts)))

    def _known(person: str) -> str:
        if person not in services.registry().people:
            raise Problem("not_found", 404, "There is no such person.")
        return person

    def _offered(offer: Offer | Refused, where: str) -> Response:
        if isinstance(offer, Refused):
            raise refusal(offer)
        path = f"{where}?code={offer.secret}"
        url = f"{services.public_url}{path}" if services.public_url else None
        doc = {"path": path, "url": url, "expires_at": time_text(offer.until)}
        return JsonResponse(dump(doc), 201, {"Cache-Control": "no-store"})

    return router
