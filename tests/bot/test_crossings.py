"""Delivery when things cross: a crash between sending and remembering, second messages, places that come and go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.errand import Place
from core.commands import UpdateContext
from core.engine import Bookkeeping
from core.errors import DeliveryFailed
from core.platforms import Rate
from core.ports import Transaction
from core.registry import Registry
from core.request import Request
from tests.bot.leaping import LeapingClock, Room, delivering, place, play
from tests.bot.scripted import AWAY, Chat
from tests.storage.scene import PROGRAM, SYSTEM, adopt, claim, name, submit, tick, vote
from tests.storage.test_posts import BY_QUANTITY

ONE, TWO = name(1), name(2)
TELEGRAM = (Rate(1, 1.0), Rate(30, 1.0, chat=False))


def context(request: str, **values: Any) -> UpdateContext:
    return UpdateContext(f"context:{request}:{values}", PROGRAM, request, "d", context=values)


async def note(room: Room, apply: Callable[[Transaction], object]) -> None:
    await room.do(Bookkeeping("note", SYSTEM, "", apply=apply))


@pytest.mark.parametrize("looks", [True, False])
def test_a_card_whose_sending_was_lost_in_the_middle_is_sent_as_one_that_may_stand(
    database_url: str, looks: bool
) -> None:
    clock = LeapingClock()
    chat = Chat(clock)
    chat.lost.append(AWAY)

    async def work() -> None:
        async with delivering(database_url, clock, {"desk": place(clock, chat, looks=looks)}) as room:
            await room.do(submit(ONE))
            await room.settled("desk")

    play(work)
    assert chat.again == [ONE]
    # Where the platform cannot look, a second one stands.
    assert len(chat.standing) == (1 if looks else 2)


def test_a_card_that_was_never_tried_is_not_looked_for(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat, looks=True)}) as room:
            await room.do(submit(ONE))
            await room.settled("desk")
            await room.do(vote(ONE))
            await room.settled("desk")

    play(work)
    assert chat.again == []
    assert chat.calls == ["post", "update"]


def test_after_a_crash_between_sending_and_remembering_the_card_is_looked_for(database_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock)

    async def first() -> None:
        async with delivering(database_url, clock, {"desk": place(clock, chat, looks=True)}) as room:
            # From here on nothing can be remembered any more, as when the process is killed.
            chat.afterwards = room.desk.close
            await room.do(submit(ONE))
            await room.until(lambda: chat.standing)
            (post,) = room.scene.reader.posts_of(ONE)
            assert (post.attempted, post.ref, post.shown) == (True, None, 0)

    async def second() -> None:
        chat.afterwards = None
        async with delivering(database_url, clock, {"desk": place(clock, chat, looks=True)}) as room:
            await room.settled("desk")
            (post,) = room.scene.reader.posts_of(ONE)
            assert (post.attempted, post.shown) == (False, 1)

    play(first)
    play(second)
    assert chat.again == [ONE]
    assert len(chat.standing) == 1


def test_what_is_on_its_way_when_delivery_is_stopped_arrives_and_is_remembered(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock)
    chat.delay = 0.3

    async def first() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(submit(ONE))
            await room.until(lambda: chat.calls)

    async def second() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(vote(ONE))
            await room.settled("desk")

    play(first)
    play(second)
    assert chat.again == []
    assert chat.calls == ["post", "update"]


def test_a_second_message_of_a_card_is_closed_with_the_first(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM)
    chat.lost.append(AWAY)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(submit(ONE))
            await room.settled("desk")
            (post,) = room.scene.reader.posts_of(ONE)
            (second,) = chat.standing.keys() - {post.ref}
            await note(room, lambda tx: tx.adopt(ONE, "desk", second))
            await room.settled("desk")
            await room.do(vote(ONE))
            await room.settled("desk")
            assert [card.buttons for card in chat.cards_of(ONE)] == [(), ()]
            # It is deleted: the first goes on alone.
            del chat.standing[second]
            await room.do(claim(ONE))
            await room.settled("desk")
            (post,) = room.scene.reader.posts_of(ONE)
            assert post.also == ()

    play(work)
    assert chat.violations == []


def test_when_the_first_message_is_deleted_the_second_takes_its_place(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock)
    chat.lost.append(AWAY)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(submit(ONE))
            await room.settled("desk")
            (post,) = room.scene.reader.posts_of(ONE)
            (second,) = chat.standing.keys() - {post.ref}
            await note(room, lambda tx: tx.adopt(ONE, "desk", second))
            del chat.standing[post.ref or ""]
            await room.do(vote(ONE))
            await room.settled("desk")
            (post,) = room.scene.reader.posts_of(ONE)
            assert (post.ref, post.also) == (second, ())

    play(work)
    assert chat.calls.count("post") == 2
    (card,) = chat.standing.values()
    assert card.outcome is not None


def test_an_hour_away_becomes_one_edit(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(submit(ONE, amount=5_000))
            await room.settled("desk")
            chat.down = AWAY
            for spot in range(10):
                await room.do(context(ONE, spot=spot))
                await clock.pass_for(360)
            assert room.delivery.degraded == {"desk": "the platform is away"}
            # Tried again and again, and with growing pauses.
            tried = len(chat.calls)
            assert 20 < tried < 100
            chat.down = None
            await room.settled("desk")
            assert chat.calls[tried:] == ["update"]
            assert room.delivery.degraded == {}
            (card,) = chat.standing.values()
            assert card.version == 11

    play(work)
    assert chat.violations == []


def test_a_chat_that_asks_to_be_left_alone_is_and_another_of_the_platform_is_not(sqlite_url: str) -> None:
    clock = LeapingClock()
    flooded, other = Chat(clock), Chat(clock)
    flooded.trouble.append(DeliveryFailed("too many", permanent=False, retry_after=90.0))
    first = place(clock, flooded, "1")
    places = {"flooded": first, "other": Place(place(clock, other).messenger, first.pace, "2")}

    async def work() -> None:
        async with delivering(sqlite_url, clock, places) as room:
            await room.do(submit(ONE))
            await room.settled("other", "flooded")

    play(work)
    assert [call.at for call in other.log] == [0.0]
    assert [call.at for call in flooded.log] == pytest.approx([0.0, 90.0], abs=0.1)


def owner_is_told(request: Request, _: Registry) -> list[str]:
    return ["desk"] if request.pending else ["desk", "person:alice"]


def test_a_person_is_told_the_result_and_nothing_before(sqlite_url: str) -> None:
    clock = LeapingClock()
    desk, alice = Chat(clock), Chat(clock)
    places = {"desk": place(clock, desk)}

    async def work() -> None:
        async with delivering(sqlite_url, clock, places, owner_is_told) as room:
            await room.do(submit(ONE), submit(TWO))
            await room.settled("desk")
            await room.do(vote(ONE))
            await room.settled("desk")
            # Nobody knows where Alice is: her post waits, and harms nobody.
            assert [post.request for post in room.scene.reader.unshown("person:alice", 9)] == [ONE]
            assert room.delivery.degraded == {}
            places["person:alice"] = place(clock, alice)
            room.delivery.refresh()
            await room.settled("person:alice")
            (card,) = alice.standing.values()
            assert card.request == ONE
            assert card.buttons == ()
            del places["person:alice"]
            room.delivery.refresh()
            await room.do(vote(TWO))
            await room.settled("desk")
            assert [post.request for post in room.scene.reader.unshown("person:alice", 9)] == [TWO]
            # She comes back, at another address.
            places["person:alice"] = place(clock, moved := Chat(clock))
            await room.do(adopt(BY_QUANTITY, "by quantity"))
            await room.settled("person:alice")
            assert len(moved.standing) == 1

    play(work)
    assert alice.calls == ["post"]
    assert alice.said == []


def test_a_channel_that_is_not_touched_goes_on_while_others_come_and_go(sqlite_url: str) -> None:
    clock = LeapingClock()
    kept, gone = Chat(clock, (Rate(1, 60.0),)), Chat(clock, (Rate(1, 60.0),))
    places = {"kept": place(clock, kept), "gone": place(clock, gone)}

    async def work() -> None:
        async with delivering(sqlite_url, clock, places) as room:
            await room.do(submit(ONE), submit(TWO))
            await room.until(lambda: kept.calls and gone.calls)
            await clock.pass_for(30)
            del places["gone"]
            room.delivery.refresh()
            room.delivery.refresh()
            await room.settled("kept")
            assert len(room.scene.reader.unshown("gone", 9)) == 1
            places["gone"] = place(clock, gone)
            room.delivery.refresh()
            await room.settled("gone")

    play(work)
    assert [call.at for call in kept.log] == pytest.approx([0.0, 62.4], abs=0.1)
    assert gone.calls == ["post", "post"]


def test_a_channel_may_get_another_messenger_without_losing_its_cards(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock)
    places = {"desk": place(clock, chat)}

    async def work() -> None:
        async with delivering(sqlite_url, clock, places) as room:
            await room.do(submit(ONE))
            await room.settled("desk")
            places["desk"] = place(clock, chat)
            room.delivery.refresh()
            await room.do(vote(ONE))
            await room.settled("desk")

    play(work)
    assert chat.calls == ["post", "update"]


def test_where_places_cannot_be_told_the_channels_stay_as_they_are(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock)
    places = {"desk": place(clock, chat)}

    async def work() -> None:
        async with delivering(sqlite_url, clock, places) as room:
            await room.do(submit(ONE))
            await room.settled("desk")
            room.delivery._places = lambda: 1 / 0  # type: ignore[assignment,return-value]
            room.delivery.refresh()
            await room.do(vote(ONE))
            await room.settled("desk")

    play(work)
    assert chat.calls == ["post", "update"]


def test_a_notice_takes_its_turn_where_its_card_stands_and_no_other_channel_hears_it(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat, elsewhere = Chat(clock, (Rate(1, 60.0),)), Chat(clock)
    places = {"desk": place(clock, chat), "elsewhere": place(clock, elsewhere)}

    async def work() -> None:
        async with delivering(sqlite_url, clock, places, lambda _r, _s: ["desk"]) as room:
            await room.do(submit(ONE, amount=200_000), submit(TWO))
            await room.until(lambda: len(chat.calls) == 2)
            await clock.pass_for(4_000)
            await room.do(submit(name(3)), tick(ONE))  # It is escalated, which people are told.
            await room.settled("desk")
            await room.until(lambda: chat.said)

    play(work)
    assert chat.violations == []
    assert chat.calls == ["post", "post", "update", "notify", "post"]
    assert elsewhere.calls == []


def test_a_notice_that_makes_the_adapter_fail_is_let_go(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock)

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(submit(ONE, amount=200_000))
            await room.settled("desk")
            await clock.pass_for(4_000)
            await room.do(tick(ONE))
            await room.settled("desk")
            chat.trouble.append(ZeroDivisionError("a bug"))
            await room.until(lambda: "notify" in chat.calls)
            await room.do(submit(TWO))
            await room.settled("desk")

    play(work)
    assert chat.calls.count("notify") == 1


def test_what_ended_while_the_platform_was_away_keeps_nobody_waiting(sqlite_url: str) -> None:
    clock = LeapingClock()
    chat = Chat(clock, TELEGRAM)
    chat.down = AWAY

    async def work() -> None:
        async with delivering(sqlite_url, clock, {"desk": place(clock, chat)}) as room:
            await room.do(adopt(BY_QUANTITY, "by quantity"))
            await room.do(*(submit(name(n)) for n in range(10, 40)))
            await room.do(*(vote(name(n), who) for n in range(10, 40) for who in ("alice", "bob")))
            await room.do(submit(ONE))
            tried = len(chat.calls)
            await room.until(lambda: len(chat.calls) > tried)
            chat.down = None
            await room.settled("desk")

    play(work)
    assert next(iter(chat.standing.values())).request == ONE
    assert len(chat.standing) == 31
    assert chat.violations == []
