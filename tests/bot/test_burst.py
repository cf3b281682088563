"""Many requests at once under a platform's rates: the gravest first, none too early, none lost, the rest joined."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from core.card import Card
from core.card import of as card_of
from core.commands import Command
from core.engine import CLOCK, Bookkeeping
from core.platforms import Rate
from core.queue import QUEUE, is_queue
from core.token import Token
from tests.bot.leaping import LeapingClock, Room, delivering, place, play
from tests.bot.scripted import AWAY, Chat
from tests.platforms.clock import FastClock
from tests.storage.scene import adopt, name, submit, vote
from tests.storage.test_posts import BY_QUANTITY

TELEGRAM_GROUP = (Rate(1, 1.0), Rate(20, 60.0), Rate(30, 1.0, chat=False))
SLACK = (Rate(1, 1.0, frozenset({"post", "say"})), Rate(50, 60.0, frozenset({"update"}), chat=False))
AMOUNTS = {1: 500, 2: 5_000, 3: 200_000}


def burst(count: int) -> list[Command]:
    """Requests of three tiers in turn."""
    return [submit(name(n), amount=AMOUNTS[n % 3 + 1], title=f"Buy {n} AAPL") for n in range(count)]


def routine(count: int, first: int = 1) -> list[Command]:
    return [submit(name(n), title=f"Buy {n} AAPL") for n in range(first, first + count)]


def opened(card: Card) -> list[str]:
    """The requests that the buttons of a queue card open."""
    found = (button.token for button in card.buttons if button.verb == "show")
    return ["req_" + token.split(":")[1][1:] for token in found]


def standing(chat: Chat) -> Counter[str]:
    """In how many messages each request stands with buttons."""
    cards = chat.standing.values()
    return Counter(
        request for card in cards for request in (opened(card) if is_queue(card.request) else [card.request])
    )


def queue_of(chat: Chat) -> Card:
    (card,) = [card for card in chat.standing.values() if is_queue(card.request)]
    return card


def soonest(rates: Sequence[Rate], calls: int) -> float:
    """When the last of so many posts into one chat may be made, if the first is made at 0."""
    bounding = [rate for rate in rates if "post" in rate.calls]
    times: list[float] = []
    for _ in range(calls):
        times.append(max((times[-r.most] + r.seconds for r in bounding if len(times) >= r.most), default=0.0))
    return times[-1]


@pytest.mark.parametrize("rates", [TELEGRAM_GROUP, SLACK], ids=["telegram group", "slack"])
def test_five_hundred_at_once(sqlite_url: str, rates: tuple[Rate, ...]) -> None:
    clock = LeapingClock()
    chat = Chat(clock, rates)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(*burst(500))
            await room.settled("desk")

    play(work)
    assert chat.violations == []
    assert set(standing(chat)) == {name(n) for n in range(500)}
    assert set(standing(chat).values()) == {1}
    assert chat.calls == ["post"] * (333 + 17)
    tiers = [card.tier for card in chat.standing.values()]
    assert tiers == sorted(tiers, reverse=True)
    took = chat.log[-1].at - chat.log[0].at
    assert took <= 1.1 * soonest(rates, len(chat.calls))


def test_on_a_clock_that_only_runs_faster_nothing_is_sent_too_early_either(sqlite_url: str) -> None:
    fast = FastClock(20.0)
    chat = Chat(fast, SLACK)
    clock = LeapingClock()  # For the engine alone.

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(fast, chat)}) as room:
            await room.do(*burst(30))
            await room.settled("desk")

    play(work)
    assert chat.violations == []
    assert len(chat.calls) == 20 + 1
    assert set(standing(chat).values()) == {1}


def test_what_is_graver_uses_the_turn_that_somebody_else_waited_for(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, (Rate(1, 60.0),))

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(*routine(3))
            await room.until(lambda: chat.calls)
            await clock.pass_for(30)
            await room.do(submit(name(9), amount=200_000))
            await room.settled("desk")

    play(work)
    assert [call.what for call in chat.log] == [name(1), name(9), name(2), name(3)]
    assert chat.violations == []


def test_up_to_four_wait_for_cards_of_their_own(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(*routine(4))
            await room.settled("desk")

    play(work)
    assert [card.request for card in chat.standing.values()] == [name(n) for n in (1, 2, 3, 4)]


def test_where_there_are_no_rates_nothing_is_joined(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(*routine(30))
            await room.settled("desk")

    play(work)
    assert [card.request for card in chat.standing.values()] == [name(n) for n in range(1, 31)]


def test_a_queue_card_follows_what_happens_to_its_requests_in_one_edit(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(*routine(8))
            await room.settled("desk")
            assert chat.calls == ["post"]
            (ref,) = chat.standing
            posts = room.scene.reader.posts_at("desk", QUEUE + ref)
            assert [(post.request, post.shown) for post in posts] == [(name(n), 1) for n in range(1, 9)]
            await room.do(*(vote(name(n)) for n in (1, 2, 3)))
            await room.settled("desk")
            assert chat.calls == ["post", "update"]
            card = queue_of(chat)
            assert card.buttons[0].label == "Approve the other 5"
            assert opened(card) == [name(n) for n in range(4, 9)]
            posts = room.scene.reader.posts_at("desk", QUEUE + ref)
            assert [post.shown for post in posts] == [3, 3, 3, 1, 1, 1, 1, 1]
            await room.do(*(vote(name(n), choice="reject" if n == 8 else "approve") for n in range(4, 9)))
            await room.settled("desk")
            assert queue_of(chat).outcome == "8 decided: 7 approved, 1 rejected"
            assert queue_of(chat).buttons == ()

    play(work)
    assert chat.calls == ["post", "update", "update"]
    assert chat.violations == []


def test_what_a_row_cannot_say_gets_a_card_of_its_own(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(*routine(6), submit(name(0), parameters={"note": "x" * 200}))
            await room.settled("desk")

    play(work)
    assert [card.request for card in chat.standing.values()] == [name(0), QUEUE + name(1)]
    assert opened(queue_of(chat)) == [name(n) for n in range(1, 7)]


def test_what_is_changed_leaves_the_queue_for_a_card_of_its_own(database_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)

    async def work() -> None:
        async with delivering(database_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(adopt(BY_QUANTITY, "by quantity"))
            await room.do(*routine(6))
            await room.settled("desk")
            await room.do(vote(name(2), "alice", "modify", parameters={"quantity": 9}))
            await room.settled("desk")
            assert opened(queue_of(chat)) == [name(n) for n in (1, 3, 4, 5, 6)]
            (card,) = chat.cards_of(name(2))
            assert (card.revision, card.tier) == (2, 3)
            (post,) = room.scene.reader.posts_of(name(2))
            assert not is_queue(post.ref)
            assert set(standing(chat).values()) == {1}
            # All the others: nothing is left in it.
            others = (vote(name(n), "alice", "modify", parameters={"quantity": 4}) for n in (1, 3, 4, 5, 6))
            await room.do(*others)
            await room.settled("desk")
            left = queue_of(chat)
            assert left.buttons == ()
            assert left.outcome is not None
            assert {card.revision for card in chat.standing.values() if card is not left} == {2}

    play(work)
    assert chat.violations == []


@pytest.mark.parametrize("looks", [False, True])
def test_a_queue_card_outlives_a_restart(database_url: str, looks: bool) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)

    async def first(room: Room) -> None:
        await room.do(*routine(7))
        await room.settled("desk")

    async def second(room: Room) -> None:
        await room.do(vote(name(3)), *routine(1, first=20))
        await room.settled("desk")

    async def work() -> None:
        for part in (first, second):
            async with delivering(database_url, clock, {"desk": place(clock, chat, looks=looks)}) as room:
                await part(room)

    play(work)
    # What can be decided comes before what has ended.
    assert chat.calls == ["post", "post", "update"]
    assert opened(queue_of(chat)) == [name(n) for n in (1, 2, 4, 5, 6, 7)]
    assert chat.again == []


def test_a_queue_card_that_may_stand_already_is_looked_for_and_found(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)
    chat.lost.append(AWAY)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat, looks=True)}) as room:
            await room.do(*routine(7))
            await room.until(lambda: chat.calls)
            # More have come meanwhile, and they stand on a card of their own.
            await room.do(*routine(7, first=20))
            await room.settled("desk")

    play(work)
    assert chat.again == [QUEUE + name(1)]
    assert sorted(map(len, map(opened, chat.standing.values()))) == [7, 7]
    assert set(standing(chat).values()) == {1}


def test_a_deleted_queue_card_is_sent_again_for_what_is_pending(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(*routine(8))
            await room.settled("desk")
            await room.do(vote(name(1)))
            await room.settled("desk")
            chat.standing.clear()
            await room.do(vote(name(2)))
            await room.settled("desk")
            assert standing(chat) == Counter(name(n) for n in range(3, 9))
            (post,) = room.scene.reader.posts_of(name(1))
            assert post.ref is None

    play(work)
    assert len(chat.standing) == 1


def test_a_card_that_was_left_behind_is_brought_up_to_date_beside_the_queue_card(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(*routine(8))
            await room.settled("desk")
            # As a lost answer leaves one.
            (request,) = room.scene.reader.requests([name(2)]).values()
            chat.standing["left"] = card_of(request)
            keep = Bookkeeping("adopt", CLOCK, "", apply=lambda tx: tx.adopt(name(2), "desk", "left"))
            await room.desk.ask(keep)
            await room.do(vote(name(2)))
            await room.settled("desk")
            assert (chat.standing["left"].outcome or "").startswith("Approved")
            assert chat.standing["left"].buttons == ()
            del chat.standing["left"]
            await room.do(vote(name(3)))
            await room.settled("desk")

    play(work)
    assert chat.violations == []


@pytest.mark.parametrize("problem", [ValueError("a bug"), AWAY.__class__("no such blocks", permanent=True)])
def test_where_a_queue_card_is_not_taken_each_gets_its_own(sqlite_url: str, problem: Exception) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)
    chat.refused["6 routine requests"] = problem

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(*routine(6))
            await room.settled("desk")
            assert room.delivery.degraded == {}

    play(work)
    assert [card.request for card in chat.standing.values()] == [name(n) for n in range(1, 7)]


def test_the_tokens_of_a_queue_card_are_those_that_are_written_down() -> None:
    assert str(Token("all", argument="approve")) == "all:-:0:approve"
    assert str(Token("show", name(1), 1)) == "show:r000000000001:1"


def test_two_channels_wait_for_their_own_turns(sqlite_url: str) -> None:
    clock = LeapingClock()
    slow, quick = Chat(clock, (Rate(1, 100.0),)), Chat(clock, (Rate(1, 1.0),))
    places = {"slow": place(clock, slow, "a"), "quick": place(clock, quick, "b")}

    async def work() -> None:
        async with delivering(sqlite_url, clock, places) as room:
            await room.do(*burst(9))
            await room.settled("slow", "quick")

    play(work)
    assert slow.violations == quick.violations == []
    assert quick.log[-1].at < 10 < slow.log[-1].at


def test_many_requests_while_cards_are_sent_are_all_shown_once(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM_GROUP)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            for first in range(0, 60, 6):
                await room.do(*routine(6, first=first))
                await clock.pass_for(7.0)
                await asyncio.gather(room.do(vote(name(first))), clock.pass_for(1.0))
            await room.settled("desk")
            pending = {name(n) for n in range(60) if n % 6}
            shown = Counter(request for request in standing(chat).elements() if request in pending)
            assert shown == Counter(pending)

    play(work)
    assert chat.violations == []
