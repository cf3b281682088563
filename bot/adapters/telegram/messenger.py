"""Cards and sentences in one chat of Telegram."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from telegram import Bot, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot.adapters.telegram.failures import cannot_be_edited, failure, unchanged
from bot.adapters.telegram.line import Line
from bot.adapters.telegram.render import LONGEST_TEXT, card_html, keyboard, place_of, ref_of, sentences_html
from core.card import Card
from core.errors import DeliveryFailed, PostGone
from core.ports import Limits, PostRef, Rate

# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
_EACH_CHAT, _GROUP, _EVERYWHERE = Rate(1, 1.0), Rate(20, 60.0), Rate(30, 1.0, chat=False)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
Result = TypeVar("Result")
log = logging.getLogger("placet.telegram")


def rates_of(chat: str) -> tuple[Rate, ...]:
    """Groups have negative ids."""
    return (_EACH_CHAT, _GROUP, _EVERYWHERE) if chat.startswith("-") else (_EACH_CHAT, _EVERYWHERE)


async def say(bot: Bot, chat: int, html: str, **more: Any) -> Message:
    """Send a message that shows no preview of anything."""
    return await bot.send_message(chat, html, parse_mode=ParseMode.HTML, link_preview_options=_NO_PREVIEW, **more)


async def change(bot: Bot, chat: int, message: int, html: str, **more: Any) -> None:
    """Make a message of ours say something else. That it does already is success."""
    try:
        await bot.edit_message_text(
            html, chat, message, parse_mode=ParseMode.HTML, link_preview_options=_NO_PREVIEW, **more
        )
    except BadRequest as problem:
        if not unchanged(problem):
            raise


class TelegramMessenger:
    """`core.ports.Messenger` of a private chat, a group, or a topic of one (`-100…/17`)."""

    def __init__(self, line: Line, address: str) -> None:
        self._line = line
        self._chat, _, topic = address.partition("/")
        self._topic = int(topic) if topic.isdecimal() else None
        self.limits = Limits(text=LONGEST_TEXT, rates=rates_of(address), fields=0)

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        # Nobody can tell whether an earlier attempt came through: there may be a second card, which says the same.
        sent = await self._tried(lambda bot: self._say(bot, card_html(card), reply_markup=keyboard([card.buttons])))
        return PostRef(channel, ref_of(sent.chat.id, sent.message_id))

    async def update(self, ref: PostRef, card: Card) -> None:
        place = place_of(ref.ref)
        if place is None:
            raise PostGone(f"{ref.ref!r} is no message of Telegram")

        async def edit(bot: Bot) -> None:
            try:
                await change(bot, *place, card_html(card), reply_markup=keyboard([card.buttons]))
            except BadRequest as problem:
                if cannot_be_edited(problem) and await _has_moved(bot, place[0]):
                    raise PostGone("the group has become a supergroup, and its old messages stay as they are") from None
                raise

        await self._tried(edit)

    async def notify(self, channel: str, text: str) -> None:
        await self._tried(lambda bot: self._say(bot, sentences_html(text)))

    async def _say(self, bot: Bot, html: str, **more: Any) -> Message:
        chat = int(self._chat) if self._chat.lstrip("-").isdecimal() else 0
        try:
            return await say(bot, chat, html, message_thread_id=self._topic, **more)
        except ChatMigrated as moved:
            log.warning("group %s has become a supergroup: write %s into placet.yaml", chat, moved.new_chat_id)
            self._chat = str(moved.new_chat_id)
            return await say(bot, moved.new_chat_id, html, **more)

    async def _tried(self, call: Callable[[Bot], Awaitable[Result]]) -> Result:
        try:
            async with self._line.bot() as bot:
                return await call(bot)
        except DeliveryFailed:
            raise
        except TelegramError as problem:
            raise failure(problem) from None


async def _has_moved(bot: Bot, chat: int) -> bool:
    """Whether a group has become a supergroup: only what writes is told so, and this writes nothing."""
    try:
        await bot.send_chat_action(chat, "typing")
    except ChatMigrated:
        return True
    except TelegramError:
        return False
    return False
