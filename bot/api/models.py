"""What programs and people send, field by field. Unknown fields are refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from bot.api.body import free_values
from core.attachments import LONGEST_TEXT, LONGEST_TITLE, MOST_PICTURES, MOST_TEXTS, PATTERN
from core.durations import parse_duration
from core.expressions import compiled
from core.forms import schema_fault
from core.model import Proposal, Similar
from core.text import fault, normal

_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,12})?")


def _text(longest: int, *, lines: bool = False, joiners: bool = False) -> Callable[[str], str]:
    def check(value: str) -> str:
        value = normal(value)
        if what := fault(value, longest=longest, lines=lines, joiners=joiners):
            raise ValueError(what)
        if not value.strip():
            raise ValueError("is empty")
        return value

    return check


def _amount(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError('must be a decimal in quotes, as in "41123.00"')
    if isinstance(value, str):
        if not _AMOUNT.fullmatch(value):
            raise ValueError('must be a decimal without sign or separators, as in "41123.00"')
        return Decimal(value)
    number = Decimal(value)
    if number < 0:
        raise ValueError("must not be negative")
    if not _AMOUNT.fullmatch(format(number, "f")):
        raise ValueError("has too many digits (18 before the point, 12 behind it)")
    return number


def _confidence(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("must be a number from 0 to 1")
    if not 0 <= value <= 1:
        hint = f"; {value} per cent is {Decimal(value) / 100}" if 1 < value <= 100 else ""
        raise ValueError(f"must lie between 0 and 1{hint}")
    return Decimal(value)


def _duration(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a duration such as PT4H")
    return parse_duration(value)


def _expression(value: str) -> str:
    compiled(value)
    return value


def _moment(value: Any) -> Any:
    if isinstance(value, str) and len(value) <= 40:
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("must be a time with its zone, as in 2026-11-20T09:00:00Z")


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
Title = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_text(200))]
Caption = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE), AfterValidator(_text(LONGEST_TITLE))]
Subject = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_text(80))]
Key = Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]
Summary = Annotated[str, Field(min_length=1, max_length=3_000), AfterValidator(_text(3_000, lines=True))]
Note = Annotated[str, Field(min_length=1, max_length=3_000), AfterValidator(_text(3_000, lines=True, joiners=True))]
Free = Annotated[dict[str, Any], AfterValidator(free_values)]
Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,18}(\.[0-9]{1,12})?$", "examples": ["41123.00"]}),
]
Confidence = Annotated[
    Decimal, BeforeValidator(_confidence), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "examples": ["PT4H", "P1D"], "description": "ISO 8601, at most a year"}),
]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
RequestId = Annotated[str, Field(pattern=r"^req_[0-9a-z]{1,26}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,10}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AttachmentBody(_Body):
    """Something that was uploaded, or that is given right here: one of `id`, `text` and `data`."""

    id: Annotated[str, Field(pattern=PATTERN)] | None = None
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] | None = None
    data: Annotated[str, Field(min_length=1)] | None = Field(None, description="A picture's bytes in Base64.")
    title: Caption | None = Field(None, description="What it shows: who cannot see the picture hears this.")

    @model_validator(mode="after")
    def _one(self) -> AttachmentBody:
        if sum(given is not None for given in (self.id, self.text, self.data)) != 1:
            raise ValueError("holds one of `id` (of an upload), `text` and `data`")
        return self


def _named(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


Attached = Annotated[
    AttachmentBody,
    BeforeValidator(_named),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": PATTERN}, AttachmentBody.model_json_schema()]}),
]


class SimilarBody(_Body):
    """How similar requests went before: `good` of `count` went well."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": {"count": 42, "good": 31}})

    count: Annotated[int, Field(ge=0, le=1_000_000_000)]
    good: Annotated[int, Field(ge=0, le=1_000_000_000)]
    words: Caption | None = Field(None, description="Similar in what, and since when.")

    @model_validator(mode="after")
    def _no_more_than_all(self) -> SimilarBody:
        if self.good > self.count:
            raise ValueError("has more that went well (`good`) than there were (`count`)")
        return self


