"""Forms as Discord's modals, and what comes back of them. Pure.

https://discord.com/developers/docs/components/using-modal-components
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.adapters.discord.markdown import cut, escaped, visible
from core.taps import Form, FormField

Json = dict[str, Any]

MOST_FIELDS = 5
_MOST_CHOICES, _LONGEST_CHOICE, _LONGEST_TITLE, _LONGEST_HINT, _LONGEST_INPUT = 25, 100, 45, 100, 4000
_LONGEST_NOTE = 1_000
_SELECT, _INPUT, _DISPLAY, _LABEL, _CHECKBOX = 3, 4, 10, 18, 23
_SHORT, _PARAGRAPH = 1, 2


def modal(form: Form) -> Json:
    """A form of at most five fields. The note stands above them while there is room for it."""
    fields = [_labelled(field) for field in form.fields[:MOST_FIELDS]]
    if form.note.strip() and len(fields) < MOST_FIELDS:
        fields.insert(0, {"type": _DISPLAY, "content": escaped(form.note, _LONGEST_NOTE, lines=True)})
    elif form.note.strip() and "description" not in fields[0]:
        fields[0]["description"] = cut(form.note, _LONGEST_HINT)
    return {"custom_id": form.token, "title": visible(cut(form.title, _LONGEST_TITLE)), "components": fields}


def _labelled(field: FormField) -> Json:
    label: Json = {"type": _LABEL, "label": visible(cut(field.label, _LONGEST_TITLE)), "component": _input(field)}
    # What was wrong is what is to be read first; Discord has no place of its own for it.
    if (hint := field.error or field.hint).strip():
        label["description"] = cut(hint, _LONGEST_HINT)
    return label


def _input(field: FormField) -> Json:
    if field.kind == "boolean":
        return {"type": _CHECKBOX, "custom_id": field.name, "default": field.value == "yes"}
    if field.kind == "choice" and _can_be_picked(field.choices):
        return {
            "type": _SELECT,
            "custom_id": field.name,
            "required": field.required,
            "min_values": 1 if field.required else 0,
            "max_values": 1,
            "options": [_option(value, label, field.value) for value, label in field.choices],
        }
    most = min(max(field.longest, len(field.value), 1), _LONGEST_INPUT)
    made: Json = {
        "type": _INPUT,
        "custom_id": field.name,
        "style": _PARAGRAPH if field.kind == "lines" else _SHORT,
        "required": field.required,
        "max_length": most,
    }
    if field.value:
        made["value"] = field.value[:most] if field.kind == "lines" else field.value[:most].replace("\n", " ")
    if field.kind == "date":
        made["placeholder"] = "as in 2026-11-20"
    elif field.kind == "choice":
        made["placeholder"] = cut(" / ".join(value for value, _ in field.choices), _LONGEST_HINT)
    return made


def _can_be_picked(choices: tuple[tuple[str, str], ...]) -> bool:
    """A list that Discord's menu cannot hold is typed instead."""
    return 0 < len(choices) <= _MOST_CHOICES and all(0 < len(value) <= _LONGEST_CHOICE for value, _ in choices)


def _option(value: str, label: str, chosen: str) -> Json:
    return {"label": visible(cut(label, _LONGEST_CHOICE)), "value": value, "default": value == chosen}


def values(components: Iterable[Any]) -> dict[str, str]:
    """What was filled in, by the name of the field. What makes no sense is left out."""
    found: dict[str, str] = {}
    for outer in components:
        if not isinstance(outer, dict):
            continue
        inner = outer.get("component")
        for one in [inner] if inner else outer.get("components") or []:
            if isinstance(one, dict) and isinstance(one.get("custom_id"), str):
                found[one["custom_id"]] = _typed(one)
    return found


def _typed(one: Json) -> str:
    value, picked = one.get("value"), one.get("values")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(picked, list):
        return ", ".join(str(each) for each in picked)
    return value if isinstance(value, str) else ""
