"""Many requests over all platforms for a long time, with drops and restarts; and then a look at every one of them.

Placet runs in a process of its own, so that its memory can be watched and it can be killed.
"""

from __future__ import annotations

import random
import signal
import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.bot.running import proposal, settings_in
from tests.platforms.clock import FastClock
from tests.scenarios.child import Child, child
from tests.scenarios.towns import MAKERS, Town
from tests.scenarios.whole import house_of

SPEED = 10.0
RATE = 5.0
"""Requests a second, on the wall."""
PROGRAMS = {"slack": "momentum", "discord": "carry", "telegram": "value"}
SHARES = ("momentum",) * 5 + ("carry",) * 4 + ("value",)
"""Who asks next, in turn."""
PRESSERS = ("alice", "bob")
_TRANSIENT = (httpx.TransportError, httpx.HTTPStatusError)


@dataclass
class Soaked:
    """What was seen. `memory` of the last life: (seconds on the wall since the start, MB)."""

    submitted: dict[str, str] = field(default_factory=dict)
    """Key to id."""
    memory: list[tuple[float, float]] = field(default_factory=list)
    restarts: int = 0
    presses: int = 0
    troubles: list[str] = field(default_factory=list)
    limited: dict[str, int] = field(default_factory=dict)
    """Calls that each platform answered with 429."""


def soak(
    folder: Path, url: str, seconds: float, *, restarts: int, seed: int = 1
) -> tuple[Soaked, dict[str, list[str]]]:
    """Run it. Returns what was seen, and every fault found afterwards, by kind."""
    found, clock, chance = Soaked(), FastClock(SPEED), random.Random(seed)
    with ExitStack() as stack:
        towns = [stack.enter_context(MAKERS[name](clock)) for name in sorted(MAKERS)]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = settings_in(folder, url, house=house_of(towns, _channels(towns)), port=port)
        more = {f"PLACET_{name.upper()}": value for town in towns for name, value in town.settings.items()}
        stop = threading.Event()
        threads = [threading.Thread(target=_press, args=(town, stop, found, seed)) for town in towns]
        began = time.monotonic()
        pause = seconds / (restarts + 1)
        keys: dict[str, str] = {}
        for thread in threads:
            thread.start()
        asking: threading.Thread | None = None
        try:
            for life in range(restarts + 1):
                found.memory.clear()
                with child(settings, clock, more) as placet:
                    if not keys:
                        keys = {name: placet.key(program=name, owner="frank")["token"] for name in PROGRAMS.values()}
                        asking = threading.Thread(target=_ask, args=(placet.url, keys, stop, found))
                        asking.start()
                    _live(placet, towns, chance, began + pause * (life + 1), began, found)
                    if life < restarts and life % 2:
                        placet.popen.send_signal(signal.SIGKILL)
                found.restarts += life < restarts
            stop.set()
            for thread in (*threads, *([asking] if asking else [])):
                thread.join(60)
            with child(settings, clock, more) as placet:
                return found, _faults(placet, towns, found, folder, clock)
        finally:
            stop.set()


def _channels(towns: list[Town]) -> str:
    """Each platform shows what one program asks: what a Telegram group bears is a fraction of the others' rates."""
    return "".join(
        f"  {town.name}-desk: {{{town.name}: {town.address}, programs: [{PROGRAMS[town.name]}]}}\n" for town in towns
    )


def _live(placet: Child, towns: list[Town], chance: random.Random, until: float, began: float, found: Soaked) -> None:
    """Spoil the platforms now and then, and weigh the process."""
    spoilt = time.monotonic() + 1
    while time.monotonic() < until:
        if time.monotonic() > spoilt:
            town = chance.choice(towns)
            act = chance.choice(("restart", "drop", "cut", "down", "repeat"))
            faults = town.hands.faults
            if act == "restart":
                town.hands.restart()
            elif act == "drop":
                faults.drop["*"] = 2
            elif act == "cut":
                faults.cut["*"] = 1
            elif act == "repeat":
                faults.repeat_events = 2
            else:
                faults.down = True
                time.sleep(min(1.0, max(0.0, until - time.monotonic())))
                faults.down = False
            spoilt = time.monotonic() + chance.uniform(1.5, 4)
        if placet.popen.poll() is None:
            found.memory.append((time.monotonic() - began, placet.memory))
        time.sleep(0.25)


