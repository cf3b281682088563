"""Where cards can be shown, how platforms are run beside each other, and how the whole is introduced and stopped."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import bootstrap
from bot.bootstrap import declare, running
from bot.channels import Channels
from bot.config import Settings, read_house
from bot.connections import Connection
from bot.pace import Pace, WallTimer
from bot.served import STANDBY
from core.accounts import Accounts, Link
from core.card import Card
from core.channels import Channel
from core.model import Account
from core.registry import Registry
from core.taps import Tap
from core.token import Token
from storage.lease import SqlLeases
from tests.architecture.test_house import ROOT
from tests.bot.asking import submitted, voted
from tests.bot.running import HOUSE, Running, anonymous, eventually, placet, settings_in
from tests.bot.scripted import Chat, Scripted
from tests.bot.scripted_platform import Nobody, ScriptedPlatform, until
from tests.cast import BOB, FRANK, Story, gone, people
from tests.platforms.clock import FastClock

DESK = Channel("desk", "slack", "C1")
PHONE = Channel("phone", "telegram", "-100123/7", tiers=frozenset({3}))
FRANKS = Account("slack", "T1", "U_FRANK")


def channels_of(*platforms: ScriptedPlatform, named: dict[str, Scripted] | None = None) -> Channels:
    """Channels whose platforms are this process's to serve."""
    timer = FastClock(50)
    connected = {platform.name: Connection(platform, Pace(timer)) for platform in platforms}
    channels = Channels(connected, named or {}, SqlLeases("sqlite:///:memory:"), timer)

    async def begin() -> None:
        task = asyncio.create_task(channels.run(Nobody()))
        await until(lambda: all(platform.running for platform in platforms))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(begin())
    return channels


def registry(**accounts: Account) -> Registry:
    return Registry(people=people(), accounts=Accounts({account: Link(name) for name, account in accounts.items()}))


# Places


def test_places_are_the_channels_declared_those_named_and_people_with_an_account() -> None:
    slack = ScriptedPlatform()
    channels = channels_of(slack, named={"console": Scripted(Chat())})
    channels.declare([DESK, PHONE])
    places = channels.places(registry(frank=FRANKS, bob=Account("telegram", "", "42")))
    assert list(places) == ["console", "desk", "person:frank"], "telegram is not configured"
    assert (places["desk"].chat, places["person:frank"].chat) == ("C1", "U_FRANK")
    assert places["desk"].pace is places["person:frank"].pace, "one platform has one pace"
    assert places["desk"].pace is not places["console"].pace
    assert list(slack.chats) == ["C1"]
    assert list(slack.directs) == ["U_FRANK"]


def test_a_thread_shares_the_turns_of_its_chat() -> None:
    channels = channels_of(ScriptedPlatform("telegram"))
    channels.declare([PHONE])
    assert channels.places(registry())["phone"].chat == "-100123"


def test_who_is_gone_is_written_to_no_more() -> None:
    channels = channels_of(ScriptedPlatform())
    here = registry(frank=FRANKS)
    assert "person:frank" in channels.places(here)
    assert channels.places(replace(here, people=people(gone(FRANK)))) == {}


def test_places_stay_the_same_as_long_as_nothing_changes() -> None:
    channels = channels_of(ScriptedPlatform())
    channels.declare([DESK])
    before = channels.places(registry(frank=FRANKS))
    channels.declare([DESK, replace(DESK, name="ops", address="C2")])
    after = channels.places(registry(frank=FRANKS, bob=Account("slack", "T1", "U_BOB")))
    assert {name: after[name] for name in before} == before
    assert sorted(after.keys() - before.keys()) == ["ops", "person:bob"]


def test_a_change_of_the_channels_is_told() -> None:
    channels, told = channels_of(ScriptedPlatform()), []
    channels.moved = lambda: told.append(True)
    channels.declare([DESK])
    assert told == [True]


def test_a_card_stands_in_what_is_named_and_in_what_is_declared() -> None:
    channels = channels_of(ScriptedPlatform(), named={"console": Scripted(Chat())})
    channels.declare([DESK, PHONE])
    assert channels.for_request(Story().request, registry()) == ("console", "desk")


@pytest.mark.parametrize(
    ("platform", "chat", "name"),
    [
        ("slack", "C1", "desk"),
        ("slack", "C2", None),
        ("telegram", "C1", None),
        ("slack", "U_FRANK", None),
        ("telegram", "-100123/7", "phone"),
        ("telegram", "-100123", "phone"),
        ("telegram", "-100123/9", "group"),
        ("telegram", "", None),
    ],
)
def test_a_chat_is_known_by_its_address(platform: str, chat: str, name: str | None) -> None:
    channels = channels_of(ScriptedPlatform(), ScriptedPlatform("telegram"))
    channels.declare([DESK, PHONE, Channel("group", "telegram", "-100123/9")])
    assert channels.channel_at(platform, chat) == name


