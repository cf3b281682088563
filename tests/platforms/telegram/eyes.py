"""What a person reads on the screen."""

from __future__ import annotations

from tests.platforms.hands import FieldShown, FormShown, Shown
from tests.platforms.telegram.world import Chat, Json, Message, User, World

_WHAT_IT_SENDS = ("callback_data", "url", "switch_inline_query", "switch_inline_query_current_chat")


def shown(one: Message) -> Shown:
    return Shown(
        chat=place(one),
        id=str(one.id),
        text=one.text,
        buttons=tuple(button["text"] for button in one.buttons),
        tokens=tuple(token(button) for button in one.buttons),
        reply_to=str(one.reply_to) if one.reply_to is not None else None,
        edits=one.edits,
        at=one.date,
        pictures=(one.photo,) if one.photo is not None else (),
    )


def place(one: Message) -> str:
    return str(one.chat) if one.topic is None else f"{one.chat}/{one.topic}"


def token(button: Json) -> str:
    return next((str(button[name]) for name in _WHAT_IT_SENDS if name in button), "")


def visible(chat: Chat, topic: int | None, user: int | None) -> list[Message]:
    """What stands in a chat, or in one of its topics, for those who are in it."""
    if user is not None and not chat.has(user):
        return []
    messages = [one for _, one in sorted(chat.messages.items()) if one.service is None]
    return [one for one in messages if topic is None or one.topic == topic]


def changed_since(change: int, user: int, world: World) -> list[Message]:
    """What is new or different on this user's screen, but for what they wrote themselves."""
    mine = [one for chat in world.chats.values() for one in visible(chat, None, user)]
    return sorted((one for one in mine if one.changed > change and one.sender != user), key=lambda one: one.changed)


def question(messages: list[Message], user: User, world: World) -> FormShown | None:
    """A ForceReply among these messages that opens the reply field before this user."""
    for one in reversed(messages):
        if one.force_reply is not None and _addressed(one, user, world):
            label = str(one.force_reply.get("input_field_placeholder", ""))
            return FormShown(f"{place(one)}:{one.id}", "", one.text, (FieldShown(label, "text"),))
    return None


def _addressed(one: Message, user: User, world: World) -> bool:
    """Selective: only who is mentioned in the text, or wrote the message that is replied to."""
    if not (one.force_reply or {}).get("selective"):
        return True
    behind = world.chats[one.chat].messages.get(one.reply_to or 0)
    if behind is not None and behind.sender == user.id:
        return True
    units = one.text.encode("utf-16-le")
    for entity in one.entities:
        if entity["type"] == "text_mention" and entity["user"]["id"] == user.id:
            return True
        name = units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
        if entity["type"] == "mention" and user.username and name.lower() == f"@{user.username}".lower():
            return True
    return False
