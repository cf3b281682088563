"""What can be said of somebody's overrides as things stand: reckoned off the event loop (`bot.learning.studying`), and
once for every state of the ledger.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.threads import within
from core.learning.records import Source
from core.learning.setup import Learning
from core.ports import Clock, Reader

if TYPE_CHECKING:
    from core.learning import analytics, paired
    from core.learning.finding import Finding

_KEPT = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose overrides, since when and until when, of which program, live or imported. None: whatever there is."""

    person: str | None = None
    program: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the analytics say (`core.learning.analytics`). `cumulative`: by currency."""

    divergence: analytics.Divergence
    differences: tuple[paired.Paired, ...]
    cumulative: Mapping[str, tuple[paired.Point, ...]]
    modifications: tuple[analytics.Modification, ...]
    reasons: analytics.Reasons
    by_subject: tuple[analytics.Row, ...]
    by_hour: tuple[analytics.Row, ...]
    overrides: paired.Overrides
    responses: analytics.Responses
    load: analytics.Load


@dataclass(frozen=True, slots=True)
class Studied:
    """`months`: in which something was matched, as `2012-01`, and how much. `ambiguous`, `unexplained`: keys of the
    matches that wait for a word, the latest first, and how many those are. `sources`: live, imported or both."""

    matches: int = 0
    months: tuple[tuple[str, int], ...] = ()
    first: datetime | None = None
    last: datetime | None = None
    sources: frozenset[Source] = frozenset()
    programs: tuple[str, ...] = ()
    labels: Mapping[str, int] = field(default_factory=dict)
    ambiguous: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    to_settle: int = 0
    to_explain: int = 0
    figures: Figures | None = None
    findings: tuple[Finding, ...] = ()


Reckon = Callable[[Asked, datetime], Awaitable[Studied]]


@dataclass(slots=True)
class Study:
    """On the event loop. Raises StoreUnavailable, and WorkFailed where the child process did not come to an end."""

    reader: Reader
    clock: Clock
    setup: Callable[[], Learning]
    reckon: Reckon | None = None
    _known: OrderedDict[tuple[object, ...], Studied] = field(default_factory=OrderedDict)
    _made_with: Learning | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, person: str | None) -> Studied:
        """Everything there is about somebody."""
        return await self.asked(Asked(person))

    async def asked(self, asked: Asked) -> Studied:
        """The same question about the same ledger has the same answer until another day is over."""
        # One at a time: whoever asks the same meanwhile finds the answer.
        async with self._turn:
            position = await within(asyncio.to_thread(self.reader.last_recorded))
            if position is None or self.reckon is None:
                return Studied()
            now, setup = self.clock.now(), self.setup()
            if setup != self._made_with:
                self._known.clear()
                self._made_with = setup
            key = (asked, position, now.date(), setup.last_over(now))
            if key not in self._known:
                self._known[key] = await self.reckon(asked, now)
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
            return self._known[key]
