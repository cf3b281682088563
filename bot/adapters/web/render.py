"""From cards, answers and forms to what the templates show. Jinja2 escapes everything; nothing here is marked safe."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.ids import new_id
from core import card
from core.canonical import plain_decimal
from core.card import Button, Card
from core.queue import joinable
from core.request import Request
from core.settling import settling
from core.taps import Answer
from core.token import read_token

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
SHORT = 8
"""Characters of an id that tell the requests of one page apart."""
_GROUPED = re.compile(r"(?<=\d)(?=(?:\d{3})+(?:\.|$))")
_LOOKS = {"yes": "primary", "no": "danger"}
_CHIPS = frozenset({"why", "agree", "reject", "approve", "confirm", "batch", "set", "preset"})
_LEARNING_CHIPS = frozenset({"mwhy", "magree", "mpick", "cdo", "cdefer", "creject", "ckeep", "cback", "cmodify"})


def templates() -> Environment:
    """The templates, with what all of them may use."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["new_tap"] = lambda: new_id("tap")
    environment.globals["static"] = static
    environment.globals["look"] = look
    environment.filters["groupby_look"] = grouped
    environment.filters["iso"] = iso
    environment.filters["moment"] = moment
    return environment


@cache
def static(name: str) -> str:
    """The address of a file of ours, which changes with what is in it: a browser may keep it for ever."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={mark}"


def iso(at: datetime) -> str:
    """A moment as `<time datetime>` has it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(at: datetime) -> str:
    """A moment for who reads without our script, which puts the reader's own time in its place."""
    return at.astimezone(UTC).strftime("%d %b %Y, %H:%M UTC")


def look(button: Button) -> str:
    """The class of a button: what says yes, what says no, and the reasons and presets as chips."""
    if button.look:
        return _LOOKS.get(button.look, "")
    token = read_token(button.token)
    return "chip" if token is not None and token.verb in _CHIPS | _LEARNING_CHIPS and token.argument else ""


def grouped(rows: Sequence[Sequence[Button]]) -> list[tuple[str, list[Button]]]:
    """The buttons of an answer: chips that follow each other together, whatever rows a chat would have them in."""
    groups: list[tuple[str, list[Button]]] = []
    for button in (button for row in rows for button in row):
        kind = look(button)
        kind = kind if kind == "chip" else ""
        if groups and groups[-1][0] == kind:
            groups[-1][1].append(button)
        else:
            groups.append((kind, [button]))
    return groups


def amount_text(request: Request) -> str:
    """The amount with its digits in groups, by a space that no line breaks at."""
    proposal = request.proposal
    if proposal.amount is None:
        return ""
    digits = plain_decimal(proposal.amount)
    whole, point, rest = digits.partition(".")
    if len(whole.lstrip("-")) > 4:
        whole = _GROUPED.sub("\u202f", whole)
    return f"{whole}{point}{rest} {proposal.currency or ''}".strip()


@dataclass(frozen=True, slots=True)
class Row:
    """A request in a list. `mine`: it waits for the reader; `voted`: what they have said to it."""

    card: Card
    tier: int
    mine: bool
    joins: bool
    buttons: tuple[Button, ...]
    amount: str
    sure: int | None
    record: str
    who: str
    voted: str
    grace: bool

    @property
    def id(self) -> str:
        return self.card.request

    @property
    def short(self) -> str:
        return self.card.request[-SHORT:]


def row_of(
    request: Request, person: str, mine: bool, reasons: Mapping[str, str], words: Mapping[str, str] | None = None
) -> Row:
    """What a list shows of a request to this person."""
    face = card.of(request, reasons, words, everything=True)
    proposal = request.proposal
    vote = next((one for one in request.counted() if one.person == person), None)
    return Row(
        card=face,
        tier=request.ruling.tier,
        mine=mine,
        joins=mine and joinable(request),
        buttons=tuple(one for one in face.buttons if offered(one, mine, vote is not None)),
        amount=amount_text(request),
        sure=None if proposal.confidence is None else int((proposal.confidence * 100).to_integral_value()),
        record="" if proposal.similar is None else card.track_record(proposal.similar),
        who=request.asker.ref,
        voted=vote.choice.value.replace("_", " ") if vote else "",
        grace=settling(request) is not None,
    )


def offered(button: Button, mine: bool, voted: bool) -> bool:
    """Whether a button of the card is for this person: what stands under More has its own place on the page."""
    if button.verb == "more":
        return False
    return voted if button.verb == "undo" else mine


def status_of(answer: Answer) -> int:
    """How a browser is told what came of it: the page says it in words, whatever the number."""
    if answer.form is not None and any(field.error for field in answer.form.fields):
        return 422
    return 409 if answer.refused else 200


def about(token: str) -> str:
    """The request that a token names, if it names one."""
    found = read_token(token)
    return found.about if found is not None and found.about.startswith("req_") else ""
