"""What people are asked afterwards in their chat: once about each match, a few a day, and answered by a tap."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.learning.matches import QUESTION
from bot.learning.questions import (
    ANSWERED,
    DROPPED,
    MOST_A_DAY,
    SENT,
    WANTED,
    ask_about,
    close_answered,
    send_waiting,
)
from core.accounts import LinkAccount, OfferLink
from core.engine import Done
from core.errors import DeliveryFailed
from core.learning import records
from core.learning.gather import match_id
from core.learning.ledger import Wanted
from core.learning.reconcile import reconcile
from core.learning.records import Execution, Match, Recommendation
from core.model import Account, Actor, ActorKind
from core.note import Note
from core.taps import Answer, Tap
from tests.bot.saturday import NINE, House, Town, advice, fill, give, living
from tests.bot.scripted import AWAY
from tests.bot.tapping import digest

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
U1 = Account("paper", "T1", "U1")


@pytest.fixture
def town(tmp_path: Path, sqlite_url: str) -> Town:
    return Town(tmp_path, sqlite_url)


def play(town: Town, work: Callable[[House], Awaitable[None]]) -> None:
    async def live() -> None:
        town.clock.at = NINE
        async with living(town) as house:
            await _linked(house)
            await work(house)

    asyncio.run(live())


async def _linked(house: House) -> None:
    admin, system = Actor(ActorKind.PERSON, "erin", "api"), Actor(ActorKind.SYSTEM, "link", "paper")
    offer = OfferLink(f"offer-{id(house)}", admin, "", person="alice", code=digest("CODE"))
    assert isinstance(await house.services.ask(offer), Done)
    shown = LinkAccount(f"link-{id(house)}", system, "", account=U1, code=digest("CODE"))
    assert isinstance(await house.services.ask(shown), Done)


def departed(number: int, ago: timedelta = DAY) -> tuple[Recommendation, Execution]:
    """Advice, and an order at a longer expiry."""
    at = NINE - ago
    longer = {"strike": 500.0, "expiry": "2012-03-16", "quantity": 1, "premium": 3.9}
    return advice(number, at), fill(number, at + timedelta(minutes=12), parameters=longer)


async def matched(house: House, *given: tuple[Recommendation, Execution]) -> list[Match]:
    found = [
        match for one, done in given for match in reconcile([one], [done], now=house.services.clock.now() + 2 * DAY)
    ]
    await give(house.services, *(one for pair in given for one in pair), *found)
    return found


def notes(town: Town) -> list[Note]:
    return list(town.chats["alice"].notes.values())


async def pressed(house: House, token: str, ref: str = "", name: str = "t1") -> Answer:
    assert house.services.taps is not None
    tap = Tap(name, U1.platform, U1.workspace, U1.user, token=token, ref=ref, alone=True)
    return await house.services.taps.tap(tap)


def test_who_departed_without_a_reason_is_asked_why_and_answers_with_a_tap(town: Town) -> None:
    async def work(house: House) -> None:
        (match,) = await matched(house, departed(1))
        assert await ask_about(house.services, [match]) == 1
        [(ref, note)] = town.chats["alice"].notes.items()
        assert note.title == "Why did you depart from the advice?"
        assert note.sections[0].title == "Sell 1 AAPL call, number 1"
        assert "You changed expiry: 2012-02-24 → 2012-03-16" in note.sections[0].lines
        button = next(one for row in note.rows for one in row if one.label == "Too risky")
        answer = await pressed(house, button.token, ref)
        assert answer.text.startswith("Noted: Too risky.")
        assert answer.instead, "the question has done its work"
        again = await pressed(house, button.token, "a digest that it stands in", "t2")
        assert not again.instead, "nothing but a question is put out of the way"
        kept = house.services.reader.record(records.MATCH, match.key)
        assert kept is not None
        assert (kept.version, kept.body["reason"]) == (2, "risk")

    play(town, work)


def test_nobody_is_asked_twice_about_one_match(town: Town) -> None:
    async def work(house: House) -> None:
        found = await matched(house, departed(1))
        for _ in range(3):
            await ask_about(house.services, found)
        assert len(notes(town)) == 1

    play(town, work)


def test_five_in_a_day_are_enough(town: Town) -> None:
    async def work(house: House) -> None:
        found = await matched(house, *(departed(number, DAY + number * HOUR) for number in range(8)))
        assert await ask_about(house.services, found) == MOST_A_DAY
        assert await ask_about(house.services, found) == 0
        assert [note.sections[0].title[-1] for note in notes(town)] == ["0", "1", "2", "3", "4"]
        town.clock.at += DAY + HOUR
        assert await ask_about(house.services, found) == 3

    play(town, work)


def test_what_is_uncertain_is_asked_first_and_both_sides_of_a_doubt_once(town: Town) -> None:
    async def work(house: House) -> None:
        at = NINE - DAY
        other = {"strike": 505.0, "expiry": "2012-02-24", "quantity": 1, "premium": 3.1}
        first = advice(1, at, ladders={"strike": (495.0, 500.0, 505.0)})
        second = advice(2, at + timedelta(minutes=10), parameters=other, ladders={"strike": (495.0, 500.0, 505.0)})
        between = fill(1, at + timedelta(minutes=20), parameters={**other, "strike": 502.5})
        doubtful = reconcile([first, second], [between], now=NINE + DAY)
        assert sum(bool(one.ambiguous) for one in doubtful) == 2
        await give(house.services, first, second, between, *doubtful)
        plain = await matched(house, departed(9))
        assert await ask_about(house.services, [*plain, *doubtful]) == 2
        asked, _ = notes(town)
        assert asked.title == "Which was it?"
        labels = [row[0].label for row in asked.rows]
        assert labels[0].startswith("1, expiry 2012-02-24, strike 502.5, at 3.1; 17 Feb")
        assert labels[1].startswith("Other advice: ")
        assert labels[2] == "None of them"
        answer = await pressed(house, asked.rows[0][0].token)
        assert answer.text.startswith("Noted: sell call AAPL")
        settled = [house.services.reader.record(records.MATCH, one.key) for one in doubtful]
        assert [one.body.get("ambiguous") for one in settled if one is not None] == [None, None]

    play(town, work)


def test_what_comes_in_between_the_night_and_the_digest_is_asked_about_too(town: Town) -> None:
    async def work(house: House) -> None:
        town.clock.at = NINE - 10 * HOUR
        await give(house.services, advice(7, NINE - 3 * DAY))
        await house.jobs.look()
        before = len(notes(town))
        await give(house.services, *departed(1))
        town.clock.at = NINE
        await house.jobs.look()
        assert notes(town)[before].title == "Why did you depart from the advice?"

    play(town, work)


@pytest.mark.parametrize("ago", [timedelta(days=8), timedelta(days=365)])
def test_what_lies_long_ago_is_not_asked_about(town: Town, ago: timedelta) -> None:
    async def work(house: House) -> None:
        assert await ask_about(house.services, await matched(house, departed(1, ago))) == 0
        assert notes(town) == []

    play(town, work)


def test_who_rejected_it_in_a_chat_was_asked_there(town: Town) -> None:
    async def work(house: House) -> None:
        one = advice(1, NINE - DAY, decision="rejected", decided_at=NINE - DAY + HOUR)
        found = reconcile([one], [], now=NINE)
        assert found[0].diverges
        await give(house.services, one, *found)
        assert await ask_about(house.services, found) == 0

    play(town, work)


def test_who_cannot_be_written_to_is_not_asked(town: Town) -> None:
    async def work(house: House) -> None:
        pair = departed(1)
        found = await matched(house, (advice(1, pair[0].at, person="bob"), pair[1]))
        assert found[0].person == "bob"
        assert await ask_about(house.services, found) == 0
        assert house.services.reader.records(Wanted(QUESTION)) == []

    play(town, work)


def test_a_question_waits_while_the_platform_is_away_and_is_sent_once(town: Town) -> None:
    async def work(house: House) -> None:
        found = await matched(house, departed(1))
        town.chats["alice"].down = AWAY
        assert await ask_about(house.services, found) == 0
        town.chats["alice"].down = None
        assert await send_waiting(house.services) == 1
        assert await send_waiting(house.services) == 0
        assert len(notes(town)) == 1

    play(town, work)


def test_one_that_was_surely_not_sent_is_asked_anew(town: Town) -> None:
    async def work(house: House) -> None:
        found = await matched(house, departed(1))
        for trouble in (
            DeliveryFailed("nobody was reached", permanent=False, unsent=True),
            DeliveryFailed("come back later", permanent=False, retry_after=0.01),
        ):
            town.chats["alice"].trouble.append(trouble)
            assert await ask_about(house.services, found) == 0
            assert [one.status for one in house.services.reader.records(Wanted(QUESTION))] == [WANTED]
        assert await send_waiting(house.services) == 1
        assert (len(notes(town)), town.chats["alice"].again) == (1, [])

    play(town, work)


def test_one_that_may_have_come_through_is_looked_for(town: Town) -> None:
    async def work(house: House) -> None:
        found = await matched(house, departed(1))
        town.chats["alice"].lost.append(AWAY)
        assert await ask_about(house.services, found) == 0
        assert await send_waiting(house.services) == 1
        assert town.chats["alice"].again == [f"question:{match_id(found[0].key)}"]
        assert len(notes(town)) == 1

    play(town, work)


def test_a_question_that_the_platform_never_takes_is_dropped(town: Town) -> None:
    async def work(house: House) -> None:
        found = await matched(house, departed(1))
        town.chats["alice"].down = DeliveryFailed("no such chat", permanent=True)
        assert await ask_about(house.services, found) == 0
        assert [one.status for one in house.services.reader.records(Wanted(QUESTION))] == [DROPPED]
        town.chats["alice"].down = None
        assert await send_waiting(house.services) == 0

    play(town, work)


def test_what_was_answered_on_the_web_meanwhile_is_not_asked(town: Town) -> None:
    async def work(house: House) -> None:
        services = house.services
        (match,) = await matched(house, departed(1))
        town.chats["alice"].down = AWAY
        await ask_about(services, [match])
        town.chats["alice"].down = None
        record = services.reader.record(records.MATCH, match.key)
        assert record is not None
        await services.matches.explain(record, Actor(ActorKind.PERSON, "alice", "web"), "risk")
        assert await send_waiting(services) == 0
        assert [one.status for one in services.reader.records(Wanted(QUESTION))] == [DROPPED]
        assert not services.reader.records(Wanted(QUESTION, status=WANTED))
        assert not services.reader.records(Wanted(QUESTION, status=SENT))

    play(town, work)


def test_a_question_that_was_answered_elsewhere_loses_its_buttons_once(town: Town) -> None:
    async def work(house: House) -> None:
        services, chat = house.services, town.chats["alice"]
        (match,) = await matched(house, departed(1))
        await ask_about(services, [match])
        await close_answered(services)
        assert notes(town)[0].rows
        record = services.reader.record(records.MATCH, match.key)
        assert record is not None
        await services.matches.explain(record, Actor(ActorKind.PERSON, "alice", "web"), "risk")
        chat.down = AWAY
        await close_answered(services)
        assert [one.status for one in services.reader.records(Wanted(QUESTION))] == [SENT]
        chat.down = None
        for _ in range(2):
            await close_answered(services)
        [note] = notes(town)
        assert (note.rows, note.foot) == ((), "Answered.")
        assert note.sections[0].title == "Sell 1 AAPL call, number 1"
        assert [one.status for one in services.reader.records(Wanted(QUESTION))] == [ANSWERED]
        assert chat.calls.count("renew") == 2

    play(town, work)


def test_a_question_that_was_deleted_is_left_alone(town: Town) -> None:
    async def work(house: House) -> None:
        (match,) = await matched(house, departed(1))
        await ask_about(house.services, [match])
        [(ref, note)] = town.chats["alice"].notes.items()
        await pressed(house, note.rows[0][0].token, ref)
        town.chats["alice"].notes.clear()
        for _ in range(2):
            await close_answered(house.services)
        assert town.chats["alice"].calls.count("renew") == 1

    play(town, work)
