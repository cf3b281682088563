"""Telegram: one bot, what comes for it, and the messengers of its chats."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from telegram import Bot, BotCommand, Update, User
from telegram.error import Conflict, RetryAfter, TelegramError

from bot.adapters.telegram.answers import Answers
from bot.adapters.telegram.check import findings
from bot.adapters.telegram.failures import seconds_of, sentence
from bot.adapters.telegram.inbox import Inbox
from bot.adapters.telegram.line import POLL, Line
from bot.adapters.telegram.messenger import TelegramMessenger
from bot.adapters.telegram.parse import COMMANDS, PLATFORM, heard, query_of
from bot.inflight import InFlight
from bot.pace import Pace, Timer
from core.platforms import Finding, Taps
from core.taps import Answer

_NOT_YET = "Placet is not connected to Telegram yet."
_WHERE = "chat"
_KINDS = ["message", "callback_query"]
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_DRAINED, _GOODBYE = 10.0, 3.0
# A poll that should have ended long ago is given up: a wedged connection says nothing.
_LATE, _STALLED = 10.0, 20.0
_LOOK_AGAIN = 0.3
Result = TypeVar("Result")
log = logging.getLogger("placet.telegram")


class TelegramPlatform:
    """`core.ports.Platform`."""

    name = PLATFORM

    def __init__(self, *, token: str, api_url: str = "https://api.telegram.org", pace: Pace, timer: Timer) -> None:
        self._api_url = api_url
        self._timer = timer
        self._pace = pace
        self._line = Line(token, api_url)
        self._answers = Answers(self._line, pace, timer)
        self._inflight = InFlight()
        self._inbox = Inbox()
        self.trouble: str | None = _NOT_YET

    def at(self, address: str) -> TelegramMessenger:
        return TelegramMessenger(self._line, self._pace, address)

    def direct(self, user: str) -> TelegramMessenger:
        return TelegramMessenger(self._line, self._pace, user)

    async def check(self, addresses: Sequence[str] = ()) -> Sequence[Finding]:
        return await findings(self._line, self._api_url, addresses)

    async def run(self, taps: Taps) -> None:
        async with self._line.open():
            try:
                await self._for_ever(taps)
            finally:
                self.trouble = _NOT_YET
                await self._inflight.drained(_DRAINED)
                await self._say_goodbye()

    async def _for_ever(self, taps: Taps) -> None:
        pause = _FIRST_PAUSE
        while True:
            problem: Exception
            try:
                await self._listen(taps)
            except (TelegramError, TimeoutError, OSError) as caught:
                problem = caught
            except Exception as caught:  # the SDK fails on an answer that it does not know
                problem = caught
                log.exception("the connection to Telegram failed")
            if self.trouble is None:
                pause = _FIRST_PAUSE
            self.trouble = sentence(problem)
            log.warning("%s", self.trouble)
            asked = seconds_of(problem) if isinstance(problem, RetryAfter) else 0.0
            await self._timer.sleep(max(pause, asked))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self, taps: Taps) -> None:
        """Fetch what comes until that fails."""
        async with self._line.bot() as bot:
            ourselves = await bot.get_me()
            await _offer_commands(bot)
        self._answers.username = ourselves.username or ""
        async with self._line.ears() as ears:
            await self._fetch_for_ever(ears, ourselves, taps)

    async def _fetch_for_ever(self, ears: Bot, ourselves: User, taps: Taps) -> None:
        # Where two fetch for one bot, a short look always succeeds: then only a long one shows that all is well again.
        at_once = self.trouble != sentence(Conflict(""))
        while True:
            seconds = 0 if at_once or self._inbox.at_work else POLL
            await self._fetch(ears, ourselves, taps, seconds)
            if at_once or seconds:
                self.trouble = None
            at_once = False
            if self._inbox.at_work:
                # What is at work comes again with each look, so we look now and then only.
                await asyncio.wait(self._inbox.at_work, timeout=_LOOK_AGAIN)

    async def _fetch(self, ears: Bot, ourselves: User, taps: Taps, seconds: int) -> None:
        offset = self._inbox.offset
        poll = ears.get_updates(offset, timeout=seconds, allowed_updates=_KINDS, read_timeout=seconds + _LATE)
        updates = await self._within(seconds + _STALLED, poll)
        self._inbox.confirmed(offset)
        for update in updates:
            self._inbox.came(update.update_id)
            if self._inbox.is_new(update.update_id):
                self._hear(update, ourselves, taps)

    def _hear(self, update: Update, ourselves: User, taps: Taps) -> None:
        given = heard(update, ourselves)
        if given is None:
            log.debug("an update that is no tap")
            self._inflight.start(self._answers.acknowledge(query_of(update)))
            return
        tap = given.tap
        asked = tap.text == _WHERE and not tap.reply_to
        work = self._inflight.start(_address(tap.chat) if asked else taps.tap(tap))
        self._inbox.begun(update.update_id, work)
        self._inflight.start(self._answers.show(given, work, taps))

    async def _say_goodbye(self) -> None:
        """Confirm what was done, so that it does not come again after the next start."""
        offset = self._inbox.offset
        if not offset:
            return
        with contextlib.suppress(TelegramError, TimeoutError, OSError):
            async with self._line.ears() as ears:
                poll = ears.get_updates(offset, limit=1, timeout=0, allowed_updates=_KINDS)
                await self._within(_GOODBYE, poll)
                self._inbox.confirmed(offset)

    async def _within(self, seconds: float, work: Coroutine[Any, Any, Result]) -> Result:
        """What comes of it, if it comes in time. Raises TimeoutError."""
        task, late = asyncio.ensure_future(work), asyncio.ensure_future(self._timer.sleep(seconds))
        try:
            await asyncio.wait({task, late}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise TimeoutError
            return task.result()
        finally:
            task.cancel()
            late.cancel()
            await asyncio.gather(task, late, return_exceptions=True)


async def _address(chat: str) -> Answer:
    """Where nothing is set up yet: no client of Telegram shows what a chat's number is."""
    return Answer(f"In placet.yaml this chat is called {chat}")


async def _offer_commands(bot: Bot) -> None:
    """What the menu of commands shows, written only where it differs."""
    wanted = [BotCommand(name, what) for name, what in COMMANDS.items()]
    if list(await bot.get_my_commands()) != wanted:
        await bot.set_my_commands(wanted)
