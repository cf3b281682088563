"""What the local Telegram refuses, and what it makes of markup; driven with the real SDK alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from telegram import (
    BotCommand,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    Forbidden,
    RetryAfter,
)

from tests.platforms.pictures import png
from tests.platforms.telegram import official
from tests.platforms.telegram.calls import Call
from tests.platforms.telegram.client import until
from tests.platforms.telegram.scene import Scene, answering, begun

PNG = png(width=16, height=8)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with begun() as scene:
        yield scene


def test_edits_are_refused_as_telegram_refuses_them(scene: Scene) -> None:
    card = scene.card(text="same")
    chat, number = int(scene.desk), int(card.id)
    scene.client.do(scene.bot.edit_message_text("same", chat, number))
    assert scene.server.messages(scene.desk)[0].buttons == (), "an edit without a keyboard removes it"
    unchanged = scene.refused(scene.bot.edit_message_text(" same\n", chat, number))
    assert "Message is not modified" in str(unchanged)
    scene.server.say(scene.alice, scene.desk, "mine")
    hers = scene.server.messages(scene.desk)[-1]
    assert str(scene.refused(scene.bot.edit_message_text("x", chat, int(hers.id)))) == "Message can't be edited"
    scene.server.delete(card)
    assert str(scene.refused(scene.bot.edit_message_text("x", chat, number))) == "Message to edit not found"
    assert str(scene.refused(scene.bot.delete_message(chat, number))) == "Message to delete not found"
    assert scene.server.press(scene.alice, card, "Approve").acknowledged_after is None
    assert scene.server.violations == []


def test_every_limit_is_refused_and_noted(scene: Scene) -> None:
    send, desk = scene.bot.send_message, int(scene.desk)

    def keyboard(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup(rows)

    def button(data: str = "x", text: str = "x") -> InlineKeyboardButton:
        return InlineKeyboardButton(text, callback_data=data)

    too_many = keyboard(*[[button() for _ in range(8)] for _ in range(13)])
    local = keyboard([InlineKeyboardButton("web", url="http://localhost:8000/x")])
    cases = [
        (send(desk, "x" * 4097), "Message is too long"),
        (send(desk, "😀" * 2049), "Message is too long"),
        (send(desk, " \n "), "Message text is empty"),
        (send(desk, "x", reply_markup=keyboard([button("é" * 33)])), "Button_data_invalid"),
        (send(desk, "x", reply_markup=keyboard([button(text=" ")])), "button text must be non-empty"),
        (send(desk, "x", reply_markup=keyboard([button()] * 9)), "Reply markup is too long"),
        (send(desk, "x", reply_markup=too_many), "Reply markup is too long"),
        (send(desk, "x", reply_markup=local), "Wrong HTTP URL"),
        (send(desk, "x", reply_markup=ForceReply(input_field_placeholder="x" * 65)), "1 to 64 characters"),
        (send(desk, "_x_", parse_mode="MarkdownV2"), "HTML only"),
        (scene.bot.set_my_commands([BotCommand("Pending", "x")]), "Bot_command_invalid"),
        (scene.bot.send_photo(desk, InputFile(b"no picture", "x.png")), "Image_process_failed"),
    ]
    for call, words in cases:
        problem = scene.refused(call)
        assert isinstance(problem, BadRequest)
        assert words.lower() in str(problem).lower(), "the SDK changes the case of a description"
    own = [line for line in scene.server.violations if "official" not in line]
    assert len(own) == len(cases)
    assert scene.server.messages(scene.desk) == []
    scene.client.do(send(desk, "<b>" + "&lt;" * 4096 + "</b>", parse_mode="HTML"))
    scene.client.do(send(desk, "x", reply_markup=keyboard([button("é" * 32)])))
    assert len([line for line in scene.server.violations if "official" not in line]) == len(cases)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("🏟 <b>x", 'can\'t find end tag corresponding to start tag "b"'),
        ("🏟 1 < 2", 'unsupported start tag "" at byte offset 7'),
        ("🏟 <abac aba>", 'unsupported start tag "abac" at byte offset 5'),
        ("🏟 <i>a</em   >", 'unmatched end tag at byte offset 9, expected "</i>", found "</em>"'),
        ("🏟 </b>", "unexpected end tag at byte offset 5"),
        ("🏟 <abacaba", "unclosed start tag at byte offset 5"),
        ("🏟 <i>a</i   ", "unclosed end tag at byte offset 9"),
        ("<i   =aba>", 'empty attribute name in the tag "i" at byte offset 0'),
        ("<i a = 190azAz-.,", "unexpected end of name token at byte offset 7"),
        ("<span>x</span>", 'tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("&#xDFDF;", "text contains invalid unicode characters"),
    ],
)
def test_bad_markup_is_refused_in_telegrams_words(scene: Scene, source: str, problem: str) -> None:
    caught = scene.refused(scene.bot.send_message(int(scene.desk), source, parse_mode="HTML"))
    assert str(caught).lower().startswith("can't parse entities: ")
    assert problem in str(caught).lower()


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("&ge;&lt;&gt;&amp;&quot;&laquo;&#12345678;&#65;&#x42", '&ge;<>&"&laquo;&#12345678;AB', []),
        ("🏟 🏟<i>🏟 &lt🏟</i>", "🏟 🏟🏟 <🏟", [("italic", 5, 6)]),
        ("<i>a <b x = y>b</b></i>", "a b", [("italic", 0, 3), ("bold", 2, 1)]),
        ("<a href='telegram.org?&lt;'>x</a>", "x", [("text_link", 0, 1)]),
        ("<a href='javascript:alert(1)'>x</a>", "x", []),
        ("<pre><code class='language-py'>x.com</code></pre>", "x.com", [("pre", 0, 5)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<tg-time unix='1795392000' format='r'>soon</tg-time>", "soon", [("date_time", 0, 4)]),
        ("ask @alice_a, see x.com or /run", "ask @alice_a, see x.com or /run",
         [("mention", 4, 8), ("url", 18, 5), ("bot_command", 27, 4)]),
    ],
)  # fmt: skip
def test_markup_and_what_telegram_finds_itself(
    scene: Scene, source: str, text: str, entities: list[tuple[str, int, int]]
) -> None:
    scene.client.do(scene.bot.send_message(int(scene.desk), source, parse_mode="HTML"))
    shown = scene.server.messages(scene.desk)[0]
    assert shown.text == text
    assert [(one["type"], one["offset"], one["length"]) for one in scene.server.entities(shown)] == entities
    assert scene.server.violations == []


def test_too_many_messages_are_answered_with_429(scene: Scene) -> None:
    server = scene.server

    async def burst(chat: str, count: int) -> list[Any]:
        waits = []
        for n in range(count):
            try:
                await scene.bot.send_message(int(chat), f"{n}")
            except RetryAfter as late:
                waits.append(late.retry_after)
        return waits

    assert scene.client.do(burst(scene.alice, 5)) == [1, 1]
    assert server.rate_limited == 2
    assert server.violations == []
    raw = next(call for call in server.calls if call.status == 429).answer
    assert raw == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    server.rates.burst = 100
    waits = scene.client.do(burst(scene.desk, 22))
    assert len(waits) == 2
    assert all(55 <= wait <= 60 for wait in waits), "a group bears twenty a minute"
    others = [server.group(f"room {n}", scene.alice) for n in range(40)]
    assert sum(len(scene.client.do(burst(chat, 1))) for chat in others) > 0, "and all together thirty a second"


def test_who_may_be_written_to(scene: Scene) -> None:
    server, stranger = scene.server, scene.server.user("Eve")
    bot_friend = server.user("Other", "other_bot", bot=True)
    lonely = server.group("elsewhere", scene.alice, bot="")
    kicked = server.group("gone", scene.alice, bot="kicked")
    server.member(scene.desk, bot_friend)

    def problem(chat: str) -> str:
        return str(scene.refused(scene.bot.send_message(int(chat), "x")))

    assert problem(stranger) == "Chat not found"
    assert problem(scene.bob) == "Forbidden: bot can't initiate conversation with a user"
    assert problem(bot_friend) == "Forbidden: bot can't send messages to bots"
    assert problem(lonely) == "Forbidden: bot is not a member of the supergroup chat"
    assert problem(kicked) == "Forbidden: bot was kicked from the supergroup chat"
    server.mute(scene.desk)
    assert problem(scene.desk) == "Not enough rights to send text messages to the chat"
    server.block(scene.alice)
    assert problem(scene.alice) == "Forbidden: bot was blocked by the user"
    until(lambda: any(update.my_chat_member for update in scene.client.seen))
    server.say(scene.bob, server.direct(scene.bob), "/start")
    scene.client.do(scene.bot.send_message(int(scene.bob), "welcome"))
    server.deactivate(scene.bob)
    assert problem(scene.bob) == "Forbidden: user is deactivated"
    assert isinstance(scene.refused(scene.bot.send_message(int(scene.alice), "x")), Forbidden)
    assert server.violations == []


def test_replies_and_topics_must_be_there(scene: Scene) -> None:
    server, chat = scene.server, scene.server.group("forum", scene.alice, forum=True)
    orders, risk = server.topic(chat, "orders"), server.topic(chat, "risk")
    card = scene.card(orders)
    assert card.chat == orders
    assert (server.messages(orders), server.messages(risk)) == ([card], [])
    answering(scene, "ok")
    server.press(scene.alice, card, "No")
    query = scene.client.seen[-1].callback_query
    assert query is not None
    assert query.message is not None
    assert getattr(query.message, "message_thread_id", None) == int(orders.partition("/")[2])
    server.clock.speed = 10.0
    server.command(scene.alice, risk, "pending")
    said = scene.client.seen[-1].message
    assert said is not None
    assert said.reply_to_message is not None
    assert said.reply_to_message.forum_topic_created is not None, "in a topic all messages reply to its beginning"
    send, number = scene.bot.send_message, int(chat)
    assert str(scene.refused(send(number, "x", message_thread_id=99))) == "Message thread not found"
    gone = ReplyParameters(4711)
    assert str(scene.refused(send(number, "x", reply_parameters=gone))) == "Message to be replied not found"
    scene.client.do(send(number, "x", reply_parameters=ReplyParameters(4711, allow_sending_without_reply=True)))
    server.close_topic(orders)
    assert str(scene.refused(scene.bot.edit_message_text("x", number, int(card.id)))) == "Message to edit not found"
    assert server.violations == []


def test_a_photo_is_kept_and_its_caption_measured(scene: Scene) -> None:
    desk = int(scene.desk)
    sent = scene.client.do(
        scene.bot.send_photo(desk, InputFile(PNG, "chart.png"), caption="<b>Week</b>", parse_mode="HTML")
    )
    assert (sent.photo[0].width, sent.photo[0].height) == (16, 8)
    shown = scene.server.messages(scene.desk)[0]
    assert shown.text == "Week"
    assert scene.server.photo(shown) == PNG
    scene.client.do(scene.bot.send_photo(desk, sent.photo[0].file_id))
    long = scene.bot.send_photo(desk, InputFile(PNG, "chart.png"), caption="x" * 1025)
    assert str(scene.refused(long)) == "Message caption is too long"
    edit = scene.bot.edit_message_text("x", desk, sent.message_id)
    assert str(scene.refused(edit)) == "There is no text in the message to edit"
    wide = png(width=9_990, height=8)
    assert str(scene.refused(scene.bot.send_photo(desk, InputFile(wide, "x.png")))) == "Photo_invalid_dimensions"


def test_chats_members_and_commands_are_told(scene: Scene) -> None:
    scene.client.do(scene.bot.set_my_commands([BotCommand("placet", "What waits for you")]))
    assert scene.server.commands == {"default::": [{"command": "placet", "description": "What waits for you"}]}
    chat = scene.client.do(scene.bot.get_chat(int(scene.desk)))
    assert (chat.title, chat.type) == ("desk", "supergroup")
    ours = scene.client.do(scene.bot.get_chat_member(int(scene.desk), scene.bot.id))
    assert ours.status == "member"
    assert scene.client.do(scene.bot.get_chat_member(int(scene.desk), int(scene.alice))).status == "creator"
    scene.server.rename(scene.bob, "Robert", "bobby")
    person = scene.client.do(scene.bot.get_chat_member(int(scene.desk), int(scene.bob))).user
    assert (person.first_name, person.username) == ("Robert", "bobby")
    assert scene.server.violations == []


def test_both_directions_are_held_to_the_official_description(scene: Scene) -> None:
    if not official.described():
        pytest.skip("PLACET_SPECS does not name the folder with the descriptions")
    bad = Call("sendMessage", {"chat_id": "1", "txet": "x", "link_preview_options": '{"is_disabeld": true}'}, 0.0)
    assert official.faults_of_call(bad) == [
        "no parameter txet",
        "text is missing",
        "link_preview_options: LinkPreviewOptions has no ['is_disabeld']",
    ]
    long = Call("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, 0.0)
    assert official.faults_of_call(long) == ["text has 201 characters, not 0-200 characters"]
    markup = '{"inline_keyboard": [[{"text": "x", "callback_data": "' + "x" * 65 + '"}]]}'
    button = Call("sendMessage", {"chat_id": "1", "text": "x", "reply_markup": markup}, 0.0)
    assert "65 bytes" in official.faults_of_call(button)[0]
    assert official.fault_of_answer("getMe", {"id": 1, "is_bot": True}) == "getMe: User lacks ['first_name']"
