"""Socket Mode: tickets, connections, envelopes and their acknowledgements.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from tests.platforms.hands import Faults
from tests.platforms.slack.errors import SlackError
from tests.platforms.slack.samples import unlike_the_sample
from tests.platforms.slack.scene import Scene
from tests.platforms.slack.world import Json

ACKNOWLEDGED_WITHIN = 3.0
TICKET_LIVES = 30.0
"""Nowhere documented; reports speak of tickets that are refused after a short while."""
MOST_CONNECTIONS = 10
CLOSED_AFTER = 10.0
"""Seconds between the frame that announces a disconnect and the disconnect."""


@dataclass(frozen=True)
class Ack:
    """How an envelope was taken: `after` seconds of the clock, or never in time (None)."""

    after: float | None
    payload: Any = None


@dataclass
class Connection:
    number: int
    socket: web.WebSocketResponse
    request: web.Request
    leaving: bool = False
    """Announced to be closed: gets no more events."""


@dataclass
class Waiting:
    connection: Connection
    sent_at: float
    copies: int
    takes_payload: bool
    done: asyncio.Future[Ack]
    acks: int = 0


class SocketMode:
    def __init__(self, scene: Scene, faults: Faults) -> None:
        self._scene, self._faults = scene, faults
        self._clock = scene.world.clock
        self.connections: list[Connection] = []
        self.tickets: dict[str, float] = {}
        self.ticket_lives = TICKET_LIVES
        self._waiting: dict[str, Waiting] = {}
        self._turn = count()
        self._held: tuple[Json, asyncio.Future[Waiting | None]] | None = None
        self._numbers = count(1)

    def ticket(self) -> str:
        ticket = secrets.token_hex(16)
        self.tickets[ticket] = self._clock.time()
        return ticket

    # A connection

    async def serve(self, request: web.Request) -> web.StreamResponse:
        issued = self.tickets.pop(request.query.get("ticket", ""), None)
        if issued is None or self._clock.time() - issued > self.ticket_lives:
            return web.Response(status=408)
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        connection = Connection(next(self._numbers), socket, request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self.connections.append(connection)
        try:
            await socket.send_json(self._hello())
            await socket.ping(b"Ping from applink-local")
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._heard(frame.data)
        except ConnectionError:
            pass
        finally:
            self._gone(connection)
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {
                "host": "applink-local",
                "build_number": 1,
                "approximate_connection_time": 18_060,
            },
            "connection_info": {"app_id": self._scene.world.app_id},
        }

    def _gone(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
        for waiting in self._waiting.values():
            if waiting.connection is connection and not waiting.done.done():
                waiting.done.set_result(Ack(None))

    def _heard(self, text: str) -> None:
        try:
            frame = json.loads(text)
            waiting = self._waiting[frame["envelope_id"]]
        except (ValueError, KeyError, TypeError):
            self._scene.note(f"socket: acknowledged what was never sent: {text[:200]}")
            return
        waiting.acks += 1
        after = self._clock.time() - waiting.sent_at
        if waiting.acks > waiting.copies:
            self._scene.note("socket: acknowledged more often than it was sent")
        if waiting.acks > 1:
            return
        if after > ACKNOWLEDGED_WITHIN:
            self._scene.note(f"socket: acknowledged after {after:.1f} s")
            if not waiting.done.done():
                waiting.done.set_result(Ack(None))
            return
        if frame.get("payload") and not waiting.takes_payload:
            self._scene.note("socket: answered with a payload where none is taken")
        if not waiting.done.done():
            waiting.done.set_result(Ack(after, frame.get("payload")))

    # Sending

    async def deliver(self, kind: str, payload: Json, retry: int = 0) -> Ack:
        """Send an envelope over one of the connections, and wait until it is taken or its time is over."""
        for problem in unlike_the_sample(payload):
            self._scene.note(f"server: {payload['type']} is not as in the sample: {problem}")
        envelope: Json = {
            "envelope_id": secrets.token_hex(16),
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": payload,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        waiting = await self._in_turn(envelope)
        if waiting is None:
            return Ack(None)
        left = ACKNOWLEDGED_WITHIN - (self._clock.time() - waiting.sent_at)
        try:
            async with asyncio.timeout(max(0.0, left) / self._clock.speed):
                return await asyncio.shield(waiting.done)
        except TimeoutError:
            if waiting.connection in self.connections and not self._faults.down:
                self._scene.note(f"socket: {payload.get('type', kind)} was not acknowledged within 3 s")
            return Ack(None)

    async def _in_turn(self, envelope: Json) -> Waiting | None:
        """Send it; or, where events are to be swapped, when the next one was sent."""
        if self._faults.swap_events:
            self._faults.swap_events = False
            sent: asyncio.Future[Waiting | None] = asyncio.get_running_loop().create_future()
            self._held = (envelope, sent)
            return await sent
        waiting = await self._send(envelope)
        if self._held is not None:
            (held, sent), self._held = self._held, None
            sent.set_result(await self._send(held))
        return waiting

    async def _send(self, envelope: Json) -> Waiting | None:
        ready = [one for one in self.connections if not one.leaving]
        if not ready or self._faults.down:
            return None
        connection = ready[next(self._turn) % len(ready)]
        copies = 1
        if self._faults.repeat_events > 0:
            self._faults.repeat_events -= 1
            copies = 2
        done: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        waiting = Waiting(connection, self._clock.time(), copies, envelope["accepts_response_payload"], done)
        self._waiting[envelope["envelope_id"]] = waiting
        try:
            for _ in range(copies):
                await connection.socket.send_json(envelope)
        except ConnectionError:
            return None
        return waiting

    # Going away

    async def announce(self, reason: str) -> None:
        """Tell every connection that it is about to be closed, and close it some time later."""
        for connection in [one for one in self.connections if not one.leaving]:
            connection.leaving = True
            frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-local"}}
            try:
                await connection.socket.send_json(frame)
            except ConnectionError:
                continue
            self._scene.later(self._close(connection, CLOSED_AFTER))

    async def _close(self, connection: Connection, after: float) -> None:
        await self._clock.sleep(after)
        await connection.socket.close()

    def cut(self) -> None:
        """Every connection breaks, without a word."""
        for connection in list(self.connections):
            if connection.request.transport is not None:
                connection.request.transport.abort()
            self._gone(connection)

    async def watch(self) -> None:
        """Break connections while the platform is down or the app's token is revoked."""
        while True:
            await asyncio.sleep(0.02)
            if self._faults.down:
                self.cut()
            elif self._faults.token_revoked and any(not one.leaving for one in self.connections):
                await self.announce("link_disabled")


def open_connection(scene: Scene, socket: SocketMode, base_url: str) -> Json:
    """apps.connections.open: an address that is good once and not for long."""
    if not scene.world.teams:
        raise SlackError("forbidden_team")
    address = base_url.replace("http", "ws", 1)
    return {"ok": True, "url": f"{address}/link/?ticket={socket.ticket()}&app_id={scene.world.app_id}"}
