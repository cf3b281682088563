"""What Discord brings, as taps. Pure.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import discord

from bot.adapters.discord.commands import words
from bot.adapters.discord.forms import values
from bot.adapters.discord.render import AGAIN, ref_of
from core.taps import Tap

PLATFORM = "discord"
_SLASH = re.compile(r"^/?placet\b\s*", re.IGNORECASE)
_COMMAND, _COMPONENT, _SUBMIT = (
    discord.InteractionType.application_command,
    discord.InteractionType.component,
    discord.InteractionType.modal_submit,
)


@dataclass(frozen=True, slots=True)
class Press:
    """An interaction, which Discord wants answered. `tap`: None when it makes no sense to us."""

    id: str
    token: str
    application: str
    tap: Tap | None
    on_message: bool
    """Whether a message was tapped, or stands behind the form."""
    alone: bool
    """Whether that message is an answer of ours that this person alone sees, so that another may take its place."""
    filled: bool
    """Whether a form was filled in: it cannot be answered with another form."""


def press_of(given: discord.Interaction[Any]) -> Press:
    message = given.message
    own = message is not None and (
        message.flags.ephemeral or (given.guild_id is None and message.type is discord.MessageType.reply)
    )
    return Press(
        id=str(given.id),
        token=given.token,
        application=str(given.application_id),
        tap=_tap(given),
        on_message=message is not None,
        alone=own,
        filled=given.type is _SUBMIT,
    )


def _tap(given: discord.Interaction[Any]) -> Tap | None:
    data: Any = given.data
    user, channel = given.user, given.channel_id
    if not isinstance(data, dict) or user is discord.utils.MISSING or user.bot or channel is None:
        return None
    token, text, filled = "", "", {}
    if given.type is _COMMAND:
        said = words(data)
        if said is None:
            return None
        text = said
    elif given.type in (_COMPONENT, _SUBMIT) and isinstance(data.get("custom_id"), str):
        token = data["custom_id"].rstrip(AGAIN)
        if given.type is _SUBMIT:
            filled = values(data.get("components") or [])
    else:
        return None
    return Tap(
        id=str(given.id),
        platform=PLATFORM,
        workspace="",
        user=str(user.id),
        token=token,
        values=filled,
        text=text,
        chat=str(channel),
        ref=ref_of(str(channel), str(given.message.id)) if given.message is not None else "",
        alone=given.guild_id is None,
    )


def tap_of_message(message: discord.Message, ourselves: int) -> Tap | None:
    """What somebody wrote to us: alone with us, as a mention, or as a reply. Talk among people is no tap."""
    if message.author.bot or message.webhook_id is not None or not message.content.strip():
        return None
    alone = isinstance(message.channel, discord.DMChannel)
    mention = re.compile(rf"^\s*<@!?{ourselves}>\s*")
    addressed = mention.match(message.content)
    replied = _replied_to(message, ourselves, alone=alone)
    if not (alone or addressed or replied):
        return None
    text = _SLASH.sub("", mention.sub("", message.content).strip(), count=1)
    return Tap(
        id=str(message.id),
        platform=PLATFORM,
        workspace="",
        user=str(message.author.id),
        text=text,
        chat=str(message.channel.id),
        reply_to=replied,
        alone=alone,
    )


def _replied_to(message: discord.Message, ourselves: int, *, alone: bool) -> str:
    reference = message.reference
    if reference is None or reference.message_id is None or message.type is not discord.MessageType.reply:
        return ""
    answered = reference.resolved
    # In a chat with us alone there is nobody else whose message it could be but the person's own.
    ours = answered.author.id == ourselves if isinstance(answered, discord.Message) else alone
    return ref_of(str(message.channel.id), str(reference.message_id)) if ours else ""
