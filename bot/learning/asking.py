"""What people are offered to say about learning, as buttons: the same in a chat, in an answer and on a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.learning.matches import Whole
from bot.taps.candidates import buttons, summary
from core.card import Button
from core.learning.aloud import day_of
from core.learning.candidates import OVER, Candidate, said
from core.learning.counting import ambiguous
from core.learning.ledger import Record
from core.learning.testimony import MOST_CHOICES, choices
from core.model import Person
from core.text import cut
from core.token import Token, guard_of

_LONGEST_LABEL = 70
Rows = tuple[tuple[Button, ...], ...]


def may_say(person: Person, record: Record) -> bool:
    """Whose word counts about a match."""
    return person.admin or record.person == person.id


def pick_rows(whole: Whole, guard: str = "") -> Rows:
    """What an ambiguous match might be, one below the other, and that it was none of it."""
    if not ambiguous(whole.match):
        return ()
    version = whole.record.version
    picks = [
        Button(
            "mpick", cut(whole.label(key), _LONGEST_LABEL), str(Token("mpick", whole.id, version, str(number), guard))
        )
        for number, key in enumerate(choices(whole.match)[:MOST_CHOICES])
    ]
    none = Button("mnone", "None of them", str(Token("mnone", whole.id, version, "", guard)))
    return tuple((one,) for one in (*picks, none))


def why_chips(whole: Whole, reasons: Mapping[str, str], guard: str = "") -> tuple[Button, ...]:
    """The reasons that can be given for a departure."""
    if not whole.match.diverges or ambiguous(whole.match):
        return ()
    token = Token("mwhy", whole.id, whole.record.version, guard=guard)
    return tuple(Button("mwhy", label, str(replace(token, argument=code))) for code, label in reasons.items())


@dataclass(frozen=True, slots=True)
class Offer:
    """A candidate as it is put before somebody. `state`: a word for it; `lines`: how it stands; `plan`: what it is
    going to be judged by."""

    candidate: Candidate
    state: str
    lines: tuple[str, ...]
    plan: str
    rows: Rows


def offer(one: Candidate, person: Person) -> Offer:
    lines = tuple(summary(one).split("\n")[1:])
    if one.last is not None:
        lines = (*lines, f"Decided by {one.last.by}, {day_of(one.last.at)} {one.last.at.year}.")
    plan = (
        "" if one.status in OVER else f"To be judged by: {one.plan.primary}, over {one.plan.exposed} recommendations."
    )
    state = said(one.status)
    return Offer(one, state[:1].upper() + state[1:], lines, plan, buttons(one, guard_of(person.id)))
