"""The icons of the home screen, drawn from the mark: `python docs/pictures/icons.py`.

The mark is the one of `static/mark.svg`: a circle that is not quite closed, and a tick that leaves it.
"""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parents[2] / "bot" / "adapters" / "web" / "static"
GREEN, WHITE = (11, 107, 92, 255), (255, 255, 255, 255)
NONE = (0, 0, 0, 0)
FINE = 8
"""Drawn so many times larger, then made small: Pillow's own lines have steps."""
START, END, RADIUS, WIDTH = (20.5, 10.5), (15.5, 4.0), 8.75, 2.25
TICK = ((8.5, 11.5), (11.75, 14.75), (21.0, 5.5))

Point = tuple[float, float]


def circle() -> tuple[Point, float, float]:
    """The middle of the circle, and the angles between which it is drawn: the long way from START to END."""
    (ax, ay), (bx, by) = START, END
    dx, dy = bx - ax, by - ay
    half = math.hypot(dx, dy) / 2
    off = math.sqrt(RADIUS**2 - half**2) / (2 * half)
    # Of the two circles through both points, the one whose middle lies to the left of the way.
    cx, cy = (ax + bx) / 2 + dy * off, (ay + by) / 2 - dx * off
    return (cx, cy), math.degrees(math.atan2(ay - cy, ax - cx)), math.degrees(math.atan2(by - cy, bx - cx))


def icon(size: int, ground: tuple[int, ...], ink: tuple[int, ...], share: float, corner: float = 0.0) -> Image.Image:
    """The mark over `share` of the width, on a ground with round corners (`corner`: their share of the width)."""
    large = size * FINE
    picture = Image.new("RGBA", (large, large), NONE)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, large - 1, large - 1), radius=large * corner, fill=ground)
    unit = large * share / 20.0
    # Where the mark's middle lies: its ink reaches from 2.4 to 22.1 and from 2.9 to 21.9.
    mx, my = 12.2, 12.2

    def placed(point: Point) -> Point:
        return large / 2 + (point[0] - mx) * unit, large / 2 + (point[1] - my) * unit

    def dot(point: Point, radius: float) -> tuple[float, float, float, float]:
        x, y = placed(point)
        return x - radius * unit, y - radius * unit, x + radius * unit, y + radius * unit

    middle, begin, end = circle()
    draw.arc(dot(middle, RADIUS + WIDTH / 2), begin, end, fill=ink, width=round(WIDTH * unit))
    draw.line([placed(point) for point in TICK], fill=ink, width=round(WIDTH * unit))
    for point in (START, END, *TICK):
        draw.ellipse(dot(point, WIDTH / 2), fill=ink)
    small = picture.resize((size, size), Image.Resampling.LANCZOS)
    return small.quantize(64, Image.Quantize.FASTOCTREE)


def main() -> None:
    for name, picture in {
        "icon-192.png": icon(192, GREEN, WHITE, 0.6, 0.22),
        "icon-512.png": icon(512, GREEN, WHITE, 0.6, 0.22),
        "icon-maskable.png": icon(512, GREEN, WHITE, 0.5),
        "apple-touch-icon.png": icon(180, GREEN, WHITE, 0.58),
        "badge.png": icon(96, NONE, WHITE, 0.84),
    }.items():
        picture.save(STATIC / name, optimize=True)


if __name__ == "__main__":
    main()
