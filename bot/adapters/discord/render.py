"""Cards, answers and forms as Discord's JSON. Pure.

https://discord.com/developers/docs/resources/message
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Iterable, Sequence
from typing import Any

from bot.adapters.discord.markdown import cut, escaped, visible
from core.card import SEE, Button, Card
from core.queue import QUEUE
from core.taps import Answer
from core.text import units as size

Json = dict[str, Any]

LONGEST_CONTENT, LONGEST_DESCRIPTION, LONGEST_VALUE, LONGEST_NAME = 2000, 4096, 1024, 256
LONGEST_LINE = 700
_LONGEST_EMBED = 5_990
"""A little under the 6,000 that one message's embeds may have."""
_LONGEST_LAST = 350
_LEAST = 24
"""Characters that are kept for each thing that a card says besides its parameters."""
_MOST_FIELDS, _MOST_IN_ROW, _MOST_ROWS, _LONGEST_LABEL = 25, 5, 5, 80
_OWN_FIELDS = 5
"""Fields that a card may have besides its parameters: says, rules, votes, note, time left or outcome."""
_SHORT_VALUE, _SHORT_LABEL = 40, 30
_ROW, _BUTTON = 1, 2
_STYLES = {"": 2, "yes": 3, "no": 4}
_COLOURS = {1: 0x6B8F71, 2: 0xE0A030, 3: 0xC0392B}
_ENDED = 0x6E7681
EPHEMERAL, SUPPRESS_EMBEDS = 1 << 6, 1 << 2
SILENT: Json = {"parse": []}
"""No text of a card or an answer calls anybody."""
NOTHING = "Done."


def ref_of(channel: str, message: str) -> str:
    return f"{channel}/{message}"


def place_of(ref: str) -> tuple[str, str] | None:
    """The channel and the message that a ref names."""
    channel, _, message = ref.partition("/")
    return (channel, message) if channel.isdecimal() and message.isdecimal() else None


def nonce_of(channel: str, request: str, attempt: int = 0) -> str:
    """The same for the same card in the same chat, so that a post can be repeated; at most 25 characters."""
    named = f"{channel}|{request}|{attempt}"
    return b32encode(hashlib.sha256(named.encode()).digest()).decode()[:25]


def stands_in(message: Json, request: str) -> bool:
    """Whether a message shows the card of this request, by the tokens on its buttons."""
    key = f":r{request.removeprefix(QUEUE).partition('_')[2]}:"
    tokens = [one.get("custom_id", "") for row in message.get("components", []) for one in row.get("components", [])]
    queue = request.startswith(QUEUE)
    return any(key in token and token.startswith("show:") == queue for token in tokens)


def card_body(card: Card) -> Json:
    """The whole of a card's message: what is not there is explicitly emptied."""
    return {
        "content": "",
        "embeds": [embed(card)],
        "components": rows([card.buttons]),
        "allowed_mentions": SILENT,
    }


