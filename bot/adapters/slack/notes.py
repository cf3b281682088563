"""Notes as Block Kit: title, picture, text and buttons in one message. Pure.

A picture is a file that was uploaded before and is named in an image block, so that the message has a `ts` from the
beginning and can be changed; a message that Slack makes of an upload by itself has neither, and bears no buttons.
https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object
"""

from __future__ import annotations

from bot.adapters.slack.render import (
    A_ROW,
    LONGEST_SECTION,
    LONGEST_TEXT,
    Json,
    bold,
    buttons,
    context,
    notification,
    paragraphs,
    plain,
)
from core.note import Note
from core.shortening import rows_of, shortened
from core.text import cut

# https://docs.slack.dev/reference/block-kit/blocks: "You can include up to 50 blocks in each message".
_MOST_BLOCKS, _MOST_ROWS = 50, 10
# https://docs.slack.dev/reference/block-kit/blocks/image-block
_LONGEST_ALT = 2_000
_AROUND = 4
"""The blocks of title, picture and foot, and of what is said of all that was left out."""
_BROKEN = 5
"""Blocks that a text of so many characters takes more than it has sections, as it is broken between lines."""
_LONGEST_TEXT = LONGEST_TEXT - _LONGEST_ALT
NOTE = "placet_note"
"""The type of a note's metadata, by which it is found again."""


def note_face(note: Note, picture: str) -> Json:
    """All of the message. `picture`: the id of the file; where there is none, its words stand in its place."""
    return {"text": notification(note.title.strip() or "A note"), "blocks": note_blocks(note, picture)}


def note_blocks(note: Note, picture: str) -> list[Json]:
    rows = min(sum(map(rows_of, note.rows)), _MOST_ROWS)
    most = (_MOST_BLOCKS - _AROUND - _BROKEN - rows) // 2
    shown = shortened(note, _LONGEST_TEXT, most_sections=most, most_buttons=_MOST_ROWS * A_ROW, most_rows=_MOST_ROWS)
    blocks: list[Json] = [{"type": "header", "text": plain(shown.title, 150)}]
    alt = cut(shown.alt, _LONGEST_ALT) or "a picture"
    if picture:
        blocks.append({"type": "image", "slack_file": {"id": picture}, "alt_text": alt})
    elif note.picture:
        blocks.append(context(f"🖼 {alt}", _LONGEST_ALT))
    for section in shown.sections:
        blocks += [{"type": "section", "text": bold(section.title, LONGEST_SECTION)}] if section.title else []
        blocks += paragraphs("\n".join(section.lines))
    blocks += [context(shown.foot, 500)] if shown.foot else []
    for number, row in enumerate(shown.rows):
        blocks += buttons(row, f"note.{number}")
    return blocks


def metadata_of(note: Note, picture: str) -> Json:
    return {"event_type": NOTE, "event_payload": {"note": note.id, "picture": picture}}
