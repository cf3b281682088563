"""ISO 8601 durations, read, written and said in words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.durations import LONGEST, duration_text, in_words, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT4H", timedelta(hours=4)),
        ("PT4H30M", timedelta(hours=4, minutes=30)),
        ("P2D", timedelta(days=2)),
        ("P1W", timedelta(weeks=1)),
        ("P1W2DT3H4M5.5S", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5.5)),
        ("PT0.5S", timedelta(milliseconds=500)),
        ("PT0.000001S", timedelta(microseconds=1)),
        ("PT90M", timedelta(minutes=90)),
        ("P366D", LONGEST),
    ],
)
def test_a_duration_is_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "4H", "PT4h", "PT-4H", "-PT4H", "P1Y", "P1M", "PT1.5H", "PT4H ", "PT4H\n", "PT1M4H",
     "PT0.0000001S", "PT٤H", "PT1,5S"],
)  # fmt: skip
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as PT4H, PT30M or P1D"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["PT0S", "P0D", "P367D", "PT8785H", "P53W"])
def test_a_duration_is_above_zero_and_at_most_a_year(text: str) -> None:
    with pytest.raises(ValueError, match="above zero and of at most a year"):
        parse_duration(text)


@given(st.timedeltas(timedelta(microseconds=1), LONGEST))
def test_what_is_written_is_read_back(duration: timedelta) -> None:
    assert parse_duration(duration_text(duration)) == duration


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "PT0S"),
        (timedelta(hours=4), "PT4H"),
        (timedelta(days=1, seconds=10), "P1DT10S"),
        (timedelta(minutes=90, microseconds=500_000), "PT1H30M0.5S"),
    ],
)
def test_a_duration_is_written_short(duration: timedelta, text: str) -> None:
    assert duration_text(duration) == text


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(hours=4), "4 h"),
        (timedelta(hours=4, minutes=30, seconds=5), "4 h 30 min"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=1, minutes=5), "1 d 5 min"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(milliseconds=999), "0 s"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_people_read_the_two_largest_units(duration: timedelta, words: str) -> None:
    assert in_words(duration) == words