def embed(card: Card) -> Json:
    colour = _ENDED if card.outcome is not None else _COLOURS.get(card.tier, _COLOURS[3])
    made: Json = {
        "author": {"name": visible(cut(card.mark, LONGEST_NAME))},
        "description": f"### {escaped(card.title, 420)}\n{escaped(card.asker, 300)}{_more(card)}",
        "color": colour,
    }
    last = _last_field(card)
    own = [(name, text) for name, text in _own_fields(card) if text.strip()]
    room = _LONGEST_EMBED - size(made["author"]["name"]) - size(made["description"]) - _size(last)
    least = sum(min(size(text), _LEAST) + size(name) for name, text in own)
    longest = LONGEST_VALUE
    parameters = _parameters(card, longest)
    while len(parameters) > _MOST_FIELDS - _OWN_FIELDS or _size(parameters) > room - least:
        # Only a card that cannot be approved comes here: what may be approved always fits.
        longest //= 2
        parameters = _parameters(card, longest) if longest > 8 else parameters[: len(parameters) // 2]
    made["fields"] = [*parameters, *_fitted(own, room - _size(parameters)), *last]
    return made


def _more(card: Card) -> str:
    """What goes with it and does not stand here, and where it does."""
    parts = [f"📎 {escaped(card.attached, 80)}"] if card.attached else []
    if card.link:
        parts.append(f"[{SEE}]({card.link})")
    return "\n" + " · ".join(parts) if parts else ""


def _size(fields: Iterable[Json]) -> int:
    return sum(size(field["name"]) + size(field["value"]) for field in fields)


def _parameters(card: Card, longest: int) -> list[Json]:
    """Side by side while there are few; otherwise one line each."""
    if len(card.parameters) <= _MOST_FIELDS - _OWN_FIELDS:
        return [_field(one.label, escaped(one.value, longest)) for one in card.parameters]
    blocks = [""]
    for one in card.parameters:
        line = f"**{escaped(one.label, LONGEST_NAME)}** {escaped(one.value, min(longest, LONGEST_LINE))}"
        if size(blocks[-1]) + size(line) + 1 > LONGEST_VALUE:
            blocks.append("")
        blocks[-1] += ("\n" if blocks[-1] else "") + line
    return [{"name": "and" if number else "Parameters", "value": block} for number, block in enumerate(blocks)]


def _field(label: str, value: str) -> Json:
    name = escaped(label, LONGEST_NAME)
    beside = size(value) <= _SHORT_VALUE and size(name) <= _SHORT_LABEL
    return {"name": visible(name), "value": visible(value), "inline": beside}


def _own_fields(card: Card) -> list[tuple[str, str]]:
    return [("Says", card.says), ("Policy", card.rules), ("Votes", " · ".join(card.votes)), ("Note", card.note)]


def _last_field(card: Card) -> list[Json]:
    """How it ended, or until when it can be decided: in the reader's own time zone, and whatever else is said of it."""
    if card.outcome is not None:
        return [{"name": "Decision", "value": f"**{escaped(card.outcome, _LONGEST_LAST)}**"}]
    if card.until is None:
        return [{"name": "Time left", "value": escaped(card.left, _LONGEST_LAST)}] if card.left.strip() else []
    seconds = int(card.until.timestamp())
    more = card.left.partition(" UTC")[2]
    until = f"<t:{seconds}:f> (<t:{seconds}:R>){escaped(more, _LONGEST_LAST)}"
    return [{"name": "Until", "value": until}]


def _fitted(own: Sequence[tuple[str, str]], room: int) -> list[Json]:
    """What is said besides the parameters: the shortest whole, and the rest in what is left."""
    left, shown = room - sum(size(name) for name, _ in own), {}
    for done, (name, text) in enumerate(sorted(own, key=lambda one: size(one[1]))):
        share = max(1, left // (len(own) - done))
        shown[name] = escaped(text, min(LONGEST_VALUE, share))
        left -= size(shown[name])
    return [{"name": name, "value": shown[name]} for name, _ in own]


def rows(wanted: Iterable[Sequence[Button]]) -> list[Json]:
    """Rows of at most five buttons; what is too much for five rows is pushed together."""
    laid = [list(row[at : at + _MOST_IN_ROW]) for row in wanted for at in range(0, len(row), _MOST_IN_ROW)]
    if len(laid) > _MOST_ROWS:
        flat = [button for row in laid for button in row][: _MOST_ROWS * _MOST_IN_ROW]
        laid = [flat[at : at + _MOST_IN_ROW] for at in range(0, len(flat), _MOST_IN_ROW)]
    used: set[str] = set()
    return [{"type": _ROW, "components": [_button(button, used) for button in row]} for row in laid]


def _button(button: Button, used: set[str]) -> Json:
    token = button.token or button.verb
    # Discord takes no message in which two buttons carry the same.
    while token in used:
        token += AGAIN
    used.add(token)
    style = _STYLES.get(button.look, _STYLES[""])
    return {"type": _BUTTON, "style": style, "label": visible(cut(button.label, _LONGEST_LABEL)), "custom_id": token}


AGAIN = "#"
"""Behind a token, so that it differs from the same one beside it; no token of ours has it."""


def is_empty(answer: Answer) -> bool:
    return not (answer.text or answer.card or answer.rows or answer.form)


def answer_body(answer: Answer) -> Json:
    """An answer as a message; a form in it as the button that opens it."""
    text = f"⚠️ {answer.text}" if answer.refused and answer.text else answer.text
    layout = [*([answer.card.buttons] if answer.card else []), *answer.rows]
    if answer.form is not None:
        faults = [f"{field.label}: {field.error}" for field in answer.form.fields if field.error]
        text = "\n".join([*([text] if text else []), *faults]) or answer.form.note or answer.form.title
        label = "Correct it" if faults else answer.form.title
        layout.append((Button("form", label, answer.form.token, "yes"),))
    content = escaped(text, LONGEST_DESCRIPTION, lines=True)
    body: Json = {"content": content, "embeds": [], "components": rows(layout), "allowed_mentions": SILENT}
    if size(content) > LONGEST_CONTENT:
        body |= {"content": "", "embeds": [{"description": content}]}
    if answer.card is not None:
        body["embeds"] = [*body["embeds"], embed(answer.card)]
    if not body["content"].strip() and not body["embeds"]:
        body["content"] = NOTHING
    return body
