"""The fields of one row: each is asked for by name and kind, and what nobody asked for is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from bot.api.body import free_values
from bot.learning.cells import Writing, moment
from bot.learning.rows import Fault, Unusable
from core.expressions import is_number
from core.learning.gather import plain
from core.model import Json
from core.text import fault, normal

_AMOUNT = re.compile(r"[-+]?[0-9]{1,18}(\.[0-9]{1,12})?")
_CURRENCY = re.compile(r"[A-Z0-9]{2,10}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_NOT_UTF_8 = "holds bytes that are not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8)"
MOST = Decimal("1e15")
"""What a number among parameters can be at most."""


class Fields:
    """`given`: a row as it was read. Every fault names the field as it is called there."""

    def __init__(self, given: Mapping[str, Any], writing: Writing) -> None:
        self._given = {name: value for name, value in given.items() if value is not None}
        self._writing = writing
        self._asked: set[str] = set()

    def there(self, *names: str) -> str | None:
        """By which of these names the field stands here. Two of them in one row are a fault."""
        self._asked.update(names)
        found = [name for name in names if name in self._given]
        if len(found) > 1:
            raise Fault(found[1], f"says the same as `{found[0]}`; leave one of them out")
        return found[0] if found else None

    def value(self, *names: str) -> tuple[str, Any]:
        """The field's name here and its value, which is None where it is not given."""
        name = self.there(*names)
        if name is None:
            return names[0], None
        value = self._given[name]
        if isinstance(value, Unusable):
            raise Fault(name, _unusable(value))
        return name, value

    def needed(self, *names: str) -> None:
        if self.there(*names) is None:
            raise Fault(names[0], "is missing")

    def end(self) -> None:
        """Nothing may be left that nobody has asked for."""
        for name in self._given:
            if name not in self._asked:
                raise Fault(str(name)[:60], "is not known here; take it out or correct its spelling")

    def text(self, *names: str, longest: int = 200, needed: bool = False) -> str | None:
        if needed:
            self.needed(*names)
        name, value = self.value(*names)
        if value is None:
            return None
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            # Orders and accounts are numbers in many an export.
            value = format(value, "f") if isinstance(value, Decimal) else str(value)
        if not isinstance(value, str):
            raise Fault(name, "must be text")
        value = normal(value).strip()
        usable(value, name)
        if what := fault(value, longest=longest):
            raise Fault(name, what)
        if not value:
            raise Fault(name, "is empty")
        return value

    def must(self, *names: str, longest: int = 200) -> str:
        text = self.text(*names, longest=longest, needed=True)
        return text or ""

    def slug(self, name: str) -> str | None:
        text = self.text(name, longest=40)
        if text is not None and not _SLUG.fullmatch(text):
            raise Fault(name, "must be small letters, digits, dots, dashes and underscores")
        return text

    def one_of(self, name: str, words: Mapping[str, str]) -> str | None:
        """A word of a list, in whatever case, as what it means here."""
        text = self.text(name, longest=80)
        if text is None:
            return None
        if text.lower() not in words:
            raise Fault(name, f"must be one of {', '.join(words)}")
        return words[text.lower()]

    def currency(self) -> str | None:
        text = self.text("currency", longest=10)
        if text is not None and not _CURRENCY.fullmatch(text):
            raise Fault("currency", "must be 2 to 10 capital letters and digits, as in USD")
        return text

    def flag(self, name: str) -> bool:
        _, value = self.value(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if str(value).lower() not in words:
            raise Fault(name, "must be true or false")
        return words[str(value).lower()]

    def money(self, *names: str, signed: bool = True) -> Decimal | None:
        """An exact amount, in quotes or not."""
        name, value = self.value(*names)
        if value is None:
            return None
        text = value.strip() if isinstance(value, str) else ""
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            text = format(Decimal(value), "f")
        if not _AMOUNT.fullmatch(text):
            raise Fault(
                name, f"must be a decimal as in 236.00, of at most 18 and 12 digits, and not {str(value)[:30]!a}"
            )
        number = Decimal(text)
        if number < 0 and not signed:
            raise Fault(name, "must not be negative")
        return number

    def moment(self, *names: str) -> datetime | date | None:
        """A time, or a day where the row says no time of day."""
        name, value = self.value(*names)
        if value is None:
            return None
        if not isinstance(value, str):
            raise Fault(name, "must be a time with its zone, as in 2026-11-20T09:00:00Z")
        try:
            return moment(value, self._writing)
        except ValueError as problem:
            raise Fault(name, str(problem)) from None

    def time(self, *names: str) -> datetime | None:
        """A time, in UTC."""
        found = self.moment(*names)
        if found is None:
            return None
        if not isinstance(found, datetime):
            name = self.there(*names) or names[0]
            raise Fault(name, "is a day without a time of day; write it as in 2026-11-20T09:00:00Z")
        return found.astimezone(UTC)

    def must_time(self, *names: str) -> datetime:
        self.needed(*names)
        found = self.time(*names)
        assert found is not None  # noqa: S101 - it is needed
        return found

    def free(self, *names: str) -> dict[str, Any]:
        """An object of values by name, its numbers exact still."""
        name, value = self.value(*names)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise Fault(name, "must be an object, with a name for each value")
        usable(value, name)
        try:
            return free_values(value)
        except ValueError as problem:
            raise Fault(name, str(problem)) from None

    def values(self, *names: str) -> dict[str, Json]:
        """Parameters as the ledger has them."""
        return {name: plain(value) for name, value in self.free(*names).items()}


def usable(value: Any, where: str) -> None:
    """Nothing that cannot be written down: no number that is none, however deep it stands. Raises Fault."""
    if isinstance(value, Unusable):
        raise Fault(where, _unusable(value))
    if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise Fault(where, _NOT_UTF_8)
    if is_number(value) and abs(Decimal(value)) > MOST:
        raise Fault(where, f"is beyond {MOST:.0e}")
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        usable(item, f"{where}.{str(name)[:60]}")


def _unusable(value: Unusable) -> str:
    return f"is {value.text}, which is no number that can be used; leave it out if it is not known"
