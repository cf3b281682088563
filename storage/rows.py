"""Values to rows and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.codec_events import state_bytes
from core.deadlines import next_due
from core.people import routes
from core.request import Request

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def asker(request: Request) -> str:
    return f"{request.asker.kind.value}:{request.asker.ref}"


def audience(request: Request) -> str:
    """Whom the request asks, as `|role:trader|person:bob|`: what the filter `for` looks into."""
    names = [
        name
        for route in routes(request)
        for name in (*(f"role:{role}" for role in route.roles), *(f"person:{person}" for person in route.people))
    ]
    return "|" + "|".join(dict.fromkeys(names)) + "|"


def voters(request: Request) -> str:
    """Whose votes count now, as `|alice|bob|`."""
    return "|" + "|".join(vote.person for vote in request.counted()) + "|"


REQUEST_COLUMNS = (
    "id",
    "version",
    "revised_in",
    "asker",
    "subject",
    "rank",
    "outcome",
    "audience",
    "voters",
    "expire_at",
    "due_at",
    "decided_at",
    "state",
)


def request_row(request: Request) -> tuple[Any, ...]:
    """The values of `REQUEST_COLUMNS`."""
    due = next_due(request)
    decision = request.decision
    return (
        request.id,
        request.version,
        request.revised_in,
        asker(request),
        request.subject,
        -request.ruling.tier,
        decision.outcome.value if decision else None,
        audience(request),
        voters(request),
        micros(request.ruling.expire_at),
        micros(due) if due else None,
        micros(decision.at) if decision else None,
        state_bytes(request),
    )
