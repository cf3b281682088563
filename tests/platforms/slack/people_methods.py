"""auth.test, users.*, team.* and conversations.*: who is there, and what was said."""

from __future__ import annotations

from tests.platforms.slack.call import Call
from tests.platforms.slack.errors import SlackError, needs
from tests.platforms.slack.scene import Scene, channel_of, person_of
from tests.platforms.slack.world import Channel, Json, Message, User


def api_test(scene: Scene, call: Call) -> Json:
    return {"ok": True, "args": call.asked}


def auth_test(scene: Scene, call: Call) -> Json:
    team = call.team
    return {
        "ok": True,
        "url": f"https://{team.name}.slack.com/",
        "team": team.name,
        "user": scene.world.users[team.bot_user].name,
        "team_id": team.id,
        "user_id": team.bot_user,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
    }


def team_info(scene: Scene, call: Call) -> Json:
    return {"ok": True, "team": {"id": call.team.id, "name": call.team.name, "domain": call.team.name}}


def users_info(scene: Scene, call: Call) -> Json:
    needs(call.asked, "user")
    return {"ok": True, "user": public_user(person_of(scene, call.team, call.asked["user"]))}


def public_user(user: User) -> Json:
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "real_name": user.name,
        "deleted": user.deleted,
        "tz": user.tz,
        "is_bot": user.bot,
        "is_restricted": user.guest,
        "is_ultra_restricted": False,
        "profile": {"display_name": user.name, "real_name": user.name, "team": user.team},
    }


def public_channel(channel: Channel, bot: str) -> Json:
    body: Json = {
        "id": channel.id,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_private": channel.kind != "channel",
        "is_archived": channel.archived,
        "is_ext_shared": False,
        "context_team_id": channel.team,
    }
    if channel.kind == "im":
        return body | {"user": next(iter(channel.members - {bot}))}
    return body | {"name": channel.name, "is_member": bot in channel.members}


def conversations_open(scene: Scene, call: Call) -> Json:
    asked = call.asked
    if asked.get("channel"):
        return {"ok": True, "channel": {"id": channel_of(scene, call.team, asked["channel"]).id}}
    names = str(asked.get("users") or "").split(",")
    if names == [""]:
        raise SlackError("users_list_not_supplied")
    if len(names) > 1:
        # Groups of several people need mpim:write, which this app does not have.
        raise SlackError("missing_scope", needed="mpim:write", provided=",".join(sorted(call.team.scopes)))
    user = person_of(scene, call.team, names[0])
    if user.deleted:
        raise SlackError("user_disabled")
    known = {one.id for one in scene.world.channels.values()}
    channel = scene.world.direct(user.id)
    body: Json = {"id": channel.id}
    if call.flag("return_im"):
        body = public_channel(channel, call.team.bot_user)
    again = {"no_op": True, "already_open": True} if channel.id in known else {}
    return {"ok": True, **again, "channel": body}


def conversations_info(scene: Scene, call: Call) -> Json:
    needs(call.asked, "channel")
    channel = channel_of(scene, call.team, call.asked["channel"], member=False)
    return {"ok": True, "channel": public_channel(channel, call.team.bot_user)}


def conversations_members(scene: Scene, call: Call) -> Json:
    needs(call.asked, "channel")
    channel = channel_of(scene, call.team, call.asked["channel"], member=False)
    return {"ok": True, "members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


def conversations_list(scene: Scene, call: Call) -> Json:
    bot = call.team.bot_user
    found = [one for one in scene.world.channels.values() if one.team == call.team.id and one.kind == "channel"]
    channels = [public_channel(one, bot) for one in found]
    return {"ok": True, "channels": channels, "response_metadata": {"next_cursor": ""}}


def conversations_history(scene: Scene, call: Call) -> Json:
    needs(call.asked, "channel")
    channel = channel_of(scene, call.team, call.asked["channel"])
    found = [one for one in scene.world.visible(channel, None) if one.thread_ts in (None, one.ts)]
    return _page(scene, call, found[::-1])


def conversations_replies(scene: Scene, call: Call) -> Json:
    needs(call.asked, "channel", "ts")
    channel = channel_of(scene, call.team, call.asked["channel"])
    ts = str(call.asked["ts"])
    if scene.world.message(channel.id, ts) is None:
        raise SlackError("thread_not_found")
    return _page(scene, call, [one for one in scene.world.visible(channel, None) if ts in (one.ts, one.thread_ts)])


def _page(scene: Scene, call: Call, found: list[Message]) -> Json:
    asked = call.asked
    limit = int(asked.get("limit", 100))
    if not 1 <= limit <= 999:
        raise SlackError("invalid_limit")
    inclusive = call.flag("inclusive")
    oldest, latest = str(asked.get("oldest", "0")), str(asked.get("latest", "99999999999"))
    inside = [
        one
        for one in found
        if float(oldest) < float(one.ts) < float(latest) or (inclusive and one.ts in (oldest, latest))
    ]
    start = int(asked.get("cursor") or 0)
    page, more = inside[start : start + limit], start + limit < len(inside)
    return {
        "ok": True,
        "messages": [scene.world.public_message(one, call.flag("include_all_metadata")) for one in page],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }
