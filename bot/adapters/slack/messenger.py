"""Cards standing in one chat. Thin: it renders, calls and translates what Slack refuses."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.failures import TROUBLE, delivery_failed
from bot.adapters.slack.forms import MOST_FIELDS
from bot.adapters.slack.render import card_blocks, card_notification, notification, paragraphs
from core.card import Card
from core.errors import PostGone
from core.ports import Limits, PostRef, Rate

# https://docs.slack.dev/apis/web-api/rate-limits: a message a second in a channel, and tier 3 for chat.update.
LIMITS = Limits(
    text=12_000,
    rates=(
        Rate(1, 1.0, frozenset({"post", "say"})),
        Rate(50, 60.0, frozenset({"update"}), chat=False),
    ),
    fields=MOST_FIELDS,
)
EVENT_TYPE = "placet_card"
_LOOKED_THROUGH = 200
QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}


class SlackMessenger:
    """`core.ports.Messenger` of a channel (`C…`), of a thread in it (`C…/1234.5678`), or of the chat with one user."""

    limits = LIMITS

    def __init__(self, client: AsyncWebClient, address: str = "", *, user: str = "") -> None:
        self._client = client
        self._channel, _, self._thread = address.partition("/")
        self._user = user

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        try:
            chat = await self._chat()
            there = await self._find(chat, card.request) if again else None
            if there is None:
                about = {"event_type": EVENT_TYPE, "event_payload": {"request": card.request}}
                sent = await self._client.chat_postMessage(
                    channel=chat, metadata=about, **self._in_thread(), **QUIET, **_face(card)
                )
                return PostRef(channel, f"{sent['channel']}/{sent['ts']}")
            await self._client.chat_update(channel=chat, ts=there, **_face(card))
        except TROUBLE as problem:
            raise delivery_failed(problem) from problem
        return PostRef(channel, f"{chat}/{there}")

    async def update(self, ref: PostRef, card: Card) -> None:
        chat, _, ts = ref.ref.partition("/")
        if not ts:
            raise PostGone(f"{ref.ref} is no message of Slack's")
        try:
            await self._client.chat_update(channel=chat, ts=ts, **_face(card))
        except TROUBLE as problem:
            raise delivery_failed(problem) from problem

    async def notify(self, channel: str, text: str) -> None:
        try:
            await self._client.chat_postMessage(
                channel=await self._chat(),
                text=notification(text),
                blocks=paragraphs(text),
                **self._in_thread(),
                **QUIET,
            )
        except TROUBLE as problem:
            raise delivery_failed(problem) from problem

    async def _chat(self) -> str:
        """The conversation; the one with a user is opened on its first use."""
        if not self._channel:
            opened = await self._client.conversations_open(users=self._user)
            self._channel = str(opened["channel"]["id"])
        return self._channel

    def _in_thread(self) -> dict[str, Any]:
        return {"thread_ts": self._thread} if self._thread else {}

    async def _find(self, chat: str, request: str) -> str | None:
        """The card of this request that an earlier attempt may have left, among the latest messages."""
        try:
            if self._thread:
                found = await self._client.conversations_replies(
                    channel=chat, ts=self._thread, limit=_LOOKED_THROUGH, include_all_metadata=True
                )
            else:
                found = await self._client.conversations_history(
                    channel=chat, limit=_LOOKED_THROUGH, include_all_metadata=True
                )
        except TROUBLE as problem:
            if delivery_failed(problem).retry_after is not None:
                raise
            # Without the right to read here nobody can tell: rather a second card than none.
            return None
        for message in found["messages"]:
            about = message.get("metadata") or {}
            if about.get("event_type") == EVENT_TYPE and about.get("event_payload", {}).get("request") == request:
                return str(message["ts"])
        return None


def _face(card: Card) -> dict[str, Any]:
    """All of a message, with what is no longer there emptied on purpose: what is left out would stay as it was."""
    return {"text": card_notification(card), "blocks": card_blocks(card)}
