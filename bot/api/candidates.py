"""`/v1/patterns` and `/v1/candidates`: what overrides have in common, and what is decided about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.api.auth import Caller
from bot.api.calls import Calls, JsonResponse, answered
from bot.api.matches import scope_of
from bot.api.models import Moment, Note, Subject
from bot.api.problems import Problem, refusal
from bot.api.route import StrictRoute
from bot.api.view import dump
from bot.ids import written
from bot.learning import candidates
from bot.learning.study import Asked as Question
from core.canonical import decode, time_text
from core.errors import Refused
from core.learning.candidates import REASONS, Candidate, Decide, Decision, Status
from core.learning.deciding import Asked
from core.learning.family import Hypothesis, Kind
from core.learning.finding import Finding, Target
from core.learning.proposing import candidate_id
from core.learning.validation import Judged

Id = Annotated[str, Path(alias="id", pattern=r"^cnd_[0-9a-z]{26}$")]
_VISIBLE = r"^[^\x00-\x1f]*$"
_Text = Annotated[str | None, Query(max_length=80, pattern=_VISIBLE)]
_Name = Annotated[str, Field(min_length=1, max_length=80, pattern=_VISIBLE)]


class EstimateAnswer(BaseModel):
    """A number with its interval and its count; null where it is not known, or has no bound."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    undetermined: bool
    method: str


class HypothesisAnswer(BaseModel):
    kind: Literal["edit", "feature", "subject", "weekday", "quarter"]
    name: str


class TargetAnswer(HypothesisAnswer):
    up: bool
    cut: float | None


class PatternAnswer(BaseModel):
    """One habit that was looked for: `counted`, a `hint`, or a `pattern`."""

    candidate: str
    person: str
    program: str
    algorithm: str
    target: TargetAnswer
    level: Literal["counted", "hint", "pattern"]
    title: str
    sentence: str
    standing: str
    evidence: float
    threshold: float | None
    since: str | None
    as_of: str
    effect: EstimateAnswer
    middle: EstimateAnswer | None
    about: list[float] | None
    hits: int
    n: int
    of: int
    elsewhere: list[int]
    days: int
    weeks: int
    weeks_to_go: int | None
    reasons: list[dict[str, Any]]
    unstated: int
    agreement: dict[str, Any]
    explained_by: HypothesisAnswer | None


class PatternsAnswer(BaseModel):
    items: list[PatternAnswer]


class CandidateAnswer(BaseModel):
    """A proposed change. `open_to`: what can be decided about it now, with the codes of the reasons for it."""

    id: str
    version: int
    status: Literal[
        "proposed",
        "deferred",
        "rejected",
        "implement",
        "implemented",
        "validating",
        "extended",
        "kept",
        "rolled_back",
        "modified",
        "inconclusive",
    ]
    person: str
    program: str
    algorithm: str
    target: TargetAnswer
    title: str
    sentence: str
    evidence: float
    hash: str
    plan: dict[str, Any]
    proposed_at: str
    moved_at: str
    by_hand: bool
    open_to: dict[str, dict[str, str]]
    decisions: list[dict[str, Any]]
    until: str | None
    new_algorithm: str | None
    implemented_at: str | None
    next_look: str | None
    verdict: dict[str, Any] | None


class CandidatesAnswer(BaseModel):
    items: list[CandidateAnswer]


class OneCandidateAnswer(CandidateAnswer):
    """With the evidence as it was frozen: the bytes of `snapshot`, canonical (RFC 8785), have the SHA-256 `hash`."""

    snapshot: dict[str, Any]


class DecisionBody(BaseModel):
    """What you decide, and why: one of the codes of `open_to`; `other` wants `words`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"example": {"decision": "implement", "reason": "on_purpose", "version": 1}},
    )

    decision: Literal["implement", "defer", "reject", "deployed", "keep", "roll_back", "modify"]
    reason: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,20}$")] | None = None
    words: Note | None = None
    until: Moment | None = Field(None, description="With `defer`: until when, at most a year.")
    algorithm: Subject | None = Field(
        None, description="With `deployed` (or `implement`): the new version, as the program sends it in `algorithm`."
    )
    version: Annotated[int, Field(ge=1, le=9_999)] | None = Field(
        None, description="The version that you looked at: refused if there is a later one."
    )


class PromoteBody(BaseModel):
    """A hint that you want to have proposed: say whose it is, and which."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"example": {"program": "momentum", "kind": "edit", "name": "expiry"}},
    )

    person: _Name | None = Field(None, description="Yourself if it is left out.")
    program: _Name
    algorithm: _Name = "-"
    kind: Literal["edit", "feature", "subject", "weekday", "quarter"]
    name: _Name


