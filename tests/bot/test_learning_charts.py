"""The figures of the page Learning in words: what a number says, and what it does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.adapters.web.pages.learning_charts import Chart, charts_of
from bot.learning.study import Figures
from core.learning import analytics, paired
from core.learning.records import How, Label, Match
from tests.core.learning.test_analytics import AT, match, modified


def charts(matches: Sequence[Match], by: str = "month") -> dict[str, Chart]:
    figures = Figures(
        divergence=analytics.divergence_rate(matches, by),
        differences=(),
        cumulative={},
        modifications=analytics.top_modifications(matches),
        reasons=analytics.reasons(matches),
        by_subject=analytics.by_subject(matches),
        by_hour=analytics.by_hour(matches),
        overrides=paired.cost_of_overrides(matches, ()),
        responses=analytics.response_times(()),
        load=analytics.load(()),
    )
    return {one.name: one for one in charts_of(figures, {}, "in the zone UTC")}


def own(number: int) -> Match:
    return match(number, Label.INDEPENDENT, How.EXPLICIT)


def test_a_stray_trade_of_ones_own_years_later_makes_the_chart_no_longer() -> None:
    rows = charts([*(match(day) for day in range(60)), own(365 * 13)])["divergence"].rows
    assert [row[0] for row in rows] == ["Jan 2026", "Feb 2026", "Mar 2026"]


def test_of_years_without_advice_it_is_said_how_long_they_were() -> None:
    found = charts([*(match(day) for day in range(20)), *(match(365 * 3 + day) for day in range(20))])["divergence"]
    assert [row[0] for row in found.rows] == ["Jan 2026", "… 35 months without advice", "Jan 2029"]
    # Nothing is drawn across what was left out.
    assert str(found.wide).count("chart-line") == 2
    weeks = charts([match(0), match(4 * 7)], "week")["divergence"].rows
    assert len(weeks) == 5


def test_the_hour_that_is_named_is_that_of_the_highest_share_with_enough_in_it() -> None:
    def at(hour: int, count: int, departed: int) -> list[Match]:
        labels = [Label.REJECT] * departed + [Label.CONSENT] * (count - departed)
        return [
            match(number, label, key=f"{hour}/{number}", at=AT.replace(hour=hour) + timedelta(days=number))
            for number, label in enumerate(labels)
        ]

    found = charts([*at(13, 10, 8), *at(16, 40, 20), *at(18, 2, 2)])["by-hour"]
    assert found.said.startswith("Most often from 13:00 to 14:00: 8 of 10, 80 %")
    assert charts(at(13, 2, 2))["by-hour"].said == "In no hour were there enough to say anything."


def test_what_was_done_once_is_called_so_and_days_are_written_in_one_way() -> None:
    found = charts([modified(0, strike=1.0), *(match(day) for day in range(1, 9))], "week")
    assert "strike up: once," in found["modifications"].said
    assert ">5 Jan<" in str(found["divergence"].wide)
