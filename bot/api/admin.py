"""`/v1/people`, `/v1/keys`, `/v1/policy`, `/v1/stop`: who may do what, and whether anything may be done at all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from bot.api.answers import KeyAnswer, KeysAnswer, MeAnswer, PeopleAnswer, PersonAnswer, PolicyAnswer, StopAnswer
from bot.api.calls import Calls, JsonResponse
from bot.api.models import AwayBody, KeyBody, StopBody
from bot.api.problems import Problem
from bot.api.route import StrictRoute
from bot.api.view import Doc, dump
from bot.ids import digest_of, new_id, new_token, written
from core.canonical import time_text
from core.durations import duration_text
from core.model import ActorKind, Away, Key, Person
from core.policy import Policy, describe
from core.registry import SCOPES, CreateKey, Resume, RevokeKey, SetAway, Stop

_PersonId = Annotated[str, Path(alias="id", pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
_KeyId = Annotated[str, Path(alias="id", pattern=r"^key_[0-9a-z]{1,26}$")]


def _person(person: Person) -> Doc:
    return {
        "id": person.id,
        "name": person.name,
        "roles": sorted(person.roles),
        "skills": sorted(person.skills),
        "admin": person.admin,
        "active": person.active,
        "away_until": time_text(person.away.until) if person.away else None,
        "delegate": person.away.delegate if person.away else None,
    }


def _key(key: Key, token: str | None = None) -> Doc:
    doc: Doc = {
        "id": key.id,
        "kind": key.kind,
        "speaks_for": key.ref,
        "scopes": sorted(key.scopes),
        "label": key.label,
        "created_at": time_text(key.created_at),
        "revoked_at": time_text(key.revoked_at) if key.revoked_at else None,
    }
    return doc if token is None else {**doc, "token": token}


def _policy(policy: Policy, stopped: str | None) -> Doc:
    return {
        "name": policy.name,
        "hash": policy.hash,
        "currency": policy.currency,
        "tiers": {str(tier): name for tier, name in policy.tiers.items()},
        "rules": [
            {
                "name": rule.name,
                "tier": rule.tier,
                "gate": rule.gate,
                "when": rule.when.source if rule.when else None,
                "who": describe(rule.route),
                "quorum": rule.n if rule.quorum == "n" else rule.quorum,
                "four_eyes": rule.four_eyes,
                "expire": duration_text(rule.expire),
                "silence": rule.silence,
                "reasons": dict(rule.reasons),
                "decide_in": "web" if rule.web_only else "chat",
            }
            for rule in policy.rules
        ],
        "limits": [{"name": limit.name, "must": limit.must.source} for limit in policy.limits],
        "reasons": dict(policy.reasons),
        "stopped": stopped,
    }


def admin_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix="/v1", route_class=StrictRoute)
    services = calls.services

    @router.get("/me", response_model=MeAnswer, tags=["people"], summary="Who am I?")
    async def me(request: Request) -> Response:
        caller = calls.caller(request)
        person = services.registry().people.get(caller.actor.ref)
        roles = sorted(person.roles) if person and not caller.is_program else []
        doc = {"kind": caller.actor.kind, "id": caller.actor.ref, "scopes": sorted(caller.scopes), "roles": roles}
        return JsonResponse(dump(doc))

    @router.get("/people", response_model=PeopleAnswer, tags=["people"], summary="Who decides here")
    async def people(request: Request) -> Response:
        caller = calls.caller(request)
        caller.need("read")
        if caller.is_program:
            raise Problem("not_a_person", 403, "People are shown to people.")
        found = sorted(services.registry().people.values(), key=lambda person: person.id)
        return JsonResponse(dump({"items": [_person(person) for person in found]}))

    @router.put("/people/{id}/away", response_model=PersonAnswer, tags=["people"], summary="Be away, or back again")
    async def away(request: Request, person: _PersonId, body: AwayBody) -> Response:
        """One's own, or anybody's for an administrator. A delegate stands in with this person's authority, no more."""
        caller = calls.caller(request)
        caller.need("vote")
        if body.until is None and body.delegate is not None:
            raise Problem("invalid", 422, "A delegate needs an `until`.")
        wanted = Away(body.until, body.delegate) if body.until else None
        await calls.carry_out(SetAway(new_id("cmd"), caller.actor, "", "-", person, wanted))
        return JsonResponse(dump(_person(services.registry().people[person])))

    @router.get("/keys", response_model=KeysAnswer, tags=["keys"], summary="Keys and whom they speak for")
    async def keys(request: Request) -> Response:
        caller = calls.caller(request)
        caller.need("admin")
        found = sorted(services.registry().keys.values(), key=lambda key: key.id)
        return JsonResponse(dump({"items": [_key(key) for key in found]}))

    @router.post("/keys", status_code=201, response_model=KeyAnswer, tags=["keys"], summary="Make a key")
    async def create_key(request: Request, body: KeyBody) -> Response:
        """For one program or one person. The token is in this answer and nowhere else: only its hash is kept."""
        caller = calls.caller(request)
        caller.need("admin")
        if (body.program is None) == (body.person is None):
            raise Problem("invalid", 422, "A key speaks for a `program` or for a `person`: give one of them.")
        if body.person is not None and body.owner is not None:
            raise Problem("invalid", 422, "`owner` goes with `program`.")
        kind = ActorKind.PROGRAM if body.program else ActorKind.PERSON
        token = new_token(kind.value)
        person = services.registry().people.get(body.person or "")
        usual = SCOPES[kind] - (set() if person is not None and person.admin else {"admin"})
        key = Key(
            id=new_id("key"),
            digest=digest_of(token),
            kind=kind,
            ref=body.program or body.person or "",
            scopes=frozenset(body.scopes) if body.scopes is not None else usual,
            created_at=services.clock.now(),
            label=body.label or "",
        )
        await calls.carry_out(CreateKey(new_id("cmd"), caller.actor, "", "-", key, body.owner))
        made = services.registry().keys[key.id]
        return JsonResponse(dump(_key(made, token)), 201, {"Cache-Control": "no-store"})

    @router.post("/keys/{id}/revoke", response_model=KeyAnswer, tags=["keys"], summary="Revoke a key, at once")
    async def revoke(request: Request, key: _KeyId) -> Response:
        caller = calls.caller(request)
        caller.need("admin")
        await calls.carry_out(RevokeKey(new_id("cmd"), caller.actor, "", "-", key))
        return JsonResponse(dump(_key(services.registry().keys[key])))

    @router.get("/policy", response_model=PolicyAnswer, tags=["policy"], summary="The rules in force")
    async def policy(request: Request) -> Response:
        calls.caller(request).need("read")
        registry = services.registry()
        if registry.policy is None:
            raise Problem("not_found", 404, "No policy has been adopted yet.")
        return JsonResponse(dump(_policy(registry.policy, registry.stopped)))

    @router.post("/stop", response_model=StopAnswer, tags=["policy"], summary="Stop: nothing may be claimed")
    async def stop(request: Request, body: StopBody) -> Response:
        """Until it is resumed, over any restart. Deciding goes on; acting does not."""
        caller = calls.caller(request)
        caller.need("admin")
        await calls.carry_out(Stop(new_id("cmd"), caller.actor, "", "-", written(body.why)))
        return JsonResponse(dump({"stopped": services.registry().stopped}))

    @router.post("/resume", response_model=StopAnswer, tags=["policy"], summary="Let claims go on")
    async def resume(request: Request) -> Response:
        caller = calls.caller(request)
        caller.need("admin")
        await calls.carry_out(Resume(new_id("cmd"), caller.actor, "", "-"))
        return JsonResponse(dump({"stopped": services.registry().stopped}))

    return router
