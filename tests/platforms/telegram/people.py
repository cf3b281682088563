"""What people do, as updates, and how they wait for what comes of it. Runs on the server's loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.platforms.hands import FormShown, Reaction, Shown
from tests.platforms.telegram import eyes, wire
from tests.platforms.telegram.asking import QUERY_LIVES
from tests.platforms.telegram.texts import entities_of_people
from tests.platforms.telegram.updates import Event, Updates
from tests.platforms.telegram.world import Chat, Json, Message, Query, User, World

_LOOK_AGAIN = 0.005
# On the wall: how long nothing must have come over the API until what came is taken for all there is.
_QUIET, _AT_MOST = 0.15, 4.0
# Of the clock: how long a person looks at a screen on which nothing has changed yet.
_PATIENCE = 1.5


@dataclass
class Traffic:
    """Calls by the bot, but for those that only wait for updates."""

    running: int = 0
    last: float = 0.0
    """When one began or ended, on the wall."""
    first_at: float | None = None

    def since(self, moment: float) -> float:
        return time.monotonic() - max(self.last, moment)


class People:
    def __init__(self, world: World, updates: Updates, traffic: Traffic, *, privacy: bool) -> None:
        self._world = world
        self._updates = updates
        self._traffic = traffic
        self._privacy = privacy

    # Pressing

    async def press(self, user: str, at: Shown, label: str) -> Reaction:
        message = self._world.message(at.chat, at.id)
        for button in message.buttons if message else []:
            if button["text"] == label:
                return await self._use(user, at, button)
        if label not in at.buttons:
            raise LookupError(f"no button {label!r} on {at}")
        # The message has just changed under the finger: what was seen is what is sent.
        return await self.send_token(user, at, at.tokens[at.buttons.index(label)])

    async def send_token(self, user: str, at: Shown, token: str) -> Reaction:
        return await self._use(user, at, {"callback_data": token})

    async def _use(self, user: str, at: Shown, button: Json) -> Reaction:
        chat, _ = self._world.find(at.chat)
        person, message = self._world.users[int(user)], chat.messages.get(int(at.id))
        if not chat.has(person.id):
            raise LookupError(f"{user} does not see this message")
        if message is None:
            return Reaction(None)
        if "callback_data" not in button:
            return await self._follow(user, str(button.get("url", "")))
        begun, before = self._world.clock.time(), self._world.changes
        query = self._world.ask(person.id)
        self._updates.tell("callback_query", lambda: self._query(query, person, message, button["callback_data"]))
        await self._until(lambda: query.answered is not None, QUERY_LIVES)
        if query.answered is not None:
            await self._settled(lambda: bool(query.text) or bool(eyes.changed_since(before, person.id, self._world)))
        after = None if query.answered is None else query.answered - begun
        return self._reaction(person, before, after, query.text)

    def _query(self, query: Query, person: User, message: Message, data: str) -> Json:
        return {
            "id": query.id,
            "from": wire.user(person),
            "message": wire.maybe_inaccessible(message, self._world),
            "chat_instance": str(abs(message.chat) * 7_919),
            "data": data,
        }

    async def _follow(self, user: str, url: str) -> Reaction:
        """A link opens without the bot; `t.me/bot?start=…` opens the chat with it and says `/start …` there."""
        start = f"https://t.me/{self._world.bot.username}?start="
        if url.startswith(start):
            return await self.say(user, user, f"/start {url.removeprefix(start)}", None)
        return Reaction(0.0)

    # Writing

    async def command(self, user: str, chat: str, text: str) -> Reaction:
        """As the menu of commands writes it: with the bot's name where there are others to hear it."""
        private = self._world.find(chat)[0].kind == "private"
        name = "/placet" if private else f"/placet@{self._world.bot.username}"
        return await self.say(user, chat, f"{name} {text}".rstrip(), None)

    async def say(self, user: str, chat: str, text: str, reply_to: Shown | None) -> Reaction:
        place, topic = self._world.find(chat)
        person = self._world.users[int(user)]
        if not place.has(person.id):
            raise LookupError(f"{user} is not in {chat}")
        if place.kind == "private" and person.blocked:
            raise LookupError(f"{user} has blocked the bot")
        seen = self._bot_sees(person, place, text, reply_to)
        person.started = person.started or place.kind == "private"
        before, reply = self._world.changes, int(reply_to.id) if reply_to else None
        entities = entities_of_people(text)
        message = self._world.add(place, person.id, text=text, entities=entities, reply_to=reply, topic=topic)
        if not seen:
            return self._reaction(person, before, None)
        begun, self._traffic.first_at = self._world.clock.time(), None
        event = self._updates.tell("message", lambda: wire.message(message, self._world))
        await self._until(lambda: event.delivered is not None, QUERY_LIVES)
        if event.delivered is not None:
            await self._settled(lambda: bool(eyes.changed_since(before, person.id, self._world)))
        first = self._traffic.first_at
        return self._reaction(person, before, None if first is None else first - begun)

    def _bot_sees(self, person: User, chat: Chat, text: str, reply_to: Shown | None) -> bool:
        """Privacy mode: https://core.telegram.org/bots/features#privacy-mode"""
        bot = self._world.bot
        if person.bot or (chat.kind != "private" and not chat.has(bot.id)):
            return False
        if chat.kind == "private" or not self._privacy or chat.members.get(bot.id) == "administrator":
            return True
        behind = chat.messages.get(int(reply_to.id)) if reply_to else None
        if behind is not None and behind.sender == bot.id:
            return True
        word = text.split(maxsplit=1)[0] if text.strip() else ""
        name, _, whom = word.partition("@")
        if not name.startswith("/") or len(name) < 2:
            return False
        return whom.lower() == (bot.username or "").lower() if whom else chat.last_sender == bot.id

    async def fill(self, user: str, form: FormShown, values: Mapping[str, str]) -> Reaction:
        """The reply field that a ForceReply has opened: the one value is sent as the reply."""
        if not set(values) <= {form.fields[0].label}:
            raise LookupError(f"the only field is {form.fields[0].label!r}")
        chat, _, number = form.id.rpartition(":")
        message = self._world.message(chat, number)
        if message is None:
            raise LookupError("the question is gone")
        return await self.say(user, chat, next(iter(values.values()), ""), eyes.shown(message))

    # Coming and going

    def service(self, chat: Chat, sender: int, content: Json, **more: Any) -> Message:
        message = self._world.add(chat, sender, service=content, **more)
        if chat.has(self._world.bot.id):
            self._updates.tell("message", lambda: wire.message(message, self._world))
        return message

    def bot_status(self, chat: Chat, by: User, old: str, new: str) -> Event:
        """The bot was added, removed, blocked or unblocked."""
        bot, at = self._world.bot, self._world.unix()

        def content() -> Json:
            place = {"chat": wire.chat(chat, self._world), "from": wire.user(by), "date": at}
            return {**place, "old_chat_member": wire.member(bot, old), "new_chat_member": wire.member(bot, new)}

        return self._updates.tell("my_chat_member", content)

    # Waiting

    def _reaction(self, person: User, before: int, after: float | None, toast: str = "") -> Reaction:
        changed = eyes.changed_since(before, person.id, self._world)
        form = eyes.question(changed, person, self._world)
        return Reaction(after, toast, form, tuple(eyes.shown(one) for one in changed))

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        end = self._world.clock.time() + seconds
        while True:
            if condition() or self._world.clock.time() > end:
                return
            await asyncio.sleep(_LOOK_AGAIN)

    async def _settled(self, something: Callable[[], bool]) -> None:
        begun = time.monotonic()
        while time.monotonic() - begun < _AT_MOST:
            patience = _QUIET if something() else _QUIET + _PATIENCE / self._world.clock.speed
            if not self._traffic.running and self._traffic.since(begun) >= patience:
                return
            await asyncio.sleep(_LOOK_AGAIN)
