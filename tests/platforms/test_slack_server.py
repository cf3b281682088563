"""The local Slack, driven with the real SDK alone: what people see and do, and what an app makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.platforms.pictures import png
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


def test_the_app_connects_and_learns_who_and_where_it_is(desk: Desk, bolt: BoltApp) -> None:
    answer = bolt.call("auth.test")
    assert (answer["team"], answer["user"]) == ("desk", "placet")
    assert "chat:write" in answer["headers"]["X-OAuth-Scopes"].split(",")
    assert desk.server.violations == []


def test_a_press_reaches_the_app_and_is_answered_to_that_person_alone(desk: Desk, bolt: BoltApp) -> None:
    async def answer(ack: Any, client: Any, respond: Any, body: Json) -> None:
        await ack()
        await respond("Only you see this", response_type="ephemeral", replace_original=False)

    desk.on_press = answer
    shown = desk.card(bolt, "Late")
    assert (shown.text, shown.buttons, shown.tokens) == ("Sell 1 AAPL <now>?", ("Late",), ("late:1",))
    reaction = desk.server.press(desk.alice, shown, "Late")
    assert reaction.acknowledged_after is not None
    assert [one.text for one in reaction.messages] == ["Only you see this"]
    assert reaction.messages[0].only_for == desk.alice
    assert [one.text for one in desk.server.messages(desk.chat, desk.bob)] == ["Sell 1 AAPL <now>?"]
    assert desk.heard[0]["user"]["id"] == desk.alice
    assert desk.heard[0]["actions"][0]["value"] == "late:1"
    assert desk.server.violations == []


def test_a_modal_is_opened_corrected_and_submitted(desk: Desk, bolt: BoltApp) -> None:
    async def ask(ack: Any, client: Any, respond: Any, body: Json) -> None:
        await ack()
        number = {"type": "number_input", "action_id": "n", "is_decimal_allowed": False, "max_value": "100"}
        limit = {"type": "input", "block_id": "limit", "label": plain("Limit"), "element": number}
        view = modal(asked("why", "Why?"), limit, callback_id="why")
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def submit(ack: Any, view: Json) -> None:
        values = view["state"]["values"]
        desk.heard.append(values)
        if values["why"]["x"]["value"] == "because":
            await ack(response_action="errors", errors={"why": "Because is no reason"})
        else:
            await ack()

    desk.on_press = ask
    bolt.app.view("why")(submit)
    form = desk.server.press(desk.alice, desk.card(bolt), "Reject").form
    assert form is not None
    assert [(one.label, one.kind) for one in form.fields] == [("Why?", "text"), ("Limit", "number")]
    refused = desk.server.fill(desk.alice, form, {"Why?": "because", "Limit": "101"}).form
    assert refused is not None
    assert refused.fields[1].error == "Please enter a number that is at most 100."  # said by the client alone
    assert len(desk.heard) == 1
    wrong = desk.server.fill(desk.alice, form, {"Limit": "100"}).form
    assert wrong is not None
    assert (wrong.fields[0].value, wrong.fields[0].error) == ("because", "Because is no reason")
    done = desk.server.fill(desk.alice, wrong, {"Why?": "too risky"})
    assert done.acknowledged_after is not None
    assert done.form is None
    assert desk.server.form(desk.alice) is None
    assert desk.heard[-1]["limit"]["n"]["value"] == "100"
    assert desk.server.violations == []


def test_a_modal_that_loads_is_replaced_and_its_hash_keeps_old_content_away(desk: Desk, bolt: BoltApp) -> None:
    async def ask(ack: Any, client: Any, respond: Any, body: Json) -> None:
        await ack()
        loading = {"type": "modal", "title": plain("One moment"), "blocks": card()[:1]}
        view = (await client.views_open(trigger_id=body["trigger_id"], view=loading))["view"]
        desk.heard.append(view)

    desk.on_press = ask
    form = desk.server.press(desk.alice, desk.card(bolt), "Reject").form
    assert form is not None
    assert not form.can_submit
    view = desk.heard[-1]
    assert bolt.call("views.update", view_id=view["id"], hash=view["hash"], view=modal())["ok"]
    assert bolt.call("views.update", view_id=view["id"], hash=view["hash"], view=modal())["error"] == "hash_conflict"
    filled = desk.server.form(desk.alice)
    assert filled is not None
    assert filled.can_submit
    desk.server.reload(desk.alice)
    assert bolt.call("views.update", view_id=view["id"], view=modal())["error"] == "not_found"


def test_a_trigger_is_good_once_and_for_three_seconds(desk: Desk, bolt: BoltApp, clock: Clock) -> None:
    shown = desk.card(bolt)
    desk.server.press(desk.alice, shown, "Reject")
    trigger = desk.heard[-1]["trigger_id"]
    assert bolt.call("views.open", trigger_id=trigger, view=modal())["ok"]
    assert bolt.call("views.open", trigger_id=trigger, view=modal())["error"] == "exchanged_trigger_id"
    desk.server.press(desk.alice, shown, "Reject")
    clock.put_forward(3)
    late = bolt.call("views.open", trigger_id=desk.heard[-1]["trigger_id"], view=modal())
    assert late["error"] == "expired_trigger_id"
    assert bolt.call("views.push", trigger_id="1.2.3", view=modal())["error"] == "invalid_trigger_id"
    assert len(desk.server.violations) == 3


def test_a_stack_holds_three_modals(desk: Desk, bolt: BoltApp) -> None:
    button_in_modal = {"type": "actions", "elements": [button("Further")]}
    desk.server.press(desk.alice, desk.card(bolt), "Reject")
    bolt.call("views.open", trigger_id=desk.heard[-1]["trigger_id"], view=modal(asked("a", "A"), button_in_modal))
    answers = []
    for _ in range(3):
        form = desk.server.form(desk.alice)
        assert form is not None
        desk.server.press_form(desk.alice, form, "Further")
        view = modal(asked("a", "A"), button_in_modal)
        answers.append(bolt.call("views.push", trigger_id=desk.heard[-1]["trigger_id"], view=view).get("error"))
    assert answers == [None, None, "push_limit_reached"]


def test_a_command_is_answered_at_once_and_its_text_comes_escaped(desk: Desk, bolt: BoltApp) -> None:
    async def command(ack: Any, command: Json) -> None:
        desk.heard.append(command)
        await ack("3 are pending")

    bolt.app.command("/placet")(command)
    elsewhere = desk.server.add_channel("private", desk.alice, kind="group", joined=False)
    reaction = desk.server.command(desk.alice, elsewhere, "pending <all>")
    assert [(one.text, one.only_for) for one in reaction.messages] == [("3 are pending", desk.alice)]
    assert desk.heard[-1]["text"] == "pending &lt;all&gt;"
    assert desk.server.violations == []


def test_messages_to_the_app_and_mentions_of_it_are_events(desk: Desk, bolt: BoltApp) -> None:
    direct = desk.server.direct(desk.alice)
    assert desk.server.say(desk.alice, direct, "approve 1 & 2").acknowledged_after is not None
    desk.server.say(desk.alice, desk.chat, "nothing to the app")
    desk.server.say(desk.alice, desk.chat, "@placet pending")
    bolt.call("chat.postMessage", channel=direct, text="Done")  # one's own message is an event, which bolt drops
    until(lambda: len(desk.heard) == 2)
    assert [one["type"] for one in desk.heard] == ["message", "app_mention"]
    assert {one["user"] for one in desk.heard} == {desk.alice}
    assert desk.heard[0]["text"] == "approve 1 &amp; 2"
    assert desk.heard[0]["channel_type"] == "im"


def test_an_update_without_blocks_keeps_the_buttons(desk: Desk, bolt: BoltApp) -> None:
    shown = desk.card(bolt)
    bolt.call("chat.update", channel=desk.chat, ts=shown.id, text="Approved")
    assert desk.server.messages(desk.chat)[-1].buttons == ("Approve", "Reject")
    bolt.call("chat.update", channel=desk.chat, ts=shown.id, text="Approved", blocks=[])
    now = desk.server.messages(desk.chat)[-1]
    assert (now.text, now.buttons, now.edits) == ("Approved", (), 2)
    # Somebody whose screen is behind may still press what was there.
    assert desk.server.press(desk.alice, shown, "Approve").acknowledged_after is not None
    forged = desk.server.send_token(desk.alice, shown, "approve:other")
    assert forged.acknowledged_after is not None
    assert desk.heard[-1]["actions"][0]["value"] == "approve:other"


def test_what_was_deleted_or_is_somebody_elses_cannot_be_updated(desk: Desk, bolt: BoltApp) -> None:
    shown = desk.card(bolt)
    desk.server.delete(shown)
    gone = bolt.call("chat.update", channel=desk.chat, ts=shown.id, text="x")
    desk.server.say(desk.alice, desk.chat, "hello")
    hers = desk.server.messages(desk.chat)[-1]
    assert gone["error"] == "message_not_found"
    assert bolt.call("chat.update", channel=desk.chat, ts=hers.id, text="x")["error"] == "cant_update_message"
    desk.server.scene.edit_window = 0.0
    assert bolt.call("chat.update", channel=desk.chat, ts=hers.id, text="x")["error"] == "cant_update_message"
    assert desk.server.violations == []


def test_an_ephemeral_message_is_nowhere_but_on_one_screen(desk: Desk, bolt: BoltApp) -> None:
    answer = bolt.call("chat.postEphemeral", channel=desk.chat, user=desk.alice, text="psst", blocks=card("Undo"))
    server, ts = desk.server, answer["message_ts"]
    assert server.messages(desk.chat) == server.messages(desk.chat, desk.bob) == []
    shown = server.messages(desk.chat, desk.alice)[-1]
    assert bolt.call("chat.update", channel=desk.chat, ts=ts, text="x")["error"] == "message_not_found"
    assert bolt.ask("conversations.history", channel=desk.chat)["messages"] == []
    server.press(desk.alice, shown, "Undo")
    assert "message" not in desk.heard[-1]
    assert desk.heard[-1]["container"]["is_ephemeral"] is True
    hook = AsyncWebhookClient(desk.heard[-1]["response_url"])
    bolt.do(hook.send(text="Undone", blocks=[], replace_original=True))
    assert [(one.text, one.edits) for one in server.messages(desk.chat, desk.alice)] == [("Undone", 1)]
    with pytest.raises(LookupError):
        server.press(desk.bob, shown, "Undo")
    server.reload(desk.alice)
    assert server.messages(desk.chat, desk.alice) == []


def test_several_people_press_in_the_same_instant(desk: Desk, bolt: BoltApp) -> None:
    shown = desk.card(bolt)
    with ThreadPoolExecutor(8) as pool:
        people = [desk.alice, desk.bob] * 4
        reactions = list(pool.map(lambda who: desk.server.press(who, shown, "Approve"), people))
    assert all(one.acknowledged_after is not None for one in reactions)
    assert sorted(one["user"]["id"] for one in desk.heard) == sorted(people)
    assert desk.server.violations == []


def test_a_file_appears_later_and_a_block_may_show_it_when_it_is_ready(desk: Desk, bolt: BoltApp) -> None:
    async def upload() -> Any:
        return await bolt.client.files_upload_v2(channel=desk.chat, file=png(), filename="a.png", title="Chart")

    file = bolt.do(upload())["files"][0]["id"]
    assert desk.server.messages(desk.chat) == []
    picture = {"type": "image", "slack_file": {"id": file}, "alt_text": "a chart"}
    assert bolt.call("chat.postMessage", channel=desk.chat, text="x", blocks=[picture])["error"] == "invalid_blocks"
    until(lambda: [one.text for one in desk.server.messages(desk.chat)] == ["Chart"])
    ts = desk.server.messages(desk.chat)[0].id
    assert bolt.call("chat.update", channel=desk.chat, ts=ts, blocks=[picture], text="x")["ok"]


def test_people_of_two_workspaces_are_told_apart(desk: Desk, bolt: BoltApp) -> None:
    server = desk.server
    abroad = server.add_team("abroad")
    guest = server.add_user("Alice", abroad, guest=True)
    shared = server.add_channel("shared", desk.alice, guest)
    shown = desk.card(bolt, chat=shared)
    server.press(guest, shown, "Approve")
    pressed = desk.heard[-1]
    assert (pressed["team"]["id"], pressed["user"]["team_id"]) == (server.team.id, abroad.id)
    assert bolt.ask("users.info", user=guest)["user"]["is_restricted"] is True
    server.rename(guest, "Alice (ours)")
    assert bolt.ask("users.info", user=guest)["user"]["name"] == "Alice (ours)"
    with pytest.raises(LookupError):
        server.press(desk.bob, shown, "Approve")


def test_the_history_tells_what_was_posted_with_its_metadata(desk: Desk, bolt: BoltApp) -> None:
    about = {"event_type": "card", "event_payload": {"request": "req_1"}}
    bolt.call("chat.postMessage", channel=desk.chat, text="card", metadata=about)
    found = bolt.ask("conversations.history", channel=desk.chat, include_all_metadata="true")["messages"]
    assert [one["metadata"] for one in found] == [about]
    assert "metadata" not in bolt.ask("conversations.history", channel=desk.chat)["messages"][0]


def test_markup_that_calls_people_is_noted_and_what_is_escaped_is_not(desk: Desk, bolt: BoltApp) -> None:
    desk.server.web_api.rates.on = False
    bolt.call("chat.postMessage", channel=desk.chat, text="&lt;!channel&gt; @here <!date^1^{date}|1970>")
    assert desk.server.pings == []
    bolt.call("chat.postMessage", channel=desk.chat, text=f"<!channel> <@{desk.alice}> <https://x.test|here>")
    assert desk.server.pings == ["!channel", f"@{desk.alice}"]
    assert [one.text for one in desk.server.messages(desk.chat)] == [
        "<!channel> @here 1970",
        "@channel @Alice here",
    ]
