"""The words of Placet as plain values: frozen dataclasses and enums, with no behaviour beyond their own fields.

One word for one thing: `docs/glossary.md` says what each means. Times are aware datetimes in UTC, durations are
timedeltas, money and quantities are `Decimal`; a float never enters here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

Json = Any
"""JSON as Placet reads it: None, bool, int (|n| < 2^53), Decimal, str, list and dict with ASCII keys."""


class Choice(StrEnum):
    """One person's answer to one revision."""

    APPROVE = "approve"
    REJECT = "reject"
    MODIFY = "modify"
    REQUEST_CHANGES = "request_changes"
    ABSTAIN = "abstain"


class Outcome(StrEnum):
    """How a request ended."""

    APPROVED = "approved"
    MODIFIED = "modified"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    ADVISED = "advised"


CLAIMABLE = frozenset({Outcome.APPROVED, Outcome.MODIFIED})


class Gate(StrEnum):
    """What stands before the program: nothing, a notice, or a question."""

    NONE = "none"
    NOTIFY = "notify"
    ASK = "ask"


class QuorumKind(StrEnum):
    ANY = "any"
    ALL = "all"
    MAJORITY = "majority"
    N = "n"


class Silence(StrEnum):
    """What no answer means. `approve` is allowed to tier 1 alone, and only where the policy says so."""

    EXPIRE = "expire"
    APPROVE = "approve"


class ReasonRule(StrEnum):
    """Whether a choice is asked for its reason: `required` means that it does not count without one."""

    OFF = "off"
    ASKED = "asked"
    REQUIRED = "required"


class WouldAgree(StrEnum):
    """*Would the algorithm agree if it knew what you know?*

    `yes`: it lacked data; `no`: it had the data and the person differs; `unsure`.
    """

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class ActorKind(StrEnum):
    PERSON = "person"
    PROGRAM = "program"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and over which surface (`via`: api, web, cli, slack, console, clock, start, ...)."""

    kind: ActorKind
    ref: str
    via: str


@dataclass(frozen=True, slots=True)
class Words:
    """Something a person wrote. The entry holds the commitment alone; text and salt lie in the vault."""

    commitment: str
    text: str | None = None
    salt: bytes = b""


@dataclass(frozen=True, slots=True)
class Away:
    """A person's absence: until when, and who may stand in with this person's own authority, no more."""

    until: datetime
    delegate: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    roles: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    admin: bool = False
    active: bool = True
    declared: bool = True
    """Declared in `placet.yaml` (and kept in step with it), or added while running."""
    away: Away | None = None

    def is_away(self, now: datetime) -> bool:
        return self.away is not None and now < self.away.until


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody on one platform: its own user id, in a workspace where user ids are good only there (Slack's team)."""

    platform: str
    workspace: str
    user: str

    def __str__(self) -> str:
        return ":".join(part for part in (self.platform, self.workspace, self.user) if part)


@dataclass(frozen=True, slots=True)
class Program:
    """Something that asks. Its `owner` (a person's id) is never the second eye on what it proposes."""

    id: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A bearer key, kept as the SHA-256 of a random token. It speaks for one program or for one person."""

    id: str
    digest: str
    kind: ActorKind
    ref: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or a long text that goes with a proposal. `id` is a hash of its bytes; `title` says what it shows."""

    id: str
    title: str = ""
    media_type: str = ""
    width: int = 0
    height: int = 0
    """Of a picture, in pixels; a text has none."""

    @property
    def kind(self) -> str:
        return "picture" if self.media_type.startswith("image/") else "text"


@dataclass(frozen=True, slots=True)
class Similar:
    """How similar requests went before, as the program says: `good` of `count` went well. `words`: similar in what."""

    count: int
    good: int
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is asked. `amount` is in `currency` units; `confidence` lies in 0..1."""

    action: str
    subject: str
    title: str
    summary: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    editable: Mapping[str, Json] | None = None
    confidence: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None
    context: Mapping[str, Json] = field(default_factory=dict)
    valid_for: timedelta | None = None
    valid_while: str | None = None
    act_within: timedelta | None = None
    account: str | None = None
    algorithm: str | None = None
    advisory: bool = False
    attachments: tuple[Attachment, ...] = ()
    similar: Similar | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Whom a rule asks: people named, or with one of the roles; and with all of the skills."""

    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Escalation:
    """When further people are added to the route, and which."""

    at: datetime
    to: Route


@dataclass(frozen=True, slots=True)
class Ruling:
    """The policy's verdict on one revision, frozen when the revision opens."""

    tier: int
    tier_name: str
    gate: Gate
    rule: str
    why: tuple[str, ...]
    policy: str
    """The SHA-256 of the policy that ruled."""
    route: Route
    quorum: QuorumKind
    needed: int
    eligible: int
    expire_at: datetime
    remind_at: datetime | None = None
    escalations: tuple[Escalation, ...] = ()
    silence: Silence = Silence.EXPIRE
    four_eyes: bool = False
    reasons: Mapping[str, ReasonRule] = field(default_factory=dict)
    web_only: bool = False
    act_within: timedelta | None = None
    grace: timedelta | None = None
    """How long a decision by votes can still be taken back before it counts."""
    tiers: int | None = None
    """How many tiers the policy has, so that the highest can be told; rulings of old do not say."""
    broken: tuple[str, ...] = ()
    """The hard limits that the revision breaks as it opens: as it stands nobody can approve it."""

    def reason_rule(self, choice: Choice) -> ReasonRule:
        return self.reasons.get(choice.value, ReasonRule.OFF)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody departed from the recommendation. `words` is the commitment to what they wrote."""

    code: str
    at: datetime
    words: str | None = None
    would_agree: WouldAgree | None = None
    catalogue: int = 1


@dataclass(frozen=True, slots=True)
class Vote:
    person: str
    choice: Choice
    revision: int
    at: datetime
    via: str
    note: str | None = None
    """The commitment to the note, if one was written."""
    reasons: tuple[Reason, ...] = ()
    """Every reason given for this vote, the latest last: earlier ones stay on record."""
    acting_for: str | None = None
    """Whose absence gave this person the authority, if it was not their own."""
    taken_back: datetime | None = None
    """When its author took it back, within the rule's grace. It stays on record and does not count."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A modification by somebody who may not decide it; it waits for someone who may to adopt it."""

    number: int
    person: str
    parameters: Mapping[str, Json]
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One RFC 6902 `replace`, with the old value beside the new one."""

    path: str
    old: Json
    new: Json


@dataclass(frozen=True, slots=True)
class Override:
    """How the decision departs from the recommendation: `refined` (some of it) or `replaced` (all of it)."""

    kind: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    at: datetime
    revision: int
    by: tuple[str, ...] = ()
    why: str | None = None
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to act on a decision, taken once."""

    id: str
    claimant: str
    at: datetime
