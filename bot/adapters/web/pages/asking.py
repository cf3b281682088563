"""Asking by hand: a template is chosen, filled in, looked at under the rules, and asked. Never theirs to decide."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.enclosed import FILES, enclosed
from bot.adapters.web.fields import NOT_RECORDED, sentence
from bot.adapters.web.parse import FIELD, once_of
from bot.adapters.web.ruled import ruled
from bot.adapters.web.web import HEADERS, Web
from bot.ids import new_id
from core.asking import ELSE, Template, form_fields, proposal_of
from core.commands import Submit
from core.engine import Done
from core.errors import Refused
from core.model import Attachment, Proposal

_LOOK = "look"
"""The name of the button that shows the ruling and asks nobody."""


def routes(web: Web) -> list[Route]:
    services = web.services

    async def choose(request: Request, visitor: Visitor) -> Response:
        if not services.templates:
            return await _show(request, visitor, ELSE, {})
        return web.page(request, visitor, "ask.html", templates=list(services.templates.values()), other=ELSE)

    async def fill(request: Request, visitor: Visitor) -> Response:
        template = _template(request)
        return _gone(request, visitor) if template is None else await _show(request, visitor, template, {})

    async def ask(request: Request, visitor: Visitor, form: FormData) -> Response:
        template = _template(request)
        if template is None:
            return _gone(request, visitor)
        policy = services.registry().policy
        values = _values(form)
        tap = once_of(form) or new_id("tap")
        made = proposal_of(template, values, policy.currency if policy else None)
        found, fault = await enclosed(services, visitor.actor, form)
        if fault is not None or isinstance(made, dict):
            wrong = (made if isinstance(made, dict) else {}) | ({FILES: fault} if fault is not None else {})
            return await _show(request, visitor, template, values, wrong=wrong, found=found, tap=tap, status=422)
        if form.get(_LOOK):
            return await _show(request, visitor, template, values, proposal=made, found=found, tap=tap)
        command = Submit(
            id=f"ask:{visitor.person.id}:{tap}",
            actor=visitor.actor,
            request=new_id("req"),
            digest=_digest(template, values, found),
            proposal=replace(made, attachments=tuple(found)),
        )
        outcome = await services.ask(command)
        if isinstance(outcome, Done) and outcome.request is not None:
            return RedirectResponse(f"/requests/{outcome.request.id}", 303, HEADERS)
        problem = sentence(outcome if isinstance(outcome, Refused) else NOT_RECORDED)
        # Nothing was asked with it: what is sent after a change is something new.
        return await _show(request, visitor, template, values, problem=problem, found=found, status=409)

    async def _show(
        request: Request,
        visitor: Visitor,
        template: Template,
        values: Mapping[str, str],
        *,
        wrong: Mapping[str, str] | None = None,
        proposal: Proposal | None = None,
        found: Sequence[Attachment] = (),
        problem: str = "",
        tap: str = "",
        status: int = 200,
    ) -> Response:
        registry, now = services.registry(), services.clock.now()
        policy, verdict = registry.policy, None
        if proposal is not None and policy is not None:
            actor = visitor.actor
            ruling = policy.rule(proposal, proposal.context, actor, 1, registry.people, registry.programs, now, now)
            verdict = ruled(ruling, policy, proposal, actor, registry)
        return web.page(
            request,
            visitor,
            "asking.html",
            status,
            asked=template,
            only=not services.templates,
            other=ELSE,
            fields=form_fields(template, values, wrong or {}, policy.currency if policy else None),
            wrong=wrong or {},
            proposal=proposal,
            verdict=verdict,
            found=found,
            problem=problem,
            tap=tap or new_id("tap"),
            look=_LOOK,
        )

    def _template(request: Request) -> Template | None:
        name = request.path_params["name"]
        return ELSE if name == ELSE.name else services.templates.get(name)

    def _gone(request: Request, visitor: Visitor) -> Response:
        words = "There is no such form here (any more). Ask lists those there are; nothing was asked."
        return web.refusal(request, visitor, 404, "Not found", words)

    return [web.shown("/ask", choose), web.shown("/ask/{name}", fill), web.sent("/ask/{name}", ask)]


def _values(form: FormData) -> dict[str, str]:
    """What was filled in, by the name of the field."""
    return {
        name.removeprefix(FIELD): value
        for name, value in form.items()
        if name.startswith(FIELD) and isinstance(value, str)
    }


def _digest(template: Template, values: Mapping[str, str], found: Sequence[Attachment]) -> str:
    """A hash of what was sent: the same form sent again is the same request, a changed one is refused."""
    said = [template.name, *(f"{name}={value}" for name, value in sorted(values.items())), *(one.id for one in found)]
    return hashlib.sha256("\0".join(said).encode(errors="replace")).hexdigest()
