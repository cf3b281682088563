"""One request, whole: what is asked, what the rules say, the buttons, and its history as a readable story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request as Call
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.pages.attachments import attachments_of
from bot.adapters.web.render import Row, row_of
from bot.adapters.web.web import HEADERS, Web
from bot.faces import commitments
from bot.ids import is_request_id
from core import people as who
from core.card import Button, value_text
from core.forms import same
from core.model import Actor, ActorKind, Person
from core.ports import Filter, Reader, Recorded
from core.registry import Registry
from core.request import Request
from core.story import Line, story
from core.token import Token

_SHORTEST, _LONGEST = 4, 26
_LOOKED_THROUGH = 500
_NONE = "There is no such request here. It may be of another Placet, or the address lacks a character."


@dataclass(frozen=True, slots=True)
class Suggested:
    """Somebody's suggestion: what they would change, and the button that adopts it."""

    person: str
    changes: tuple[tuple[str, str, str], ...]
    adopt: Button | None


def routes(web: Web) -> list[Route]:
    services = web.services

    async def show(call: Call, visitor: Visitor) -> Response:
        name = call.path_params["id"]
        request, facts, words = (
            await services.read(_read, services.reader, name) if is_request_id(name) else (None, (), {})
        )
        if request is None:
            return web.refusal(call, visitor, 404, "No such request", _NONE)
        registry = services.registry()
        reasons = registry.policy.reasons if registry.policy else {}
        mine = request.pending and who.waits_for(
            visitor.person, request, registry.people, registry.programs, services.clock.now()
        )
        row = row_of(request, visitor.person.id, mine, reasons, words)
        return web.page(
            call,
            visitor,
            "request.html",
            one=row,
            asked=request,
            context=[(name, value_text(value)) for name, value in request.context.items()],
            before=dict(_changed(request)),
            suggested=_suggested(request, mine),
            more=_more(request, visitor.person, row),
            why_later=_why_later(request, visitor.person, registry),
            lines=_lines(facts, reasons, words),
            leaf=_proof(facts),
            back=f"/requests/{request.id}",
            request_attachments=await attachments_of(web, request.proposal.attachments),
        )

    async def short(call: Call, visitor: Visitor) -> Response:
        """What lists show of an id leads to the request."""
        end = call.path_params["end"].lower()
        good = end.isascii() and end.isalnum() and _SHORTEST <= len(end) <= _LONGEST
        names = await services.read(_ending, services.reader, end) if good else []
        if len(names) == 1:
            return RedirectResponse(f"/requests/{names[0]}", 303, HEADERS)
        words = f"{len(names)} requests end so: give a few more characters of the id." if names else _NONE
        return web.refusal(call, visitor, 404, "No such request", words)

    return [web.shown("/requests/{id}", show), web.shown("/r/{end}", short)]


def _read(reader: Reader, name: str) -> tuple[Request | None, Sequence[Recorded], dict[str, str]]:
    request = reader.request(name)
    if request is None:
        return None, (), {}
    wanted = commitments([request])
    return request, reader.history(name), dict(reader.words(wanted)) if wanted else {}


def _ending(reader: Reader, end: str) -> list[str]:
    found = []
    for status in ("pending", "decided"):
        page = reader.page(Filter(status=status), None, _LOOKED_THROUGH)
        found += [request.id for request in page.items if request.id.endswith(end)]
    return found


def _changed(request: Request) -> list[tuple[str, str]]:
    """The recommended value of every parameter that was changed since."""
    before = request.recommended.parameters
    return [
        (name, value_text(before[name]))
        for name, value in request.proposal.parameters.items()
        if name in before and not same(before[name], value)
    ]


def _suggested(request: Request, mine: bool) -> list[Suggested]:
    current, found = request.proposal.parameters, []
    for one in request.suggestions if request.pending else ():
        changes = tuple(
            (name, value_text(current.get(name)), value_text(value))
            for name, value in one.parameters.items()
            if not same(current.get(name), value)
        )
        token = str(Token("adopt", request.id, request.revision.number, str(one.number)))
        found.append(Suggested(one.person, changes, Button("adopt", "Adopt this", token) if mine else None))
    return found


def _more(request: Request, person: Person, row: Row) -> list[Button]:
    """What is needed less often."""
    if not request.pending:
        return []
    number, buttons = request.revision.number, []
    if row.mine:
        buttons.append(Button("changes", "Ask for changes", str(Token("changes", request.id, number))))
        buttons.append(Button("abstain", "Abstain", str(Token("abstain", request.id, number))))
    if request.asked_by(Actor(ActorKind.PERSON, person.id, "web")):
        buttons.append(Button("withdraw", "Withdraw", str(Token("withdraw", request.id, number)), "no"))
    return buttons


def _why_later(request: Request, person: Person, registry: Registry) -> list[Button]:
    """The reasons, for who has voted and may still say why."""
    vote = request.vote_of(person.id)
    if vote is None or registry.policy is None:
        return []
    return [
        Button("why", label, str(Token("why", request.id, vote.revision, code)))
        for code, label in registry.policy.reasons.items()
    ]


def _lines(facts: Sequence[Recorded], reasons: Mapping[str, str], words: Mapping[str, str]) -> list[Line]:
    return story((one.fact for one in facts), reasons, words)


def _proof(facts: Sequence[Recorded]) -> str:
    """The leaf hash of the decision, or of the latest fact: what the audit log is asked for."""
    decided = [one for one in facts if one.fact.type == "Decided"] or list(facts)
    return decided[-1].leaf.hex() if decided else ""
