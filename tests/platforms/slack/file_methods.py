"""Uploading in three steps: an address, the bytes, and where the file is to be shown.

https://docs.slack.dev/messaging/working-with-files#upload. Showing it is asynchronous, as it is with Slack.
"""

from __future__ import annotations

from tests.platforms.pictures import size_of
from tests.platforms.slack.call import Call
from tests.platforms.slack.chat_methods import add
from tests.platforms.slack.errors import SlackError, needs
from tests.platforms.slack.scene import Scene, channel_of, thread_of, writable
from tests.platforms.slack.world import Channel, File, Json, Message


def upload_url(scene: Scene, call: Call) -> Json:
    needs(call.asked, "filename", "length")
    try:
        length = int(call.asked["length"])
    except ValueError as problem:
        raise SlackError("invalid_arguments", ["length must be a number"]) from problem
    if length <= 0:
        raise SlackError("invalid_arguments", ["length must be positive"])
    file = File(scene.world.id("F"), str(call.asked["filename"]), length)
    scene.world.files[file.id] = file
    return {"ok": True, "upload_url": f"{call.base_url}/upload/v1/{file.id}", "file_id": file.id}


def take_bytes(scene: Scene, file_id: str, content: bytes) -> str:
    """The second step, which carries no token."""
    file = scene.world.files.get(file_id)
    if file is None or file.content is not None:
        raise SlackError("file_not_found")
    if len(content) != file.length:
        raise SlackError("invalid_arguments", [f"{len(content)} bytes where {file.length} were announced"])
    file.content = content
    if file.name.endswith(".png") and size_of(content) is None:
        scene.note(f"upload: {file.name} is no picture")
    return f"OK - {len(content)}"


def complete(scene: Scene, call: Call) -> Json:
    needs(call.asked, "files")
    asked, world = call.asked, scene.world
    files = asked["files"]
    if not isinstance(files, list) or not files:
        raise SlackError("invalid_arguments", ["files must be an array"])
    done: list[Json] = []
    for one in files:
        file = world.files.get(str(one.get("id")))
        if file is None or file.content is None or file.ready_at is not None:
            raise SlackError("file_not_found")
        done.append({"id": file.id, "title": one.get("title", file.name)})
    channels = [name for name in (asked.get("channel_id"), *str(asked.get("channels") or "").split(",")) if name]
    places = []
    for name in channels:
        if not str(name).startswith(("C", "G", "D")):
            raise SlackError("invalid_channel", [f"{name} is no channel ID"])
        channel = channel_of(scene, call.team, name)
        writable(scene, channel)
        thread_of(scene, channel, asked.get("thread_ts"))
        places.append(channel)
    for one in done:
        world.files[one["id"]].ready_at = world.clock.time() + scene.processing
    for channel in places:
        scene.later(_share(scene, call, channel, done))
    return {"ok": True, "files": done}


async def _share(scene: Scene, call: Call, channel: Channel, files: list[Json]) -> None:
    """Let the files appear, a while after the call was answered without a `ts`."""
    world = scene.world
    await world.clock.sleep(scene.processing)
    text = str(call.asked.get("initial_comment") or "")
    message = Message(channel.id, world.ts(), call.team.bot_user, world.clock.time(), text, files=files)
    message.thread_ts = call.asked.get("thread_ts")
    add(scene, channel, message)
    scene.hear(message, unfurl=True)
