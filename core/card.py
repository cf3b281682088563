"""The platform-neutral face of a request: what people read, in this order, on every surface.

Tier mark and title; who asks; the parameters; what the algorithm says and how sure it is; what the rules say; the time
left; the buttons. After the decision: no buttons, but who, what, when and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from core import attachments
from core.canonical import encode, plain_decimal, sha256
from core.model import CLAIMABLE, Actor, ActorKind, Gate, Json, Proposal, QuorumKind, Ruling, Silence, Similar, Vote
from core.policy import describe
from core.request import Request
from core.settling import settling
from core.text import cut, units
from core.token import Token
from core.wording import outcome_sentence, settling_sentence

LONGEST_VALUE = 300
MOST_PARAMETERS = 25
LONGEST_PARAMETERS = 2_400
"""UTF-16 units in all names and values together, so that they fit into one message of every platform with the rest."""
MARKS = ("○", "◐", "●")
SEE = "See it on the web"
"""What a card's link says."""


@dataclass(frozen=True, slots=True)
class Field:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Button:
    """`label`: what it says; `token`: what a press of it carries, beginning with `verb`; `look`: yes, no or nothing."""

    verb: str
    label: str
    token: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """`whole` says whether every parameter is shown in full: what is not cannot be approved blind."""

    request: str
    revision: int
    version: int
    tier: int
    """1 the lowest, 2 between, 3 the highest: what a colour stands for."""
    mark: str
    title: str
    asker: str
    parameters: tuple[Field, ...]
    says: str
    rules: str
    note: str
    """What keeps it from being decided here, if anything does; and if silence means yes, that it does."""
    left: str
    """Until when it can be decided, in words; `until` is the moment itself. Both empty after the decision."""
    until: datetime | None
    votes: tuple[str, ...]
    buttons: tuple[Button, ...]
    outcome: str | None
    whole: bool
    attached: str = ""
    """What goes with it and does not stand here: `2 pictures, 1 text`."""
    link: str = ""
    """Where the rest of it is to be seen, if there is more than stands here and an address for it."""


def of(
    request: Request,
    labels: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
    *,
    everything: bool = False,
) -> Card:
    """The card of a request as it stands. `everything`: for a surface that shows whatever there is, uncut.

    `labels`: what the reason codes say; `words`: what people wrote, by commitment, as far as it is to be shown.
    """
    proposal, ruling = request.proposal, request.ruling
    before = request.recommended.parameters
    return Card(
        request=request.id,
        revision=request.revision.number,
        version=request.version,
        tier=level(ruling),
        mark=mark(ruling),
        title=proposal.title,
        asker=asker_text(request.asker, proposal),
        parameters=_every_field(proposal, before) if everything else _fields(proposal, before),
        says=says(proposal),
        rules=rules(ruling),
        note=_note(request, everything),
        left=time_left(request),
        until=_until(request),
        votes=tuple(_vote(v) for v in request.counted()),
        buttons=_buttons(request, everything),
        outcome=outcome_sentence(request, labels, words),
        whole=everything or is_whole(proposal),
        attached=attachments.line(proposal.attachments),
    )


def _every_field(proposal: Proposal, before: Mapping[str, Json]) -> tuple[Field, ...]:
    return tuple(Field(name, value_text(value, before.get(name))) for name, value in proposal.parameters.items())


def _fields(proposal: Proposal, before: Mapping[str, Json]) -> tuple[Field, ...]:
    """Each parameter; with the recommended value where there is room for both, for the one that counts goes first."""
    shown = {name: value_text(value) for name, value in proposal.parameters.items()}
    both = {name: value_text(value, before.get(name)) for name, value in proposal.parameters.items()}
    room = LONGEST_PARAMETERS - sum(units(name) + units(text) for name, text in shown.items())
    for name, text in both.items():
        more = units(text) - units(shown[name])
        if len(text) <= LONGEST_VALUE and more <= room:
            shown[name], room = text, room - more
    return tuple(Field(name, cut(text, LONGEST_VALUE)) for name, text in shown.items())


def face_hash(asker: Actor, proposal: Proposal, ruling: Ruling, revision: int) -> str:
    """The SHA-256 of what every card of a revision is made of, before any surface cuts it: votes are bound to it."""
    parameters = [[name, value_text(value)] for name, value in proposal.parameters.items()]
    face: list[Json] = [
        revision,
        mark(ruling),
        proposal.title,
        asker_text(asker, proposal),
        parameters,
        says(proposal),
        rules(ruling),
    ]
    if proposal.attachments:
        face.append([[one.id, one.title] for one in proposal.attachments])
    return sha256(encode(face))


