"""What Slack refuses, in words, and whether another try can help. No token ever stands in them. Pure."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from core.errors import DeliveryFailed, PostGone

TROUBLE = (SlackClientError, aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""Everything that a call of the SDK raises when Slack does not do what was asked."""

# About this very message: https://docs.slack.dev/reference/methods/chat.postMessage#errors and …/chat.update#errors
_NEVER = frozenset(
    {
        "block_mismatch",
        "cant_update_message",
        "edit_window_closed",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
_REMEDIES: Mapping[str, str] = {
    "account_inactive": "the app was removed from the workspace: install it again",
    "channel_not_found": "there is no such channel, or it is private and the bot is not in it: /invite @placet there",
    "invalid_auth": "Slack does not know the token: look at PLACET_SLACK_BOT_TOKEN and PLACET_SLACK_APP_TOKEN",
    "is_archived": "the channel is archived",
    "messages_tab_disabled": "turn on App Home > Messages Tab for the app",
    "missing_scope": "the app lacks a scope: add it under OAuth & Permissions and install the app again",
    "not_allowed_token_type": "the two tokens are mixed up: xoxb-… is the bot's, xapp-… the app's",
    "not_authed": "no token was sent",
    "not_in_channel": "the bot is not in the channel: /invite @placet there",
    "restricted_action": "the workspace does not let the app write there",
    "token_expired": "the token has expired: install the app again",
    "token_revoked": "the token was revoked: install the app again, and set its new tokens",
    "user_not_found": "Slack does not know this user",
}
_RETRY_AFTER = 30.0
_CUT_OFF = 200


def code_of(problem: BaseException) -> str:
    """Slack's name for what it refused, or nothing where no answer came."""
    data = _data(problem)
    return str(data.get("error") or "") if data is not None else ""


def needed_scope(problem: BaseException) -> str:
    data = _data(problem)
    return str(data.get("needed") or "") if data is not None else ""


def retry_after(problem: BaseException) -> float | None:
    """Seconds that Slack asked to be left alone, if it did."""
    response = getattr(problem, "response", None)
    if getattr(response, "status_code", None) != 429 and code_of(problem) not in ("ratelimited", "rate_limited"):
        return None
    headers: Mapping[str, Any] = getattr(response, "headers", None) or {}
    for name, value in headers.items():
        if name.lower() == "retry-after":
            try:
                return float(value)
            except ValueError:
                break
    return _RETRY_AFTER


def is_no_picture_yet(problem: BaseException) -> bool:
    """Whether a block names a file that Slack does not show, or not yet. The words are undocumented, the code is not.

    https://github.com/slackapi/python-slack-sdk/issues/1521 and …/issues/1658
    """
    return code_of(problem) == "invalid_blocks" and "slack_file" in repr(_data(problem))


def sentence(problem: BaseException) -> str:
    """What went wrong, for people."""
    code = code_of(problem)
    if code == "missing_scope" and (scope := needed_scope(problem)):
        return f"Slack: the app lacks the scope {scope}: add it under OAuth & Permissions and install the app again"
    if code in _REMEDIES:
        return f"Slack: {_REMEDIES[code]} ({code})"
    if code:
        return f"Slack refused: {code[:_CUT_OFF]}"
    # Not its words: an address with a ticket in it may stand there.
    return f"Slack cannot be reached ({type(problem).__name__})"


def delivery_failed(problem: BaseException) -> DeliveryFailed:
    """The error as `core.ports.Messenger` promises it."""
    code = code_of(problem)
    if code == "message_not_found":
        return PostGone("the message is no longer there")
    return DeliveryFailed(_with_details(problem), permanent=code in _NEVER, retry_after=retry_after(problem))


def _with_details(problem: BaseException) -> str:
    data = _data(problem) or {}
    details = (data.get("response_metadata") or {}).get("messages") or []
    return "; ".join([sentence(problem), *map(str, details[:3])])


def _data(problem: BaseException) -> Mapping[str, Any] | None:
    if not isinstance(problem, SlackApiError):
        return None
    data = getattr(problem.response, "data", None)
    return data if isinstance(data, dict) else None
