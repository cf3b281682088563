"""What people do, on the server's own loop: each act is the payload of Slack and ends with what they see."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from tests.platforms.hands import FormShown, Reaction, Shown
from tests.platforms.slack import payloads
from tests.platforms.slack.chat_methods import by_person, remove
from tests.platforms.slack.errors import SlackError
from tests.platforms.slack.events import Events
from tests.platforms.slack.filling import fill_in
from tests.platforms.slack.reading import Pressable, escape, pressables, show, show_form
from tests.platforms.slack.responses import offer, place
from tests.platforms.slack.scene import Scene
from tests.platforms.slack.socket_mode import Ack, SocketMode
from tests.platforms.slack.view_methods import answered, close
from tests.platforms.slack.world import Channel, Message, View


class People:
    """Quiet and patience are seconds on the wall: how still it must be for an act to count as settled."""

    def __init__(self, scene: Scene, socket: SocketMode, events: Events) -> None:
        self._scene, self._socket, self._events = scene, socket, events
        self._world = scene.world
        self.base_url = ""
        self.quiet, self.patience = 0.08, 0.3

    # Acts

    async def press(self, user: str, shown: Shown, label: str) -> Reaction:
        message = self._message(user, shown)
        return await self._press(user, message, self._pressable(message, label))

    async def send_token(self, user: str, shown: Shown, token: str) -> Reaction:
        """A press that says something else than any button: with the name of a button that was there."""
        message = self._message(user, shown)
        versions = [(message.blocks, message.attachments), *reversed(message.versions)]
        buttons = [one for blocks, attached in versions for one in pressables(blocks, attached)]
        button = next((one for one in buttons if one.action["type"] == "button"), None)
        if button is None:
            raise LookupError("there never was a button on this message")
        carries_value = "value" in button.action
        forged = button.action | ({"value": token} if carries_value else {"action_id": token})
        return await self._press(user, message, Pressable("", token, button.block_id, forged, button.attachment))

    async def _press(self, user: str, message: Message, pressed: Pressable) -> Reaction:
        world = self._world
        since = world.changes
        channel = world.channels[message.channel]
        url = offer(self._scene, self.base_url, "actions", user, channel.id, message)
        payload = payloads.block_actions(
            world, world.users[user], message, pressed, world.trigger(user, channel.team), url, world.ts()
        )
        return await self._settled(user, await self._socket.deliver("interactive", payload), since)

    async def press_form(self, user: str, form: FormShown, label: str) -> Reaction:
        """Press a button or choose from a menu inside a modal."""
        world, view = self._world, self._view(user, form)
        since = world.changes
        pressed = next((one for one in pressables(view.body["blocks"], []) if one.label == label), None)
        if pressed is None:
            raise LookupError(f"no {label!r} in the modal")
        payload = payloads.view_actions(world, view, pressed, world.trigger(user, view.team, view.id), world.ts())
        return await self._settled(user, await self._socket.deliver("interactive", payload), since)

    async def fill(self, user: str, form: FormShown, values: Mapping[str, str]) -> Reaction:
        world, view = self._world, self._view(user, form)
        since = world.changes
        if not fill_in(view, values):
            # The client itself refuses: nothing is sent.
            return Reaction(0.0, form=show_form(world, view))
        payload = payloads.view_submission(world, view, world.trigger(user, view.team, view.id))
        ack = await self._socket.deliver("interactive", payload)
        if ack.after is not None:
            answered(self._scene, view, ack.payload)
        return await self._settled(user, ack, since)

    async def dismiss(self, user: str, form: FormShown, whole_stack: bool = False) -> Reaction:
        """Close a modal by hand."""
        world, view = self._world, self._view(user, form)
        since = world.changes
        close(self._scene, view, whole_stack)
        if not view.body.get("notify_on_close"):
            return Reaction(0.0)
        payload = payloads.view_closed(world, view, whole_stack)
        return await self._settled(user, await self._socket.deliver("interactive", payload), since)

    async def command(self, user: str, chat: str, text: str) -> Reaction:
        world, channel = self._world, self._there(user, chat)
        since = world.changes
        url = offer(self._scene, self.base_url, "commands", user, channel.id, None)
        trigger = world.trigger(user, channel.team)
        payload = payloads.slash_command(world, world.users[user], channel, escape(text), trigger, url)
        ack = await self._socket.deliver("slash_commands", payload)
        if isinstance(ack.payload, dict) and ack.payload:
            answer = world.response_urls[url.removeprefix(f"{self.base_url}/")]
            try:
                place(self._scene, answer, ack.payload)
            except SlackError as problem:
                self._scene.note(f"answer to the slash command: invalid_command_response, {problem}")
        return await self._settled(user, ack, since)

    async def say(self, user: str, chat: str, text: str, reply_to: Shown | None) -> Reaction:
        channel = self._there(user, chat)
        thread = (reply_to.reply_to or reply_to.id) if reply_to else None
        self._events.sent = []
        by_person(self._scene, channel, user, text, thread)
        since, sent = self._world.changes, self._events.sent
        acks = [await one for one in sent]
        taken = [ack.after for ack in acks if ack.after is not None]
        after = max(taken) if taken and len(taken) == len(acks) else None
        return await self._settled(user, Ack(after if acks else 0.0), since)

    def delete(self, shown: Shown) -> None:
        remove(self._scene, self._message(shown.only_for, shown))

    def reload(self, user: str) -> None:
        """Start the client anew: what only this user saw, and every open modal, is gone."""
        for channel in self._world.channels.values():
            for message in channel.messages:
                if message.only_for == user and not message.deleted:
                    remove(self._scene, message)
        self._world.stacks.pop(user, None)

    # What they see

    def messages(self, chat: str, user: str | None) -> list[Shown]:
        channel = self._world.channels[chat]
        return [show(self._world, message) for message in self._world.visible(channel, user)]

    def form(self, user: str) -> FormShown | None:
        stack = self._world.stacks.get(user)
        return show_form(self._world, stack[-1]) if stack else None

    async def _settled(self, user: str, ack: Ack, since: int) -> Reaction:
        """Wait until nothing more comes of it, and gather what came."""
        began = time.monotonic()
        while ack.after is not None:
            await asyncio.sleep(0.005)
            now = time.monotonic()
            still = now - max(began, self._scene.active_at)
            needed = self.quiet if self._world.changes != since else self.patience
            if (still >= needed and not self._scene.busy) or now - began > 4 * self.patience:
                break
        world = self._world
        stack = world.stacks.get(user) or []
        form = show_form(world, stack[-1]) if stack and stack[-1].touched > since else None
        changed = [
            message
            for channel in world.channels.values()
            if user in channel.members
            for message in world.visible(channel, user)
            if message.touched > since and message.user != user
        ]
        shown = tuple(show(world, message) for message in sorted(changed, key=lambda one: one.ts))
        return Reaction(ack.after, form=form, messages=shown)

    # What they mean

    def _there(self, user: str, chat: str) -> Channel:
        channel = self._world.channels[chat]
        if user not in channel.members or channel.archived:
            raise LookupError(f"{user} is not in {chat}")
        return channel

    def _message(self, user: str | None, shown: Shown) -> Message:
        channel = self._there(user, shown.chat) if user else self._world.channels[shown.chat]
        found = next((one for one in self._world.visible(channel, user) if one.ts == shown.id), None)
        if found is None:
            raise LookupError(f"{user} sees no message {shown.id} in {shown.chat}")
        return found

    def _pressable(self, message: Message, label: str) -> Pressable:
        """A button of this label, also of a version that has been edited meanwhile: an eye is slower than a wire."""
        for blocks, attached in [(message.blocks, message.attachments), *reversed(message.versions)]:
            for one in pressables(blocks, attached):
                if one.label == label:
                    return one
        offered = [one.label for one in pressables(message.blocks, message.attachments)]
        raise LookupError(f"no button {label!r} on {message.ts}; there are {offered}")

    def _view(self, user: str, form: FormShown) -> View:
        stack = self._world.stacks.get(user) or []
        if not stack or stack[-1].id != form.id:
            raise LookupError(f"{form.title!r} is not what {user} has before them")
        return stack[-1]
