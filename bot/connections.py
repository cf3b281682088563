"""The platforms whose tokens are set, each with its pace. An SDK is imported when its platform is there, not before."""

from __future__ import annotations

from dataclasses import dataclass

from bot.config import Settings
from bot.pace import Pace, Timer
from core.platforms import Platform


@dataclass(frozen=True, slots=True)
class Connection:
    """A platform, and the turns of all that is sent there."""

    platform: Platform
    pace: Pace


def connections(settings: Settings, timer: Timer) -> dict[str, Connection]:
    """A connection for each platform that is configured; nothing is opened yet."""
    found: dict[str, Connection] = {}
    for make in (_slack, _discord, _telegram):
        pace = Pace(timer)
        if (platform := make(settings, pace, timer)) is not None:
            found[platform.name] = Connection(platform, pace)
    return found


def _slack(settings: Settings, pace: Pace, timer: Timer) -> Platform | None:
    bot, app = settings.slack_bot_token, settings.slack_app_token
    if bot is None or app is None:
        return None
    from bot.adapters.slack.adapter import SlackPlatform  # noqa: PLC0415

    return SlackPlatform(
        bot_token=bot.get_secret_value(),
        app_token=app.get_secret_value(),
        api_url=settings.slack_api_url,
        pace=pace,
        timer=timer,
    )


def _discord(settings: Settings, pace: Pace, timer: Timer) -> Platform | None:
    if settings.discord_token is None:
        return None
    from bot.adapters.discord.adapter import DiscordPlatform  # noqa: PLC0415

    return DiscordPlatform(
        token=settings.discord_token.get_secret_value(),
        api_url=settings.discord_api_url,
        gateway_url=settings.discord_gateway_url,
        pace=pace,
        timer=timer,
    )


def _telegram(settings: Settings, pace: Pace, timer: Timer) -> Platform | None:
    if settings.telegram_token is None:
        return None
    from bot.adapters.telegram.adapter import TelegramPlatform  # noqa: PLC0415

    return TelegramPlatform(
        token=settings.telegram_token.get_secret_value(), api_url=settings.telegram_api_url, pace=pace, timer=timer
    )
