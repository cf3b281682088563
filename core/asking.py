"""Asking by hand: what a person types into a form of their own house becomes a proposal.

A template says what the form asks and what comes of it. What it leaves open of subject, summary and amount, the form
asks as well, so that the simplest template is a title.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Context, Decimal
from typing import Any

from core.canonical import plain_decimal
from core.model import Json, Proposal
from core.taps import FormField
from core.text import fault, normal
from core.typed import NotMeant, form_field, meant, typed

OWN = ("subject", "summary", "amount")
"""What a form asks by itself where the template does not say it."""
PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,39})\}")
"""Where what was typed into a field stands in a text."""
LONGEST_TITLE, LONGEST_SUBJECT, LONGEST_SUMMARY = 200, 80, 3_000
_WHOLE, _PART = 18, 12
"""Digits of an amount, before the point and behind it: as programs may send them."""
MOST_FACTORS = 4
_EXACTLY = Context(prec=200)
"""Enough for the product of so many numbers as they can be typed."""
_AMOUNT = {"type": "number", "minimum": 0}
_TITLE = {"type": "string", "minLength": 1, "maxLength": LONGEST_TITLE, "title": "What do you ask?",
          "description": "One sentence that says what is to be decided"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """A form, and the proposal that it makes. Texts may hold `{name}` for what was typed into that field.

    `amount`: fields and numbers whose product it is. `unsaid`: fields that stand in the title and are no parameters.
    """

    name: str
    title: str
    action: str
    subject: str | None = None
    summary: str | None = None
    help: str = ""
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    amount: tuple[str | Decimal, ...] | None = None
    currency: str | None = None
    editable: tuple[str, ...] = ()
    valid_for: timedelta | None = None
    unsaid: frozenset[str] = frozenset()

    @property
    def heading(self) -> str:
        """What it is called in a list: its title, with dots for what is still to be said."""
        return re.sub(r"…( …)+", "…", PLACE.sub("…", self.title))


ELSE = Template(
    name="else",
    title="{what}",
    action="ask",
    subject="by hand",
    help="Say it in your own words.",
    fields={"what": _TITLE},
    unsaid=frozenset({"what"}),
)
"""Whatever no template is for."""


def form_fields(
    template: Template, values: Mapping[str, str], errors: Mapping[str, str], currency: str | None
) -> tuple[FormField, ...]:
    """The inputs of a form, with what was typed so far and what is wrong with it. `currency`: the policy's."""
    found = {name: form_field(name, one, one.get("default", "")) for name, one in template.fields.items()}
    if template.subject is None:
        found["subject"] = FormField("subject", "What is it about?", longest=LONGEST_SUBJECT)
    order = [name for name in dict.fromkeys(PLACE.findall(template.title)) if name in found]
    fields = [found[name] for name in dict.fromkeys((*order, *found))]
    if template.amount is None:
        unit = template.currency or currency
        label = f"Amount in {unit}, if any" if unit else "Amount, if any"
        fields.append(FormField("amount", label, "number", required=False))
    if template.summary is None:
        hint = "What the others should know to decide it"
        more = FormField("summary", "More to say?", "lines", hint=hint, required=False, longest=LONGEST_SUMMARY)
        fields.append(more)
    return tuple(replace(one, value=values.get(one.name, one.value), error=errors.get(one.name, "")) for one in fields)


def proposal_of(template: Template, values: Mapping[str, str], currency: str | None) -> Proposal | dict[str, str]:
    """The proposal that was filled in, or what is wrong with it, by the name of the field."""
    wrong: dict[str, str] = {}
    meanings: dict[str, Json] = {}
    for name, one in template.fields.items():
        text = values.get(name, "")
        if name in template.unsaid:
            meanings[name], problem = _title(text)
            if problem:
                wrong[name] = problem
            continue
        if not text.strip():
            if form_field(name, one, "").required:
                wrong[name] = "must be said"
            continue
        try:
            meanings[name] = meant(one, text)
        except NotMeant as problem:
            wrong[name] = str(problem)
    said = {name: typed(meanings.get(name, "")) for name in template.fields}

    def written(own: str, fixed: str | None, check: Callable[[str], tuple[str, str | None]]) -> str:
        """A text of the proposal: what the template says with what was typed in it, or what was typed for it."""
        whole = fixed is not None
        text, problem = check(_filled(fixed, said) if fixed is not None else values.get(own, ""))
        if problem and not wrong:
            names = [name for name in PLACE.findall(fixed or "") if name in template.fields]
            wrong[names[0] if whole and names else own] = f"makes the {own} one that {problem}" if whole else problem
        return text

    subject = said["subject"] = written("subject", template.subject, _subject)
    title = written("title", template.title, _title)
    summary = written("summary", template.summary, _summary)
    amount = _amount(template, values, meanings, wrong)
    if wrong:
        return wrong
    parameters = {name: value for name, value in meanings.items() if name not in template.unsaid}
    changeable = {name: dict(template.fields[name]) for name in template.editable if name in parameters}
    return Proposal(
        action=template.action,
        subject=subject,
        title=title,
        summary=summary or None,
        parameters=parameters,
        editable={"properties": changeable} if changeable else None,
        amount=amount,
        currency=(template.currency or currency) if amount is not None else None,
        valid_for=template.valid_for,
    )


def _filled(text: str, said: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: said.get(place[1], ""), text)


def _in_a_line(text: str, longest: int) -> tuple[str, str | None]:
    text = normal(" ".join(text.split()))
    return text, "must be said" if not text else fault(text, longest=longest, joiners=True)


def _title(text: str) -> tuple[str, str | None]:
    return _in_a_line(text, LONGEST_TITLE)


def _subject(text: str) -> tuple[str, str | None]:
    return _in_a_line(text, LONGEST_SUBJECT)


def _summary(text: str) -> tuple[str, str | None]:
    text = normal(text.replace("\r\n", "\n").strip())
    return text, fault(text, longest=LONGEST_SUMMARY, lines=True, joiners=True)


def _amount(
    template: Template, values: Mapping[str, str], meanings: Mapping[str, Json], wrong: dict[str, str]
) -> Decimal | None:
    """What it costs, digit by digit; what is wrong with it is added to `wrong`."""
    if template.amount is None:
        text = values.get("amount", "")
        if not text.strip():
            return None
        try:
            amount, place = Decimal(meant(_AMOUNT, text)), "amount"
        except NotMeant as problem:
            wrong["amount"] = str(problem)
            return None
    else:
        names = [factor for factor in template.amount if isinstance(factor, str)]
        if any(name not in meanings for name in names):
            return None
        amount, place = Decimal(1), names[0] if names else "amount"
        for factor in template.amount:
            amount = _EXACTLY.multiply(amount, Decimal(meanings[factor]) if isinstance(factor, str) else factor)
    whole, _, part = plain_decimal(amount).partition(".")
    if amount < 0 or len(whole) > _WHOLE or len(part.rstrip("0")) > _PART:
        wrong.setdefault(place, f"makes the amount {plain_decimal(amount)[:40]}, which is none that can be asked for")
        return None
    return Decimal(f"{whole}.{part[:_PART]}") if part else amount
