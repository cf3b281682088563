"""Cards and notes as lines of plain text. Pure."""

from __future__ import annotations

import unicodedata

from core.card import Card
from core.note import Note

_CHOICES = ("approve", "reject", "modify")
_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: str) -> str:
    """One line of text: what could steer a terminal or forge a line of ours becomes a mark."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "⏎" if character == "\n" else "\ufffd" if unicodedata.category(character) in _SHOWS_NOTHING else character
        for character in text
    )


def lines(card: Card) -> list[str]:
    """The card from its tier mark to its outcome, one thing a line."""
    result = [f"{card.mark}  {card.title}", f"  {card.asker}"]
    width = max((len(field.label) for field in card.parameters), default=0)
    result += [f"    {field.label:<{width}}  {field.value}" for field in card.parameters]
    if card.says:
        result.append(f"  {card.says}")
    result.append(f"  {card.rules}")
    if card.attached:
        result.append(f"  attached: {card.attached}")
    if card.link:
        result.append(f"  {card.link}")
    result += [f"  {vote}" for vote in card.votes]
    if card.outcome is not None:
        result.append(f"  ► {card.outcome}")
    else:
        result += [f"  {line}" for line in (card.note, card.left) if line]
        choices = " | ".join(button.verb for button in card.buttons if button.verb in _CHOICES)
        result.append(f"  placet vote {card.request} {choices}")
    return [plain(line) for line in result]


def note_lines(note: Note) -> list[str]:
    """A note from its title to its foot. A terminal has no pictures and no buttons: both are told in words."""
    result = [note.title]
    if note.picture:
        result.append(f"  [picture: {note.alt}]")
    for section in note.sections:
        result += [f"  {section.title}"] if section.title else []
        result += [f"    {line}" for line in section.lines]
    result += [f"  {note.foot}"] if note.foot else []
    result += [f"  on the web: {' | '.join(button.label for button in row)}" for row in note.rows if row]
    return [plain(line) for line in result]
