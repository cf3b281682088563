"""What Slack accepts inside a block: texts, options, buttons, inputs.

Limits: https://docs.slack.dev/reference/block-kit/block-elements and …/composition-objects.
Problems are worded as Slack words them, with a pointer to the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Json = dict[str, Any]
Problems = list[str]
Rule = Callable[[Json, str], Problems]

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
TIME = re.compile(r"\d{2}:\d{2}")


def keys(found: Json, at: str, allowed: Iterable[str], required: Iterable[str] = ()) -> Problems:
    unknown = [f"invalid additional property: {key} [json-pointer:{at}]" for key in found if key not in set(allowed)]
    missing = [f"missing required field: {key} [json-pointer:{at}]" for key in required if found.get(key) in (None, "")]
    return unknown + missing


def length(value: Any, at: str, most: int, least: int = 0) -> Problems:
    if value is None:
        return []
    if not isinstance(value, str):
        return [f"must be a string [json-pointer:{at}]"]
    if len(value) > most:
        return [f"must be less than {most + 1} characters [json-pointer:{at}]"]
    return [f"must be more than {least - 1} characters [json-pointer:{at}]"] if len(value) < least else []


def text(found: Any, at: str, most: int, kinds: tuple[str, ...] = ("plain_text",)) -> Problems:
    """A text object; absent is for the caller to judge."""
    if found is None:
        return []
    if not isinstance(found, dict):
        return [f"must provide an object [json-pointer:{at}]"]
    kind = found.get("type")
    if kind not in kinds:
        return [f"unsupported type: {kind} [json-pointer:{at}/type]"]
    extra = "emoji" if kind == "plain_text" else "verbatim"
    return keys(found, at, ("type", "text", extra)) + length(found.get("text", ""), f"{at}/text", most, 1)


def option(found: Any, at: str, kinds: tuple[str, ...] = ("plain_text",)) -> Problems:
    if not isinstance(found, dict):
        return [f"must provide an object [json-pointer:{at}]"]
    return (
        keys(found, at, ("text", "value", "description", "url"), ("text", "value"))
        + text(found.get("text"), f"{at}/text", 75, kinds)
        + length(found.get("value"), f"{at}/value", 150, 1)
        + text(found.get("description"), f"{at}/description", 75, kinds)
    )


def options(found: Json, at: str, most: int, kinds: tuple[str, ...] = ("plain_text",)) -> Problems:
    offered = found.get("options")
    groups = found.get("option_groups")
    if groups is not None and offered is None:
        problems = (
            [] if 0 < len(groups) <= 100 else [f"no more than 100 items allowed [json-pointer:{at}/option_groups]"]
        )
        for number, group in enumerate(groups):
            problems += text(group.get("label"), f"{at}/option_groups/{number}/label", 75)
            problems += options(group, f"{at}/option_groups/{number}", most)
        return problems
    if not isinstance(offered, list) or not offered:
        return [f"missing required field: options [json-pointer:{at}]"]
    problems = [f"no more than {most} items allowed [json-pointer:{at}/options]"] if len(offered) > most else []
    for number, one in enumerate(offered):
        problems += option(one, f"{at}/options/{number}", kinds)
    values = [one.get("value") for one in offered if isinstance(one, dict)]
    if len(set(values)) < len(values):
        problems.append(f"duplicate option values [json-pointer:{at}/options]")
    chosen = [found["initial_option"]] if "initial_option" in found else list(found.get("initial_options", ()))
    problems += [
        f"initial option must exactly match one of the options [json-pointer:{at}]"
        for one in chosen
        if one not in offered
    ]
    return problems


def confirm(found: Json | None, at: str) -> Problems:
    if found is None:
        return []
    parts = ("title", "text", "confirm", "deny")
    return (
        keys(found, at, (*parts, "style"), parts)
        + text(found.get("title"), f"{at}/title", 100)
        + text(found.get("text"), f"{at}/text", 300, ("plain_text", "mrkdwn"))
        + text(found.get("confirm"), f"{at}/confirm", 30)
        + text(found.get("deny"), f"{at}/deny", 30)
    )


def _button(found: Json, at: str) -> Problems:
    problems = keys(
        found,
        at,
        ("type", "action_id", "text", "url", "value", "style", "confirm", "accessibility_label"),
        ("text",),
    )
    if found.get("style") not in (None, "primary", "danger"):
        problems.append(f"must be primary or danger [json-pointer:{at}/style]")
    return (
        problems
        + text(found.get("text"), f"{at}/text", 75)
        + length(found.get("value"), f"{at}/value", 2000, 1)
        + length(found.get("url"), f"{at}/url", 3000)
        + length(found.get("accessibility_label"), f"{at}/accessibility_label", 75)
    )


def _choices(most: int, *extra: str, kinds: tuple[str, ...] = ("plain_text",)) -> Rule:
    def check(found: Json, at: str) -> Problems:
        allowed = ("type", "action_id", "options", "confirm", "focus_on_load", *extra)
        return keys(found, at, allowed) + options(found, at, most, kinds)

    return check


def _typed(*extra: str) -> Rule:
    def check(found: Json, at: str) -> Problems:
        allowed = ("type", "action_id", "initial_value", "placeholder", "dispatch_action_config", "focus_on_load")
        problems = keys(found, at, (*allowed, *extra)) + length(found.get("initial_value"), f"{at}/initial_value", 3000)
        for name, least in (("min_length", 0), ("max_length", 1)):
            bound = found.get(name)
            if bound is not None and not (isinstance(bound, int) and least <= bound <= 3000):
                problems.append(f"must be between {least} and 3000 [json-pointer:{at}/{name}]")
        return problems

    return check


def _number(found: Json, at: str) -> Problems:
    problems = _typed("is_decimal_allowed", "min_value", "max_value")(found, at)
    if not isinstance(found.get("is_decimal_allowed"), bool):
        problems.append(f"missing required field: is_decimal_allowed [json-pointer:{at}]")
    for name in ("initial_value", "min_value", "max_value"):
        value = found.get(name)
        if value is None:
            continue
        try:
            whole = float(value).is_integer()
        except (TypeError, ValueError, OverflowError):
            problems.append(f"must be a number [json-pointer:{at}/{name}]")
            continue
        if not isinstance(value, str) or not (whole or found.get("is_decimal_allowed")):
            problems.append(f"must be a string with a fitting number [json-pointer:{at}/{name}]")
    return problems


def _picker(initial: str, pattern: re.Pattern[str]) -> Rule:
    def check(found: Json, at: str) -> Problems:
        problems = keys(
            found, at, ("type", "action_id", initial, "placeholder", "confirm", "focus_on_load", "timezone")
        )
        value = found.get(initial)
        if value is not None and not pattern.fullmatch(str(value)):
            problems.append(f"invalid format [json-pointer:{at}/{initial}]")
        return problems

    return check


def _image(found: Json, at: str) -> Problems:
    problems = keys(found, at, ("type", "image_url", "slack_file", "alt_text"), ("alt_text",))
    if ("image_url" in found) == ("slack_file" in found):
        problems.append(f"either image_url or slack_file [json-pointer:{at}]")
    return problems + length(found.get("image_url"), f"{at}/image_url", 3000)


BOTH = ("plain_text", "mrkdwn")
ELEMENTS: Mapping[str, Rule] = {
    "button": _button,
    "overflow": _choices(5),
    "static_select": _choices(100, "placeholder", "option_groups", "initial_option"),
    "multi_static_select": _choices(100, "placeholder", "option_groups", "initial_options", "max_selected_items"),
    "radio_buttons": _choices(10, "initial_option", kinds=BOTH),
    "checkboxes": _choices(10, "initial_options", kinds=BOTH),
    "plain_text_input": _typed("multiline", "min_length", "max_length"),
    "email_text_input": _typed(),
    "url_text_input": _typed(),
    "number_input": _number,
    "datepicker": _picker("initial_date", DATE),
    "timepicker": _picker("initial_time", TIME),
    "image": _image,
}
IN_ACTIONS = frozenset(ELEMENTS) - {
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "image",
    "multi_static_select",
}
IN_INPUT = frozenset(ELEMENTS) - {"button", "overflow", "image"}
AS_ACCESSORY = IN_ACTIONS | {"image", "multi_static_select"}


def element(found: Any, at: str, allowed: frozenset[str]) -> Problems:
    """One element, where only these kinds may stand."""
    if not isinstance(found, dict):
        return [f"must provide an object [json-pointer:{at}]"]
    kind = found.get("type")
    if kind not in allowed or kind not in ELEMENTS:
        return [f"unsupported type: {kind} [json-pointer:{at}/type]"]
    return (
        ELEMENTS[kind](found, at)
        + length(found.get("action_id"), f"{at}/action_id", 255, 1)
        + text(found.get("placeholder"), f"{at}/placeholder", 150)
        + confirm(found.get("confirm"), f"{at}/confirm")
    )
