"""The local Discord when things go wrong: rates, faults, connections that end, tokens that are revoked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import aiohttp
import discord
import pytest

from tests.platforms.discord.client import Bot, Press, Running, addressed, connected, until
from tests.platforms.discord.scene import Clock, Scene, answering, refusal
from tests.platforms.discord.server import DiscordServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scene(clock: Clock) -> Iterator[Scene]:
    with DiscordServer(clock, max_concurrency=5) as server:
        yield Scene(server)


@pytest.fixture
def bot(scene: Scene) -> Iterator[Running]:
    with connected(scene.server) as running:
        yield running


def test_too_many_posts_are_told_to_wait_in_a_form_that_the_sdk_honours(scene: Scene, bot: Running) -> None:
    async def many() -> list[int]:
        channel = bot.bot.get_partial_messageable(int(scene.chat))
        async with aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bot {scene.server.token}", "User-Agent": "DiscordBot (test, 1)"}
            url = f"{scene.server.api_url}/channels/{channel.id}/messages"
            answer = await session.post(url, data={"content": "x"}, headers=headers)
            codes = [answer.status]
            for _ in range(6):
                plain = headers | {"Content-Type": "application/json"}
                answer = await session.post(url, data=b'{"content": "x"}', headers=plain)
                codes.append(answer.status)
            assert answer.headers["Via"]
            assert answer.headers["X-RateLimit-Remaining"] == "0"
            assert int(answer.headers["Retry-After"]) == 5
            told = await answer.json()
            assert 4 < told["retry_after"] <= 5
            assert told["global"] is False
        return codes

    assert bot.do(many()) == [400, 200, 200, 200, 200, 200, 429]
    assert scene.server.rate_limited == 1
    assert "Content-Type application/x-www-form-urlencoded" in scene.server.violations[0]
    assert len(scene.server.violations) == 1


def test_the_sdk_waits_out_a_429_by_itself(scene: Scene, bot: Running) -> None:
    scene.server.faults.refuse["create_message"] = ["429 0.2"]
    began = time.monotonic()
    scene.post(bot, "patience")
    assert time.monotonic() - began >= 0.2
    assert scene.server.rate_limited == 1
    assert len(scene.server.messages(scene.chat)) == 1
    assert scene.server.violations == []


def test_messages_older_than_an_hour_are_edited_seldom(scene: Scene, clock: Clock) -> None:
    with connected(scene.server, Bot(max_ratelimit_timeout=30)) as bot:
        message = scene.post(bot, "old")
        clock.put_forward(3700)
        for number in range(3):
            bot.do(message.edit(content=str(number)))
        scene.server.faults.refuse["update_message"] = ["30046 40"]
        with pytest.raises(discord.RateLimited):
            bot.do(message.edit(content="too often"))
    assert scene.server.calls[-1].answer["code"] == 30046


def test_what_a_test_asks_for_goes_wrong_and_blames_nobody(scene: Scene, bot: Running) -> None:
    faults = scene.server.faults
    scene.server.deny(scene.chat, "send_messages")
    assert refusal(lambda: scene.post(bot, "x")) == (403, 50013)
    scene.server.allow(scene.chat, "send_messages")
    scene.server.deny(scene.chat, "view_channel")
    assert refusal(lambda: scene.post(bot, "x")) == (403, 50001)
    scene.server.allow(scene.chat, "view_channel")
    scene.chat = scene.server.channel("another", scene.guild)
    faults.drop["create_message"] = 1
    with pytest.raises(aiohttp.ClientError):
        scene.post(bot, "dropped")
    faults.cut["create_message"] = 1
    with pytest.raises(aiohttp.ClientError):
        scene.post(bot, "cut")
    assert [shown.text for shown in scene.server.messages(scene.chat)] == ["cut"]
    faults.refuse["*"] = ["50007"]
    assert refusal(lambda: scene.post(bot, "x")) == (403, 50007)
    faults.delay["create_message"] = 0.3
    began = time.monotonic()
    scene.post(bot, "slow")
    assert time.monotonic() - began >= 0.3
    assert scene.server.violations == []


def test_a_connection_is_resumed_and_what_was_missed_is_replayed(scene: Scene, bot: Running, clock: Clock) -> None:
    clock.speed = 20.0

    async def answer(press: Press) -> None:
        await press.response.defer()

    answering(bot, answer)
    card = scene.card(bot)
    scene.server.faults.down = True
    until(lambda: scene.server.connected == 0)
    assert scene.server.press(scene.alice, card, "Approve").acknowledged_after is None
    scene.server.faults.down = False
    until(lambda: bot.bot.resumed == 1)
    until(lambda: len(bot.bot.pressed) == 1)
    until(lambda: bot.bot.problems)
    assert getattr(bot.bot.problems[0], "code", None) == 10062
    assert scene.server.violations == []
    assert scene.server.press(scene.alice, card, "Approve").acknowledged_after is not None


@pytest.mark.parametrize("how", ["restart", "reconnect", "invalid", "cut", "close"])
def test_the_bot_comes_back_after_whatever_ends_a_connection(scene: Scene, bot: Running, how: str) -> None:
    ways: dict[str, Callable[[], None]] = {
        "restart": scene.server.restart,
        "reconnect": scene.server.ask_to_reconnect,
        "invalid": scene.server.invalidate,
        "cut": scene.server.cut_gateway,
        "close": lambda: scene.server.close_gateway(4000),
    }
    ways[how]()
    fresh = how in ("restart", "invalid")
    until(lambda: scene.server.gateway.identified == 2 if fresh else bot.bot.resumed == 1)
    until(lambda: scene.server.connected == 1)
    scene.server.say(scene.alice, scene.server.direct(scene.alice), "still there?")
    until(lambda: [message.content for message in bot.bot.heard] == ["still there?"])
    assert scene.server.violations == []


def test_a_revoked_token_ends_the_connection_for_good(scene: Scene, bot: Running) -> None:
    scene.server.faults.token_revoked = True
    until(lambda: bot.ended)
    assert isinstance(bot.ended, discord.ConnectionClosed)
    assert bot.ended.code == 4004
    with addressed(scene.server), Running(Bot()) as late:
        until(lambda: late.ended)
        assert isinstance(late.ended, discord.LoginFailure)
    assert scene.server.violations == []


def test_intents_that_nobody_switched_on_are_refused(scene: Scene) -> None:
    with addressed(scene.server), Running(Bot(discord.Intents.all())) as eager:
        until(lambda: eager.ended)
    assert isinstance(eager.ended, discord.PrivilegedIntentsRequired)
    assert "4014" in scene.server.violations[0]


def test_events_come_twice_and_in_another_order_if_told(scene: Scene, bot: Running) -> None:
    direct = scene.server.direct(scene.alice)
    scene.server.faults.repeat_events = 1
    scene.server.say(scene.alice, direct, "one")
    scene.server.faults.swap_events = True
    scene.server.say(scene.alice, direct, "two")
    scene.server.say(scene.alice, direct, "three")
    until(lambda: len(bot.bot.heard) == 4)
    assert [message.content for message in bot.bot.heard] == ["one", "one", "three", "two"]
