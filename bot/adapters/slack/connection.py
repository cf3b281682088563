"""One Socket Mode connection: opened, watched, closed. What follows its end is decided by the adapter.

The SDK's own client begins anew by itself, and gets stuck there: with an address that was refused it tries the same one
for ever. So an end is only reported here, and every connection has an address of its own.
"""

from __future__ import annotations

import asyncio
import logging

from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.inflight import InFlight

PING = 10.0
"""Seconds between pings. A connection that answers none is closed by the HTTP client after half as many more."""
LOOK = 0.5
OPENED_WITHIN = 8.0
"""Less than `PING`, after which the SDK would try the same address again."""
CLOSED_WITHIN = 3.0
log = logging.getLogger("placet.slack")


class _Client(SocketModeClient):
    """The SDK's client, which says that it is over where it would connect by itself."""

    over: asyncio.Event

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        self.over.set()


class Connection:
    """Feeds what Slack sends to bolt and brings the acknowledgements back."""

    def __init__(self, app: AsyncApp, web_client: AsyncWebClient, app_token: str, inflight: InFlight) -> None:
        self._app = app
        self._inflight = inflight
        self._closing = False
        self._client = _Client(app_token, web_client=web_client, ping_interval=PING)
        self._client.over = asyncio.Event()
        self._client.socket_mode_request_listeners.append(self._take)

    async def open(self, url: str) -> None:
        """Connect to an address that is good once. TimeoutError: it was refused, or nobody is there."""
        self._client.wss_uri = url
        async with asyncio.timeout(OPENED_WITHIN):
            await self._client.connect()  # type: ignore[no-untyped-call]

    async def over(self) -> bool:
        """Wait for the end. True: Slack has announced it; False: the connection broke."""
        while not self._client.over.is_set():
            if self._client.current_session is None or self._client.current_session.closed:
                return False
            if not await self._client.is_connected():
                return False
            try:
                async with asyncio.timeout(LOOK):
                    await self._client.over.wait()
            except TimeoutError:
                continue
        socket = self._client.current_session
        return socket is not None and not socket.closed

    def stop_taking(self) -> None:
        """Leave what comes from now on unacknowledged: Slack tells the person to try again."""
        self._closing = True

    async def close(self) -> None:
        """Close, and leave nothing running."""
        client = self._client
        tasks = [client.message_processor, client.current_session_monitor, client.message_receiver]
        try:
            async with asyncio.timeout(CLOSED_WITHIN):
                await client.close()  # type: ignore[no-untyped-call]
        except (TimeoutError, ConnectionError) as problem:
            log.info("a connection to Slack did not close properly: %s", type(problem).__name__)
        finally:
            # The SDK leaves this one open where the connection is broken already.
            await client.aiohttp_client_session.close()
        left = [task for task in tasks if task is not None]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if not self._closing:
            await self._inflight.start(self._dispatch(client, request))

    async def _dispatch(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        response = await run_async_bolt_app(self._app, request)
        try:
            if response.status == 200:
                await send_async_response(client, request, response, 0.0)
            else:
                # Bolt has found no sense in it, and would leave the person before an error.
                log.debug("something of the kind %s was dropped", request.type)
                await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        except (ConnectionError, OSError) as problem:
            log.info("an acknowledgement could not be sent: %s", type(problem).__name__)
