"""One digest for each person and week, whatever happens at nine o'clock on Saturday."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from bench.invented import PLANTED, year
from bot.learning import candidates
from bot.learning.digests import MADE, SENT, UNSURE, Composed, Digests
from core.errors import DeliveryFailed
from core.learning.candidates import Candidate, Decide
from core.learning.deciding import Asked
from core.learning.ledger import Wanted
from core.learning.offering import buttons
from core.learning.records import DIGEST, MATCH
from core.learning.week import Calendar, read_week, week_of
from core.model import Actor, ActorKind
from core.note import Note
from tests.bot.proposing import habit
from tests.bot.saturday import LEARNING, NINE, ZONE, House, Town, give, living, week_of_trades
from tests.bot.scripted import AWAY, Chat
from tests.bot.scripted_platform import until
from tests.core.learning.habits import told

W07 = "digest:alice:2012-W07"
SECOND = timedelta(seconds=1)
ALICE = Actor(ActorKind.PERSON, "alice", "api")


@pytest.fixture
def town(tmp_path: Path, sqlite_url: str) -> Town:
    return Town(tmp_path, sqlite_url)


def status(house: House, week: str = "2012-W07") -> str:
    record = house.services.reader.record(DIGEST, f"alice:{week}")
    return record.status if record is not None else "none"


def test_a_week_is_told_on_saturday_at_nine_and_once(town: Town) -> None:
    async def play() -> None:
        async with living(town, canned=False) as house:
            await give(house.services, *week_of_trades())
            town.clock.at = NINE - SECOND
            await house.jobs.look()
            assert town.said == []
            town.clock.at = NINE
            for _ in range(3):
                await house.jobs.look()
            assert town.said == [W07]
            [note] = town.chats["alice"].notes.values()
            said = {section.title: section.lines for section in note.sections}
            assert said["Recommendations"][0] == "4 recommendations: 2 followed, 1 modified and 1 rejected."
            kept = house.services.reader.record(DIGEST, "alice:2012-W07")
            assert kept is not None
            assert (kept.status, kept.body["delivery"]["channel"]) == (SENT, "person:alice")
            assert await house.jobs.digests.picture(kept) == note.picture
            with Image.open(io.BytesIO(note.picture)) as picture:
                assert (picture.format, picture.size[0]) == ("PNG", 1080)
            assert len(house.services.reader.records(Wanted(MATCH))) == 4

    asyncio.run(play())


def test_a_restart_one_second_before_nine_neither_loses_nor_doubles_it(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE - SECOND
        async with living(town) as house:
            await give(house.services, *week_of_trades())
            await house.jobs.look()
        assert town.said == []
        town.clock.at = NINE + SECOND
        for _ in range(2):
            async with living(town) as house:
                await house.jobs.look()
                assert status(house) == SENT
        assert town.said == [W07]

    asyncio.run(play())


def test_what_came_due_while_placet_was_down_is_told_at_its_start(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE - SECOND
        async with living(town) as house:
            await give(house.services, *week_of_trades())
        town.clock.at = NINE + timedelta(hours=3)
        async with living(town, by_itself=True) as house:
            await until(lambda: status(house) == SENT)
        assert town.said == [W07]

    asyncio.run(play())


def test_a_process_that_ends_while_it_sends_leaves_one_digest(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE
        chat = town.chats["alice"]
        async with living(town) as house:
            await give(house.services, *week_of_trades())
            # It stands in the chat, and before anybody is told so the process is gone.
            chat.lost.append(asyncio.CancelledError())  # type: ignore[arg-type]
            with pytest.raises(asyncio.CancelledError):
                await house.jobs.look()
            assert status(house) == "sending"
        async with living(town) as house:
            await house.jobs.look()
            assert status(house) == SENT
        assert town.said == [W07]
        assert chat.again == [W07]

    asyncio.run(play())


def test_where_a_platform_cannot_look_a_digest_that_may_stand_is_not_sent_again(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE
        chat = town.chats["alice"]
        async with living(town) as house:
            await give(house.services, *week_of_trades())
            chat.lost.append(DeliveryFailed("the connection broke", permanent=False))
            await house.jobs.look()
            assert status(house) == "sending"
            chat.trouble.append(DeliveryFailed("it may stand there already", permanent=True))
            await house.jobs.look()
            assert status(house) == UNSURE
            await house.jobs.look()
        assert town.said == [W07]

    asyncio.run(play())


def test_where_it_was_surely_not_sent_the_next_try_is_no_second_one(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE
        chat = town.chats["alice"]
        async with living(town) as house:
            await give(house.services, *week_of_trades())
            for trouble in (
                DeliveryFailed("nobody was reached", permanent=False, unsent=True),
                DeliveryFailed("come back later", permanent=False, retry_after=0.01),
            ):
                chat.trouble.append(trouble)
                await house.jobs.look()
                assert status(house) == MADE
            await house.jobs.look()
            assert status(house) == SENT
        assert (town.said, chat.again) == ([W07], [])

    asyncio.run(play())


def test_a_clock_that_is_set_back_over_nine_doubles_nothing(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE + SECOND
        async with living(town) as house:
            await give(house.services, *week_of_trades())
            await house.jobs.look()
        town.clock.at = NINE - timedelta(minutes=30)
        async with living(town) as house:
            await house.jobs.look()
            for minutes in range(0, 61, 10):
                town.clock.at = NINE - timedelta(minutes=30 - minutes)
                await house.jobs.look()
        assert town.said == [W07]

    asyncio.run(play())


def test_after_weeks_without_placet_the_last_is_told_and_the_others_are_there(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE
        async with living(town, canned=False) as house:
            await give(house.services, *week_of_trades())
            await house.jobs.look()
            await give(house.services, *week_of_trades(NINE + timedelta(weeks=3)))
        town.clock.at = NINE + timedelta(weeks=3, hours=30)
        async with living(town, canned=False) as house:
            await house.jobs.look()
            assert town.said == [W07, "digest:alice:2012-W10"]
            assert (status(house, "2012-W08"), status(house, "2012-W09")) == (MADE, MADE)
            text = house.services.reader.record(DIGEST, "alice:2012-W10").body["text"]  # type: ignore[union-attr]
            assert "Placet was not running when 2012-W08 and 2012-W09 came due" in text

    asyncio.run(play())


def test_a_platform_that_is_away_gets_it_when_it_is_back(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE
        chat = town.chats["alice"]
        chat.down = AWAY
        async with living(town) as house:
            await give(house.services, *week_of_trades())
            await house.jobs.look()
            assert town.said == []
            chat.down = None
            town.clock.at = NINE + timedelta(hours=5)
            await house.jobs.look()
        assert town.said == [W07]

    asyncio.run(play())


def test_what_a_platform_does_not_take_is_not_tried_for_ever(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE
        chat = town.chats["alice"]
        async with living(town) as house:
            await give(house.services, *week_of_trades())
            chat.trouble.append(DeliveryFailed("the bot was blocked", permanent=True))
            for _ in range(3):
                await house.jobs.look()
            assert chat.calls.count("say") == 1
            kept = house.services.reader.record(DIGEST, "alice:2012-W07")
            assert kept is not None
            assert (kept.status, kept.body["delivery"]["why"]) == ("refused", "the bot was blocked")

    asyncio.run(play())


def test_two_processes_on_one_database_tell_it_once(tmp_path: Path, database_url: str) -> None:
    town = Town(tmp_path, database_url)

    async def play() -> None:
        town.clock.at = NINE - timedelta(hours=1)
        async with living(town) as one, living(town) as other:
            await give(one.services, *week_of_trades())
            town.clock.at = NINE
            for _ in range(3):
                await asyncio.gather(one.jobs.look(), other.jobs.look(), one.jobs.look())
            assert len(one.services.reader.versions(DIGEST, "alice:2012-W07")) == 3
        assert town.said == [W07]

    asyncio.run(play())


def test_of_two_who_make_the_same_digest_one_does(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE
        town.chats.clear()
        async with living(town) as house:
            week = read_week("2012-W07")
            both = await asyncio.gather(*(house.jobs.digest("alice", week, ALICE) for _ in range(4)))
            assert {one.version for one in both} == {1}
            record = both[0]
            digests = Digests(house.services.ask, house.services.reader)
            taken = await asyncio.gather(*(digests.moved(record, "sending", attempt=str(n)) for n in range(5)))
            assert sum(one is not None for one in taken) == 1

    asyncio.run(play())


def test_a_year_of_saturdays_brings_one_digest_a_week_also_when_clocks_change(town: Town) -> None:
    zone = ZoneInfo(ZONE)
    town.learning = LEARNING + "  people: [alice]\n"

    async def play() -> None:
        async with living(town) as house:
            await give(house.services, *week_of_trades())
            saturday = datetime(2012, 2, 18, 9, tzinfo=zone)
            for number in range(53):
                nine = (saturday + timedelta(weeks=number)).astimezone(UTC)
                for at in (nine - timedelta(hours=1), nine - SECOND, nine, nine + timedelta(hours=1)):
                    town.clock.at = at
                    await house.jobs.look()
                    assert len(town.said) == number + (at >= nine), at
        first = week_of(saturday.date())
        assert town.said == [f"digest:alice:{first.moved(number)}" for number in range(53)]

    asyncio.run(play())


def test_who_has_nothing_to_do_with_it_is_not_told(town: Town) -> None:
    async def play() -> None:
        town.chats["bob"] = Chat()
        town.clock.at = NINE
        async with living(town) as house:
            await give(house.services, *week_of_trades())
            await house.jobs.look()
            assert town.chats["bob"].notes == {}
            # Four weeks without a word, and then none any more.
            for number in range(1, 8):
                town.clock.at = NINE + timedelta(weeks=number)
                await house.jobs.look()
        assert [name.rpartition(":")[2] for name in town.said] == [f"2012-W{number:02d}" for number in range(7, 11)]

    asyncio.run(play())


def test_the_digest_of_an_earlier_week_does_not_know_what_came_later(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE + timedelta(weeks=2)
        town.chats.clear()
        async with living(town, canned=False) as house:
            await give(house.services, *week_of_trades())
            week = read_week("2012-W07")
            before = await house.jobs.again("alice", week)
            await give(house.services, *week_of_trades(NINE + timedelta(weeks=1)))
            await give(house.services, *week_of_trades(NINE + timedelta(weeks=2)))
            after = await house.jobs.again("alice", week)
            assert after.text.splitlines()[:-1] == before.text.splitlines()[:-1]
            assert after.picture == before.picture

    asyncio.run(play())


def test_a_review_stays_when_the_digest_is_sent_meanwhile(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE
        async with living(town) as house:
            chat, town.chats["alice"].down = town.chats["alice"], AWAY
            await give(house.services, *week_of_trades())
            await house.jobs.look()
            record = await house.jobs.digests.find("alice", read_week("2012-W07"))
            assert record is not None
            await house.jobs.digests.review(record, ALICE, "reviewed", "on purpose")
            chat.down = None
            await house.jobs.look()
            after = await house.jobs.digests.find("alice", read_week("2012-W07"))
            assert after is not None
            assert (after.status, after.body["review"]["status"]) == (SENT, "reviewed")
            words = house.services.reader.words([after.body["review"]["notes"]])
            assert list(words.values()) == ["on purpose"]

    asyncio.run(play())


def test_what_was_decided_is_offered_no_more_by_a_digest_that_stands(town: Town) -> None:
    async def play() -> None:
        town.clock.at = NINE
        chat = town.chats["alice"]
        async with living(town) as house:
            [candidate] = await candidates.propose(house.services, [habit()])
            note = Note(W07, W07, rows=buttons(candidate))
            made = Composed(note, W07, b"", {"offers": [], "made_at": NINE.isoformat()}, {})
            await house.jobs.digests.keep("alice", read_week("2012-W07"), NINE, made, ALICE)
            for _ in range(2):
                await house.jobs.look()
            assert [one.rows for one in chat.notes.values()] == [note.rows]
            asked = Asked(Decide.REJECT, ALICE, "once", "chance")
            assert isinstance(await candidates.decided(house.services, candidate.id, asked), Candidate)
            chat.down = AWAY
            await house.jobs.look()
            chat.down = None
            for _ in range(2):
                await house.jobs.look()
            assert [one.rows for one in chat.notes.values()] == [()]
            assert chat.calls.count("renew") == 2
            assert status(house) == SENT
        assert town.said == [W07]

    asyncio.run(play())


def test_who_makes_the_latest_digest_by_hand_is_offered_what_the_schedule_would_offer(town: Town) -> None:
    async def play() -> None:
        [latest] = [read_week("2012-W52")]
        town.clock.at = Calendar(ZoneInfo(ZONE)).due(latest)
        async with living(town) as house:
            advised, matched = told(year(PLANTED["longer .90"][0], 1_001))
            await give(house.services, *advised, *matched)
            await house.jobs.digest("alice", latest.moved(-1), ALICE)
            assert candidates.find(house.services.reader) == []
            await house.jobs.digest("alice", latest, ALICE)
            assert "Lengthens the expiry" in {one.title for one in candidates.find(house.services.reader)}

    asyncio.run(play())


def test_the_calendar_of_the_house_is_the_one_that_is_declared() -> None:
    assert Calendar(ZoneInfo(ZONE)).due(read_week("2012-W07")) == NINE
