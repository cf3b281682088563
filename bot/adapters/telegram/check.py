"""What `placet doctor` looks at on Telegram."""

from __future__ import annotations

from telegram.error import InvalidToken, TelegramError

from bot.adapters.telegram.failures import failure
from bot.adapters.telegram.line import Line
from core.ports import Finding


async def findings(line: Line, api_url: str) -> list[Finding]:
    try:
        async with line.bot() as bot:
            ourselves = await bot.get_me()
            hook = await bot.get_webhook_info()
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
    return found
