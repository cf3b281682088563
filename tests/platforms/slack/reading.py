"""What a person reads: markup resolved, blocks from top to bottom, what can be pressed and typed into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.platforms.hands import FieldShown, FormShown, Shown
from tests.platforms.slack.world import Json, Message, View, World

_CONTROL = re.compile(r"<([^<>]*)>")
_CODE = re.compile(r"`([^`\n]+)`")
# Bold, italic and struck text begin and end at the edge of a word, and stay on one line.
_STYLED = re.compile(r"(?<![\w*_~])([*_~])(?=\S)([^\n]*?\S)\1(?![\w*_~])")


@dataclass(frozen=True)
class Pressable:
    """One thing to press: a button, or one option of a menu."""

    label: str
    token: str
    block_id: str
    action: Json
    """The action as the payload of a press describes it, but for the time."""
    attachment: int | None = None


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(world: World, text: str) -> str:
    """A text with Slack's markup as it is read."""

    def control(found: re.Match[str]) -> str:
        body = found[1]
        target, _, label = body.partition("|")
        if target.startswith("@"):
            user = world.users.get(target[1:])
            return f"@{user.name if user else label or target[1:]}"
        if target.startswith("#"):
            channel = world.channels.get(target[1:])
            return f"#{channel.name if channel else label}"
        if target.startswith("!"):
            return label or f"@{target[1:].split('^')[0]}"
        return label or target

    shown = _CODE.sub(r"\1", _CONTROL.sub(control, text))
    for _ in range(3):
        shown = _STYLED.sub(r"\2", shown)
    return unescape(shown)


def calls(text: str) -> list[str]:
    """Whom or what a text with markup would notify: `<!channel>`, `<@U…>`, `<!subteam^…>`."""
    found = [one.partition("|")[0] for one in _CONTROL.findall(text)]
    return [one for one in found if one.startswith("@") or (one.startswith("!") and not one.startswith("!date"))]


def links(text: str) -> list[str]:
    """What a text would make clickable."""
    angled = [one.partition("|")[0] for one in _CONTROL.findall(text)]
    bare = re.findall(r"https?://[^\s<>|]+", _CONTROL.sub(" ", text))
    return [one for one in angled if one.startswith(("http:", "https:", "mailto:"))] + bare


def _texts(world: World, found: Any) -> Iterator[str]:
    """All texts of a block, in order."""
    if isinstance(found, list):
        for one in found:
            yield from _texts(world, one)
        return
    if not isinstance(found, dict):
        return
    kind = found.get("type")
    if kind == "mrkdwn":
        yield mrkdwn(world, found["text"])
    elif kind in ("plain_text", "text", "markdown"):
        yield found["text"]
    elif kind == "link":
        yield found.get("text") or found["url"]
    elif kind == "user":
        yield mrkdwn(world, f"<@{found['user_id']}>")
    elif kind == "broadcast":
        yield f"@{found['range']}"
    elif kind == "rich_text_section":
        yield "".join(_texts(world, found["elements"]))
    elif kind == "image":
        yield from _texts(world, found.get("title"))
        yield found.get("alt_text", "")
    elif kind == "input":
        yield from ()
    else:
        for key in ("text", "fields", "elements", "accessory"):
            inner = found.get(key)
            if kind == "actions" or (key == "accessory" and isinstance(inner, dict) and inner.get("type") != "image"):
                continue
            yield from _texts(world, inner)


def read_blocks(world: World, blocks: list[Json]) -> str:
    return "\n".join(one for one in _texts(world, blocks) if one)


def written(message: Json | Message) -> Iterator[str]:
    """Every text of a message in which Slack looks for markup, as it was sent."""
    body = message if isinstance(message, dict) else vars(message)

    def marked(found: Any) -> Iterator[str]:
        if isinstance(found, list):
            for one in found:
                yield from marked(one)
        elif isinstance(found, dict):
            if found.get("type") == "mrkdwn":
                yield found["text"]
            for key, value in found.items():
                if key != "text" or isinstance(value, dict):
                    yield from marked(value)

    yield body.get("text") or ""
    yield from marked(body.get("blocks") or [])
    for attachment in body.get("attachments") or []:
        yield from (str(attachment.get(key, "")) for key in ("text", "pretext", "fallback", "title"))
        yield from marked(attachment.get("blocks") or [])


