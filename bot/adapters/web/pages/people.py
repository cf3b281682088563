"""People: who decides here, and for administrators the invitations of further ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.fields import platform_name, sentence, text_in, words_in
from bot.adapters.web.web import HEADERS, Web
from bot.passes import guest_of
from core.errors import Refused
from core.guests import LONGEST_NAME
from core.model import Person
from core.registry import Registry
from core.text import normal

SAID = {
    "withdrawn": "The invitation is withdrawn: its link is good for nothing.",
    "removed": "They are removed and signed out everywhere; votes of theirs that still counted do not.",
}


def routes(web: Web) -> list[Route]:
    services = web.services

    async def shown(request: Request, visitor: Visitor, status: int = 200, **more: Any) -> Response:
        registry, now = services.registry(), services.clock.now()
        people = sorted(registry.people.values(), key=lambda one: (not one.active, one.name.casefold(), one.id))
        platforms: dict[str, list[str]] = {}
        for account, link in registry.accounts.links.items():
            platforms.setdefault(link.person, []).append(platform_name(account.platform))
        waiting: list[dict[str, Any]] = []
        sessions: Mapping[str, int] = {}
        if visitor.person.admin:
            for one in await services.passes.invitations():
                inviter = registry.people.get(one.person)
                by = inviter.name if inviter else one.person
                waiting.append({"id": one.digest, "guest": guest_of(one), "by": by, "until": one.expires_at})
            sessions = await services.passes.count([one.id for one in people if one.active])
        known: dict[str, Any] = {
            "people": [one for one in people if one.active],
            "gone": [one for one in people if not one.active],
            "platforms": {name: sorted(set(theirs)) for name, theirs in platforms.items()},
            "away": {one.id: one.away for one in people if one.away and one.is_away(now)},
            "names": {one.id: one.name for one in people},
            "sessions": sessions,
            "waiting": waiting,
            "roles": roles_of(registry),
            "skills": skills_of(registry),
            "values": {},
            "wrong": {},
            "said": SAID.get(request.query_params.get("said", ""), ""),
            "problem": "",
            "link": "",
        }
        return web.page(request, visitor, "people.html", status, **(known | more))

    async def people(request: Request, visitor: Visitor) -> Response:
        return await shown(request, visitor)

    async def invite(request: Request, visitor: Visitor, form: FormData) -> Response:
        if not visitor.person.admin:
            return web.refusal(request, visitor, 403, "Not yours to do", "Only an administrator invites people.")
        guest = guest_in(form, text_in(form, "id", 60).lower())
        offer = await services.passes.offer_invite(visitor.person, guest)
        if isinstance(offer, Refused):
            wrong = {offer.field or "": offer.detail}
            return await shown(request, visitor, 422, problem=sentence(offer), values=values_of(guest), wrong=wrong)
        # Shown once, here: only its hash is kept.
        link = services.link(f"/join?code={offer.secret}")
        return await shown(request, visitor, link=link, guest=guest, until=offer.until)

    async def withdraw(request: Request, visitor: Visitor, form: FormData) -> Response:
        if not visitor.person.admin:
            return web.refusal(request, visitor, 403, "Not yours to do", "Only an administrator withdraws invitations.")
        wanted = text_in(form, "invitation")
        for one in await services.passes.invitations():
            if one.digest == wanted:
                await services.passes.end(one.digest)
        return RedirectResponse("/people?said=withdrawn", 303, HEADERS)

    return [
        web.shown("/people", people),
        web.sent("/people/invite", invite),
        web.sent("/people/withdraw", withdraw),
    ]


def guest_in(form: FormData, person: str) -> Person:
    """Somebody as a form describes them. Who may decide as an administrator is chosen expressly, or is not."""
    return Person(
        id=person,
        name=normal(" ".join(text_in(form, "name", LONGEST_NAME + 1).split())),
        roles=frozenset(words_in(form, "role")),
        skills=frozenset(words_in(form, "skill")),
        admin=text_in(form, "admin") == "yes",
        declared=False,
    )


def values_of(person: Person) -> Mapping[str, Any]:
    """What the form stood filled in with."""
    return {
        "id": person.id,
        "name": person.name,
        "roles": person.roles,
        "skills": person.skills,
        "admin": person.admin,
    }


def roles_of(registry: Registry) -> list[str]:
    """The roles that mean something here: those that a rule asks, and those that somebody has."""
    found = {role for person in registry.people.values() if person.active for role in person.roles}
    for rule in registry.policy.rules if registry.policy else ():
        found |= {role for route in (rule.route, *(to for _, to in rule.escalate)) for role in route.roles}
    return sorted(found)


def skills_of(registry: Registry) -> list[str]:
    """The skills that mean something here, likewise."""
    found = {skill for person in registry.people.values() if person.active for skill in person.skills}
    for rule in registry.policy.rules if registry.policy else ():
        found |= {skill for route in (rule.route, *(to for _, to in rule.escalate)) for skill in route.skills}
    return sorted(found)
