"""Things as Discord writes them: https://discord.com/developers/docs/resources"""

from __future__ import annotations

from tests.platforms.discord.world import DIRECT, PERMISSIONS, THREAD, Channel, Guild, Json, Message, User, World

_GUEST, REPLY = 1 << 4, 19
_NOTHING_OF_A_GUILD = (
    "icon",
    "description",
    "home_header",
    "splash",
    "discovery_splash",
    "banner",
    "application_id",
    "afk_channel_id",
    "system_channel_id",
    "widget_channel_id",
    "vanity_url_code",
    "rules_channel_id",
    "safety_alerts_channel_id",
    "public_updates_channel_id",
    "incidents_data",
)
_JOINED = "2026-01-01T00:00:00+00:00"


def user(one: User) -> Json:
    return {
        "id": one.id,
        "username": one.name.lower().replace(" ", "_"),
        "global_name": None if one.bot else one.name,
        "discriminator": "0001" if one.bot else "0",
        "avatar": None,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
    } | ({"bot": True} if one.bot else {})


def oneself(one: User) -> Json:
    return user(one) | {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}


def member(guild: Guild, one: User, *, whole: bool = True) -> Json:
    body: Json = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": _GUEST if one.guest else 0,
        "joined_at": _JOINED,
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": sorted(guild.members[one.id]),
        "mute": False,
        "deaf": False,
    }
    return body | {"user": user(one)} if whole else body


def channel(one: Channel, world: World) -> Json:
    if one.type == DIRECT:
        assert one.person is not None
        recipients = [user(world.users[one.person])]
        return {"id": one.id, "type": DIRECT, "last_message_id": None, "flags": 0, "recipients": recipients}
    body: Json = {
        "id": one.id,
        "type": one.type,
        "guild_id": one.guild,
        "name": one.name,
        "flags": 0,
        "parent_id": one.parent,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "permissions": str(one.permissions),
    }
    if one.type != THREAD:
        return body | {"position": 0, "nsfw": False, "topic": None, "permission_overwrites": []}
    return body | {
        "owner_id": world.owner.id,
        "message_count": len(one.messages),
        "member_count": 1,
        "total_message_sent": len(one.messages),
        "thread_metadata": {
            "archived": False,
            "archive_timestamp": _JOINED,
            "auto_archive_duration": 10080,
            "locked": False,
            "create_timestamp": _JOINED,
        },
    }


def role(number: str, name: str, position: int) -> Json:
    return {
        "id": number,
        "name": name,
        "permissions": str(sum(PERMISSIONS.values())),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
        "description": None,
    }


def guild(one: Guild) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "owner_id": one.owner,
        "roles": [role(number, name, place) for place, (number, name) in enumerate(one.roles.items())],
        "preferred_locale": "en-US",
        "region": "deprecated",
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 1,
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "features": [],
        **dict.fromkeys(_NOTHING_OF_A_GUILD),
    }


def guild_create(one: Guild, world: World) -> Json:
    """What the Gateway tells of a guild: https://discord.com/developers/docs/events/gateway-events#guild-create"""
    here = [other for other in world.channels.values() if other.guild == one.id]
    inside = [other for other in here if "view_channel" not in other.denied]
    return guild(one) | {
        "joined_at": _JOINED,
        "large": False,
        "unavailable": False,
        "member_count": len(one.members),
        "voice_states": [],
        "members": [member(one, world.bot)],
        "channels": [channel(other, world) for other in inside if other.type != THREAD],
        "threads": [channel(other, world) for other in inside if other.type == THREAD],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application(world: World, name: str) -> Json:
    return {
        "id": world.application,
        "name": name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(world.bot),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(world.owner),
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "tags": [],
    }


def message(one: Message, world: World) -> Json:
    body: Json = {
        "id": one.id,
        "type": one.type,
        "channel_id": one.channel,
        "author": user(world.users[one.author]),
        "content": one.content,
        "embeds": [{"type": "rich", **embed} for embed in one.embeds],
        "components": one.components,
        "attachments": one.attachments,
        "mentions": [user(world.users[number]) for number in one.mentions],
        "mention_roles": one.mention_roles,
        "mention_everyone": one.mention_everyone,
        "timestamp": one.timestamp,
        "edited_timestamp": one.edited,
        "flags": one.flags,
        "pinned": False,
        "tts": False,
    }
    if one.nonce is not None:
        body["nonce"] = one.nonce
    if one.webhook is not None:
        body |= {"webhook_id": one.webhook, "application_id": world.application}
    if one.interaction is not None:
        body["interaction_metadata"] = one.interaction
    if one.reply_to is not None:
        body["message_reference"] = {"type": 0, "channel_id": one.channel, "message_id": one.reply_to}
    return body


def event_message(one: Message, world: World) -> Json:
    """A message as the Gateway sends it: with the guild and the author's membership."""
    body = message(one, world)
    place = world.channels[one.channel].guild
    body["channel_type"] = world.channels[one.channel].type
    if place is not None:
        inside = world.guilds[place]
        body["guild_id"] = place
        if one.author in inside.members and one.webhook is None:
            body["member"] = member(inside, world.users[one.author], whole=False)
    if one.type == REPLY and one.reply_to is not None:
        answered = world.message(one.channel, one.reply_to)
        body["referenced_message"] = message(answered, world) if answered else None
    return body
