"""A candidate as people meet it: its lines, and what can be decided about it as buttons. The same on every surface."""

from __future__ import annotations

from collections.abc import Mapping

from core.card import Button
from core.learning.candidates import OVER, Candidate, Decide, said
from core.text import cut
from core.token import Token

VERBS: Mapping[str, Decide] = {
    "cdo": Decide.IMPLEMENT,
    "cdefer": Decide.DEFER,
    "creject": Decide.REJECT,
    "cnamed": Decide.DEPLOYED,
    "ckeep": Decide.KEEP,
    "cback": Decide.ROLL_BACK,
    "cmodify": Decide.MODIFY,
}
"""The verbs of the buttons. Those of a request's card are others: a candidate is no request."""
LABELS: Mapping[Decide, tuple[str, str]] = {
    Decide.IMPLEMENT: ("Implement", "yes"),
    Decide.DEFER: ("Defer", ""),
    Decide.REJECT: ("Reject", "no"),
    Decide.DEPLOYED: ("Name the new version", ""),
    Decide.KEEP: ("Keep it", "yes"),
    Decide.ROLL_BACK: ("Roll it back", "no"),
    Decide.MODIFY: ("Change it again", ""),
}
_VERB = {choice: verb for verb, choice in VERBS.items()}


def buttons(candidate: Candidate, guard: str = "", number: int | None = None) -> tuple[tuple[Button, ...], ...]:
    """What can be decided about it now, as rows of buttons. `guard`: the mark of whom they are for (`guard_of`).

    `number`: which one it is, where several are told of in one message.
    """
    before = f"{number}. " if number is not None else ""
    made = tuple(
        Button(
            _VERB[choice],
            before + LABELS[choice][0],
            str(Token(_VERB[choice], candidate.id, candidate.version, guard=guard)),
            LABELS[choice][1],
        )
        for choice in candidate.open_to
    )
    return (made,) if made else ()


def summary(candidate: Candidate) -> str:
    """How it stands, in two or three lines."""
    lines = [f"{candidate.title}: {said(candidate.status)}.", cut(candidate.sentence, 300)]
    if candidate.verdict is not None and candidate.status not in OVER:
        judged = candidate.verdict
        lines.append(
            f"After {judged.week} weeks: {judged.before.words} before, {judged.after.words} since; {judged.why}."
        )
    return "\n".join(lines)
