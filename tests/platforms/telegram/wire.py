"""The objects of the Bot API as Telegram writes them: https://core.telegram.org/bots/api#available-types"""

from __future__ import annotations

from tests.platforms.telegram.world import Chat, Json, Message, User, World

_NO_RIGHTS = (
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


def user(one: User) -> Json:
    found: Json = {"id": one.id, "is_bot": one.bot, "first_name": one.name}
    if one.username:
        found["username"] = one.username
    return found if one.bot else {**found, "language_code": "en"}


def me(bot: User, *, privacy: bool) -> Json:
    off = ("supports_inline_queries", "can_connect_to_business", "has_main_web_app", "has_topics_enabled")
    more = ("allows_users_to_create_topics", "can_manage_bots", "supports_guest_queries")
    return {
        **user(bot),
        "can_join_groups": True,
        "can_read_all_group_messages": not privacy,
        **dict.fromkeys((*off, *more, "supports_join_request_queries"), False),
    }


def chat(one: Chat, world: World) -> Json:
    if one.kind == "private":
        person = world.users[one.id]
        found: Json = {"id": one.id, "type": "private", "first_name": person.name}
        return {**found, "username": person.username} if person.username else found
    found = {"id": one.id, "type": one.kind, "title": one.title}
    return {**found, "is_forum": True} if one.forum else found


def full_chat(one: Chat, world: World) -> Json:
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    return {
        **chat(one, world),
        "accent_color_id": abs(one.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


def member(person: User, status: str) -> Json:
    found: Json = {"status": status, "user": user(person)}
    if status == "creator":
        return {**found, "is_anonymous": False}
    if status == "administrator":
        return {**found, "can_be_edited": False, **dict.fromkeys(_NO_RIGHTS, False), "can_manage_chat": True}
    return {**found, "until_date": 0} if status == "kicked" else found


def message(one: Message, world: World, *, inner: bool = False) -> Json:
    """`inner`: as a message that another one replies to, which names no further message."""
    place = world.chats[one.chat]
    found: Json = {
        "message_id": one.id,
        "from": user(world.users[one.sender]),
        "chat": chat(place, world),
        "date": world.unix(one.date),
    }
    if one.edited is not None:
        found["edit_date"] = world.unix(one.edited)
    if one.topic is not None:
        found |= {"message_thread_id": one.topic, "is_topic_message": True}
    if one.service is not None:
        return found | one.service
    if one.photo is None:
        found["text"] = one.text
    else:
        width, height = one.photo_size
        size: Json = {"file_id": one.photo_id, "file_unique_id": one.photo_id[-12:], "width": width, "height": height}
        found["photo"] = [{**size, "file_size": len(one.photo)}]
        found |= {"caption": one.text} if one.text else {}
    if one.entities:
        found["entities" if one.photo is None else "caption_entities"] = one.entities
    if one.preview:
        found["link_preview_options"] = one.preview
    if one.keyboard:
        found["reply_markup"] = {"inline_keyboard": one.keyboard}
    # In a topic, what replies to nothing replies to the service message with which the topic began.
    behind = place.messages.get(one.reply_to if one.reply_to is not None else one.topic or 0)
    if behind is not None and not inner:
        found["reply_to_message"] = message(behind, world, inner=True)
    return found


def maybe_inaccessible(one: Message, world: World) -> Json:
    if one.inaccessible or one.id not in world.chats[one.chat].messages:
        return {"chat": chat(world.chats[one.chat], world), "message_id": one.id, "date": 0}
    return message(one, world)
