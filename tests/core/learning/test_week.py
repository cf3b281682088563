"""Weeks have a name, and each has one moment at which it is told of, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.learning.week import Calendar, Week, moment_on, read_week, week_of, weeks_in

NEW_YORK = Calendar(ZoneInfo("America/New_York"))
ZONES = sorted(available_timezones())
CALENDARS = st.builds(
    Calendar,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.integers(1, 7),
    st.times(max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
)
WEEKS = st.dates(date(1971, 1, 10), date(2100, 1, 1)).map(week_of)


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("2012-W07", Week(2012, 7)),
        ("2012-w07", Week(2012, 7)),
        (" 2020W53 ", Week(2020, 53)),
        ("2026-W01", Week(2026, 1)),
    ],
)
def test_a_week_is_read_as_people_write_it(text: str, week: Week) -> None:
    assert read_week(text) == week


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2012-7", "is a year and an ISO week, as in 2012-W07"),
        ("", "is a year and an ISO week, as in 2012-W07"),
        ("2012-W54", "is no week: 2012 has 52 of them"),
        ("2012-W53", "is no week: 2012 has 52 of them"),
        ("2012-W00", "is no week: 2012 has 52 of them"),
        ("1066-W41", "lies outside the years 1970 to 9000"),
        ("9999-W52", "lies outside the years 1970 to 9000"),
    ],
)
def test_what_is_no_week_is_told_what_one_is(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_week(text)


def test_the_first_week_of_a_year_is_that_of_its_first_thursday() -> None:
    assert str(week_of(date(2012, 1, 1))) == "2011-W52"
    assert str(week_of(date(2012, 1, 2))) == "2012-W01"
    assert str(week_of(date(2026, 12, 31))) == "2026-W53"
    assert (weeks_in(2026), weeks_in(2025)) == (53, 52)
    assert week_of(date(2026, 12, 31)).moved(1) == Week(2027, 1)


def test_a_digest_is_due_at_nine_where_its_person_is() -> None:
    assert NEW_YORK.due(Week(2012, 7)) == datetime(2012, 2, 18, 14, tzinfo=UTC)
    # Summer time began on Sunday the 11th of March: nine o'clock is an hour earlier from then on.
    assert NEW_YORK.due(Week(2012, 10)) == datetime(2012, 3, 10, 14, tzinfo=UTC)
    assert NEW_YORK.due(Week(2012, 11)) == datetime(2012, 3, 17, 13, tzinfo=UTC)
    since, until = NEW_YORK.span(Week(2012, 11))
    assert until - since == timedelta(days=7, hours=-1)


def test_a_time_that_is_leapt_over_or_comes_twice_is_one_moment() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert moment_on(date(2026, 3, 29), time(2, 30), berlin) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert moment_on(date(2026, 10, 25), time(2, 30), berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    # In Samoa there was no 30th of December 2011 at all.
    apia = Calendar(ZoneInfo("Pacific/Apia"), day=5)
    assert apia.due(Week(2011, 51)) < apia.due(Week(2011, 52)) < apia.due(Week(2012, 1))


@given(CALENDARS, WEEKS, st.floats(0, 1, exclude_max=True))
def test_every_moment_is_told_of_in_one_week_and_in_no_other(calendar: Calendar, week: Week, share: float) -> None:
    since, until = calendar.span(week)
    assert since < until
    # Rounded down: a share of almost all of it is not all of it.
    moment = min(since + (until - since) * share, until - timedelta(microseconds=1))
    assert calendar.telling_of(moment) == week
    assert calendar.latest(moment) == week.moved(-1)
    assert calendar.latest(until) == week
    assert calendar.span(week.moved(1))[0] == until


@given(CALENDARS, WEEKS, st.integers(0, 12))
def test_the_weeks_between_two_moments_are_all_there_in_order(calendar: Calendar, week: Week, count: int) -> None:
    found = calendar.between(calendar.due(week), calendar.due(week.moved(count)))
    assert found == [week.moved(number) for number in range(1, count + 1)]