def _ask(url: str, keys: dict[str, str], stop: threading.Event, found: Soaked) -> None:
    """Programs that repeat themselves until they are answered."""
    number, began = 0, time.monotonic()
    with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        while not stop.is_set():
            number += 1
            name = f"order-{number}"
            body = proposal(key=name, title=f"Order {number}", amount="4250.00" if number % 4 else "25000.00")
            while not stop.is_set():
                try:
                    headers = {"Authorization": f"Bearer {keys[SHARES[number % len(SHARES)]]}"}
                    answer = client.post("/v1/requests", json=body, headers=headers)
                    if answer.status_code in (200, 201):
                        found.submitted[name] = answer.json()["id"]
                        break
                except httpx.TransportError:
                    pass
                time.sleep(0.1)
            stop.wait(max(0.0, began + number / RATE - time.monotonic()))


def _press(town: Town, stop: threading.Event, found: Soaked, seed: int) -> None:
    """People who decide what they see, the oldest first, by whatever button serves."""
    chance = random.Random(f"{seed}{town.name}")
    while not stop.is_set():
        open_ones = [shown for shown in town.cards() if shown.buttons]
        if not open_ones:
            stop.wait(0.2)
            continue
        shown = open_ones[0] if chance.random() < 0.5 else chance.choice(open_ones)
        person = chance.choice(PRESSERS)
        label = next((one for one in shown.buttons if one.startswith("Approve")), shown.buttons[0])
        if chance.random() < 0.2:
            label = next((one for one in shown.buttons if one.startswith("Reject")), label)
        try:
            reaction = town.hands.press(town.users[person], shown, label)
            found.presses += 1
            yes = [(one, b) for one in reaction.messages for b in one.buttons if b.startswith(("Yes, ", "Too risky"))]
            if yes:
                town.hands.press(town.users[person], *yes[0])
        except (LookupError, TimeoutError, AssertionError) as problem:
            found.troubles.append(f"{town.name}: {problem!r:.200}")
        stop.wait(0.1)


def _faults(placet: Child, towns: list[Town], found: Soaked, folder: Path, clock: FastClock) -> dict[str, list[str]]:
    """Everything that should not be, once all is quiet."""
    faults: dict[str, list[str]] = {"lost": [], "decided twice": [], "not shown": [], "violations": [], "log": []}
    client = placet.client()
    decided: dict[str, str] = {}
    for key, request in found.submitted.items():
        answer = client.get(f"/v1/requests/{request}")
        if answer.status_code != 200:
            faults["lost"].append(key)
            continue
        document = answer.json()
        decided[document["proposal"]["title"]] = document["status"]
        votes = [(vote["person"], vote["revision"]) for vote in document["votes"]]
        events = [event["type"] for event in client.get(f"/v1/requests/{request}/events").json()["items"]]
        if events.count("Decided") > 1 or len(votes) != len(set(votes)):
            faults["decided twice"].append(key)
    end = time.monotonic() + 120

    def behind() -> list[str]:
        """Titles of ended requests that still have buttons of their own somewhere."""
        return [
            f"{town.name}: {title}"
            for town in towns
            for shown in town.cards()
            # A question why stands beside the card, and may be left unanswered.
            if "Approve" in shown.buttons
            for title, status in decided.items()
            if status not in ("pending", "advised")
            and f" {title}\n" in f" {shown.text}\n"
            and "requests" not in shown.text
        ]

    while (late := behind()) and time.monotonic() < end:
        time.sleep(1)
    faults["not shown"] = late
    for town in towns:
        faults["violations"] += [f"{town.name}: {one}" for one in town.broken(clock)]
        # Who is killed forgets what was sent in the last minute, and who is cut off again and again asks for a new
        # connection each time: then a 429 is obeyed. That there is none otherwise, the bursts show.
        found.limited[town.name] = town.hands.rate_limited
    log = folder / "child.log"
    faults["log"] = [
        line for line in log.read_text(errors="replace").splitlines() if "trace=" in line or "Traceback" in line
    ]
    return {kind: what for kind, what in faults.items() if what}


def flat(memory: list[tuple[float, float]], within: float = 1.1) -> tuple[bool, str]:
    """Whether the last quarter weighs no more than the second, each by its median."""
    quarter = len(memory) // 4

    def middle(part: list[tuple[float, float]]) -> float:
        weights = sorted(weight for _, weight in part)
        return weights[len(weights) // 2]

    early, late = middle(memory[quarter : 2 * quarter]), middle(memory[-quarter:])
    return late <= early * within, f"{early:.0f} MB in the second quarter, {late:.0f} MB in the last"
