"""The difference that a modification makes, before it counts; and what makes it count."""

from __future__ import annotations

from dataclasses import replace

from bot.taps.filling import KIND, lines_of, opened, otherwise, token_of, turn_of, values_of
from bot.taps.hearing import Hearing, Told, sentence
from bot.taps.votes import agreement, asks_why, reason_given, said, with_undo
from core.ballot import may_make, would_be
from core.canonical import plain_decimal
from core.card import Button, rules
from core.commands import CastVote
from core.errors import Refused
from core.model import Choice, Proposal, ReasonRule, Ruling
from core.ports import Draft
from core.request import Request
from core.taps import Answer, Form
from core.token import Token


def difference(hearing: Hearing, request: Request, draft: Draft) -> Answer:
    """Old → new, before it counts; with the reasons where a reason is what decides."""
    changed = lines_of(request, draft)
    ways = otherwise(hearing, draft)
    if not changed:
        text = "These are the recommended values: approve them, or change one."
        return Answer(text, rows=(ways,), instead=True, refused=True)
    proposal, ruling = would_be(request, values_of(request, draft), hearing.world)
    text = "\n".join([request.proposal.title, *changed, *_consequences(request, proposal, ruling)])
    if broken := hearing.policy.broken_limits(proposal, request.context):
        text += f"\nNobody can let this pass, it breaks a hard limit: {'; '.join(broken)}."
        return Answer(text, rows=(ways,), instead=True, refused=True)
    if isinstance(may_make(request, ruling, hearing.person, hearing.actor.via, hearing.world), Refused):
        text += "\nThat takes more authority than you have here: it would stand as a suggestion for others to adopt."
        suggest = Button("confirm", "Suggest this change", token_of("confirm", draft, turn_of(draft)), "yes")
        return Answer(text, rows=((suggest,), ways), instead=True)
    if ruling.reason_rule(Choice.MODIFY) is ReasonRule.REQUIRED:
        chips = hearing.chips(Token("confirm", draft.id, turn_of(draft)))
        return Answer(f"{text}\nNot changed yet: tap a reason, and it counts.", rows=(*chips, ways), instead=True)
    confirm = Button("confirm", "Confirm this change", token_of("confirm", draft, turn_of(draft)), "yes")
    return Answer(f"{text}\nNothing counts before you confirm it.", rows=((confirm,), ways), instead=True)


def _consequences(request: Request, proposal: Proposal, ruling: Ruling) -> list[str]:
    """What follows from a change: the amount, and another rule that then asks."""
    lines, before = [], request.proposal.amount
    if before is not None and proposal.amount != before:
        after = "unknown (what was changed does not say how much it is now)"
        if proposal.amount is not None:
            reckoned = f"{plain_decimal(proposal.amount)} {proposal.currency or ''}".strip()
            after = f"{reckoned} (reckoned in proportion)"
        lines.append(f"amount: {plain_decimal(before)} → {after}")
    if ruling.rule != request.ruling.rule:
        lines.append(f"Then it is {rules(ruling)}.")
    return lines


async def confirm(hearing: Hearing) -> Answer:
    """It counts now: a vote to modify, which finishes the draft."""
    draft = await hearing.draft(KIND)
    if hearing.token.revision != turn_of(draft):
        # The button stands below another difference than what would count now.
        now = difference(hearing, await opened(hearing, draft), draft)
        return replace(now, text=f"You have filled in something else since.\n{now.text}", refused=True)
    reason = None
    if hearing.token.argument:
        given = reason_given(hearing)
        if isinstance(given, Form):
            return Answer(form=given)
        reason = given
    revision = draft.body["revision"]
    command = CastVote(
        hearing.command,
        hearing.actor,
        draft.body["request"],
        hearing.digest,
        choice=Choice.MODIFY,
        revision=revision,
        parameters=draft.body["values"],
        reason=reason,
        draft=draft.id,
    )
    outcome = await hearing.ask(command)
    if isinstance(outcome, Refused):
        if outcome.code == "reason_required":
            chips = hearing.chips(Token("confirm", draft.id, turn_of(draft)))
            question = "Not changed yet: tap a reason, and it counts."
            return Answer(question, rows=chips, instead=True)
        if outcome.code in ("limit", "invalid", "no_change"):
            return Answer(sentence(outcome), rows=(otherwise(hearing, draft),), instead=True, refused=True)
        raise await hearing.no(outcome, command.request)
    request = outcome.request
    if request is None:
        raise Told("There is no such request.")
    mine = [suggestion for suggestion in request.suggestions if suggestion.person == hearing.person.id]
    if request.revision.number == revision and mine:
        text = "Your change needs somebody with more authority: it stands as a suggestion, which they can adopt."
        return Answer(text, instead=True)
    text = said(hearing, request, Choice.MODIFY)
    if reason is not None:
        return agreement(hearing, request, revision, text, Choice.MODIFY)
    if asks_why(request, Choice.MODIFY):
        chips = hearing.chips(Token("why", request.id, revision))
        return with_undo(hearing, request, Answer(f"{text}\nWhy?", rows=chips, instead=True))
    return with_undo(hearing, request, Answer(text, instead=True))


async def drop(hearing: Hearing) -> Answer:
    """Leave everything as it is."""
    draft = await hearing.draft()
    await hearing.drop(draft.id)
    return Answer("Nothing was changed.", instead=True)
