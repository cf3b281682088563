"""What every surface needs, introduced to each other in `bootstrap.py`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from bot.attachments import Keeping, Press
from bot.bulletin import Bulletin
from bot.channels import Channels
from bot.delivery import Delivery
from bot.desk import Desk
from bot.faces import Faces
from bot.learning.matches import Matches
from bot.learning.study import Study
from bot.lookups import Lookups
from bot.metrics import Metrics
from bot.passes import Passes
from bot.push import Push
from bot.served import OK, STANDBY
from bot.threads import within
from core.asking import Template
from core.attachments import Upload
from core.commands import Command
from core.engine import Done, Failed, Outcome
from core.errors import PlacetError, Refused
from core.learning.setup import Learning
from core.model import Actor, ActorKind
from core.platforms import Taps
from core.ports import Clock, Reader
from core.registry import Registry

if TYPE_CHECKING:
    from bot.learning.jobs import Jobs

Read = TypeVar("Read")
START = Actor(ActorKind.SYSTEM, "start", "start")
security = logging.getLogger("placet.security")
_MOST_LINES = 20
"""Lines in the security log in one second; what is above is counted in the metrics alone."""


@dataclass(slots=True)
class Services:
    desk: Desk
    reader: Reader
    lookups: Lookups
    bulletin: Bulletin
    delivery: Delivery
    channels: Channels
    faces: Faces
    clock: Clock
    metrics: Metrics
    registry: Callable[[], Registry]
    max_body: int
    taps: Taps | None = None
    """The desk that every surface hands its taps to."""
    push: Push | None = None
    """What calls people on their browsers."""
    templates: Mapping[str, Template] = field(default_factory=dict)
    """What people may ask by hand, by name, as it is declared."""
    learning: Learning = field(default_factory=Learning)
    """How learning is set up, as it is declared."""
    max_import: int = 52_428_800
    """Bytes in the body of an import."""
    jobs: Jobs | None = None
    """What learning does by itself, and when it is asked to."""
    public_url: str | None = None
    """Where people reach this server with a browser."""
    address: str | None = None
    """Where it listens, once it does: good on its own machine."""
    passes: Passes = field(init=False)
    """What lets people in with a browser."""
    matches: Matches = field(init=False)
    """What became of each recommendation, and what people say of it."""
    study: Study = field(init=False)
    """What can be said of somebody's overrides."""
    press: Press = field(default_factory=Press)
    """Reads what is uploaded."""
    _second: int = 0
    _lines: int = 0

    def __post_init__(self) -> None:
        self.passes = Passes(self.ask, self.reader, self.clock, self.registry)
        self.matches = Matches(self.ask, self.reader, self.clock, lambda: self.learning)
        self.study = Study(self.reader, self.clock, lambda: self.learning)

    def link(self, path: str) -> str:
        """A path of ours as an address that can be opened: from everywhere, or on this machine, as far as is known."""
        return f"{self.public_url or self.address or ''}{path}"

    async def ask(self, command: Command) -> Outcome:
        """Carry out a command; a refusal is counted, and written down as far as the log's rate allows."""
        outcome = await self.desk.ask(command)
        if isinstance(outcome, Refused):
            self.refused(command, outcome)
        return outcome

    async def keep(self, asker: Actor, data: bytes, hint: str = "") -> Upload | Refused:
        """Keep a picture or a text that somebody uploads, for a day or until a request of theirs holds it.

        `hint`: the media type that was said. Raises what the desk raises.
        """
        made = await self.press.upload(asker, data, hint, self.clock.now())
        if isinstance(made, Refused):
            return made
        keeping = Keeping(made)
        outcome = await self.ask(keeping.command(asker))
        if isinstance(outcome, Failed):
            raise PlacetError("an upload could not be kept; see the log") from outcome.error
        return outcome if isinstance(outcome, Refused) else keeping.refusal or made

    async def must(self, command: Command) -> None:
        """Carry out what is declared. Raises PlacetError when it is refused."""
        outcome = await self.ask(command)
        if isinstance(outcome, Done):
            return
        detail = f"{outcome.field} {outcome.detail}" if isinstance(outcome, Refused) else "see the log"
        raise PlacetError(f"{type(command).__name__} at start: {detail}")

    def refused(self, command: Command, refused: Refused) -> None:
        self.metrics.refusals.labels(refused.code).inc()
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines <= _MOST_LINES:
            actor = command.actor
            security.warning(
                "refused %s: %s %s on %s over %s",
                refused.code,
                actor.kind.value,
                actor.ref,
                command.request or type(command).__name__,
                actor.via,
            )

    def degraded(self) -> Mapping[tuple[str, str], str]:
        """What does not work as it should, by kind and name, and why: channels of delivery, platforms of taps."""
        channels = {("channel", name): why for name, why in self.delivery.degraded.items()}
        platforms = {
            ("platform", name): why for name, why in self.channels.states().items() if why not in (OK, STANDBY)
        }
        return channels | platforms

    async def read(self, question: Callable[..., Read], *arguments: object) -> Read:
        """Ask the reader without blocking the event loop."""
        return await within(asyncio.to_thread(question, *arguments))
