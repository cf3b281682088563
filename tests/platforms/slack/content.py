"""The content of a message: what is accepted, and what Slack fills in by itself."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.platforms.slack.block_rules import LONGEST_BLOCKS, block_problems, characters, elements_of
from tests.platforms.slack.call import Call, text_of
from tests.platforms.slack.errors import SlackError, TooEarly
from tests.platforms.slack.scene import Scene
from tests.platforms.slack.world import Json, World

BEST_TEXT = 4_000
"""chat.update refuses more; chat.postMessage says "for best results"."""
LONGEST_TEXT = 40_000
LONGEST_METADATA = 8_000
MOST_ATTACHMENTS = 100


@dataclass(frozen=True)
class Content:
    """None: not given."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None
    metadata: Json | None


def read_content(scene: Scene, method: str, asked: Json) -> Content:
    """What a call wants to show, if Slack would show it."""
    text, blocks, attachments = asked.get("text"), asked.get("blocks"), asked.get("attachments")
    if "markdown_text" in asked:
        if text is not None or blocks is not None:
            raise SlackError("markdown_text_conflict")
        blocks = [{"type": "markdown", "text": text_of(asked["markdown_text"])}]
    if text is not None and not isinstance(text, str):
        raise SlackError("invalid_arguments", ["text must be a string"])
    if text is None and blocks is None and attachments is None:
        raise SlackError("no_text")
    if (blocks or attachments) and not (text or "").strip() and "markdown_text" not in asked:
        scene.note(f"{method}: without `text` a notification and a screen reader have nothing to say")
    return Content(
        _text(scene, method, text),
        _blocks(scene, blocks),
        _attachments(scene, attachments),
        _metadata(asked.get("metadata")),
    )


def _text(scene: Scene, method: str, text: str | None) -> str | None:
    if text is None or len(text) <= BEST_TEXT:
        return text
    if method == "chat.update":
        raise SlackError("msg_too_long")
    scene.note(f"{method}: text of {len(text)} characters, more than {BEST_TEXT}")
    return text[:LONGEST_TEXT]


def _blocks(scene: Scene, blocks: Any) -> list[Json] | None:
    if blocks is None:
        return None
    problems = block_problems(blocks, "message", scene.file_ready)
    if problems and all("invalid slack file" in one for one in problems) and scene.being_looked_at(blocks):
        raise TooEarly("invalid_blocks", problems)
    if problems:
        raise SlackError("invalid_blocks", problems)
    if characters(blocks) > LONGEST_BLOCKS:
        raise SlackError("msg_blocks_too_long", [f"{characters(blocks)} characters in all blocks"])
    return completed(scene.world, blocks)


def _attachments(scene: Scene, attachments: Any) -> list[Json] | None:
    if attachments is None:
        return None
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    done = []
    for number, one in enumerate(attachments):
        blocks = one.get("blocks")
        problems = (
            block_problems(blocks, "message", scene.file_ready, f"/attachments/{number}/blocks") if blocks else []
        )
        if problems:
            raise SlackError("invalid_attachments", problems)
        if blocks and characters(blocks) > LONGEST_BLOCKS:
            raise SlackError("msg_blocks_too_long", [f"{characters(blocks)} characters in all blocks"])
        done.append({**one, "id": number + 1, **({"blocks": completed(scene.world, blocks)} if blocks else {})})
    return done


def _metadata(found: Any) -> Json | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        raise SlackError("invalid_metadata_format")
    if not found:
        return {}
    if not isinstance(found.get("event_type"), str) or not isinstance(found.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(found)) > LONGEST_METADATA:
        raise SlackError("metadata_too_large")
    return found


def completed(world: World, blocks: list[Json]) -> list[Json]:
    """The blocks with the ids and defaults that Slack gives to what has none."""
    done: list[Json] = deepcopy(blocks)
    for block in done:
        block.setdefault("block_id", world.id("b"))
        for element in elements_of(block):
            element.setdefault("action_id", world.id("a"))
    _defaults(done)
    return done


def _defaults(found: Any) -> None:
    if isinstance(found, list):
        for one in found:
            _defaults(one)
    elif isinstance(found, dict):
        if found.get("type") == "plain_text":
            found.setdefault("emoji", True)
        if found.get("type") == "mrkdwn":
            found.setdefault("verbatim", False)
        for value in found.values():
            _defaults(value)


def keeps_state(blocks: list[Json]) -> set[str]:
    """Blocks that hold something chosen or typed: the client keeps it as long as the `block_id` stays."""
    stateful = {"static_select", "radio_buttons", "checkboxes", "datepicker", "timepicker", "plain_text_input"}
    return {block["block_id"] for block in blocks if any(one["type"] in stateful for one in elements_of(block))}


def unfurl_of(call: Call) -> bool:
    """Whether Slack would look at addresses: for pictures unless told not to, for pages only if told to."""
    return call.flag("unfurl_links") or call.flag("unfurl_media", default=True)
