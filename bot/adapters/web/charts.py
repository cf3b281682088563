"""Charts as SVG: numbers in, one string out, the same for the same numbers.

What they look like is said by classes (`static/learning.css`), for our content policy takes no style of a page's own.
Each is one picture with a name and a description; the numbers themselves stand in a table beside it. Every chart is
drawn for a width, so that its letters are of one size on a phone and on a desk.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

WIDE, NARROW = 680, 300
"""Pixels for which a chart is drawn: where there is room, and on the narrowest phone."""
_LETTER = 6.7
"""The mean width of a letter at 12 pixels, rounded up: a browser's own measure is not to be had here."""
_TEXT, _LINE = 12, 16
_HEIGHT = 200
_TOP, _FOOT = 10, 26
_TICKS = 4
_SMALLEST = 1e-6
"""What is smaller than this is nothing: no axis is made for it."""


@dataclass(frozen=True, slots=True)
class Point:
    """One week, hour or subject. `value` None: nothing was counted there, which is not zero."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""
    """What stands beside a bar, as in `9 of 40`."""
    at: float | None = None
    """When it is, where the distances between moments count."""


@dataclass(frozen=True, slots=True)
class Sides:
    """How often something was changed in one direction and in the other."""

    label: str
    down: int
    up: int


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels. `unit`: `%` where values are shares, otherwise what the numbers are counted in."""

    low: float
    high: float
    begin: float
    end: float
    unit: str = ""

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.begin + (self.end - self.begin) * min(1.0, max(0.0, share))


def line(name: str, said: str, points: Sequence[Point], unit: str = "", width: int = WIDE) -> Markup:
    """A line over time with the band of its intervals; nothing is drawn across what was not counted."""
    ticks = _ticks([v for one in points for v in (one.value, one.low, one.high) if v is not None], unit)
    left = _gutter(ticks, unit)
    scale = Scale(ticks[0], ticks[-1], _HEIGHT - _FOOT, _TOP, unit)
    svg = _picture(name, said, width, _HEIGHT)
    _grid(svg, scale, ticks, left, width)
    places = _places(points, left + 4, width - 8)
    for stretch in _stretches(points):
        band = [number for number in stretch if points[number].low is not None and points[number].high is not None]
        if len(band) > 1:
            over = [f"{_n(places[k])},{_n(scale.at(points[k].high or 0.0))}" for k in band]
            under = [f"{_n(places[k])},{_n(scale.at(points[k].low or 0.0))}" for k in reversed(band)]
            SubElement(svg, "polygon", {"class": "chart-band", "points": " ".join(over + under)})
        elif band:
            _whisker(svg, places[band[0]], scale, points[band[0]])
        corners = [f"{_n(places[k])},{_n(scale.at(points[k].value or 0.0))}" for k in stretch]
        SubElement(svg, "polyline", {"class": "chart-line", "points": " ".join(corners)})
    dots = len([one for one in points if one.value is not None]) <= width / 16
    for place, one in zip(places, points, strict=True):
        if one.value is not None and dots:
            at = {"class": "chart-dot", "cx": _n(place), "cy": _n(scale.at(one.value)), "r": "3"}
            SubElement(svg, "circle", at)
    _labels(svg, points, places, width)
    return _markup(svg)


def columns(name: str, said: str, points: Sequence[Point], unit: str = "", width: int = WIDE) -> Markup:
    """A column for each, with its interval as a whisker; what was not counted has none."""
    ticks = _ticks([0.0, *(v for one in points for v in (one.value, one.high) if v is not None)], unit)
    left = _gutter(ticks, unit)
    scale = Scale(ticks[0], ticks[-1], _HEIGHT - _FOOT, _TOP, unit)
    svg = _picture(name, said, width, _HEIGHT)
    _grid(svg, scale, ticks, left, width)
    slot = (width - left - 4) / max(1, len(points))
    thick = min(28.0, slot * 0.62)
    places = [left + slot * (number + 0.5) for number in range(len(points))]
    floor = scale.at(0.0)
    for place, one in zip(places, points, strict=True):
        if one.value is None:
            continue
        top = scale.at(one.value)
        _bar(svg, "chart-bar", place - thick / 2, min(top, floor), thick, abs(floor - top))
        _whisker(svg, place, scale, one)
    _labels(svg, points, places, width)
    return _markup(svg)


