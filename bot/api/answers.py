"""The shapes of what the API answers, for its OpenAPI document. The answers themselves are made in `view.py`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Outcome = Literal["approved", "modified", "rejected", "changes_requested", "expired", "lapsed", "cancelled", "advised"]


class ProblemField(BaseModel):
    field: str
    message: str


class ProblemDocument(BaseModel):
    """RFC 9457. `code` is stable; test it, and show `detail` to people."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:placet:problem:stale_revision",
                "title": "Not as things stand",
                "status": 409,
                "detail": "This is about revision 1, and revision 2 is now asked: look at it and decide again.",
                "code": "stale_revision",
                "instance": "/v1/requests/req_01kb/votes",
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[ProblemField] = []


class AskerAnswer(BaseModel):
    kind: Literal["program", "person", "system"]
    id: str


class RouteAnswer(BaseModel):
    roles: list[str]
    people: list[str]
    skills: list[str]


class QuorumAnswer(BaseModel):
    kind: Literal["any", "all", "majority", "n"]
    needed: int
    eligible: int


class EscalationAnswer(BaseModel):
    at: str
    to: RouteAnswer


class RulingAnswer(BaseModel):
    tier: int
    tier_name: str
    gate: Literal["none", "notify", "ask"]
    rule: str
    why: list[str]
    policy: str
    route: RouteAnswer
    quorum: QuorumAnswer
    four_eyes: bool
    reasons: dict[str, Literal["off", "asked", "required"]]
    decide_in: Literal["chat", "web"]
    remind_at: str | None
    escalations: list[EscalationAnswer]
    expire_at: str
    silence: Literal["expire", "approve"]


class ReasonAnswer(BaseModel):
    code: str
    at: str
    words: str | None = None
    would_agree: Literal["yes", "no", "unsure"] | None = None


class VoteAnswer(BaseModel):
    person: str
    choice: Literal["approve", "reject", "modify", "request_changes", "abstain"]
    revision: int
    at: str
    via: str
    counts: bool
    reasons: list[ReasonAnswer]
    note: str | None = None
    acting_for: str | None = None


class SuggestionAnswer(BaseModel):
    number: int
    person: str
    parameters: dict[str, Any]
    at: str


class DecisionAnswer(BaseModel):
    outcome: Outcome
    at: str
    revision: int
    by: list[str]
    why: str | None
    override: dict[str, Any] | None = None
    act_by: str | None = None


class ClaimAnswer(BaseModel):
    id: str
    claimant: str
    at: str


class RequestAnswer(BaseModel):
    """A request as it stands."""

    id: str
    key: str | None
    status: Literal["pending"] | Outcome
    asker: AskerAnswer
    created_at: str
    version: int
    revision: int
    hash: str
    proposal: dict[str, Any]
    context: dict[str, Any]
    ruling: RulingAnswer
    votes: list[VoteAnswer]
    suggestions: list[SuggestionAnswer]
    escalated: int
    blocked: str | None
    replaces: str | None
    iteration: int
    decision: DecisionAnswer | None
    claim: ClaimAnswer | None


class PageAnswer(BaseModel):
    """`cursor` leads to the next page; null means that this is the last."""

    items: list[RequestAnswer]
    cursor: str | None
    counts: dict[str, int] | None = None


class EventAnswer(BaseModel):
    """A fact as recorded: its place in the journal, and the RFC 6962 leaf hash of its bytes."""

    position: int
    stream: str
    seq: int
    type: str
    at: str
    actor: dict[str, str]
    leaf: str
    body: dict[str, Any]


class EventsAnswer(BaseModel):
    items: list[EventAnswer]


class PersonAnswer(BaseModel):
    id: str
    name: str
    roles: list[str]
    skills: list[str]
    admin: bool
    active: bool
    away_until: str | None
    delegate: str | None


class PeopleAnswer(BaseModel):
    items: list[PersonAnswer]


class KeyAnswer(BaseModel):
    """`token` is shown once, when the key is made."""

    id: str
    kind: Literal["program", "person"]
    speaks_for: str
    scopes: list[str]
    label: str
    created_at: str
    revoked_at: str | None
    token: str | None = None


class KeysAnswer(BaseModel):
    items: list[KeyAnswer]


class MeAnswer(BaseModel):
    kind: Literal["program", "person"]
    id: str
    scopes: list[str]
    roles: list[str]


class PolicyAnswer(BaseModel):
    name: str
    hash: str
    currency: str | None
    tiers: dict[str, str]
    rules: list[dict[str, Any]]
    limits: list[dict[str, str]]
    reasons: dict[str, str]
    stopped: str | None


class StopAnswer(BaseModel):
    stopped: str | None


class HealthAnswer(BaseModel):
    status: Literal["ok"]


class ReadyAnswer(BaseModel):
    """`channels` names those that do not take messages now, and why."""

    status: Literal["ok", "unavailable"]
    database: str
    channels: dict[str, str]
