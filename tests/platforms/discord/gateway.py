"""The Gateway: https://discord.com/developers/docs/events/gateway

Every connected client of the token gets every event that its intents allow, so two processes with one token both do.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.platforms.discord import wire
from tests.platforms.discord.interactions import FIRST_ANSWER, Interaction
from tests.platforms.discord.world import Json, Message, World
from tests.platforms.hands import Faults

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = 1 << 1 | 1 << 8 | MESSAGE_CONTENT
_ALL_INTENTS = (1 << 26) - 1
_BEAT, _BEATS_LATE, _LISTENER_LIVES = 41.25, 1.5, 180.0
_MOST_SENDS, _SENDS_SECONDS, _LARGEST = 120, 60.0, 4096
_IDENTIFY_EVERY = 5.0
# discord.py beats from a thread that a busy machine starts late.
_SHORTEST_BEAT_ON_THE_WALL = 2.0


@dataclass
class Listener:
    """A client as the Gateway knows it, over as many connections as it needs: what was sent can be sent again."""

    id: str
    intents: int
    seq: int = 0
    sent: list[tuple[int, str]] = field(default_factory=list)
    line: Line | None = None
    gone_at: float = 0.0


ToldTo = Callable[[Listener], Json | None]
"""What a listener is told of an event, or nothing."""


class Line:
    """One WebSocket. What is sent is written in order by a task of its own."""

    def __init__(self, socket: web.WebSocketResponse, compress: bool) -> None:
        self.socket = socket
        self.listener: Listener | None = None
        self.closing = False
        self.beat_at = time.monotonic()
        self._packer = zlib.compressobj() if compress else None
        self._queue: asyncio.Queue[str | int] = asyncio.Queue()

    def send(self, text: str) -> None:
        self._queue.put_nowait(text)

    def close(self, code: int) -> None:
        """Close when everything before is written."""
        self.closing = True
        self._queue.put_nowait(code)

    async def write(self) -> None:
        while True:
            item = await self._queue.get()
            try:
                if isinstance(item, int):
                    await self.socket.close(code=item)
                    return
                if self._packer is None:
                    await self.socket.send_str(item)
                else:
                    packed = self._packer.compress(item.encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(packed)
            except ConnectionError:
                return


class Gateway:
    def __init__(self, world: World, token: str, faults: Faults, violations: list[str], max_concurrency: int) -> None:
        self._world = world
        self._token = token
        self._faults = faults
        self._violations = violations
        self._concurrency = max_concurrency
        self.disallowed = PRIVILEGED
        """Intents that are not switched on in the developer portal."""
        self.address = ""
        self.listeners: dict[str, Listener] = {}
        self.lines: set[Line] = set()
        self.identified = 0
        self._recent: deque[float] = deque()
        self.resumed = 0
        self._held: Callable[[], None] | None = None

    # Events

    def publish(self, event: str, data: ToldTo, interaction: Interaction | None = None) -> None:
        """An event that a person caused: repeated, held back and swapped as the faults have it."""

        def send() -> None:
            for _ in range(2 if self._faults.repeat_events > 0 else 1):
                self.tell(event, data)
                if interaction is not None and self.listeners:
                    interaction.sent += 1
                    early = self._world.clock.time() - interaction.at <= FIRST_ANSWER
                    interaction.in_time |= early and bool(self.lines)
            self._faults.repeat_events = max(0, self._faults.repeat_events - 1)

        if self._faults.swap_events and self._held is None:
            self._held = send
            return
        send()
        if self._held is not None:
            held, self._held = self._held, None
            self._faults.swap_events = False
            held()

    def tell(self, event: str, data: ToldTo) -> None:
        for listener in list(self.listeners.values()):
            if (body := data(listener)) is not None:
                self._dispatch(listener, event, body)

    def _dispatch(self, listener: Listener, event: str, data: Any) -> None:
        listener.seq += 1
        text = json.dumps({"op": DISPATCH, "t": event, "s": listener.seq, "d": data})
        listener.sent.append((listener.seq, text))
        if listener.line is not None and not self._faults.down:
            listener.line.send(text)

    def published(self, event: str, message: Message) -> None:
        """A message that was made, changed or deleted over the API."""
        self.tell(event, lambda listener: self.message_for(listener, event, message))

    def message_for(self, listener: Listener, event: str, message: Message) -> Json | None:
        """What this listener may know of a message: https://discord.com/developers/docs/events/gateway#message-content-intent"""
        channel = self._world.channels[message.channel]
        if not listener.intents & (GUILD_MESSAGES if channel.guild else DIRECT_MESSAGES):
            return None
        if event == "MESSAGE_DELETE":
            place = {"guild_id": channel.guild} if channel.guild else {}
            return {"id": message.id, "channel_id": message.channel, **place}
        body = wire.event_message(message, self._world)
        bot = self._world.bot.id
        told = message.author == bot or bot in message.mentions or channel.guild is None
        if not told and not listener.intents & MESSAGE_CONTENT:
            body |= {"content": "", "embeds": [], "components": [], "attachments": []}
        return body

    # Connections

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self._faults.down or self._faults.drop.get("gateway", 0) > 0:
            self._faults.drop["gateway"] = max(0, self._faults.drop.get("gateway", 0) - 1)
            if isinstance(request.transport, asyncio.Transport):
                request.transport.abort()
            return web.Response()
        await self._world.clock.sleep(self._faults.delay.get("gateway", 0.0))
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        line = Line(socket, request.query.get("compress") == "zlib-stream")
        self.lines.add(line)
        writer = asyncio.create_task(line.write())
        beats = asyncio.create_task(self._watch(line))
        try:
            if request.query.get("v") != "10" or request.query.get("encoding") != "json":
                self._end(line, 4012, "asks for another version or encoding than v=10&encoding=json")
            beat = max(_BEAT / self._world.clock.speed, _SHORTEST_BEAT_ON_THE_WALL)
            line.send(json.dumps({"op": HELLO, "s": None, "t": None, "d": {"heartbeat_interval": int(beat * 1000)}}))
            await self._listen(line)
        finally:
            if line.closing:
                # Listening ends first; the code is still to be said and answered.
                await asyncio.wait([writer], timeout=1)
            self._lost(line, socket.close_code)
            for task in (writer, beats):
                task.cancel()
            await asyncio.gather(writer, beats, return_exceptions=True)
            await socket.close()
        return socket

    async def _listen(self, line: Line) -> None:
        sends: deque[float] = deque()
        async for message in line.socket:
            now = self._world.clock.time()
            while sends and now - sends[0] >= _SENDS_SECONDS:
                sends.popleft()
            sends.append(now)
            if len(sends) > _MOST_SENDS:
                return self._end(line, 4008, "more than 120 sends in 60 s")
            try:
                assert message.type is WSMsgType.TEXT
                assert len(message.data) <= _LARGEST
                said = json.loads(message.data)
                op, data = said["op"], said.get("d")
            except (AssertionError, ValueError, KeyError, TypeError):
                return self._end(line, 4002, "what was sent is no payload")
            self._take(line, op, data)
        return None

    def _take(self, line: Line, op: int, data: Any) -> None:
        if op == HEARTBEAT:
            line.beat_at = time.monotonic()
            line.send(json.dumps({"op": ACK, "s": None, "t": None, "d": None}))
        elif op == IDENTIFY:
            self._identify(line, data)
        elif op == RESUME:
            self._resume(line, data)
        elif line.listener is None:
            self._end(line, 4003, f"opcode {op} before IDENTIFY")
        elif op not in (3, 4, 8):
            self._end(line, 4001, f"opcode {op} is unknown")

    def _identify(self, line: Line, data: Any) -> None:
        if line.listener is not None:
            return self._end(line, 4005, "a second IDENTIFY")
        if not isinstance(data, dict) or not {"token", "intents", "properties"} <= data.keys():
            return self._end(line, 4002, "IDENTIFY without token, intents or properties")
        if data["token"] != self._token or self._faults.token_revoked:
            return self._end(line, 4004, "" if self._faults.token_revoked else "IDENTIFY with a wrong token")
        intents = data["intents"]
        if not isinstance(intents, int) or intents & ~_ALL_INTENTS or intents < 0:
            return self._end(line, 4013, f"intents {intents}")
        if intents & self.disallowed:
            return self._end(line, 4014, f"intents that are not switched on: {intents & self.disallowed:#x}")
        now = self._world.clock.time()
        while self._recent and now - self._recent[0] >= _IDENTIFY_EVERY:
            self._recent.popleft()
        self._recent.append(now)
        if len(self._recent) > self._concurrency:
            return line.send(json.dumps({"op": INVALID, "s": None, "t": None, "d": False}))
        self.identified += 1
        listener = Listener(secrets.token_hex(16), intents, line=line)
        line.listener = self.listeners[listener.id] = listener
        joined = [guild for guild in self._world.guilds.values() if guild.joined]
        ready = {
            "v": 10,
            "user": wire.oneself(self._world.bot),
            "guilds": [{"id": guild.id, "unavailable": True} for guild in joined],
            "session_id": listener.id,
            "resume_gateway_url": f"{self.address}/resume",
            "application": {"id": self._world.application, "flags": 0},
        }
        self._dispatch(listener, "READY", ready | ({"shard": data["shard"]} if "shard" in data else {}))
        if intents & GUILDS:
            for guild in joined:
                self._dispatch(listener, "GUILD_CREATE", wire.guild_create(guild, self._world))
        return None

    def _resume(self, line: Line, data: Any) -> None:
        listener = self.listeners.get((data or {}).get("session_id", ""))
        if (data or {}).get("token") != self._token or self._faults.token_revoked:
            return self._end(line, 4004, "" if self._faults.token_revoked else "RESUME with a wrong token")
        if listener is None:
            return line.send(json.dumps({"op": INVALID, "s": None, "t": None, "d": False}))
        if not isinstance(data.get("seq"), int) or data["seq"] > listener.seq:
            return self._end(line, 4007, f"RESUME from {data.get('seq')}")
        # A line that is still closing, or dead without knowing it, gives way to this one.
        line.listener, listener.line = listener, line
        self.resumed += 1
        for number, text in listener.sent:
            if number > data["seq"]:
                line.send(text)
        return self._dispatch(listener, "RESUMED", {})

    async def _watch(self, line: Line) -> None:
        """Close a line over which no heartbeat comes."""
        allowed = max(_BEAT / self._world.clock.speed, _SHORTEST_BEAT_ON_THE_WALL) * _BEATS_LATE
        while (left := line.beat_at + allowed - time.monotonic()) > 0:  # noqa: ASYNC110 - each beat moves the end
            await asyncio.sleep(left)
        self._end(line, 4009, "no heartbeat in time")

    def _end(self, line: Line, code: int, why: str) -> None:
        if why:
            self._violations.append(f"gateway: {code} {why}")
        line.close(code)

    def _lost(self, line: Line, code: int | None) -> None:
        self.lines.discard(line)
        listener = line.listener
        if listener is None or listener.line is not line:
            return
        listener.line, listener.gone_at = None, self._world.clock.time()
        # Who says good-bye is forgotten; who is closed, or just gone, may resume.
        if (code in (1000, 1001) and not line.closing) or self._faults.token_revoked:
            self.listeners.pop(listener.id, None)

    # What a test, or time, does to them

    def expire(self) -> None:
        now = self._world.clock.time()
        for listener in list(self.listeners.values()):
            if listener.line is None and now - listener.gone_at > _LISTENER_LIVES:
                del self.listeners[listener.id]

    def forget(self) -> None:
        self.listeners.clear()
        self._recent.clear()
        self.cut()

    def cut(self) -> None:
        """Break every connection off, without a word."""
        for line in self.lines:
            transport = line.socket.get_extra_info("transport") or getattr(line.socket._req, "transport", None)
            if transport is not None:
                transport.abort()

    def say(self, op: int, data: Any = None) -> None:
        for line in self.lines:
            line.send(json.dumps({"op": op, "s": None, "t": None, "d": data}))

    def close(self, code: int) -> None:
        for line in self.lines:
            line.close(code)
