"""A Discord on this machine: real sockets, one thread with its own loop, and hands for people.

with DiscordServer(FastClock()) as server:
    guild = server.guild("desk"); alice = server.user("Alice", guild); chat = server.channel("orders", guild)
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web

from tests.platforms.clock import FastClock
from tests.platforms.discord import eyes, wire
from tests.platforms.discord.channels import Channels
from tests.platforms.discord.gateway import INVALID, RECONNECT, Gateway
from tests.platforms.discord.interactions import Interactions
from tests.platforms.discord.people import People
from tests.platforms.discord.posting import Posting
from tests.platforms.discord.rates import Rates
from tests.platforms.discord.rest import Call, Rest, cut_off
from tests.platforms.discord.world import PERMISSIONS, World
from tests.platforms.hands import Faults, FormShown, Reaction, Shown

Result = TypeVar("Result")
TOKEN = "MTA0ODU3NjAwMDAwMDAwMDAwMA.GxQzT1.local-only-0123456789abcdefghijklmnop"
_LOOK_AT_FAULTS = 0.01


class DiscordServer:
    """Implements `tests.platforms.hands.Hands`. Every method may be called from any thread but the server's own."""

    token = TOKEN

    def __init__(self, clock: FastClock | None = None, *, max_concurrency: int = 1) -> None:
        self.clock = clock or FastClock()
        self.faults = Faults()
        self.violations: list[str] = []
        self.world = World(self.clock)
        self.rates = Rates(self.clock)
        self.gateway = Gateway(self.world, TOKEN, self.faults, self.violations, max_concurrency)
        self.posting = Posting(self.world, lambda: self._http, self.gateway.published)
        self.rest = Rest(TOKEN, self.faults, self.rates, self.violations)
        self._channels = Channels(self.world, self.posting, self.rates, lambda: f"{self.gateway.address}/gateway")
        self.interactions = Interactions(self.world, self.posting)
        self.commands = self._channels.commands
        self._people = People(self.world, self.gateway, self.interactions, self.rest, self.commands)
        self._http = ""
        self._loop: asyncio.AbstractEventLoop
        self._stop = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local Discord", daemon=True)

    # The thread

    def __enter__(self) -> DiscordServer:
        self._thread.start()
        assert self._up.wait(10), "the local Discord did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the local Discord did not stop"

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.add_routes(self.rest.resources(self._channels.routes() + self.interactions.routes()))
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/resume", self.gateway.serve)
        app.router.add_get("/attachments/{id}/{name}", self._attachment)
        app.router.add_route("*", "/{anything:.*}", self._nowhere)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self._http, self.gateway.address = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"
        watch = asyncio.create_task(self._watch_faults())
        self._up.set()
        await self._stop.wait()
        watch.cancel()
        self.gateway.cut()
        await asyncio.gather(watch, return_exceptions=True)
        await runner.cleanup()

    async def _watch_faults(self) -> None:
        """Whatever a test sets in `faults` concerns the open connections too."""
        revoked = False
        while True:
            self.gateway.expire()
            if self.faults.down:
                self.gateway.cut()
            if self.faults.token_revoked and not revoked:
                self.gateway.close(4004)
            revoked = self.faults.token_revoked
            await asyncio.sleep(_LOOK_AT_FAULTS)

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        content = self.world.files.get(request.match_info["id"])
        return web.Response(body=content) if content is not None else web.Response(status=404)

    async def _nowhere(self, request: web.Request) -> web.StreamResponse:
        if self.faults.down:
            return cut_off(request)
        self.violations.append(f"{request.method} {request.path}: 404, no such route here")
        headers = {"Via": "1.1 google", "Content-Type": "application/json"}
        return web.Response(status=404, body=b'{"message": "404: Not Found", "code": 0}', headers=headers)

    # Addresses and records

    @property
    def api_url(self) -> str:
        return f"{self._http}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"{self.gateway.address}/gateway"

    @property
    def calls(self) -> list[Call]:
        return self.rest.calls

    @property
    def rate_limited(self) -> int:
        return self.rest.rate_limited

    # The scene

    def guild(self, name: str, *, joined: bool = True) -> str:
        """A server of people, with the bot in it or not."""

        def add() -> str:
            made = self.world.add_guild(name, joined=joined)
            if joined:
                self.gateway.tell("GUILD_CREATE", lambda one: wire.guild_create(made, self.world))
            return made.id

        return self._there(add)

    def user(self, name: str, *guilds: str, bot: bool = False, guest: bool = False) -> str:
        def add() -> str:
            made = self.world.add_user(name, bot=bot, guest=guest)
            for guild in guilds:
                self.world.guilds[guild].members[made.id] = set()
            return made.id

        return self._there(add)

    def rename(self, user: str, name: str) -> None:
        self._there(lambda: setattr(self.world.users[user], "name", name))

    def channel(self, name: str, guild: str) -> str:
        return self._add_channel("CHANNEL_CREATE", name, guild, None)

    def thread(self, name: str, channel: str) -> str:
        guild = self.world.channels[channel].guild
        assert guild is not None, "direct chats have no threads"
        return self._add_channel("THREAD_CREATE", name, guild, channel)

    def _add_channel(self, event: str, name: str, guild: str, parent: str | None) -> str:
        def add() -> str:
            made = self.world.add_channel(name, guild, parent)
            if self.world.guilds[guild].joined:
                self.gateway.tell(event, lambda one: wire.channel(made, self.world))
            return made.id

        return self._there(add)

    def deny(self, channel: str, *permissions: str) -> None:
        """Take permissions from the bot in a channel, by their names in `world.PERMISSIONS`."""
        assert set(permissions) <= PERMISSIONS.keys()
        self._there(lambda: self.world.channels[channel].denied.update(permissions))

    def allow(self, channel: str, *permissions: str) -> None:
        self._there(lambda: self.world.channels[channel].denied.difference_update(permissions))

    # Hands

    def messages(self, chat: str, user: str | None = None) -> list[Shown]:
        def look() -> list[Shown]:
            return [eyes.shown(one, self.world) for one in self._people.visible(chat, user)]

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
        return self._there(lambda: self.world.direct(user).id)

    def delete(self, shown: Shown) -> None:
        self._there(lambda: self._people.remove(shown))

    def restart(self) -> None:
        """Listeners, rates and nonces are forgotten, so that RESUME is refused."""

        def forget() -> None:
            self.gateway.forget()
            self.rates.forget()
            self._channels.forget()

        self._there(forget)

    # The Gateway's own whims

    def cut_gateway(self) -> None:
        """Break the connections off; the listeners can be resumed."""
        self._there(self.gateway.cut)

    def ask_to_reconnect(self) -> None:
        self._there(lambda: self.gateway.say(RECONNECT))

    def invalidate(self, *, resumable: bool = False) -> None:
        def say() -> None:
            if not resumable:
                self.gateway.listeners.clear()
            self.gateway.say(INVALID, resumable)

        self._there(say)

    def close_gateway(self, code: int) -> None:
        self._there(lambda: self.gateway.close(code))

    @property
    def connected(self) -> int:
        """How many clients are identified now."""
        return sum(one.listener is not None for one in list(self.gateway.lines))

    # Between the threads

    def loop_do(self, act: Callable[[], Result]) -> Result:
        """Do something on the server's own loop, where its world may be touched."""
        return self._there(act)

    def _there(self, act: Callable[[], Result]) -> Result:
        async def run() -> Result:
            return act()

        return self._wait(run())

    def _wait(self, act: Coroutine[Any, Any, Result]) -> Result:
        assert threading.current_thread() is not self._thread, "hands belong to people, not to the server"
        return asyncio.run_coroutine_threadsafe(act, self._loop).result()
