"""The platform-neutral face of a request: what people read, in this order, on every surface.

Tier mark and title; who asks; the parameters; what the algorithm says and how sure it is; what the rules say; the time
left; the buttons. After the decision: no buttons, but who, what, when and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.canonical import encode, plain_decimal, sha256
from core.durations import in_words
from core.model import Actor, ActorKind, Gate, Json, Proposal, QuorumKind, Ruling, Vote
from core.policy import describe
from core.request import Request
from core.text import cut
from core.wording import outcome_sentence

LONGEST_VALUE = 300
MARKS = ("○", "◐", "●")


@dataclass(frozen=True, slots=True)
class Field:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Button:
    """`verb` is what a tap carries; `label` what it says."""

    verb: str
    label: str


@dataclass(frozen=True, slots=True)
class Card:
    """`whole` says whether every parameter is shown in full: what is not cannot be approved blind."""

    request: str
    revision: int
    version: int
    mark: str
    title: str
    asker: str
    parameters: tuple[Field, ...]
    says: str
    rules: str
    left: str
    votes: tuple[str, ...]
    buttons: tuple[Button, ...]
    outcome: str | None
    whole: bool


def of(request: Request, now: datetime) -> Card:
    """The card of a request as it stands at `now`."""
    proposal, ruling = request.proposal, request.ruling
    before = request.recommended.parameters
    fields = tuple(Field(name, value_text(value, before.get(name))) for name, value in proposal.parameters.items())
    return Card(
        request=request.id,
        revision=request.revision.number,
        version=request.version,
        mark=mark(ruling),
        title=proposal.title,
        asker=asker_text(request.asker, proposal),
        parameters=tuple(Field(field.label, cut(field.value, LONGEST_VALUE)) for field in fields),
        says=says(proposal),
        rules=rules(ruling),
        left=time_left(request, now),
        votes=tuple(_vote(v) for v in request.counted()),
        buttons=_buttons(request),
        outcome=outcome_sentence(request),
        whole=is_whole(proposal),
    )


def face_hash(asker: Actor, proposal: Proposal, ruling: Ruling, revision: int) -> str:
    """The SHA-256 of what every card of a revision is made of, before any surface cuts it: votes are bound to it."""
    parameters = [[name, value_text(value)] for name, value in proposal.parameters.items()]
    face = [
        revision,
        mark(ruling),
        proposal.title,
        asker_text(asker, proposal),
        parameters,
        says(proposal),
        rules(ruling),
    ]
    return sha256(encode(face))


def mark(ruling: Ruling) -> str:
    """The tier as a shape and a word, never as colour alone."""
    return f"{MARKS[min(ruling.tier, len(MARKS)) - 1]} {ruling.tier_name}"


def asker_text(asker: Actor, proposal: Proposal) -> str:
    who = f"{asker.ref} asks" if asker.kind is ActorKind.PROGRAM else f"{asker.ref} (a person) asks"
    return f"{who}: {proposal.action} · {proposal.subject}"


def value_text(value: Json, before: Json = None) -> str:
    """A parameter's value; with the recommended one where it was changed (old → new)."""
    text = _plain(value)
    if before is not None and (was := _plain(before)) != text:
        return f"{was} → {text}"
    return text


def _plain(value: Json) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    return str(value)


def says(proposal: Proposal) -> str:
    """What the algorithm says and how sure it is."""
    parts = []
    if proposal.confidence is not None:
        parts.append(f"{(proposal.confidence * 100).normalize():f} % sure")
    if proposal.amount is not None:
        parts.append(f"{plain_decimal(proposal.amount)} {proposal.currency or ''}".strip())
    if proposal.algorithm:
        parts.append(proposal.algorithm)
    if proposal.summary:
        parts.append(proposal.summary)
    return " · ".join(parts)


def rules(ruling: Ruling) -> str:
    """Which rule asks, why, and whom."""
    why = "; ".join(ruling.why)
    if ruling.gate is not Gate.ASK:
        return f"{ruling.rule}: {why}"
    asked = describe(ruling.route)
    match ruling.quorum:
        case QuorumKind.ANY:
            anybody = "any " if ruling.route.roles else ""
            return f"{ruling.rule}: {why} – {anybody}{asked} decides"
        case QuorumKind.ALL:
            quorum = f"all {ruling.needed} of {asked}"
        case QuorumKind.MAJORITY:
            quorum = f"a majority of {asked}, {ruling.needed} of {ruling.eligible},"
        case _:
            quorum = f"{ruling.needed} of {asked}"
    return f"{ruling.rule}: {why} – {quorum} decide"


def time_left(request: Request, now: datetime) -> str:
    if request.decision is not None:
        return ""
    left = f"{in_words(request.ruling.expire_at - now)} left"
    return f"{left} – {request.blocked}" if request.blocked else left


def _vote(vote: Vote) -> str:
    stands_in = f" (for {vote.acting_for})" if vote.acting_for else ""
    return f"{vote.person}{stands_in}: {vote.choice.value.replace('_', ' ')}"


def is_whole(proposal: Proposal) -> bool:
    """Whether a card shows every parameter in full. What it does not show cannot be approved from it."""
    return all(len(value_text(value)) <= LONGEST_VALUE for value in proposal.parameters.values())


def _buttons(request: Request) -> tuple[Button, ...]:
    if not request.pending:
        return ()
    buttons = [Button("approve", "Approve")] if is_whole(request.proposal) else []
    buttons.append(Button("reject", "Reject"))
    if request.proposal.editable:
        buttons.append(Button("modify", "Modify"))
    return tuple(buttons)
