"""A Slack on this machine: its own thread, its own loop, and hands for the people in it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.platforms.clock import FastClock
from tests.platforms.hands import Faults, FormShown, Reaction, Shown
from tests.platforms.slack.events import Events
from tests.platforms.slack.people import People
from tests.platforms.slack.scene import Scene
from tests.platforms.slack.socket_mode import Ack, SocketMode
from tests.platforms.slack.web_api import Recorded, WebApi
from tests.platforms.slack.world import Channel, Json, Team, User, World

T = TypeVar("T")
LONGEST_ACT = 60.0


class SlackServer:
    """Implements `tests.platforms.hands.Hands`. Make people and channels, enter it, point the SDK to `api_url`."""

    def __init__(self, clock: FastClock | None = None) -> None:
        self.clock = clock or FastClock()
        self.faults = Faults()
        self.world = World(self.clock)
        self.events = Events()
        self.scene = Scene(self.world, self.events.emit)
        self.socket = SocketMode(self.scene, self.faults)
        self.events.connect(self.scene, self.socket)
        self.web_api = WebApi(self.scene, self.faults, self.socket)
        self.people = People(self.scene, self.socket, self.events)
        self.team = self.world.team("desk")
        """The first workspace; `add_team` makes more."""
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="slack", daemon=True)
        self._runner: web.AppRunner | None = None
        self._watch: asyncio.Task[None] | None = None

    # Being there

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=64 * 1024**2)
        app.add_routes(self.web_api.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        self.web_api.base_url = self.people.base_url = f"http://127.0.0.1:{self.port}"
        self._watch = asyncio.create_task(self.socket.watch())

    async def _stop(self) -> None:
        tasks = [*self.scene.tasks, *([self._watch] if self._watch else [])]
        self.socket.cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(LONGEST_ACT)

    def _do(self, work: Callable[[], T]) -> T:
        """On the server's loop, where nothing else happens meanwhile; before it runs, here."""
        if not self._loop.is_running():
            return work()

        async def run() -> T:
            return work()

        return self._wait(run())

    # Who and where

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def bot_token(self) -> str:
        return self.team.token

    @property
    def app_token(self) -> str:
        return self.world.app_token

    def add_team(self, name: str) -> Team:
        return self._do(lambda: self.world.team(name))

    def add_user(self, name: str, team: Team | None = None, *, bot: bool = False, guest: bool = False) -> str:
        def make() -> str:
            user = User(self.world.id("U"), (team or self.team).id, name, bot=bot, guest=guest)
            self.world.users[user.id] = user
            return user.id

        return self._do(make)

    def add_channel(
        self, name: str, *members: str, kind: str = "channel", team: Team | None = None, joined: bool = True
    ) -> str:
        """A conversation; the bot is in it if it `joined`. `kind`: channel (public) or group (private)."""

        def make() -> str:
            home = team or self.team
            inside = {*members, *({home.bot_user} if joined else ())}
            channel = Channel(self.world.id("C" if kind == "channel" else "G"), home.id, kind, name, inside)
            self.world.channels[channel.id] = channel
            return channel.id

        return self._do(make)

    def rename(self, user: str, name: str) -> None:
        self._do(lambda: setattr(self.world.users[user], "name", name))

    # What is seen from outside

    @property
    def violations(self) -> list[str]:
        return self.scene.violations

    @property
    def rate_limited(self) -> int:
        return self.web_api.rate_limited

    @property
    def calls(self) -> list[Recorded]:
        return self.web_api.calls

    @property
    def pings(self) -> list[str]:
        return self.scene.pings

    @property
    def connections(self) -> int:
        """Socket Mode connections that stand at this moment."""
        return self._do(lambda: len([one for one in self.socket.connections if not one.leaving]))

    def messages(self, chat: str, user: str | None = None) -> list[Shown]:
        return self._do(lambda: self.people.messages(chat, user))

    def form(self, user: str) -> FormShown | None:
        """The modal that this user has before them."""
        return self._do(lambda: self.people.form(user))

    # Hands

    def press(self, user: str, shown: Shown, label: str) -> Reaction:
        return self._wait(self.people.press(user, shown, label))

    def send_token(self, user: str, shown: Shown, token: str) -> Reaction:
        return self._wait(self.people.send_token(user, shown, token))

    def press_form(self, user: str, form: FormShown, label: str) -> Reaction:
        return self._wait(self.people.press_form(user, form, label))

    def fill(self, user: str, form: FormShown, values: Mapping[str, str]) -> Reaction:
        return self._wait(self.people.fill(user, form, values))

    def dismiss(self, user: str, form: FormShown, *, whole_stack: bool = False) -> Reaction:
        return self._wait(self.people.dismiss(user, form, whole_stack))

    def command(self, user: str, chat: str, text: str) -> Reaction:
        return self._wait(self.people.command(user, chat, text))

    def say(self, user: str, chat: str, text: str, reply_to: Shown | None = None) -> Reaction:
        return self._wait(self.people.say(user, chat, text, reply_to))

    def direct(self, user: str) -> str:
        return self._do(lambda: self.world.direct(user).id)

    def delete(self, shown: Shown) -> None:
        self._do(lambda: self.people.delete(shown))

    def reload(self, user: str) -> None:
        """This user's client starts anew: ephemeral messages and modals are gone."""
        self._do(lambda: self.people.reload(user))

    def refresh(self, reason: str = "refresh_requested") -> None:
        """Announce that the connections will be closed, as Slack does every few hours."""
        self._wait(self.socket.announce(reason))

    def deliver(self, kind: str, payload: Json) -> Ack:
        """Send the app something that nobody has done."""
        return self._wait(self.socket.deliver(kind, payload))

    def restart(self) -> None:
        """Cut every connection; tickets and triggers are forgotten, messages and modals stay."""

        def forget() -> None:
            self.socket.cut()
            self.socket.tickets.clear()
            self.world.triggers.clear()

        self._do(forget)
