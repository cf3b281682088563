"""response_url and the immediate answer to a slash command: messages without a token.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import secrets
from typing import Any

from tests.platforms.slack.chat_methods import add, by_bot, change, remove
from tests.platforms.slack.content import read_content
from tests.platforms.slack.errors import SlackError
from tests.platforms.slack.scene import Scene, thread_of
from tests.platforms.slack.world import Json, Message, ResponseUrl

MOST_USES = 5
LIVES = 30 * 60.0


def offer(scene: Scene, base_url: str, kind: str, user: str, channel: str, message: Message | None) -> str:
    """A new address for answers to one interaction."""
    name = f"{kind}/{scene.world.channels[channel].team}/{secrets.token_hex(12)}"
    scene.world.response_urls[name] = ResponseUrl(user, channel, scene.world.clock.time(), message)
    return f"{base_url}/{name}"


def respond(scene: Scene, name: str, asked: Any) -> None:
    """One use of an address."""
    url = scene.world.response_urls.get(name)
    if url is None or not isinstance(asked, dict):
        raise SlackError("no_service" if url is None else "invalid_payload")
    if scene.world.clock.time() - url.at > LIVES:
        raise SlackError("expired_url")
    if url.uses >= MOST_USES:
        raise SlackError("used_url")
    url.uses += 1
    place(scene, url, asked)


def place(scene: Scene, url: ResponseUrl, asked: Json) -> None:
    """Do what an answer says: a new message, or another content for the one that was tapped, or its end."""
    if _yes(asked, "delete_original"):
        if url.message is not None and not url.message.deleted:
            remove(scene, url.message)
        return
    content = read_content(scene, "response_url", asked)
    if _yes(asked, "replace_original") and url.message is not None:
        if url.message.deleted and url.message.only_for is None:
            raise SlackError("message_not_found")
        # One that only this user saw may have gone with a reload: Slack takes the answer, and nobody sees it.
        change(scene, url.message, content)
        scene.hear(url.message, unfurl=False)
        return
    channel = scene.world.channels[url.channel]
    message = by_bot(scene, scene.world.teams[channel.team], channel, content)
    parent = thread_of(scene, channel, asked.get("thread_ts"))
    message.thread_ts = parent.ts if parent else None
    message.only_for = None if asked.get("response_type") == "in_channel" else url.user
    add(scene, channel, message)
    if url.message is None:
        url.message = message
    scene.hear(message, unfurl=_yes(asked, "unfurl_links"))


def _yes(asked: Json, name: str) -> bool:
    return asked.get(name) in (True, "true")
