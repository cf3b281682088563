"""Undo and withdraw: what was said or asked, taken back by whoever said or asked it."""

from __future__ import annotations

import asyncio

from bot.taps.hearing import Hearing, Told, sentence
from bot.taps.votes import mine_alone
from core.card import Button
from core.commands import Cancel, TakeBack
from core.engine import Done
from core.errors import Refused
from core.model import Choice
from core.request import Request
from core.taps import Answer
from core.text import cut
from core.token import Token, guard_of
from core.wording import outcome_sentence, settling_sentence

BATCH = "batch"
"""The kind of draft that names several requests: an undo that is about one takes all those votes back."""
_CONFIRMED = "yes"
_LONGEST_TITLE = 120


async def undo(hearing: Hearing) -> Answer:
    """One's own vote is taken back, while the rule's grace lasts."""
    mine_alone(hearing)
    if hearing.token.about.startswith("dft_"):
        return await _undo_all(hearing)
    token = hearing.token
    before = await hearing.request(token.about)
    vote = before.vote_of(hearing.person.id, token.revision)
    request = await hearing.must(
        TakeBack(hearing.command, hearing.actor, token.about, hearing.digest, revision=token.revision)
    )
    text = f"Your vote is taken back: {cut(request.proposal.title, _LONGEST_TITLE)}\n{_stands(request)}"
    if vote is not None and vote.choice is Choice.MODIFY and request.pending:
        text += f"\nWhat you changed stands as revision {request.revision.number}, without your vote."
    return Answer(text, instead=hearing.now_alone)


def _stands(request: Request) -> str:
    said = outcome_sentence(request) or settling_sentence(request)
    return f"{said}." if said else "It is asked as before, and you may vote again."


async def _undo_all(hearing: Hearing) -> Answer:
    """All votes of a batch, each by a command of its own."""
    draft = await hearing.draft(BATCH)
    commands = [
        TakeBack(f"undo:{draft.id}:{request}", hearing.actor, request, draft.id, revision=revision)
        for request, revision in draft.body["items"]
    ]
    outcomes = await asyncio.gather(*(hearing.ask(command) for command in commands))
    taken = sum(isinstance(outcome, Done) for outcome in outcomes)
    lines = [f"{taken} of your votes {'is' if taken == 1 else 'are'} taken back."]
    for command, outcome in zip(commands, outcomes, strict=True):
        if isinstance(outcome, Refused):
            request = await hearing.request(command.request)
            lines.append(f"Not {cut(request.proposal.title, 60)}: {sentence(outcome)}")
    return Answer("\n".join(lines), instead=True, refused=not taken)


async def withdraw(hearing: Hearing) -> Answer:
    """A request of one's own is taken back, once that is confirmed."""
    mine_alone(hearing)
    request = await hearing.request(hearing.token.about)
    title = cut(request.proposal.title, _LONGEST_TITLE)
    if not request.asked_by(hearing.actor):
        raise Told("Only who asked can withdraw this.")
    if hearing.token.argument != _CONFIRMED:
        if request.decision is not None:
            raise Told(f"{outcome_sentence(request)} already; there is nothing to withdraw.")
        token = Token("withdraw", request.id, request.revision.number, _CONFIRMED, guard_of(hearing.person.id))
        yes = Button("withdraw", "Yes, withdraw it", str(token), "no")
        text = f"Withdraw this?\n{title}\nThen nobody can decide it any more. If you leave it, it stays open."
        return Answer(text, rows=((yes,),), instead=hearing.now_alone)
    await hearing.must(Cancel(hearing.command, hearing.actor, request.id, hearing.digest))
    return Answer(f"Withdrawn: {title}", instead=True)
