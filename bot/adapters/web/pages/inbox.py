"""The inbox: what waits for me, what waits for others; and single rows, for the script that keeps them fresh."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request as Call
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.render import Row, row_of
from bot.adapters.web.web import HEADERS, Web
from bot.faces import commitments
from bot.ids import is_request_id
from core import people as who
from core.card import MARKS
from core.model import Person
from core.ports import Filter, Reader
from core.registry import Registry
from core.request import Request

PAGE = 40
_OTHERS = 15
"""Rows of what waits for others, below what waits for me; the rest has a page of its own."""
_READ = 200
_LOOKED_THROUGH = 2_000
"""Requests that a search reads at most."""
_LONGEST_SEARCH = 100
_MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Sought:
    """What the address says: which list, which tier, which words, from where on."""

    show: str = ""
    tier: int | None = None
    words: str = ""
    cursor: str | None = None

    def but(self, **changes: Any) -> str:
        """The address with something else in it."""
        given = {"show": self.show, "tier": self.tier, "q": self.words, "cursor": self.cursor, **changes}
        said = urlencode({name: value for name, value in given.items() if value})
        return f"/?{said}" if said else "/"

    @property
    def narrow(self) -> bool:
        return bool(self.words) or self.tier is not None


@dataclass(slots=True)
class Found:
    """What is shown. `counts`: what waits for me, by tier; `others_count`: what waits for others, in all."""

    position: int
    counts: dict[int, int]
    others_count: int
    mine: list[Request] = field(default_factory=list)
    others: list[Request] = field(default_factory=list)
    cursor: str | None = None
    words: dict[str, str] = field(default_factory=dict)


def routes(web: Web) -> list[Route]:
    services = web.services

    async def inbox(call: Call, visitor: Visitor) -> Response:
        sought = _sought(call)
        registry, now = services.registry(), services.clock.now()
        try:
            found = await services.read(_find, services.reader, sought, visitor.person, registry, now)
        except ValueError:
            return RedirectResponse(sought.but(cursor=None), 303, HEADERS)
        reasons = registry.policy.reasons if registry.policy else {}
        rows, others = (
            [row_of(one, visitor.person.id, mine, reasons, found.words) for one in listed]
            for listed, mine in ((found.mine, True), (found.others, False))
        )
        return web.page(
            call,
            visitor,
            "inbox.html",
            rows=rows,
            others=others,
            found=found,
            sought=sought,
            tiers=_tiers(registry, found.counts),
            back=sought.but(),
        )

    async def fresh(call: Call, visitor: Visitor) -> Response:
        """Rows as they stand now. An unknown id is left out."""
        names = [name for name in call.path_params["ids"].split(",") if is_request_id(name)][:_MOST_ROWS]
        registry, now = services.registry(), services.clock.now()
        found, words = await services.read(_named, services.reader, names)
        reasons = registry.policy.reasons if registry.policy else {}
        rows: list[Row] = []
        for request in found:
            mine = request.pending and _mine(request, visitor.person, registry, now)
            rows.append(row_of(request, visitor.person.id, mine, reasons, words))
        return web.page(call, visitor, "rows.html", rows=rows, back="/")

    return [web.shown("/", inbox), web.shown("/rows/{ids}", fresh)]


def _sought(call: Call) -> Sought:
    given = call.query_params
    tier = given.get("tier", "")
    return Sought(
        show="others" if given.get("show") == "others" else "",
        tier=int(tier) if tier.isascii() and tier.isdigit() and len(tier) < 3 else None,
        words=" ".join(given.get("q", "").split())[:_LONGEST_SEARCH],
        cursor=given.get("cursor") or None,
    )


def _tiers(registry: Registry, counts: dict[int, int]) -> list[tuple[int, int, str, str, int]]:
    """Each tier: its number, its level, its mark and name, and how many of it wait for me; the highest first."""
    names = dict(registry.policy.tiers) if registry.policy else {}
    highest = max(names, default=1)
    found = []
    for number in sorted({*names, *counts}, reverse=True):
        level = 1 if number == 1 else 3 if number >= highest else 2
        found.append((number, level, MARKS[level - 1], names.get(number, f"tier {number}"), counts.get(number, 0)))
    return found


# What is read, beside the event loop


def _find(reader: Reader, sought: Sought, person: Person, registry: Registry, now: datetime) -> Found:
    """One reading of everything that the page shows. Raises ValueError for a cursor that is not ours."""
    asked = who.audience(person, registry.people)
    # Before the rows: what is recorded meanwhile is told to the page once more, and never missed.
    position = reader.position()
    counts = dict(reader.counts(Filter(audience=asked, open_to=person.id)))
    all_others = sum(reader.counts().values()) - sum(counts.values())
    found = Found(position, counts, all_others)
    if sought.show != "others":
        wanted = Filter(audience=asked, open_to=person.id, tier=sought.tier)
        listed, found.cursor = _walk(reader, wanted, sought, PAGE)
        for request in listed:
            (found.mine if _mine(request, person, registry, now) else found.others).append(request)
    if sought.show == "others" or (all_others > 0 and sought.cursor is None):
        wanted = Filter(audience=asked, open_to=person.id, others=True, tier=sought.tier)
        whole = sought.show == "others"
        listed, cursor = _walk(reader, wanted, sought, PAGE if whole else _OTHERS)
        found.others = [*found.others, *listed] if whole else [*found.others, *listed][:_OTHERS]
        found.cursor = cursor if whole else found.cursor
    # Everything is known already where it fits on one page: then the figures are exact.
    if sought.show != "others" and sought.cursor is None and found.cursor is None and not sought.narrow:
        found.counts = {}
        for request in found.mine:
            found.counts[request.ruling.tier] = found.counts.get(request.ruling.tier, 0) + 1
        found.others_count += sum(counts.values()) - len(found.mine)
    wanted_words = commitments([*found.mine, *found.others])
    found.words = dict(reader.words(wanted_words)) if wanted_words else {}
    return found


def _walk(reader: Reader, wanted: Filter, sought: Sought, most: int) -> tuple[list[Request], str | None]:
    """About so many of those that the words fit, and the cursor that leads on behind them."""
    found: list[Request] = []
    cursor, size = sought.cursor, _READ if sought.words else most
    for _ in range(max(1, _LOOKED_THROUGH // size)):
        page = reader.page(wanted, cursor, size)
        found += [one for one in page.items if _fits(one, sought.words)]
        cursor = page.cursor
        if cursor is None or len(found) >= most:
            break
    return found, cursor


def _fits(request: Request, words: str) -> bool:
    if not words:
        return True
    proposal = request.proposal
    text = f"{proposal.title} {proposal.subject} {proposal.action} {request.asker.ref} {request.id}".casefold()
    return all(word in text for word in words.casefold().split())


def _named(reader: Reader, names: list[str]) -> tuple[list[Request], dict[str, str]]:
    found = reader.requests(names)
    listed = [found[name] for name in names if name in found]
    wanted = commitments(listed)
    return listed, dict(reader.words(wanted)) if wanted else {}


def _mine(request: Request, person: Person, registry: Registry, now: datetime) -> bool:
    return who.waits_for(person, request, registry.people, registry.programs, now)
