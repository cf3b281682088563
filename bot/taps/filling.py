"""What has been filled in of a modification so far: a draft, so that every button means the same after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.taps.hearing import Hearing, Told
from core.card import Button
from core.errors import Refused
from core.forms import modified, same
from core.model import Json
from core.ports import Draft
from core.request import Request
from core.token import Token
from core.typed import typed
from core.wording import ended

KIND = "modify"
_TURNS = 10_000
"""As many as a token can tell apart."""


async def opened(hearing: Hearing, draft: Draft) -> Request:
    request = await hearing.request(draft.body["request"])
    if request.decision is not None:
        raise Told(ended(request))
    return request


async def changed(hearing: Hearing, request: Request, draft: Draft, values: Mapping[str, Json]) -> Draft:
    """The draft with these values: what is as recommended is no change."""
    merged = {**draft.body["values"], **values}
    kept = {name: value for name, value in merged.items() if not same(value, request.proposal.parameters[name])}
    return await hearing.keep(KIND, {**draft.body, "values": kept, "turn": (turn_of(draft) + 1) % _TURNS}, draft.id)


def turn_of(draft: Draft) -> int:
    """How often it was filled in: so that what is confirmed is what was shown."""
    return int(draft.body.get("turn", 0))


def fields_of(request: Request) -> Mapping[str, Mapping[str, Any]]:
    editable = request.proposal.editable
    found: Mapping[str, Mapping[str, Any]] = editable["properties"] if editable else {}
    return found


def values_of(request: Request, draft: Draft) -> dict[str, Json]:
    return {**request.proposal.parameters, **draft.body["values"]}


def named(request: Request, number: int) -> str:
    names = list(fields_of(request))
    if number >= len(names):
        raise Told("This field is no longer there.")
    return names[number]


def lines_of(request: Request, draft: Draft) -> list[str]:
    """Each change as old → new."""
    values = draft.body["values"]
    if not values or isinstance(modified(request.proposal, values), Refused):
        return []
    fields, before = fields_of(request), request.proposal.parameters
    return [
        f"{fields[name].get('title', name)}: {typed(before[name])} → {typed(value)}" for name, value in values.items()
    ]


def token_of(verb: str, draft: Draft, number: int = 0, argument: str = "") -> str:
    return str(Token(verb, draft.id, number, argument))


def otherwise(hearing: Hearing, draft: Draft) -> tuple[Button, ...]:
    """The way back to the fields, and out of it all."""
    verb = "back" if hearing.fields == 0 else "edit"
    return Button(verb, "Change again", token_of(verb, draft)), cancel(draft)


def cancel(draft: Draft) -> Button:
    return Button("drop", "Leave it as it is", token_of("drop", draft))


def way_back(draft: Draft) -> Button:
    return Button("back", "Back", token_of("back", draft))


def preset_values(draft: Draft, number: str) -> Mapping[str, Json]:
    offered = draft.body["presets"]
    if not number.isdecimal() or int(number) >= len(offered):
        return {}
    values: Mapping[str, Json] = offered[int(number)]["values"]
    return values
