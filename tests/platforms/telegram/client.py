"""The real SDK on a loop of its own, pointed at the local server."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from telegram import Bot, Update
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from tests.platforms.telegram.server import TelegramServer

Result = TypeVar("Result")
Handler = Callable[[Update], Awaitable[Any]]
KINDS = ["message", "callback_query", "my_chat_member"]


class Client:
    """A bot that fetches updates and hands them to `handler`, one after the other."""

    def __init__(self, server: TelegramServer, token: str | None = None) -> None:
        self._lines = [HTTPXRequest(httpx_kwargs={"trust_env": False}) for _ in range(2)]
        self.bot = Bot(
            token or server.token,
            base_url=f"{server.api_url}/bot",
            request=self._lines[0],
            get_updates_request=self._lines[1],
        )
        self.seen: list[Update] = []
        self.problems: list[TelegramError] = []
        self.handler: Handler | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="the bot under test")
        self._polling: asyncio.Task[None] | None = None
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def start(self) -> None:
        async def begin() -> None:
            self._polling = asyncio.create_task(self._poll())

        self.do(begin())

    def stop(self) -> None:
        async def end() -> None:
            if self._polling is not None:
                self._polling.cancel()
                await asyncio.gather(self._polling, return_exceptions=True)
                self._polling = None

        self.do(end())

    def close(self) -> None:
        self.stop()
        for line in self._lines:
            self.do(line.shutdown())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _poll(self) -> None:
        offset = 0
        while True:
            try:
                updates = await self.bot.get_updates(offset, timeout=30, allowed_updates=KINDS)
            except TelegramError as problem:
                self.problems.append(problem)
                await asyncio.sleep(0.05)
                continue
            for update in updates:
                offset = update.update_id + 1
                self.seen.append(update)
                if self.handler is not None:
                    await self.handler(update)


@contextmanager
def connected(server: TelegramServer) -> Iterator[Client]:
    client = Client(server)
    try:
        client.do(client.bot.initialize())
        client.start()
        yield client
    finally:
        client.close()


def until(condition: Callable[[], object], patience: float = 10.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
