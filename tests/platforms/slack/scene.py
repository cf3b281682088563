"""What the methods act on: the world, the rules that a test has set, and where what they cause is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.pictures import size_of
from tests.platforms.slack.errors import SlackError
from tests.platforms.slack.reading import calls, links, written
from tests.platforms.slack.world import Channel, Json, Message, Team, User, World


@dataclass
class Scene:
    world: World
    emit: Callable[[str, Json], None]
    """Send an event of a team to the app, if it has subscribed to such."""
    violations: list[str] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    """Whom messages of the app have notified by markup: `!channel`, `@U…`."""
    unfurls: list[str] = field(default_factory=list)
    """Addresses in messages of the app that Slack went to look at."""
    edit_window: float | None = None
    """Seconds after which the workspace lets nobody edit a message."""
    messages_tab: bool = True
    processing: float = 0.3
    """Seconds until an uploaded picture can stand in a block. Known from reports alone."""
    busy: int = 0
    """Calls that are being answered at this moment."""
    active_at: float = 0.0
    """When the latest call was answered, on the wall (`time.monotonic`)."""
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    """What goes on after a call was answered."""

    def note(self, line: str) -> None:
        self.violations.append(line)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something go on by itself."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def file_ready(self, file: str) -> bool:
        """Whether a picture was uploaded and looked through, so that a block may show it."""
        found = self.world.files.get(file)
        if found is None or found.ready_at is None or size_of(found.content or b"") is None:
            return False
        return self.world.clock.time() >= found.ready_at

    def being_looked_at(self, blocks: list[Json]) -> bool:
        """Whether a block shows a picture that is only not ready yet: what nobody but Slack can know."""
        files = [self.world.files.get(str((block.get("slack_file") or {}).get("id"))) for block in blocks]
        return any(
            file is not None and file.ready_at is not None and self.world.clock.time() < file.ready_at for file in files
        )

    def hear(self, message: Message, unfurl: bool, link_names: bool = False) -> None:
        """Note whom a message calls and what it would unfold."""
        for text in written(message):
            self.pings += calls(text)
            if link_names and "@" in text:
                self.pings.append(text)
            if unfurl:
                self.unfurls += links(text)


def channel_of(scene: Scene, team: Team, name: object, *, member: bool = True) -> Channel:
    """The conversation, if the bot of this team may know of it; with `member`, if it is in it."""
    world = scene.world
    text = str(name or "")
    user = world.users.get(text)
    if user is not None:
        channel = world.direct(person_of(scene, team, text).id)
    else:
        found = world.channels.get(text)
        inside = found is not None and team.bot_user in found.members
        if found is None or (found.team != team.id and not inside) or (found.kind != "channel" and not inside):
            raise SlackError("channel_not_found")
        channel = found
    if member and team.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def person_of(scene: Scene, team: Team, name: object) -> User:
    """Somebody whom this team knows: its own people, and those with whom it shares a conversation."""
    user = scene.world.users.get(str(name or ""))
    shared = user is not None and any(
        {user.id, team.bot_user} <= channel.members for channel in scene.world.channels.values()
    )
    if user is None or (user.team != team.id and not shared):
        raise SlackError("user_not_found")
    return user


def writable(scene: Scene, channel: Channel) -> None:
    """Refuse where nobody, or no app, may write."""
    if channel.archived:
        raise SlackError("is_archived")
    if channel.read_only:
        raise SlackError("restricted_action")
    if channel.kind == "im" and not scene.messages_tab:
        raise SlackError("messages_tab_disabled")


def thread_of(scene: Scene, channel: Channel, thread_ts: object) -> Message | None:
    """The message that a thread begins with."""
    if not thread_ts:
        return None
    parent = scene.world.message(channel.id, str(thread_ts))
    if parent is None:
        raise SlackError("thread_not_found")
    if parent.thread_ts and parent.thread_ts != parent.ts:
        scene.note(f"thread_ts {parent.ts} is a reply, not the message that its thread begins with")
        return scene.world.message(channel.id, parent.thread_ts)
    return parent
