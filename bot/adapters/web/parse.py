"""From a form that was sent to a tap."""

from __future__ import annotations

import hashlib

from starlette.datastructures import FormData

from core.taps import Tap

WEB = "web"
FIELD = "f."
"""What the names of a form's own fields begin with."""
_LONGEST = 64
_MOST_CHOSEN = 200
_LONGEST_PATH = 2_000


def tap_of(form: FormData, person: str) -> Tap:
    """The tap that a form is. Its `tap` is made with the page: a form that is sent twice is one tap."""
    values = {key.removeprefix(FIELD): _text(form, key) for key in form if key.startswith(FIELD)}
    return _tap(form, person, _text(form, "token"), values)


def chosen_of(form: FormData, person: str) -> Tap:
    """The tap that several chosen rows are."""
    names = [name for name in form.getlist("requests") if isinstance(name, str)][:_MOST_CHOSEN]
    choice = _text(form, "choice")
    return _tap(form, person, f"chosen:-:0:{choice}", {"requests": " ".join(names)})


def _tap(form: FormData, person: str, token: str, values: dict[str, str]) -> Tap:
    # The buttons of a whole list share one form, so what was pressed belongs to the name.
    pressed = hashlib.sha256(token.encode(errors="replace")).hexdigest()[:16]
    name = f"{person}:{once_of(form)}:{pressed}"
    return Tap(name, WEB, "", person, token=token, values=values, alone=True)


def once_of(form: FormData) -> str:
    """What a page put into a form so that, sent twice, it is meant once; what none of ours does, as its hash."""
    said = _text(form, "tap")
    if len(said) <= _LONGEST and said.isascii() and said.isprintable():
        return said
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()


def _text(form: FormData, key: str) -> str:
    """A field as text; a file is nothing."""
    value = form.get(key)
    return value if isinstance(value, str) else ""


def inside(path: str) -> str:
    """A path of ours, and never an address elsewhere."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isascii() and path.isprintable()
    return path if good and len(path) <= _LONGEST_PATH else "/"
