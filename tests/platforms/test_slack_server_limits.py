"""The local Slack, driven with the real SDK alone: limits, rates, tokens, connections, and what goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.platforms.slack.client import BoltApp, until
from tests.platforms.slack.desk import Clock, Desk, Json, asked, button, card, modal, plain
from tests.platforms.slack.server import SlackServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would go through one even to this machine."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def desk(clock: Clock) -> Iterator[Desk]:
    with SlackServer(clock) as server:
        yield Desk(server)


@pytest.fixture
def bolt(desk: Desk) -> Iterator[BoltApp]:
    with desk.app() as made:
        yield made


def many(count: int) -> list[Json]:
    return [{"type": "divider"}] * count


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        ({"text": "x", "blocks": many(51)}, "invalid_blocks", "no more than 50"),
        ({"text": "x", "blocks": card("Yes", "Yes")}, "invalid_blocks", "already exists for another element"),
        ({"text": "x", "blocks": [*card(), *card()]}, "invalid_blocks", "block_id b already exists"),
        ({"text": "x", "blocks": card("L" * 76)}, "invalid_blocks", "less than 76"),
        ({"text": "x", "blocks": [{"type": "section", "text": plain("t" * 3001)}]}, "invalid_blocks", "less than 3001"),
        ({"text": "x", "blocks": [{"type": "section", "text": plain("")}]}, "invalid_blocks", "more than 0"),
        ({"text": "x", "blocks": [{"type": "header", "text": plain("t" * 151)}]}, "invalid_blocks", "less than 151"),
        ({"text": "x", "blocks": [{"type": "modal"}]}, "invalid_blocks", "unsupported block type"),
        (
            {"text": "x", "blocks": [{"type": "actions", "elements": [button("A", value="v" * 2001)]}]},
            "invalid_blocks",
            "less than 2001",
        ),
        (
            {"text": "x", "blocks": [{"type": "actions", "elements": [button("A", disabled=True)]}]},
            "invalid_blocks",
            "invalid additional property: disabled",
        ),
        (
            {"text": "x", "blocks": [{"type": "section", "text": plain("t" * 2900)}] * 5},
            "msg_blocks_too_long",
            "14500 characters",
        ),
        ({}, "no_text", ""),
        ({"text": "x", "metadata": {"event_type": "e"}}, "invalid_metadata_format", ""),
    ],
)
def test_what_breaks_a_limit_of_a_message_is_refused(
    desk: Desk, bolt: BoltApp, content: Json, error: str, says: str
) -> None:
    answer = bolt.call("chat.postMessage", channel=desk.chat, **content)
    assert answer["error"] == error
    assert says in str(answer.get("response_metadata", ""))
    assert len(desk.server.violations) == 1
    assert desk.server.messages(desk.chat) == []


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (modal(title=plain("t" * 25)), "less than 25"),
        ({"type": "modal", "title": plain("t"), "blocks": [asked("a", "A")]}, "submit is required"),
        (modal(asked("a", "A", max_length=3001)), "between 1 and 3000"),
        (modal(asked("a", "A"), asked("a", "B")), "block_id a already exists"),
        (modal(private_metadata="m" * 3001), "less than 3001"),
        (modal(*many(101)), "no more than 100"),
    ],
)
def test_what_breaks_a_limit_of_a_modal_is_refused(desk: Desk, bolt: BoltApp, view: Json, says: str) -> None:
    desk.server.press(desk.alice, desk.card(bolt), "Reject")
    answer = bolt.call("views.open", trigger_id=desk.heard[-1]["trigger_id"], view=view)
    assert answer["error"] == "invalid_arguments"
    assert says in str(answer["response_metadata"])


def test_more_than_a_message_a_second_is_answered_with_429(desk: Desk, bolt: BoltApp, clock: Clock) -> None:
    other = desk.server.add_channel("other")
    answers = [bolt.call("chat.postMessage", channel=chat, text="x") for chat in (desk.chat, desk.chat, other)]
    assert [one.get("error") for one in answers] == [None, "ratelimited", None]
    assert answers[1]["headers"]["Retry-After"] == "1"
    clock.put_forward(1)
    assert bolt.call("chat.postMessage", channel=desk.chat, text="x")["ok"]
    assert (desk.server.rate_limited, desk.server.violations) == (1, [])
    updates = [bolt.call("chat.update", channel=desk.chat, ts=answers[0]["ts"], text=f"{n}") for n in range(51)]
    assert [one.get("error") for one in updates].index("ratelimited") == 50


def test_a_call_is_judged_by_its_token_and_its_scopes(desk: Desk, bolt: BoltApp) -> None:
    server = desk.server
    assert bolt.ask("users.info", user=desk.alice)["user"]["name"] == "Alice"
    server.team.scopes.discard("users:read")
    refused = bolt.ask("users.info", user=desk.alice)
    assert (refused["error"], refused["needed"]) == ("missing_scope", "users:read")
    for token, error in [("", "not_authed"), ("xoxb-no", "invalid_auth"), (server.app_token, "not_allowed_token_type")]:
        bolt.client.token = token
        assert bolt.call("auth.test")["error"] == error
    assert server.violations == []
    bolt.client.token = server.bot_token
    assert bolt.call("chat.postCard")["error"] == "unknown_method"
    assert len(server.violations) == 1


def test_the_app_sees_and_reaches_only_where_it_is(desk: Desk, bolt: BoltApp) -> None:
    server = desk.server
    public = server.add_channel("public", joined=False)
    private = server.add_channel("private", kind="group", joined=False)
    abroad = server.add_team("abroad")
    theirs = server.add_channel("theirs", team=abroad)
    archived = server.add_channel("archived")
    server.world.channels[archived].archived = True
    errors = {
        chat: bolt.call("chat.postMessage", channel=chat, text="x").get("error")
        for chat in (public, private, theirs, archived, "C0NOWHERE")
    }
    assert list(errors.values()) == [
        "not_in_channel",
        "channel_not_found",
        "channel_not_found",
        "is_archived",
        "channel_not_found",
    ]
    carol = server.add_user("Carol")
    outside = bolt.call("chat.postEphemeral", channel=desk.chat, user=carol, text="x")
    assert outside["error"] == "user_not_in_channel"
    opened = bolt.call("conversations.open", users=carol)
    assert opened["channel"]["id"] == server.direct(carol)
    assert server.violations == []


def test_a_response_url_is_good_five_times_in_half_an_hour(desk: Desk, bolt: BoltApp, clock: Clock) -> None:
    shown = desk.card(bolt)
    desk.server.press(desk.alice, shown, "Approve")
    hook = AsyncWebhookClient(desk.heard[-1]["response_url"])
    assert [bolt.do(hook.send(text=f"{n}")).status_code for n in range(6)] == [200] * 5 + [404]
    desk.server.press(desk.alice, shown, "Approve")
    hook = AsyncWebhookClient(desk.heard[-1]["response_url"])
    clock.put_forward(1801)
    assert "expired_url" in bolt.do(hook.send(text="late")).body
    assert len(desk.server.violations) == 2


def test_an_envelope_that_is_not_taken_in_time_is_trouble_for_the_person() -> None:
    clock = Clock(4.0)

    async def forget(ack: Any, client: Any, respond: Any, body: Json) -> None:
        pass

    async def dawdle(ack: Any, client: Any, respond: Any, body: Json) -> None:
        await asyncio.sleep(4 / clock.speed)
        await ack()

    with SlackServer(clock) as server:
        desk = Desk(server)
        with desk.app() as bolt:
            shown = desk.card(bolt)
            for conduct in (forget, dawdle):
                desk.on_press = conduct
                assert server.press(desk.alice, shown, "Approve").acknowledged_after is None
        assert server.violations == ["socket: block_actions was not acknowledged within 3 s"] * 2


def test_what_is_delivered_twice_is_heard_twice_and_two_events_may_change_places(desk: Desk, bolt: BoltApp) -> None:
    shown = desk.card(bolt)
    desk.server.faults.repeat_events = 1
    desk.server.press(desk.alice, shown, "Approve")
    until(lambda: len(desk.heard) == 2)
    assert desk.heard[0] == desk.heard[1]
    desk.server.faults.swap_events = True
    with ThreadPoolExecutor() as pool:
        first = pool.submit(desk.server.press, desk.alice, shown, "Approve")
        until(lambda: not desk.server.faults.swap_events)
        desk.server.press(desk.bob, shown, "Reject")
        assert first.result().acknowledged_after is not None
    assert [one["user"]["id"] for one in desk.heard[2:]] == [desk.bob, desk.alice]
    assert desk.server.violations == []


def test_the_app_comes_back_after_a_refresh_and_after_a_restart(desk: Desk, bolt: BoltApp) -> None:
    shown = desk.card(bolt)
    desk.server.refresh()
    until(lambda: desk.server.connections == 1)
    assert desk.server.press(desk.alice, shown, "Approve").acknowledged_after is not None
    desk.server.restart()
    until(lambda: desk.server.connections == 1)
    assert desk.server.press(desk.alice, shown, "Approve").acknowledged_after is not None
    opened = [one for one in desk.server.calls if one.method == "apps.connections.open"]
    assert len(opened) == 3


def test_a_ticket_opens_one_connection_and_not_for_long(desk: Desk, clock: Clock) -> None:
    async def statuses() -> list[int]:
        async with aiohttp.ClientSession() as http:

            async def ticket() -> str:
                headers = {"Authorization": f"Bearer {desk.server.app_token}"}
                async with http.post(f"{desk.server.api_url}apps.connections.open", headers=headers) as answer:
                    return str((await answer.json())["url"])

            async def connect(url: str) -> int:
                try:
                    async with http.ws_connect(url) as socket:
                        assert (await socket.receive_json())["type"] == "hello"
                        return 101
                except aiohttp.WSServerHandshakeError as problem:
                    return problem.status

            url = await ticket()
            found = [await connect(url), await connect(url)]
            url = await ticket()
            clock.put_forward(31)
            return [*found, await connect(url)]

    assert asyncio.run(statuses()) == [101, 408, 408]


def test_faults_are_what_a_test_asked_for(desk: Desk, bolt: BoltApp) -> None:
    server, faults = desk.server, desk.server.faults
    server.web_api.rates.on = False

    def post(text: str) -> str:
        try:
            return str(bolt.call("chat.postMessage", channel=desk.chat, text=text).get("error", "ok"))
        except aiohttp.ClientError:
            return "cut"

    faults.drop["chat.postMessage"] = 1
    faults.refuse["chat.postMessage"] = ["internal_error", "ratelimited:7"]
    assert [post("dropped"), post("a"), post("b")] == ["cut", "internal_error", "ratelimited"]
    faults.cut["*"] = 1
    assert [post("cut"), post("last")] == ["cut", "ok"]
    assert [one.text for one in server.messages(desk.chat)] == ["cut", "last"]
    faults.delay["chat.postMessage"] = 0.2
    began = time.monotonic()
    assert post("slow") == "ok"
    assert time.monotonic() - began >= 0.2
    faults.token_revoked = True
    assert post("x") == "token_revoked"
    assert (server.violations, server.rate_limited) == ([], 1)


def test_a_platform_that_is_down_cuts_everything_and_a_press_fails(desk: Desk, bolt: BoltApp) -> None:
    shown = desk.card(bolt)
    desk.server.faults.down = True
    until(lambda: desk.server.connections == 0)
    with pytest.raises(aiohttp.ClientError):
        bolt.call("auth.test")
    assert desk.server.press(desk.alice, shown, "Approve").acknowledged_after is None
    desk.server.faults.down = False
    until(lambda: desk.server.connections == 1)
    assert desk.server.press(desk.alice, shown, "Approve").acknowledged_after is not None


def test_an_event_that_nobody_takes_is_sent_again() -> None:
    with SlackServer(Clock(100.0)) as server:
        desk = Desk(server)
        assert server.say(desk.alice, server.direct(desk.alice), "anybody there?").acknowledged_after is None
        with desk.app(ping_interval=5):
            until(lambda: [one["text"] for one in desk.heard] == ["anybody there?"])


def test_what_is_acknowledged_late_or_for_nothing_is_noted(desk: Desk, clock: Clock) -> None:
    bolt = BoltApp(desk.server)
    shown = desk.card(bolt)
    bolt.stop()

    async def take_late() -> None:
        headers = {"Authorization": f"Bearer {desk.server.app_token}"}
        async with aiohttp.ClientSession() as http:
            async with http.post(f"{desk.server.api_url}apps.connections.open", headers=headers) as answer:
                url = str((await answer.json())["url"])
            async with http.ws_connect(url) as socket:
                assert (await socket.receive_json())["type"] == "hello"
                press = asyncio.create_task(asyncio.to_thread(desk.server.press, desk.alice, shown, "Approve"))
                envelope = await socket.receive_json()
                clock.put_forward(4)
                await socket.send_json({"envelope_id": envelope["envelope_id"]})
                await socket.send_json({"envelope_id": "made up"})
                assert (await press).acknowledged_after is None

    asyncio.run(take_late())
    noted = "\n".join(desk.server.violations)
    assert "acknowledged after 4" in noted
    assert "never sent" in noted


def test_the_sdk_never_leaves_an_address_that_was_refused(desk: Desk) -> None:
    """The real client tries a ticket that is dead for ever, so whoever uses it has to watch it."""
    desk.server.socket.ticket_lives = 0.0
    made = BoltApp(desk.server)

    async def run() -> int:
        handler = AsyncSocketModeHandler(made.app, desk.server.app_token, ping_interval=0.05)
        connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]
        await asyncio.sleep(0.5)
        desk.server.socket.ticket_lives = 30.0
        assert not await handler.client.is_connected()
        opened = sum(one.method == "apps.connections.open" for one in desk.server.calls)
        handler.client.wss_uri = None
        await asyncio.wait_for(connecting, 5)
        await handler.close_async()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)
        return opened

    try:
        assert made.do(run()) == 1
    finally:
        made.stop()
