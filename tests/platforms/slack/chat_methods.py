"""chat.*: https://docs.slack.dev/reference/methods/chat.postMessage and its neighbours."""

from __future__ import annotations

from tests.platforms.slack.call import Call, text_of
from tests.platforms.slack.content import Content, completed, keeps_state, read_content, unfurl_of
from tests.platforms.slack.errors import SlackError, needs
from tests.platforms.slack.reading import calls, escape
from tests.platforms.slack.scene import Scene, channel_of, person_of, thread_of, writable
from tests.platforms.slack.world import Channel, Json, Message, Team


def post_message(scene: Scene, call: Call) -> Json:
    needs(call.asked, "channel")
    channel = channel_of(scene, call.team, call.asked["channel"])
    writable(scene, channel)
    parent = thread_of(scene, channel, call.asked.get("thread_ts"))
    message = by_bot(scene, call.team, channel, read_content(scene, call.method, call.asked))
    if parent is not None:
        parent.thread_ts = message.thread_ts = parent.ts
    message.unfurl = unfurl_of(call)
    add(scene, channel, message)
    scene.hear(message, message.unfurl, call.flag("link_names") or call.asked.get("parse") == "full")
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": scene.world.public_message(message)}


def post_ephemeral(scene: Scene, call: Call) -> Json:
    needs(call.asked, "channel", "user")
    channel = channel_of(scene, call.team, call.asked["channel"])
    writable(scene, channel)
    user = person_of(scene, call.team, call.asked["user"])
    if user.id not in channel.members:
        raise SlackError("user_not_in_channel")
    parent = thread_of(scene, channel, call.asked.get("thread_ts"))
    message = by_bot(scene, call.team, channel, read_content(scene, call.method, call.asked))
    message.only_for = user.id
    if parent is not None:
        message.thread_ts = parent.ts
        # "Ephemeral messages in threads are only shown if there is already an active thread."
        message.deleted = not any(one.thread_ts == parent.ts and one is not parent for one in channel.messages)
    add(scene, channel, message)
    scene.hear(message, unfurl=False)
    return {"ok": True, "message_ts": message.ts}


def update(scene: Scene, call: Call) -> Json:
    needs(call.asked, "channel", "ts")
    channel = channel_of(scene, call.team, call.asked["channel"])
    if channel.archived:
        raise SlackError("is_inactive")
    message = _own(scene, call, channel, "cant_update_message")
    age = scene.world.clock.time() - message.at
    if scene.edit_window is not None and age > scene.edit_window:
        raise SlackError("edit_window_closed")
    content = read_content(scene, call.method, call.asked)
    if content.blocks and (stale := keeps_state(content.blocks) & keeps_state(message.blocks)):
        scene.note(f"chat.update: block_id {sorted(stale)} used again, so that old choices stay in it")
    change(scene, message, content)
    scene.hear(message, message.unfurl, call.flag("link_names") or call.asked.get("parse") == "full")
    shown = scene.world.public_message(message)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def delete(scene: Scene, call: Call) -> Json:
    needs(call.asked, "channel", "ts")
    channel = channel_of(scene, call.team, call.asked["channel"])
    message = _own(scene, call, channel, "cant_delete_message")
    remove(scene, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def get_permalink(scene: Scene, call: Call) -> Json:
    needs(call.asked, "channel", "message_ts")
    channel = channel_of(scene, call.team, call.asked["channel"], member=False)
    message = scene.world.message(channel.id, text_of(call.asked["message_ts"]))
    if message is None:
        raise SlackError("message_not_found")
    place = f"https://{call.team.name}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"ok": True, "channel": channel.id, "permalink": place}


def _own(scene: Scene, call: Call, channel: Channel, otherwise: str) -> Message:
    message = scene.world.message(channel.id, text_of(call.asked["ts"]))
    if message is None:
        raise SlackError("message_not_found")
    if message.user != call.team.bot_user:
        raise SlackError(otherwise)
    return message


def by_bot(scene: Scene, team: Team, channel: Channel, content: Content) -> Message:
    """A message of the app, that stands nowhere yet."""
    world = scene.world
    made = Message(channel.id, world.ts(), team.bot_user, world.clock.time())
    _put(made, content)
    if not (made.text or made.blocks or made.attachments):
        raise SlackError("no_text")
    return made


def _put(message: Message, content: Content) -> None:
    """What is not given stays as it was."""
    message.text = message.text if content.text is None else content.text
    message.blocks = message.blocks if content.blocks is None else content.blocks
    message.attachments = message.attachments if content.attachments is None else content.attachments
    message.metadata = message.metadata if content.metadata is None else content.metadata or None


def add(scene: Scene, channel: Channel, message: Message) -> None:
    """Let a message stand there, and tell the app of what everybody there sees."""
    channel.messages.append(message)
    scene.world.touch(message)
    if message.only_for is None:
        _tell(scene, channel, scene.world.public_message(message))


def change(scene: Scene, message: Message, content: Content) -> None:
    text, blocks = message.text, message.blocks
    message.remember()
    _put(message, content)
    if not (message.text or message.blocks or message.attachments):
        message.text, message.blocks = text, blocks
        message.versions.pop()
        raise SlackError("no_text")
    message.edits += 1
    scene.world.touch(message)
    if message.only_for is None:
        inner = {"message": scene.world.public_message(message), "hidden": True, "ts": scene.world.ts()}
        _tell(scene, scene.world.channels[message.channel], {"type": "message", "subtype": "message_changed", **inner})


def remove(scene: Scene, message: Message) -> None:
    message.deleted = True
    scene.world.touch(message)
    if message.only_for is None:
        inner = {"deleted_ts": message.ts, "hidden": True, "ts": scene.world.ts()}
        _tell(scene, scene.world.channels[message.channel], {"type": "message", "subtype": "message_deleted", **inner})


def _tell(scene: Scene, channel: Channel, event: Json) -> None:
    kind = {"im": "im", "group": "group", "channel": "channel"}[channel.kind]
    scene.emit(channel.team, event | {"channel": channel.id, "channel_type": kind, "event_ts": event["ts"]})


def by_person(scene: Scene, channel: Channel, user: str, typed: str, thread_ts: str | None) -> Message:
    """A message that somebody types: Slack escapes it, and makes a mention of the app's name."""
    world = scene.world
    bot = world.teams[channel.team].bot_user
    text = escape(typed).replace("@placet", f"<@{bot}>")
    message = Message(channel.id, world.ts(), user, world.clock.time(), text, thread_ts=thread_ts)
    parts = {"type": "rich_text_section", "elements": [{"type": "text", "text": typed}]}
    message.blocks = completed(world, [{"type": "rich_text", "elements": [parts]}])
    if thread_ts and (parent := world.message(channel.id, thread_ts)):
        parent.thread_ts = parent.ts
    add(scene, channel, message)
    if f"@{bot}" in calls(text) and channel.kind != "im":
        event = world.public_message(message) | {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}
        scene.emit(channel.team, event)
    return message
