"""What comes from Telegram, as taps. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from telegram import Message, Update, User

from bot.adapters.telegram.render import ref_of
from core.taps import Tap

PLATFORM = "telegram"
COMMANDS = {
    "placet": "What waits for you; or followed by words, such as: show ID",
    "pending": "What waits for you",
    "show": "One request, by its id",
    "link": "Say whose account this is, with a code",
    "help": "What can be said",
}
_COMMAND = re.compile(r"/([a-z0-9_]{1,64})(?:@([a-z0-9_]{3,64}))?(?:\s+|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heard:
    """A tap, and where and how it is answered."""

    tap: Tap
    chat: int
    message: int
    """The message that was tapped, or that somebody wrote."""
    name: str
    """The person's own name, to call them by."""
    query: str = ""
    """The press that waits to be acknowledged."""
    topic: int | None = None
    answers: bool = False
    """Whether the tapped message is an answer of ours: those, and no cards, are replies to what somebody did."""


def heard(update: Update, ourselves: User) -> Heard | None:
    """The tap in an update, or None: what is no tap, or makes no sense."""
    if update.callback_query is not None:
        return _press(update)
    if update.message is not None:
        return _words(update.message, ourselves)
    return None


def query_of(update: Update) -> str:
    """The press that must be acknowledged, whatever it holds."""
    return update.callback_query.id if update.callback_query is not None else ""


def _press(update: Update) -> Heard | None:
    query = update.callback_query
    if query is None or query.message is None or not query.data or query.from_user.is_bot:
        return None
    message, person = query.message, query.from_user
    # Of a message that is too old, Telegram tells nothing but its id.
    full = message if isinstance(message, Message) and message.is_accessible else None
    topic = _topic(full) if full else None
    tap = Tap(
        id=query.id,
        platform=PLATFORM,
        workspace="",
        user=str(person.id),
        token=query.data,
        chat=_chat(message.chat.id, topic),
        ref=ref_of(message.chat.id, message.message_id),
        alone=message.chat.type == "private",
    )
    behind = _replied_to(full) if full is not None else None
    # A note that was too long for a caption replies to its picture, and is no answer to anybody.
    answers = behind is not None and not (behind.photo and not behind.caption)
    return Heard(tap, message.chat.id, message.message_id, person.first_name, query.id, topic, answers)


def _words(message: Message, ourselves: User) -> Heard | None:
    person, text = message.from_user, message.text or message.caption
    # An anonymous administrator writes as the group: nobody vouches for who it is.
    if person is None or person.is_bot or message.sender_chat is not None or not text:
        return None
    alone = message.chat.type == "private"
    words = _command(text, ourselves, alone=alone)
    behind = _replied_to(message) if words is None else None
    to_us = behind is not None and behind.from_user is not None and behind.from_user.id == ourselves.id
    reply_to = ref_of(message.chat.id, behind.message_id) if behind is not None and to_us else ""
    if words is None and not reply_to and not alone:
        words = _called(text, ourselves)
        if words is None:
            return None
    topic = _topic(message)
    tap = Tap(
        id=ref_of(message.chat.id, message.message_id),
        platform=PLATFORM,
        workspace="",
        user=str(person.id),
        text=text.strip() if words is None else words,
        chat=_chat(message.chat.id, topic),
        reply_to=reply_to,
        alone=alone,
    )
    return Heard(tap, message.chat.id, message.message_id, person.first_name, topic=topic)


def _command(text: str, ourselves: User, *, alone: bool) -> str | None:
    """The words of a command to us, without `/placet`; None if it is none."""
    found = _COMMAND.match(text)
    if found is None:
        return None
    name, whom = found[1].lower(), (found[2] or "").lower()
    rest = text[found.end() :].strip()
    if whom and whom != (ourselves.username or "").lower():
        return None
    # In a group, a command without a name may be meant for another bot; nobody else is called placet.
    if not (whom or alone or name == "placet"):
        return None
    return rest if name == "placet" else f"{name} {rest}".strip()


def _called(text: str, ourselves: User) -> str | None:
    """The words after our name. Only where the bot may hear everything such a message arrives."""
    name, _, rest = text.partition(" ")
    called = bool(ourselves.username) and name.rstrip(":,").lower() == f"@{ourselves.username}".lower()
    return rest.strip() if called else None


def _replied_to(message: Message) -> Message | None:
    """What a message replies to: in a topic each one seems to reply to the message with which the topic began."""
    behind = message.reply_to_message
    return None if behind is None or behind.forum_topic_created is not None else behind


def _topic(message: Message) -> int | None:
    return message.message_thread_id if message.is_topic_message else None


def _chat(chat: int, topic: int | None) -> str:
    return str(chat) if topic is None else f"{chat}/{topic}"
