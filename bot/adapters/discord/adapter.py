"""Discord: one bot, its connection, and the messengers of its chats."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.adapters.discord.answers import Answers
from bot.adapters.discord.check import findings
from bot.adapters.discord.commands import command, is_offered
from bot.adapters.discord.messenger import RATES, DiscordMessenger
from bot.adapters.discord.parse import press_of, tap_of_message
from bot.adapters.discord.render import answer_body, is_empty
from bot.adapters.discord.rest import CLOSED_TO_US, Away, Refusal, Rest
from bot.inflight import InFlight
from bot.pace import Pace, Timer
from core.ports import Finding, Taps
from core.taps import Answer, Tap

NAME = "discord"
_NOT_YET = "Placet is not connected to Discord yet."
_LOST = "The connection to Discord was lost; Placet is connecting again."
_WRONG_TOKEN = "Discord does not take PLACET_DISCORD_TOKEN: reset it in the developer portal, under Bot."  # noqa: S105
_STABLE, _LONGEST_AWAY = 60.0, 30.0
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_AFTER_IDENTIFY = 1.0, 60.0, 90.0
"""A bot that identifies more than 1,000 times a day loses its token: https://discord.com/developers/docs/events/gateway"""
_DRAINED = 10.0
_REMEMBERED = 1_000
_CLOSED_CHAT = "I cannot write to you: allow direct messages from members of this server, in its privacy settings."
log = logging.getLogger("placet.discord")


class DiscordPlatform:
    """`core.ports.Platform`."""

    name = NAME

    def __init__(
        self,
        *,
        token: str,
        api_url: str = "https://discord.com/api/v10",
        gateway_url: str = "",
        pace: Pace,
        timer: Timer,
    ) -> None:
        self._token = token
        self._api_url = api_url.rstrip("/")
        self._gateway_url = gateway_url
        self._pace = pace
        self._timer = timer
        self._rest = Rest(token, api_url)
        self._answers = Answers(self._rest)
        self._inflight = InFlight()
        self._direct: dict[str, str] = {}
        self.trouble: str | None = _NOT_YET

    def at(self, address: str) -> DiscordMessenger:
        async def channel() -> str:
            return address

        return DiscordMessenger(self._rest, channel)

    def direct(self, user: str) -> DiscordMessenger:
        async def channel() -> str:
            return await self._chat_with(user)

        return DiscordMessenger(self._rest, channel)

    async def check(self) -> Sequence[Finding]:
        return await findings(self._rest)

    async def run(self, taps: Taps) -> None:
        # The SDK writes whole calls, some with tokens in their addresses, and what we say of it ourselves.
        logging.getLogger("discord").setLevel(logging.CRITICAL)
        async with self._rest:
            try:
                await self._for_ever(taps)
            finally:
                self.trouble = _NOT_YET
                await self._inflight.drained(_DRAINED)

    async def _for_ever(self, taps: Taps) -> None:
        pause = _FIRST_PAUSE
        while True:
            ears = _Ears(self, taps, self._timer)
            try:
                await self._point_the_sdk()
                await self._listen(ears)
                self.trouble = _LOST
            except (discord.DiscordException, aiohttp.ClientError, OSError, Refusal, Away) as problem:
                self.trouble = _said(problem)
            except Exception as problem:  # the SDK fails on a payload that it does not know
                self.trouble = f"The connection to Discord failed ({type(problem).__name__})."
                log.exception("the connection to Discord failed")
            if ears.ready_at is not None and self._timer.time() - ears.ready_at >= _STABLE:
                pause = _FIRST_PAUSE
            log.warning("%s", self.trouble)
            await self._timer.sleep(pause)
            longest = _LONGEST_PAUSE if ears.ready_at is None else _LONGEST_AFTER_IDENTIFY
            pause = min(pause * 2, longest)

    async def _listen(self, ears: _Ears) -> None:
        """Until the SDK fails or has been away for too long: short losses it resumes by itself, and misses nothing.

        Its own pauses grow to a quarter of an hour; ours do not.
        """
        life = asyncio.create_task(ears.start(self._token))
        away = asyncio.create_task(ears.away_for(_LONGEST_AWAY))
        try:
            await asyncio.wait({life, away}, return_when=asyncio.FIRST_COMPLETED)
            if life.done():
                life.result()
        finally:
            await ears.close()
            life.cancel()
            away.cancel()
            await asyncio.gather(life, away, return_exceptions=True)

    async def _point_the_sdk(self) -> None:
        """Its addresses are process-wide: one Discord in one process."""
        gateway = self._gateway_url or (await self._rest.call("GET", "/gateway"))["url"]
        Route.BASE = self._api_url
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)

    # What comes

    def connected(self, ears: _Ears) -> None:
        self.trouble = None
        self._inflight.start(self._offer(str(ears.application_id)))

    async def _offer(self, application: str) -> None:
        """Register `/placet`, unless it stands there as it should: registering is limited to 200 a day."""
        path = f"/applications/{application}/commands"
        try:
            if not is_offered(await self._rest.call("GET", path)):
                await self._rest.call("PUT", path, [command()])
        except (Refusal, Away) as problem:
            log.warning("/placet could not be registered: %s", problem)

    def pressed(self, given: discord.Interaction[Any], taps: Taps) -> None:
        press = press_of(given)
        if press.tap is None:
            log.debug("an interaction that makes no sense")
            self._inflight.start(self._answers.acknowledge(press))
            return
        self._inflight.start(self._answers.show(press, self._inflight.start(taps.tap(press.tap))))

    def wrote(self, message: discord.Message, ourselves: int, taps: Taps) -> None:
        tap = tap_of_message(message, ourselves)
        if tap is not None:
            self._inflight.start(self._reply(tap, taps))

    async def _reply(self, tap: Tap, taps: Taps) -> None:
        """Answer what was written in the chat with this person alone: in a channel everybody would read it."""
        answer = await taps.tap(tap)
        if is_empty(answer):
            return
        try:
            await self._write(await self._chat_with(tap.user), answer_body(answer), tap.id if tap.alone else "")
        except Refusal as problem:
            if problem.code == CLOSED_TO_US and not tap.alone:
                await self._tell_how(tap)
            else:
                log.warning("an answer could not be written: %s", problem)
        except Away as problem:
            log.warning("an answer could not be written: %s", problem)

    async def _tell_how(self, tap: Tap) -> None:
        try:
            await self._write(tap.chat, answer_body(Answer(_CLOSED_CHAT)), tap.id)
        except (Refusal, Away) as problem:
            log.warning("an answer could not be written: %s", problem)

    async def _write(self, channel: str, body: dict[str, Any], reply_to: str) -> None:
        if reply_to:
            body["message_reference"] = {"message_id": reply_to, "fail_if_not_exists": False}
        await self._pace.turn(RATES, channel, "say")
        await self._rest.call("POST", f"/channels/{channel}/messages", body)

    async def _chat_with(self, user: str) -> str:
        if user not in self._direct:
            opened = await self._rest.call("POST", "/users/@me/channels", {"recipient_id": user})
            self._direct[user] = str(opened["id"])
        return self._direct[user]


