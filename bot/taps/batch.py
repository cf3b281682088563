"""Several requests decided together, from a queue card or a page: named once more, then each recorded on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.ids import is_request_id
from bot.taps.hearing import NOT_OURS, Hearing, Told, sentence
from bot.taps.votes import mine_alone, reason_given
from core.card import Button
from core.commands import CastVote
from core.engine import Done
from core.errors import Refused
from core.model import Choice, ReasonRule
from core.ports import Post
from core.queue import QUEUE, joinable
from core.request import Request
from core.settling import settling
from core.taps import Answer, Form
from core.text import cut
from core.token import Token

KIND = "batch"
MOST_CHOSEN = 200
_LOOKS, _BETWEEN = 6, 0.2
_CHOICES = {"approve": Choice.APPROVE, "reject": Choice.REJECT}
_DONE = {Choice.APPROVE: "approved", Choice.REJECT: "rejected"}


async def everything(hearing: Hearing, channel: str | None) -> Answer:
    """All that is still open on the queue card, named, with the question whether it is meant."""
    choice = _CHOICES.get(hearing.token.argument)
    if choice is None or channel is None:
        raise Told(NOT_OURS)
    posts = await _standing(hearing, channel)
    found = [(post, await hearing.services.lookups.request(post.request)) for post in posts]
    # Only what people saw there: a request that was revised since has a card of its own.
    still = [r for post, r in found if r is not None and r.pending and r.revised_in <= post.shown]
    return await _named(hearing, choice, still, "Nothing on this card is open for you any more.")


async def chosen(hearing: Hearing) -> Answer:
    """Rows that were chosen on a page, named, with the question whether it is meant."""
    choice = _CHOICES.get(hearing.token.argument)
    if choice is None:
        raise Told(NOT_OURS)
    given = hearing.tap.values.get("requests", "").split()[:MOST_CHOSEN]
    names = [name for name in dict.fromkeys(given) if is_request_id(name)]
    if not names:
        raise Told("Nothing is chosen: mark the ones that you mean, then press again.")
    found = await hearing.services.read(hearing.services.reader.requests, names)
    # Only what a single row shows whole: everything else is looked at by itself.
    still = [found[name] for name in names if name in found and joinable(found[name])]
    return await _named(hearing, choice, still, "Nothing of what was chosen can be decided together any more.")


async def _named(hearing: Hearing, choice: Choice, still: Sequence[Request], otherwise: str) -> Answer:
    """Each of them by its title, and the button that decides them all."""
    mine = [request for request in still if request.vote_of(hearing.person.id, request.revision.number) is None]
    if not mine:
        raise Told(otherwise)
    items = [[request.id, request.revision.number] for request in mine]
    draft = await hearing.keep(KIND, {"choice": choice.value, "items": items})
    names = "\n".join(f"{number}. {cut(r.proposal.title, 100)}" for number, r in enumerate(mine, 1))
    word = choice.value.capitalize()
    leave = (Button("drop", "Leave them", str(Token("drop", draft.id))),)
    if any(request.ruling.reason_rule(choice) is not ReasonRule.OFF for request in mine):
        chips = hearing.chips(Token("batch", draft.id))
        text = f"{word} these {len(mine)}?\n{names}\nOne reason for all of them, and it is what decides:"
        return Answer(text, rows=(*chips, leave))
    yes = Button("batch", f"Yes, {choice.value} {len(mine)}", str(Token("batch", draft.id)), "yes")
    return Answer(f"{word} these {len(mine)}?\n{names}", rows=((yes, *leave),))


async def _standing(hearing: Hearing, channel: str) -> Sequence[Post]:
    """What stands in the message. A card is seen a moment before it is remembered: who is very quick is waited for."""
    services, ref = hearing.services, QUEUE + hearing.tap.ref
    for _ in range(_LOOKS):
        if posts := await services.read(services.reader.posts_at, channel, ref):
            return posts
        await asyncio.sleep(_BETWEEN)
    return ()


async def decide(hearing: Hearing) -> Answer:
    """Each of them by a vote of its own; what was refused is named."""
    mine_alone(hearing)
    draft = await hearing.draft(KIND)
    reason = None
    if hearing.token.argument:
        given = reason_given(hearing)
        if isinstance(given, Form):
            return Answer(form=given)
        reason = given
    choice = Choice(draft.body["choice"])
    commands = [
        # The draft's id and not the tap's: however often it is pressed, each vote is cast once.
        CastVote(
            f"batch:{draft.id}:{request}",
            hearing.actor,
            request,
            draft.id,
            choice=choice,
            revision=revision,
            reason=reason,
        )
        for request, revision in draft.body["items"]
    ]
    outcomes = await asyncio.gather(*(hearing.ask(command) for command in commands), return_exceptions=True)
    unknown = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    if len(unknown) == len(outcomes):
        raise unknown[0]
    counted = [o.request for o in outcomes if isinstance(o, Done) and o.request is not None]
    lines = [f"{len(counted)} {_DONE[choice]}." if counted else "None of them was decided."]
    for command, outcome in zip(commands, outcomes, strict=True):
        if isinstance(outcome, Refused):
            request = await hearing.request(command.request)
            lines.append(f"Not {cut(request.proposal.title, 60)}: {sentence(outcome)}")
    settles = [decision for request in counted if (decision := settling(request)) is not None]
    waiting = sum(request.pending for request in counted) - len(settles)
    if settles:
        each = "It counts" if len(settles) == 1 else f"{len(settles)} of them count"
        lines.append(f"{each} at {max(d.at for d in settles):%H:%M:%S} UTC; until then you can take them back.")
    if waiting:
        lines.append(f"{waiting} of them {'waits' if waiting == 1 else 'wait'} for further votes.")
    if unknown:
        # Some are recorded and some perhaps not: the same votes once more, each of which counts once.
        lines.append(f"It is not certain whether the rest ({len(unknown)}) was recorded.")
        again = Button("batch", "Try again", str(hearing.token), "yes")
        return Answer("\n".join(lines), rows=((again,),), instead=True, refused=True)
    if settles:
        # The draft says which they were, for as long as they can be taken back.
        undo = Button("undo", "Undo all" if len(settles) > 1 else "Undo", str(Token("undo", draft.id)))
        return Answer("\n".join(lines), rows=((undo,),), instead=True)
    await hearing.drop(draft.id)
    return Answer("\n".join(lines), instead=True, refused=not counted)