def candidates_router(calls: Calls) -> APIRouter:
    router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["learning"])
    services = calls.services

    @router.get("/patterns", response_model=PatternsAnswer, summary="What overrides have in common")
    async def patterns(
        request: Request,
        person: _Text = None,
        program: _Text = None,
        level: Literal["counted", "hint", "pattern"] | None = None,
    ) -> Response:
        """Everything that was looked for, the strongest first. You see your own, an administrator and the program see
        all of it. What is `counted` or a `hint` is no pattern yet."""
        person, program = scope_of(calls.caller(request), person, program)
        found = (await answered(services.study.asked(Question(person, program)))).findings
        shown = [pattern_view(one) for one in found if level in (None, one.level.value)]
        return JsonResponse(dump({"items": shown}))

    @router.get("/candidates", response_model=CandidatesAnswer, summary="What the algorithm might learn")
    async def listed(
        request: Request, person: _Text = None, program: _Text = None, status: Status | None = None
    ) -> Response:
        """The oldest first. You see your own, an administrator and the program see all of it."""
        person, program = scope_of(calls.caller(request), person, program)
        state = status.value if status is not None else None
        found = await services.read(candidates.find, services.reader, person, program, state)
        texts = await _texts(found)
        return JsonResponse(dump({"items": [candidate_view(one, texts) for one in found]}))

    @router.post("/candidates", status_code=201, response_model=OneCandidateAnswer, summary="Promote a hint by hand")
    async def promote(request: Request, body: PromoteBody) -> Response:
        """By whom it is about. It is marked as such: `by_hand`."""
        caller = calls.caller(request)
        caller.need("vote")
        person, _ = scope_of(caller, body.person or caller.actor.ref, None)
        if person != caller.actor.ref:
            raise Problem("not_entitled", 403, "Only whom a hint is about can say that it is meant.")
        wanted = Hypothesis(Kind(body.kind), body.name)
        for one in (await answered(services.study.asked(Question(person, body.program)))).findings:
            if (one.person, one.program, one.algorithm, one.hypothesis) == (
                person,
                body.program,
                body.algorithm,
                wanted,
            ):
                identity = await calls.identity(request, caller, "promote")
                made = await answered(candidates.promote(services, one, caller.actor, identity))
                return await _shown(made, 201)
        raise Problem("not_found", 404, "Nothing of the kind was counted. `GET /v1/patterns` lists what was.")

    @router.get("/candidates/{id}", response_model=OneCandidateAnswer, summary="Look at a candidate")
    async def look(request: Request, name: Id) -> Response:
        """With the evidence as it was frozen when it was proposed."""
        return await _shown(await _visible(calls.caller(request), name))

    @router.post("/candidates/{id}/decision", response_model=OneCandidateAnswer, summary="Decide about a candidate")
    async def decide(request: Request, name: Id, body: DecisionBody) -> Response:
        """By the person it is about, or an administrator; the program's owner may name the new version. Nothing is
        changed by it: *implement* says that somebody will, and `deployed` that it is done."""
        caller = calls.caller(request)
        caller.need("vote")
        await _visible(caller, name)
        cause, digest = await calls.identity(request, caller, "candidate")
        words = written(body.words) if body.words is not None else None
        asked = Asked(
            Decide(body.decision),
            caller.actor,
            cause,
            body.reason or "",
            until=body.until,
            algorithm=body.algorithm,
            version=body.version,
        )
        return await _shown(await answered(candidates.decided(services, name, asked, digest, words)))

    def may_see(caller: Caller, candidate: Candidate) -> bool:
        me = caller.actor.ref
        if caller.is_program:
            return candidate.program == me
        program = services.registry().programs.get(candidate.program)
        owns = program is not None and program.owner == me
        return "admin" in caller.scopes or owns or candidate.person == me

    async def _visible(caller: Caller, name: str) -> Candidate:
        caller.need("read")
        found = await services.read(candidates.one, services.reader, name)
        if found is None or not may_see(caller, found):
            raise Problem("not_found", 404, "There is no such candidate.")
        return found

    async def _shown(found: Candidate | Refused, status: int = 200) -> Response:
        if isinstance(found, Refused):
            raise refusal(found)
        view = candidate_view(found, await _texts([found]))
        return JsonResponse(dump({**view, "snapshot": decode(found.snapshot)}), status)

    async def _texts(found: Sequence[Candidate]) -> Mapping[str, str]:
        needed = {said.words for one in found for said in one.decisions if said.words}
        return await services.read(services.reader.words, sorted(needed)) if needed else {}

    return router


