"""What people do, as events of the Gateway, and how they wait for what comes of it. Runs on the server's loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from tests.platforms.discord import eyes, wire
from tests.platforms.discord.command_line import CommandLine
from tests.platforms.discord.gateway import Gateway, Listener
from tests.platforms.discord.interactions import (
    COMMAND,
    COMPONENT,
    DEFER,
    FIRST_ANSWER,
    MODAL,
    SUBMIT,
    TOKEN_LIVES,
    Interaction,
    Interactions,
)
from tests.platforms.discord.message_rules import LARGEST_FILE
from tests.platforms.discord.rest import Rest
from tests.platforms.discord.world import PERMISSIONS, Json, Message, World
from tests.platforms.hands import FormShown, Reaction, Shown

_LOOK_AGAIN = 0.005
# On the wall: how long nothing must have come over the API until what came is taken for all there is.
_QUIET, _QUIET_AFTER_NOTHING, _PATIENCE = 0.12, 0.3, 0.4
_UNTIL_OFFERED = 5.0


class People:
    def __init__(
        self, world: World, gateway: Gateway, interactions: Interactions, rest: Rest, commands: dict[str, list[Json]]
    ) -> None:
        self._world = world
        self._gateway = gateway
        self._interactions = interactions
        self._rest = rest
        self._commands = commands

    # Looking

    def visible(self, channel: str, user: str | None) -> list[Message]:
        found = self._world.channels[channel].messages.values()
        return [one for one in found if one.only_for is None or one.only_for == user]

    # Acting

    async def press(self, user: str, at: Shown, label: str) -> Reaction:
        standing = self._world.message(at.chat, at.id)
        if standing is not None:
            for one in eyes.pressables(standing):
                if one.label == label:
                    return await self._use(user, standing, one.data)
        if label not in at.buttons:
            raise LookupError(f"no button {label!r} on {at}")
        if standing is None:
            return Reaction(None)
        # The message has just changed under the finger: what was seen is what is sent.
        token = at.tokens[at.buttons.index(label)]
        return await self._use(user, standing, {"id": 2, "component_type": 2, "custom_id": token})

    async def send_token(self, user: str, at: Shown, token: str) -> Reaction:
        standing = self._world.message(at.chat, at.id)
        if standing is None:
            return Reaction(None)
        return await self._use(user, standing, {"id": 2, "component_type": 2, "custom_id": token})

    async def _use(self, user: str, standing: Message, data: Json) -> Reaction:
        if standing.only_for not in (None, user) or not self._world.sees(user, self._world.channels[standing.channel]):
            raise LookupError(f"{user} does not see this message")
        begun = self._interactions.begin(COMPONENT, user, standing.channel, standing.id)
        return await self._interact(begun, data)

    async def fill(self, user: str, form: FormShown, values: Mapping[str, str]) -> Reaction:
        behind = self._interactions.known[form.id]
        assert behind.modal is not None, "no form stands open"
        assert behind.user == user, "another user's form"
        labels = [label for label, _ in eyes.inputs(behind.modal)]
        if strangers := set(values) - set(labels):
            raise LookupError(f"the form has no field {strangers}, but {labels}")
        errors: dict[str, str] = {}

        def answer(label: str, one: Json) -> Json:
            sent, fault = eyes.filled(one, values.get(label))
            if fault:
                errors[label] = fault
            return sent

        components: list[Json] = []
        for one in behind.modal["components"]:
            head: Json = {"type": one["type"], "id": one["id"]}
            if one["type"] == 1:
                inner = one["components"][0]
                head["components"] = [answer(inner["label"], inner)]
            elif one["type"] == 18:
                head["component"] = answer(one["label"], one["component"])
            components.append(head)
        if errors:
            return Reaction(None, form=eyes.form(behind, self._world, errors))
        begun = self._interactions.begin(SUBMIT, user, behind.channel, behind.message)
        return await self._interact(begun, {"custom_id": behind.modal["custom_id"], "components": components})

    async def command(self, user: str, channel: str, text: str) -> Reaction:
        place = self._world.channels[channel]
        # People wait until their client offers anything: a bot tells of its commands after it has connected.
        until = time.monotonic() + _UNTIL_OFFERED
        while not self._commands and time.monotonic() < until:  # noqa: ASYNC110 - they are the server's to keep
            await asyncio.sleep(0.02)
        line = CommandLine(self._commands, place.guild)
        try:
            data = line.read(text)
        except LookupError as problem:
            return Reaction(None, toast=str(problem))
        return await self._interact(self._interactions.begin(COMMAND, user, channel, None), data)

    async def say(self, user: str, channel: str, text: str, reply_to: Shown | None) -> Reaction:
        before = self._world.changes
        message = self.write(user, channel, text, reply_to)
        self._gateway.publish("MESSAGE_CREATE", lambda one: self._gateway.message_for(one, "MESSAGE_CREATE", message))
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            came = self._came(user, channel, before, of=None)
            if came and self._rest.quiet_for((channel,)) > _QUIET:
                break
            await asyncio.sleep(_LOOK_AGAIN)
        return Reaction(0.0, messages=self._came(user, channel, before, of=None))

    def write(self, user: str, channel: str, text: str, reply_to: Shown | None) -> Message:
        """A person's message, standing in the channel and told to nobody yet."""
        world = self._world
        mentioned = [one for one in world.users if f"<@{one}>" in text]
        replied = world.message(reply_to.chat, reply_to.id) if reply_to else None
        if replied is not None and replied.author not in mentioned:
            mentioned.append(replied.author)
        made = Message(
            id=world.snowflake(),
            channel=channel,
            author=user,
            at=world.clock.time(),
            timestamp=world.timestamp(),
            content=text,
            mentions=mentioned,
            type=19 if reply_to else 0,
            reply_to=reply_to.id if reply_to else None,
        )
        return world.keep(made)

    # Interactions

    async def _interact(self, begun: Interaction, data: Json) -> Reaction:
        before = self._world.changes
        body = self._payload(begun, data)

        def for_listener(listener: Listener) -> Json:
            return body

        self._gateway.publish("INTERACTION_CREATE", for_listener, begun)
        clock = self._world.clock
        while begun.answered is None and clock.time() - begun.at <= FIRST_ANSWER:  # noqa: ASYNC110 - by our clock
            await asyncio.sleep(_LOOK_AGAIN)
        if begun.answered is None:
            return Reaction(None, messages=self._came(begun.user, begun.channel, before, of=begun))
        await self._settled(begun, before)
        form = eyes.form(begun, self._world) if begun.answer == MODAL else None
        came = self._came(begun.user, begun.channel, before, of=begun)
        return Reaction(begun.answered - begun.at, form=form, messages=came)

    async def _settled(self, begun: Interaction, before: int) -> None:
        """Wait until no loading state is left and nothing has come for a while."""
        clock = self._world.clock
        keys = (begun.token, begun.channel)
        since = time.monotonic()
        while clock.time() - begun.at <= TOKEN_LIVES:
            original = self._world.message(begun.channel, begun.original) if begun.original else None
            nothing = begun.answer == DEFER and not self._came(begun.user, begun.channel, before, of=begun)
            wanted = _QUIET_AFTER_NOTHING if nothing else _QUIET
            quiet = min(self._rest.quiet_for(keys), time.monotonic() - since)
            if not (original and original.loading) and quiet > wanted:
                return
            await asyncio.sleep(_LOOK_AGAIN)

    def _came(self, user: str, channel: str, before: int, of: Interaction | None) -> tuple[Shown, ...]:
        """What the bot has posted or changed since, that this user sees: here and in the chat with the bot alone."""
        places = [self._world.channels[channel]]
        places += [one for one in self._world.channels.values() if one.person == user and one.id != channel]
        found = [
            one
            for place in places
            for one in place.messages.values()
            if one.changed > before
            and one.author == self._world.bot.id
            and one.only_for in (None, user)
            # The answer to another interaction is not this one's doing.
            and (one.interaction is None or of is None or one.id == of.message or one.interaction["id"] == of.id)
        ]
        return tuple(eyes.shown(one, self._world) for one in found)

    def _payload(self, begun: Interaction, data: Json) -> Json:
        """https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object"""
        world = self._world
        place = world.channels[begun.channel]
        body: Json = {
            "id": begun.id,
            "application_id": world.application,
            "type": begun.type,
            "data": data,
            "channel": wire.channel(place, world),
            "channel_id": place.id,
            "token": begun.token,
            "version": 1,
            "app_permissions": str(place.permissions),
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": LARGEST_FILE,
            "authorizing_integration_owners": {"0": place.guild or "0"},
            "context": 0 if place.guild else 1,
        }
        if begun.message is not None and (standing := world.message(place.id, begun.message)) is not None:
            body["message"] = wire.message(standing, world)
        person = world.users[begun.user]
        if place.guild is None:
            return body | {"user": wire.user(person)}
        guild = world.guilds[place.guild]
        inside = wire.member(guild, person) | {"permissions": str(sum(PERMISSIONS.values()))}
        return body | {
            "guild_id": guild.id,
            "guild_locale": "en-US",
            "guild": {"id": guild.id, "locale": "en-US", "features": []},
            "member": inside,
        }

    def remove(self, shown: Shown) -> Any:
        """A message is deleted by hand."""
        message = self._world.message(shown.chat, shown.id)
        if message is None:
            raise LookupError("the message is gone already")
        self._world.forget(message)
        if message.only_for is None:
            self._gateway.publish(
                "MESSAGE_DELETE", lambda one: self._gateway.message_for(one, "MESSAGE_DELETE", message)
            )
