"""One call of the Web API: who calls, what they ask, and what they may do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.platforms.slack.errors import SlackError
from tests.platforms.slack.world import Json, Team, World

SCOPE: dict[str, str | None] = {
    "api.test": None,
    "auth.test": None,
    "apps.connections.open": "connections:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.delete": "chat:write",
    "chat.getPermalink": None,
    "views.open": None,
    "views.update": None,
    "views.push": None,
    "users.info": "users:read",
    "team.info": "team:read",
    "conversations.open": "im:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
}
"""What each method needs. Those of conversations depend on the conversation: see `needs_of`."""

BY_KIND = {"channel": "channels", "group": "groups", "im": "im"}


def _named(words: str) -> frozenset[str]:
    return frozenset(words.split())


_AUTHOR = "as_user icon_emoji icon_url link_names parse username"
ARGUMENTS: dict[str, frozenset[str]] = {
    "chat.postMessage": _named(
        "channel text blocks attachments markdown_text metadata mrkdwn reply_broadcast thread_ts unfurl_links "
        f"unfurl_media client_msg_id {_AUTHOR}"
    ),
    "chat.update": _named(
        "channel ts text blocks attachments as_user file_ids link_names markdown_text metadata parse reply_broadcast"
    ),
    "chat.postEphemeral": _named(f"channel user text blocks attachments markdown_text thread_ts {_AUTHOR}"),
    "chat.delete": _named("channel ts as_user"),
    "views.open": _named("trigger_id interactivity_pointer view"),
    "views.push": _named("trigger_id interactivity_pointer view"),
    "views.update": _named("view view_id external_id hash"),
    "conversations.open": _named("channel users return_im prevent_creation"),
    "conversations.history": _named("channel cursor inclusive include_all_metadata latest limit oldest"),
    "files.getUploadURLExternal": _named("filename length alt_txt snippet_type"),
    "files.completeUploadExternal": _named("files channel_id channels initial_comment thread_ts blocks highlight_type"),
}
"""The documented arguments, where an unlisted one would be a mistake of ours. Bolt adds `team_id` to every body."""

_AS_JSON = ("attachments", "blocks", "files", "metadata", "view")


@dataclass(frozen=True)
class Call:
    method: str
    asked: Json
    team: Team
    base_url: str
    """Where this server answers, for the addresses that it hands out."""

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.asked.get(name, default)
        return value in (True, 1, "1", "true", "True")


async def arguments(request: web.Request) -> Json:
    """Everything that was asked, from the query and the body: the SDK uses both."""
    asked: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError as problem:
            raise SlackError("invalid_json") from problem
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        asked |= body
    elif request.can_read_body:
        form = await request.post()
        asked |= {key: value for key, value in form.items() if isinstance(value, str)}
    for name in _AS_JSON:
        if isinstance(asked.get(name), str):
            try:
                asked[name] = json.loads(asked[name])
            except ValueError as problem:
                raise SlackError("invalid_arguments", [f"{name} is no JSON"]) from problem
    return {name: value for name, value in asked.items() if value is not None}


def token_of(request: web.Request, asked: Json) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind == "Bearer" and token:
        return token
    return str(asked.get("token", ""))


def needs_of(world: World, method: str, asked: Json) -> str | None:
    """The scope that a call needs."""
    if method in SCOPE:
        return SCOPE[method]
    channel = world.channels.get(str(asked.get("channel")))
    kind = BY_KIND[channel.kind] if channel else "channels"
    return f"{kind}:history" if method in ("conversations.history", "conversations.replies") else f"{kind}:read"


def caller(world: World, method: str, token: str, asked: Json, revoked: bool) -> tuple[Team, str]:
    """The team whose bot calls, and the scopes of its token; an app-level token opens connections and nothing else."""
    if not token:
        raise SlackError("not_authed")
    wants_app = method == "apps.connections.open"
    scopes: set[str]
    if token == world.app_token:
        if revoked:
            raise SlackError("invalid_auth")
        if not wants_app:
            raise SlackError("not_allowed_token_type")
        team, scopes = next(iter(world.teams.values())), world.app_scopes
    else:
        found = next((team for team in world.teams.values() if team.token == token), None)
        if found is None:
            raise SlackError("invalid_auth")
        if revoked:
            raise SlackError("token_revoked")
        if wants_app:
            raise SlackError("not_allowed_token_type")
        team, scopes = found, found.scopes
    provided = ",".join(sorted(scopes))
    needed = needs_of(world, method, asked)
    if needed and needed not in scopes:
        raise SlackError("missing_scope", needed=needed, provided=provided)
    return team, provided


def unlisted(method: str, asked: Json) -> list[str]:
    """Arguments that the documentation of a method does not know."""
    known = ARGUMENTS.get(method)
    return [] if known is None else [name for name in asked if name not in known | {"team_id", "token"}]


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""
