"""One person: what they decide; for administrators, their absence, their ways in, and what an invited one may do."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.fields import account_in, away_in, sentence
from bot.adapters.web.pages.people import guest_in, roles_of, skills_of, values_of
from bot.adapters.web.pages.settings import absence, accounts_of, done
from bot.adapters.web.web import HEADERS, Sent, Web
from bot.ids import code_digest, new_code, new_id, written
from core import people as who
from core.accounts import CODE_LASTS, OfferLink, UnlinkAccount
from core.card import level_of
from core.commands import Command
from core.errors import Refused
from core.guests import ChangePerson, RemovePerson
from core.model import Gate
from core.registry import SetAway

SAID = {
    "changed": "Changed. It holds from the next vote on.",
    "away": "Noted: they are away.",
    "here": "Noted: they are here again.",
    "ended": "They are signed out everywhere, and links that were sent to them are good for nothing.",
    "unlinked": "The account is theirs no longer.",
}


def routes(web: Web) -> list[Route]:
    services = web.services

    async def shown(request: Request, visitor: Visitor, status: int = 200, **more: Any) -> Response:
        registry, now = services.registry(), services.clock.now()
        person = registry.people.get(request.path_params["id"])
        if person is None:
            return web.refusal(request, visitor, 404, "Nobody of that name", "There is no such person here.")
        rules, tiers = (registry.policy.rules, registry.policy.tiers) if registry.policy else ((), {})
        known: dict[str, Any] = {
            "person": person,
            "rules": [
                {"name": rule.name, "level": level_of(rule.tier, max(tiers)), "word": tiers[rule.tier]}
                for rule in rules
                if rule.gate is Gate.ASK and person.active and who.fits(person, rule.route)
            ],
            "accounts": accounts_of(registry, person.id),
            "absence": absence(registry, person, now),
            "sessions": len(await services.passes.sessions(person.id)) if visitor.person.admin else 0,
            "roles": roles_of(registry),
            "skills": skills_of(registry),
            "values": values_of(person),
            "programs": sorted(program.id for program in registry.programs.values() if program.owner == person.id),
            "said": SAID.get(request.query_params.get("said", ""), ""),
            "problem": "",
            "link": "",
            "code": "",
            "until": None,
        }
        return web.page(request, visitor, "person.html", status, **(known | more))

    def for_admins(act: Sent) -> Sent:
        """What an administrator alone may send, of somebody who is there."""

        async def judged(request: Request, visitor: Visitor, form: FormData) -> Response:
            if not visitor.person.admin:
                return web.refusal(request, visitor, 403, "Not yours to do", "Only an administrator can do this.")
            if request.path_params["id"] not in services.registry().people:
                return web.refusal(request, visitor, 404, "Nobody of that name", "There is no such person here.")
            return await act(request, visitor, form)

        return judged

    async def login(request: Request, visitor: Visitor, form: FormData) -> Response:
        offer = await services.passes.let_in(visitor.actor, request.path_params["id"])
        if isinstance(offer, Refused):
            return await shown(request, visitor, 409, problem=sentence(offer))
        return await shown(request, visitor, link=services.link(f"/enter?code={offer.secret}"), until=offer.until)

    async def link(request: Request, visitor: Visitor, form: FormData) -> Response:
        code = new_code()
        offer = OfferLink(new_id("cmd"), visitor.actor, "", "-", request.path_params["id"], code_digest(code))
        refused = await done(web, offer)
        if refused is not None:
            return await shown(request, visitor, 409, problem=sentence(refused))
        return await shown(request, visitor, code=code, until=services.clock.now() + CODE_LASTS)

    async def unlink(request: Request, visitor: Visitor, form: FormData) -> Response:
        account = account_in(form)
        return await carried_out(
            request,
            visitor,
            UnlinkAccount(new_id("cmd"), visitor.actor, "", "-", request.path_params["id"], account),
            "unlinked",
        )

    async def away(request: Request, visitor: Visitor, form: FormData) -> Response:
        wanted = away_in(form, services.clock.now())
        if isinstance(wanted, Refused):
            return await shown(request, visitor, 422, problem=sentence(wanted))
        command = SetAway(new_id("cmd"), visitor.actor, "", "-", request.path_params["id"], wanted)
        return await carried_out(request, visitor, command, "away" if wanted else "here")

    async def change(request: Request, visitor: Visitor, form: FormData) -> Response:
        person = guest_in(form, request.path_params["id"])
        command = ChangePerson(new_id("cmd"), visitor.actor, "", "-", person, written(person.name))
        return await carried_out(request, visitor, command, "changed")

    async def remove(request: Request, visitor: Visitor, form: FormData) -> Response:
        command = RemovePerson(new_id("cmd"), visitor.actor, "", "-", request.path_params["id"])
        refused = await done(web, command)
        if refused is not None:
            return await shown(request, visitor, 409, problem=sentence(refused))
        return RedirectResponse("/people?said=removed", 303, HEADERS)

    async def end(request: Request, visitor: Visitor, form: FormData) -> Response:
        person = request.path_params["id"]
        await services.passes.end_all(person, but=visitor.session if person == visitor.person.id else None)
        return back(person, "ended")

    async def carried_out(request: Request, visitor: Visitor, command: Command, said: str) -> Response:
        refused = await done(web, command)
        if refused is not None:
            return await shown(request, visitor, 422 if refused.code == "invalid" else 409, problem=sentence(refused))
        return back(request.path_params["id"], said)

    def back(person: str, said: str) -> Response:
        return RedirectResponse(f"/people/{person}?said={said}", 303, HEADERS)

    acts = {
        "login": login,
        "link": link,
        "unlink": unlink,
        "away": away,
        "change": change,
        "remove": remove,
        "sessions": end,
    }
    return [
        web.shown("/people/{id}", shown),
        *(web.sent(f"/people/{{id}}/{name}", for_admins(act)) for name, act in acts.items()),
    ]
