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
    grace: str | None
    broken: list[str]
    tiers: int | None


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
    taken_back_at: str | None = None


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


REQUEST_EXAMPLE: dict[str, Any] = {
    "id": "req_01m7xmjsfz89baewvj6q7e9ph4",
    "key": "2012-01-03/AAPL/sell_call",
    "status": "modified",
    "settles_at": None,
    "settles_as": None,
    "asker": {"kind": "program", "id": "momentum"},
    "created_at": "2026-11-20T15:14:00.000000Z",
    "version": 4,
    "revision": 2,
    "changes": [{"op": "replace", "path": "/parameters/strike", "old": 425.0, "value": 430.0}],
    "hash": "467316fc275135e7b04be9db9851c1d4378bd0166e1b863a345f5a631e3f8c06",
    "proposal": {
        "action": "sell_call",
        "subject": "AAPL",
        "title": "Sell 1 AAPL 20 Jan 425 call at 2.36",
        "parameters": {"strike": 430.0, "expiry": "2012-01-20", "quantity": 1, "premium": 2.36},
        "confidence": 0.64,
        "amount": "41606.80",
        "advisory": False,
    },
    "context": {"spot": 411.23, "vix": 20.9},
    "ruling": {
        "tier": 2,
        "tier_name": "notable",
        "gate": "ask",
        "rule": "notable",
        "why": ["amount > 25000 (amount is 41606.8)"],
        "policy": "9a8b9421fa945d98b5ac2ac9c2b33c4b53c0d3b1d7f24a3a7cf5b9b0e5a0c1d2",
        "route": {"roles": ["owner"], "people": [], "skills": []},
        "quorum": {"kind": "any", "needed": 1, "eligible": 1},
        "four_eyes": False,
        "reasons": {"reject": "asked", "modify": "asked"},
        "decide_in": "chat",
        "remind_at": "2026-11-20T18:26:00.000000Z",
        "escalations": [],
        "expire_at": "2026-11-20T19:14:00.000000Z",
        "silence": "expire",
        "grace": None,
        "broken": [],
        "tiers": 3,
    },
    "votes": [
        {
            "person": "you",
            "choice": "modify",
            "revision": 2,
            "at": "2026-11-20T15:16:08.000000Z",
            "via": "api",
            "counts": True,
            "reasons": [{"code": "price", "at": "2026-11-20T15:16:20.000000Z", "would_agree": "yes"}],
        }
    ],
    "suggestions": [],
    "escalated": 0,
    "blocked": None,
    "replaces": None,
    "iteration": 1,
    "decision": {
        "outcome": "modified",
        "at": "2026-11-20T15:16:08.000000Z",
        "revision": 2,
        "by": ["you"],
        "why": None,
        "override": {
            "kind": "refined",
            "changes": [{"op": "replace", "path": "/parameters/strike", "old": 425.0, "value": 430.0}],
        },
    },
    "claim": None,
}


class AttachmentAnswer(BaseModel):
    """What was uploaded, as it was written anew. A text has no width and no height."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"id": f"att_{'5e' * 32}", "media_type": "image/png", "width": 1280, "height": 720}
        }
    )

    id: str
    media_type: Literal["image/png", "image/jpeg", "text/plain"]
    width: int
    height: int


class RequestAnswer(BaseModel):
    """A request as it stands."""

    id: str
    key: str | None
    status: Literal["pending"] | Outcome
    settles_at: str | None
    """When it counts what the votes have decided (`settles_as`), unless one of them is taken back."""
    settles_as: Outcome | None
    asker: AskerAnswer
    created_at: str
    version: int
    revision: int
    hash: str
    changes: list[dict[str, Any]]
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
    """`channels` names those that do not take messages now, and why. `platforms` says of each that is configured `ok`,
    `standby: …` (another process serves it), or why it brings no taps.
    """

    status: Literal["ok", "unavailable"]
    database: str
    channels: dict[str, str]
    platforms: dict[str, str]
