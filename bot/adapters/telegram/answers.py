"""How an answer reaches the person who tapped.

A press waits to be acknowledged: the spinner on its button stops then, and a toast may come with it, which that person
alone sees. Everything else is a message: in a private chat, or in a group for all to read, as a reply that calls them.
https://core.telegram.org/bots/api#answercallbackquery
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.adapters.telegram.failures import seconds_of
from bot.adapters.telegram.line import Line
from bot.adapters.telegram.messenger import change, rates_of, say
from bot.adapters.telegram.parse import Heard
from bot.adapters.telegram.render import (
    answer_html,
    answer_rows,
    fits_a_toast,
    is_long,
    keyboard,
    mention,
    placeholder,
    question_html,
    ref_of,
    toast,
)
from bot.inflight import done_within
from bot.pace import Pace, Timer
from core.platforms import Taps
from core.taps import Answer, Form

PATIENCE = 1.5
"""Seconds that an answer may take before the press is acknowledged without it."""
_ATTEMPTS, _PAUSE = 3, 1.0
_IN_PRIVATE = "I have written to you in our own chat."
_NOT_STARTED = "This is for you alone, and I may not write to you yet: open our chat, press Start, and tap again."
Result = TypeVar("Result")
log = logging.getLogger("placet.telegram")


class Answers:
    def __init__(self, line: Line, pace: Pace, timer: Timer) -> None:
        self._line = line
        self._pace = pace
        self._timer = timer
        self.username = ""

    async def show(self, heard: Heard, work: asyncio.Task[Answer], taps: Taps) -> None:
        """Acknowledge in time, with the answer if it is there, and show it when it comes. Raises nothing."""
        if heard.query and not await done_within(work, PATIENCE, self._timer):
            await self.acknowledge(heard.query)
            heard = replace(heard, query="")
        answer = await work
        try:
            await self._show(heard, answer, taps)
        except TelegramError as problem:
            # The tap has been carried out; the card shows what came of it.
            log.warning("an answer could not be shown: %s", problem.message)

    async def acknowledge(self, query: str, text: str = "", *, alert: bool = False) -> None:
        """Stop the spinner. Too late, or a second time: Telegram minds, and nothing is lost."""
        if not query:
            return
        try:
            await self._persist(lambda bot: bot.answer_callback_query(query, text=text or None, show_alert=alert))
        except TelegramError as problem:
            log.debug("a press could not be acknowledged: %s", problem.message)

    async def _show(self, heard: Heard, answer: Answer, taps: Taps) -> None:
        alone = heard.tap.alone
        if not (answer.text or answer.card or answer.rows or answer.form):
            await self.acknowledge(heard.query)
        elif answer.instead and heard.answers:
            await self.acknowledge(heard.query)
            await self._replace(heard, answer)
        elif heard.query and not alone and fits_a_toast(answer):
            await self.acknowledge(heard.query, toast(answer), alert=answer.refused)
        elif not alone and is_long(answer):
            await self._tell_in_private(heard, answer)
        else:
            await self.acknowledge(heard.query)
            if answer.text or answer.card or answer.rows:
                await self._reply(heard, answer)
        if answer.form is not None:
            await self._ask(heard, answer.form, taps)

    async def _reply(self, heard: Heard, answer: Answer) -> None:
        html = answer_html(answer, self._whom(heard))
        await self._write(heard, html, reply_markup=keyboard(answer_rows(answer)))

    async def _replace(self, heard: Heard, answer: Answer) -> None:
        html, buttons = answer_html(answer, self._whom(heard)), keyboard(answer_rows(answer))
        await self._turn(heard.chat)
        try:
            edit = partial(change, chat=heard.chat, message=heard.message, html=html, reply_markup=buttons)
            await self._persist(edit, heard.chat)
        except BadRequest as problem:
            log.debug("an answer could not be replaced: %s", problem.message)
            await self._write(heard, html, reply_markup=buttons)

    async def _tell_in_private(self, heard: Heard, answer: Answer) -> None:
        """In the chat with this person alone, if they have started the bot."""
        person = int(heard.tap.user)
        buttons = keyboard(answer_rows(answer))
        await self._turn(person)
        try:
            await self._persist(partial(say, chat=person, html=answer_html(answer), reply_markup=buttons), person)
        except (Forbidden, BadRequest) as problem:
            log.debug("somebody could not be written to: %s", problem.message)
            await self.acknowledge(heard.query, _NOT_STARTED, alert=True)
            start = InlineKeyboardButton("Open our chat", url=f"https://t.me/{self.username}?start=hello")
            html = answer_html(Answer(_NOT_STARTED), self._whom(heard))
            await self._write(heard, html, reply_markup=InlineKeyboardMarkup([[start]]))
        else:
            await self.acknowledge(heard.query, _IN_PRIVATE)

    async def _ask(self, heard: Heard, form: Form, taps: Taps) -> None:
        """A question that this person, and nobody else, is put to; the reply to it comes as a tap."""
        reply = ForceReply(selective=not heard.tap.alone, input_field_placeholder=placeholder(form))
        message = await self._write(heard, question_html(form, self._whom(heard)), reply_markup=reply)
        await taps.asked(heard.tap, form, ref_of(heard.chat, message))

    def _whom(self, heard: Heard) -> str:
        """Replying to a card of ours calls nobody: in a group the person is mentioned."""
        return "" if heard.tap.alone else mention(heard.tap.user, heard.name)

    async def _write(self, heard: Heard, html: str, **more: Any) -> int:
        """A message as a reply to what was tapped or written: that it is a reply marks it as an answer."""
        behind = ReplyParameters(heard.message, allow_sending_without_reply=True)
        await self._turn(heard.chat)
        more |= {"message_thread_id": heard.topic, "reply_parameters": behind}
        sent = await self._persist(partial(say, chat=heard.chat, html=html, **more), heard.chat)
        return sent.message_id

    async def _turn(self, chat: int) -> None:
        await self._pace.turn(rates_of(str(chat)), str(chat), "say")

    async def _persist(self, call: Callable[[Bot], Awaitable[Result]], chat: int | None = None) -> Result:
        """An answer that comes twice is better than none; what Telegram refuses is not tried again.

        `chat`: where it writes, if it does; what only acknowledges has no turn to wait for.
        """
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            try:
                async with self._line.bot() as bot:
                    return await call(bot)
            except (BadRequest, Forbidden, InvalidToken):
                raise
            except RetryAfter as late:
                if last:
                    raise
                if chat is None:
                    await self._timer.sleep(seconds_of(late))
                else:
                    self._pace.hold(seconds_of(late), str(chat))
                    await self._turn(chat)
            except NetworkError:
                if last:
                    raise
                await self._timer.sleep(_PAUSE)
        raise AssertionError("unreachable")
