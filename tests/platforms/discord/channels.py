"""The calls that need the bot's token: who am I, guilds, channels, messages, commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.platforms.discord import wire
from tests.platforms.discord.errors import Refused, invalid
from tests.platforms.discord.message_rules import COMPONENTS_V2, SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS
from tests.platforms.discord.posting import Posting
from tests.platforms.discord.rates import Rates
from tests.platforms.discord.rest import Ask, Route
from tests.platforms.discord.world import THREAD, Channel, Guild, Json, Message, World

# "The past few minutes": nobody says how many. https://discord.com/developers/docs/resources/message#create-message
NONCE_LIVES = 120.0
_COMMAND_NAME = re.compile(r"[-_\w]{1,32}")
_ON_CREATE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2


_UNSAID: Json = {"default_member_permissions": None, "nsfw": False, "integration_types": [0], "contexts": None}


class Channels:
    def __init__(self, world: World, posting: Posting, rates: Rates, gateway: Callable[[], str]) -> None:
        self._world = world
        self._posting = posting
        self._rates = rates
        self._gateway = gateway
        self._nonces: dict[str | int, tuple[float, str, str]] = {}
        self.commands: dict[str, list[Json]] = {}
        """By guild; the global ones under no name."""

    def routes(self) -> list[Route]:
        messages, one = "/channels/{channel_id}/messages", "/channels/{channel_id}/messages/{message_id}"
        commands, inside = "/applications/{application_id}/commands", "/guilds/{guild_id}"
        there = "/applications/{application_id}/guilds/{guild_id}/commands"
        return [
            Route("GET", "/gateway", "get_gateway", lambda ask: (200, {"url": self._gateway()}), public=True),
            Route("GET", "/gateway/bot", "get_bot_gateway", self.get_bot_gateway),
            Route("GET", "/users/@me", "get_my_user", lambda ask: (200, wire.oneself(self._world.bot))),
            Route("GET", "/oauth2/applications/@me", "get_my_oauth2_application", self.get_application),
            Route("GET", "/applications/@me", "get_my_application", self.get_application),
            Route("POST", "/users/@me/channels", "create_dm", self.create_dm),
            Route("GET", "/users/@me/guilds", "list_my_guilds", self.list_guilds),
            Route("GET", "/users/{user_id}", "get_user", self.get_user),
            Route("GET", inside, "get_guild", lambda ask: (200, wire.guild(self._guild(ask)))),
            Route("GET", f"{inside}/channels", "list_guild_channels", self.list_channels),
            Route("GET", f"{inside}/members/{{user_id}}", "get_guild_member", self.get_member),
            Route("GET", "/channels/{channel_id}", "get_channel", self.get_channel),
            Route("GET", messages, "list_messages", self.list_messages),
            Route("POST", messages, "create_message", self.create_message),
            Route("GET", one, "get_message", lambda ask: (200, self._shown(self._message(ask)))),
            Route("PATCH", one, "update_message", self.update_message),
            Route("DELETE", one, "delete_message", self.delete_message),
            Route("GET", commands, "list_application_commands", self.list_commands),
            Route("PUT", commands, "bulk_set_application_commands", self.set_commands),
            Route("GET", there, "list_guild_application_commands", self.list_commands),
            Route("PUT", there, "bulk_set_guild_application_commands", self.set_commands),
        ]

    def forget(self) -> None:
        self._nonces.clear()

    def _shown(self, message: Message) -> Json:
        return wire.message(message, self._world)

    # Who and where

    def get_bot_gateway(self, ask: Ask) -> tuple[int, Any]:
        starts = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
        return 200, {"url": self._gateway(), "shards": 1, "session_start_limit": starts}

    def get_application(self, ask: Ask) -> tuple[int, Any]:
        return 200, wire.application(self._world, "Placet")

    def get_user(self, ask: Ask) -> tuple[int, Any]:
        user = self._world.users.get(ask.path["user_id"])
        if user is None:
            raise Refused(10013)
        return 200, wire.user(user)

    def create_dm(self, ask: Ask) -> tuple[int, Any]:
        wanted = (ask.body or {}).get("recipient_id")
        user = self._world.users.get(str(wanted))
        if user is None:
            raise invalid("recipient_id", "USER_INVALID", "Invalid recipient.") if wanted else Refused(50035)
        if user.bot:
            raise Refused(50007, blamed=True)
        return 200, wire.channel(self._world.direct(user.id), self._world)

    def list_guilds(self, ask: Ask) -> tuple[int, Any]:
        joined = [guild for guild in self._world.guilds.values() if guild.joined]
        return 200, [
            {"id": one.id, "name": one.name, "icon": None, "banner": None, "owner": False, "permissions": "0"}
            | {"features": []}
            for one in joined
        ]

    def list_channels(self, ask: Ask) -> tuple[int, Any]:
        guild = self._guild(ask)
        inside = [one for one in self._world.channels.values() if one.guild == guild.id and one.type != THREAD]
        return 200, [wire.channel(one, self._world) for one in inside]

    def get_member(self, ask: Ask) -> tuple[int, Any]:
        guild = self._guild(ask)
        if ask.path["user_id"] not in guild.members:
            raise Refused(10007)
        return 200, wire.member(guild, self._world.users[ask.path["user_id"]])

    def _guild(self, ask: Ask) -> Guild:
        guild = self._world.guilds.get(ask.path["guild_id"])
        if guild is None:
            raise Refused(10004)
        if not guild.joined:
            raise Refused(50001)
        return guild

    def get_channel(self, ask: Ask) -> tuple[int, Any]:
        return 200, wire.channel(self._channel(ask), self._world)

    def _channel(self, ask: Ask, *needed: str) -> Channel:
        channel = self._world.channels.get(ask.path["channel_id"])
        if channel is None:
            raise Refused(10003)
        if "view_channel" in channel.denied or (channel.guild and not self._world.guilds[channel.guild].joined):
            raise Refused(50001)
        if missing := set(needed) & channel.denied:
            raise Refused(50013, why=", ".join(sorted(missing)))
        return channel

    def _message(self, ask: Ask) -> Message:
        channel = self._channel(ask)
        message = channel.messages.get(ask.path["message_id"])
        # What only one user sees is reached over the interaction's token alone.
        if message is None or message.only_for is not None:
            raise Refused(10008, why="only over the interaction's token" if message else "", blamed=message is not None)
        return message

    # Messages

    def list_messages(self, ask: Ask) -> tuple[int, Any]:
        channel = self._channel(ask)
        most = int(ask.query.get("limit", "50"))
        if not 1 <= most <= 100:
            raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
        if "read_message_history" in channel.denied:
            return 200, []
        found = [one for one in channel.messages.values() if one.only_for is None]
        found.sort(key=lambda one: int(one.id), reverse="after" not in ask.query)
        if "before" in ask.query:
            found = [one for one in found if int(one.id) < int(ask.query["before"])]
        if "after" in ask.query:
            found = [one for one in found if int(one.id) > int(ask.query["after"])]
        return 200, [self._shown(one) for one in sorted(found[:most], key=lambda one: -int(one.id))]

    def create_message(self, ask: Ask) -> tuple[int, Any]:
        body = ask.body if isinstance(ask.body, dict) else {}
        needed = ["embed_links"] if body.get("embeds") else []
        needed += ["attach_files"] if ask.files else []
        channel = self._channel(ask, "send_messages", *needed)
        if channel.type == THREAD and "send_messages_in_threads" in channel.denied:
            raise Refused(50013, why="send_messages_in_threads")
        if channel.person is not None and not self._world.shares_a_guild(channel.person):
            raise Refused(50007)
        nonce = body.get("nonce")
        if nonce is not None and body.get("enforce_nonce"):
            at, where, known = self._nonces.get(nonce, (-NONCE_LIVES, "", ""))
            if self._world.clock.time() - at < NONCE_LIVES:
                standing = self._world.message(where, known)
                if standing is None:
                    raise Refused(10008, why="the message of this nonce was deleted")
                return 200, self._shown(standing)
        message = self._posting.compose(ask, channel.id, _ON_CREATE, nonce=nonce, **self._reply(body, channel))
        if nonce is not None:
            self._nonces[nonce] = (message.at, channel.id, message.id)
        return 200, self._shown(self._posting.post(message))

    def _reply(self, body: Json, channel: Channel) -> Json:
        reference = body.get("message_reference") or {}
        number = str(reference.get("message_id") or "")
        if not number:
            return {}
        if number not in channel.messages:
            if reference.get("fail_if_not_exists", True):
                raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            return {}
        return {"reply_to": number, "type": 19}

    def update_message(self, ask: Ask) -> tuple[int, Any]:
        message = self._message(ask)
        if message.author != self._world.bot.id:
            raise Refused(50005)
        self._rates.edit_of_old(message.channel, self._world.clock.time() - message.at)
        return 200, self._shown(self._posting.revise(message, ask))

    def delete_message(self, ask: Ask) -> tuple[int, Any]:
        message = self._message(ask)
        if message.author != self._world.bot.id:
            raise Refused(50003) if self._world.channels[message.channel].guild is None else Refused(50013)
        self._posting.remove(message)
        return 204, None

    # Commands

    def _shelf(self, ask: Ask) -> str:
        if ask.path["application_id"] != self._world.application:
            raise Refused(50001, why="not this application", blamed=True)
        return self._guild(ask).id if "guild_id" in ask.path else ""

    def list_commands(self, ask: Ask) -> tuple[int, Any]:
        return 200, self.commands.get(self._shelf(ask), [])

    def set_commands(self, ask: Ask) -> tuple[int, Any]:
        """https://discord.com/developers/docs/interactions/application-commands"""
        shelf = self._shelf(ask)
        wanted = ask.body if isinstance(ask.body, list) else []
        if len({(one.get("name"), one.get("type") or 1) for one in wanted}) < len(wanted) or len(wanted) > 100:
            raise invalid("0.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        for number, one in enumerate(wanted):
            _check_command(one, f"{number}", lone=True)
        known = {one["name"]: one["id"] for one in self.commands.get(shelf, [])}
        self.commands[shelf] = [
            {
                "default_member_permissions": None,
                "nsfw": False,
                "integration_types": [0],
                "contexts": None,
                **_said(one),
            }
            | {"id": known.get(one["name"]) or self._world.snowflake(), "version": self._world.snowflake()}
            | {"application_id": self._world.application, "type": one.get("type") or 1}
            | ({"guild_id": shelf} if shelf else {"dm_permission": True})
            for one in wanted
        ]
        return 200, self.commands[shelf]


def _said(one: Json) -> Json:
    return {name: value for name, value in one.items() if value is not None}


def _check_command(one: Json, where: str, *, lone: bool) -> None:
    name, description = one.get("name") or "", one.get("description") or ""
    if not _COMMAND_NAME.fullmatch(name) or name != name.lower():
        why = "Command name is invalid"
        raise invalid(f"{where}.name", "APPLICATION_COMMAND_INVALID_NAME", why)
    if (not lone or (one.get("type") or 1) == 1) and not 1 <= len(description) <= 100:
        raise invalid(f"{where}.description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    options = one.get("options") or []
    if len(options) > 25 or len({option.get("name") for option in options}) < len(options):
        raise invalid(f"{where}.options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer, with names of their own.")
    needed = [bool(option.get("required")) for option in options]
    if needed != sorted(needed, reverse=True):
        why = "Required options must be placed before non-required options"
        raise invalid(f"{where}.options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", why)
    for number, option in enumerate(options):
        _check_command(option, f"{where}.options.{number}", lone=False)