class SubmitBody(_Body):
    """What a program proposes."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {
                "key": "2012-01-03/AAPL/sell_call",
                "action": "sell_call",
                "subject": "AAPL",
                "title": "Sell 1 AAPL 20 Jan 425 call at 2.36",
                "parameters": {"strike": 425.0, "expiry": "2012-01-20", "quantity": 1, "premium": 2.36},
                "editable": {"properties": {"quantity": {"type": "integer", "minimum": 1, "maximum": 5}}},
                "confidence": 0.64,
                "amount": "41123.00",
                "currency": "USD",
                "context": {"spot": 411.23, "vix": 20.9},
                "valid_for": "PT4H",
                "valid_while": "context.spot > 400.0",
            }
        },
    )

    key: Key | None = Field(None, description="Your own name for it: the same key and body give the same request.")
    action: Subject
    subject: Subject
    title: Title
    summary: Summary | None = None
    parameters: Free = Field(default_factory=dict)
    editable: Free | None = Field(None, description="JSON Schema of the parameters that people may change.")
    confidence: Confidence | None = None
    amount: Amount | None = None
    currency: Currency | None = Field(None, description="The policy's, if it is left out.")
    context: Free = Field(default_factory=dict)
    valid_for: Duration | None = None
    valid_while: Annotated[str, Field(max_length=500), AfterValidator(_expression)] | None = Field(
        None, description="CEL over context and parameters; when it fails, the request lapses."
    )
    act_within: Duration | None = None
    account: Subject | None = None
    algorithm: Subject | None = None
    advisory: bool = False
    replaces: RequestId | None = Field(None, description="The request for which changes were asked.")
    attachments: Annotated[list[Attached], Field(max_length=MOST_PICTURES + MOST_TEXTS)] = Field(
        default_factory=list, description="Up to three pictures and one text: ids of uploads, or the things themselves."
    )
    similar: SimilarBody | None = None

    def proposal(self) -> Proposal:
        return Proposal(
            action=self.action,
            subject=self.subject,
            title=self.title,
            summary=self.summary,
            parameters=self.parameters,
            editable=self.editable,
            confidence=self.confidence,
            amount=self.amount,
            currency=self.currency,
            context=self.context,
            valid_for=self.valid_for,
            valid_while=self.valid_while,
            act_within=self.act_within,
            account=self.account,
            algorithm=self.algorithm,
            advisory=self.advisory,
            similar=Similar(self.similar.count, self.similar.good, self.similar.words) if self.similar else None,
        )

    def fault(self) -> tuple[str, str] | None:
        """What pydantic cannot say: the editable schema against the parameters. (field, message) or None."""
        if self.editable is None:
            return None
        refused = schema_fault(self.editable, self.parameters)
        return (refused.field or "editable", refused.detail) if refused else None


class ReasonBody(_Body):
    """Why somebody departs from the recommendation."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"code": "timing", "would_agree": "yes"}}
    )

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,20}$")]
    words: Note | None = None
    would_agree: Literal["yes", "no", "unsure"] | None = Field(
        None, description="Would the algorithm agree if it knew what you know? `yes`: it lacked data."
    )


class ReasonAfterwardsBody(ReasonBody):
    """A reason, and for which vote if you voted more than once."""

    revision: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class VoteBody(_Body):
    """One person's answer to one revision."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {"choice": "modify", "revision": 1, "parameters": {"quantity": 2}, "reason": {"code": "size"}}
        },
    )

    choice: Literal["approve", "reject", "modify", "request_changes", "abstain"]
    revision: Annotated[int, Field(ge=1, le=1_000_000)]
    parameters: Free | None = None
    adopt: Annotated[int, Field(ge=1, le=1_000)] | None = Field(None, description="The number of a suggestion.")
    reason: ReasonBody | None = None
    note: Note | None = None


class TakeBackBody(_Body):
    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": {"revision": 1}})

    revision: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="The revision that you voted on; the current one, if left out."
    )


class CancelBody(_Body):
    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": {"why": "the signal is gone"}})

    why: Title | None = None


class ContextBody(_Body):
    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": {"context": {"spot": 398.2}}})

    context: Free


class ClaimBody(_Body):
    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": {"claimant": "executor-1"}})

    claimant: Annotated[str, Field(pattern=r"^[!-~]{1,80}$")] | None = Field(
        None, description="Who acts; the same claimant asking again gets the same claim. Left out: a new one each time."
    )
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="The revision you mean to act on; another one is refused."
    )


class AwayBody(_Body):
    """Until when, and who may stand in. `until` null: back again."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"until": "2099-01-01T09:00:00Z"}}
    )

    until: Moment | None = None
    delegate: Slug | None = None


class UnlinkBody(_Body):
    """An account as `GET /v1/people` shows it."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"example": {"platform": "slack", "workspace": "T012AB34C", "user": "U345CD67E"}},
    )

    platform: Literal["slack", "discord", "telegram"]
    workspace: Annotated[str, Field(pattern=r"^[A-Z0-9]{0,24}$")] = Field("", description="Slack's team.")
    user: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,24}$")]


class SessionBody(_Body):
    """Which session, as `GET /v1/people/{id}/sessions` shows it; null: all of them."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": {"session": "3f9a1c0b7d2e"}})

    session: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")] | None


class InviteBody(_Body):
    """Who is to come, and as what. An administrator is made expressly, or not at all."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"id": "gina", "name": "Gina", "roles": ["trader"]}}
    )

    id: Slug
    name: Subject
    roles: list[Slug] = Field([], max_length=20)
    skills: list[Slug] = Field([], max_length=20)
    admin: bool = False


class KeyBody(_Body):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"example": {"program": "momentum", "owner": "you", "scopes": ["submit", "read", "claim"]}},
    )

    program: Slug | None = None
    person: Slug | None = None
    owner: Slug | None = Field(None, description="The person behind a new program.")
    scopes: list[Literal["submit", "read", "claim", "vote", "admin"]] | None = None
    label: Title | None = None


class StopBody(_Body):
    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"why": "the price feed is wrong"}}
    )

    why: Title
