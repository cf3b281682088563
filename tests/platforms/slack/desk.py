"""A workspace with Alice and Bob in one channel, an app in it, and the content that tests send."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.platforms.clock import FastClock
from tests.platforms.hands import Shown
from tests.platforms.slack.client import BoltApp
from tests.platforms.slack.server import SlackServer

Json = dict[str, Any]
OnPress = Callable[..., Awaitable[None]]


class Clock(FastClock):
    """One that can be put forward."""

    def put_forward(self, seconds: float) -> None:
        self._began -= seconds / self.speed


class Desk:
    """What is heard of presses is kept in `heard`; `on_press` may do more than acknowledge them."""

    def __init__(self, server: SlackServer) -> None:
        self.server = server
        self.alice = server.add_user("Alice")
        self.bob = server.add_user("Bob")
        self.chat = server.add_channel("orders", self.alice, self.bob)
        server.people.patience = 0.1  # these apps answer at once or not at all
        self.heard: list[Json] = []
        self.on_press: OnPress = self.acknowledge

    async def acknowledge(self, ack: Any, client: Any, respond: Any, body: Json) -> None:
        await ack()

    @contextmanager
    def app(self, ping_interval: float = 0.2) -> Iterator[BoltApp]:
        """An app that runs and takes every press."""
        made = BoltApp(self.server, ping_interval=ping_interval)

        async def press(ack: Any, client: Any, respond: Any, body: Json) -> None:
            self.heard.append(body)
            await self.on_press(ack, client, respond, body)

        async def event(event: Json) -> None:
            self.heard.append(event)

        made.app.action(re.compile(".*"))(press)
        made.app.event("message")(event)
        made.app.event("app_mention")(event)
        with made:
            yield made

    def card(self, bolt: BoltApp, *labels: str, chat: str = "") -> Shown:
        """A card that stands in the channel."""
        answer = bolt.call("chat.postMessage", channel=chat or self.chat, text="Sell?", blocks=card(*labels))
        assert answer["ok"], answer
        return next(one for one in self.server.messages(chat or self.chat) if one.id == answer["ts"])


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(label: str, **more: Any) -> Json:
    value = f"{label.lower()}:1"
    return {"type": "button", "text": plain(label), "action_id": label.lower(), "value": value, **more}


def card(*labels: str) -> list[Json]:
    text = {"type": "mrkdwn", "text": "*Sell* 1 AAPL &lt;now&gt;?"}
    elements = [button(label) for label in labels or ("Approve", "Reject")]
    return [{"type": "section", "text": text}, {"type": "actions", "block_id": "b", "elements": elements}]


def asked(block_id: str, label: str, **element: Any) -> Json:
    """One input of a modal."""
    inner = {"type": "plain_text_input", "action_id": "x", **element}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": inner}


def modal(*blocks: Json, **more: Any) -> Json:
    given = list(blocks) or [asked("why", "Why?")]
    return {"type": "modal", "title": plain("Why?"), "submit": plain("Send"), "blocks": given, **more}
