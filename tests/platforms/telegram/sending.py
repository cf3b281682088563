"""The methods that write, change and remove messages."""

from __future__ import annotations

import json
import secrets
from typing import Any

from tests.platforms.telegram import wire
from tests.platforms.telegram.access import chat_of, message_of, reply_of, topic_of
from tests.platforms.telegram.calls import Call
from tests.platforms.telegram.keyboards import read_markup
from tests.platforms.telegram.pictures import check_picture
from tests.platforms.telegram.rates import Rates
from tests.platforms.telegram.refusals import broken, missed
from tests.platforms.telegram.texts import LONGEST_CAPTION, formatted
from tests.platforms.telegram.world import Chat, Json, Message, World

_TWO_DAYS = 48 * 3600
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
_ACTIONS = {"typing", "upload_photo", "upload_document"}


class Sending:
    def __init__(self, world: World, rates: Rates) -> None:
        self._world = world
        self._rates = rates

    def send_message(self, call: Call) -> Json:
        if not call.text("text"):
            raise broken("message text is empty")
        chat = chat_of(call, self._world, write=True)
        text, entities = formatted(call.text("text"), call.text("parse_mode"), call.text("entities"), self._world)
        return self._write(call, chat, text=text, entities=entities, preview=_preview(call))

    def send_photo(self, call: Call) -> Json:
        chat = chat_of(call, self._world, write=True)
        text, entities = self._caption(call)
        content, number = self._photo(call)
        picture: dict[str, Any] = {"photo": content, "photo_id": number, "photo_size": check_picture(content)}
        self._world.photos[number] = content
        return self._write(call, chat, text=text, entities=entities, **picture)

    def edit_message_text(self, call: Call) -> Json:
        message = self._own(call, "edit")
        if not call.text("text"):
            raise broken("message text is empty")
        if message.photo is not None:
            raise missed("there is no text in the message to edit")
        text, entities = formatted(call.text("text"), call.text("parse_mode"), call.text("entities"), self._world)
        rows = read_markup(call.text("reply_markup"), only_inline=True).rows
        return self._change(message, text=text, entities=entities, keyboard=rows, preview=_preview(call))

    def edit_message_caption(self, call: Call) -> Json:
        message = self._own(call, "edit")
        if message.photo is None:
            raise missed("there is no caption in the message to edit")
        text, entities = self._caption(call)
        rows = read_markup(call.text("reply_markup"), only_inline=True).rows
        return self._change(message, text=text, entities=entities, keyboard=rows)

    def edit_message_reply_markup(self, call: Call) -> Json:
        message = self._own(call, "edit")
        return self._change(message, keyboard=read_markup(call.text("reply_markup"), only_inline=True).rows)

    def delete_message(self, call: Call) -> bool:
        message = message_of(call, self._world, "delete")
        chat = self._world.chats[message.chat]
        rights = message.sender == self._world.bot.id or chat.kind == "private"
        if message.service or not (rights or chat.members.get(self._world.bot.id) == "administrator"):
            raise missed("message can't be deleted")
        if self._world.clock.time() - message.date > _TWO_DAYS:
            raise missed("message can't be deleted for everyone")
        del chat.messages[message.id]
        self._world.touch(message)
        return True

    def send_chat_action(self, call: Call) -> bool:
        chat_of(call, self._world, write=True)
        if call.text("action") not in _ACTIONS:
            raise broken("wrong parameter action in request")
        return True

    def _write(self, call: Call, chat: Chat, **content: Any) -> Json:
        topic = topic_of(call, chat)
        reply = reply_of(call, chat, topic)
        markup = read_markup(call.text("reply_markup"))
        self._rates.take(chat)
        message = self._world.add(
            chat,
            self._world.bot.id,
            keyboard=markup.rows,
            force_reply=markup.force_reply,
            reply_to=reply,
            topic=topic,
            **content,
        )
        return wire.message(message, self._world)

    def _own(self, call: Call, what: str) -> Message:
        message = message_of(call, self._world, what)
        chat = self._world.chats[message.chat]
        # Undocumented: what becomes of an edit in a group that is a supergroup now. See docs/telegram.md.
        if message.sender != self._world.bot.id or message.service or chat.migrated_to is not None:
            raise missed(f"message can't be {what}ed")
        return message

    def _change(self, message: Message, **content: Any) -> Json:
        self._rates.take(self._world.chats[message.chat])
        seen = {name: value for name, value in content.items() if name != "preview"}
        if all(_plain(getattr(message, name)) == _plain(value) for name, value in seen.items()):
            raise missed(_SAME)
        self._world.edit(message, **content)
        return wire.message(message, self._world)

    def _caption(self, call: Call) -> tuple[str, list[Json]]:
        source, mode, given = call.text("caption"), call.text("parse_mode"), call.text("caption_entities")
        return formatted(source, mode, given, self._world, longest=LONGEST_CAPTION)

    def _photo(self, call: Call) -> tuple[bytes, str]:
        given = call.text("photo")
        name = given.removeprefix("attach://") if given.startswith("attach://") else "photo"
        if name in call.files:
            return call.files[name], f"AgACAgQAAxkDAAI{secrets.token_urlsafe(30)}"
        if given in self._world.photos:
            return self._world.photos[given], given
        raise broken("wrong file identifier/HTTP URL specified" if given else "there is no photo in the request")


def _preview(call: Call) -> Json | None:
    given: Json | None = call.parsed("link_preview_options")
    return given


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
