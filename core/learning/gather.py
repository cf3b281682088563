"""From what was decided here to what learning works on, and from that to the ledger."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.expressions import is_number
from core.learning import records
from core.learning.ledger import Record
from core.learning.records import Execution, Learned, Match, Recommendation, Result
from core.model import ActorKind, Json, Outcome, Person, Program, Proposal, Vote
from core.people import owner_of
from core.request import Request

MOST_STEPS = 200
"""Steps of a numeric field that are listed; a field without bounds lists half of them on either side."""


def match_id(key: str) -> str:
    """The id of a match, from its key: the same for every version of it."""
    return "mat_" + b32encode(hashlib.sha256(key.encode()).digest()).decode().lower()[:26]


def recommendation_of(
    request: Request,
    *,
    people: Mapping[str, Person],
    programs: Mapping[str, Program],
    accounts: Mapping[str, str],
    seen: bool = True,
) -> Recommendation:
    """A request as a recommendation. `accounts`: the person behind each account, as it is declared.

    The person is who decided; where nobody did, whose account it is, the program's owner, or the only person there is.
    Its time is that at which it came; its features are those it came with, not what was said of the world later.
    """
    advice, decision = request.recommended, request.decision
    vote = _telling(request)
    reason = vote.reasons[-1] if vote is not None and vote.reasons else None
    modified = decision is not None and decision.outcome is Outcome.MODIFIED
    return Recommendation(
        key=request.id,
        at=request.created_at,
        valid_until=request.ruling.expire_at,
        person=vote.person if vote is not None else _whose(request, people, programs, accounts),
        program=request.asker.ref,
        algorithm=advice.algorithm or "-",
        action=advice.action,
        subject=advice.subject,
        account=advice.account,
        title=advice.title,
        parameters={name: plain(value) for name, value in advice.parameters.items()},
        ladders=ladders_of(advice.editable, advice.parameters),
        features=features_of(advice),
        amount=advice.amount,
        currency=advice.currency,
        decision=decision.outcome.value if decision is not None else None,
        decided_at=decision.at if decision is not None else None,
        decided={name: plain(value) for name, value in request.proposal.parameters.items()} if modified else None,
        reason=(reason.code or None) if reason is not None else None,
        would_agree=reason.would_agree.value if reason is not None and reason.would_agree is not None else None,
        seen=seen or bool(request.votes),
        asked_at=request.created_at if not advice.advisory else None,
        claim=request.claim.id if request.claim is not None else None,
        by_people=decision is None or bool(decision.by),
    )


def _telling(request: Request) -> Vote | None:
    """The vote that decided, or the latest one there is."""
    decision = request.decision
    if decision is not None:
        for person in decision.by:
            if (vote := request.vote_of(person)) is not None:
                return vote
    standing = [vote for vote in request.votes if vote.taken_back is None]
    return standing[-1] if standing else None


def _whose(
    request: Request, people: Mapping[str, Person], programs: Mapping[str, Program], accounts: Mapping[str, str]
) -> str:
    if request.asker.kind is ActorKind.PERSON:
        return request.asker.ref
    account = request.recommended.account
    if account is not None and account in accounts:
        return accounts[account]
    owner = owner_of(request.asker, programs)
    if owner is not None:
        return owner
    active = [person.id for person in people.values() if person.active]
    return active[0] if len(active) == 1 else ""


def plain(value: Json) -> Json:
    """A value as JSON has it: numbers are no decimals any more."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def features_of(proposal: Proposal) -> dict[str, float]:
    """The numbers of the context, and how sure the algorithm was."""
    found = {name: float(value) for name, value in proposal.context.items() if is_number(value)}
    if proposal.confidence is not None:
        found["confidence"] = float(proposal.confidence)
    return found


def ladders_of(editable: Mapping[str, Any] | None, parameters: Mapping[str, Json]) -> dict[str, tuple[Json, ...]]:
    """What each parameter that people may change could be, in order: from `enum`, or from the step of a number.

    Choices that have no order (words) have no ladder.
    """
    found: dict[str, tuple[Json, ...]] = {}
    for name, field in ((editable or {}).get("properties") or {}).items():
        value = parameters.get(name)
        listed = _listed(field, value)
        if len(listed) > 1:
            found[name] = listed
    return found


def _listed(field: Mapping[str, Any], value: Json) -> tuple[Json, ...]:
    choices = field.get("enum")
    if choices is not None:
        if all(is_number(one) for one in choices) or all(_is_day(one) for one in choices):
            return tuple(plain(one) for one in sorted(set(choices)))
        return ()
    if field.get("type") not in ("number", "integer") or not is_number(value):
        return ()
    step = field.get("multipleOf") or (1 if field["type"] == "integer" else None)
    if step is None:
        return ()
    size, here = Fraction(step), Fraction(value)
    half = MOST_STEPS // 2
    least, most = (
        _bound(field, "minimum", "exclusiveMinimum", size),
        _bound(field, "maximum", "exclusiveMaximum", -size),
    )
    down = half if least is None else min(half, max(0, int((here - least) / size)))
    up = half if most is None else min(half, max(0, int((most - here) / size)))
    values = (here + number * size for number in range(-down, up + 1))
    return tuple(int(one) if one.denominator == 1 else float(one) for one in values)


def _bound(field: Mapping[str, Any], inclusive: str, exclusive: str, within: Fraction) -> Fraction | None:
    bounds = [Fraction(field[inclusive])] if inclusive in field else []
    if exclusive in field:
        bounds.append(Fraction(field[exclusive]) + within)
    if not bounds:
        return None
    return max(bounds) if within > 0 else min(bounds)


def _is_day(value: Json) -> bool:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def to_record(one: Learned) -> Record:
    """Its place in the ledger."""
    body = records.document(one)
    match one:
        case Recommendation():
            kind, status, at = records.RECOMMENDATION, one.decision or "open", one.at
        case Execution():
            kind, status, at = records.EXECUTION, "busted" if one.busted else "filled", one.at
        case Match():
            kind, status, at = records.MATCH, one.label.value, one.at
        case Result():
            kind, status, at = records.RESULT, one.kind, one.at
        case _:
            kind, status, at = records.CLOSE, one.source, datetime.combine(one.day, time(), UTC)
    person = getattr(one, "person", None) or ""
    program = getattr(one, "program", None) or ""
    subject = getattr(one, "subject", None) or ""
    return Record(kind, one.key, at, body, person, program, subject, status)
