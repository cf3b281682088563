"""What `placet doctor` looks at on Telegram."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import Bot
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import InvalidToken, TelegramError

from bot.adapters.telegram.failures import failure
from bot.adapters.telegram.line import Line
from core.platforms import Finding


async def findings(line: Line, api_url: str, addresses: Sequence[str]) -> list[Finding]:
    try:
        async with line.bot() as bot:
            ourselves = await bot.get_me()
            hook = await bot.get_webhook_info()
            chats = [await _chat(bot, ourselves.id, address) for address in addresses]
    except InvalidToken:
        remedy = "Ask @BotFather for the token (/token) and put it into PLACET_TELEGRAM_TOKEN."
        return [Finding("the bot's token", remedy)]
    except TelegramError as problem:
        return [Finding("Telegram", f"{failure(problem)}. Check the network and PLACET_TELEGRAM_API_URL.")]
    found = [Finding(f"the bot's token: it is @{ourselves.username}")]
    if hook.url:
        remedy = f"Remove it: curl {api_url.rstrip('/')}/bot$PLACET_TELEGRAM_TOKEN/deleteWebhook"
        found.append(Finding("taps go to a webhook", remedy))
    else:
        found.append(Finding("taps are fetched, and no webhook is in the way"))
    if not ourselves.can_join_groups:
        found.append(Finding("the bot may not be added to groups", "Allow it: @BotFather, /setjoingroups, Enable."))
    else:
        found.append(Finding("the bot may be added to groups"))
    return [*found, *chats]


async def _chat(bot: Bot, ourselves: int, address: str) -> Finding:
    """Whether a chat is there, and the bot in it."""
    number = address.partition("/")[0]
    try:
        chat = await bot.get_chat(number)
        if chat.type != ChatType.PRIVATE:
            member = await bot.get_chat_member(number, ourselves)
            if member.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED):
                return Finding(f"chat {address}", "add the bot to the group")
    except TelegramError as problem:
        return Finding(f"chat {address}", str(failure(problem)))
    return Finding(f"chat {address}: it is {chat.title or chat.full_name or 'there'}")
