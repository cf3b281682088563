"""What is said on Discord: no text of a program calls anybody, commands and replies are the words they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.taps import Answer, Form, FormField
from tests.contracts.messenger import DECIDED, HOSTILE, PENDING
from tests.contracts.platform import Scene, eventually
from tests.platforms.discord.house import house
from tests.platforms.discord.server import DiscordServer


@pytest.fixture
def scene() -> Iterator[Scene]:
    with house() as made:
        yield made


@pytest.fixture
def server(scene: Scene) -> DiscordServer:
    assert isinstance(scene.hands, DiscordServer)
    return scene.hands


# Injection and mentions


def test_nothing_that_programs_write_calls_or_links_anybody(scene: Scene, server: DiscordServer) -> None:
    hostile = f"@everyone <@{scene.bob}> <#{scene.chat}> [pay](https://evil.test) https://evil.test **b** ||s|| `c`"
    card = replace(PENDING, title=hostile, says=hostile, parameters=(replace(PENDING.parameters[0], value=hostile),))
    ref = scene.loop.do(scene.platform.at(scene.chat).post("desk", card))
    scene.loop.do(scene.platform.at(scene.chat).update(ref, replace(card, asker=hostile)))
    scene.loop.do(scene.platform.at(scene.chat).notify("desk", hostile))
    assert server.posting.pings == []
    assert server.messages(scene.chat)[0].text.count(hostile) == 4
    assert server.messages(scene.chat)[1].text == hostile
    bodies = [call.arguments for call in server.calls if call.operation in ("create_message", "update_message")]
    assert all(body["allowed_mentions"] == {"parse": []} for body in bodies)
    assert bodies[-1]["flags"] & 1 << 2


def test_what_is_hostile_stays_text_in_answers_and_forms_too(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    shown = scene.post()
    for text in HOSTILE:
        field = FormField("f", text or "x", "lines", text, hint=text, error=text)
        scene.taps.answers = [
            Answer(text=text, card=replace(DECIDED, says=text)),
            Answer(form=Form("ask:-:0", text, (field,), text)),
        ]
        assert server.press(scene.alice, shown, "Approve").acknowledged_after is not None
        assert server.press(scene.alice, shown, "Modify").form is not None
    assert server.posting.pings == []


# Commands and words


def test_the_command_is_registered_once_and_again_when_it_differs(scene: Scene, server: DiscordServer) -> None:
    def registered() -> int:
        return sum(call.operation == "bulk_set_application_commands" for call in server.calls)

    scene.run()
    eventually(lambda: registered() == 1)
    scene.stop()
    scene.platform = scene.again()
    scene.run()
    listed = "list_application_commands"
    eventually(lambda: sum(call.operation == listed for call in server.calls) == 2)
    server.commands[""][0]["description"] = "something else"
    scene.stop()
    scene.platform = scene.again()
    scene.run()
    eventually(lambda: registered() == 2)


@pytest.mark.parametrize(
    "text", ["pending", "show abcdef", "away 3d bob", "ask Buy a chair 400 USD", "ask", "link AB12", "back"]
)
def test_a_command_is_handed_on_as_the_same_words(scene: Scene, server: DiscordServer, text: str) -> None:
    scene.run()
    eventually(lambda: server.commands.get(""))
    assert server.command(scene.alice, server.direct(scene.alice), text).acknowledged_after is not None
    assert (scene.taps.seen[-1].text, scene.taps.seen[-1].alone) == (text, True)


def test_a_mention_is_a_command_and_its_answer_comes_in_private(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    scene.taps.answers = [Answer("Nothing waits for you.")]
    server.say(scene.alice, scene.chat, f"<@{server.world.bot.id}> pending")
    eventually(lambda: server.messages(server.direct(scene.alice)))
    assert scene.taps.seen[-1].text == "pending"
    assert [shown.text for shown in server.messages(scene.chat, scene.bob)] == ["@placet pending"]


def test_who_takes_no_messages_from_us_is_told_how_to(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    scene.taps.answers = [Answer("Nothing waits for you.")]
    server.faults.refuse["create_message"] = ["50007"]
    server.say(scene.alice, scene.chat, f"<@{server.world.bot.id}> pending")
    eventually(lambda: "allow direct messages" in server.messages(scene.chat)[-1].text)


@pytest.mark.parametrize("fault", ["drop", "cut", "429 0.2"])
def test_a_written_answer_arrives_once_whatever_happens_on_the_way(
    scene: Scene, server: DiscordServer, fault: str
) -> None:
    scene.run()
    chat = server.direct(scene.alice)
    scene.taps.answers = [Answer("Nothing waits for you.")]
    if fault.startswith("429"):
        server.faults.refuse["create_message"] = [fault]
    else:
        getattr(server.faults, fault)["create_message"] = 1
    server.say(scene.alice, chat, "pending")
    eventually(lambda: sum(call.operation == "create_message" for call in server.calls) == 1 + (fault != "drop"))
    assert [shown.text for shown in server.messages(chat)] == ["pending", "Nothing waits for you."]


def test_a_reply_names_the_message_that_it_answers(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    ref = scene.loop.do(scene.platform.at(scene.chat).post("desk", PENDING))
    server.say(scene.alice, scene.chat, "because of earnings", reply_to=server.messages(scene.chat)[0])
    eventually(lambda: scene.taps.seen)
    assert (scene.taps.seen[0].text, scene.taps.seen[0].reply_to) == ("because of earnings", ref.ref)


def test_bots_and_blank_messages_are_no_taps(scene: Scene, server: DiscordServer) -> None:
    scene.run()
    robot = server.user("robot", *server.world.guilds, bot=True)
    server.say(robot, scene.chat, f"<@{server.world.bot.id}> approve 1")
    server.say(scene.alice, server.direct(scene.alice), "help")
    eventually(lambda: scene.taps.seen)
    assert [tap.user for tap in scene.taps.seen] == [scene.alice]
