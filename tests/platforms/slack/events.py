"""The Events API: what an app has subscribed to, and how often it is tried when nobody takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tests.platforms.slack.payloads import event_callback
from tests.platforms.slack.scene import Scene
from tests.platforms.slack.socket_mode import Ack, SocketMode
from tests.platforms.slack.world import Json

RETRIES = (0.0, 60.0, 300.0)
"""Seconds before each further attempt: https://docs.slack.dev/apis/events-api/#error-handling"""
SCOPE: Mapping[str, str] = {
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
}
_OF_CHANNEL = {"im": "message.im", "channel": "message.channels", "group": "message.groups"}


class Events:
    def __init__(self) -> None:
        self.subscribed = {"app_mention", "message.im"}
        self.sent: list[asyncio.Future[Ack]] = []
        """The first attempts of the latest events."""
        self._scene: Scene | None = None
        self._socket: SocketMode | None = None

    def connect(self, scene: Scene, socket: SocketMode) -> None:
        self._scene, self._socket = scene, socket

    def emit(self, team_id: str, event: Json) -> None:
        """Send an event if the app has subscribed to it, may read it, and is in the conversation."""
        assert self._scene is not None
        kind = event["type"] if event["type"] != "message" else _OF_CHANNEL[event["channel_type"]]
        team = self._scene.world.teams[team_id]
        inside = team.bot_user in self._scene.world.channels[event["channel"]].members
        if kind not in self.subscribed or SCOPE[kind] not in team.scopes or not inside:
            return
        first: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self.sent.append(first)
        self._scene.later(self._attempts(event_callback(self._scene.world, team, event), first))

    async def _attempts(self, payload: Json, first: asyncio.Future[Ack]) -> None:
        assert self._scene is not None
        assert self._socket is not None
        ack = await self._socket.deliver("events_api", payload)
        first.set_result(ack)
        for attempt, pause in enumerate(RETRIES, 1):
            if ack.after is not None:
                return
            await self._scene.world.clock.sleep(pause)
            ack = await self._socket.deliver("events_api", payload, retry=attempt)
