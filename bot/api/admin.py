"""`/v1/people`, `/v1/keys`, `/v1/policy`, `/v1/stop`: who may do what, and whether anything may be done at all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from bot.api.answers import PolicyAnswer, StopAnswer
from bot.api.auth import Caller
from bot.api.calls import Calls, JsonResponse
from bot.api.models import AwayBody, KeyBody, StopBody, UnlinkBody
from bot.api.people_answers import KeyAnswer, KeysAnswer, LinkAnswer, MeAnswer, PeopleAnswer, PersonAnswer
from bot.api.problems import Problem
from bot.api.route import StrictRoute
from bot.api.view import Doc, dump
from bot.ids import code_digest, digest_of, new_code, new_id, new_token, written
from core.accounts import CODE_LASTS, Accounts, OfferLink, UnlinkAccount
from core.canonical import time_text
from core.durations import duration_text
from core.model import Account, ActorKind, Away, Key, Person
from core.policy import Policy, describe
from core.registry import SCOPES, CreateKey, Resume, RevokeKey, SetAway, Stop

PersonId = Annotated[str, Path(alias="id", pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
_KeyId = Annotated[str, Path(alias="id", pattern=r"^key_[0-9a-z]{1,26}$")]


def _accounts(accounts: Accounts, person: str) -> list[Doc]:
    return [
        {
            "platform": account.platform,
            "workspace": account.workspace,
            "user": account.user,
            "declared": accounts.links[account].declared,
        }
        for account in accounts.of(person)
    ]


def person_view(person: Person, accounts: Accounts) -> Doc:
    return {
        "id": person.id,
        "name": person.name,
        "roles": sorted(person.roles),
        "skills": sorted(person.skills),
        "admin": person.admin,
        "active": person.active,
        "away_until": time_text(person.away.until) if person.away else None,
        "delegate": person.away.delegate if person.away else None,
        "accounts": _accounts(accounts, person.id),
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
                "grace": duration_text(rule.grace) if rule.grace else None,
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
        registry, me = services.registry(), caller.actor
        person = None if caller.is_program else registry.people.get(me.ref)
        doc = {
            "kind": me.kind,
            "id": me.ref,
            "scopes": sorted(caller.scopes),
            "roles": sorted(person.roles) if person else [],
            "accounts": _accounts(registry.accounts, me.ref) if person else [],
        }
        return JsonResponse(dump(doc))

    @router.get("/people", response_model=PeopleAnswer, tags=["people"], summary="Who decides here")
    async def people(request: Request) -> Response:
        caller = calls.caller(request)
        caller.need("read")
        if caller.is_program:
            raise Problem("not_a_person", 403, "People are shown to people.")
        registry = services.registry()
        found = sorted(registry.people.values(), key=lambda person: person.id)
        return JsonResponse(dump({"items": [person_view(person, registry.accounts) for person in found]}))

    @router.put("/people/{id}/away", response_model=PersonAnswer, tags=["people"], summary="Be away, or back again")
    async def away(request: Request, person: PersonId, body: AwayBody) -> Response:
        """One's own, or anybody's for an administrator. A delegate stands in with this person's authority, no more."""
        caller = calls.caller(request)
        caller.need("vote")
        if body.until is None and body.delegate is not None:
            raise Problem("invalid", 422, "A delegate needs an `until`.")
        wanted = Away(body.until, body.delegate) if body.until else None
        await calls.carry_out(SetAway(new_id("cmd"), caller.actor, "", "-", person, wanted))
        return as_now(person)

    def as_now(person: str) -> Response:
        registry = services.registry()
        return JsonResponse(dump(person_view(registry.people[person], registry.accounts)))

    def who_may_link(request: Request, person: str) -> Caller:
        """For oneself with any token that votes; an account decides in a person's name, so for others `admin`."""
        caller = calls.caller(request)
        caller.need("vote")
        if person != caller.actor.ref:
            caller.need("admin")
        return caller

    @router.post(
        "/people/{id}/link",
        status_code=201,
        response_model=LinkAnswer,
        tags=["people"],
        summary="A code that links an account in a chat",
    )
    async def link(request: Request, person: PersonId) -> Response:
        """For oneself, or for anybody by an administrator. The account that shows it to the bot (`/placet link CODE`)
        is this person's from then on. It works once, for ten minutes, and makes an earlier one useless.
        """
        caller = who_may_link(request, person)
        code = new_code()
        digest = code_digest(code)
        await calls.carry_out(OfferLink(new_id("cmd"), caller.actor, "", "-", person, digest))
        offer = services.registry().accounts.offers.get(digest)
        until = offer.until if offer else services.clock.now() + CODE_LASTS
        return JsonResponse(dump({"code": code, "expires_at": time_text(until)}), 201, {"Cache-Control": "no-store"})

    @router.post("/people/{id}/unlink", response_model=PersonAnswer, tags=["people"], summary="Take an account away")
    async def unlink(request: Request, person: PersonId, body: UnlinkBody) -> Response:
        """One's own, or anybody's for an administrator. What is declared in `placet.yaml` is taken out there."""
        caller = who_may_link(request, person)
        account = Account(body.platform, body.workspace, body.user)
        await calls.carry_out(UnlinkAccount(new_id("cmd"), caller.actor, "", "-", person, account))
        return as_now(person)

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
