"""What Slack sends to an app: https://docs.slack.dev/reference/interaction-payloads and …/apis/events-api."""

from __future__ import annotations

from tests.platforms.slack.reading import Pressable, initial, inputs, is_tick
from tests.platforms.slack.world import Channel, Json, Message, Team, User, View, World

VERIFICATION = "deprecated-verification-token"


def _who(world: World, user: User, team: Team) -> Json:
    """Where and who: `team` is the workspace in which it was done, `user.team_id` the one they belong to."""
    name = user.name.lower().replace(" ", "")
    return {
        "team": {"id": team.id, "domain": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user.id, "username": name, "name": name, "team_id": user.team},
        "api_app_id": world.app_id,
        "token": VERIFICATION,
    }


def channel_name(channel: Channel) -> str:
    return {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)


def block_actions(
    world: World, user: User, message: Message, pressed: Pressable, trigger: str, response_url: str, action_ts: str
) -> Json:
    """A press on a message. Of an ephemeral one the payload does not hold the message itself."""
    channel = world.channels[message.channel]
    container: Json = {
        "type": "message" if pressed.attachment is None else "message_attachment",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.only_for is not None,
    }
    if pressed.attachment is not None:
        container |= {"attachment_id": pressed.attachment, "is_app_unfurl": False}
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    shown = {} if message.only_for else {"message": world.public_message(message)}
    return {
        "type": "block_actions",
        **_who(world, user, world.teams[channel.team]),
        "container": container,
        "trigger_id": trigger,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        **shown,
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [{**pressed.action, "action_ts": action_ts}],
    }


def view_actions(world: World, view: View, pressed: Pressable, trigger: str, action_ts: str) -> Json:
    """A press inside a modal."""
    return {
        "type": "block_actions",
        **_who(world, world.users[view.user], world.teams[view.team]),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger,
        "view": _with_state(world, view),
        "actions": [{**pressed.action, "action_ts": action_ts}],
    }


def view_submission(world: World, view: View, trigger: str) -> Json:
    return {
        "type": "view_submission",
        **_who(world, world.users[view.user], world.teams[view.team]),
        "trigger_id": trigger,
        "view": _with_state(world, view),
        "response_urls": [],
    }


def view_closed(world: World, view: View, cleared: bool) -> Json:
    who = _who(world, world.users[view.user], world.teams[view.team])
    return {"type": "view_closed", **who, "view": _with_state(world, view), "is_cleared": cleared}


def slash_command(world: World, user: User, channel: Channel, text: str, trigger: str, response_url: str) -> Json:
    team = world.teams[user.team if user.team in world.teams else channel.team]
    return {
        "token": VERIFICATION,
        "team_id": team.id,
        "team_domain": team.name,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name.lower().replace(" ", ""),
        "command": "/placet",
        "text": text,
        "api_app_id": world.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }


def event_callback(world: World, team: Team, event: Json) -> Json:
    return {
        "token": VERIFICATION,
        "team_id": team.id,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": world.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": world.id("Ev"),
        "event_time": int(world.clock.now().timestamp()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team.id,
                "user_id": team.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": world.id("4-"),
    }


def _with_state(world: World, view: View) -> Json:
    values = {
        block["block_id"]: {
            block["element"]["action_id"]: state(
                block["element"], view.values.get(block["block_id"], initial(block["element"]))
            )
        }
        for block in inputs(view)
    }
    return world.public_view(view) | {"state": {"values": values}}


def state(element: Json, shown: str) -> Json:
    """What an input holds, as the payload of a submission says it; `shown` is what is read in it."""
    kind = element["type"]
    if is_tick(element):
        return {"type": kind, "selected_options": element["options"] if shown == "yes" else []}
    if "options" in element:
        chosen = [option for option in element["options"] if option["text"]["text"] in shown.split(", ")]
        if kind in ("checkboxes", "multi_static_select"):
            return {"type": kind, "selected_options": chosen}
        exact = next((option for option in element["options"] if option["text"]["text"] == shown), None)
        return {"type": kind, "selected_option": exact}
    if kind == "datepicker":
        return {"type": kind, "selected_date": shown or None}
    if kind == "timepicker":
        return {"type": kind, "selected_time": shown or None}
    return {"type": kind, "value": shown or None}