def test_how_many_fields_a_form_has_is_the_platforms_to_say() -> None:
    assert channels_of(ScriptedPlatform()).fields("slack") is None


def test_a_platform_that_is_not_configured_is_not_even_imported() -> None:
    """In a process of its own, for this one may have imported anything."""
    asked = (
        "import sys; import bot.__main__; from bot.config import Settings; from bot.connections import connections; "
        "from bot.pace import WallTimer; assert connections(Settings(_env_file=None), WallTimer()) == {}; "
        "print(*({'slack_bolt', 'slack_sdk', 'discord', 'telegram'} & sys.modules.keys()))"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("PLACET_")}
    ended = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout.strip() == ""


# The whole


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> ScriptedPlatform:
    """Slack as it is wired in, with nothing of Slack behind it."""
    platform = ScriptedPlatform()

    def scripted(settings: Settings, timer: WallTimer) -> dict[str, Connection]:
        assert settings.platforms() == ("slack",)
        return {"slack": Connection(platform, Pace(timer))}

    monkeypatch.setattr(bootstrap, "connections", scripted)
    return platform


def settings_with_slack(folder: Path, house: str, url: str | None = None) -> Settings:
    bot, app = SecretStr("xoxb-secret"), SecretStr("xapp-secret")
    return settings_in(folder, url, house=house, slack_bot_token=bot, slack_app_token=app)


CHANNELS = "channels:\n  desk: {slack: C0DESK}\n  heads: {slack: C0HEADS, tiers: [3], roles: [head]}\n"


def shown(chat: Chat, title: str) -> Callable[[], bool]:
    return lambda: any(card.title == title for card in chat.standing.values())


def test_cards_stand_in_their_channels_and_the_owner_is_told(tmp_path: Path, slack: ScriptedPlatform) -> None:
    with placet(settings_with_slack(tmp_path, HOUSE + CHANNELS)) as running:
        program = running.program("momentum")
        routine = submitted(program, title="Buy a little")
        submitted(program, title="Buy a lot", amount="250000.00")
        eventually(shown(slack.chats["C0DESK"], "Buy a lot"))
        eventually(shown(slack.chats["C0HEADS"], "Buy a lot"))
        eventually(shown(slack.chats["C0DESK"], "Buy a little"))
        assert not shown(slack.chats["C0HEADS"], "Buy a little")()
        # Frank, who owns the program, links his account while everything runs.
        running.link("frank", FRANKS)
        voted(running.person("alice"), routine, "approve")
        told = eventually(lambda: slack.directs.get("U_FRANK"))
        eventually(shown(told, "Buy a little"))
        assert not shown(told, "Buy a lot")()
        with anonymous(running.url) as client:
            assert client.get("/readyz").json()["platforms"] == {"slack": "ok"}


def test_what_does_not_work_is_named_and_is_no_reason_for_503(tmp_path: Path, slack: ScriptedPlatform) -> None:
    slack.trouble = "Slack does not answer"
    with placet(settings_with_slack(tmp_path, HOUSE + CHANNELS)) as running, anonymous(running.url) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["platforms"] == {"slack": "Slack does not answer"}
        line = 'placet_degraded{kind="platform",name="slack",why="Slack does not answer"} 1.0'
        assert line in client.get("/metrics").text
        slack.trouble = None
        assert "placet_degraded{" not in client.get("/metrics").text


def test_a_reload_takes_new_channels_and_drops_old_ones(tmp_path: Path, slack: ScriptedPlatform) -> None:
    settings = settings_with_slack(tmp_path, HOUSE + CHANNELS)
    with placet(settings) as running:
        program = running.program("momentum")
        submitted(program, title="Before")
        eventually(shown(slack.chats["C0DESK"], "Before"))
        assert settings.config is not None
        settings.config.write_text(HOUSE + "channels: {ops: {slack: C0OPS}}\n")
        work = declare(running.services, read_house(settings))
        asyncio.run_coroutine_threadsafe(work, running.loop).result(30)
        submitted(program, title="After")
        eventually(lambda: "C0OPS" in slack.chats and shown(slack.chats["C0OPS"], "After")())
        assert not shown(slack.chats["C0DESK"], "After")()
        assert slack.runs == 1, "no platform is connected anew"


@pytest.mark.parametrize(
    ("channels", "hint"),
    [
        ("", "no channels are declared in"),
        ("channels: {desk: {slack: C0DESK, tiers: [1]}}\n", "no channel shows tier 2, 3"),
    ],
)
def test_cards_that_stand_nowhere_are_warned_of(
    tmp_path: Path, slack: ScriptedPlatform, caplog: pytest.LogCaptureFixture, channels: str, hint: str
) -> None:
    caplog.set_level("WARNING")
    caplog.set_level("WARNING", "placet.channels")
    with placet(settings_with_slack(tmp_path, HOUSE + channels)):
        assert slack.runs == 1
    assert any(hint in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("high", ["  high: {slack: C0HIGH, tiers: [2, 3]}\n", ""], ids=["and another", "alone"])
def test_a_card_that_no_longer_belongs_into_a_channel_is_still_brought_up_to_date(
    tmp_path: Path, slack: ScriptedPlatform, database_url: str, high: str
) -> None:
    channels = "channels:\n  low: {slack: C0LOW, tiers: [1]}\n" + high
    with placet(settings_with_slack(tmp_path, HOUSE + channels, database_url)) as running:
        request = submitted(running.program("momentum"))
        eventually(lambda: "C0LOW" in slack.chats and len(slack.chats["C0LOW"].standing) == 1)
        more = {"quantity": 2_000}
        changed = voted(running.person("alice"), request, "modify", parameters=more, reason={"code": "size"})
        assert (changed["ruling"]["tier"], changed["revision"]) == (2, 2)

        def cards() -> list[Card]:
            return [card for chat in slack.chats.values() for card in chat.standing.values()]

        eventually(lambda: [card.revision for card in cards()] == [2] * (2 if high else 1))
        voted(running.person("bob"), changed, "reject")
        eventually(lambda: all(card.outcome for card in cards()))


def test_of_two_processes_on_one_database_one_serves_and_the_other_stands_by(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    platforms: list[ScriptedPlatform] = []

    def scripted(settings: Settings, timer: WallTimer) -> dict[str, Connection]:
        platforms.append(ScriptedPlatform())
        return {"slack": Connection(platforms[-1], Pace(timer))}

    monkeypatch.setattr(bootstrap, "connections", scripted)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, two = (settings_with_slack(folder, HOUSE + CHANNELS, url=postgres_url) for folder in folders)
    with placet(two) as second:
        eventually(lambda: platforms[0].running)
        with placet(one) as first, anonymous(first.url) as client:
            eventually(lambda: client.get("/readyz").json()["platforms"] == {"slack": STANDBY})
            assert "placet_degraded{" not in client.get("/metrics").text, "to stand by is not to be degraded"
            # What comes in over the one that stands by is shown by the other.
            submitted(first.program("momentum"), title="Over the first")
            eventually(
                lambda: "C0DESK" in platforms[0].chats and shown(platforms[0].chats["C0DESK"], "Over the first")()
            )
            assert platforms[1].chats == {}
            asyncio.run_coroutine_threadsafe(broken_off(second), second.loop).result(30)
            eventually(lambda: platforms[1].running)
            submitted(second.program("momentum"), title="Over the second")
            eventually(
                lambda: "C0DESK" in platforms[1].chats and shown(platforms[1].chats["C0DESK"], "Over the second")()
            )
            assert not shown(platforms[0].chats["C0DESK"], "Over the second")()


async def broken_off(running: Running) -> None:
    """The process gives its platforms away, as at its end, and lives on without them."""
    [task] = [task for task in asyncio.all_tasks() if task.get_name() == "channels"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await running.services.channels.release()
    running.services.delivery.refresh()


def test_taps_in_flight_are_answered_and_recorded_before_everything_closes(
    tmp_path: Path, slack: ScriptedPlatform
) -> None:
    settings = settings_with_slack(tmp_path, HOUSE.replace("bob: {name: Bob,", "bob: {accounts: {slack: T1A/UBOB},"))
    with placet(settings) as before:
        request = submitted(before.program("momentum"))
    slack.taps = None

    async def live() -> None:
        async with running(settings, read_house(settings)) as services:
            while slack.taps is None:  # noqa: ASYNC110 - it has no way to say so
                await asyncio.sleep(0.01)
            token = str(Token("approve", request["id"], 1))
            slack.press(Tap("tap-1", "slack", "T1A", "UBOB", token=token, chat="C1", ref="C1:1"))
            assert services.desk.waiting == 0, "the house closes before the tap has even begun"

    asyncio.run(live())
    assert [answer.refused for answer in slack.answers] == [False]
    with placet(settings) as after:
        [now] = after.client().get("/v1/requests", params={"status": "decided"}).json()["items"]
        assert (now["id"], now["decision"]["by"], now["votes"][0]["via"]) == (request["id"], [BOB.id], "slack")
