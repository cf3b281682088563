"""What runs in other threads and processes: an engine that sends its commands while another does the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from random import Random
from typing import Any

from core.commands import Command
from core.engine import Bookkeeping, Done, Outcome
from core.errors import StoreUnavailable
from tests.storage.scene import SYSTEM, Scene

Answers = dict[str, Outcome]


def send(url: str, commands: Sequence[Command], seed: int, start: float) -> Answers:
    """Shuffle the commands, wait for `start`, send them in batches; as the desk does, try again what had no answer."""
    random = Random(seed)
    scene = Scene(url)
    left = list(commands)
    random.shuffle(left)
    answers: Answers = {}
    try:
        scene.engine.refresh()
        time.sleep(max(0.0, start - time.time()))
        while left:
            size = random.choice((1, 3, 10, 25))
            batch, left = left[:size], left[size:]
            answers |= zip((c.id for c in batch), persistent(scene, batch), strict=True)
    finally:
        scene.close()
    return answers


def persistent(scene: Scene, batch: Sequence[Command]) -> list[Outcome]:
    """Carry out a batch, again and again while the store does not answer."""
    for attempt in range(20):
        try:
            return scene.engine.run(batch, again=attempt > 0).outcomes
        except StoreUnavailable:
            time.sleep(0.01)
    raise AssertionError("the store never answered")


def race(pool: Executor, url: str, *sides: Sequence[Command], delay: float) -> list[Answers]:
    """Let every side send its commands at the same moment; the answers of each."""
    start = time.time() + delay
    running = [pool.submit(send, url, side, seed, start) for seed, side in enumerate(sides)]
    return [side.result(timeout=60) for side in running]


def waits_for_a_lock(url: str) -> bool:
    with closing(Scene(url)) as looker:
        return bool(looker.sql("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0])


def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < deadline, "this never happened"
        time.sleep(0.01)


def held(first: Scene, *commands: Command, second: Callable[[], Any]) -> Any:
    """What `second` returns when it has to wait for a lock that the transaction of `commands` holds till it commits."""
    with ThreadPoolExecutor(1) as pool:
        waiting: list[Any] = []

        def begin(_: Any) -> None:
            waiting.append(pool.submit(second))
            until(lambda: waits_for_a_lock(first.url))

        outcomes = first.run(*commands, Bookkeeping("hold", SYSTEM, "", apply=begin))
        assert {type(outcome) for outcome in outcomes} == {Done}
        return waiting[0].result(timeout=10)
