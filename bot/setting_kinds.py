"""What a token and an address look like, for the settings in `.env`."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr


def _empty_is_none(value: Any) -> Any:
    """A line of `.env` that is kept with nothing behind the equals sign."""
    return None if value == "" else value


def _one_word(value: SecretStr | None) -> SecretStr | None:
    # What is sent in a header or an address must not be able to add to it.
    if value is not None and not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("is one word of plain letters; paste it again, without quotes or `Bot` before it")
    return value


def _of_botfather(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", value.get_secret_value()):
        raise ValueError("is a number, a colon and letters, as @BotFather gives it")
    return value


def _rest(address: str, *schemes: str) -> str:
    """What stands behind the host of an address. ValueError when it is none."""
    try:
        parts = urlsplit(address)
        good = parts.scheme in schemes and parts.hostname and parts.port != 0 and "@" not in parts.netloc
        if good and re.fullmatch(r"[!-~]+", address):
            return address.partition("://")[2].removeprefix(parts.netloc)
    except ValueError:
        pass
    raise ValueError(f"is an address, as in {schemes[-1]}://placet.example.org")


def _web(address: str) -> str:
    _rest(address, "http", "https")
    return address


def _socket(address: str) -> str:
    if address:
        _rest(address, "ws", "wss")
    return address


def _origin(address: str | None) -> str | None:
    if address is None:
        return None
    if _rest(address, "http", "https") not in ("", "/"):
        raise ValueError("is scheme and host alone, as in https://placet.example.org: take out what stands behind it")
    return address.rstrip("/")


def _contact(address: str | None) -> str | None:
    if address is None:
        return None
    # As strict as the push services are: what they do not take would keep every message from coming.
    if re.fullmatch(r"(mailto:[^@\s]+@|https://)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", address):
        return address
    raise ValueError("is who answers for this server, as in mailto:you@example.org or https://placet.example.org")


def slack_fault(bot: SecretStr | None, app: SecretStr | None) -> str | None:
    """What is wrong with Slack's two tokens as a pair."""
    for name, token, begins, other in (("BOT", bot, "xapp-", "APP"), ("APP", app, "xox", "BOT")):
        if token is not None and token.get_secret_value().startswith(begins):
            return (
                f"PLACET_SLACK_{name}_TOKEN: this is the token for PLACET_SLACK_{other}_TOKEN; the bot token begins "
                "with xoxb-, the app token with xapp-"
            )
    if (bot is None) != (app is None):
        given, missing = ("BOT", "APP") if app is None else ("APP", "BOT")
        return (
            f"PLACET_SLACK_{missing}_TOKEN: Slack needs two tokens, and only PLACET_SLACK_{given}_TOKEN is set; "
            "add the other (docs/slack.md says where it is), or take both out"
        )
    return None


Secret = Annotated[SecretStr | None, BeforeValidator(_empty_is_none)]
"""Shown by no `repr` and in no log."""
BotToken = Annotated[Secret, AfterValidator(_one_word)]
TelegramToken = Annotated[Secret, AfterValidator(_of_botfather)]
WebAddress = Annotated[str, AfterValidator(_web)]
SocketAddress = Annotated[str, AfterValidator(_socket)]
Origin = Annotated[str | None, BeforeValidator(_empty_is_none), AfterValidator(_origin)]
"""Scheme and host, with nothing behind them."""
Contact = Annotated[str | None, BeforeValidator(_empty_is_none), AfterValidator(_contact)]
"""Whom a push service may write to."""
