"""What was done afterwards: why it departed from the advice, and which order it was."""

from __future__ import annotations

from dataclasses import replace

from bot.learning.asking import may_say, pick_rows
from bot.learning.matches import QUESTION, match_of
from bot.taps.hearing import NOT_OURS, PRIVATE, AskedAgain, Hearing, Told, sentence
from bot.taps.votes import WOULD_AGREE, mine_alone, words_typed
from core.card import Button
from core.errors import Refused
from core.learning.ledger import Record
from core.learning.testimony import choices
from core.model import Account, WouldAgree
from core.taps import Answer, Form
from core.token import Token, guard_of

_CHANGED = "What it might be has changed since. Open Learning on the web to see how it stands."
_NOT_YOURS = "This is about what {} did: only they, or an administrator, can say. Nothing was recorded."


async def why(hearing: Hearing) -> Answer:
    """The reason for having departed from the advice; without an argument the reasons are offered."""
    record = await _heard(hearing)
    token = hearing.token
    if token.argument in ("", PRIVATE):
        whole = await hearing.services.matches.whole(record)
        return Answer(f"{whole.title}\nWhy?", rows=hearing.chips(Token(token.verb, token.about, record.version)))
    if token.argument.startswith(PRIVATE) and token.argument[1:].isdecimal():
        further = hearing.chips(replace(token, argument="", guard=""), int(token.argument[1:]))
        raise AskedAgain(Answer("Why?", rows=further, instead=await _instead(hearing, record)))
    code = token.argument
    if code not in hearing.policy.reasons:
        raise Told("This reason is no longer in the list. Open Learning on the web to choose another.")
    text: str | None = None
    if code == "other":
        typed = words_typed(hearing, "Why?", "In your own words")
        if isinstance(typed, Form):
            return Answer(form=typed)
        text = typed.text
    outcome = await hearing.services.matches.explain(record, hearing.actor, code, text, over=_over(hearing))
    if isinstance(outcome, Refused):
        raise Told(sentence(outcome))
    _close_soon(hearing)
    guard = guard_of(hearing.person.id)
    buttons = tuple(
        (Button("magree", label, str(Token("magree", token.about, outcome.version, answer.value, guard))),)
        for answer, label in WOULD_AGREE
    )
    noted = f"Noted: {hearing.policy.reasons[code]}."
    question = "Would the algorithm agree if it knew what you know? (You may leave this.)"
    return Answer(f"{noted}\n{question}", rows=buttons, instead=await _instead(hearing, record))


async def agree(hearing: Hearing) -> Answer:
    """*Would the algorithm agree if it knew what you know?*"""
    record = await _heard(hearing)
    if hearing.token.argument not in set(WouldAgree):
        raise Told(NOT_OURS)
    outcome = await hearing.services.matches.explain(record, hearing.actor, None, would_agree=hearing.token.argument)
    if isinstance(outcome, Refused):
        raise Told(sentence(outcome))
    return Answer("Noted, thank you.", instead=await _instead(hearing, record))


async def pick(hearing: Hearing) -> Answer:
    """Which order it was: the argument is its number among the choices of that version."""
    record = await _heard(hearing)
    token = hearing.token
    if token.argument in ("", PRIVATE):
        whole = await hearing.services.matches.whole(record)
        if not whole.match.ambiguous:
            raise Told("This is settled already.")
        offered = pick_rows(whole, guard_of(hearing.person.id))
        return Answer(f"{whole.title}\nWhich was it?", rows=offered)
    if not token.argument.isdecimal():
        raise Told(NOT_OURS)
    return await _settle(hearing, record, int(token.argument))


async def none(hearing: Hearing) -> Answer:
    """It was none of them."""
    return await _settle(hearing, await _heard(hearing), None)


async def _settle(hearing: Hearing, record: Record, number: int | None) -> Answer:
    services = hearing.services
    # The number counts among what was offered then, and "none" means none of those.
    shown = await services.matches.version(record.key, hearing.token.revision)
    offered = choices(shown) if shown is not None else ()
    if shown is None or (number is not None and number >= len(offered)):
        raise Told(NOT_OURS)
    now = match_of(record)
    if now.ambiguous and choices(now) != offered:
        raise Told(_CHANGED)
    chosen = None if number is None else offered[number]
    outcome = await services.matches.settle(record, hearing.actor, chosen, _over(hearing))
    if isinstance(outcome, Refused):
        raise Told(sentence(outcome) if outcome.code != "invalid" else _CHANGED)
    _close_soon(hearing)
    whole = await services.matches.whole(outcome)
    if chosen is None:
        return Answer(f"Noted: none of them.\n{whole.title}", instead=await _instead(hearing, record))
    return Answer(f"Noted: {whole.words(chosen)}.\n{whole.title}", instead=await _instead(hearing, record))


def _close_soon(hearing: Hearing) -> None:
    """The question that stands in a chat has done its work."""
    if hearing.services.jobs is not None:
        hearing.services.jobs.look_soon()


async def _heard(hearing: Hearing) -> Record:
    """The match that the token names, if this person may speak about it. Raises Told."""
    mine_alone(hearing)
    record = await hearing.services.matches.find(hearing.token.about)
    if record is None:
        raise Told("There is no such match here (any more).")
    if not may_say(hearing.person, record):
        raise Told(_NOT_YOURS.format(record.person or "nobody here"))
    return record


def _over(hearing: Hearing) -> Account | None:
    """The account may cease to be this person's before it is recorded; our own pages vouch for the person."""
    return None if hearing.on_the_web else hearing.account


async def _instead(hearing: Hearing, record: Record) -> bool:
    """Whether the answer may take the message's place: a question or an answer of ours, and never a digest."""
    if hearing.token.guard:
        return True
    services = hearing.services
    question = await services.read(services.reader.record, QUESTION, record.key)
    return question is not None and bool(hearing.tap.ref) and question.body.get("ref") == hearing.tap.ref
