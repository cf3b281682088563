"""What Telegram says no with, as failures that delivery understands, and as sentences for people. Pure.

The SDK keeps the words of a refusal but not their case: https://core.telegram.org/bots/api#making-requests
"""

from __future__ import annotations

from datetime import timedelta

import httpx
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError

from core.errors import DeliveryFailed, PostGone

_GONE = ("message to edit not found", "message_id_invalid", "message can't be found")
# What is about the chat or about us, and may be mended without another message.
_ABOUT_THE_CHAT = (
    "chat not found",
    "not enough rights",
    "have no rights",
    "chat_write_forbidden",
    "need administrator rights",
    "thread not found",
    "topic_closed",
    "topic_deleted",
    "user not found",
    "peer_id_invalid",
    "group chat was",
    "chat_restricted",
)
_REMEDIES = {
    "chat not found": "check the chat's id in placet.yaml, and that the bot is in the chat or was started there",
    "not enough rights": "let the bot write in this group",
    "thread not found": "check the topic in placet.yaml: it was closed or deleted",
    "bot was kicked": "add the bot to the group again",
    "bot is not a member": "add the bot to the group",
    "bot was blocked": "this person has stopped the bot: they must press Start again",
    "can't initiate": "this person must open the chat with the bot and press Start",
}


def unchanged(problem: TelegramError) -> bool:
    """Whether an edit was refused because the message stands like that already."""
    return "message is not modified" in problem.message.lower()


def has_no_text(problem: TelegramError) -> bool:
    """Whether an edit was refused because the message is a picture, whose words are a caption."""
    return "there is no text in the message" in problem.message.lower()


def cannot_be_edited(problem: TelegramError) -> bool:
    return "message can't be edited" in problem.message.lower()


def seconds_of(problem: RetryAfter) -> float:
    """The SDK is about to change the type."""
    wait = problem.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def failure(problem: TelegramError) -> DeliveryFailed:
    """Never with a token in it: the words are Telegram's, or ours."""
    if isinstance(problem, RetryAfter):
        wait = seconds_of(problem)
        return DeliveryFailed(f"Telegram asks to wait for {wait:g} s", permanent=False, retry_after=wait)
    if isinstance(problem, InvalidToken):
        return DeliveryFailed("Telegram does not take the bot's token", permanent=False, unsent=True)
    if isinstance(problem, ChatMigrated):
        words = f"the group has become a supergroup: its id is {problem.new_chat_id} now"
        return DeliveryFailed(words, permanent=False, unsent=True)
    if isinstance(problem, (BadRequest, Forbidden)):
        words = problem.message.lower()
        if any(part in words for part in _GONE):
            return PostGone("the message was deleted")
        remedy = next((remedy for part, remedy in _REMEDIES.items() if part in words), "")
        about_the_chat = isinstance(problem, Forbidden) or any(part in words for part in _ABOUT_THE_CHAT)
        text = f"Telegram says: {problem.message}"
        return DeliveryFailed(f"{text}: {remedy}" if remedy else text, permanent=not about_the_chat, unsent=True)
    unreached = isinstance(problem.__cause__, (httpx.ConnectError, httpx.ConnectTimeout))
    return DeliveryFailed("Telegram cannot be reached, or did not answer", permanent=False, unsent=unreached)


def sentence(problem: Exception) -> str:
    """Why no taps can come, for people."""
    if isinstance(problem, Conflict):
        if "webhook" in problem.message.lower():
            return "A webhook is set for this bot, so nothing can be fetched. `placet doctor` says how to remove it."
        return "Another program fetches what comes for this bot: give each its own bot, or stop the other."
    if isinstance(problem, InvalidToken):
        return "Telegram does not take PLACET_TELEGRAM_TOKEN: ask @BotFather for the token (/token)."
    if isinstance(problem, RetryAfter):
        return f"Telegram asks to be left alone for {seconds_of(problem):g} s."
    if isinstance(problem, TelegramError):
        return "Telegram cannot be reached."
    return f"The connection to Telegram failed ({type(problem).__name__})."
