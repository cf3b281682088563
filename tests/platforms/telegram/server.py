"""A Telegram on this machine: real sockets, one thread with its own loop, and hands for people.

with TelegramServer(FastClock()) as server:
    alice = server.user("Alice"); desk = server.group("desk", alice)
    bot = telegram.Bot(server.token, base_url=f"{server.api_url}/bot")
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web

from tests.platforms.clock import FastClock
from tests.platforms.hands import Faults, FormShown, Reaction, Shown
from tests.platforms.telegram import eyes
from tests.platforms.telegram.asking import Asking
from tests.platforms.telegram.calls import Call
from tests.platforms.telegram.gate import Gate
from tests.platforms.telegram.people import People, Traffic
from tests.platforms.telegram.rates import Rates
from tests.platforms.telegram.sending import Sending
from tests.platforms.telegram.updates import Updates
from tests.platforms.telegram.world import Chat, Json, User, World

Result = TypeVar("Result")
TOKEN = "700000001:AAHlocal-only_0123456789abcdefghijk"


class TelegramServer:
    """Implements `tests.platforms.hands.Hands`. Every method may be called from any thread but the server's own."""

    token = TOKEN

    def __init__(self, clock: FastClock | None = None, *, privacy: bool = True) -> None:
        self.clock = clock or FastClock()
        self.faults = Faults()
        self.violations: list[str] = []
        bot = User(int(TOKEN.partition(":")[0]), "Placet", "placet_local_bot", bot=True)
        self.world = World(self.clock, bot)
        self.rates = Rates(self.clock)
        self.updates = Updates(self.clock, self.faults)
        self._asking = Asking(self.world, self.updates, privacy=privacy)
        traffic = Traffic()
        sending = Sending(self.world, self.rates)
        self._gate = Gate(TOKEN, self.clock, self.faults, self.violations, traffic, sending, self._asking)
        self._people = People(self.world, self.updates, traffic, privacy=privacy)
        self.api_url = ""
        self._runner: web.AppRunner
        self._loop: asyncio.AbstractEventLoop
        self._stop = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="local Telegram", daemon=True)

    # The thread

    def __enter__(self) -> TelegramServer:
        self._thread.start()
        assert self._up.wait(10), "the local Telegram did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the local Telegram did not stop"

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._gate.serve)
        app.router.add_route("*", "/{anything:.*}", self._gate.nowhere)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.api_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._up.set()
        await self._stop.wait()
        self._cut_all()
        await self._runner.cleanup()

    def _cut_all(self) -> None:
        server = self._runner.server
        for connection in list(server.connections) if server else []:
            if connection.transport is not None:
                connection.transport.abort()

    # Records

    @property
    def calls(self) -> list[Call]:
        return self._gate.calls

    @property
    def rate_limited(self) -> int:
        return self._gate.rate_limited

    @property
    def commands(self) -> dict[str, list[Json]]:
        """What `setMyCommands` has set, by scope."""
        return self._asking.commands

    def entities(self, shown: Shown) -> list[Json]:
        """Markup, mentions and links in a message, as Telegram knows them."""
        return self._there(lambda: self._message(shown).entities)

    def photo(self, shown: Shown) -> bytes:
        return self._there(lambda: self._message(shown).photo or b"")

    def forget_rates(self) -> None:
        """As if nothing had been sent and nothing refused."""

        def forget() -> None:
            self.rates.forget()
            self._gate.rate_limited = 0

        self._there(forget)

    # The scene

    def user(self, name: str, username: str | None = None, *, started: bool = False, bot: bool = False) -> str:
        """`started`: has written to the bot alone, so that it may write to them."""

        def add() -> str:
            made = self.world.add_user(name, username, bot=bot)
            made.started = started
            return str(made.id)

        return self._there(add)

    def rename(self, user: str, name: str, username: str | None = None) -> None:
        def change() -> None:
            person = self.world.users[int(user)]
            person.name, person.username = name, username

        self._there(change)

    def block(self, user: str, blocked: bool = True) -> None:
        """The user stops the bot, or lets it speak again."""

        def change() -> None:
            person = self.world.users[int(user)]
            person.blocked = blocked
            states = ("member", "kicked") if blocked else ("kicked", "member")
            self._people.bot_status(self.world.chats[person.id], person, *states)

        self._there(change)

    def deactivate(self, user: str) -> None:
        self._there(lambda: setattr(self.world.users[int(user)], "deleted", True))

    def group(self, title: str, *users: str, supergroup: bool = True, forum: bool = False, bot: str = "member") -> str:
        """A group with these users; `bot`: the bot's status in it, or empty where it has never been."""

        def add() -> str:
            made = self.world.add_group(title, supergroup=supergroup, forum=forum)
            made.members = {int(user): "creator" if user == users[0] else "member" for user in users}
            if bot:
                made.members[self.world.bot.id] = bot
            return str(made.id)

        return self._there(add)

    def topic(self, chat: str, name: str) -> str:
        """A topic of a forum, as `direct` and `messages` name it: `-100…/17`."""

        def add() -> str:
            place = self._chat(chat)
            assert place.forum, "only forums have topics"
            content = {"forum_topic_created": {"name": name, "icon_color": 7_322_096}}
            began = self._people.service(place, next(iter(place.members)), content)
            began.topic = began.id
            place.topics[began.id] = name
            return f"{place.id}/{began.id}"

        return self._there(add)

    def close_topic(self, topic: str) -> None:
        """Delete a topic with all that is in it."""

        def remove() -> None:
            place, number = self.world.find(topic)
            assert number is not None
            del place.topics[number]
            place.messages = {one.id: one for one in place.messages.values() if one.topic != number}

        self._there(remove)

    def member(self, chat: str, user: str, status: str = "member") -> None:
        """Let somebody be a member, administrator, left or kicked; `user` may be the bot's own id."""

        def change() -> None:
            place, number = self._chat(chat), int(user)
            old, place.members[number] = place.members.get(number, "left"), status
            if number == self.world.bot.id:
                self._people.bot_status(place, self.world.users[next(iter(place.members))], old, status)

        self._there(change)

    def mute(self, chat: str, muted: bool = True) -> None:
        self._there(lambda: setattr(self._chat(chat), "muted", muted))

    def migrate(self, chat: str) -> str:
        """Make a supergroup of a group; the new id."""

        def change() -> str:
            old = self._chat(chat)
            new = self.world.migrate(old)
            somebody = next(iter(old.members))
            self._people.service(old, somebody, {"migrate_to_chat_id": new.id})
            self._people.service(new, somebody, {"migrate_from_chat_id": old.id})
            return str(new.id)

        return self._there(change)

    def hide(self, shown: Shown) -> None:
        """Make a message inaccessible to the bot, as old ones are: presses of it come with an InaccessibleMessage."""
        self._there(lambda: setattr(self._message(shown), "inaccessible", True))

    def webhook(self, url: str) -> None:
        """As if somebody had called setWebhook for this bot."""
        self._there(lambda: setattr(self.updates, "webhook", url))

    # Hands

    def messages(self, chat: str, user: str | None = None) -> list[Shown]:
        def look() -> list[Shown]:
            place, topic = self.world.find(chat)
            return [eyes.shown(one) for one in eyes.visible(place, topic, int(user) if user else None)]

        return self._there(look)

    def press(self, user: str, shown: Shown, label: str) -> Reaction:
        return self._wait(self._people.press(user, shown, label))

    def send_token(self, user: str, shown: Shown, token: str) -> Reaction:
        return self._wait(self._people.send_token(user, shown, token))

    def fill(self, user: str, form: FormShown, values: Mapping[str, str]) -> Reaction:
        return self._wait(self._people.fill(user, form, values))

    def command(self, user: str, chat: str, text: str) -> Reaction:
        return self._wait(self._people.command(user, chat, text))

    def say(self, user: str, chat: str, text: str, reply_to: Shown | None = None) -> Reaction:
        return self._wait(self._people.say(user, chat, text, reply_to))

    def direct(self, user: str) -> str:
        return user

    def delete(self, shown: Shown) -> None:
        """Bots are not told."""

        def remove() -> None:
            self._chat(shown.chat).messages.pop(int(shown.id), None)
            self.world.changes += 1

        self._there(remove)

    def restart(self) -> None:
        """Connections break off and the counting of messages begins anew; updates and messages are kept."""

        def again() -> None:
            self._cut_all()
            self.rates.forget()

        self._there(again)

    # Between the threads

    def _chat(self, chat: str) -> Chat:
        return self.world.find(chat)[0]

    def _message(self, shown: Shown) -> Any:
        found = self.world.message(shown.chat, shown.id)
        assert found is not None, "this message is gone"
        return found

    def _there(self, act: Callable[[], Result]) -> Result:
        async def run() -> Result:
            return act()

        return self._wait(run())

    def _wait(self, act: Coroutine[Any, Any, Result]) -> Result:
        assert threading.current_thread() is not self._thread, "hands belong to people, not to the server"
        return asyncio.run_coroutine_threadsafe(act, self._loop).result()
