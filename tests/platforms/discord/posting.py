"""Messages made and changed by calls, whether over the bot's token or over that of an interaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.platforms.discord.component_rules import numbered
from tests.platforms.discord.errors import Refused, invalid, too_long
from tests.platforms.discord.message_rules import (
    COMPONENTS_V2,
    LOADING,
    LONGEST_ALT,
    SUPPRESS_EMBEDS,
    check_files,
    check_message,
    pinged,
)
from tests.platforms.discord.rest import Ask
from tests.platforms.discord.world import Json, Message, World
from tests.platforms.pictures import size_of


class Posting:
    """`published`: told of every message that everybody may see."""

    def __init__(self, world: World, address: Callable[[], str], published: Callable[[str, Message], None]) -> None:
        self._world = world
        self._address = address
        self._published = published
        self.pings: list[tuple[str, str]] = []
        """(message, whom it called), `everyone` among them."""

    def compose(self, ask: Ask, channel: str, allowed_flags: int, *, answer: bool = False, **more: Any) -> Message:
        """A new message, checked but not yet standing anywhere."""
        body = _object(ask.body)
        flags = body.get("flags") or 0
        check_message(body, flags, allowed_flags)
        world = self._world
        message = Message(
            id=world.snowflake(),
            channel=channel,
            author=world.bot.id,
            at=world.clock.time(),
            timestamp=world.timestamp(),
            content=body.get("content") or "",
            embeds=[_without_nothing(embed) for embed in body.get("embeds") or []],
            components=numbered(body.get("components") or []),
            flags=flags,
            **more,
        )
        self._attach(message, ask, body)
        self._call(message, body, answer=answer)
        _not_empty(message)
        return message

    def post(self, message: Message) -> Message:
        self._world.keep(message)
        if message.only_for is None:
            self._published("MESSAGE_CREATE", message)
        return message

    def revise(self, message: Message, ask: Ask, *, answer: bool = False) -> Message:
        """What is named is replaced; the rest stays: https://discord.com/developers/docs/resources/message#edit-message"""
        body = _object(ask.body)
        wanted = body.get("flags")
        # Once a message is one of components it stays so.
        flags = (message.flags if wanted is None else message.flags & ~SUPPRESS_EMBEDS | wanted) & ~LOADING
        check_message(body, flags, SUPPRESS_EMBEDS | COMPONENTS_V2)
        draft = replace(message, flags=flags, attachments=list(message.attachments))
        if "content" in body:
            draft.content = body["content"] or ""
        if "embeds" in body:
            draft.embeds = [_without_nothing(embed) for embed in body["embeds"] or []]
        if "components" in body:
            draft.components = numbered(body["components"] or [])
        if flags & COMPONENTS_V2 and not message.flags & COMPONENTS_V2 and (draft.content or draft.embeds):
            why = "content and embeds must be emptied when a message becomes one of components"
            raise invalid("flags", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", why)
        self._attach(draft, ask, body)
        self._call(draft, body, answer=answer)
        _not_empty(draft)
        if not message.loading:
            draft.edited, draft.edits = self._world.timestamp(), message.edits + 1
        vars(message).update(vars(draft))
        self._world.touch(message)
        if message.only_for is None:
            self._published("MESSAGE_UPDATE", message)
        return message

    def remove(self, message: Message) -> None:
        self._world.forget(message)
        if message.only_for is None:
            self._published("MESSAGE_DELETE", message)

    def _attach(self, message: Message, ask: Ask, body: Json) -> None:
        check_files([content for _, content in ask.files.values()])
        described = {str(one.get("id")): one for one in body.get("attachments") or []}
        if "attachments" in body:
            message.attachments = [one for one in message.attachments if one["id"] in described]
        for number, (name, content) in ask.files.items():
            own = self._world.snowflake()
            self._world.files[own] = content
            if name.endswith(".png") and size_of(content) is None:
                raise invalid(f"files[{number}]", "IMAGE_INVALID", "is no picture, whatever it is called")
            url = f"{self._address()}/attachments/{own}/{name}"
            one = {"id": own, "filename": name, "size": len(content), "url": url, "proxy_url": url}
            if described and str(number) not in described:
                raise invalid("attachments", "ATTACHMENT_NOT_DESCRIBED", f"files[{number}] is described nowhere")
            if text := described.get(str(number), {}).get("description"):
                if len(text) > LONGEST_ALT:
                    raise too_long(f"attachments.{number}.description", LONGEST_ALT)
                one["description"] = text
            message.attachments.append(one)
        addresses = {f"attachment://{one['filename']}": one["url"] for one in message.attachments}
        for embed in message.embeds:
            for place in ("image", "thumbnail"):
                if place in embed:
                    embed[place] = {**embed[place], "url": addresses.get(embed[place]["url"], embed[place]["url"])}

    def _call(self, message: Message, body: Json, *, answer: bool) -> None:
        guild = self._world.channels[message.channel].guild
        roles = set(self._world.guilds[guild].roles) if guild else set()
        message.mentions, message.mention_roles, message.mention_everyone = pinged(
            body, self._world, roles, answer=answer
        )
        whom = [*message.mentions, *message.mention_roles, *(["everyone"] if message.mention_everyone else [])]
        self.pings += [(message.id, one) for one in whom]


def _object(body: Any) -> Json:
    if not isinstance(body, dict):
        raise invalid("", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    return body


def _without_nothing(embed: Json) -> Json:
    """An embed as Discord gives it back: what was null is not there, and of each field it is said how it stands."""
    kept = {name: value for name, value in embed.items() if value is not None}
    if kept.get("fields"):
        kept["fields"] = [{"inline": False, **one} for one in kept["fields"]]
    return kept


def _not_empty(message: Message) -> None:
    if message.flags & COMPONENTS_V2:
        if message.components:
            return
    elif message.content.strip() or message.embeds or message.attachments:
        return
    raise Refused(50006)
