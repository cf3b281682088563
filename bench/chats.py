"""Taps on three platforms at once, a burst of cards under a platform's rates, and the memory of it all.

The platforms are the local servers of `tests/platforms`, with the real SDKs on the other side. For taps and memory
Placet runs in a process of its own; a burst shares the platform's accelerated clock with it, in this process.
"""

from __future__ import annotations

import socket
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from bench.figures import Figure
from tests.bot.asking import submitted
from tests.bot.running import eventually, settings_in
from tests.platforms.clock import FastClock
from tests.platforms.hands import Reaction
from tests.scenarios.child import Child, child
from tests.scenarios.towns import MAKERS, Town
from tests.scenarios.whole import connected, house_of, town_of, whole

TAPS_A_SECOND, SECONDS = 20, 15
BURST = 500
SPEEDS = {"slack": 2.0, "telegram": 20.0}
"""How many times as fast the platform's time passes: so that a burst takes a few minutes at most."""
QUIET = 5.0


def measure(folder: Path) -> list[Figure]:
    taps, idle = folder / "taps", folder / "burst"
    for made in (taps, idle):
        made.mkdir()
    return [*_taps_and_memory(taps), *_bursts(idle)]


def _taps_and_memory(folder: Path) -> list[Figure]:
    clock = FastClock()
    with ExitStack() as stack:
        towns = [stack.enter_context(MAKERS[name](clock)) for name in sorted(MAKERS)]
        channels = "".join(f"  {town.name}-desk: {{{town.name}: {town.address}, tiers: [3]}}\n" for town in towns)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        url = f"sqlite:///{folder / 'placet.db'}"
        settings = settings_in(folder, url, house=house_of(towns, channels), port=port)
        more = {f"PLACET_{name.upper()}": value for town in towns for name, value in town.settings.items()}
        placet = stack.enter_context(child(settings, clock, more))
        eventually(
            lambda: '"ok"' in placet.ready() and "degraded" not in placet.ready().replace('"degraded":{}', ""), 60
        )
        time.sleep(QUIET)
        memory = placet.memory
        delays = _tapped(placet, towns)
    worst = statistics.quantiles(delays, n=100)[98] * 1e3
    detail = f"median {statistics.median(delays) * 1e3:.0f} ms of {len(delays)} taps"
    return [
        Figure("all three connected and idle, MB", memory, 180, "a process of its own", least=False),
        Figure("tap → durable → acknowledged, p99, ms", worst, 100, detail, least=False),
    ]


def _tapped(placet: Child, towns: list[Town]) -> list[float]:
    """Approvals of as many requests as there are taps, from one card a platform: a token names its request."""
    program = placet.client(placet.key(program="momentum")["token"])
    submitted(program, title="Stands there", amount="250000.00")
    eventually(lambda: all(town.cards() for town in towns), 30)
    cards = {town.name: town.cards()[0] for town in towns}
    count = TAPS_A_SECOND * SECONDS
    requests = [submitted(program)["id"].removeprefix("req_") for _ in range(count * len(towns))]

    def press(number: int) -> Reaction:
        town = towns[number % len(towns)]
        return town.hands.send_token(town.users["alice"], cards[town.name], f"approve:r{requests[number]}:1")

    began = time.monotonic()
    with ThreadPoolExecutor(96) as pool:
        futures = []
        for number in range(len(requests)):
            time.sleep(max(0.0, began + number / (TAPS_A_SECOND * len(towns)) - time.monotonic()))
            futures.append(pool.submit(press, number))
        reactions = [future.result() for future in futures]
    if any(reaction.acknowledged_after is None for reaction in reactions):
        raise RuntimeError("a tap was not acknowledged")
    return [reaction.acknowledged_after or 0.0 for reaction in reactions]


def _bursts(folder: Path) -> list[Figure]:
    figures = []
    for name, speed in SPEEDS.items():
        clock = FastClock(speed)
        place = folder / name
        place.mkdir()
        url = f"sqlite:///{place / 'placet.db'}"
        with town_of(name, clock) as town, whole(place, url, towns=[town], clock=clock) as found:
            connected(found)
            figures += _burst(name, town, found.asks, clock)
    return figures


def _seldom(condition: Callable[[], bool]) -> None:
    """Wait for it; looking costs time that the burst needs."""
    while not condition():
        time.sleep(0.5)


def _burst(name: str, town: Town, asks: Callable[..., object], clock: FastClock) -> list[Figure]:
    """500 requests of three tiers: how long until each can be read, against what the rate allows for so many calls."""
    amounts = ("250000.00", "25000.00", "4250.00")
    titles = [(f"Order {number} of tier {3 - number % 3}", amounts[number % 3]) for number in range(BURST)]
    began = clock.time()
    for title, amount in titles:
        asks(title=title, amount=amount)
    first = [title for title, _ in titles if title.endswith("tier 3")]

    def standing() -> str:
        return "\n".join(shown.text for shown in town.cards())

    _seldom(lambda: all(title in standing() for title in first))
    highest = clock.time() - began
    _seldom(lambda: all(title in standing() for title, _ in titles))
    took = clock.time() - began
    calls = len(town.cards())
    allowed = (calls - 20) / 20 * 60 if name == "telegram" else float(calls)
    detail = f"{calls} cards in {took / 60:.1f} min; the highest tier after {highest / 60:.1f} min"
    return [
        Figure(f"{name}: a burst of {BURST}, × what the rate allows", took / allowed, 1.1, detail, least=False),
        Figure(f"{name}: calls answered with 429", town.hands.rate_limited, 0, "", least=False),
    ]
