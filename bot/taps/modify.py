"""Modify: a form, or a keyboard where the platform has none; then the difference, and only then does it count.

What has been filled in so far is a draft, so that every button means the same after a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.taps.difference import difference
from bot.taps.filling import (
    KIND,
    cancel,
    changed,
    fields_of,
    lines_of,
    named,
    opened,
    preset_values,
    token_of,
    values_of,
    way_back,
)
from bot.taps.hearing import Hearing, Told, rows
from core.card import Button, is_whole
from core.errors import Refused
from core.forms import same
from core.model import Json
from core.ports import Draft, Filter
from core.presets import Preset, presets
from core.request import Request
from core.taps import Answer, Form, FormField
from core.text import cut
from core.token import Token
from core.typed import NotMeant, as_shown, form_field, meant, typed
from core.wording import ended

START = "(preset)"
"""No parameter can be called so."""
_LOOKED_BACK = 100
_LABEL = 40
_MOST_CHOICES = 40
"""At a time, on a keyboard."""


async def modify(hearing: Hearing) -> Answer:
    """Begin: a draft, and the form or the keyboard that fills it."""
    request = await hearing.request(hearing.token.about)
    if request.decision is not None:
        raise Told(ended(request))
    if request.revision.number != hearing.token.revision:
        refused = Refused("stale_revision", "This is about an earlier revision: look at what is asked now.")
        raise await hearing.no(refused, request.id)
    if request.proposal.editable is None:
        raise Told("Nothing in this proposal may be changed: approve it, reject it, or ask for changes under More.")
    if not is_whole(request.proposal) and not hearing.on_the_web:
        raise Told("A card cannot show all of this, so it cannot be let pass here: modify it in the web inbox.")
    offered = await _presets(hearing, request)
    body = {
        "request": request.id,
        "revision": request.revision.number,
        "values": {},
        "presets": [{"label": one.label, "values": dict(one.values), "usual": one.usual} for one in offered],
    }
    draft = await hearing.keep(KIND, body)
    return panel(request, draft) if hearing.fields == 0 else Answer(form=_form(hearing, request, draft, 0))


async def edit(hearing: Hearing) -> Answer:
    """A form came back, or is to be opened (again): then nothing was filled in. The token's revision is its step."""
    draft = await hearing.draft(KIND)
    request = await opened(hearing, draft)
    step = hearing.token.revision
    values = hearing.tap.values
    if not values:
        return Answer(form=_form(hearing, request, draft, step))
    fields = fields_of(request)
    names, has_presets = _step(hearing, request, draft, step)
    if not names:
        raise Told("This field is no longer there.")
    taken: dict[str, Json] = {}
    wrong: dict[str, tuple[str, str]] = {}
    before = values_of(request, draft)
    for name in names:
        text = values.get(name, typed(before[name]))
        try:
            taken[name] = before[name] if as_shown(text, before[name]) else meant(fields[name], text)
        except NotMeant as fault:
            wrong[name] = (text, str(fault))
    if wrong:
        return Answer(form=_form(hearing, request, draft, step, wrong, values))
    # What was filled in by hand goes over the preset; what was left as it stood does not.
    chosen = preset_values(draft, values.get(START, "")) if has_presets else {}
    by_hand = {name: value for name, value in taken.items() if not same(value, before[name])}
    draft = await changed(hearing, request, draft, {**chosen, **by_hand})
    if step + 1 < _steps(hearing, request):
        return Answer(form=_form(hearing, request, draft, step + 1))
    return difference(hearing, request, draft)


# The keyboard, where the platform has no forms


async def field(hearing: Hearing) -> Answer:
    """One field of the keyboard: its choices as buttons, or a question for what is to be typed."""
    draft = await hearing.draft(KIND)
    request = await opened(hearing, draft)
    name = named(request, hearing.token.revision)
    schema = fields_of(request)[name]
    asked = form_field(name, schema, values_of(request, draft)[name])
    if asked.kind in ("choice", "boolean"):
        choices = asked.choices or (("yes", "Yes"), ("no", "No"))
        start = int(hearing.token.argument) if hearing.token.argument.isdecimal() else 0
        buttons = [
            Button("set", label, str(Token("set", draft.id, hearing.token.revision, str(number))))
            for number, (_, label) in enumerate(choices)
        ][start : start + _MOST_CHOICES]
        if start + _MOST_CHOICES < len(choices):
            further = str(start + _MOST_CHOICES)
            buttons.append(Button("field", "More …", token_of("field", draft, hearing.token.revision, further)))
        width = 4 if max(len(label) for _, label in choices) <= 8 else 2
        return Answer(
            f"{asked.label}: now {asked.value}", rows=(*rows(buttons, width), (way_back(draft),)), instead=True
        )
    if name not in hearing.tap.values:
        return Answer(form=_question(hearing, request, asked))
    text = hearing.tap.values[name]
    try:
        value = meant(schema, text)
    except NotMeant as fault:
        wrong = f"“{cut(text, 60)}” will not do: it {fault}"
        return Answer(form=_question(hearing, request, replace(asked, error=wrong)))
    return panel(request, await changed(hearing, request, draft, {name: value}))


