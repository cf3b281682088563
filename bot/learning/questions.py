"""What people are asked afterwards, in the chat with them alone: which order it was, and why they departed.

A question is a record of the ledger before it is sent, so nobody is asked twice about one match, and a process that
may not write to a person's chat leaves it to the one that may. Whoever has answered five in a day is left in peace:
the rest stands in the digest and on the web.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.ids import new_id
from bot.learning.asking import pick_rows, why_chips
from bot.learning.matches import QUESTION, Whole, match_of
from bot.services import Services
from bot.taps.hearing import CHIPS_IN_A_ROW, MOST_CHIPS, PRIVATE, rows
from core.card import Button
from core.channels import PERSON
from core.engine import CLOCK, Bookkeeping
from core.errors import DeliveryFailed
from core.learning import records
from core.learning.counting import ambiguous
from core.learning.gather import match_id
from core.learning.ledger import Record, Wanted
from core.learning.records import Match
from core.learning.testimony import choices, departs
from core.note import Note, Section
from core.ports import PostRef
from core.token import Token

MOST_A_DAY = 5
FRESH = timedelta(days=7)
"""What lies longer back is not asked about: nobody remembers, and imported history has thousands of such."""
WANTED, SENDING, SENT, ANSWERED, DROPPED = "wanted", "sending", "sent", "answered", "dropped"
_DAY = timedelta(days=1)
_URGENCY = (0,)
"""After everything that waits for a decision."""
_WHICH, _WHY = "Which was it?", "Why did you depart from the advice?"
log = logging.getLogger("placet.learning")


async def ask_about(services: Services, matches: Iterable[Match]) -> int:
    """Ask whom these matches are about, what they alone know; how many questions were sent now."""
    now = services.clock.now()
    open_now = [one for one in matches if _asks(one) and now - one.at <= FRESH]
    by_person: dict[str, list[Match]] = {}
    for one in sorted(open_now, key=lambda match: (bool(match.ambiguous), bool(match.orders), match.at), reverse=True):
        by_person.setdefault(one.person, []).append(one)
    for person, theirs in by_person.items():
        await _want(services, person, theirs, now)
    return await send_waiting(services)


def _asks(match: Match) -> bool:
    """Whether only a person can know more: it is uncertain which order it was, or why it differs from the advice.

    Who rejected something here was asked for the reason on the spot.
    """
    return bool(match.person) and (ambiguous(match) or (departs(match) and bool(match.orders)))


async def _want(services: Services, person: str, matches: Sequence[Match], now: datetime) -> None:
    registry = services.registry()
    found = registry.people.get(person)
    if found is None or not found.active or not registry.accounts.of(person):
        return
    lately = await services.read(services.reader.records, Wanted(QUESTION, since=now - _DAY, person=person))
    known = await services.read(
        services.reader.records, Wanted(QUESTION, keys=tuple(sorted(one.key for one in matches)))
    )
    asked, in_question = {one.key for one in known}, set[str]()
    fresh = []
    for one in matches:
        about = {*choices(one), one.key} if one.ambiguous else {one.key}
        # Two pieces of advice that one order may belong to are one question.
        if one.key not in asked and in_question.isdisjoint(about):
            fresh.append(one)
            in_question |= about
    if fresh := fresh[: max(0, MOST_A_DAY - len(lately))]:
        await _record(services, [_question(one, now) for one in fresh])


async def send_waiting(services: Services) -> int:
    """Send what waits, as far as this process may write there; what could not be sent is tried again the next time."""
    waiting = [
        one
        for status in (WANTED, SENDING)
        for one in await services.read(services.reader.records, Wanted(QUESTION, status=status))
    ]
    sent = 0
    for question in waiting:
        sent += await _send(services, question)
    return sent


async def close_answered(services: Services) -> None:
    """Take the buttons of questions away that were answered, wherever that was."""
    since = services.clock.now() - 2 * FRESH
    standing = await services.read(services.reader.records, Wanted(QUESTION, since, status=SENT))
    if not standing:
        return
    keys = tuple(sorted(one.key for one in standing))
    found = await services.read(services.reader.records, Wanted(records.MATCH, keys=keys))
    matches = {one.key: one for one in found}
    for question in standing:
        record = matches.get(question.key)
        if record is not None and not _still_asks(question, record):
            await _close(services, question, record)


def _still_asks(question: Record, record: Record) -> bool:
    if record.status == records.WITHDRAWN:
        return False
    match = match_of(record)
    return ambiguous(match) if question.body["asks"] == "which" else departs(match)


async def _close(services: Services, question: Record, record: Record) -> None:
    channel = PERSON + question.person
    place = services.channels.places(services.registry()).get(channel)
    if place is None:
        return
    whole = await services.matches.whole(record)
    said = "Answered." if record.status != records.WITHDRAWN else "It belongs elsewhere: nothing is asked any more."
    title = _WHICH if question.body["asks"] == "which" else _WHY
    note = Note(f"question:{whole.id}", title, (Section(whole.title, (_when(whole.match),)),), said)
    await place.pace.turn(place.messenger.limits.rates, place.chat, "update", _URGENCY)
    try:
        await place.messenger.renew(PostRef(channel, str(question.body["ref"])), note)
    except DeliveryFailed as problem:
        if problem.retry_after is not None:
            place.pace.hold(problem.retry_after, place.chat)
        if not problem.permanent:
            log.warning("a question for %s could not be closed: %s", question.person, problem)
            return
    # Also where it is gone, or does not take the change: it is left as it is.
    await _record(services, [_moved(question, ANSWERED)])


async def _send(services: Services, question: Record) -> bool:
    place = services.channels.places(services.registry()).get(PERSON + question.person)
    if place is None:
        return False
    record = await services.read(services.reader.record, records.MATCH, question.key)
    match = match_of(record) if record is not None and record.status != records.WITHDRAWN else None
    if record is None or match is None or not _asks(match) or services.clock.now() - match.at > 2 * FRESH:
        await _record(services, [_moved(question, DROPPED)])
        return False
    note = note_of(await services.matches.whole(record), services)
    again = question.status == SENDING
    turn = await place.pace.turn(place.messenger.limits.rates, place.chat, "say", _URGENCY)
    try:
        await _record(services, [_moved(question, SENDING)])
    except BaseException:
        turn.back()
        raise
    turn.begins()
    try:
        ref: PostRef = await place.messenger.say(PERSON + question.person, note, again)
    except DeliveryFailed as problem:
        log.warning("a question for %s could not be sent: %s", question.person, problem)
        if problem.permanent:
            await _record(services, [_moved(question, DROPPED)])
            return False
        if problem.retry_after is not None:
            place.pace.hold(problem.retry_after, place.chat)
        if problem.unsent and not again:
            # It has not taken anything, so the next try is no second one.
            await _record(services, [_moved(question, WANTED)])
        return False
    await _record(services, [_moved(question, SENT, ref.ref)])
    return True


def note_of(whole: Whole, services: Services) -> Note:
    """The question, with its answers as buttons."""
    match, advice = whole.match, whole.recommendation
    lines = [_when(match)]
    foot = f"Or answer on the web: {services.link('/learning')}" if services.link("") else ""
    if match.ambiguous:
        lines.append("What was done could be one of several things, so it counts for nothing until you say.")
        section = Section(whole.title, tuple(lines))
        return Note(f"question:{whole.id}", _WHICH, (section,), foot, rows=pick_rows(whole))
    lines += [f"You changed {line}" for line in whole.differs]
    policy = services.registry().policy
    chips = why_chips(whole, policy.reasons if policy is not None else {})
    if len(chips) > MOST_CHIPS:
        more = Token("mwhy", whole.id, whole.record.version, f"{PRIVATE}{MOST_CHIPS}")
        chips = (*chips[:MOST_CHIPS], Button("mwhy", "More reasons …", str(more)))
    title = _WHY if advice is not None else "Why?"
    return Note(
        f"question:{whole.id}", title, (Section(whole.title, tuple(lines)),), foot, rows=rows(chips, CHIPS_IN_A_ROW)
    )


def _when(match: Match) -> str:
    return f"{match.subject}, {match.at:%d %b %Y, %H:%M} UTC"


def _question(match: Match, now: datetime) -> Record:
    body = {"match": match_id(match.key), "asks": "which" if match.ambiguous else "why"}
    return Record(QUESTION, match.key, now, body, match.person, match.program, match.subject, WANTED)


def _moved(question: Record, status: str, ref: str | None = None) -> Record:
    body = dict(question.body) | ({"ref": ref} if ref else {})
    return Record(
        QUESTION, question.key, question.at, body, question.person, question.program, question.subject, status
    )


async def _record(services: Services, found: Sequence[Record]) -> None:
    now = services.clock.now()
    await services.ask(Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda tx: tx.record(found, now)))
