"""Cards and answers as Block Kit: https://docs.slack.dev/reference/block-kit/blocks. Pure.

What comes from outside is sent as `plain_text`, which Slack shows to the letter; markup is for our own words, and for
a value only where it has nothing in it that markup would change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.adapters.slack.text import escape, escaped_and_cut, harmless
from core.card import SEE, Button, Card, Field
from core.taps import Answer
from core.text import clean, cut

Json = dict[str, Any]

# https://docs.slack.dev/reference/block-kit/blocks/header-block, …/section-block, …/actions-block
LONGEST_HEADER, LONGEST_SECTION, LONGEST_FIELD, MOST_FIELDS = 150, 3_000, 2_000, 10
LONGEST_LABEL = 75
LONGEST_TEXT, LONGEST_WITH_A_CARD = 9_000, 1_500
"""Characters of an answer. Slack refuses a message somewhere above 13,000 in all blocks (bolt-js issue 2509)."""
LONGEST_NOTIFICATION = 300
A_ROW = 5

COLOURS = {1: "🟢", 2: "🟠", 3: "🔴"}
ENDED = "⚪"
_STYLES = {"yes": "primary", "no": "danger"}
_MOST_PARAMETERS, _LONGEST_PARAMETERS = 40, 4_500
ANSWER = "answer"
"""What the block ids of an answer begin with, so that it is known for one when it is tapped."""


def card_blocks(card: Card) -> list[Json]:
    """The card from its tier mark to its buttons."""
    ended = card.outcome is not None
    head = clean(f"{ENDED if ended else COLOURS[card.tier]} {card.mark} · {card.title}")
    blocks: list[Json] = [{"type": "header", "text": plain(head, LONGEST_HEADER)}]
    if len(head) > LONGEST_HEADER:
        blocks.append(section(clean(card.title), 250))
    blocks.append(context(clean(card.asker), 500))
    blocks += parameters(card.parameters)
    # These may be long where the parameters may not be shortened.
    blocks += [section(clean(card.says), 1_500)] if card.says else []
    blocks.append(context(clean(card.rules), 1_000))
    blocks += more(card)
    if card.votes:
        blocks.append(context("\n".join(cut(clean(vote), 200) for vote in card.votes), 1_500, lines=True))
    if ended:
        return [*blocks, {"type": "section", "text": bold(clean(card.outcome or ""), 1_500)}]
    blocks += [context(clean(card.note), 500)] if card.note else []
    if card.left:
        blocks.append({"type": "context", "elements": [until(clean(card.left), card.until)]})
    return [*blocks, *buttons(card.buttons, f"card.{card.revision}.{card.version}")]


def more(card: Card) -> list[Json]:
    """What goes with it and does not stand here, and where it does."""
    if not card.link:
        return [context(f"📎 {clean(card.attached)}", 200)] if card.attached else []
    # Our own words and our own address, so that it may be a link; a text to the letter cannot be one.
    attached = f"📎 {escape(card.attached)} · " if card.attached else ""
    text = f"{attached}<{escape(card.link)}|{SEE}>"
    return [{"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}]


def parameters(fields: Sequence[Field]) -> list[Json]:
    """Label and value, side by side. Those of a card that may be approved always fit; others are shortened."""
    shown = [Field(clean(field.label), clean(field.value)) for field in fields[:_MOST_PARAMETERS]]
    room = LONGEST_FIELD - 10
    if sum(len(field.label) + len(field.value) for field in shown) > _LONGEST_PARAMETERS:
        room = _LONGEST_PARAMETERS // (2 * len(shown))
    made = [_parameter(Field(cut(field.label, room), cut(field.value, room))) for field in shown]
    blocks: list[Json] = [
        {"type": "section", "fields": made[start : start + MOST_FIELDS]} for start in range(0, len(made), MOST_FIELDS)
    ]
    if len(fields) > len(shown):
        blocks.append(context(f"… and {len(fields) - len(shown)} more", 100))
    return blocks


def _parameter(field: Field) -> Json:
    text = f"*{field.label.strip()}*\n{field.value}"
    if field.label.strip() and harmless(field.label) and harmless(field.value) and len(text) <= LONGEST_FIELD:
        return {"type": "mrkdwn", "text": text, "verbatim": True}
    return plain(f"{field.label}\n{field.value}", LONGEST_FIELD)


def buttons(offered: Iterable[Button], block_id: str) -> list[Json]:
    """Rows of at most five. The token is the value; the name of the action only has to be unique in its row."""
    every = list(offered)
    return [
        {
            "type": "actions",
            "block_id": f"{block_id}.{start}",
            "elements": [_button(button, start + number) for number, button in enumerate(every[start : start + A_ROW])],
        }
        for start in range(0, len(every), A_ROW)
    ]


def _button(button: Button, number: int) -> Json:
    made: Json = {
        "type": "button",
        "action_id": f"{button.verb}.{number}",
        "text": plain(clean(button.label), LONGEST_LABEL),
        "value": button.token or button.verb,
    }
    if button.look in _STYLES:
        made["style"] = _STYLES[button.look]
    return made


def answer_blocks(answer: Answer) -> list[Json]:
    """What only the one who tapped sees: a sentence, a card, rows of buttons."""
    blocks: list[Json] = []
    if answer.text:
        room = LONGEST_WITH_A_CARD if answer.card else LONGEST_TEXT
        blocks += paragraphs(("⛔ " if answer.refused else "") + answer.text, room)
    if answer.card is not None:
        blocks += card_blocks(answer.card)
    for number, row in enumerate(answer.rows):
        blocks += buttons(row, f"{ANSWER}.{number}")
    if blocks:
        blocks[0] = {**blocks[0], "block_id": ANSWER}
    return blocks


def answer_notification(answer: Answer) -> str:
    return card_notification(answer.card) if answer.card else notification(answer.text or "Placet asks")


def card_notification(card: Card) -> str:
    """What a phone shows of a card, and a screen reader says."""
    how = f" – {card.outcome}" if card.outcome else f" – {card.asker}"
    return notification(f"{card.mark} {card.title}{how}")


def notification(text: str) -> str:
    return escaped_and_cut(clean(text), LONGEST_NOTIFICATION)


def paragraphs(text: str, longest: int = LONGEST_TEXT) -> list[Json]:
    """A text of ours in as many blocks as it takes, broken between lines where it can be."""
    rest = cut(clean(text, lines=True), longest)
    blocks = []
    while rest.strip():
        end = len(rest) if len(rest) <= LONGEST_SECTION else rest.rfind("\n", 1, LONGEST_SECTION) + 1 or LONGEST_SECTION
        blocks.append(section(rest[:end].strip("\n") or " ", LONGEST_SECTION))
        rest = rest[end:]
    return blocks


def section(text: str, longest: int) -> Json:
    return {"type": "section", "text": plain(text, min(longest, LONGEST_SECTION))}


def context(text: str, longest: int, *, lines: bool = False) -> Json:
    """A line in small grey type."""
    return {"type": "context", "elements": [plain(text if lines else text.replace("\n", " "), longest)]}


def plain(text: str, longest: int) -> Json:
    """A text to the letter; a text object of Slack's may not be empty."""
    return {"type": "plain_text", "text": cut(text, longest) if text.strip() else "–", "emoji": False}


def bold(text: str, longest: int) -> Json:
    text = cut(text, longest)
    if text.strip() and harmless(text):
        return {"type": "mrkdwn", "text": f"*{text.strip()}*", "verbatim": True}
    return plain(text, longest)


def until(left: str, moment: datetime | None) -> Json:
    """The deadline, which Slack shows in the reader's own time zone; in words where it cannot."""
    words = f"{moment:%d %b, %H:%M} UTC" if moment else ""
    before, found, after = left.partition(words) if words else (left, "", "")
    if moment is None or not found or not harmless(before) or not harmless(after):
        return plain(left, 500)
    date = f"<!date^{int(moment.timestamp())}^{{date_short_pretty}}, {{time}}|{words}>"
    return {"type": "mrkdwn", "text": f"{before}{date}{cut(after, 400)}", "verbatim": True}