def pattern_view(one: Finding) -> dict[str, Any]:
    explained = one.explained_by
    return {
        "candidate": candidate_id(one),
        "person": one.person,
        "program": one.program,
        "algorithm": one.algorithm,
        "target": _target(one.target),
        "level": one.level,
        "title": one.title,
        "sentence": one.sentence,
        "standing": one.standing,
        "evidence": one.evidence,
        "threshold": one.threshold,
        "since": one.since,
        "as_of": one.as_of,
        "effect": one.effect.plain(),
        "middle": one.middle.plain() if one.middle else None,
        "about": one.about,
        "hits": one.hits,
        "n": one.n,
        "of": one.of,
        "elsewhere": one.elsewhere,
        "days": one.days,
        "weeks": one.weeks,
        "weeks_to_go": one.weeks_to_go,
        "reasons": [
            {"code": x.code, "hits": x.hits, "of": x.stated, "share": x.share.plain(), "corroborates": x.corroborates}
            for x in one.reasons
        ],
        "unstated": one.unstated,
        "agreement": {
            "yes": one.agreement.yes,
            "no": one.agreement.no,
            "unsure": one.agreement.unsure,
            "asks_for": one.agreement.asks_for or None,
            "sentence": one.agreement.sentence,
        },
        "explained_by": {"kind": explained.kind, "name": explained.name} if explained else None,
    }


def candidate_view(one: Candidate, texts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "version": one.version,
        "status": one.status,
        "person": one.person,
        "program": one.program,
        "algorithm": one.algorithm,
        "target": _target(one.target),
        "title": one.title,
        "sentence": one.sentence,
        "evidence": one.evidence,
        "hash": one.hash,
        "plan": {"primary": one.plan.primary, "exposed": one.plan.exposed, "guardrails": one.plan.guardrails},
        "proposed_at": time_text(one.proposed_at),
        "moved_at": time_text(one.moved_at),
        "by_hand": one.by_hand,
        "open_to": {choice.value: dict(REASONS[choice]) for choice in one.open_to},
        "decisions": [_decision(said, texts) for said in one.decisions],
        "until": _time(one.until),
        "new_algorithm": one.new_algorithm,
        "implemented_at": _time(one.implemented_at),
        "next_look": _time(one.next_look),
        "verdict": _judged(one.verdict) if one.verdict else None,
    }


def _target(target: Target) -> dict[str, Any]:
    return {"kind": target.kind, "name": target.name, "up": target.up, "cut": target.cut}


def _decision(one: Decision, texts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "decision": one.choice,
        "by": one.by,
        "at": time_text(one.at),
        "via": one.via,
        "reason": one.reason or None,
        "words": texts.get(one.words) if one.words else None,
        "until": _time(one.until),
        "algorithm": one.algorithm,
    }


def _judged(one: Judged) -> dict[str, Any]:
    return {
        "verdict": one.verdict,
        "week": one.week,
        "before": {"hits": one.before.hits, "n": one.before.n},
        "after": {"hits": one.after.hits, "n": one.after.n},
        "fewer": one.fewer,
        "more": one.more,
        "broken": one.broken,
        "why": one.why,
    }


def _time(moment: datetime | None) -> str | None:
    return time_text(moment) if moment is not None else None