def pressables(blocks: list[Json], attachments: list[Json]) -> list[Pressable]:
    """Everything on a message that can be pressed, in order; of a menu, each option."""
    found = list(_of_blocks(blocks, None))
    for number, attachment in enumerate(attachments, 1):
        found += _of_blocks(attachment.get("blocks") or [], number)
    return found


def _of_blocks(blocks: list[Json], attachment: int | None) -> Iterator[Pressable]:
    for block in blocks:
        for one in (*block.get("elements", ()), block.get("accessory")):
            if not isinstance(one, dict) or "action_id" not in one:
                continue
            action = {"action_id": one["action_id"], "block_id": block["block_id"], "type": one["type"]}
            if one["type"] == "button" and "url" not in one:
                sent = action | {key: one[key] for key in ("text", "value", "style") if key in one}
                token = str(one.get("value", one["action_id"]))
                yield Pressable(one["text"]["text"], token, block["block_id"], sent, attachment)
            for option in one.get("options", ()):
                sent = action | {"selected_option": option}
                yield Pressable(option["text"]["text"], option["value"], block["block_id"], sent, attachment)


def show(world: World, message: Message) -> Shown:
    """A message as it stands, for somebody who may see it."""
    parts = [read_blocks(world, message.blocks)] if message.blocks else [mrkdwn(world, message.text)]
    colour = None
    for attachment in message.attachments:
        colour = colour or attachment.get("color")
        inner = read_blocks(world, attachment.get("blocks") or [])
        parts += [inner or mrkdwn(world, attachment.get("text") or attachment.get("fallback") or "")]
    # With attachments the text is shown above them, with blocks it is for notifications alone.
    found = pressables(message.blocks, message.attachments)
    parts += [file.get("title", "") for file in message.files]
    images = [block for block in message.blocks if block["type"] == "image" and "slack_file" in block]
    return Shown(
        chat=message.channel,
        id=message.ts,
        text="\n".join(part for part in parts if part),
        buttons=tuple(one.label for one in found),
        tokens=tuple(one.token for one in found),
        only_for=message.only_for,
        reply_to=message.thread_ts if message.thread_ts != message.ts else None,
        edits=message.edits,
        at=message.at,
        colour=colour,
        pictures=tuple(world.files[block["slack_file"]["id"]].content or b"" for block in images),
        alts=tuple(block["alt_text"] for block in images),
    )


KINDS = {
    "plain_text_input": "text",
    "email_text_input": "text",
    "url_text_input": "text",
    "number_input": "number",
    "static_select": "choice",
    "radio_buttons": "choice",
    "datepicker": "date",
}


def inputs(view: View) -> list[Json]:
    return [block for block in view.body["blocks"] if block["type"] == "input"]


def is_tick(element: Json) -> bool:
    """A single box to tick: yes or no."""
    return element["type"] == "checkboxes" and len(element["options"]) == 1


def initial(element: Json) -> str:
    """What stands in an input when it is shown first, as it is read: of a choice its label."""
    if is_tick(element):
        return "yes" if element.get("initial_options") else "no"
    chosen = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", ())
    if chosen:
        return ", ".join(option["text"]["text"] for option in chosen)
    return str(element.get("initial_value") or element.get("initial_date") or element.get("initial_time") or "")


def show_form(world: World, view: View) -> FormShown:
    fields = []
    for block in inputs(view):
        element = block["element"]
        fields.append(
            FieldShown(
                label=block["label"]["text"],
                kind="boolean" if is_tick(element) else KINDS.get(element["type"], element["type"]),
                value=view.values.get(block["block_id"], initial(element)),
                choices=tuple(option["text"]["text"] for option in element.get("options", ())),
                error=view.errors.get(block["block_id"]),
            )
        )
    return FormShown(
        id=view.id,
        title=view.body["title"]["text"],
        text=read_blocks(world, view.body["blocks"]),
        fields=tuple(fields),
        can_submit="submit" in view.body,
    )
