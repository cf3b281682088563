"""Turns come in the order of their urgency, never too early, and hardly later than they must."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pace import AT_ONCE, Pace, Urgency
from core.platforms import Rate
from tests.bot.leaping import LeapingClock, leaping
from tests.platforms.clock import FastClock

TELEGRAM = (Rate(1, 1.0), Rate(20, 60.0), Rate(30, 1.0, chat=False))
SLACK = (Rate(1, 1.0, frozenset({"post", "say"})), Rate(50, 60.0, frozenset({"update"}), chat=False))


def in_leaps(work: Callable[[Pace, LeapingClock], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        clock = LeapingClock()
        async with leaping(clock):
            with clock.passing():
                await work(Pace(clock), clock)

    asyncio.run(main())


def most_within(times: Sequence[float], seconds: float) -> int:
    """The largest number of calls in any window of so many seconds."""
    return max((sum(start <= at < start + seconds for at in times) for start in times), default=0)


def ideal(rates: Sequence[Rate], calls: int) -> float:
    """The soonest that the last of so many calls in one chat may be made, if the first is made at 0."""
    times: list[float] = []
    for _ in range(calls):
        times.append(max((times[-r.most] + r.seconds for r in rates if len(times) >= r.most), default=0.0))
        times[-1] = max(times[-1], times[-2]) if len(times) > 1 else times[-1]
    return times[-1] if times else 0.0


rates = st.lists(
    st.builds(Rate, st.integers(1, 30), st.sampled_from([0.5, 1.0, 5.0, 60.0]), chat=st.booleans()),
    max_size=3,
).map(tuple)


@settings(deadline=None, max_examples=60)
@given(rates, st.integers(0, 70), st.integers(1, 3))
def test_no_window_holds_too_many_and_no_time_is_lost(rates: tuple[Rate, ...], calls: int, chats: int) -> None:
    made: list[tuple[float, str]] = []

    async def work(pace: Pace, clock: LeapingClock) -> None:
        async def call(number: int) -> None:
            chat = str(number % chats)
            await pace.turn(rates, chat, "post", (number,))
            made.append((clock.time(), chat))

        await asyncio.gather(*map(call, range(calls)))

    in_leaps(work)
    assert len(made) == calls
    for rate in rates:
        for chat in {chat for _, chat in made} if rate.chat else {None}:
            assert most_within([at for at, where in made if chat in (None, where)], rate.seconds) <= rate.most
    if chats == 1:
        assert max((at for at, _ in made), default=0.0) <= 1.06 * ideal(rates, calls) + 0.001


@pytest.mark.parametrize(("rates", "calls", "speed"), [(TELEGRAM, 41, 100.0), (SLACK, 30, 20.0)])
def test_on_a_clock_that_only_runs_faster_no_window_holds_too_many(
    rates: tuple[Rate, ...], calls: int, speed: float
) -> None:
    made: list[float] = []

    async def work() -> None:
        clock = FastClock(speed)
        pace = Pace(clock)

        async def call(number: int) -> None:
            await pace.turn(rates, "here", "post", (number,))
            made.append(clock.time())

        await asyncio.gather(*map(call, range(calls)))

    asyncio.run(work())
    for rate in rates:
        if "post" in rate.calls:
            assert most_within(made, rate.seconds) <= rate.most


def order_of(asked: Sequence[tuple[str, Urgency]], rates: Sequence[Rate] = (Rate(1, 1.0),)) -> list[str]:
    """The names of those who asked, as they come to go; one goes before all of them have asked."""
    went: list[str] = []

    async def work(pace: Pace, clock: LeapingClock) -> None:
        await pace.turn(rates, "here", "post")

        async def call(name: str, urgency: Urgency) -> None:
            await pace.turn(rates, "here", "post", urgency)
            went.append(name)

        await asyncio.gather(*(call(*one) for one in asked))

    in_leaps(work)
    return went


def test_the_most_urgent_goes_first_and_equals_in_their_order() -> None:
    asked: list[tuple[str, Urgency]] = [
        ("ended", (97, 1)),
        ("routine", (-1, 5)),
        ("critical", (-3, 9)),
        ("sooner", (-3, 2)),
        ("tapped", AT_ONCE),
        ("routine too", (-1, 5)),
    ]
    assert order_of(asked) == ["tapped", "sooner", "critical", "routine", "routine too", "ended"]


@given(st.lists(st.integers(-3, 3), max_size=20))
@settings(deadline=None, max_examples=30)
def test_of_those_who_may_go_nobody_waits_behind_somebody_less_urgent(urgencies: list[int]) -> None:
    names = [str(number) for number in range(len(urgencies))]
    went = order_of([(name, (urgency,)) for name, urgency in zip(names, urgencies, strict=True)])
    assert went == sorted(names, key=lambda name: (urgencies[int(name)], int(name)))


def test_who_may_not_go_keeps_nobody_waiting_who_may() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        both = (Rate(1, 1.0), Rate(30, 1.0, chat=False))
        await pace.turn(both, "full", "post")
        urgent = asyncio.create_task(pace.turn(both, "full", "post", AT_ONCE))
        await pace.turn(both, "free", "post", (5,))
        assert clock.time() == 0
        assert not urgent.done()
        await urgent
        assert 1.0 <= clock.time() <= 1.06

    in_leaps(work)


def test_a_rate_for_all_chats_is_shared_by_them_and_one_for_other_calls_is_not() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        shared = (Rate(2, 10.0, frozenset({"update"}), chat=False),)
        for chat in "ab":
            await pace.turn(shared, chat, "update")
        await pace.turn(shared, "c", "post")
        assert clock.time() == 0
        await pace.turn(shared, "c", "update")
        assert 10.0 <= clock.time() <= 10.6

    in_leaps(work)


def test_without_rates_nobody_waits() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        for _ in range(1_000):
            await pace.turn((), "here", "post")
        assert clock.time() == 0

    in_leaps(work)


def test_a_held_chat_waits_and_no_other() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        pace.hold(30.0, "held")
        pace.hold(5.0, "held")
        await pace.turn((), "other", "post")
        await pace.turn(TELEGRAM, "third", "post")
        assert clock.time() == 0
        await pace.turn((), "held", "post")
        assert 30.0 <= clock.time() <= 30.1

    in_leaps(work)


def test_a_platform_that_is_held_holds_every_chat() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        pace.hold(30.0)
        await asyncio.gather(*(pace.turn((), chat, "post") for chat in "abc"))
        assert 30.0 <= clock.time() <= 30.1

    in_leaps(work)


def test_a_hold_that_comes_while_somebody_waits_is_kept() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        await pace.turn(TELEGRAM, "here", "post")
        waiting = asyncio.create_task(pace.turn(TELEGRAM, "here", "post"))
        await asyncio.sleep(0)
        pace.hold(20.0, "here")
        await waiting
        assert 20.0 <= clock.time() <= 20.1

    in_leaps(work)


def test_who_is_cancelled_while_waiting_takes_nobodys_turn() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        await pace.turn((Rate(1, 1.0),), "here", "post")
        first, second = (asyncio.create_task(pace.turn((Rate(1, 1.0),), "here", "post", (n,))) for n in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await second
        assert 1.0 <= clock.time() <= 1.06

    in_leaps(work)


def test_who_is_cancelled_with_the_turn_in_hand_gives_it_back() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        rates = (Rate(1, 100.0),)
        first = asyncio.create_task(pace.turn(rates, "here", "post"))
        await asyncio.sleep(0)  # It asks,
        await asyncio.sleep(0)  # and is given its turn, of which it has not heard yet.
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert first.cancelled()
        await pace.turn(rates, "here", "post")
        assert clock.time() == 0

    in_leaps(work)


def test_a_turn_that_is_given_back_is_there_for_the_next() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        rates = (Rate(2, 100.0),)
        await pace.turn(rates, "here", "post")
        turn = await pace.turn(rates, "here", "post")
        waiting = asyncio.create_task(pace.turn(rates, "here", "post"))
        await asyncio.sleep(0)
        turn.back()
        await waiting
        assert clock.time() == 0

    in_leaps(work)


def test_the_call_counts_from_when_it_is_made() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        rates = (Rate(1, 10.0),)
        turn = await pace.turn(rates, "here", "post")
        await clock.sleep(6.0)
        turn.begins()
        await pace.turn(rates, "here", "post")
        assert 16.0 <= clock.time() <= 16.6

    in_leaps(work)


def test_a_turn_says_how_long_it_was_waited_for() -> None:
    async def work(pace: Pace, clock: LeapingClock) -> None:
        assert (await pace.turn((Rate(1, 10.0),), "here", "post")).waited == 0
        assert (await pace.turn((Rate(1, 10.0),), "here", "post")).waited == pytest.approx(10.4)

    in_leaps(work)
