"""What `placet doctor` looks at: the two tokens and what the app may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.failures import TROUBLE, sentence
from core.platforms import Finding

SCOPES: Mapping[str, str] = {
    "app_mentions:read": "hear when somebody calls @placet",
    "channels:history": "find a card again after a crash, in public channels",
    "chat:write": "post cards and answers",
    "commands": "take /placet",
    "files:write": "show the picture of a digest",
    "groups:history": "find a card again after a crash, in private channels",
    "im:history": "read what people write to it alone",
    "im:write": "write to one person alone",
}
"""Every scope that the app needs, and what for. `manifest.py` asks for these."""


async def findings(client: AsyncWebClient, app_token: str, addresses: Sequence[str]) -> list[Finding]:
    tokens = [*await _bot(client), await _socket_mode(client, app_token)]
    return [*tokens, *[await _channel(client, address) for address in addresses]]


async def _channel(client: AsyncWebClient, address: str) -> Finding:
    """Whether the bot is in a channel: only then it may read there, which it needs to find its cards again."""
    what = f"Slack: the channel {address}"
    try:
        await client.conversations_history(channel=address.partition("/")[0], limit=1)
    except TROUBLE as problem:
        return Finding(what, sentence(problem))
    return Finding(what)


async def _bot(client: AsyncWebClient) -> list[Finding]:
    try:
        me = await client.auth_test()
    except TROUBLE as problem:
        return [Finding("Slack: the bot token", f"{sentence(problem)}. It is PLACET_SLACK_BOT_TOKEN (xoxb-…).")]
    found = [Finding(f"Slack: the bot token, of @{me['user']} in the workspace {me['team']} ({me['team_id']})")]
    names = {str(name).lower(): str(value) for name, value in me.headers.items()}
    granted = {scope.strip() for scope in names.get("x-oauth-scopes", "").split(",")}
    for scope, why in SCOPES.items():
        what = f"Slack: the scope {scope}, to {why}"
        remedy = f"Add {scope} to the app's Bot Token Scopes under OAuth & Permissions, and install the app again."
        found.append(Finding(what, None if scope in granted else remedy))
    return found


async def _socket_mode(client: AsyncWebClient, app_token: str) -> Finding:
    what = "Slack: the app-level token, for Socket Mode"
    try:
        await client.apps_connections_open(app_token=app_token)
    except TROUBLE as problem:
        remedy = (
            f"{sentence(problem)}. It is PLACET_SLACK_APP_TOKEN (xapp-…), made under Basic Information > App-Level "
            "Tokens with the scope connections:write; Socket Mode has to be on."
        )
        return Finding(what, remedy)
    return Finding(what)
