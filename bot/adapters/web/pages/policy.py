"""The rules in force in plain words; a proposal tried on them; a copy of them tried on what was asked lately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.parse import FIELD
from bot.adapters.web.ruled import Clause, Ruled, ruled
from bot.adapters.web.tried import JSON, WHO, fields_of, summary_of, tried
from bot.adapters.web.web import Web
from bot.policy_text import policy_text
from bot.yaml_document import ConfigError, read_document
from core import people as who
from core.card import MARKS, level, level_of, mark
from core.codec_registry import read_registry_event
from core.errors import PolicyError
from core.model import Actor, ActorKind, Gate, Person
from core.policy import Policy, Rule
from core.policy_document import read_policy
from core.policy_words import Said, about_inputs, about_rule, clauses, condition
from core.ports import Reader
from core.registry import PolicyAdopted, Registry, stream_of
from core.request import Request as Asked
from core.scratch import Comparison, compare

COMPARED = 100
"""Requests, the latest, on which a copy is tried."""
LONGEST_COPY = 100_000
_STRETCH, _STRETCHES = 1_000, 20
"""Facts of the journal that are looked through at once for what was asked, and how often."""
_BY_HAND, _SOMEBODY = "me", "program:"


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule in words. `tier`: its level, which has a colour; `deciders`: whom it asks as things are now."""

    tier: int
    mark: str
    name: str
    asks: bool
    clauses: tuple[Clause, ...]
    said: tuple[Said, ...]
    deciders: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class LimitShown:
    """A hard limit, and what must hold under it."""

    name: str
    clause: Clause


def routes(web: Web) -> list[Route]:
    services = web.services

    async def rules(request: Request, visitor: Visitor) -> Response:
        registry = services.registry()
        policy = registry.policy
        if policy is None:
            return _none(web, request, visitor)
        document = await services.read(adopted, services.reader)
        return web.page(
            request,
            visitor,
            "policy.html",
            policy=policy,
            rules=[_rule_shown(rule, policy, registry) for rule in policy.rules],
            limits=[LimitShown(one.name, _clause(one.must.source, policy)) for one in policy.limits],
            inputs=about_inputs(policy, document),
            faults=[str(fault) for fault in policy.faults(registry.people, registry.programs)],
            highest=policy.tiers[max(policy.tiers)],
        )

    async def trying(request: Request, visitor: Visitor) -> Response:
        return await _try(request, visitor, {})

    async def tries(request: Request, visitor: Visitor, form: FormData) -> Response:
        return await _try(request, visitor, _values(form))

    async def _try(request: Request, visitor: Visitor, values: Mapping[str, str]) -> Response:
        registry, now = services.registry(), services.clock.now()
        policy = registry.policy
        if policy is None:
            return _none(web, request, visitor)
        verdict: Ruled | None = None
        about: tuple[tuple[str, str], ...] = ()
        wrong: dict[str, str] = {}
        if values:
            one = tried(policy, values)
            wrong = dict(one.wrong)
            if one.proposal is not None:
                proposal, asker = one.proposal, _asker(values.get(WHO, ""), visitor.person, registry)
                ruling = policy.rule(proposal, proposal.context, asker, 1, registry.people, registry.programs, now, now)
                verdict = ruled(ruling, policy, proposal, asker, registry)
                about = summary_of(proposal) if values.get(JSON, "").strip() else ()
        fields = fields_of(policy, values, wrong)
        known = {JSON, *(one.name for one in fields)}
        return web.page(
            request,
            visitor,
            "policy_try.html",
            422 if wrong else 200,
            policy=policy,
            fields=fields,
            stray=[f"{name} {what}" for name, what in wrong.items() if name not in known],
            askers=_askers(registry),
            chosen=values.get(WHO, _SOMEBODY),
            pasted=values.get(JSON, ""),
            pasted_error=wrong.get(JSON, ""),
            verdict=verdict,
            about=about,
        )

    async def scratch(request: Request, visitor: Visitor) -> Response:
        if services.registry().policy is None:
            return _none(web, request, visitor)
        document = await services.read(adopted, services.reader)
        return web.page(request, visitor, "policy_scratch.html", **_nothing_compared(policy_text(document)))

    async def scratched(request: Request, visitor: Visitor, form: FormData) -> Response:
        registry = services.registry()
        if registry.policy is None:
            return _none(web, request, visitor)
        text = str(form.get("policy", "")).replace("\r\n", "\n")
        said = _nothing_compared(text)
        try:
            if len(text) > LONGEST_COPY:
                raise ConfigError("your copy", None, f"longer than {LONGEST_COPY} characters")
            copy = await services.read(_read_copy, text)
            requests = await services.read(lately_asked, services.reader, COMPARED)
        except ConfigError as problem:
            return web.page(request, visitor, "policy_scratch.html", 422, **said | {"error": str(problem)})
        outcome: Comparison = await services.read(
            compare, registry.policy, copy, requests, registry.people, registry.programs
        )
        said |= {
            "outcome": outcome,
            "same_rules": copy.hash == registry.policy.hash,
            "faults": [str(fault) for fault in copy.faults(registry.people, registry.programs)],
        }
        return web.page(request, visitor, "policy_scratch.html", **said)

    return [
        web.shown("/policy", rules),
        web.shown("/policy/try", trying),
        web.sent("/policy/try", tries),
        web.shown("/policy/scratch", scratch),
        web.sent("/policy/scratch", scratched),
    ]


