"""Learning: what somebody's overrides have in common, what they brought, and what is to be decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.pages.learning_charts import Chart, charts_of
from bot.adapters.web.pages.learning_matches import rows_of
from bot.adapters.web.pages.learning_numbers import figures_line
from bot.adapters.web.pages.learning_whose import Whose, whose_of
from bot.adapters.web.web import HEADERS, Web
from bot.learning.asking import offer
from bot.learning.digests import Digests, note_in, week_in
from bot.learning.schedule import next_proposals
from bot.learning.study import Asked, Studied
from core.learning import records
from core.learning.candidate_bodies import from_record
from core.learning.candidates import Candidate, Status
from core.learning.finding import Finding, Level
from core.learning.ledger import Record, Wanted
from core.learning.proposing import candidate_id, may_propose
from core.learning.records import Source
from core.note import Note

MOST_ASKED = 3
"""Open questions on the first page; the others stand among the matches."""
MOST_DIGESTS = 60
_SPANS = (("28", "4 weeks"), ("91", "13 weeks"), ("365", "A year"), ("", "All of it"))
_SOURCES = ((Source.LIVE.value, "Live"), (Source.IMPORTED.value, "Imported"))


_WAITING = (Status.PROPOSED, Status.INCONCLUSIVE)
"""States in which a change waits for somebody to decide; in the others somebody may."""
_LOOKS = {Status.PROPOSED: "warn", Status.KEPT: "good", Status.ROLLED_BACK: "bad"}


def routes(web: Web) -> list[Route]:
    services = web.services
    digests = Digests(services.ask, services.reader)

    async def learning(request: Request, visitor: Visitor) -> Response:
        whose = whose_of(request, visitor.person, services.registry())
        everything = await services.study.of(whose.person)
        span, source = _chosen(request, everything)
        studied = await services.study.asked(_asked(whose, everything, span, source))
        policy = services.registry().policy
        zone = f"in the zone {services.learning.zone}"
        made: list[Chart] = []
        if studied.figures is not None:
            made = await services.read(charts_of, studied.figures, dict(policy.reasons) if policy else {}, zone)
        known = await digests.of(whose.person)
        proposed = await services.read(services.reader.records, Wanted(records.CANDIDATE, person=whose.person))
        offers = [from_record(one) for one in proposed]
        patterns = _at(everything.findings, Level.PATTERN)
        open_to = sorted((one for one in offers if one.open_to), key=lambda one: one.status not in _WAITING)
        return web.page(
            request,
            visitor,
            "learning.html",
            whose=whose,
            everything=everything,
            studied=studied,
            counts=[one for one in figures_line(studied.figures.divergence.counts) if one[1]]
            if studied.figures
            else [],
            charts=made,
            patterns=patterns,
            to_propose=_to_propose(patterns, offers, services.clock.now()),
            next_proposals=next_proposals(services.learning, services.clock.now()),
            hints=_at(everything.findings, Level.HINT),
            counted=_at(everything.findings, Level.COUNTED),
            offers=[offer(one, visitor.person) for one in open_to],
            to_decide=sum(one.status in _WAITING for one in open_to),
            over=[offer(one, visitor.person) for one in reversed(offers) if not one.open_to],
            looks=_LOOKS,
            asked=await rows_of(web, visitor.person, await _open(everything)),
            digest=_shown(known[0]) if known else None,
            earlier=[week_in(one) for one in known[1:MOST_DIGESTS]],
            spans=_SPANS,
            span=span,
            sources=_SOURCES if len(everything.sources) > 1 else (),
            source=source.value if source else "",
        )

    async def _open(everything: Studied) -> list[Record]:
        """The questions to begin with: what is uncertain first."""
        keys = (*everything.ambiguous, *everything.unexplained)[:MOST_ASKED]
        found = await services.read(services.reader.records, Wanted(records.MATCH, keys=keys)) if keys else []
        return sorted((one for one in found if one.status != records.WITHDRAWN), key=lambda one: keys.index(one.key))

    async def digest(request: Request, visitor: Visitor) -> Response:
        whose = whose_of(request, visitor.person, services.registry())
        known = await digests.of(whose.person)
        weeks = [week_in(one) for one in known]
        week = str(request.path_params["week"])
        if week not in weeks:
            words = f"There is no digest of {week}. Perhaps nothing was advised yet, or it is another person's."
            return web.refusal(request, visitor, 404, "No such digest", words)
        place = weeks.index(week)
        note = note_in(known[place])
        return web.page(
            request,
            visitor,
            "learning_digest.html",
            whose=whose,
            digest=_shown(known[place]),
            note=note,
            later=weeks[place - 1] if place > 0 else "",
            earlier=weeks[place + 1] if place + 1 < len(weeks) else "",
        )

    async def picture(request: Request, visitor: Visitor) -> Response:
        whose = whose_of(request, visitor.person, services.registry())
        known = [one for one in await digests.of(whose.person) if week_in(one) == request.path_params["week"]]
        png = await digests.picture(known[0]) if known else b""
        if not png:
            return web.refusal(request, visitor, 404, "No picture", "This digest has no picture.")
        return Response(png, media_type="image/png", headers=HEADERS)

    return [
        web.shown("/learning", learning),
        web.shown("/learning/digests/{week}", digest),
        web.shown("/learning/digests/{week}/picture.png", picture),
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """A digest as a page tells of it."""

    week: str
    at: datetime
    status: str
    note: Note
    picture: bool


def _shown(record: Record) -> Shown:
    return Shown(week_in(record), record.at, record.status, note_in(record), bool(record.body.get("picture")))


def _chosen(request: Request, everything: Studied) -> tuple[str, Source | None]:
    """The stretch of time and the source that the address names; live, where there is any, and all of it."""
    span = request.query_params.get("days", "")
    if span not in dict(_SPANS):
        span = ""
    if len(everything.sources) < 2:
        return span, None
    asked = request.query_params.get("source", "")
    return span, Source(asked) if asked in dict(_SOURCES) else Source.LIVE


def _asked(whose: Whose, everything: Studied, span: str, source: Source | None) -> Asked:
    """Back from the last that is known: of imported history nothing lies within weeks of today."""
    asked = Asked(whose.person, source=source)
    if not span or everything.last is None:
        return asked
    return replace(asked, since=everything.last - timedelta(days=int(span)))


def _to_propose(patterns: Sequence[Finding], known: Sequence[Candidate], now: datetime) -> int:
    """How many patterns are to be proposed the next time."""
    there = {one.id: one for one in known}
    return sum(may_propose(one, there.get(candidate_id(one)), now) for one in patterns)


def _at(found: Sequence[Finding], level: Level) -> list[Finding]:
    return [one for one in found if one.level is level]
