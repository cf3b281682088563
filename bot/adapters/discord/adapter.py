"""Discord: one bot, its connection, and the messengers of its chats."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.adapters.discord.answers import Answers
from bot.adapters.discord.check import findings
from bot.adapters.discord.commands import command, is_offered
from bot.adapters.discord.connection import Ears, Listeners
from bot.adapters.discord.messenger import RATES, DiscordMessenger
from bot.adapters.discord.parse import PLATFORM, press_of, tap_of_message
from bot.adapters.discord.render import answer_body, is_empty, nonce_of
from bot.adapters.discord.rest import CLOSED_TO_US, LIMITED, Away, Refusal, Rest
from bot.inflight import InFlight
from bot.pace import Pace, Timer
from core.platforms import Finding, Taps
from core.taps import Answer, Tap

_NOT_YET = "Placet is not connected to Discord yet."
_LOST = "The connection to Discord was lost; Placet is connecting again."
_WRONG_TOKEN = "Discord does not take PLACET_DISCORD_TOKEN: reset it in the developer portal, under Bot."  # noqa: S105
_STABLE = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_AFTER_IDENTIFY = 1.0, 60.0, 90.0
"""A bot that identifies more than 1,000 times a day loses its token: https://discord.com/developers/docs/events/gateway"""
_DRAINED = 10.0
_ATTEMPTS = 3
_CLOSED_CHAT = "I cannot write to you: allow direct messages from members of this server, in its privacy settings."
log = logging.getLogger("placet.discord")


class DiscordPlatform:
    """`core.ports.Platform`."""

    name = PLATFORM

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
        self._answers = Answers(self._rest, timer)
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

    async def check(self, addresses: Sequence[str] = ()) -> Sequence[Finding]:
        return await findings(self._rest, addresses)

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
        pressed, wrote = partial(self._pressed, taps), partial(self._wrote, taps)
        while True:
            ears = Ears(self._timer, Listeners(self._connected, self._lost, pressed, wrote))
            try:
                await self._point_the_sdk()
                await ears.listen(self._token)
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

    async def _point_the_sdk(self) -> None:
        """Its addresses are process-wide: one Discord in one process."""
        gateway = self._gateway_url or (await self._rest.call("GET", "/gateway"))["url"]
        Route.BASE = self._api_url
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)

    # What comes

    def _connected(self, application: str) -> None:
        """`application`: nothing when the connection was resumed."""
        self.trouble = None
        if application:
            self._inflight.start(self._offer(application))

    def _lost(self) -> None:
        self.trouble = _LOST

    async def _offer(self, application: str) -> None:
        """Register `/placet`, unless it stands there as it should: registering is limited to 200 a day."""
        path = f"/applications/{application}/commands"
        try:
            if not is_offered(await self._rest.call("GET", path)):
                await self._rest.call("PUT", path, [command()])
        except (Refusal, Away) as problem:
            log.warning("/placet could not be registered: %s", problem)

    def _pressed(self, taps: Taps, given: discord.Interaction[Any]) -> None:
        press = press_of(given)
        if press.tap is None:
            log.debug("an interaction that makes no sense")
            self._inflight.start(self._answers.acknowledge(press))
            return
        self._inflight.start(self._answers.show(press, self._inflight.start(taps.tap(press.tap))))

    def _wrote(self, taps: Taps, message: discord.Message, ourselves: int) -> None:
        tap = tap_of_message(message, ourselves)
        if tap is not None:
            self._inflight.start(self._reply(tap, taps))

    async def _reply(self, tap: Tap, taps: Taps) -> None:
        """Answer what was written in the chat with this person alone: in a channel everybody would read it."""
        answer = await taps.tap(tap)
        if is_empty(answer):
            return
        try:
            try:
                await self._write(await self._chat_with(tap.user), answer, tap, reply=tap.alone)
            except Refusal as problem:
                if problem.code != CLOSED_TO_US or tap.alone:
                    raise
                await self._write(tap.chat, Answer(_CLOSED_CHAT), tap, reply=True)
        except (Refusal, Away) as problem:
            log.warning("an answer could not be written: %s", problem)

    async def _write(self, channel: str, answer: Answer, tap: Tap, *, reply: bool) -> None:
        """One message for one tap, however often it is tried."""
        body = answer_body(answer) | {"nonce": nonce_of(channel, tap.id), "enforce_nonce": True}
        if reply:
            body["message_reference"] = {"message_id": tap.id, "fail_if_not_exists": False}
        for attempt in range(1, _ATTEMPTS + 1):
            await self._pace.turn(RATES, channel, "say")
            try:
                await self._rest.call("POST", f"/channels/{channel}/messages", body)
                return
            except Refusal as problem:
                if problem.status != LIMITED or attempt == _ATTEMPTS:
                    raise
                self._pace.hold(problem.retry_after or 1.0, channel)
            except Away:
                if attempt == _ATTEMPTS:
                    raise
                await self._timer.sleep(_FIRST_PAUSE)

    async def _chat_with(self, user: str) -> str:
        if user not in self._direct:
            opened = await self._rest.call("POST", "/users/@me/channels", {"recipient_id": user})
            self._direct[user] = str(opened["id"])
        return self._direct[user]


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
