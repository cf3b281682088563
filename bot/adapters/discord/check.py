"""What `placet doctor` looks at on Discord."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.adapters.discord.messenger import failure
from bot.adapters.discord.rest import Away, Refusal, Rest
from core.platforms import Finding

_PERMISSIONS = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 38
"""View Channel, Send Messages, Embed Links, Attach Files, Read Message History, Send Messages in Threads."""
_FEW_STARTS = 50


async def findings(rest: Rest, addresses: Sequence[str]) -> list[Finding]:
    try:
        ourselves = await rest.call("GET", "/users/@me")
        application = await rest.call("GET", "/oauth2/applications/@me")
        servers = await rest.call("GET", "/users/@me/guilds")
        gateway = await rest.call("GET", "/gateway/bot")
    except Refusal as problem:
        if problem.status == 401:
            remedy = "Reset the token in the developer portal, under Bot, and put it into PLACET_DISCORD_TOKEN."
            return [Finding("the bot's token", remedy)]
        return [Finding("Discord", f"{problem}. Try again later.")]
    except Away as problem:
        return [Finding("Discord", f"{problem}. Check the network and PLACET_DISCORD_API_URL.")]
    return [
        Finding(f"the bot's token: it is {ourselves['username']}"),
        _events(application),
        _servers(servers, application["id"]),
        _starts(gateway),
        *[await _channel(rest, address) for address in addresses],
    ]


async def _channel(rest: Rest, address: str) -> Finding:
    """Whether the bot sees a channel and may read in it, which it needs to find its cards again."""
    try:
        channel = await rest.call("GET", f"/channels/{address}")
        await rest.call("GET", f"/channels/{address}/messages", limit="1")
    except (Refusal, Away) as problem:
        return Finding(f"channel {address}", str(failure(problem, gone=False)))
    return Finding(f"channel {address}: it is #{channel.get('name') or 'a direct chat'}")


def _events(application: dict[str, Any]) -> Finding:
    if not application.get("interactions_endpoint_url"):
        return Finding("taps come over the Gateway")
    remedy = "Empty the Interactions Endpoint URL in the developer portal, under General Information."
    return Finding("taps go to another address", remedy)


def _servers(servers: list[dict[str, Any]], application: str) -> Finding:
    if servers:
        return Finding(f"the bot is in {', '.join(str(one['name']) for one in servers[:5])}")
    invite = "https://discord.com/oauth2/authorize?client_id="
    remedy = f"Invite it: {invite}{application}&scope=bot+applications.commands&permissions={_PERMISSIONS}"
    return Finding("the bot is in no server", remedy)


def _starts(gateway: dict[str, Any]) -> Finding:
    left = gateway.get("session_start_limit", {}).get("remaining", 0)
    if left > _FEW_STARTS:
        return Finding(f"{left} starts are left today")
    return Finding(f"{left} starts are left today", "Do not start Placet again and again: wait until tomorrow.")
