"""Cards and notes standing in one chat. Thin: it renders, calls and translates what Slack refuses."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.failures import TROUBLE, delivery_failed, is_no_picture_yet
from bot.adapters.slack.forms import MOST_FIELDS
from bot.adapters.slack.notes import NOTE, metadata_of, note_face
from bot.adapters.slack.pictures import Pictures
from bot.adapters.slack.render import Json, card_blocks, card_notification, notification, paragraphs
from core.card import Card
from core.errors import PostGone
from core.note import Note
from core.platforms import Limits, Rate
from core.ports import PostRef

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
_LOOKS = (1.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds to wait before each try to show a new picture: Slack looks through it first, and does not say how long."""
QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}


log = logging.getLogger("placet.slack")


class SlackMessenger:
    """`core.platforms.Messenger` of a channel (`C…`), a thread in it (`C…/1234.5678`), or the chat with one user."""

    limits = LIMITS

    def __init__(self, client: AsyncWebClient, pictures: Pictures, address: str = "", *, user: str = "") -> None:
        self._client = client
        self._pictures = pictures
        self._channel, _, self._thread = address.partition("/")
        self._user = user
        self._turns = self._channel or user
        """What the chat's turns are counted by."""

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        try:
            chat = await self._chat()
            there = await self._find(chat, EVENT_TYPE, "request", card.request) if again else None
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

    async def say(self, channel: str, note: Note, again: bool = False) -> PostRef:
        try:
            chat = await self._chat()
            there = await self._find(chat, NOTE, "note", note.id) if again else None
            if there is None:
                file = await self._pictures.put(note.picture) if note.picture else ""

                async def send(picture: str) -> str:
                    about, face = metadata_of(note, picture), note_face(note, picture)
                    made = await self._client.chat_postMessage(
                        channel=chat, metadata=about, **self._in_thread(), **QUIET, **face
                    )
                    return str(made["ts"])

                there = await self._with_picture(file, send, "say")
        except TROUBLE as problem:
            raise delivery_failed(problem) from problem
        return PostRef(channel, f"{chat}/{there}")

    async def renew(self, ref: PostRef, note: Note) -> None:
        chat, _, ts = ref.ref.partition("/")
        if not ts:
            raise PostGone(f"{ref.ref} is no message of Slack's")

        async def change(picture: str) -> str:
            face = note_face(note, picture)
            await self._client.chat_update(channel=chat, ts=ts, metadata=metadata_of(note, picture), **face)
            return ts

        try:
            standing = await self._picture_at(chat, ts)
            if standing is not None:
                await change(standing)
            else:
                file = await self._pictures.put(note.picture) if note.picture else ""
                await self._with_picture(file, change, "update")
        except TROUBLE as problem:
            raise delivery_failed(problem) from problem

    async def _with_picture(self, file: str, show: Callable[[str], Awaitable[str]], call: str) -> str:
        """Show a note with a picture that was uploaded just now; without it, if Slack does not come to like it."""
        for seconds in _LOOKS if file else ():
            await self._pictures.timer.sleep(seconds)
            # The turn that the note had is long over.
            await self._pictures.pace.turn(LIMITS.rates, self._turns, call)
            try:
                return await show(file)
            except TROUBLE as problem:
                if not is_no_picture_yet(problem):
                    raise
        if file:
            log.warning("Slack does not show a picture that it was given; its note goes without it")
            self._pictures.forget(file)
            await self._pictures.pace.turn(LIMITS.rates, self._turns, call)
        return await show("")

    async def _picture_at(self, chat: str, ts: str) -> str | None:
        """The file that a note of ours shows, or nothing if it shows none; None: nobody can tell."""
        for message in await self._read(chat, latest=ts, oldest=ts, inclusive=True, limit=2) or ():
            about = message.get("metadata") or {}
            if message.get("ts") == ts and about.get("event_type") == NOTE:
                return str(about.get("event_payload", {}).get("picture") or "")
        return None

    async def _chat(self) -> str:
        """The conversation; the one with a user is opened on its first use."""
        if not self._channel:
            opened = await self._client.conversations_open(users=self._user)
            self._channel = str(opened["channel"]["id"])
        return self._channel

    def _in_thread(self) -> dict[str, Any]:
        return {"thread_ts": self._thread} if self._thread else {}

    async def _find(self, chat: str, kind: str, name: str, value: str) -> str | None:
        """What an earlier attempt may have left, by its metadata, among the latest messages."""
        # Without the right to read here nobody can tell: rather a second one than none.
        for message in await self._read(chat, limit=_LOOKED_THROUGH) or ():
            about = message.get("metadata") or {}
            if about.get("event_type") == kind and about.get("event_payload", {}).get(name) == value:
                return str(message["ts"])
        return None

    async def _read(self, chat: str, **which: Any) -> list[Json] | None:
        """Messages that stand here. None: we may not read them."""
        try:
            if self._thread:
                found = await self._client.conversations_replies(
                    channel=chat, ts=self._thread, include_all_metadata=True, **which
                )
            else:
                found = await self._client.conversations_history(channel=chat, include_all_metadata=True, **which)
        except TROUBLE as problem:
            if delivery_failed(problem).retry_after is not None:
                raise
            return None
        return list(found["messages"])


def _face(card: Card) -> dict[str, Any]:
    """All of a message, with what is no longer there emptied on purpose: what is left out would stay as it was."""
    return {"text": card_notification(card), "blocks": card_blocks(card)}
