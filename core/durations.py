"""ISO 8601 durations without years and months, whose lengths vary: P2D, PT4H30M, P1W, PT0.5S."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=366)
_FORM = re.compile(
    r"P(?=.)(?:(?P<weeks>[0-9]{1,3})W)?(?:(?P<days>[0-9]{1,3})D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]{1,4})H)?(?:(?P<minutes>[0-9]{1,5})M)?"
    r"(?:(?P<seconds>[0-9]{1,8}(?:\.[0-9]{1,6})?)S)?)?"
)


def parse_duration(text: str) -> timedelta:
    """Read a duration. Raises ValueError unless it is above zero and at most a year."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("must be a duration such as PT4H, PT30M or P1D")
    whole, _, part = (found["seconds"] or "0").partition(".")
    duration = timedelta(
        weeks=int(found["weeks"] or 0),
        days=int(found["days"] or 0),
        hours=int(found["hours"] or 0),
        minutes=int(found["minutes"] or 0),
        seconds=int(whole),
        microseconds=int(part.ljust(6, "0")) if part else 0,
    )
    if not timedelta(0) < duration <= LONGEST:
        raise ValueError("must be a duration above zero and of at most a year")
    return duration


def duration_text(duration: timedelta) -> str:
    """Write a duration as `parse_duration` reads it."""
    seconds = duration.seconds
    time = "".join(f"{count}{unit}" for count, unit in ((seconds // 3600, "H"), (seconds % 3600 // 60, "M")) if count)
    rest = f"{seconds % 60}.{duration.microseconds:06d}".rstrip("0").rstrip(".")
    if rest != "0":
        time += rest + "S"
    text = (f"{duration.days}D" if duration.days else "") + (f"T{time}" if time else "")
    return "P" + text if text else "PT0S"


def in_words(duration: timedelta) -> str:
    """For people, in the two largest units: `4 h 30 min`, `2 d`, `45 s`."""
    total = max(0, int(duration.total_seconds()))
    parts = [
        f"{count} {unit}"
        for count, unit in (
            (total // 86_400, "d"),
            (total % 86_400 // 3_600, "h"),
            (total % 3_600 // 60, "min"),
            (total % 60, "s"),
        )
        if count
    ]
    return " ".join(parts[:2]) or "0 s"