def bars(name: str, said: str, points: Sequence[Point], unit: str = "", width: int = WIDE) -> Markup:
    """Bars below each other, each under its name, with its interval as a line and its note at the end."""
    found = [v for one in points for v in (one.value, one.low, one.high) if v is not None]
    ticks = _ticks([0.0, *found], unit)
    slot = _LINE + 24
    scale = Scale(ticks[0], ticks[-1], 2.0, width - 2.0, unit)
    svg = _picture(name, said, width, slot * len(points) + _FOOT)
    _rules(svg, ticks, slot * len(points), scale)
    zero = scale.at(0.0)
    for number, one in enumerate(points):
        top = slot * number
        room = max(8, int(width / _LETTER) - len(one.note) - 3)
        _text(svg, 2, top + _TEXT + 1, _cut(one.label, room), "chart-name over")
        _text(svg, width - 2, top + _TEXT + 1, one.note, "chart-note over", "end")
        if one.value is None:
            continue
        end = scale.at(one.value)
        look = "chart-bar" if one.value >= 0 else "chart-bar less"
        _bar(svg, look, min(zero, end), top + _LINE + 4, abs(end - zero), 10)
        if one.low is not None and one.high is not None:
            middle = top + _LINE + 9
            low, high = scale.at(one.low), scale.at(one.high)
            path = f"M{_n(low)} {_n(middle)}H{_n(high)}M{_n(low)} {middle - 4}v8M{_n(high)} {middle - 4}v8"
            SubElement(svg, "path", {"class": "chart-whisker", "d": path})
    return _markup(svg)


def diverging(name: str, said: str, sides: Sequence[Sides], words: tuple[str, str], width: int = WIDE) -> Markup:
    """Counts to the left and to the right of a middle line: in which direction a parameter was changed."""
    most = max([1, *(max(one.down, one.up) for one in sides)])
    slot, head = _LINE + 24, _LINE + 6
    svg = _picture(name, said, width, head + slot * len(sides) + 4)
    middle, reach = width / 2, width / 2 - 34
    _text(svg, 2, _TEXT, f"← {words[0]}", "chart-tick")
    _text(svg, width - 2, _TEXT, f"{words[1]} →", "chart-tick", "end")
    for number, one in enumerate(sides):
        top = head + slot * number
        # Beside the bars alone, for it would cut the names.
        SubElement(svg, "path", {"class": "chart-zero", "d": f"M{_n(middle)} {top + _LINE}v18"})
        _text(svg, middle, top + _TEXT, _cut(one.label, int(width / _LETTER) - 2), "chart-name", "middle")
        for count, sign in ((one.down, -1), (one.up, 1)):
            long = reach * count / most
            if count:
                look = "chart-bar" if sign > 0 else "chart-bar less"
                _bar(svg, look, middle if sign > 0 else middle - long, top + _LINE + 2, long, 14)
            place = middle + sign * (long + 5)
            _text(svg, place, top + _LINE + 13, str(count), "chart-note", "start" if sign > 0 else "end")
    return _markup(svg)


def figure(value: float, unit: str = "") -> str:
    """A value as an axis says it: `25 %`, `1,200 USD`, `-0.4 R`."""
    if unit == "%":
        return f"{value * 100:.0f} %".replace("-0 %", "0 %")
    if value and abs(value) < 10 and value != int(value):
        text = f"{value:.2f}".rstrip("0").rstrip(".")
    else:
        text = f"{value:,.0f}"
    return (text + (f" {unit}" if unit else "")).replace("-", "−")


# The parts


def _picture(name: str, said: str, width: int, height: float) -> Element:
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "chart wide" if width == WIDE else "chart narrow",
            "viewBox": f"0 0 {width} {_n(height)}",
            "width": str(width),
            "height": _n(height),
            "role": "img",
            "aria-label": f"{name}. {said}",
        },
    )
    SubElement(svg, "title").text = name
    SubElement(svg, "desc").text = said
    return svg


def _grid(svg: Element, scale: Scale, ticks: Sequence[float], left: float, width: int) -> None:
    for tick in ticks:
        height = scale.at(tick)
        look = "chart-zero" if tick == 0 else "chart-grid"
        SubElement(svg, "path", {"class": look, "d": f"M{_n(left)} {_n(height)}H{width}"})
        _text(svg, left - 6, height + 4, figure(tick, scale.unit if scale.unit == "%" else ""), "chart-tick", "end")