def level(ruling: Ruling) -> int:
    """The level of a ruling's tier."""
    return level_of(ruling.tier, ruling.tiers)


def level_of(tier: int, highest: int | None) -> int:
    """A tier among those of its policy: 1 the lowest, 2 between, 3 the highest. What colours and marks stand for."""
    if tier == 1 or highest is None:
        return min(tier, len(MARKS))
    return 3 if tier >= highest else 2


def mark(ruling: Ruling) -> str:
    """The tier as a shape and a word, never as colour alone."""
    return f"{MARKS[level(ruling) - 1]} {ruling.tier_name}"


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
    if proposal.similar is not None:
        parts.append(track_record(proposal.similar))
    if proposal.algorithm:
        parts.append(proposal.algorithm)
    if proposal.summary:
        parts.append(proposal.summary)
    return " · ".join(parts)


def track_record(similar: Similar) -> str:
    """How similar requests went before, as the program says."""
    among = f" ({similar.words})" if similar.words else ""
    if not similar.count:
        return f"no similar one before{among}"
    ones = "similar one" if similar.count == 1 else "similar ones"
    return f"{similar.good} of {similar.count} {ones} went well{among}"


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
            quorum = f"all {ruling.needed} decide ({asked})"
        case QuorumKind.MAJORITY:
            quorum = f"a majority decides: {ruling.needed} of {ruling.eligible} ({asked})"
        case _:
            people = "1 person decides" if ruling.needed == 1 else f"{ruling.needed} people decide"
            quorum = f"{people} ({asked})"
    return f"{ruling.rule}: {why} – {quorum}"


def time_left(request: Request) -> str:
    """The deadline as a moment: a card stands for hours, and "3 hours left" would soon be a lie."""
    if request.decision is not None:
        return ""
    if (decision := settling(request)) is not None:
        return f"Until {decision.at:%d %b, %H:%M} UTC it can be taken back"
    left = f"Until {request.ruling.expire_at:%d %b, %H:%M} UTC"
    return f"{left} – {request.blocked}" if request.blocked else left


def _until(request: Request) -> datetime | None:
    if request.decision is not None:
        return None
    decision = settling(request)
    return decision.at if decision else request.ruling.expire_at


def _note(request: Request, everything: bool) -> str:
    if not request.pending:
        return ""
    if (settles := settling_sentence(request)) is not None:
        return f"{settles}."
    if request.ruling.web_only and not everything:
        return "The policy keeps this decision out of chats: it is made in the web inbox."
    if not everything and not is_whole(request.proposal):
        return "This is too long to be shown whole here, so it cannot be approved here: look at it in the web inbox."
    if request.ruling.broken:
        limits = "a hard limit" if len(request.ruling.broken) == 1 else "hard limits"
        return f"Breaks {limits}: {', '.join(request.ruling.broken)}. As it stands nobody can approve it."
    if request.ruling.silence is Silence.APPROVE:
        return "No answer by then counts as approval."
    return ""


def _vote(vote: Vote) -> str:
    stands_in = f" (for {vote.acting_for})" if vote.acting_for else ""
    return f"{vote.person}{stands_in}: {vote.choice.value.replace('_', ' ')}"


def is_whole(proposal: Proposal) -> bool:
    """Whether a card shows every parameter in full. What it does not show cannot be approved from it."""
    shown = [(name, value_text(value)) for name, value in proposal.parameters.items()]
    return (
        len(shown) <= MOST_PARAMETERS
        and all(len(value) <= LONGEST_VALUE for _, value in shown)
        and sum(units(name) + units(value) for name, value in shown) <= LONGEST_PARAMETERS
    )


def _buttons(request: Request, everything: bool) -> tuple[Button, ...]:
    if not request.pending or (request.ruling.web_only and not everything):
        return ()
    tap = partial(_button, request)
    if (decision := settling(request)) is not None:
        objection = (tap("reject", "Reject", "no"),) if decision.outcome in CLAIMABLE else ()
        return (tap("undo", "Undo"), *objection, tap("more", "More …"))
    whole = everything or is_whole(request.proposal)
    buttons = [tap("approve", "Approve", "yes")] if whole and not request.ruling.broken else []
    buttons.append(tap("reject", "Reject", "no"))
    if request.proposal.editable and whole:
        buttons.append(tap("modify", "Modify"))
    buttons.append(tap("more", "More …"))
    return tuple(buttons)


def _button(request: Request, verb: str, label: str, look: str = "") -> Button:
    return Button(verb, label, str(Token(verb, request.id, request.revision.number)), look)
