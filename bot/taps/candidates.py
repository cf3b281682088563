"""Implement, defer, reject; and afterwards keep, roll back, change again: what people decide about a candidate.

A button carries the version of the candidate that it was shown with. Each decision asks why first, and the tap on the
reason is what decides; a deferral asks until when before that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.learning import candidates
from bot.taps.hearing import CHIPS_IN_A_ROW, NOT_OURS, Hearing, Told, rows, sentence
from bot.taps.votes import mine_alone, words_typed
from core.card import Button
from core.errors import Refused
from core.learning.candidates import REASONS, Candidate, Decide, Status, decided_by, said
from core.learning.deciding import Asked, Known, may, wants_four_eyes
from core.learning.offering import LABELS, VERBS, buttons, summary
from core.model import Words
from core.taps import Answer, Form, FormField
from core.text import fault
from core.token import Token, guard_of

__all__ = ["VERBS", "buttons", "press", "summary"]
_WEEKS = (2, 4, 12)
LONGEST_VERSION = 80
_NEXT: Mapping[Decide, str] = {
    Decide.IMPLEMENT: "Nothing changes by itself: make the change as a new version of the algorithm, then name it "
    "here. What is advised by that version is what it will be judged by.",
    Decide.DEFER: "It comes back in the first digest after {until:%-d %b %Y}.",
    Decide.REJECT: "It is not proposed again before 12 weeks are over and its evidence has grown tenfold.",
    Decide.DEPLOYED: "It is looked at after 4 weeks.",
    Decide.KEEP: "The new version stays.",
    Decide.ROLL_BACK: "Nothing changes by itself: go back to the version before.",
    Decide.MODIFY: "Nothing changes by itself: a further change will be a version, and a candidate, of its own.",
}


async def press(hearing: Hearing) -> Answer:
    """Any of the buttons: the further question, or the decision itself."""
    choice = VERBS[hearing.token.verb]
    mine_alone(hearing)
    candidate = await _meant(hearing)
    code = hearing.token.argument
    if choice is Decide.DEPLOYED:
        name = _version_typed(hearing)
        if isinstance(name, Form):
            _still(hearing, candidate, choice)
            return Answer(form=name)
        return await _decided(hearing, choice, algorithm=name)
    weeks = 0
    if choice is Decide.DEFER:
        if not code:
            _still(hearing, candidate, choice)
            return _until(hearing, candidate)
        first, _, code = code.partition(".")
        if first not in {f"w{one}" for one in _WEEKS}:
            raise Told(NOT_OURS)
        weeks = int(first[1:])
    if not code:
        _still(hearing, candidate, choice)
        return _why(hearing, candidate, choice, weeks)
    if code not in REASONS[choice]:
        raise Told(NOT_OURS)
    words: Words | None = None
    if code == "other":
        typed = words_typed(hearing, "Why?", "In your own words")
        if isinstance(typed, Form):
            _still(hearing, candidate, choice)
            return Answer(form=typed)
        words = typed
    return await _decided(hearing, choice, code, words, weeks)


async def _meant(hearing: Hearing) -> Candidate:
    services = hearing.services
    found = await services.read(candidates.one, services.reader, hearing.token.about)
    if found is None:
        raise Told("There is no such candidate here (any more).")
    return found


def _still(hearing: Hearing, candidate: Candidate, choice: Decide) -> None:
    """Before a further question: whether it makes sense to answer it. Judged again when it is decided."""
    registry, last = hearing.registry, candidate.last
    known = Known(hearing.services.clock.now(), registry.people, registry.programs, wants_four_eyes(registry))
    if (refused := may(candidate, hearing.actor, choice, known)) is not None:
        raise Told(sentence(refused))
    if choice not in candidate.open_to:
        who = f"{decided_by(last)} " if last is not None else ""
        raise Told(f"{who}It is {said(candidate.status)}; there is nothing to decide about it now.")
    if hearing.token.revision != candidate.version:
        raise _outdated(hearing, candidate)


def _outdated(hearing: Hearing, candidate: Candidate) -> Told:
    last = candidate.last
    since = f" {decided_by(last)}" if last is not None else ""
    told = Told(f"This has changed since it was shown.{since} As it stands:\n{summary(candidate)}")
    told.answer = replace(told.answer, rows=buttons(candidate, guard_of(hearing.person.id)))
    return told


def _until(hearing: Hearing, candidate: Candidate) -> Answer:
    guard = guard_of(hearing.person.id)
    token = Token(hearing.token.verb, candidate.id, candidate.version)
    made = tuple(
        Button(token.verb, f"{weeks} weeks", str(replace(token, argument=f"w{weeks}.", guard=guard)))
        for weeks in _WEEKS
    )
    return Answer(f"{candidate.title}\nUntil when?", rows=(made,), instead=_instead(hearing))


def _why(hearing: Hearing, candidate: Candidate, choice: Decide, weeks: int) -> Answer:
    guard, verb = guard_of(hearing.person.id), hearing.token.verb
    lead = f"w{weeks}." if weeks else ""
    chips = [
        Button(verb, label, str(Token(verb, candidate.id, candidate.version, f"{lead}{code}", guard)))
        for code, label in REASONS[choice].items()
    ]
    asked = LABELS[choice][0].lower() + (f" for {weeks} weeks" if weeks else "")
    text = f"{candidate.title}\nNothing is decided yet. Why {asked}? The tap on the reason decides."
    return Answer(text, rows=rows(chips, CHIPS_IN_A_ROW), instead=_instead(hearing))


def _instead(hearing: Hearing) -> bool:
    """Whether what was tapped is an answer of ours to this person: a digest's note must stay."""
    return bool(hearing.token.argument)


def _version_typed(hearing: Hearing) -> str | Form:
    """The name of the new version, or the form that asks for it."""
    text, error = hearing.tap.values.get("version"), ""
    if text is not None:
        text = text.strip()
        if not text:
            error = "must be said"
        elif problem := fault(text, longest=LONGEST_VERSION):
            error = problem
        else:
            return text
    hint = "As the program sends it in `algorithm`: a version, the hash of a commit or of a configuration"
    field = FormField("version", "The new version", value=text or "", hint=hint, longest=LONGEST_VERSION, error=error)
    return Form(str(hearing.token), "The change is made", (field,))


async def _decided(
    hearing: Hearing,
    choice: Decide,
    reason: str = "",
    words: Words | None = None,
    weeks: int = 0,
    algorithm: str | None = None,
) -> Answer:
    until = hearing.services.clock.now() + timedelta(weeks=weeks) if weeks else None
    asked = Asked(
        choice,
        hearing.actor,
        hearing.command,
        reason,
        until=until,
        algorithm=algorithm,
        version=hearing.token.revision,
    )
    over = None if hearing.on_the_web else hearing.account
    found = await candidates.decided(hearing.services, hearing.token.about, asked, hearing.digest, words, over)
    if isinstance(found, Refused):
        if found.code == "stale_version":
            raise _outdated(hearing, await _meant(hearing))
        raise Told(sentence(found))
    text = f"{found.title}: {said(found.status)}.\n{_NEXT[choice].format(until=found.until or found.moved_at)}"
    further = buttons(found, guard_of(hearing.person.id)) if found.status is Status.IMPLEMENT else ()
    return Answer(text, rows=further, instead=_instead(hearing))
