"""Settings: my accounts in the chats, my absence, the browsers where I am signed in."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.fields import NOT_RECORDED, SPANS, account_in, away_in, platform_name, sentence, text_in
from bot.adapters.web.pages.devices import browser_name, notifications
from bot.adapters.web.web import HEADERS, Web
from bot.ids import code_digest, new_code, new_id
from core.accounts import CODE_LASTS, OfferLink, UnlinkAccount
from core.commands import Command
from core.engine import Done
from core.errors import Refused
from core.model import Person
from core.registry import Registry, SetAway

SAID = {
    "welcome": "You are in. Below you can link the chats you use, so that you can decide there too.",
    "here": "You are here again.",
    "away": "Noted: you are away.",
    "unlinked": "The account is yours no longer: what is tapped from it counts no more.",
    "ended": "That browser is signed out.",
    "ended_all": "Every other browser is signed out.",
}
"""What was just done, by the word in the address."""


def routes(web: Web) -> list[Route]:
    services = web.services

    async def shown(request: Request, visitor: Visitor, status: int = 200, **more: Any) -> Response:
        registry = services.registry()
        sessions = [
            {
                "id": one.digest,
                "browser": browser_name(str(one.body.get("browser", ""))),
                "here": one.digest == visitor.session,
                "since": one.created_at,
                "seen": one.seen_at,
            }
            for one in await web.doors.sessions(visitor)
        ]
        known: dict[str, Any] = {
            "me": registry.people[visitor.person.id],
            "accounts": accounts_of(registry, visitor.person.id),
            "platforms": [platform_name(name) for name in services.channels.states()],
            "absence": absence(registry, visitor.person, services.clock.now()),
            "sessions": sessions,
            "notify": await notifications(web, visitor),
            "told": SAID.get(request.query_params.get("said", ""), ""),
            "problem": "",
            "code": "",
            "code_until": None,
        }
        return web.page(request, visitor, "settings.html", status, **(known | more))

    async def settings(request: Request, visitor: Visitor) -> Response:
        return await shown(request, visitor)

    async def link(request: Request, visitor: Visitor, form: FormData) -> Response:
        code = new_code()
        offer = OfferLink(new_id("cmd"), visitor.actor, "", "-", visitor.person.id, code_digest(code))
        refused = await done(web, offer)
        if refused is not None:
            return await shown(request, visitor, 409, problem=sentence(refused))
        # Shown once, here: only its hash is kept.
        return await shown(request, visitor, code=code, code_until=services.clock.now() + CODE_LASTS)

    async def unlink(request: Request, visitor: Visitor, form: FormData) -> Response:
        command = UnlinkAccount(new_id("cmd"), visitor.actor, "", "-", visitor.person.id, account_in(form))
        return await after(request, visitor, await done(web, command), "unlinked")

    async def away(request: Request, visitor: Visitor, form: FormData) -> Response:
        wanted = away_in(form, services.clock.now())
        if isinstance(wanted, Refused):
            return await shown(request, visitor, 422, problem=sentence(wanted))
        command = SetAway(new_id("cmd"), visitor.actor, "", "-", visitor.person.id, wanted)
        return await after(request, visitor, await done(web, command), "away" if wanted else "here")

    async def end(request: Request, visitor: Visitor, form: FormData) -> Response:
        wanted, mine = text_in(form, "session"), await web.doors.sessions(visitor)
        if wanted == "others":
            await services.passes.end_all(visitor.person.id, but=visitor.session)
            return RedirectResponse("/settings?said=ended_all#browsers", 303, HEADERS)
        # Only what is this person's own can be ended, whatever the form says.
        for one in mine:
            if one.digest == wanted:
                await services.passes.end(one.digest)
        where = "/enter" if wanted == visitor.session else "/settings?said=ended#browsers"
        return RedirectResponse(where, 303, HEADERS)

    async def after(request: Request, visitor: Visitor, refused: Refused | None, said: str) -> Response:
        if refused is not None:
            return await shown(request, visitor, 422 if refused.code == "invalid" else 409, problem=sentence(refused))
        return RedirectResponse(f"/settings?said={said}", 303, HEADERS)

    return [
        web.shown("/settings", settings),
        web.sent("/settings/link", link),
        web.sent("/settings/unlink", unlink),
        web.sent("/settings/away", away),
        web.sent("/settings/sessions", end),
    ]


async def done(web: Web, command: Command) -> Refused | None:
    """Carry out a command: None, or why not."""
    outcome = await web.services.ask(command)
    if isinstance(outcome, Refused):
        return outcome
    if not isinstance(outcome, Done):
        return NOT_RECORDED
    return None


def accounts_of(registry: Registry, person: str) -> list[dict[str, Any]]:
    """A person's accounts in the chats, as the pages show them."""
    accounts = registry.accounts
    return [
        {
            "platform": account.platform,
            "name": platform_name(account.platform),
            "workspace": account.workspace,
            "user": account.user,
            "declared": accounts.links[account].declared,
        }
        for account in accounts.of(person)
    ]


def absence(registry: Registry, person: Person, now: Any) -> dict[str, Any]:
    """What the form of an absence shows."""
    current = registry.people[person.id]
    others = [one for one in registry.people.values() if one.active and one.id != person.id]
    return {
        "until": current.away.until if current.away and current.is_away(now) else None,
        "delegate": registry.people.get(current.away.delegate or "") if current.away else None,
        "others": sorted(others, key=lambda one: one.name.casefold()),
        "spans": SPANS,
    }
