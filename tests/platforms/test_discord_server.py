"""The local Discord, driven with the real SDK alone: messages, presses, forms, commands, and what it refuses."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from tests.platforms.discord import official
from tests.platforms.discord.client import Press, Running, connected, until
from tests.platforms.discord.scene import Clock, Scene, answering, refusal
from tests.platforms.discord.server import DiscordServer
from tests.platforms.pictures import png


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


def test_the_sdk_connects_and_knows_where_it_is(scene: Scene, bot: Running) -> None:
    assert scene.server.connected == 1
    assert [guild.name for guild in bot.bot.guilds] == ["desk"]
    assert bot.bot.user is not None
    assert bot.bot.application_id != bot.bot.user.id
    channel = bot.do(bot.bot.fetch_channel(int(scene.chat)))
    assert str(channel) == "orders"
    assert {call.operation for call in scene.server.calls} >= {"get_my_user", "get_my_oauth2_application"}
    assert scene.server.violations == []


def test_a_message_is_read_as_people_read_it(scene: Scene, bot: Running) -> None:
    embed = discord.Embed(title="Sell\\_now", description="*1* `AAPL` <t:0:D>", colour=0x2E7D32)
    embed.add_field(name="note", value=discord.utils.escape_markdown("**bold** _x_ [a](http://b) <@1>"))
    scene.post(bot, f"<@{scene.alice}> ~~no~~", embed=embed, allowed_mentions=discord.AllowedMentions.none())
    seen = scene.server.messages(scene.chat)[0]
    assert seen.text == "@Alice no\nSell_now\n1 AAPL 01 January 1970\nnote\n**bold** _x_ [a](http://b) @unknown-user"
    assert seen.colour == "#2e7d32"
    assert scene.server.posting.pings == []
    assert scene.server.violations == []


def test_an_edit_replaces_what_it_names_and_another_one_may_not_be_edited(scene: Scene, bot: Running) -> None:
    card = scene.card(bot)
    message = bot.do(bot.bot.get_partial_messageable(int(scene.chat)).fetch_message(int(card.id)))
    bot.do(message.edit(content="Approved", view=None))
    after = scene.server.messages(scene.chat)[0]
    assert (after.text, after.buttons, after.edits) == ("Approved", (), 1)
    scene.server.say(scene.alice, scene.chat, "mine")
    hers = scene.server.messages(scene.chat)[-1]
    partial = bot.bot.get_partial_messageable(int(scene.chat)).get_partial_message(int(hers.id))
    assert refusal(lambda: bot.do(partial.edit(content="no"))) == (403, 50005)
    scene.server.delete(after)
    assert refusal(lambda: bot.do(message.edit(content="late"))) == (404, 10008)


def test_a_press_is_answered_to_the_presser_alone_and_the_card_changes(scene: Scene, bot: Running) -> None:
    async def answer(press: Press) -> None:
        await press.response.send_message("Recorded.", ephemeral=True)
        assert press.message is not None
        await press.message.edit(content="Approved by Alice", view=None)

    answering(bot, answer)
    card = scene.card(bot)
    assert card.buttons == ("Approve", "Reject")
    assert card.tokens == ("approve:1", "reject:1")
    reaction = scene.server.press(scene.alice, card, "Approve")
    assert reaction.acknowledged_after is not None
    assert reaction.acknowledged_after < 1
    assert sorted(shown.text for shown in reaction.messages) == ["Approved by Alice", "Recorded."]
    assert [shown.text for shown in scene.server.messages(scene.chat, scene.bob)] == ["Approved by Alice"]
    private = next(shown for shown in reaction.messages if shown.only_for)
    partial = bot.bot.get_partial_messageable(int(scene.chat)).get_partial_message(int(private.id))
    assert scene.server.violations == []
    assert refusal(lambda: bot.do(partial.edit(content="x"))) == (404, 10008)
    assert scene.server.violations != []


def test_a_press_that_nobody_answers_fails_after_three_seconds(scene: Scene, bot: Running, clock: Clock) -> None:
    clock.speed = 10.0

    async def answer(press: Press) -> None:
        await asyncio.sleep(0.4)
        await press.response.send_message("too late")

    answering(bot, answer)
    reaction = scene.server.press(scene.alice, scene.card(bot), "Approve")
    assert reaction.acknowledged_after is None
    until(lambda: bot.bot.problems)
    assert getattr(bot.bot.problems[0], "code", None) == 10062
    assert "10062" in scene.server.violations[0]


def test_a_second_answer_is_refused(scene: Scene, bot: Running) -> None:
    async def answer(press: Press) -> None:
        await press.response.defer()
        await press.client.http._HTTPClient__session.post(  # type: ignore[attr-defined]
            f"{scene.server.api_url}/interactions/{press.id}/{press.token}/callback",
            data=b'{"type": 6}',
            headers={"Content-Type": "application/json"},
        )

    answering(bot, answer)
    assert scene.server.press(scene.alice, scene.card(bot), "Approve").acknowledged_after is not None
    assert scene.server.calls[-1].answer["code"] == 40060


def test_a_deferred_answer_is_waited_for(scene: Scene, bot: Running) -> None:
    async def answer(press: Press) -> None:
        await press.response.defer(ephemeral=True, thinking=True)
        await asyncio.sleep(0.3)
        await press.followup.send("Done at last.", ephemeral=True)

    answering(bot, answer)
    reaction = scene.server.press(scene.alice, scene.card(bot), "Approve")
    assert [(shown.text, shown.only_for) for shown in reaction.messages] == [("Done at last.", scene.alice)]
    assert scene.server.violations == []


def test_the_token_of_an_interaction_lives_fifteen_minutes(scene: Scene, bot: Running, clock: Clock) -> None:
    async def answer(press: Press) -> None:
        await press.response.send_message("first", ephemeral=True)

    answering(bot, answer)
    scene.server.press(scene.alice, scene.card(bot), "Approve")
    press = bot.bot.pressed[0]
    bot.do(press.edit_original_response(content="second"))
    clock.put_forward(901)
    assert refusal(lambda: bot.do(press.edit_original_response(content="third"))) == (401, 50027)
    assert [shown.text for shown in scene.server.messages(scene.chat, scene.alice)] == ["Sell 1 AAPL?", "second"]


class Why(ui.Modal, title="Why?"):
    said: ui.Label[Why] = ui.Label(text="In words", component=ui.TextInput(max_length=20))
    code: ui.Label[Why] = ui.Label(
        text="Code",
        component=ui.Select(
            options=[discord.SelectOption(label="Risk", value="r"), discord.SelectOption(label="Size", value="s")]
        ),
    )


def test_a_form_is_opened_filled_in_and_checked_by_the_client(scene: Scene, bot: Running) -> None:
    async def answer(press: Press) -> None:
        if press.type is discord.InteractionType.component:
            await press.response.send_modal(Why(custom_id="why:1"))
        else:
            await press.response.edit_message(content=f"Rejected: {press.data}", view=None)

    answering(bot, answer)
    form = scene.server.press(scene.alice, scene.card(bot), "Reject").form
    assert form is not None
    assert form.title == "Why?"
    assert [(field.label, field.kind, field.choices) for field in form.fields] == [
        ("In words", "text", ()),
        ("Code", "choice", ("Risk", "Size")),
    ]
    held = scene.server.fill(scene.alice, form, {"In words": "much too long for this field", "Code": "Risk"})
    assert held.acknowledged_after is None
    assert held.form is not None
    assert held.form.fields[0].error is not None
    done = scene.server.fill(scene.alice, form, {"In words": "too big", "Code": "Size"})
    assert done.acknowledged_after is not None
    assert "'value': 'too big'" in done.messages[0].text
    assert "'values': ['s']" in done.messages[0].text
    assert scene.server.violations == []


def test_a_command_is_what_was_registered(scene: Scene, bot: Running) -> None:
    tree = app_commands.CommandTree(bot.bot)
    group = app_commands.Group(name="placet", description="Approvals")
    said: list[str] = []

    @group.command(name="show", description="One request")
    async def show(press: Press, id: str) -> None:
        said.append(id)
        await press.response.send_message(f"Here is {id}.", ephemeral=True)

    tree.add_command(group)
    bot.do(tree.sync())
    direct = scene.server.direct(scene.alice)
    for chat in (scene.chat, direct):
        reaction = scene.server.command(scene.alice, chat, "show req_1")
        assert [shown.text for shown in reaction.messages] == ["Here is req_1."]
    unknown = scene.server.command(scene.alice, scene.chat, "dance")
    assert unknown.acknowledged_after is None
    assert "show" in unknown.toast
    assert said == ["req_1", "req_1"]
    assert scene.server.violations == []


def test_what_people_write_is_told_only_where_the_bot_may_read_it(scene: Scene, bot: Running) -> None:
    assert bot.bot.user is not None
    bot_id = scene.server.world.bot.id
    card = scene.card(bot)
    scene.server.say(scene.alice, scene.chat, "not for you")
    scene.server.say(scene.alice, scene.chat, f"<@{bot_id}> pending")
    scene.server.say(scene.alice, scene.chat, "because", reply_to=card)
    scene.server.say(scene.alice, scene.server.direct(scene.alice), "hello")
    until(lambda: len(bot.bot.heard) == 4)
    assert [message.content for message in bot.bot.heard] == ["", f"<@{bot_id}> pending", "because", "hello"]
    assert bot.bot.heard[3].guild is None


TOO_MUCH: list[tuple[dict[str, Any], str]] = [
    ({"content": "x" * 2001}, "content"),
    ({"embeds": [{"description": "y" * 4096}, {"description": "z" * 2000}]}, "embeds"),
    ({"embeds": [{"fields": [{"name": "n", "value": " "}]}]}, "embeds"),
    ({"content": "c", "components": [{"type": 1, "components": [{"type": 2, "style": 1}]}]}, "components"),
    (
        {
            "content": "c",
            "components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "a", "custom_id": "same"}] * 2}],
        },
        "components",
    ),
    (
        {
            "content": "c",
            "components": [
                {"type": 1, "components": [{"type": 2, "style": 1, "label": "a", "custom_id": str(row)}]}
                for row in range(6)
            ],
        },
        "components",
    ),
    ({"content": "c", "flags": 64}, "flags"),
    ({"content": "c", "nonce": "n" * 26}, "nonce"),
]


def test_what_is_too_much_is_an_invalid_form(scene: Scene, bot: Running) -> None:
    for number, (body, place) in enumerate(TOO_MUCH):
        chat = scene.server.channel(f"chat {number}", scene.guild)
        route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=chat)
        assert refusal(lambda: bot.do(bot.bot.http.request(route, json=body))) == (400, 50035)  # noqa: B023
        assert place in scene.server.calls[-1].answer["errors"]
        assert len(scene.server.violations) == number + 1
        assert scene.server.messages(chat) == []


def test_a_nonce_makes_a_post_repeatable_for_some_minutes(scene: Scene, bot: Running, clock: Clock) -> None:
    first, again = (scene.post(bot, "once", nonce="req_1") for _ in range(2))
    assert first.id == again.id
    clock.put_forward(600)
    assert scene.post(bot, "once", nonce="req_1").id != first.id


def test_several_people_press_in_the_same_instant(scene: Scene, bot: Running) -> None:
    async def answer(press: Press) -> None:
        await press.response.send_message(f"Thank you, {press.user.display_name}.", ephemeral=True)

    answering(bot, answer)
    card = scene.card(bot)
    people = [scene.server.user(f"Person {number}", scene.guild) for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        reactions = list(pool.map(lambda one: scene.server.press(one, card, "Approve"), people))
    assert [[shown.text for shown in one.messages] for one in reactions] == [
        [f"Thank you, Person {number}."] for number in range(12)
    ]
    assert scene.server.violations == []


def test_a_picture_is_kept_and_shown_in_a_thread(scene: Scene, bot: Running) -> None:
    thread = scene.server.thread("talk", scene.chat)
    embed = discord.Embed(title="Chart").set_image(url="attachment://chart.png")
    channel = bot.bot.get_partial_messageable(int(thread))
    sent = bot.do(channel.send(embed=embed, file=discord.File(io.BytesIO(png()), "chart.png")))
    assert bot.do(sent.attachments[0].read()) == png()
    assert sent.embeds[0].image.url == sent.attachments[0].url
    assert scene.server.violations == []


@pytest.mark.skipif(official._description() is None, reason="PLACET_SPECS names no folder with discord-openapi.json")
def test_the_official_description_is_read_in_both_directions() -> None:
    label = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x" * 81, "custom_id": "a"}]}]
    assert official.fault_of_request("create_message", {"components": label})
    assert official.fault_of_request("create_message", {"content": "x"}) is None
    assert official.fault_of_answer("get_my_user", 200, {"id": "1"})
    assert official.fault_of_answer("create_message", 429, {"message": "x", "code": 0})
