"""Cards, notes and sentences in one chat of Telegram."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from telegram import Bot, InputFile, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.adapters.telegram.failures import cannot_be_edited, failure, has_no_text, unchanged
from bot.adapters.telegram.line import Line
from bot.adapters.telegram.notes import LARGEST_PICTURE, LONGEST_CAPTION, fits_a_caption, note_html, shown_note
from bot.adapters.telegram.render import LONGEST_TEXT, card_html, keyboard, place_of, ref_of, sentences_html
from bot.pace import Pace
from core.card import Card
from core.errors import DeliveryFailed, PostGone
from core.note import Note
from core.platforms import Limits, Rate
from core.ports import PostRef

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


async def change_caption(bot: Bot, chat: int, message: int, html: str, **more: Any) -> None:
    """The same for the words under a picture."""
    try:
        await bot.edit_message_caption(chat, message, caption=html, parse_mode=ParseMode.HTML, **more)
    except BadRequest as problem:
        if not unchanged(problem):
            raise


class TelegramMessenger:
    """`core.platforms.Messenger` of a private chat, a group, or a topic of one (`-100…/17`)."""

    def __init__(self, line: Line, pace: Pace, address: str) -> None:
        self._line = line
        self._pace = pace
        self._chat, _, topic = address.partition("/")
        self._turns = self._chat
        """What the chat's turns are counted by."""
        self._topic = int(topic) if topic.isdecimal() else None
        self.limits = Limits(text=LONGEST_TEXT, rates=rates_of(address), fields=0)

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        # Nobody can tell whether an earlier attempt came through: there may be a second card, which says the same.
        sent = await self._tried(lambda bot: self._say(bot, card_html(card), reply_markup=keyboard([card.buttons])))
        return PostRef(channel, ref_of(sent.chat.id, sent.message_id))

    async def update(self, ref: PostRef, card: Card) -> None:
        async def edit(bot: Bot, chat: int, message: int) -> None:
            await change(bot, chat, message, card_html(card), reply_markup=keyboard([card.buttons]))

        await self._changed(ref, edit)

    async def notify(self, channel: str, text: str) -> None:
        await self._tried(lambda bot: self._say(bot, sentences_html(text)))

    async def say(self, channel: str, note: Note, again: bool = False) -> PostRef:
        if again:
            # A second digest would be one too many, and nobody can look for the first.
            words = "It may stand there already: Telegram cannot tell, so that it is not sent a second time"
            raise DeliveryFailed(words, permanent=True)
        sent = await self._tried(lambda bot: self._said(bot, note))
        return PostRef(channel, ref_of(sent.chat.id, sent.message_id))

    async def renew(self, ref: PostRef, note: Note) -> None:
        buttons = keyboard(shown_note(note).rows)

        async def edit(bot: Bot, chat: int, message: int) -> None:
            try:
                await change(bot, chat, message, note_html(shown_note(note)), reply_markup=buttons)
            except BadRequest as problem:
                if not has_no_text(problem):
                    raise
                # It stands under its picture, where there is less room.
                html = note_html(shown_note(note, longest=LONGEST_CAPTION))
                await change_caption(bot, chat, message, html, reply_markup=buttons)

        await self._changed(ref, edit)

    async def _said(self, bot: Bot, note: Note) -> Message:
        """A picture with its text below it, or before it where the text is too long for that."""
        buttons = keyboard(shown_note(note).rows)
        if not note.picture:
            return await self._say(bot, note_html(shown_note(note)), reply_markup=buttons)
        one = fits_a_caption(note)
        more: dict[str, Any] = {"caption": note_html(shown_note(note)), "reply_markup": buttons} if one else {}
        picture = await self._pictured(bot, note.picture, **more)
        if picture is not None and one:
            return picture
        await self._pace.turn(self.limits.rates, self._turns, "say")
        html = note_html(shown_note(note, picture=picture is not None))
        if picture is None:
            return await self._say(bot, html, reply_markup=buttons)
        try:
            return await self._say(bot, html, reply_markup=buttons, reply_parameters=_behind(picture))
        except (BadRequest, Forbidden, RetryAfter):
            # Without its text it says nothing, and another try sends both.
            with contextlib.suppress(TelegramError):
                await bot.delete_message(picture.chat.id, picture.message_id)
            raise

    async def _pictured(self, bot: Bot, content: bytes, **more: Any) -> Message | None:
        """A picture that was sent. None: it was not taken, and its note goes without it."""
        if len(content) > LARGEST_PICTURE:
            log.warning("a picture of %d bytes is too large for Telegram, and its note goes without it", len(content))
            return None

        async def send(chat: int, **where: Any) -> Message:
            file = InputFile(content, filename="picture.png")
            return await bot.send_photo(chat, file, parse_mode=ParseMode.HTML, **where, **more)

        try:
            return await self._here(send)
        except BadRequest as problem:
            log.warning("a picture was not taken, and its note goes without it: %s", problem.message)
            return None

    async def _say(self, bot: Bot, html: str, **more: Any) -> Message:
        async def send(chat: int, **where: Any) -> Message:
            return await say(bot, chat, html, **where, **more)

        return await self._here(send)

    async def _here(self, send: Callable[..., Awaitable[Message]]) -> Message:
        """Something sent to this chat, wherever that is by now."""
        chat = int(self._chat) if self._chat.lstrip("-").isdecimal() else 0
        try:
            return await send(chat, message_thread_id=self._topic)
        except ChatMigrated as moved:
            log.warning("group %s has become a supergroup: write %s into placet.yaml", chat, moved.new_chat_id)
            self._chat = str(moved.new_chat_id)
            return await send(moved.new_chat_id)

    async def _changed(self, ref: PostRef, edit: Callable[[Bot, int, int], Awaitable[None]]) -> None:
        place = place_of(ref.ref)
        if place is None:
            raise PostGone(f"{ref.ref!r} is no message of Telegram")

        async def tried(bot: Bot) -> None:
            try:
                await edit(bot, *place)
            except BadRequest as problem:
                if cannot_be_edited(problem) and await _has_moved(bot, place[0]):
                    raise PostGone("the group has become a supergroup, and its old messages stay as they are") from None
                raise

        await self._tried(tried)

    async def _tried(self, call: Callable[[Bot], Awaitable[Result]]) -> Result:
        try:
            async with self._line.bot() as bot:
                return await call(bot)
        except DeliveryFailed:
            raise
        except TelegramError as problem:
            raise failure(problem) from None


def _behind(picture: Message) -> ReplyParameters:
    """A picture of ours without words is replied to by its note and by nothing else: `parse` knows a note by that."""
    return ReplyParameters(picture.message_id, allow_sending_without_reply=True)


async def _has_moved(bot: Bot, chat: int) -> bool:
    """Whether a group has become a supergroup: only what writes is told so, and this writes nothing."""
    try:
        await bot.send_chat_action(chat, "typing")
    except ChatMigrated:
        return True
    except TelegramError:
        return False
    return False
