"""Notes as Discord's JSON: a picture, a text below it and rows of buttons, in one message. Pure.

The picture is an attachment of the message and not the image of its embed: where an embed shows an attachment, every
later edit shows it a second time (https://github.com/discord/discord-api-docs/issues/5675). One that an edit does not
speak of stays as it is.
"""

from __future__ import annotations

from bot.adapters.discord.markdown import cut, escaped
from bot.adapters.discord.render import LONGEST_DESCRIPTION, SILENT, Json, nonce_of, rows
from core.note import Note
from core.shortening import shortened
from core.text import units as size

PICTURE = "picture.png"
# https://discord.com/developers/docs/reference#uploading-files: "10 MiB" where nobody has boosted the server.
LARGEST_PICTURE = 10 * 1024 * 1024
# https://discord.com/developers/docs/resources/message#attachment-object
_LONGEST_ALT = 1_024
_LONGEST_HEADING, _LONGEST_FOOT = 400, 600
_MOST_BUTTONS = 25
_SPARE = 20
_COLOUR = 0x4A6FA5
_PLACE = "https://placet.invalid/"
"""What an embed without a title shows nowhere and Discord keeps: which note it is. No such place can ever exist."""


def note_body(note: Note, *, picture: bool) -> Json:
    """The whole of a note's message but for its attachment. `picture`: whether that stands in it, or its words do."""
    words = [f"🖼 {escaped(note.alt or 'a picture', _LONGEST_ALT)}"] if note.picture and not picture else []
    room = LONGEST_DESCRIPTION - sum(map(size, words)) - _SPARE
    shown = shortened(note, room, _size, most_buttons=_MOST_BUTTONS)
    lines = [f"### {_line(shown.title)}", *words]
    for section in shown.sections:
        lines += ["", f"**{escaped(section.title, _LONGEST_HEADING)}**"] if section.title else [""]
        lines += [_line(line) for line in section.lines]
    embed: Json = {"url": _PLACE + mark_of(note), "description": "\n".join(lines), "color": _COLOUR}
    if shown.foot:
        embed["footer"] = {"text": cut(shown.foot, _LONGEST_FOOT)}
    return {"content": "", "embeds": [embed], "components": rows(shown.rows), "allowed_mentions": SILENT}


def attached(note: Note) -> Json:
    """What is said of the picture that comes with a message."""
    return {"attachments": [{"id": 0, "filename": PICTURE, "description": cut(note.alt, _LONGEST_ALT)}]}


def mark_of(note: Note) -> str:
    return nonce_of("", note.id).lower()


def is_note(message: Json, note: Note) -> bool:
    """Whether a message shows this note."""
    return any(embed.get("url") == _PLACE + mark_of(note) for embed in message.get("embeds", []))


def _line(text: str) -> str:
    return escaped(text, LONGEST_DESCRIPTION)


def _size(line: str) -> int:
    """As it counts when it is escaped, with what makes a heading of it."""
    return size(_line(line)) + 4
