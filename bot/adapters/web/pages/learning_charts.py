"""The figures of somebody's overrides as pictures, each with a sentence that says it and a table that has it all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from markupsafe import Markup

from bot.adapters.web import charts
from bot.adapters.web.charts import NARROW, WIDE, Point, Sides
from bot.adapters.web.pages.learning_numbers import between, duration, money, money_estimate, share, steps
from bot.learning.study import Figures
from core.learning.aloud import day_of, times
from core.learning.analytics import Modification, Period, Row
from core.learning.counting import Counts
from core.learning.effects import FEWEST, Estimate
from core.learning.paired import Paired

MOST_BARS = 12
LONGEST_GAP = 8
"""Weeks or months in a row without advice that are shown; of more it is only said how many those were."""
_STEPS = "in the middle, with the interval; listed steps, doublings of a size, or a share of a price"


@dataclass(frozen=True, slots=True)
class Chart:
    """`said`: what it shows, in words. `remark`: how it is to be read. `rows`: all of it, under `head`."""

    name: str
    title: str
    said: str
    wide: Markup
    narrow: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    remark: str = ""


def charts_of(figures: Figures, reasons: dict[str, str], zone: str) -> list[Chart]:
    """Those that there is anything to say of."""
    return [
        *_divergence(figures),
        *(chart for one in figures.differences for chart in _paired(figures, one)),
        *_modifications(figures.modifications),
        *_reasons(figures, reasons),
        *_by_hour(figures.by_hour, zone),
        *_by_subject(figures.by_subject),
        *_costs(figures),
        *_load(figures),
    ]


def _chart(name: str, title: str, said: str, draw: Callable[[int], Markup], **table: object) -> list[Chart]:
    return [Chart(name, title, said, draw(WIDE), draw(NARROW), **table)]  # type: ignore[arg-type]


# Each chart


def _divergence(figures: Figures) -> list[Chart]:
    found = figures.divergence
    if not found.rate.n:
        return []
    title = "How often you depart from the advice"
    said = f"{found.counts.diverged} of {found.rate.n} that were decided: {share(found.rate)}."
    weekly = "W" in found.periods[0].name
    unit = "week" if weekly else "month"
    points: list[Point] = []
    rows: list[tuple[str, ...]] = []
    for stretch in _with_advice(found.periods):
        if not stretch[0].counts.recommendations and len(stretch) > LONGEST_GAP:
            points.append(Point("", None))
            rows.append((f"… {len(stretch)} {unit}s without advice", "0", "0", "0", "–"))
            continue
        points += [Point(_short(one.since, weekly), *_known(one.rate)) for one in stretch]
        rows += [_period(one, weekly) for one in stretch]
    return _chart(
        "divergence",
        title,
        said,
        lambda width: charts.line(title, said, points, "%", width),
        head=(unit.capitalize(), "Advised", "Decided", "Departed", "Rate"),
        rows=tuple(rows),
        remark=f"The band is the 95 % interval of each; with fewer than {FEWEST} nothing can be said. What was let "
        "pass in silence, and what you did on your own, is in none of it.",
    )


def _with_advice(periods: Sequence[Period]) -> list[list[Period]]:
    """From the first to the last in which anything was advised, in stretches with and without."""
    stretches = [list(some) for _, some in groupby(periods, key=lambda one: one.counts.recommendations > 0)]
    there = [number for number, some in enumerate(stretches) if some[0].counts.recommendations]
    return stretches[there[0] : there[-1] + 1] if there else []


def _period(one: Period, weekly: bool) -> tuple[str, ...]:
    name = one.name if weekly else _short(one.since, weekly)
    return (name, str(one.counts.recommendations), str(one.rate.n), str(one.counts.diverged), share(one.rate))


def _paired(figures: Figures, one: Paired) -> list[Chart]:
    points = figures.cumulative.get(one.currency, ())
    if not points:
        return []
    currency = one.currency
    title = f"What departing brought, in {currency}" if currency else "What departing brought"
    priced, of = one.sum.coverage.priced, one.sum.coverage.of
    said = f"{money(one.sum.amount, currency)} against the advice, over {priced} of {of} departures that can be priced"
    said += f": on average {money_estimate(one.mean, currency, plain=True)}. "
    if one.undetermined:
        more = f" About {one.edge.needed:,} more might tell." if one.edge.needed else ""
        said += f"Whether you do better than the advice is undetermined.{more}"
    else:
        better = one.edge.mean.value > 0
        said += f"You do {'better' if better else 'worse'} than the advice, as far as {one.bets} bets can tell."
    told = [
        Point(
            _day(point.day),
            float(point.total),
            point.low if point.n >= FEWEST else None,
            point.high if point.n >= FEWEST else None,
            at=float(point.day.toordinal()),
        )
        for point in points
    ]
    rows = tuple(
        (_day(point.day), str(point.n), money(point.total, currency), between(point.low, point.high, currency))
        for point in points
    )
    return _chart(
        f"paired-{currency.lower()}",
        title,
        said,
        lambda width: charts.line(title, said, told, currency, width),
        head=("Known on", "Pairs", "Sum so far", "95 % of the mean, so many times"),
        rows=rows,
        remark=one.note,
    )


def _modifications(found: Sequence[Modification]) -> list[Chart]:
    if not found:
        return []
    title = "What you change"
    counts: dict[str, dict[str, int]] = {}
    for one in found:
        counts.setdefault(one.parameter, {})[one.direction] = one.n
    sides = [
        Sides(_words(name), there.get("down", 0), there.get("up", 0))
        for name, there in list(counts.items())[:MOST_BARS]
    ]
    first = found[0]
    said = f"Most often {_words(first.parameter)} {first.direction}: {times(first.n)}, {share(first.share)} of what "
    said += "was decided."
    rows = tuple(
        (_words(one.parameter), one.direction, str(one.n), share(one.share), steps(one.steps)) for one in found
    )
    return _chart(
        "modifications",
        title,
        said,
        lambda width: charts.diverging(title, said, sides, ("down", "up"), width),
        head=("Parameter", "Direction", "Times", "Of what was decided", "By how much"),
        rows=rows,
        remark=f"By how much: {_STEPS}.",
    )


def _reasons(figures: Figures, words: dict[str, str]) -> list[Chart]:
    found = figures.reasons
    if not found.without.n:
        return []
    title = "Why you depart"
    missing = f"{share(found.without)} of {found.without.n} departures have no reason."
    if not found.codes:
        return [Chart("reasons", title, f"No reason is known yet. {missing}", Markup(), Markup(), (), ())]
    first = found.codes[0]
    said = f"Most often: {words.get(first.code, first.code)}, {share(first.share)} of those with a reason. {missing}"
    if found.would_agree.n:
        said += f" Asked whether the algorithm would agree if it knew: yes in {share(found.would_agree)}."
    points = [
        Point(words.get(one.code, one.code), *_known(one.share), note=f"{one.n} of {one.share.n}")
        for one in found.codes
    ]
    rows = tuple((words.get(one.code, one.code), str(one.n), share(one.share)) for one in found.codes)
    return _chart(
        "reasons",
        title,
        said,
        lambda width: charts.bars(title, said, points[:MOST_BARS], "%", width),
        head=("Reason", "Times", "Of those with a reason"),
        rows=rows,
        remark="Reasons corroborate a pattern; they are no evidence of one.",
    )


def _by_hour(found: Sequence[Row], zone: str) -> list[Chart]:
    if not any(row.rate.n for row in found):
        return []
    title = "By hour of the day"
    there = {row.name: row for row in found}
    hours = [f"{hour:02d}" for hour in range(int(found[0].name), int(found[-1].name) + 1)]
    enough = [row for row in found if row.rate.n >= FEWEST]
    said = "In no hour were there enough to say anything."
    if enough:
        most = max(enough, key=lambda row: row.rate.value)
        said = f"Most often from {most.name}:00 to {(int(most.name) + 1) % 24:02d}:00: "
        said += f"{most.counts.diverged} of {most.rate.n}, {share(most.rate)}."
    points = [Point(hour, *(_known(there[hour].rate) if hour in there else (None, None, None))) for hour in hours]
    return _chart(
        "by-hour",
        title,
        said,
        lambda width: charts.columns(title, said, points, "%", width),
        head=("Hour", *_ROW_HEAD),
        rows=tuple((f"{row.name}:00", *_row(row)) for row in found),
        remark=f"How often you depart from what is advised in each hour, {zone}. A difference that looks large here "
        "is only a pattern if it is named as one above.",
    )


def _by_subject(found: Sequence[Row]) -> list[Chart]:
    shown = [row for row in found if row.rate.n][:MOST_BARS]
    if not shown:
        return []
    title = "By subject"
    count = len(found)
    said = f"{count} subject{'s' if count != 1 else ''}. Most often advised: {shown[0].name}, "
    said += f"departed from in {share(shown[0].rate)}."
    points = [Point(row.name, *_known(row.rate), note=f"{row.counts.diverged} of {row.rate.n}") for row in shown]
    more = f" The chart shows the {MOST_BARS} most often advised." if count > MOST_BARS else ""
    return _chart(
        "by-subject",
        title,
        said,
        lambda width: charts.bars(title, said, points, "%", width),
        head=("Subject", *_ROW_HEAD),
        rows=tuple((row.name, *_row(row)) for row in found),
        remark=f"How often you depart, with the 95 % interval.{more}",
    )


def _costs(figures: Figures) -> list[Chart]:
    found = [one for one in figures.overrides.sorts if one.sum.coverage.priced]
    if not found:
        return []
    title = "What each sort of override cost or saved"
    found.sort(key=lambda one: (one.sum.amount, one.sort))
    worst, best = found[0], found[-1]
    said = f"From {_words(worst.sort)} ({money(worst.sum.amount, worst.sum.currency)})"
    said += f" to {_words(best.sort)} ({money(best.sum.amount, best.sum.currency)})." if len(found) > 1 else "."
    currencies = {one.sum.currency for one in found}
    unit = next(iter(currencies)) if len(currencies) == 1 else ""
    points = [
        Point(
            _words(one.sort),
            float(one.sum.amount),
            note=f"{money(one.sum.amount, one.sum.currency)}, n = {one.sum.coverage.priced}",
        )
        for one in found
    ]
    rows = tuple(
        (
            _words(one.sort),
            str(one.n),
            str(one.sum.coverage.priced),
            money(one.sum.amount, one.sum.currency),
            money_estimate(one.mean, one.sum.currency),
        )
        for one in found
    )
    return _chart(
        "costs",
        title,
        said,
        lambda width: charts.bars(title, said, points[:MOST_BARS], unit, width),
        head=("Override", "Times", "Priced", "Against the advice", "On average"),
        rows=rows,
        remark="One with several edits is in each of their lines, so the lines do not add up. Above zero it was better "
        "than the advice. Where others looked, large changes helped and small ones hurt.",
    )


def _load(figures: Figures) -> list[Chart]:
    found, waits = figures.load, figures.responses
    if not found.days:
        return []
    title = "How much you are asked, and how fast you answer"
    said = f"{found.a_day.value:.0f} a day in the middle, over {found.a_day.n} days."
    if waits.median.n:
        said += f" Half of the answers came within {duration(waits.median.value)}, nine of ten within "
        said += f"{duration(waits.p90.value)} (n = {waits.median.n})."
    if waits.unanswered:
        said += f" {waits.unanswered} {'was' if waits.unanswered == 1 else 'were'} not answered."
    points = [Point(day_of(day), float(n)) for day, n in found.days[-60:]]
    return _chart(
        "load",
        title,
        said,
        lambda width: charts.columns(title, said, points, "", width),
        head=("Day", "Asked"),
        rows=tuple((_day(day), str(n)) for day, n in found.days),
        remark="Of what was asked here; dates that were imported say nothing of waiting."
        + (" The chart shows the last 60 days." if len(found.days) > 60 else ""),
    )


# Parts of tables

_ROW_HEAD = ("Advised", "Decided", "Departed", "Rate", "Against the advice")


def _row(row: Row) -> tuple[str, ...]:
    counts: Counts = row.counts
    brought = ", ".join(
        f"{money(one.amount, one.currency)} ({one.coverage.priced} of {one.coverage.of} priced)"
        for one in row.sums
        if one.coverage.priced
    )
    return (str(counts.recommendations), str(row.rate.n), str(counts.diverged), share(row.rate), brought or "–")


def _known(one: Estimate) -> tuple[float | None, float | None, float | None]:
    return (one.value, one.low, one.high) if one.n else (None, None, None)


def _short(since: date, weekly: bool) -> str:
    return day_of(since) if weekly else f"{since:%b %Y}"


def _day(day: date) -> str:
    return f"{day_of(day)} {day.year}"


def _words(name: str) -> str:
    return name.replace("_", " ")
