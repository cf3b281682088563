"""What forms about people hold, read without believing it: how long somebody is away, whose account; a no in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from starlette.datastructures import FormData

from core.errors import Refused
from core.model import Account, Away

SPANS = (("12h", "12 hours"), ("1d", "1 day"), ("3d", "3 days"), ("1w", "1 week"), ("2w", "2 weeks"))
"""What is offered with one press: value and label."""
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_FARTHEST = 14 * 60
"""Minutes that a clock on a wall may be from UTC."""
NOT_RECORDED = Refused("fault", "Placet failed on this and recorded nothing of it. Its log says why.")
"""What is said where a command failed, for a reason that only the log may tell."""
_PLATFORMS = {"slack": "Slack", "discord": "Discord", "telegram": "Telegram"}


def text_in(form: FormData, name: str, longest: int = 200) -> str:
    """A field that was filled in, or nothing; a file is nothing."""
    value = form.get(name)
    return value.strip()[:longest] if isinstance(value, str) else ""


def words_in(form: FormData, name: str) -> list[str]:
    """Every value of a field that may stand there several times."""
    return [value for value in form.getlist(name) if isinstance(value, str)][:50]


def away_in(form: FormData, now: datetime) -> Away | Refused | None:
    """How long somebody is away, and who stands in; None: they are back.

    The moment is typed as the clock on the wall there says; `offset` is how many minutes that is behind UTC, which our
    script fills in. Without it the moment is UTC, as the page says.
    """
    if form.get("back"):
        return None
    delegate = text_in(form, "delegate", 40) or None
    span = text_in(form, "span")
    if span in dict(SPANS):
        return Away(now + int(span[:-1]) * _UNITS[span[-1]], delegate)
    typed, offset = text_in(form, "until"), text_in(form, "offset")
    if not typed:
        return Refused("invalid", "must be said: press one of the spans, or give a day and a time", "until")
    minutes = int(offset) if re.fullmatch(r"-?[0-9]{1,3}", offset) else 0
    try:
        until = datetime.fromisoformat(typed)
        if until.tzinfo is None and abs(minutes) <= _FARTHEST:
            until = (until + timedelta(minutes=minutes)).replace(tzinfo=UTC)
        return Away(until.astimezone(UTC), delegate)
    except (ValueError, OverflowError):
        return Refused("invalid", "is no day and time, as in 2026-12-01T09:00", "until")


def account_in(form: FormData) -> Account:
    """The account that a form names; whether there is such a one is judged by whoever is asked."""
    return Account(text_in(form, "platform", 20), text_in(form, "workspace", 40), text_in(form, "user", 40))


def sentence(refused: Refused) -> str:
    """A refusal in words for a page."""
    detail = refused.detail
    if refused.code == "invalid" and refused.field:
        detail = f"{refused.field.replace('_', ' ')} {detail}"
    detail = detail[:1].upper() + detail[1:]
    return detail if detail.endswith((".", "!", "?")) else f"{detail}."


def platform_name(name: str) -> str:
    """A platform as it writes itself."""
    return _PLATFORMS.get(name, name)
