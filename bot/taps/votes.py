"""Approve, reject and why: the taps that decide, and the reasons that are given with them."""

from __future__ import annotations

from dataclasses import replace

from bot.ids import written
from bot.taps.hearing import NOT_OURS, PRIVATE, AskedAgain, Hearing, Told
from core.card import Button
from core.commands import CastVote, GivenReason, GiveReason
from core.errors import Refused
from core.model import ActorKind, Choice, ReasonRule, Vote, Words, WouldAgree
from core.request import Request
from core.settling import settling
from core.taps import Answer, Form, FormField
from core.text import cut, fault
from core.token import Token, guard_of

LONGEST_WORDS = 1_000
_DONE = {
    Choice.APPROVE: "Approved",
    Choice.REJECT: "Rejected",
    Choice.MODIFY: "Modified",
    Choice.REQUEST_CHANGES: "Changes asked for",
    Choice.ABSTAIN: "Abstained",
}
WOULD_AGREE = (
    (WouldAgree.YES, "Yes: it lacked data"),
    (WouldAgree.NO, "No: it had it, I differ"),
    (WouldAgree.UNSURE, "Not sure"),
)


async def approve(hearing: Hearing) -> Answer:
    return await _choose(hearing, Choice.APPROVE)


async def reject(hearing: Hearing) -> Answer:
    return await _choose(hearing, Choice.REJECT)


async def abstain(hearing: Hearing) -> Answer:
    return await _choose(hearing, Choice.ABSTAIN)


async def changes(hearing: Hearing) -> Answer:
    """Ask for changes, and say which."""
    typed = words_typed(hearing, "Ask for changes", "What must change? This ends it; who asks must ask again")
    if isinstance(typed, Form):
        return Answer(form=typed)
    request = await hearing.must(
        CastVote(
            hearing.command,
            hearing.actor,
            hearing.token.about,
            hearing.digest,
            choice=Choice.REQUEST_CHANGES,
            revision=hearing.token.revision,
            note=typed,
        )
    )
    return with_undo(hearing, request, Answer(said(hearing, request, Choice.REQUEST_CHANGES), instead=True))


async def adopt(hearing: Hearing) -> Answer:
    """Make somebody's suggestion one's own vote. The argument of the token is its number."""
    token = hearing.token
    if not token.argument.isdecimal():
        raise Told(NOT_OURS)
    request = await hearing.must(
        CastVote(
            hearing.command,
            hearing.actor,
            token.about,
            hearing.digest,
            choice=Choice.MODIFY,
            revision=token.revision,
            adopt=int(token.argument),
        )
    )
    return with_undo(hearing, request, Answer(said(hearing, request, Choice.MODIFY), instead=True))


async def _choose(hearing: Hearing, choice: Choice) -> Answer:
    """A vote without a reason, or with the one in the token: where one is required, the tap on the reason decides."""
    token = hearing.token
    reason = None
    if token.argument not in ("", PRIVATE):
        mine_alone(hearing)
        given = reason_given(hearing)
        if isinstance(given, Form):
            return Answer(form=given)
        reason = given
    command = CastVote(
        hearing.command,
        hearing.actor,
        token.about,
        hearing.digest,
        choice=choice,
        revision=token.revision,
        reason=reason,
    )
    outcome = await hearing.ask(command)
    if isinstance(outcome, Refused):
        if outcome.code != "reason_required":
            raise await hearing.no(outcome, token.about)
        title = (await hearing.request(token.about)).proposal.title
        question = f"{title}\nNot {_DONE[choice].lower()} yet: tap a reason, and it is."
        chips = hearing.chips(Token(token.verb, token.about, token.revision))
        return Answer(question, rows=chips, instead=hearing.now_alone)
    request = outcome.request
    if request is None:
        raise Told("There is no such request.")
    text = said(hearing, request, choice)
    if reason is not None:
        return agreement(hearing, request, token.revision, text, choice)
    if asks_why(request, choice):
        chips = hearing.chips(Token("why", token.about, token.revision))
        return with_undo(hearing, request, Answer(f"{text}\nWhy?", rows=chips, instead=hearing.now_alone))
    return with_undo(hearing, request, Answer(text, instead=hearing.now_alone))


async def why(hearing: Hearing) -> Answer:
    """The reason for one's own vote, or another one; `why ID` comes here too."""
    mine_alone(hearing)
    given = reason_given(hearing)
    if isinstance(given, Form):
        return Answer(form=given)
    request = await _add_reason(hearing, given)
    text = f"Noted: {hearing.policy.reasons.get(given.code, given.code)}."
    vote = request.vote_of(hearing.person.id, hearing.token.revision)
    return agreement(hearing, request, hearing.token.revision, text, vote.choice if vote else Choice.REJECT)


async def agree(hearing: Hearing) -> Answer:
    """*Would the algorithm agree if it knew what you know?*"""
    mine_alone(hearing)
    if hearing.token.argument not in set(WouldAgree):
        raise Told(NOT_OURS)
    request = await _add_reason(hearing, GivenReason("", would_agree=WouldAgree(hearing.token.argument)))
    return with_undo(hearing, request, Answer("Noted, thank you.", instead=True))


