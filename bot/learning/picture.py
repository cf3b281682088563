"""The digest's picture: two panels in big type, made for a phone, the same bytes for the same numbers.

Drawn in a child process (`bot.learning.work`): matplotlib would treble the memory of a server that does nothing.
Colours: Okabe and Ito's palette, told apart by everybody; nothing is said by colour alone.
"""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from core.learning.aloud import amount, count
from core.learning.effects import wilson
from core.learning.sums import Chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE, HIGH = 1080, 1350
"""Pixels: a phone's width at its own sharpness, and a shape (4 to 5) that chats show without cutting."""
_DPI = 180
_INK, _PALE, _RULE = "#1b1f24", "#57606a", "#d0d7de"
_BLUE, _ORANGE, _BAND = "#0072b2", "#d55e00", "#9ecae9"
_APART = 0.21
"""Of the height of the sums: what a name of two lines takes."""
_FEW = 4
"""Decisions below which a week's share is drawn hollow."""


def draw(chart: Chart, title: str, under: str = "") -> bytes:
    """A PNG. Needs about half a second, and another for matplotlib the first time."""
    import matplotlib as mpl  # noqa: PLC0415 - in the child alone
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    settings: Any = {
        "font.family": "DejaVu Sans",  # it comes with matplotlib, so every machine draws the same
        "font.size": 10.5,
        "text.color": _INK,
        "axes.edgecolor": _RULE,
        "axes.labelcolor": _PALE,
        "xtick.color": _PALE,
        "ytick.color": _PALE,
        "axes.unicode_minus": True,
        "path.simplify": False,
        "text.parse_math": False,
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=(WIDE / _DPI, HIGH / _DPI), dpi=_DPI, facecolor="white")
        FigureCanvasAgg(figure)
        figure.text(0.045, 0.968, title, fontsize=15.5, fontweight="bold", va="center")
        if under:
            figure.text(0.045, 0.936, under, fontsize=9.5, color=_PALE, va="center")
        _shares(figure.add_axes((0.115, 0.545, 0.845, 0.29)), chart)
        _sums(figure.add_axes((0.155, 0.085, 0.67 if chart.pairs else 0.805, 0.29)), chart)
        figure.text(0.045, 0.892, _departed(chart), fontsize=11.5, fontweight="bold", va="center")
        figure.text(0.045, 0.863, _weeks(chart), fontsize=9.5, color=_PALE, va="center")
        figure.text(0.045, 0.443, _paired(chart), fontsize=11.5, fontweight="bold", va="center")
        note = _currency(chart) if chart.pairs else ""
        figure.text(0.045, 0.414, note, fontsize=9.5, color=_PALE, va="center")
        data = io.BytesIO()
        figure.savefig(data, format="png", metadata={"Software": None})
    return _smaller(data.getvalue())


def _smaller(data: bytes) -> bytes:
    """With a palette of 128 colours: a third of the bytes, and no eye sees it."""
    from PIL import Image  # noqa: PLC0415 - in the child alone

    with Image.open(io.BytesIO(data)) as whole:
        small = whole.convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    small.save(out, format="PNG", optimize=True)
    return out.getvalue()


def _departed(chart: Chart) -> str:
    total = sum(chart.of)
    if not total:
        return "Nothing was decided so far"
    if not chart.of[-1]:
        return "Nothing was decided this week"
    return f"You departed from {chart.diverged[-1]} of {chart.of[-1]} this week"


def _weeks(chart: Chart) -> str:
    """What the marks mean, and the share over all."""
    total = sum(chart.of)
    if not total:
        return "What is recommended, and what becomes of it, is drawn here"
    return (
        f"By week, bars for how sure that is (95 %); dashed: {100 * sum(chart.diverged) / total:.0f} % of all {total:,}"
    )


def _paired(chart: Chart) -> str:
    if not chart.pairs:
        return "Results: nothing can be priced both ways yet"
    done, advised = Decimal(str(chart.done[-1])), Decimal(str(chart.advised[-1]))
    return f"As you did it {amount(done, '')}, as advised {amount(advised, '')}"


def _currency(chart: Chart) -> str:
    unit = f" in {chart.currency}" if chart.currency else ""
    return f"Added up over these weeks{unit}: {count(chart.pairs, 'recommendation')} priced both ways"