class _Ears(discord.Client):
    """The SDK's part: it keeps the connection and brings what happens. It keeps nothing else."""

    def __init__(self, platform: DiscordPlatform, taps: Taps, timer: Timer) -> None:
        intents = discord.Intents.none()
        # None of these is privileged: words in servers come along when they mention us, and only then.
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.0,
        )
        self._platform = platform
        self._taps = taps
        self._timer = timer
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._lost_at: float | None = timer.time()
        self.ready_at: float | None = None

    async def away_for(self, seconds: float) -> None:
        """Return when there has been no connection for so long."""
        while self._lost_at is None or self._timer.time() - self._lost_at < seconds:
            await self._timer.sleep(seconds / 10)

    async def on_connect(self) -> None:
        self._lost_at = None
        self.ready_at = self._timer.time()
        self._platform.connected(self)

    async def on_resumed(self) -> None:
        self._lost_at = None
        self._platform.trouble = None

    async def on_disconnect(self) -> None:
        if self._lost_at is None:
            self._lost_at = self._timer.time()
            self._platform.trouble = _LOST

    async def on_interaction(self, given: discord.Interaction[Any]) -> None:
        if self._is_new(given.id):
            self._platform.pressed(given, self._taps)

    async def on_message(self, message: discord.Message) -> None:
        if self.user is not None and self._is_new(message.id):
            self._platform.wrote(message, self.user.id, self._taps)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        log.exception("%s failed", event_method)

    def _is_new(self, number: int) -> bool:
        """A connection that is resumed may bring again what it has brought."""
        if number in self._seen:
            return False
        self._seen[number] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True


def _said(problem: Exception) -> str:
    """A sentence for people; never with a token in it."""
    code = getattr(problem, "code", None)
    if isinstance(problem, discord.LoginFailure) or code == 4004 or getattr(problem, "status", None) == 401:
        return _WRONG_TOKEN
    if isinstance(problem, (Refusal, Away)):
        return f"{problem}."
    if isinstance(problem, discord.HTTPException):
        return f"Discord says {problem.status}."
    if isinstance(problem, discord.ConnectionClosed):
        return f"Discord has closed the connection ({code})."
    return f"Discord is not reached ({type(problem).__name__})."