async def _add_reason(hearing: Hearing, reason: GivenReason) -> Request:
    token = hearing.token
    command = GiveReason(
        hearing.command, hearing.actor, token.about, hearing.digest, reason=reason, revision=token.revision
    )
    return await hearing.must(command)


def mine_alone(hearing: Hearing) -> None:
    """Raises Told where the buttons were meant for somebody else. By mistake: nobody could decide with them anyway."""
    if hearing.token.guard and hearing.token.guard != guard_of(hearing.person.id):
        raise Told("These buttons are for somebody else. Use those of the card.")


def reason_given(hearing: Hearing) -> GivenReason | Form:
    """The reason that the token names; for `other` the words are asked first. Raises Told."""
    code = hearing.token.argument
    if code.startswith(PRIVATE) and code[1:].isdecimal():
        further = hearing.chips(replace(hearing.token, argument="", guard=""), int(code[1:]))
        raise AskedAgain(Answer("Why?", rows=further))
    if code not in hearing.policy.reasons:
        raise Told("This reason is no longer in the list. Use `why` and the id of the request to choose another.")
    if code != "other":
        return GivenReason(code)
    typed = words_typed(hearing, "Why?", "In your own words")
    return typed if isinstance(typed, Form) else GivenReason(code, typed)


def words_typed(hearing: Hearing, title: str, label: str) -> Words | Form:
    """What was typed, or the form that asks for it: at first, and again with the mistake beside the field."""
    text = hearing.tap.values.get("words")
    error = ""
    if text is not None:
        text = text.replace("\r\n", "\n").strip()
        if not text:
            error = "must be said"
        elif problem := fault(text, longest=LONGEST_WORDS, lines=True, joiners=True):
            error = problem
        else:
            return written(text)
    field = FormField("words", label, "lines", text or "", longest=LONGEST_WORDS, error=error)
    return Form(str(hearing.token), title, (field,))


def asks_why(request: Request, choice: Choice) -> bool:
    """Whether the rule wants to know the reason for a choice."""
    return request.ruling.reason_rule(choice) is not ReasonRule.OFF


def agreement(hearing: Hearing, request: Request, revision: int, text: str, choice: Choice) -> Answer:
    """The reason is noted; whoever departed from the recommendation is asked one more thing, which they may leave."""
    if choice not in (Choice.REJECT, Choice.MODIFY) or request.asker.kind is not ActorKind.PROGRAM:
        return with_undo(hearing, request, Answer(text, instead=True))
    guard = guard_of(hearing.person.id)
    buttons = tuple(
        Button("agree", label, str(Token("agree", request.id, revision, answer.value, guard)))
        for answer, label in WOULD_AGREE
    )
    question = "Would the algorithm agree if it knew what you know? (You may leave this.)"
    answer = Answer(f"{text}\n{question}", rows=tuple((button,) for button in buttons), instead=True)
    return with_undo(hearing, request, answer)


def with_undo(hearing: Hearing, request: Request, answer: Answer) -> Answer:
    """The answer to a vote, with a button that takes it back while it does not count yet."""
    vote = request.vote_of(hearing.person.id, request.revision.number)
    if vote is None or settling(request) is None:
        return answer
    token = Token("undo", request.id, request.revision.number, PRIVATE, guard_of(hearing.person.id))
    return replace(answer, rows=(*answer.rows, (Button("undo", "Undo", str(token)),)))


def said(hearing: Hearing, request: Request, choice: Choice) -> str:
    """What came of a vote."""
    title = cut(request.proposal.title, 120)
    if request.decision is not None:
        return f"{_DONE[choice]}: {title}{_stopped(hearing, choice)}"
    if (decision := settling(request)) is not None:
        until = f"It counts at {decision.at:%H:%M:%S} UTC; until then you can take it back."
        return f"{_DONE[choice]}: {title}\n{until}{_stopped(hearing, choice)}"
    votes = request.counted()
    approvals = sum(1 for vote in votes if vote.choice in (Choice.APPROVE, Choice.MODIFY))
    tally = f"{approvals} of {request.ruling.needed} approvals so far"
    return f"Your vote counts ({choice.value.replace('_', ' ')}): {title}\n{tally}."


def _stopped(hearing: Hearing, choice: Choice) -> str:
    why = hearing.registry.stopped
    if why is None or choice not in (Choice.APPROVE, Choice.MODIFY):
        return ""
    return f"\nBut everything is stopped ({cut(why, 200)}): nobody can act on it until it is resumed."


def latest(request: Request, person: str) -> Vote | None:
    """The vote that a person gives reasons for: the one that has some, or the last."""
    votes = [vote for vote in request.votes if vote.person == person and vote.taken_back is None]
    return next((vote for vote in reversed(votes) if vote.reasons), votes[-1] if votes else None)
