"""Charts: a picture with a name, the same for the same numbers, in which every text is text."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.web.charts import NARROW, WIDE, Point, Sides, bars, columns, diverging, figure, line

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script>&amp;\u202e'
WEEKS = [Point(f"{day:02d} Jan", day / 40, day / 80, day / 20) for day in range(2, 20)]
Draw = Callable[[str, int], str]


def drawn(svg: str) -> Element:
    return fromstring(svg)


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in drawn(svg).iter(f"{SVG}text")]


def of_class(svg: str, name: str) -> list[Element]:
    return [one for one in drawn(svg).iter() if name in one.get("class", "").split()]


KINDS: dict[str, Draw] = {
    "line": lambda name, width: line(name, name, [Point(name, 0.5, 0.4, 0.6)], "%", width),
    "columns": lambda name, width: columns(name, name, [Point(name, 0.5, 0.4, 0.6)], "%", width),
    "bars": lambda name, width: bars(name, name, [Point(name, -3.0, note=name)], "USD", width),
    "diverging": lambda name, width: diverging(name, name, [Sides(name, 3, 9)], (name, name), width),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_chart_is_one_picture_with_a_name_and_says_what_it_shows(kind: str, width: int) -> None:
    root = drawn(KINDS[kind]("How often", width))
    assert (root.get("role"), root.get("aria-label")) == ("img", "How often. How often")
    assert root.findtext(f"{SVG}title") == root.findtext(f"{SVG}desc") == "How often"
    assert root.get("viewBox", "").split()[2] == str(width)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_are_text_and_nothing_else(kind: str) -> None:
    svg = KINDS[kind](HOSTILE, WIDE)
    assert "<script" not in svg
    assert not list(drawn(svg).iter(f"{SVG}script"))
    assert drawn(svg).findtext(f"{SVG}title") == HOSTILE


@pytest.mark.parametrize("kind", KINDS)
def test_no_style_is_written_into_it_for_none_would_be_taken(kind: str) -> None:
    for one in drawn(KINDS[kind]("x", WIDE)).iter():
        assert not {"style", "fill", "stroke", "onclick", "href"} & set(one.keys())


def test_the_same_numbers_are_the_same_picture() -> None:
    assert line("a", "b", WEEKS, "%") == line("a", "b", list(WEEKS), "%")


def test_nothing_is_drawn_across_what_was_not_counted() -> None:
    gap = [*WEEKS[:4], Point("", None), *WEEKS[5:9], Point("", None)]
    svg = line("a", "b", gap, "%")
    assert len(of_class(svg, "chart-line")) == 2
    assert len(of_class(svg, "chart-band")) == 2
    assert len(of_class(svg, "chart-dot")) == 8


def test_a_rate_is_drawn_from_zero_and_no_higher_than_all() -> None:
    labels = texts(line("a", "b", [Point("x", 0.97, 0.9, 1.0), Point("y", 0.93, 0.8, 0.99)], "%"))
    assert labels[0] == "0 %"
    assert "100 %" in labels
    assert not any(one.startswith("12") for one in labels)


def test_where_moments_count_their_distances_do() -> None:
    points = [Point("a", 1.0, at=0.0), Point("b", 2.0, at=1.0), Point("c", 3.0, at=10.0)]
    first, second, third = (float(one.get("cx", "")) for one in of_class(line("a", "b", points), "chart-dot"))
    assert (third - second) == pytest.approx(9 * (second - first), rel=0.02)


def test_labels_do_not_run_into_one_another() -> None:
    for width in (WIDE, NARROW):
        svg = line("a", "b", [Point(f"week {number}", 0.5) for number in range(60)], "%", width)
        placed = [one for one in of_class(svg, "chart-tick") if (one.text or "").startswith("week")]
        centres = [float(one.get("x", "")) for one in placed]
        assert len(placed) > 2
        assert all(later - earlier > 7 * 6 for earlier, later in pairwise(centres))


def test_a_long_name_is_cut_where_its_note_begins() -> None:
    (name, note) = texts(bars("a", "b", [Point("x" * 200, 0.5, note="9 of 40")], "%", NARROW))[-2:]
    assert note == "9 of 40"
    assert name.endswith("…")
    assert len(name) < 45


def extents(svg: str) -> list[tuple[float, float]]:
    """Where the numbers below bars begin and end, from the left."""
    found = []
    for one in of_class(svg, "chart-tick"):
        half = len(one.text or "") * 6.7 / 2
        found.append((float(one.get("x", "")) - half, float(one.get("x", "")) + half))
    return sorted(found)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_numbers_below_bars_do_not_run_into_one_another(width: int) -> None:
    svg = bars("a", "b", [Point("rejected", 14_315.0), Point("expiry up", -6_601.0)], "USD", width)
    assert all(later[0] - earlier[1] > 5 for earlier, later in pairwise(extents(svg)))
    ticks = [one.text for one in of_class(svg, "chart-tick")]
    assert {"0", "20,000 USD"} <= set(ticks)


def test_no_line_goes_through_the_names_of_what_is_changed() -> None:
    svg = diverging("a", "b", [Sides("expiry", 20, 90), Sides("strike", 2, 3)], ("down", "up"))
    baselines = [float(one.get("y", "")) for one in of_class(svg, "chart-name")]
    for path, baseline in zip(of_class(svg, "chart-zero"), baselines, strict=True):
        begin = float(path.get("d", "").split()[1].split("v")[0])
        assert begin > baseline


def test_both_directions_are_counted_on_their_own_side() -> None:
    svg = diverging("a", "b", [Sides("expiry", 20, 90)], ("down", "up"))
    less, more = of_class(svg, "chart-bar")
    assert "less" in less.get("class", "")
    assert float(less.get("x", "")) + float(less.get("width", "")) == pytest.approx(float(more.get("x", "")))
    assert float(more.get("width", "")) == pytest.approx(4.5 * float(less.get("width", "")), rel=0.01)
    assert {"20", "90", "expiry"} <= set(texts(svg))


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (0.25, "%", "25 %"),
        (-0.001, "%", "0 %"),
        (12_000.0, "USD", "12,000 USD"),
        (-0.4, "R", "−0.4 R"),
        (0.0, "", "0"),
    ],
)
def test_an_axis_reads_like_a_number_of_people(value: float, unit: str, told: str) -> None:
    assert figure(value, unit) == told


@pytest.mark.parametrize("kind", ["line", "columns", "bars"])
def test_nothing_at_all_is_an_empty_picture(kind: str) -> None:
    draw = {"line": line, "columns": columns, "bars": bars}[kind]
    assert drawn(draw("a", "b", [], "%")).get("role") == "img"
    assert not of_class(draw("a", "b", [Point("x", None)], "%"), "chart-bar")


_numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(st.tuples(_numbers, _numbers, _numbers), max_size=30), st.sampled_from([WIDE, NARROW]))
def test_whatever_the_numbers_everything_stays_within_the_picture(
    found: list[tuple[float, float, float]], width: int
) -> None:
    points = [Point(str(n), value, min(one, other), max(one, other)) for n, (value, one, other) in enumerate(found)]
    for draw in (line, columns, bars):
        svg = drawn(draw("a", "b", points, "", width))
        _, _, right, bottom = (float(part) for part in svg.get("viewBox", "").split())
        for one in svg.iter(f"{SVG}rect"):
            x, y, w, h = (float(one.get(name, "nan")) for name in ("x", "y", "width", "height"))
            assert all(math.isfinite(part) for part in (x, y, w, h))
            assert -0.2 <= x <= x + w <= right + 1.2
            assert -0.2 <= y <= y + h <= bottom + 1.2
        for one in svg.iter(f"{SVG}polyline"):
            for corner in one.get("points", "").split():
                x, y = (float(part) for part in corner.split(","))
                assert -0.2 <= x <= right + 0.2
                assert -0.2 <= y <= bottom + 0.2
