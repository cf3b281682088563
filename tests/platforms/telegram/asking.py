"""The methods that answer a press, and those that only ask or set up."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.platforms.telegram import wire
from tests.platforms.telegram.access import chat_of
from tests.platforms.telegram.calls import Call
from tests.platforms.telegram.html import units
from tests.platforms.telegram.refusals import broken, missed
from tests.platforms.telegram.updates import KINDS, Updates
from tests.platforms.telegram.world import Json, World

# How long a press can be answered is documented nowhere; people have seen the error from about 15 seconds on.
QUERY_LIVES = 15.0
LONGEST_TOAST = 200
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


class Asking:
    def __init__(self, world: World, updates: Updates, *, privacy: bool) -> None:
        self._world = world
        self._updates = updates
        self._privacy = privacy
        self.commands: dict[str, list[Json]] = {}

    def get_me(self, call: Call) -> Json:
        return wire.me(self._world.bot, privacy=self._privacy)

    def delete_webhook(self, call: Call) -> bool:
        self._updates.webhook = ""
        if call.flag("drop_pending_updates"):
            self._updates.drop()
        return True

    def get_webhook_info(self, call: Call) -> Json:
        allowed = sorted(self._updates.allowed)
        info: Json = {"url": self._updates.webhook, "has_custom_certificate": False}
        return {**info, "pending_update_count": self._updates.pending, "allowed_updates": allowed}

    async def get_updates(self, call: Call, alive: Callable[[], bool]) -> list[Json]:
        kinds = call.parsed("allowed_updates")
        if kinds is not None:
            if unknown := set(kinds) - KINDS:
                raise broken(f"allowed_updates knows no {sorted(unknown)}")
            self._updates.allow(kinds)
        limit, timeout = call.number("limit", 100), call.number("timeout", 0)
        if not 1 <= limit <= 100 or timeout < 0:
            raise broken("limit must be 1 to 100 and timeout positive")
        return await self._updates.poll(call.number("offset", 0), limit, timeout, alive)

    def answer_callback_query(self, call: Call) -> bool:
        query = self._world.queries.get(call.text("callback_query_id"))
        if units(call.text("text")) > LONGEST_TOAST:
            raise broken("MESSAGE_TOO_LONG")
        url = call.text("url")
        if url and not url.startswith((f"https://t.me/{self._world.bot.username}?start=", "tg://")):
            raise broken("URL_INVALID")
        now = self._world.clock.time()
        if query is None or query.answered is not None or now - query.asked > QUERY_LIVES:
            raise missed("query is too old and response timeout expired or query ID is invalid")
        query.answered, query.text, query.alert = now, call.text("text"), call.flag("show_alert")
        return True

    def set_my_commands(self, call: Call) -> bool:
        commands = call.parsed("commands")
        if not isinstance(commands, list):
            raise broken("expected an Array of BotCommand")
        if len(commands) > 100:
            raise broken("BOT_COMMANDS_TOO_MUCH")
        for one in commands:
            if not _COMMAND.fullmatch(str(one.get("command", ""))):
                raise broken("BOT_COMMAND_INVALID")
            if not 1 <= units(str(one.get("description", ""))) <= 256:
                raise broken("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[self._scope(call)] = commands
        return True

    def get_my_commands(self, call: Call) -> list[Json]:
        return self.commands.get(self._scope(call), [])

    def get_chat(self, call: Call) -> Json:
        return wire.full_chat(chat_of(call, self._world), self._world)

    def get_chat_member(self, call: Call) -> Json:
        chat = chat_of(call, self._world)
        person = self._world.users.get(call.number("user_id"))
        if person is None:
            raise missed("PARTICIPANT_ID_INVALID")
        return wire.member(person, chat.members.get(person.id, "left"))

    def _scope(self, call: Call) -> str:
        scope: dict[str, Any] = call.parsed("scope") or {"type": "default"}
        return ":".join([str(scope["type"]), str(scope.get("chat_id", "")), call.text("language_code")])
