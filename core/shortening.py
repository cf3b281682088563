"""A note that is too long for a platform, shortened: by whole lines, each section by its share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.card import Button
from core.note import Note, Section
from core.text import clean, cut

MOST_SECTIONS, A_ROW = 20, 5
LONGEST_TITLE, LONGEST_HEADING, LONGEST_FOOT, LONGEST_LABEL = 200, 120, 300, 60
Size = Callable[[str], int]
_MARK = 30
"""Room for one `… 1234 more on the web`, with its line break."""


def shortened(
    note: Note,
    longest: int,
    size: Size = len,
    *,
    most_sections: int = MOST_SECTIONS,
    most_buttons: int = 25,
    most_rows: int = 25,
) -> Note:
    """The note with every text in it clean and in one line, so that nothing in it forges a line of its own.

    Where it is longer than `longest`, as `size` counts a line, lines are left out: never a part of one, and how many is
    said. The shortest sections stay whole, the longer ones share what room is left. Rows of buttons go whole or not at
    all, and one of more than five counts as several. `longest` has to hold at least a title, a foot and those marks.
    """
    rows, lost = _rows(note.rows, most_buttons, most_rows)
    last = (f"… {lost} more to decide on the web",) if lost else ()
    plain = Note(
        id=note.id,
        title=cut(clean(note.title).strip() or "–", LONGEST_TITLE, size),
        sections=tuple(_plain(one, size) for one in note.sections),
        foot=cut(clean(note.foot).strip(), LONGEST_FOOT, size),
        picture=note.picture,
        alt=clean(note.alt),
        rows=rows,
    )
    room = longest - _cost(plain.title, (plain.foot, *last), size)
    kept, missing = list(plain.sections[:most_sections]), sum(map(_lines, plain.sections[most_sections:]))
    if missing or sum(_cost(one.title, one.lines, size) for one in kept) > room:
        kept, more = _fitted(kept, room - _MARK, size)
        missing += more
    if missing:
        last = (_mark(missing), *last)
    return replace(plain, sections=(*kept, *((Section("", last),) if last else ())))


def _plain(section: Section, size: Size) -> Section:
    heading = cut(clean(section.title).strip(), LONGEST_HEADING, size)
    return Section(heading, tuple(clean(line).rstrip() for line in section.lines))


def _fitted(sections: Sequence[Section], room: int, size: Size) -> tuple[list[Section], int]:
    """What fits of each, in their order, and how many lines stood in those of which nothing fits."""
    costs = [_cost(one.title, one.lines, size) for one in sections]
    shown: dict[int, Section] = {}
    for done, number in enumerate(sorted(range(len(sections)), key=costs.__getitem__)):
        part = _part(sections[number], room // (len(sections) - done), size)
        if part is not None:
            shown[number] = part
            room -= _cost(part.title, part.lines, size)
    missing = sum(_lines(one) for number, one in enumerate(sections) if number not in shown)
    return [shown[number] for number in sorted(shown)], missing


def _part(section: Section, room: int, size: Size) -> Section | None:
    if _cost(section.title, section.lines, size) <= room:
        return section
    room -= _cost(section.title, (), size) + _MARK
    if room < 0:
        return None
    kept = 0
    for line in section.lines:
        room -= size(line) + 1
        if room < 0:
            break
        kept += 1
    return Section(section.title, (*section.lines[:kept], _mark(len(section.lines) - kept)))


def _cost(title: str, lines: Sequence[str], size: Size) -> int:
    """A line break behind each line, and an empty line behind them all."""
    return (size(title) + 1 if title else 0) + sum(size(line) + 1 for line in lines) + 1


def _lines(section: Section) -> int:
    return max(1, len(section.lines))


def _mark(missing: int) -> str:
    return f"… {missing} more on the web"


def rows_of(row: Sequence[Button]) -> int:
    """How many rows of five a row takes."""
    return -(-len(row) // A_ROW)


def _rows(rows: Sequence[Sequence[Button]], most: int, most_rows: int) -> tuple[tuple[tuple[Button, ...], ...], int]:
    """The first rows, as far as they are allowed, and how many are left out."""
    kept: list[tuple[Button, ...]] = []
    given = [row for row in rows if row]
    for row in given:
        if sum(map(len, kept)) + len(row) > most or sum(map(rows_of, kept)) + rows_of(row) > most_rows:
            break
        kept.append(tuple(replace(one, label=cut(clean(one.label).strip() or "…", LONGEST_LABEL)) for one in row))
    return tuple(kept), len(given) - len(kept)
