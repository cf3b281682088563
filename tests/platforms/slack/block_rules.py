"""What Slack accepts as blocks of a message and as a modal.

Two judges: rules written from the documentation (https://docs.slack.dev/reference/block-kit/blocks), and the models of
the vendor's own `slack_sdk`, which know most of the limits and were written by somebody else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.platforms.slack.element_rules import (
    AS_ACCESSORY,
    BOTH,
    ELEMENTS,
    IN_ACTIONS,
    IN_INPUT,
    Json,
    Problems,
    element,
    keys,
    length,
    text,
)

MOST_BLOCKS = {"message": 50, "modal": 100}
LONGEST_BLOCKS = 13_200
"""Characters in all blocks of a message together; documented nowhere, measured in bolt-js issue 2509."""
IN_MODAL = frozenset({"actions", "context", "divider", "header", "image", "input", "rich_text", "section"})
IN_MESSAGE = IN_MODAL | {"markdown"}

FileReady = Callable[[str], bool]


def _section(found: Json, at: str) -> Problems:
    problems = keys(found, at, ("type", "block_id", "text", "fields", "accessory", "expand"))
    fields = found.get("fields")
    if found.get("text") is None and not fields:
        problems.append(f"missing required field: text or fields [json-pointer:{at}]")
    problems += text(found.get("text"), f"{at}/text", 3000, BOTH)
    if fields is not None:
        if not 1 <= len(fields) <= 10:
            problems.append(f"no more than 10 items allowed [json-pointer:{at}/fields]")
        for number, one in enumerate(fields):
            problems += text(one, f"{at}/fields/{number}", 2000, BOTH)
    if "accessory" in found:
        problems += element(found["accessory"], f"{at}/accessory", AS_ACCESSORY)
    return problems


def _actions(found: Json, at: str) -> Problems:
    elements = found.get("elements") or []
    problems = keys(found, at, ("type", "block_id", "elements"), ("elements",))
    if not 1 <= len(elements) <= 25:
        problems.append(f"must have 1 to 25 items [json-pointer:{at}/elements]")
    for number, one in enumerate(elements):
        problems += element(one, f"{at}/elements/{number}", IN_ACTIONS)
    return problems


def _context(found: Json, at: str) -> Problems:
    elements = found.get("elements") or []
    problems = keys(found, at, ("type", "block_id", "elements"), ("elements",))
    if not 1 <= len(elements) <= 10:
        problems.append(f"must have 1 to 10 items [json-pointer:{at}/elements]")
    for number, one in enumerate(elements):
        where = f"{at}/elements/{number}"
        if isinstance(one, dict) and one.get("type") == "image":
            problems += ELEMENTS["image"](one, where)
        else:
            problems += text(one if one is not None else "", where, 3000, BOTH)
    return problems


def _header(found: Json, at: str) -> Problems:
    return keys(found, at, ("type", "block_id", "text"), ("text",)) + text(found.get("text"), f"{at}/text", 150)


def _image(found: Json, at: str) -> Problems:
    inner = {key: value for key, value in found.items() if key not in ("block_id", "title")}
    return (
        ELEMENTS["image"](inner, at)
        + text(found.get("title"), f"{at}/title", 2000)
        + length(found.get("alt_text"), f"{at}/alt_text", 2000, 1)
    )


def _input(found: Json, at: str) -> Problems:
    allowed = ("type", "block_id", "label", "element", "hint", "optional", "dispatch_action")
    return (
        keys(found, at, allowed, ("label", "element"))
        + text(found.get("label"), f"{at}/label", 2000)
        + text(found.get("hint"), f"{at}/hint", 2000)
        + element(found.get("element"), f"{at}/element", IN_INPUT)
    )


def _rich_text(found: Json, at: str) -> Problems:
    elements = found.get("elements")
    problems = keys(found, at, ("type", "block_id", "elements"), ("elements",))
    parts = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
    for number, one in enumerate(elements or []):
        if one.get("type") not in parts or not isinstance(one.get("elements"), list):
            problems.append(f"unsupported type: {one.get('type')} [json-pointer:{at}/elements/{number}]")
    return problems


def _markdown(found: Json, at: str) -> Problems:
    return keys(found, at, ("type", "block_id", "text"), ("text",)) + length(found.get("text"), f"{at}/text", 12_000, 1)


BLOCKS: dict[str, Callable[[Json, str], Problems]] = {
    "section": _section,
    "actions": _actions,
    "context": _context,
    "header": _header,
    "image": _image,
    "input": _input,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "divider": lambda found, at: keys(found, at, ("type", "block_id")),
}


def elements_of(block: Json) -> Iterator[Json]:
    """What can be pressed, chosen from or typed into, in one block."""
    for one in (*block.get("elements", ()), block.get("accessory"), block.get("element")):
        if isinstance(one, dict) and one.get("type") in IN_ACTIONS | IN_INPUT:
            yield one


def block_problems(blocks: Any, surface: str, file_ready: FileReady, at: str = "/blocks") -> Problems:
    """Everything that Slack would not take; empty is good."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return [f"must provide an array of objects [json-pointer:{at}]"]
    allowed = IN_MODAL if surface == "modal" else IN_MESSAGE
    most = MOST_BLOCKS[surface]
    problems = [f"no more than {most} items allowed [json-pointer:{at}]"] if len(blocks) > most else []
    for number, block in enumerate(blocks):
        where = f"{at}/{number}"
        kind = block.get("type")
        if kind not in allowed:
            problems.append(f"unsupported block type: {kind} [json-pointer:{where}/type]")
            continue
        problems += BLOCKS[kind](block, where) + length(block.get("block_id"), f"{where}/block_id", 255, 1)
        actions = [one["action_id"] for one in elements_of(block) if one.get("action_id")]
        problems += [
            f"`action_id` {one} already exists for another element [json-pointer:{where}]"
            for one in {one for one in actions if actions.count(one) > 1}
        ]
        file = block.get("slack_file")
        if isinstance(file, dict) and not file_ready(str(file.get("id"))):
            problems.append(f"invalid slack file [json-pointer:{where}/slack_file/id]")
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    problems += [f"block_id {one} already exists [json-pointer:{at}]" for one in {i for i in ids if ids.count(i) > 1}]
    return problems or _by_the_models(blocks, at)


