"""Forms as modals: https://docs.slack.dev/surfaces/modals. Pure.

A modal remembers by itself what is needed when it is submitted, in its `private_metadata`: nothing is kept here.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict

from bot.adapters.slack.parse import Back
from bot.adapters.slack.render import Json, context, paragraphs, plain, section
from core.taps import Form, FormField
from core.text import clean, cut

# https://docs.slack.dev/reference/views/modal-views and …/block-kit/block-elements
LONGEST_TITLE, LONGEST_INPUT, MOST_OPTIONS, LONGEST_OPTION, LONGEST_VALUE = 24, 3_000, 100, 75, 150
LONGEST_ERROR = 300
MOST_FIELDS = 45
"""Two blocks a field, the note beside them, and a hundred blocks in all."""
CALLBACK = "placet"
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def form_view(form: Form, back: Back) -> Json:
    """The modal of a form. Errors of an earlier try stand above their inputs."""
    blocks = paragraphs(form.note, LONGEST_INPUT) if form.note else []
    for number, field in enumerate(form.fields[:MOST_FIELDS]):
        if field.error:
            blocks.append(context(f"⚠️ {cut(clean(field.label), 100)}: {clean(field.error)}", 500))
        blocks.append(_input(_place(form, number), field))
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps({"token": form.token, **asdict(back)}),
        "title": plain(clean(form.title), LONGEST_TITLE),
        "submit": plain(clean(form.submit), LONGEST_TITLE),
        "close": plain("Cancel", LONGEST_TITLE),
        "blocks": blocks or [section(clean(form.title), LONGEST_INPUT)],
    }


def errors(form: Form, token: str) -> dict[str, str]:
    """What is wrong, by input: if it is this very form that stands before the person, and something is wrong."""
    if form.token != token:
        return {}
    return {
        _place(form, number): cut(clean(field.error), LONGEST_ERROR)
        for number, field in enumerate(form.fields[:MOST_FIELDS])
        if field.error
    }


def words_view(title: str, text: str) -> Json:
    """A modal that only says something: that it is being loaded, or what came of it."""
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(title, LONGEST_TITLE),
        "close": plain("Close", LONGEST_TITLE),
        "blocks": paragraphs(text) or [section("", LONGEST_INPUT)],
    }


def _place(form: Form, number: int) -> str:
    """The name of an input's place. Another form has others, so that nothing typed before is carried over."""
    return f"{hashlib.sha256(form.token.encode()).hexdigest()[:8]}.{number}"


def _input(place: str, field: FormField) -> Json:
    made: Json = {
        "type": "input",
        "block_id": place,
        "label": plain(clean(field.label), 500),
        "optional": not field.required,
        "element": {"action_id": field.name, **_element(field)},
    }
    if field.hint:
        made["hint"] = plain(clean(field.hint), 500)
    return made


def _element(field: FormField) -> Json:
    """The input that fits; what Slack's own input could not hold is typed as text."""
    if field.kind == "boolean":
        return _choice("radio_buttons", (("yes", "Yes"), ("no", "No")), field.value)
    if field.kind == "choice" and _fits_a_menu(field.choices):
        return _choice("static_select", field.choices, field.value)
    if field.kind == "number" and (not field.value or _NUMBER.fullmatch(field.value)):
        return {"type": "number_input", "is_decimal_allowed": True, **_initial("initial_value", field.value)}
    if field.kind == "date":
        return {"type": "datepicker", **_initial("initial_date", field.value if _DATE.fullmatch(field.value) else "")}
    longest = max(1, min(field.longest, LONGEST_INPUT))
    return {
        "type": "plain_text_input",
        "multiline": field.kind == "lines",
        "max_length": longest,
        **_initial("initial_value", field.value[:longest]),
    }


def _initial(name: str, value: str) -> Json:
    return {name: value} if value else {}


def _fits_a_menu(choices: tuple[tuple[str, str], ...]) -> bool:
    values = {value for value, _ in choices}
    return 0 < len(values) == len(choices) <= MOST_OPTIONS and all(0 < len(value) <= LONGEST_VALUE for value in values)


def _choice(kind: str, choices: tuple[tuple[str, str], ...], chosen: str) -> Json:
    options = [{"text": plain(clean(label), LONGEST_OPTION), "value": value} for value, label in choices]
    first = next((option for option in options if option["value"] == chosen), None)
    return {"type": kind, "options": options, **({"initial_option": first} if first else {})}