def _rules(svg: Element, ticks: Sequence[float], height: float, scale: Scale) -> None:
    """Lines from top to bottom; of their numbers zero, the ends and as many others as have room. The last has a unit,
    and shares have it each."""
    for tick in ticks:
        look = "chart-zero" if tick == 0 else "chart-grid"
        SubElement(svg, "path", {"class": look, "d": f"M{_n(scale.at(tick))} 0V{_n(height)}"})
    taken: list[tuple[float, float]] = []
    for tick in sorted(ticks, key=lambda tick: (tick != 0, tick not in (ticks[0], ticks[-1]))):
        words = figure(tick, scale.unit if scale.unit == "%" or tick == ticks[-1] else "")
        place, long = scale.at(tick), len(words) * _LETTER
        begin = min(max(place - long / 2, scale.begin), scale.end - long)
        if all(begin >= end + 14 or begin + long + 14 <= start for start, end in taken):
            taken.append((begin, begin + long))
            _text(svg, begin + long / 2, height + 15, words, "chart-tick", "middle")


def _labels(svg: Element, points: Sequence[Point], places: Sequence[float], width: int) -> None:
    """As many of the labels as have room, beginning with the first."""
    end = -math.inf
    for place, one in zip(places, points, strict=True):
        half = len(one.label) * _LETTER / 2
        centre = min(max(place, half), width - half)
        if centre - half >= end:
            _text(svg, centre, _HEIGHT - 8, one.label, "chart-tick", "middle")
            end = centre + half + 12


def _whisker(svg: Element, place: float, scale: Scale, one: Point) -> None:
    if one.low is None or one.high is None:
        return
    low, high = scale.at(one.low), scale.at(one.high)
    path = f"M{_n(place)} {_n(low)}V{_n(high)}M{_n(place - 4)} {_n(low)}h8M{_n(place - 4)} {_n(high)}h8"
    SubElement(svg, "path", {"class": "chart-whisker", "d": path})


def _bar(svg: Element, look: str, left: float, top: float, width: float, height: float) -> None:
    box = {"x": _n(left), "y": _n(top), "width": _n(max(width, 1.0)), "height": _n(max(height, 1.0)), "rx": "2"}
    SubElement(svg, "rect", {"class": look, **box})


def _text(svg: Element, x: float, y: float, words: str, look: str, anchor: str = "start") -> None:
    if words:
        at = {"class": look, "x": _n(x), "y": _n(y), "text-anchor": anchor}
        SubElement(svg, "text", at).text = words


def _places(points: Sequence[Point], first: float, last: float) -> list[float]:
    """Where each lies between the two: by its moment where all have one, otherwise at even distances."""
    moments = [one.at for one in points if one.at is not None]
    if len(moments) != len(points):
        moments = [float(number) for number in range(len(points))]
    begin, end = min(moments, default=0.0), max(moments, default=0.0)
    if begin == end:
        return [(first + last) / 2] * len(points)
    return [first + (last - first) * (one - begin) / (end - begin) for one in moments]


def _stretches(points: Sequence[Point]) -> list[list[int]]:
    """The numbers of points that follow each other without a gap."""
    found: list[list[int]] = []
    for number, one in enumerate(points):
        if one.value is None:
            continue
        if found and found[-1][-1] == number - 1:
            found[-1].append(number)
        else:
            found.append([number])
    return found


def _ticks(values: Sequence[float], unit: str) -> list[float]:
    """Round numbers that hold all values, and zero: an axis that begins elsewhere makes a small change look large."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    if unit == "%":
        high = min(1.0, max(high, 0.1)) if high <= 1.0 else high
    if high - low < _SMALLEST:
        high = low + 1.0
    raw = (high - low) / _TICKS
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * size for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * size >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def _gutter(ticks: Sequence[float], unit: str) -> float:
    """How much room the numbers of an axis take."""
    return max(len(figure(tick, unit if unit == "%" else "")) for tick in ticks) * _LETTER + 12


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _n(value: float) -> str:
    """A coordinate: a tenth of a pixel is seen by nobody."""
    return f"{value:.1f}".removesuffix(".0")


def _markup(svg: Element) -> Markup:
    # ElementTree has escaped every text and attribute.
    return Markup(tostring(svg, encoding="unicode"))  # noqa: S704