def _by_the_models(blocks: list[Json], at: str) -> Problems:
    problems = []
    for number, block in enumerate(deepcopy(blocks)):
        try:
            parsed = Block.parse(block)
            if parsed is None:
                problems.append(f"slack_sdk does not know it [json-pointer:{at}/{number}]")
            else:
                parsed.to_dict()
        except (SlackObjectFormationError, TypeError, KeyError) as problem:
            problems.append(f"slack_sdk: {problem} [json-pointer:{at}/{number}]")
    return problems


def characters(blocks: list[Json]) -> int:
    """How long the blocks are in all, as the cap on a message counts them."""

    def count(found: Any) -> int:
        if isinstance(found, dict):
            own = found.get("text")
            return (len(own) if isinstance(own, str) else 0) + sum(count(v) for k, v in found.items() if k != "value")
        return sum(count(one) for one in found) if isinstance(found, list) else 0

    return count(blocks)


def view_problems(view: Any, file_ready: FileReady) -> Problems:
    """Everything at a modal that Slack would not take."""
    if not isinstance(view, dict) or view.get("type") != "modal":
        return ["unsupported view type [json-pointer:/view/type]"]
    allowed = ("type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close")
    more = ("notify_on_close", "external_id", "submit_disabled")
    problems = keys(view, "/view", (*allowed, *more), ("title", "blocks"))
    for name in ("title", "submit", "close"):
        problems += text(view.get(name), f"/view/{name}", 24)
    problems += length(view.get("private_metadata"), "/view/private_metadata", 3000)
    problems += length(view.get("callback_id"), "/view/callback_id", 255)
    problems += length(view.get("external_id"), "/view/external_id", 255)
    if not view.get("blocks"):
        problems.append("must have 1 to 100 items [json-pointer:/view/blocks]")
    problems += block_problems(view.get("blocks"), "modal", file_ready, "/view/blocks")
    if problems:
        return problems
    if any(block["type"] == "input" for block in view["blocks"]) and not view.get("submit"):
        return ["submit is required in the slack view when an input block is within the blocks array"]
    focused = [one for block in view["blocks"] for one in elements_of(block) if one.get("focus_on_load")]
    if len(focused) > 1:
        return ["only one element may have focus_on_load [json-pointer:/view/blocks]"]
    try:
        View(**deepcopy(view)).to_dict()
    except (SlackObjectFormationError, TypeError, KeyError) as problem:
        return [f"slack_sdk: {problem} [json-pointer:/view]"]
    return []


def too_large(view: Json) -> bool:
    return len(json.dumps(view).encode()) > 250_000
