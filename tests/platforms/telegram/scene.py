"""A bot in a group with Alice and Bob: what the tests of the local Telegram begin with."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, TelegramError

from tests.platforms.clock import FastClock
from tests.platforms.hands import Shown
from tests.platforms.telegram.client import Client, connected
from tests.platforms.telegram.server import TelegramServer


@dataclass
class Scene:
    server: TelegramServer
    client: Client
    desk: str
    alice: str
    bob: str

    @property
    def bot(self) -> Bot:
        return self.client.bot

    def card(self, chat: str = "", **more: Any) -> Shown:
        """A message with two buttons, in the desk's group or another chat."""
        row = [
            InlineKeyboardButton("Approve", callback_data="approve:1"),
            InlineKeyboardButton("No", callback_data="no"),
        ]
        text, markup = more.pop("text", "<b>Sell</b> 1 &lt; 2"), InlineKeyboardMarkup([row])
        chat, _, topic = (chat or self.desk).partition("/")
        more["message_thread_id"] = int(topic) if topic else None
        self.client.do(self.bot.send_message(int(chat), text, parse_mode="HTML", reply_markup=markup, **more))
        return self.server.messages(chat)[-1]

    def refused(self, call: Coroutine[Any, Any, Any]) -> TelegramError:
        with pytest.raises(TelegramError) as caught:
            self.client.do(call)
        return caught.value


@contextmanager
def begun() -> Iterator[Scene]:
    with TelegramServer(FastClock()) as server:
        alice, bob = server.user("Alice", "alice_a", started=True), server.user("Bob")
        with connected(server) as client:
            yield Scene(server, client, server.group("desk", alice, bob), alice, bob)


def answering(scene: Scene, text: str | None = None, edit: str | None = None) -> None:
    async def answer(update: Update) -> None:
        query = update.callback_query
        if query is None:
            return
        with suppress(BadRequest):  # where it comes a second time
            await scene.bot.answer_callback_query(query.id, text=text)
        if edit is not None:
            assert query.message is not None
            await scene.bot.edit_message_text(edit, query.message.chat.id, query.message.message_id)

    scene.client.handler = answer
