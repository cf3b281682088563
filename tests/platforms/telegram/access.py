"""Whether the bot may do something in a chat, in the order in which the official server looks."""

from __future__ import annotations

from tests.platforms.telegram.calls import Call
from tests.platforms.telegram.refusals import Refused, broken, forbidden, missed
from tests.platforms.telegram.world import Chat, Message, World


def chat_of(call: Call, world: World, *, write: bool = False, edit: bool = False) -> Chat:
    """The chat that a call names. Raises what Telegram says if the bot has no business there."""
    name = call.text("chat_id")
    if not name:
        raise broken("chat_id is empty")
    if not name.lstrip("-").isdecimal():
        raise missed("chat not found")
    chat = world.chats.get(int(name))
    if chat is None:
        raise missed("chat not found")
    if chat.kind == "private":
        _check_private(chat, world, write=write, edit=edit or write)
    elif chat.migrated_to is not None:
        # Only sending is told where the group has gone.
        if write:
            raise Refused("Bad Request: group chat was upgraded to a supergroup chat", migrated_to=chat.migrated_to)
    else:
        _check_group(chat, world, write=write, edit=edit or write)
    return chat


def _check_private(chat: Chat, world: World, *, write: bool, edit: bool) -> None:
    person = world.users[chat.id]
    if not world.known(person):
        raise missed("chat not found")
    if person.deleted and edit:
        raise forbidden("user is deactivated")
    if person.bot and write:
        raise forbidden("bot can't send messages to bots")
    if person.blocked and edit:
        raise forbidden("bot was blocked by the user")
    if not person.started and write:
        raise forbidden("bot can't initiate conversation with a user")


def _check_group(chat: Chat, world: World, *, write: bool, edit: bool) -> None:
    status = chat.members.get(world.bot.id)
    if status is None and chat.kind == "group":
        raise missed("chat not found")
    if status == "kicked" and (edit or chat.kind == "supergroup"):
        raise forbidden(f"bot was kicked from the {chat.kind} chat")
    if status in (None, "left") and (edit or chat.kind == "supergroup"):
        raise forbidden(f"bot is not a member of the {chat.kind} chat")
    if write and chat.muted and status != "administrator":
        raise missed("not enough rights to send text messages to the chat")


def topic_of(call: Call, chat: Chat) -> int | None:
    topic = call.number("message_thread_id", 0)
    if not topic:
        return None
    if topic not in chat.topics:
        raise missed("message thread not found")
    return topic


def message_of(call: Call, world: World, what: str) -> Message:
    """The message that a call is to change: it must be there, and the bot's own."""
    chat = chat_of(call, world, edit=True)
    message = chat.messages.get(call.number("message_id"))
    if message is None or message.inaccessible:
        raise missed(f"message to {what} not found")
    return message


def reply_of(call: Call, chat: Chat, topic: int | None) -> int | None:
    """What the message replies to; None where that is gone and may be."""
    given = call.parsed("reply_parameters")
    if given is None:
        return None
    if given.get("chat_id") not in (None, chat.id, str(chat.id)):
        raise broken("this local Telegram knows no replies across chats")
    message = chat.messages.get(int(given["message_id"]))
    if message is not None and not message.inaccessible and message.topic == topic:
        return message.id
    if given.get("allow_sending_without_reply"):
        return None
    raise missed("message to be replied not found")
