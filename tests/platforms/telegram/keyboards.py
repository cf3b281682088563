"""What may stand under a message: https://core.telegram.org/bots/api#inlinekeyboardmarkup"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.telegram.html import units
from tests.platforms.telegram.links import checked_link
from tests.platforms.telegram.refusals import broken
from tests.platforms.telegram.world import Json

LONGEST_DATA = 64
# Undocumented, but long seen by the SDKs: telegram.constants.InlineKeyboardMarkupLimit.
MOST_BUTTONS, MOST_IN_A_ROW = 100, 8
LONGEST_PLACEHOLDER = 64
_KINDS = {
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
}  # fmt: skip
_STYLES = {"danger", "success", "primary"}


@dataclass
class Markup:
    rows: list[list[Json]] = field(default_factory=list)
    force_reply: Json | None = None


def read_markup(source: str, *, only_inline: bool = False) -> Markup:
    """`reply_markup` as it came. Raises what Telegram refuses it with."""
    if not source:
        return Markup()
    try:
        value = json.loads(source)
    except ValueError:
        raise broken("can't parse reply keyboard markup JSON object") from None
    if not isinstance(value, dict):
        raise broken("object expected as reply markup")
    if value.get("force_reply"):
        if only_inline:
            raise broken("inline keyboard expected")
        return Markup(force_reply=_force_reply(value))
    if "inline_keyboard" in value:
        return Markup(_rows(value["inline_keyboard"]))
    if value.get("remove_keyboard") and not only_inline:
        return Markup()
    raise broken("this local Telegram knows inline keyboards, ForceReply and ReplyKeyboardRemove only")


def _force_reply(value: Json) -> Json:
    placeholder = value.get("input_field_placeholder")
    if placeholder is not None and not 1 <= units(placeholder) <= LONGEST_PLACEHOLDER:
        raise broken("input_field_placeholder must have 1 to 64 characters")
    return value


def _rows(value: Any) -> list[list[Json]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise broken('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    rows = [[_button(button) for button in row] for row in value if row]
    if sum(map(len, rows)) > MOST_BUTTONS or any(len(row) > MOST_IN_A_ROW for row in rows):
        raise broken("reply markup is too long")
    return rows


def _button(value: Any) -> Json:
    if not isinstance(value, dict):
        raise broken("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not isinstance(value.get("text"), str):
        raise broken("can't parse inline keyboard button: Can't find field \"text\"")
    if not value["text"].strip():
        raise broken("can't parse inline keyboard button: Inline keyboard button text must be non-empty")
    kinds = _KINDS & value.keys()
    if not kinds:
        raise broken("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise broken(f"exactly one kind of an inline keyboard button, not {sorted(kinds)}")
    if "callback_data" in value and not 1 <= len(value["callback_data"].encode()) <= LONGEST_DATA:
        raise broken("BUTTON_DATA_INVALID")
    if "url" in value and checked_link(value["url"]) is None:
        raise broken(f"inline keyboard button URL '{value['url']}' is invalid: Wrong HTTP URL")
    if "style" in value and value["style"] not in _STYLES:
        raise broken("BUTTON_STYLE_INVALID")
    return value
