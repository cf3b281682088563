"""The digest's picture can be read on a phone, is small, and is the same for the same numbers."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from bot.learning import picture
from bot.learning.picture import HIGH, WIDE, draw
from core.learning.sums import Chart

WEEKS = tuple(f"2012-W{number:02d}" for number in range(1, 27))
YEAR = Chart(
    WEEKS,
    tuple(number % 7 for number in range(26)),
    tuple(7 + number % 15 for number in range(26)),
    tuple(100.0 * number - 900 for number in range(26)),
    tuple(80.0 * number - 700 for number in range(26)),
    412,
    "USD",
)
ODD = {
    "nothing at all": Chart(),
    "one week, nothing priced": Chart(("2012-W07",), (1,), (3,), (0.0,), (0.0,)),
    "one week, priced": Chart(("2012-W07",), (0,), (1,), (5.0,), (5.0,), 1, "USD"),
    "weeks without a recommendation": Chart(WEEKS[:5], (0,) * 5, (0,) * 5, (0.0,) * 5, (0.0,) * 5),
    "every one departed from": Chart(WEEKS[:5], (9,) * 5, (9,) * 5, (1.0,) * 5, (1.0,) * 5, 9, "EUR"),
    "enormous sums": Chart(WEEKS[:3], (1,) * 3, (2,) * 3, (1e12, -1e12, 3e11), (1e9, 1e11, -1e12), 3, "JPY"),
    "a currency that looks like markup": Chart(WEEKS[:2], (1, 1), (2, 2), (1.0, 2.0), (1.0, 1.0), 2, "$x_{1}$"),
}


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as found:
        found.load()
        return found


def test_it_is_as_wide_as_a_phone_and_small() -> None:
    data = draw(YEAR, "Your overrides, 2012-W26", "Sat 23 Jun 09:00 to Sat 30 Jun 09:00, New York")
    found = opened(data)
    assert (found.format, found.size) == ("PNG", (WIDE, HIGH))
    assert len(data) < 200_000


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert draw(YEAR, "A week", "in words") == draw(YEAR, "A week", "in words")
    assert draw(YEAR, "A week", "in words") != draw(YEAR, "Another week", "in words")


def test_nothing_in_it_says_when_or_with_what_it_was_drawn() -> None:
    assert opened(draw(YEAR, "A week")).info.keys() <= {"dpi", "transparency"}


@pytest.mark.parametrize("name", ODD)
def test_odd_weeks_are_drawn_too(name: str) -> None:
    assert opened(draw(ODD[name], "A week with $ and _{ in it", name)).size == (WIDE, HIGH)


def covers(image: Image.Image, colour: tuple[int, int, int]) -> bool:
    """Whether a colour, or one that is hardly another, covers a part of the picture that can be seen."""
    seen = 0
    for count, found in image.convert("RGB").getcolors(WIDE * HIGH) or []:
        if isinstance(found, tuple) and sum(abs(a - b) for a, b in zip(found, colour, strict=True)) < 40:
            seen += count
    return seen > 500


def test_sums_of_no_currency_name_none_and_a_week_without_decisions_is_said() -> None:
    assert picture._currency(replace(YEAR, currency="")) == (
        "Added up over these weeks: 412 recommendations priced both ways"
    )
    assert "these weeks in USD" in picture._currency(YEAR)
    assert picture._departed(replace(YEAR, of=(*YEAR.of[:-1], 0))) == "Nothing was decided this week"


@pytest.mark.parametrize("gap", [0.0, 40.0, 900.0])
def test_the_lines_begin_at_nothing_and_their_names_stand_at_their_ends(gap: float) -> None:
    axes = Figure().add_axes((0.1, 0.1, 0.6, 0.3))
    chart = replace(YEAR, advised=tuple(value - gap for value in YEAR.done))
    picture._sums(axes, chart)
    lines = [line for line in axes.lines if len(np.atleast_1d(line.get_ydata())) > 2]
    assert [float(np.asarray(line.get_ydata())[0]) for line in lines] == [0.0, 0.0]
    low, high = axes.get_ylim()
    heights = {text.get_text().replace("\n", " "): text.xy[1] for text in axes.texts}  # type: ignore[attr-defined]
    room = 0.21 * (high - low)
    assert abs(heights["as you did it"] - heights["as advised"]) >= 0.99 * room
    for name, end in (("as you did it", chart.done[-1]), ("as advised", chart.advised[-1])):
        assert abs(heights[name] - end) <= 1.01 * room
        assert low <= heights[name] <= high


def test_both_lines_and_the_intervals_are_there() -> None:
    found = opened(draw(YEAR, "A week"))
    for colour in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0x9E, 0xCA, 0xE9)):
        assert covers(found, colour), colour
