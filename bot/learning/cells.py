"""From what people and brokers write to values: times with their zones, numbers with separators, symbols of options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bot.declared_learning import zone_named

EARLIEST, LATEST = 1970, 2100
"""Years in which anything that is imported can lie."""
_OFFSET = re.compile(r"(?P<rest>.*(?:[0-9]|[AaPp][Mm]))\s*(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)", re.IGNORECASE)
_NAMED = re.compile(r"(?P<rest>.*?(?:[0-9]|[AaPp][Mm])) ?\[?(?P<zone>[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+|UTC|GMT)\]?")
_ISO = re.compile(
    r"(?P<year>[0-9]{4})-?(?P<month>[0-9]{2})-?(?P<day>[0-9]{2})"
    r"(?:[T ,]+(?P<hour>[0-9]{1,2}):?(?P<minute>[0-9]{2})(?::?(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp][Mm]))?)?"
)
_SLASHES = re.compile(
    r"(?P<one>[0-9]{1,2})[/.](?P<two>[0-9]{1,2})[/.](?P<year>[0-9]{4}|[0-9]{2})"
    r"(?:[T ,]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp][Mm]))?)?"
)
_PLAIN = re.compile(r"[-+]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,4})?")
_BY_COMMAS = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_BY_POINTS = re.compile(r"[-+]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
_NOTHING = frozenset({"", "-", "--", "n/a", "na", "null", "none"})
_OCC = re.compile(r"(?P<root>[A-Z0-9./]{1,6}) *(?P<day>[0-9]{6})(?P<right>[CP])(?P<strike>[0-9]{8})")


@dataclass(frozen=True, slots=True)
class Writing:
    """How somebody writes. `zone`: of times that name none; `dates`: `mdy` or `dmy`, where months stand as numbers
    between slashes; `comma`: whether a comma begins the part of a number behind the point.
    """

    zone: tzinfo | None = None
    dates: str | None = None
    comma: bool = False


def moment(text: str, writing: Writing) -> datetime | date:
    """A time in UTC, or a day where no time of day stands. ValueError: with the end of a sentence."""
    if len(text) > 60:
        raise ValueError("is longer than a time")
    text = text.strip()
    rest, zone = _zone_of(text, writing)
    found = _ISO.fullmatch(rest) or _SLASHES.fullmatch(rest)
    if found is None:
        raise ValueError(f"is no time ({text:.30}); write it as in 2026-11-20T09:00:00Z")
    year, month, day = _day_of(found.groupdict(), writing)
    try:
        # Before the rest: 29 February of a year without one is said as such.
        stands = date(year, month, day)
    except ValueError:
        raise ValueError(f"is no day of the calendar ({text:.30})") from None
    if not EARLIEST <= year <= LATEST:
        raise ValueError(f"lies in the year {year}; years from {EARLIEST} to {LATEST} are taken")
    if found["hour"] is None:
        return stands
    part = (found["part"] or "")[:6].ljust(6, "0")
    try:
        at = time(_hour(found), int(found["minute"]), int(found["second"] or 0), int(part))
    except ValueError:
        raise ValueError(f"is no time of day ({text:.30})") from None
    if zone is None:
        raise ValueError("names no zone; write an offset (…+01:00), or say the zone of the file, as America/New_York")
    return _placed(datetime.combine(stands, at), zone)


def is_day(text: str) -> bool:
    """Whether this is written as a day, whatever its parts mean."""
    found = _ISO.fullmatch(text) or _SLASHES.fullmatch(text)
    return found is not None and found["hour"] is None


def _zone_of(text: str, writing: Writing) -> tuple[str, tzinfo | None]:
    """The time without its zone, and the zone."""
    if found := _NAMED.fullmatch(text):
        # An offset in front of a name (RFC 9557) says more than the name does.
        inner = _OFFSET.fullmatch(found["rest"])
        if inner and ":" in inner["rest"]:
            return inner["rest"], _offset(inner["offset"])
        try:
            return found["rest"], zone_named(found["zone"])
        except ValueError:
            raise ValueError(f"names the zone {found['zone']}, which is not known") from None
    found = _OFFSET.fullmatch(text)
    # The last part of 2026-11-20 is a day and no offset.
    if found and ":" in found["rest"]:
        return found["rest"], _offset(found["offset"])
    if found and re.search(r"[T ][0-9]{4,6}$", found["rest"]):
        return found["rest"], _offset(found["offset"])
    return text, writing.zone


def _offset(text: str) -> tzinfo | None:
    if text in ("Z", "z"):
        return UTC
    hours, minutes = text[:3], text[3:].lstrip(":") or "00"
    try:
        return datetime.strptime(f"{hours}{minutes}", "%z").tzinfo
    except ValueError:
        raise ValueError(f"has an offset that is none ({text})") from None


def _day_of(found: dict[str, Any], writing: Writing) -> tuple[int, int, int]:
    year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
    if "month" in found:
        return year, int(found["month"]), int(found["day"])
    one, two = int(found["one"]), int(found["two"])
    if writing.dates == "mdy" or (writing.dates is None and two > 12):
        return year, one, two
    if writing.dates == "dmy" or (writing.dates is None and one > 12):
        return year, two, one
    raise ValueError(
        f"may be the {one}. of month {two} or the {two}. of month {one}; say `dates` (mdy or dmy), or write 2026-11-20"
    )


def _hour(found: re.Match[str]) -> int:
    hour = int(found["hour"])
    if found["half"] is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if found["half"].lower() == "pm" else 0)


def _placed(local: datetime, zone: tzinfo) -> datetime:
    """A local time in UTC. An hour that a zone has twice, or not at all, is not guessed."""
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if isinstance(zone, ZoneInfo):
        if at.astimezone(zone).replace(tzinfo=None) != local:
            raise ValueError(f"does not exist in {zone.key}: the clocks were put forward over it; write its offset")
        if local.replace(tzinfo=zone, fold=1).astimezone(UTC) != at:
            raise ValueError(f"came twice in {zone.key} on that day; write its offset, as in …-04:00")
    return at


def number(text: str, writing: Writing) -> Decimal | None:
    """A number, or None where nothing stands. ValueError: with the end of a sentence."""
    text = text.strip().replace("\u00a0", "").replace("\u202f", "").replace("\u2212", "-")
    if text.lower() in _NOTHING:
        return None
    plain = text.replace("$", "").replace("€", "").replace("£", "").strip()
    negative = plain.startswith("(") and plain.endswith(")")
    plain = plain[1:-1] if negative else plain
    # An apostrophe or a space parts thousands nowhere else than between digits.
    plain = re.sub(r"(?<=[0-9])['’ ](?=[0-9]{3})", "", plain)
    if writing.comma and _BY_POINTS.fullmatch(plain) and "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    elif _BY_COMMAS.fullmatch(plain) and not writing.comma:
        plain = plain.replace(",", "")
    if len(plain) > 60 or not _PLAIN.fullmatch(plain):
        raise ValueError(f"is no number ({text:.30}); write it as in 1234.50, or leave it empty")
    value = Decimal(plain)
    if not -40 < value.adjusted() < 40:
        raise ValueError(f"is out of range ({text:.30})")
    return -value if negative else value


@dataclass(frozen=True, slots=True)
class Option:
    """What the symbol of a listed option says."""

    root: str
    expiry: date
    right: str
    strike: Decimal


def occ(symbol: str) -> Option | None:
    """The symbol of an option as the Options Clearing Corporation writes it (`SOFI  240510P00006500`), or None.

    Root, day, right, and the strike in thousandths, in 21 characters: the OCC's Options Symbology Initiative of 2010.
    """
    found = _OCC.fullmatch(symbol)
    if found is None:
        return None
    day = found["day"]
    try:
        expiry = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        return None
    right = "call" if found["right"] == "C" else "put"
    return Option(found["root"], expiry, right, (Decimal(found["strike"]) / 1000).normalize())