def _shares(axes: Axes, chart: Chart) -> None:
    """Each week's share as a dot, with its Wilson interval (1927) as a line: how sure so few of them are."""
    _plain(axes, chart)
    for place, (hits, of) in enumerate(zip(chart.diverged, chart.of, strict=True)):
        if not of:
            continue
        sure = wilson(hits, of)
        is_last = place == len(chart.of) - 1
        axes.plot(
            [place, place], [100 * sure.low, 100 * sure.high], color=_BAND, linewidth=5, solid_capstyle="butt", zorder=2
        )
        face = "white" if of < _FEW else _BLUE
        size = 9 if is_last else 6
        axes.plot(
            place,
            100 * hits / of,
            "o",
            color=_BLUE,
            markerfacecolor=face,
            markersize=size,
            markeredgewidth=1.6,
            zorder=4,
        )
    if total := sum(chart.of):
        mean = 100 * sum(chart.diverged) / total
        axes.axhline(mean, color=_INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=3)
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 25, 50, 75, 100], ["0 %", "25", "50", "75", "100"])


def _sums(axes: Axes, chart: Chart) -> None:
    """What was done and what was advised, added up over the same recommendations; the gap between is the difference."""
    _plain(axes, chart)
    if not chart.pairs:
        axes.set_axis_off()
        said = "Import results or closing prices,\nand they are drawn here."
        axes.text(0.5, 0.5, said, transform=axes.transAxes, ha="center", va="center", color=_PALE, fontsize=11)
        return
    # Before the first of these weeks nothing was added up.
    places = [axes.get_xlim()[0], *range(len(chart.weeks))]
    done, advised = [0.0, *chart.done], [0.0, *chart.advised]
    axes.axhline(0, color=_INK, linewidth=1.0, zorder=2)
    axes.plot(places, advised, color=_ORANGE, linewidth=2.6, linestyle=(0, (5, 2)), zorder=3)
    axes.plot(places, done, color=_BLUE, linewidth=2.8, zorder=4)
    axes.fill_between(places, done, advised, color=_BAND, alpha=0.45, linewidth=0, zorder=1)
    axes.margins(y=0.1)
    axes.spines["bottom"].set_visible(False)
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415 - in the child alone

    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    _named(axes, chart)


def _named(axes: Axes, chart: Chart) -> None:
    """Each name beside the end of its line, where the eye is, and clear of the other: no legend to look up."""
    end = len(chart.weeks) - 1
    axes.autoscale_view()
    low, high = axes.get_ylim()
    apart = (high - low) * _APART
    ends = chart.done[-1], chart.advised[-1]
    middle, gap = sum(ends) / 2, max(abs(ends[0] - ends[1]), apart)
    # Where both do not fit beside their ends, they stand around the middle, and within the picture.
    middle = min(max(middle, low + gap / 2), high - gap / 2)
    above = 1 if ends[0] >= ends[1] else -1
    for value, side, name, colour, mark in (
        (ends[0], above, "as you\ndid it", _BLUE, "o"),
        (ends[1], -above, "as\nadvised", _ORANGE, "s"),
    ):
        axes.plot(end, value, mark, color=colour, markersize=7, zorder=5)
        axes.annotate(
            name, (end, middle + side * gap / 2), xytext=(11, 0), textcoords="offset points", annotation_clip=False,
            color=colour, ha="left", va="center", fontsize=10.5, fontweight="bold", linespacing=1.05, zorder=6,
        )  # fmt: skip


def _plain(axes: Axes, chart: Chart) -> None:
    """Little ink that is no number. A single week stands in the middle of a few."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color=_RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, pad=5)
    count = max(1, len(chart.weeks))
    room = 0.6 if count > 3 else 1.6
    axes.set_xlim(-room, count - 1 + room)
    step = max(1, -(-count // 6))
    shown = list(range(count - 1, -1, -step))[::-1] if chart.weeks else []
    axes.set_xticks(shown, [_tick(chart.weeks[place]) for place in shown])


def _tick(week: str) -> str:
    """`W07`; the first of a year says which one."""
    year, _, number = week.partition("-")
    return f"{number}\n{year}" if number == "W01" else number


def _short(value: float, _: Any) -> str:
    size = abs(value)
    sign = "−" if value < 0 else ""
    if size >= 1_000_000:
        return f"{sign}{size / 1_000_000:g} M"
    return f"{sign}{size / 1_000:g} k" if size >= 10_000 else f"{sign}{size:,.0f}"
