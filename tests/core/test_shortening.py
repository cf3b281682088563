"""A note that is too long keeps whole lines, fits, and says how much is missing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.card import Button
from core.note import Note, Section
from core.shortening import shortened
from core.text import clean, units

LINE = st.text(st.characters(codec="utf-8"), max_size=120)
SECTIONS = st.lists(st.builds(Section, LINE, st.lists(LINE, max_size=40).map(tuple)), max_size=30).map(tuple)
MARK = re.compile(r"… (\d+) more on the web")


def note(*sections: Section, **more: object) -> Note:
    return Note("n", "Title", sections, **more)  # type: ignore[arg-type]


def numbered(name: str, count: int) -> Section:
    return Section(name, tuple(f"{name} line {number}" for number in range(count)))


def laid(shown: Note) -> str:
    """As every platform lays it out: an empty line before each section, and the foot at the end."""
    parts = ["\n".join([*([one.title] if one.title else []), *one.lines]) for one in shown.sections]
    return "\n\n".join([shown.title, *parts, *([shown.foot] if shown.foot else [])])


def buttons(count: int) -> tuple[Button, ...]:
    return tuple(Button("defer", f"b{number}", f"defer:-:{number}") for number in range(count))


def test_what_fits_is_left_alone() -> None:
    whole = note(numbered("a", 3), numbered("b", 2), foot="the end")
    assert shortened(whole, 4_000) == whole


@given(SECTIONS, st.integers(700, 5_000))
def test_it_always_fits_and_holds_nothing_that_steers(sections: tuple[Section, ...], longest: int) -> None:
    shown = shortened(Note("n", "t" * 300, sections, foot="f" * 400), longest, units)
    assert units(laid(shown)) <= longest
    assert clean(laid(shown), lines=True) == laid(shown)
    assert all("\n" not in line for section in shown.sections for line in section.lines)


@given(SECTIONS, st.integers(700, 2_000))
def test_every_line_is_there_or_counted(sections: tuple[Section, ...], longest: int) -> None:
    plain = tuple(Section(f"s{n}", tuple(f"{n}.{m}" + "x" * len(line) for m, line in enumerate(one.lines)))
                  for n, one in enumerate(sections))  # fmt: skip
    shown = shortened(Note("n", "t", plain), longest)
    given_lines = [line for one in plain for line in one.lines]
    empty = [one for one in plain if not one.lines]
    kept = [line for one in shown.sections for line in one.lines if not MARK.fullmatch(line)]
    missing = sum(int(found[1]) for one in shown.sections for line in one.lines if (found := MARK.fullmatch(line)))
    shown_empty = [one for one in shown.sections if one.title and not one.lines]
    assert set(kept) <= set(given_lines)
    assert kept == [line for line in given_lines if line in kept], "in their order"
    assert len(kept) + missing == len(given_lines) + len(empty) - len(shown_empty)


def test_short_sections_stay_whole_and_long_ones_share_what_is_left() -> None:
    shown = shortened(note(numbered("long", 300), numbered("short", 3), numbered("other", 300)), 2_000)
    assert [one.title for one in shown.sections] == ["long", "short", "other"]
    assert shown.sections[1] == numbered("short", 3)
    first, _, last = (len(one.lines) for one in shown.sections)
    assert abs(first - last) <= 6
    assert shown.sections[0].lines[-1] == f"… {300 - (first - 1)} more on the web"


def test_sections_beyond_the_most_are_counted_by_their_lines() -> None:
    shown = shortened(note(*(numbered(f"s{part}", 2) for part in range(30))), 100_000, most_sections=10)
    assert len(shown.sections) == 11
    assert shown.sections[-1] == Section("", ("… 40 more on the web",))


@pytest.mark.parametrize(
    ("rows", "most", "most_rows", "kept"),
    [
        ((3, 3, 3), 25, 25, (3, 3, 3)),
        ((3,) * 9, 25, 25, (3,) * 8),
        ((5,) * 10, 50, 10, (5,) * 10),
        ((5,) * 11, 100, 10, (5,) * 10),
        # Seven buttons take two rows of five.
        ((7, 7, 1), 50, 4, (7, 7)),
        ((0, 2, 0), 25, 25, (2,)),
        ((26,), 25, 25, ()),
    ],
)
def test_rows_go_whole_or_not_at_all(rows: tuple[int, ...], most: int, most_rows: int, kept: tuple[int, ...]) -> None:
    asked = note(rows=tuple(map(buttons, rows)))
    shown = shortened(asked, 4_000, most_buttons=most, most_rows=most_rows)
    assert tuple(map(len, shown.rows)) == kept
    lost = len([row for row in rows if row]) - len(kept)
    said = [line for one in shown.sections for line in one.lines]
    assert said == ([f"… {lost} more to decide on the web"] if lost else [])


def test_a_line_is_never_cut() -> None:
    shown = shortened(note(Section("s", ("x" * 5_000, "after")), numbered("t", 2)), 3_000)
    assert shown.sections == (Section("s", ("… 2 more on the web",)), numbered("t", 2))
