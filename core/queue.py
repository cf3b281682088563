"""A burst of routine requests joined on one card, with buttons for all of them and one for each.

The tokens on its buttons, to the letter:

- `all:-:0:approve` and `all:-:0:reject` are about every request that is pending in the message that was tapped. Which
  these are the store says: `Reader.posts_at(channel, QUEUE + ref)`, each in the revision of the version `shown`.
- `show:rKEY:1` opens one: `Token("show", request.id, 1)`, where `KEY` is the request's id without `req_`.

A post that stands in such a message has the ref `queue|` and the platform's own. The card's `request` is `queue|` and
the id of the first request on it: no two such cards in one channel have the same, so a platform that looks for a card
that may have been sent already does not find another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core import card
from core.card import Button, Card, Field
from core.model import Gate
from core.request import Request
from core.text import cut
from core.token import Token
from core.wording import outcome_sentence, settling_sentence

QUEUE = "queue|"
ENDED = 100
"""More than there can be tiers."""
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
MOST_JOINED = 10
LONGEST_TITLE = 66
LONGEST_ROW = 160
"""Ten rows and their titles stay within `card.LONGEST_PARAMETERS`, so every platform shows them whole."""
_ROOM_TO_SAY = 40
"""Characters of a row that are kept free for what the algorithm says."""


def urgency(request: Request) -> tuple[int, int]:
    """How soon its card is to be shown; the smaller, the sooner.

    What can still be decided before what has ended; then the highest tier; then the nearest deadline, in microseconds
    since 1970.
    """
    ruling = request.ruling
    return -ruling.tier + (0 if request.pending else ENDED), (ruling.expire_at - _EPOCH) // _MICROSECOND


def is_queue(ref: str | None) -> bool:
    """Whether a post's ref means a message that it shares with others."""
    return ref is not None and ref.startswith(QUEUE)


def own_ref(ref: str) -> str:
    """The platform's own ref."""
    return ref.removeprefix(QUEUE)


def joinable(request: Request) -> bool:
    """Whether it may be decided from one row among others: routine, as it was sent, and all of it to be seen there."""
    ruling = request.ruling
    return (
        request.pending
        and ruling.tier == 1
        and ruling.gate is Gate.ASK
        and not ruling.web_only
        and not ruling.broken
        and stays(request)
        and card.is_whole(request.proposal)
        and not request.proposal.attachments
        and len(request.proposal.title) <= LONGEST_TITLE
        and len(_asked(request)) <= LONGEST_ROW - _ROOM_TO_SAY
    )


def stays(request: Request) -> bool:
    """Whether it may stay on a queue card. What was changed and is open again deserves a card of its own."""
    return not request.pending or request.revision.number == 1


def queue_card(requests: Sequence[Request]) -> Card:
    """The one card of several routine requests, in the order of their deadlines. At least one."""
    rows = sorted(requests, key=lambda request: (request.ruling.expire_at, request.id))
    first = rows[0]
    pending = [request for request in rows if request.pending]
    until = min((request.ruling.expire_at for request in pending), default=None)
    return Card(
        request=QUEUE + first.id,
        revision=0,
        version=sum(request.version for request in rows),
        tier=1,
        mark=card.mark(first.ruling),
        title=f"{len(rows)} {first.ruling.tier_name} requests"
        if len(rows) > 1
        else f"1 {first.ruling.tier_name} request",
        asker=_askers(rows),
        parameters=tuple(
            Field(f"{number}  {cut(request.proposal.title, LONGEST_TITLE)}", _row(request))
            for number, request in enumerate(rows, 1)
        ),
        says="",
        rules="; ".join(dict.fromkeys(card.rules(request.ruling) for request in rows)),
        note="A number opens one of them: to modify it, or to say why." if pending else "",
        left=f"Until {until:%d %b, %H:%M} UTC{', the first of them' * (len(pending) > 1)}" if until else "",
        until=until,
        votes=(),
        buttons=_buttons(rows, pending),
        outcome=None if pending else _outcome(rows),
        whole=True,
    )


def emptied_card(requests: Sequence[Request]) -> Card:
    """What is left of a queue card when each request on it has got a card of its own."""
    first = min(requests, key=lambda request: (request.ruling.expire_at, request.id))
    return Card(
        request=QUEUE + first.id,
        revision=0,
        version=sum(request.version for request in requests),
        tier=1,
        mark=card.MARKS[0],
        title="Nothing waits here any more",
        asker=_askers(requests),
        parameters=(),
        says="",
        rules="What is changed is asked anew.",
        note="",
        left="",
        until=None,
        votes=(),
        buttons=(),
        outcome="What was asked here has changed; it stands on a card of its own.",
        whole=True,
    )


def _askers(requests: Sequence[Request]) -> str:
    names = list(dict.fromkeys(request.asker.ref for request in requests))
    if len(names) == 1:
        return f"{names[0]} asks"
    return f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''} ask"


def _asked(request: Request) -> str:
    """Who asks for what: what must be seen in full."""
    proposal = request.proposal
    parameters = ", ".join(f"{name} {card.value_text(value)}" for name, value in proposal.parameters.items())
    return " · ".join(part for part in (card.asker_text(request.asker, proposal), parameters) if part)


def _row(request: Request) -> str:
    if (ended := outcome_sentence(request) or settling_sentence(request)) is not None:
        return cut(ended, LONGEST_ROW)
    votes = ", ".join(f"{vote.person}: {vote.choice.value.replace('_', ' ')}" for vote in request.counted())
    parts = (_asked(request), votes, card.says(request.proposal))
    return cut(" · ".join(part for part in parts if part), LONGEST_ROW)


def _buttons(rows: Sequence[Request], pending: Sequence[Request]) -> tuple[Button, ...]:
    if not pending:
        return ()
    if len(pending) == 1:
        which = "this one" if len(rows) == 1 else "the last one"
    else:
        which = f"all {len(pending)}" if len(pending) == len(rows) else f"the other {len(pending)}"
    every = (
        Button("all", f"Approve {which}", str(Token("all", argument="approve")), "yes"),
        Button("all", f"Reject {which}", str(Token("all", argument="reject")), "no"),
    )
    return every + tuple(
        Button("show", str(number), str(Token("show", request.id, request.revision.number)))
        for number, request in enumerate(rows, 1)
        if request.pending
    )


def _outcome(rows: Sequence[Request]) -> str:
    """`8 decided: 7 approved, 1 rejected`."""
    ends = Counter(request.decision.outcome.value.replace("_", " ") for request in rows if request.decision)
    return f"{len(rows)} decided: " + ", ".join(f"{count} {end}" for end, count in ends.most_common())
