"""The history of a request as sentences: who did what, when, why, and over which surface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import events as e
from core.card import value_text
from core.codec_events import Fact, read_event
from core.forms import same
from core.model import CLAIMABLE, Actor, ActorKind, Choice, Json, Outcome, Reason, Vote, WouldAgree
from core.policy import describe
from core.wording import reason_text

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `what`: a sentence; `why` and `words`: what was given as the reason, and written.

    `changes`: name, old and new value of what was changed. `tone`: `good`, `bad` or nothing.
    """

    at: datetime
    what: str
    why: str = ""
    words: str = ""
    via: str = ""
    tone: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()


_OUTCOMES = {
    Outcome.APPROVED: "Approved: the program may act on it",
    Outcome.MODIFIED: "Approved as modified: the program may act on it",
    Outcome.REJECTED: "Rejected",
    Outcome.CHANGES_REQUESTED: "Sent back: who asked may ask again, changed",
    Outcome.EXPIRED: "Expired: nobody decided it in time",
    Outcome.LAPSED: "Lapsed: the world moved on",
    Outcome.CANCELLED: "Withdrawn by who asked",
    Outcome.ADVISED: "For information: nobody was asked",
}
_CHOICES = {
    Choice.APPROVE: "approved",
    Choice.REJECT: "rejected",
    Choice.MODIFY: "modified it",
    Choice.REQUEST_CHANGES: "asked for changes",
    Choice.ABSTAIN: "abstained",
}
AGREE = {
    WouldAgree.YES: "the algorithm would agree if it knew",
    WouldAgree.NO: "the algorithm knew it and would still differ",
    WouldAgree.UNSURE: "unsure whether the algorithm would agree",
}
"""What somebody answered to *would the algorithm agree if it knew what you know?*"""
_ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
_SURFACES = {"api": "the API", "web": "the web", "cli": "the command line", "slack": "Slack", "discord": "Discord"}
_SURFACES |= {"telegram": "Telegram", "console": "the console"}


def story(facts: Iterable[Fact], labels: Texts, words: Texts) -> list[Line]:
    """Every fact about a request in a sentence, the first one first.

    `labels`: what the reason codes say; `words`: what people wrote, by commitment, as far as it is to be shown. A fact
    of a kind that this version does not know is told by its name, and never left out.
    """
    lines: list[Line] = []
    values: Mapping[str, Json] = {}
    for fact in facts:
        try:
            event = read_event(fact.type, fact.body)
        except KeyError:
            lines.append(Line(fact.at, f"{fact.type} (of a later version)", via=surface(fact.actor)))
            continue
        lines.append(_line(fact, event, labels, words, values))
        if isinstance(event, (e.Opened, e.Revised)):
            values = event.revision.proposal.parameters
    return lines


def surface(actor: Actor) -> str:
    """Over what somebody acted; nothing for what Placet does by itself."""
    return "" if actor.kind is ActorKind.SYSTEM else _SURFACES.get(actor.via, actor.via)


def _line(fact: Fact, event: e.RequestEvent, labels: Texts, words: Texts, before: Mapping[str, Json]) -> Line:
    told: dict[str, Any] = {"at": fact.at, "via": surface(fact.actor)}
    match event:
        case e.Opened():
            again = f", for the {_ordinal(event.iteration)} time" if event.iteration > 1 else ""
            ruling = event.revision.ruling
            person = " (a person)" if event.asker.kind is ActorKind.PERSON else ""
            asked = f"{event.asker.ref}{person} asked{again}"
            why = f"Rule {ruling.rule}: {'; '.join(ruling.why)}"
            return Line(what=f"{asked}, which is {ruling.tier_name}", why=why, **told)
        case e.Voted():
            return _vote(event.vote, labels, words, told)
        case e.Revised():
            changes = _changes(before, event.revision.proposal.parameters)
            line = _vote(event.vote, labels, words, told)
            what = f"{line.what}: revision {event.revision.number}, which is {event.revision.ruling.tier_name}"
            return Line(what=what, why=line.why, words=line.words, changes=changes, **told)
        case e.Suggested():
            one = event.suggestion
            changes = _changes(before, {**before, **one.parameters})
            return Line(what=f"{one.person} suggested a change that others may adopt", changes=changes, **told)
        case e.VoteVoided():
            return Line(what=f"The vote of {event.person} no longer counts: they are not with us any more", **told)
        case e.VoteTakenBack():
            return Line(what=f"{event.person} took their vote back before it counted", **told)
        case e.ReasonGiven():
            why, said = _reason(event.reason, labels, words)
            return Line(what=f"{event.person} said why", why=why, words=said, **told)
        case e.ContextUpdated():
            values = tuple((name, "", value_text(value)) for name, value in event.context.items())
            return Line(what=f"{fact.actor.ref} said what has changed in the world", changes=values, **told)
        case _:
            return _by_itself(event, told)


def _by_itself(event: e.RequestEvent, told: dict[str, Any]) -> Line:
    """What the clock and the rules do, and what comes after the decision."""
    match event:
        case e.Reminded():
            return Line(what="The time was nearly over: those who had not decided were reminded", **told)
        case e.Escalated():
            return Line(what=f"Now asked as well: {describe(event.to)}", why=event.why, **told)
        case e.Blocked():
            return Line(what="Nobody could decide it: an administrator was warned", why=event.why, tone="bad", **told)
        case e.Unblocked():
            return Line(what="Somebody who may decide was there again", **told)
        case e.Decided():
            decision = event.decision
            tone = "good" if decision.outcome in CLAIMABLE else "bad" if decision.outcome is Outcome.REJECTED else ""
            by = f" (by {', '.join(decision.by)})" if decision.by else ""
            return Line(what=f"{_OUTCOMES[decision.outcome]}{by}", why=decision.why or "", tone=tone, **told)
        case e.Claimed():
            who = event.claim.claimant.partition("/clm_")[0]
            return Line(what=f"{who} took the right to act on it, once", tone="good", **told)
        case _:
            return Line(what=type(event).__name__, **told)


def _vote(vote: Vote, labels: Texts, words: Texts, told: dict[str, Any]) -> Line:
    stands_in = f" for {vote.acting_for}, who is away," if vote.acting_for else ""
    said = [_reason(reason, labels, words) for reason in vote.reasons]
    note = words.get(vote.note or "", "")
    return Line(
        what=f"{vote.person}{stands_in} {_CHOICES[vote.choice]}",
        why="; ".join(why for why, _ in said if why),
        words=" ".join(part for part in (note, *(text for _, text in said)) if part),
        **told,
    )


def _reason(reason: Reason, labels: Texts, words: Texts) -> tuple[str, str]:
    """What the code says and whether the algorithm would agree; and what was written."""
    parts = [reason_text(reason, labels, {})] if reason.code else []
    if reason.would_agree is not None:
        parts.append(AGREE[reason.would_agree])
    return ", ".join(parts), words.get(reason.words or "", "")


def _changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (name, value_text(before.get(name)), value_text(value))
        for name, value in after.items()
        if not same(before.get(name), value)
    )


def _ordinal(number: int) -> str:
    return _ORDINALS.get(number, f"{number}th")
