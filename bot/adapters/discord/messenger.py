"""Cards and sentences in one chat of Discord."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.adapters.discord.forms import MOST_FIELDS
from bot.adapters.discord.markdown import escaped
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
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    Away,
    Refusal,
    Rest,
)
from core.card import Card
from core.errors import DeliveryFailed, PostGone
from core.ports import Limits, PostRef, Rate

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
    NO_PERMISSION: "the bot lacks a right here: Send Messages, Embed Links, Read Message History",
    CLOSED_TO_US: "this person takes no direct messages from us, or shares no server with the bot",
}


class DiscordMessenger:
    """`core.ports.Messenger` of one channel, thread or direct chat. `channel` finds its id when it is needed."""

    limits = Limits(text=LONGEST_CONTENT, rates=RATES, fields=MOST_FIELDS)

    def __init__(self, rest: Rest, channel: Callable[[], Awaitable[str]]) -> None:
        self._rest = rest
        self._channel = channel

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        try:
            chat = await self._channel()
            message = await self._standing(chat, card) if again else None
            if message is None:
                message = await self._sent(chat, card)
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

    async def _sent(self, chat: str, card: Card) -> str:
        """The id of the new message; of the one that stands when it was sent some minutes ago already."""
        for attempt in range(2):
            nonce = {"nonce": nonce_of(chat, card.request, attempt), "enforce_nonce": True}
            try:
                made: Json = await self._rest.call("POST", f"/channels/{chat}/messages", card_body(card) | nonce)
                return str(made["id"])
            except Refusal as problem:
                # Sent a short while ago and deleted since: Discord remembers the nonce and not the message.
                if problem.code != UNKNOWN_MESSAGE or attempt:
                    raise
        raise AssertionError("unreachable")

    async def _standing(self, chat: str, card: Card) -> str | None:
        """A message of ours that shows this card, from an attempt of which nobody knows how it ended."""
        ourselves = (await self._rest.call("GET", "/users/@me"))["id"]
        latest = await self._rest.call("GET", f"/channels/{chat}/messages", limit=str(_LOOKED_THROUGH))
        for message in latest:
            if message["author"]["id"] == ourselves and stands_in(message, card.request):
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