async def choose(hearing: Hearing) -> Answer:
    """One of the choices of a field."""
    draft = await hearing.draft(KIND)
    request = await opened(hearing, draft)
    name = named(request, hearing.token.revision)
    schema = fields_of(request)[name]
    choices: list[Json] = schema.get("enum") or [True, False]
    number = int(hearing.token.argument) if hearing.token.argument.isdecimal() else len(choices)
    if number >= len(choices):
        raise Told("This choice is no longer offered.")
    return panel(request, await changed(hearing, request, draft, {name: choices[number]}))


async def preset(hearing: Hearing) -> Answer:
    """A change that is one tap away."""
    draft = await hearing.draft(KIND)
    request = await opened(hearing, draft)
    return panel(request, await changed(hearing, request, draft, preset_values(draft, hearing.token.argument)))


async def back(hearing: Hearing) -> Answer:
    """The keyboard as it was."""
    draft = await hearing.draft(KIND)
    return panel(await opened(hearing, draft), draft)


async def done(hearing: Hearing) -> Answer:
    """From the keyboard to the difference."""
    draft = await hearing.draft(KIND)
    return difference(hearing, await opened(hearing, draft), draft)


def panel(request: Request, draft: Draft) -> Answer:
    """The fields as buttons, the presets below them."""
    fields, values = fields_of(request), values_of(request, draft)
    buttons = [
        Button(
            "field",
            cut(f"{schema.get('title', name)}: {typed(values[name])}", _LABEL),
            token_of("field", draft, number),
        )
        for number, (name, schema) in enumerate(fields.items())
    ]
    offered = [
        Button("preset", cut(one["label"], _LABEL), token_of("preset", draft, 0, str(number)))
        for number, one in enumerate(draft.body["presets"])
    ]
    last = (Button("done", "Done: show the change", token_of("done", draft), "yes"), cancel(draft))
    changed = lines_of(request, draft)
    text = f"Modify: {request.proposal.title}\n" + ("\n".join(changed) or "Choose what to change.")
    return Answer(text, rows=(*rows(buttons, 2), *rows(offered, 1), last), instead=True)


# Parts


async def _presets(hearing: Hearing, request: Request) -> tuple[Preset, ...]:
    """What to offer: this person's habits are looked up among the latest decisions on what the same asker asks."""
    wanted = Filter(status="modified", asker=f"{request.asker.kind.value}:{request.asker.ref}")
    page = await hearing.services.read(hearing.services.reader.page, wanted, None, _LOOKED_BACK)
    alike = [earlier for earlier in page.items if earlier.proposal.action == request.proposal.action]
    return presets(request.proposal, alike, hearing.person.id)


def _steps(hearing: Hearing, request: Request) -> int:
    """How many forms it takes."""
    count = len(fields_of(request))
    return 1 if not hearing.fields else -(-count // hearing.fields)


def _step(hearing: Hearing, request: Request, draft: Draft, step: int) -> tuple[list[str], bool]:
    """The fields of one step, and whether the presets stand there too: in the first, where that adds no step."""
    names, width = list(fields_of(request)), hearing.fields or len(fields_of(request)) + 1
    has_presets = step == 0 and bool(draft.body["presets"]) and len(names) < width
    return names[step * width : (step + 1) * width], has_presets


def _form(
    hearing: Hearing,
    request: Request,
    draft: Draft,
    step: int,
    wrong: Mapping[str, tuple[str, str]] | None = None,
    filled: Mapping[str, str] | None = None,
) -> Form:
    fields, values = fields_of(request), values_of(request, draft)
    names, has_presets = _step(hearing, request, draft, step)
    usual = {n: v for one in draft.body["presets"] if one["usual"] for n, v in one["values"].items()}
    inputs: list[FormField] = []
    if has_presets:
        choices = (
            ("-", "As recommended"),
            *((str(n), cut(p["label"], 70)) for n, p in enumerate(draft.body["presets"])),
        )
        fills = {
            str(n): {name: typed(value) for name, value in p["values"].items()}
            for n, p in enumerate(draft.body["presets"])
        }
        start = (filled or {}).get(START, "-")
        inputs.append(FormField(START, "Start from", "choice", start, choices, required=False, fills=fills))
    for name in names:
        hint = f"You usually set {typed(usual[name])}" if name in usual else ""
        recommended = form_field(name, fields[name], request.proposal.parameters[name]).value
        given = replace(form_field(name, fields[name], values[name], hint), was=recommended)
        if filled and name in filled:
            given = replace(given, value=filled[name])
        if wrong and name in wrong:
            given = replace(given, value=wrong[name][0], error=wrong[name][1])
        inputs.append(given)
    steps = _steps(hearing, request)
    title = "Modify" if steps == 1 else f"Modify ({step + 1} of {steps})"
    submit = "Next" if step + 1 < steps else "Show the change"
    note = f"{request.proposal.title}: nothing counts before you have seen the change and confirmed it."
    return Form(token_of("edit", draft, step), title, tuple(inputs), note, submit)


def _question(hearing: Hearing, request: Request, asked: FormField) -> Form:
    return Form(str(hearing.token), "Modify", (asked,), request.proposal.title)
