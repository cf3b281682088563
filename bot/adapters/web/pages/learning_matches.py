"""What became of each recommendation, month by month, and what is still to be said of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.pages.learning_whose import Whose, whose_of
from bot.adapters.web.web import Web
from bot.learning.asking import may_say, pick_rows, why_chips
from bot.learning.matches import Whole
from bot.learning.study import Studied
from core.card import Button
from core.learning import records
from core.learning.ledger import Record, Wanted
from core.learning.records import How, Label, Source
from core.model import Person
from core.policy import Policy
from core.story import AGREE
from core.token import guard_of

LABELS: Mapping[Label, tuple[str, str]] = {
    Label.CONSENT: ("Followed", "good"),
    Label.MODIFY: ("Modified", "warn"),
    Label.REJECT: ("Rejected", "bad"),
    Label.NO_ACTION: ("Nothing done", ""),
    Label.INDEPENDENT: ("On your own", ""),
}
_HOW: Mapping[How, str] = {
    How.LINKED: "the order names it",
    How.EXPLICIT: "said outright",
    How.MATCHED: "matched by likeness",
    How.IGNORED: "nothing was said and nothing done",
}
_MONTH = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})")
_LONGEST, MOST_SHOWN = 80, 200


@dataclass(frozen=True, slots=True)
class Row:
    """A match as a list shows it. `picks`: what an ambiguous one might be; `why`: the reasons that can be given."""

    id: str
    title: str
    label: str
    look: str
    at: datetime
    about: str
    how: str
    differs: tuple[str, ...]
    reason: str
    agree: str
    words: str
    imported: bool
    settled_by: str
    picks: tuple[tuple[Button, ...], ...]
    why: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """The filters, as they stand in the address."""

    month: str = ""
    label: str = ""
    subject: str = ""
    person: str = ""
    show: str = ""
    """`open`: those that wait for a word."""

    def but(self, **changes: str) -> str:
        given = {name: getattr(self, name) for name in self.__slots__} | changes
        said = {name: value for name, value in given.items() if value}
        return f"/learning/matches?{urlencode(said)}" if said else "/learning/matches"


def routes(web: Web) -> list[Route]:
    services = web.services

    async def matches(request: Request, visitor: Visitor) -> Response:
        whose = whose_of(request, visitor.person, services.registry())
        studied = await services.study.of(whose.person)
        sought = _sought(request, studied, whose)
        wanted = _wanted(sought, whose.person, studied)
        found = await services.read(services.reader.records, wanted) if wanted else []
        standing = [one for one in reversed(found) if one.status != records.WITHDRAWN]
        rows = await rows_of(web, visitor.person, standing[:MOST_SHOWN])
        months = [one for one, _ in studied.months]
        place = months.index(sought.month) if sought.month in months else -1
        return web.page(
            request,
            visitor,
            "learning_matches.html",
            rows=rows,
            whose=whose,
            sought=sought,
            labels=[(one.value, words) for one, (words, _) in LABELS.items()],
            months=[(one, month_name(one), count) for one, count in reversed(studied.months)],
            month=month_name(sought.month) if sought.month else "",
            earlier=months[place - 1] if place > 0 else "",
            later=months[place + 1] if 0 <= place < len(months) - 1 else "",
            cut=len(standing) > MOST_SHOWN,
            studied=studied,
        )

    return [web.shown("/learning/matches", matches)]


async def rows_of(web: Web, visitor: Person, found: Sequence[Record]) -> list[Row]:
    """Matches as they are shown to somebody, with what this person may say of them."""
    services = web.services
    policy = services.registry().policy
    needed = sorted({words for one in found if (words := one.body.get("words"))})
    texts = await services.read(services.reader.words, needed) if needed else {}
    wholes = await services.matches.wholes(found)
    return [row_of(one, visitor, policy, texts) for one in wholes]


def row_of(whole: Whole, visitor: Person, policy: Policy | None, texts: Mapping[str, str]) -> Row:
    match, guard = whole.match, guard_of(visitor.id)
    words, look = LABELS[match.label]
    reasons = policy.reasons if policy is not None else {}
    mine = may_say(visitor, whole.record)
    return Row(
        id=whole.id,
        title=whole.title,
        label=words,
        look=look,
        at=match.at,
        about=" · ".join(one for one in (match.subject, match.program) if one),
        how=_HOW[match.how],
        differs=whole.differs,
        reason=reasons.get(match.reason, match.reason) if match.reason else "",
        agree=_AGREES.get(match.would_agree or "", ""),
        words=texts.get(match.words or "", ""),
        imported=match.source is Source.IMPORTED,
        settled_by=match.settled_by or "",
        picks=pick_rows(whole, guard) if mine else (),
        why=why_chips(whole, reasons, guard) if mine else (),
    )


_AGREES: Mapping[str, str] = {one.value: words for one, words in AGREE.items()}


def _sought(request: Request, studied: Studied, whose: Whose) -> Sought:
    given = {name: request.query_params.get(name, "")[:_LONGEST] for name in ("month", "label", "subject")}
    if not any(given["month"] == month for month, _ in studied.months):
        given["month"] = studied.months[-1][0] if studied.months else ""
    if given["label"] not in {one.value for one in Label}:
        given["label"] = ""
    show = "open" if request.query_params.get("show") == "open" else ""
    return Sought(**given, person=whose.address, show=show)


def _wanted(sought: Sought, person: str, studied: Studied) -> Wanted | None:
    """None where there is nothing to look for."""
    if sought.show:
        keys = (*studied.ambiguous, *studied.unexplained)[:MOST_SHOWN]
        return Wanted(records.MATCH, keys=keys) if keys else None
    found = _MONTH.fullmatch(sought.month)
    if found is None:
        return None
    since, until = month_of(int(found["year"]), int(found["month"]))
    return Wanted(
        records.MATCH, since, until, person=person, subject=sought.subject or None, status=sought.label or None
    )


def month_of(year: int, month: int) -> tuple[datetime, datetime]:
    """From its first moment to the first of the next, in UTC."""
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    return datetime(year, month, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)


def month_name(month: str) -> str:
    return f"{datetime.strptime(month, '%Y-%m').replace(tzinfo=UTC):%B %Y}"
