"""A whole Placet with platforms connected to it, and people in their chats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from core.ports import Clock
from tests.bot.asking import looked_at, submitted
from tests.bot.running import Doc, Running, eventually, placet, settings_in
from tests.platforms.clock import FastClock
from tests.platforms.hands import Reaction, Shown
from tests.scenarios.towns import MAKERS, Town

HOUSE = Path(__file__).parents[1] / "bot" / "desk.yaml"


def house_of(towns: Sequence[Town], channels: str = "", text: str | None = None) -> str:
    """The usual house, with each person's accounts and one channel a town."""
    text = text if text is not None else HOUSE.read_text(encoding="utf-8")
    for person in ("alice", "bob", "dave", "erin", "frank"):
        accounts = ", ".join(f"{town.name}: {town.account(person)}" for town in towns if person in town.users)
        if accounts:
            line = next(line for line in text.splitlines() if line.startswith(f"  {person}: "))
            text = text.replace(line, line[:-1] + f", accounts: {{{accounts}}}}}")
    declared = channels or "".join(f"  {town.name}-desk: {{{town.name}: {town.address}}}\n" for town in towns)
    return f"{text}channels:\n{declared}"


@dataclass
class Whole:
    """`towns` by the name of the platform."""

    running: Running
    towns: Mapping[str, Town]
    clock: FastClock
    programs: dict[str, httpx.Client] = field(default_factory=dict)

    def asks(self, **changes: Any) -> Doc:
        """The program asks."""
        if "momentum" not in self.programs:
            self.programs["momentum"] = self.running.program("momentum")
        return submitted(self.programs["momentum"], **changes)

    def status(self, request: Doc) -> Doc:
        return looked_at(self.running.client(), request)

    def card(self, town: str, title: str, *, without: str | None = None, within: float = 20.0) -> Shown:
        """The card of this title in a town's channel; once `without` is no longer to be read on it."""

        def look() -> Shown | None:
            found = [shown for shown in self.towns[town].cards() if title in shown.text]
            return found[-1] if found and (without is None or without not in found[-1].text) else None

        return eventually(look, within)

    def ended(self, town: str, title: str, says: str, within: float = 20.0) -> Shown:
        """The card, once it says how it ended and has no buttons."""

        def look() -> Shown | None:
            found = [shown for shown in self.towns[town].cards() if title in shown.text and says in shown.text]
            return next((shown for shown in found if not shown.buttons), None)

        return eventually(look, within)


@contextmanager
def town_of(name: str, clock: FastClock) -> Iterator[Town]:
    with MAKERS[name](clock) as town:
        yield town


@contextmanager
def whole(
    folder: Path,
    url: str,
    *names: str,
    clock: FastClock | None = None,
    towns: Sequence[Town] = (),
    house: str | None = None,
    today: Clock | None = None,
    **settings: Any,
) -> Iterator[Whole]:
    """Placet with these platforms, connected. `towns`: those that are there already and outlive this Placet.

    `today`: what time it is to Placet, whatever that is to the platforms.
    """
    clock = clock or FastClock()
    with ExitStack() as stack:
        here = [*towns, *(stack.enter_context(town_of(name, clock)) for name in names)]
        given = {key: value for town in here for key, value in town.settings.items()}
        chosen = settings_in(folder, url, house=house or house_of(here), **{**given, **settings})
        with placet(chosen, clock=today or (clock if clock.speed != 1 else None), timer=clock) as running:
            found = Whole(running, {town.name: town for town in here}, clock)
            yield found
        for town in here:
            assert town.broken(clock) == [], town.name


def connected(found: Whole, *names: str, within: float = 30.0) -> None:
    """Wait until these platforms bring taps."""
    wanted = names or tuple(found.towns)
    eventually(lambda: all(found.running.services.channels.states()[name] == "ok" for name in wanted), within)


def read(reaction: Reaction) -> str:
    """All that a person could read in answer."""
    return "\n".join([reaction.toast, *(shown.text for shown in reaction.messages)])
