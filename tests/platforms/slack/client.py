"""The real SDK in a thread of its own: bolt and its Socket Mode client, unpatched, with nothing but another address."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.platforms.slack.server import SlackServer

T = TypeVar("T")
Json = dict[str, Any]


class BoltApp:
    """An app as its maker would run it. Put listeners on `app`, then enter."""

    def __init__(self, server: SlackServer, *, token: str | None = None, ping_interval: float = 0.2) -> None:
        self._server, self._ping = server, ping_interval
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bolt", daemon=True)
        self._thread.start()
        self.client = AsyncWebClient(token=token or server.bot_token, base_url=server.api_url, retry_handlers=[])
        self.app = AsyncApp(client=self.client)
        self.handler: AsyncSocketModeHandler | None = None

    def __enter__(self) -> Self:
        async def connect() -> None:
            self.handler = AsyncSocketModeHandler(self.app, self._server.app_token, ping_interval=self._ping)
            await self.handler.connect_async()  # type: ignore[no-untyped-call]

        self.do(connect())
        until(lambda: self._server.connections == 1)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        async def leave() -> None:
            assert self.handler is not None
            await self.handler.close_async()  # type: ignore[no-untyped-call]
            rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        self.do(leave())
        self.stop()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the app's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def call(self, method: str, **asked: Any) -> Json:
        """One call of the Web API, with a JSON body; the answer, also where it is a refusal."""
        return self._call(method, json=asked)

    def ask(self, method: str, **asked: Any) -> Json:
        """One call of the Web API, with everything in the query."""
        return self._call(method, params=asked)

    def _call(self, method: str, **how: Any) -> Json:
        async def call() -> Json:
            try:
                answer = await self.client.api_call(method, **how)
            except SlackApiError as problem:
                return dict(problem.response.data) | {"headers": dict(problem.response.headers)}
            assert isinstance(answer.data, dict)
            return answer.data | {"headers": dict(answer.headers)}

        return self.do(call())


def until(true: Callable[[], bool], within: float = 5.0) -> None:
    """Wait for a condition; an error when it does not come true."""
    ends = time.monotonic() + within
    while not true():
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.01)
