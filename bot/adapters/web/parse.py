"""From a form that was sent to a tap."""

from __future__ import annotations

from starlette.datastructures import FormData

from core.taps import Tap

WEB = "web"
FIELD = "f."
"""What the names of a form's own fields begin with."""
_LONGEST = 64


def tap_of(form: FormData, person: str) -> Tap:
    """The tap that a form is. Its `tap` is made with the page: a form that is sent twice is one tap."""
    name = str(form.get("tap", ""))[:_LONGEST]
    values = {key.removeprefix(FIELD): str(value) for key, value in form.items() if key.startswith(FIELD)}
    return Tap(f"{person}:{name}", WEB, "", person, token=str(form.get("token", "")), values=values, alone=True)
