"""Cards, notes and sentences in one chat of Discord."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bot.adapters.discord.forms import MOST_FIELDS
from bot.adapters.discord.markdown import escaped
from bot.adapters.discord.notes import LARGEST_PICTURE, PICTURE, attached, is_note, note_body
from bot.adapters.discord.render import (
    LONGEST_CONTENT,
    SILENT,
    SUPPRESS_EMBEDS,
    Json,
    card_body,
    nonce_of,
    place_of,
    ref_of,
    stands_in,
)
from bot.adapters.discord.rest import (
    CLOSED_TO_US,
    INVALID_FORM,
    LIMITED,
    NO_ACCESS,
    NO_PERMISSION,
    NOT_OURS,
    TOO_LARGE,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    Away,
    Refusal,
    Rest,
)
from core.card import Card
from core.errors import DeliveryFailed, PostGone
from core.note import Note
from core.platforms import Limits, Rate
from core.ports import PostRef

# Discord publishes the global rate alone and tells the others in the headers of each answer: these are what bots see.
# https://discord.com/developers/docs/topics/rate-limits
RATES = (
    Rate(5, 5.0, frozenset({"post", "say"})),
    Rate(5, 5.0, frozenset({"update"})),
    Rate(50, 1.0, chat=False),
)
_LOOKED_THROUGH = 50
_REMEDIES = {
    UNKNOWN_CHANNEL: "there is no such channel: check its ID in placet.yaml",
    NO_ACCESS: "the bot does not see this channel: add it, with View Channel",
    NO_PERMISSION: "the bot lacks a right here: Send Messages, Embed Links, Attach Files, Read Message History",
    CLOSED_TO_US: "this person takes no direct messages from us, or shares no server with the bot",
}
log = logging.getLogger("placet.discord")


class DiscordMessenger:
    """`core.platforms.Messenger` of one channel, thread or direct chat. `channel` finds its id when it is needed."""

    limits = Limits(text=LONGEST_CONTENT, rates=RATES, fields=MOST_FIELDS)

    def __init__(self, rest: Rest, channel: Callable[[], Awaitable[str]]) -> None:
        self._rest = rest
        self._channel = channel

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        try:
            chat = await self._channel()
            message = await self._standing(chat, lambda one: stands_in(one, card.request)) if again else None
            if message is None:
                message = await self._sent(chat, card.request, card_body(card))
            if again:
                # What stands there already may show an earlier version.
                await self._rest.call("PATCH", f"/channels/{chat}/messages/{message}", card_body(card))
            return PostRef(channel, ref_of(chat, message))
        except (Refusal, Away) as problem:
            raise failure(problem, gone=False) from None

    async def update(self, ref: PostRef, card: Card) -> None:
        place = place_of(ref.ref)
        if place is None:
            raise PostGone(f"{ref.ref!r} is no message of Discord")
        try:
            await self._rest.call("PATCH", f"/channels/{place[0]}/messages/{place[1]}", card_body(card))
        except (Refusal, Away) as problem:
            raise failure(problem) from None

    async def notify(self, channel: str, text: str) -> None:
        said = {"content": escaped(text, LONGEST_CONTENT, lines=True), "allowed_mentions": SILENT}
        try:
            chat = await self._channel()
            await self._rest.call("POST", f"/channels/{chat}/messages", said | {"flags": SUPPRESS_EMBEDS})
        except (Refusal, Away) as problem:
            raise failure(problem, gone=False) from None

    async def say(self, channel: str, note: Note, again: bool = False) -> PostRef:
        try:
            chat = await self._channel()
            message = await self._standing(chat, partial(is_note, note=note)) if again else None
            if message is None:
                message = await self._said(chat, note)
            return PostRef(channel, ref_of(chat, message))
        except (Refusal, Away) as problem:
            raise failure(problem, gone=False) from None

    async def renew(self, ref: PostRef, note: Note) -> None:
        place = place_of(ref.ref)
        if place is None:
            raise PostGone(f"{ref.ref!r} is no message of Discord")
        path = f"/channels/{place[0]}/messages/{place[1]}"
        try:
            standing = bool((await self._rest.call("GET", path)).get("attachments")) if note.picture else True
            await self._rest.call("PATCH", path, note_body(note, picture=standing))
        except (Refusal, Away) as problem:
            raise failure(problem) from None

    async def _said(self, chat: str, note: Note) -> str:
        """A note whose picture is not taken goes without it: that is better than none."""
        if len(note.picture) > LARGEST_PICTURE:
            log.warning("a picture of %d bytes is too large, and its note goes without it", len(note.picture))
        elif note.picture:
            try:
                body = note_body(note, picture=True) | attached(note)
                return await self._sent(chat, note.id, body, {PICTURE: note.picture})
            except Refusal as problem:
                if problem.code not in (NO_PERMISSION, TOO_LARGE) and problem.status != 413:
                    raise
                log.warning("a picture was not taken, and its note goes without it: %s", failure(problem))
        return await self._sent(chat, note.id, note_body(note, picture=False))

    async def _sent(self, chat: str, what: str, body: Json, files: Mapping[str, bytes] | None = None) -> str:
        """The id of the new message; of the one that stands when it was sent some minutes ago already.

        `what`: the request or the note that it shows.
        """
        for attempt in range(2):
            nonce = {"nonce": nonce_of(chat, what, attempt), "enforce_nonce": True}
            try:
                made: Json = await self._rest.call("POST", f"/channels/{chat}/messages", body | nonce, files)
                return str(made["id"])
            except Refusal as problem:
                # Sent a short while ago and deleted since: Discord remembers the nonce and not the message.
                if problem.code != UNKNOWN_MESSAGE or attempt:
                    raise
        raise AssertionError("unreachable")

    async def _standing(self, chat: str, shows: Callable[[Json], bool]) -> str | None:
        """A message of ours that shows this, from an attempt of which nobody knows how it ended."""
        ourselves = (await self._rest.call("GET", "/users/@me"))["id"]
        latest = await self._rest.call("GET", f"/channels/{chat}/messages", limit=str(_LOOKED_THROUGH))
        for message in latest:
            if message["author"]["id"] == ourselves and shows(message):
                return str(message["id"])
        return None


def failure(problem: Refusal | Away, *, gone: bool = True) -> DeliveryFailed:
    """`gone`: whether an unknown message is the post itself."""
    if isinstance(problem, Away):
        return DeliveryFailed(str(problem), permanent=False)
    if problem.code == UNKNOWN_MESSAGE and gone:
        return PostGone("the message was deleted")
    remedy = _REMEDIES.get(problem.code)
    text = f"{problem}: {remedy}" if remedy else str(problem)
    if problem.status == LIMITED:
        return DeliveryFailed(text, permanent=False, retry_after=problem.retry_after)
    about_this_message = problem.status in (400, 413) or problem.code in (INVALID_FORM, NOT_OURS)
    return DeliveryFailed(text, permanent=about_this_message and remedy is None)