def _none(web: Web, request: Request, visitor: Visitor) -> Response:
    return web.refusal(request, visitor, 503, "Not now", "Placet is only just starting: try again in a moment.")


def _nothing_compared(text: str) -> dict[str, Any]:
    return {"text": text, "error": "", "outcome": None, "same_rules": False, "faults": [], "mark": mark,
            "level": level, "most": COMPARED}  # fmt: skip


def _values(form: FormData) -> dict[str, str]:
    """What was filled in, by the name of the field."""
    return {name.removeprefix(FIELD): value for name, value in form.items() if isinstance(value, str)}


def _rule_shown(rule: Rule, policy: Policy, registry: Registry) -> RuleShown:
    number = level_of(rule.tier, max(policy.tiers))
    sources = clauses(rule.when.source) if rule.when is not None else ()
    return RuleShown(
        tier=number,
        mark=f"{MARKS[number - 1]} {policy.tiers[rule.tier]}",
        name=rule.name,
        asks=rule.gate is Gate.ASK,
        clauses=tuple(_clause(source, policy) for source in sources),
        said=about_rule(rule),
        deciders=tuple(p for p in registry.people.values() if p.active and who.fits(p, rule.route)),
    )


def _clause(source: str, policy: Policy) -> Clause:
    return Clause(source, condition(source, policy.currency))


def _askers(registry: Registry) -> list[tuple[str, str]]:
    """Who may be thought to ask: value and label."""
    programs = [(f"{_SOMEBODY}{name}", f"the program {name}") for name in sorted(registry.programs)]
    return [(_SOMEBODY, "some program"), *programs, (_BY_HAND, "you, by hand")]


def _asker(chosen: str, visitor: Person, registry: Registry) -> Actor:
    if chosen == _BY_HAND:
        return Actor(ActorKind.PERSON, visitor.id, "web")
    name = chosen.removeprefix(_SOMEBODY)
    return Actor(ActorKind.PROGRAM, name if name in registry.programs else "", "api")


def adopted(reader: Reader) -> Mapping[str, Any]:
    """The policy in force as it was written. Reads the database."""
    facts = reader.history(stream_of(PolicyAdopted({}, "")))
    if not facts:
        return {}
    event = read_registry_event(facts[-1].fact.type, facts[-1].fact.body, {})
    return event.document if isinstance(event, PolicyAdopted) else {}


def lately_asked(reader: Reader, most: int) -> list[Asked]:
    """The requests that were opened last. Reads the database."""
    end, found = reader.position(), dict[str, None]()
    for _ in range(_STRETCHES):
        begin = max(0, end - _STRETCH)
        opened = [one.stream for one in reader.journal(begin, _STRETCH) if one.fact.type == "Opened"]
        found = dict.fromkeys(opened) | found
        if len(found) >= most or begin == 0:
            break
        end = begin
    return list(reader.requests(list(found)[-most:]).values())


def _read_copy(text: str) -> Policy:
    """An edited copy, read as the file itself would be. Raises ConfigError with the line of the mistake."""
    document = read_document("your copy", text)
    try:
        return read_policy(document.value)
    except PolicyError as problem:
        raise document.fault(problem.path, str(problem)) from problem
