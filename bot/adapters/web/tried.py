"""A proposal that is only tried: from a form with a field for everything that the rules read, or from pasted JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.api.body import read_json
from bot.api.models import SubmitBody
from bot.api.problems import Problem
from bot.api.words import said
from core.canonical import plain_decimal
from core.kinds import Kind
from core.model import Proposal
from core.policy import Input, Policy
from core.taps import FormField
from core.typed import NotMeant, meant, typed

WHO, JSON = "who", "json"
LONGEST_JSON = 100_000
_AT_LEAST = {"action": "try", "subject": "a try", "title": "A try"}
_TYPES = {Kind.NUMBER: "number", Kind.TEXT: "string", Kind.YES_NO: "boolean"}


@dataclass(frozen=True, slots=True)
class Tried:
    """`wrong`: what is wrong with the form, by the name of the field; then there is no proposal."""

    proposal: Proposal | None
    wrong: Mapping[str, str]


def fields_of(policy: Policy, values: Mapping[str, str], wrong: Mapping[str, str]) -> tuple[FormField, ...]:
    """A field for each value that the rules read."""
    fields = [_field(one, policy, values, wrong) for one in sorted(policy.inputs.values(), key=_place)]
    if "amount" in policy.inputs and "currency" not in policy.inputs:
        at = next(index for index, one in enumerate(fields) if one.name == "amount") + 1
        value = values.get("currency", policy.currency or "")
        error = wrong.get("currency", "")
        fields.insert(at, FormField("currency", "Currency", value=value, required=False, longest=10, error=error))
    return tuple(fields)


_FIRST = ("action", "subject", "amount", "confidence", "currency")


def _place(one: Input) -> tuple[int, str]:
    return (_FIRST.index(one.path) if one.path in _FIRST else len(_FIRST), one.path)


def _field(one: Input, policy: Policy, values: Mapping[str, str], wrong: Mapping[str, str]) -> FormField:
    head, _, tail = one.path.partition(".")
    kind = {Kind.NUMBER: "number", Kind.YES_NO: "boolean"}.get(one.kind or Kind.TEXT, "text")
    if one.path == "confidence":
        hint = "From 0 (not at all) to 1 (certain). "
    else:
        hint = {"context": "From the context. ", "parameters": "A parameter. "}.get(head, "")
    if one.default is None:
        hint += f"Left out, the highest tier decides ({policy.tiers[max(policy.tiers)]})."
    else:
        hint += f"Left out, it is taken to be {typed(one.default)}."
    return FormField(
        one.path, (tail or head).replace("_", " ").capitalize(), kind, values.get(one.path, ""), hint=hint,
        required=False, error=wrong.get(one.path, ""),
    )  # fmt: skip


def tried(policy: Policy, values: Mapping[str, str]) -> Tried:
    """The proposal that was filled in or pasted."""
    pasted = values.get(JSON, "").strip()
    if pasted:
        return _pasted(pasted)
    body: dict[str, Any] = {**_AT_LEAST, "context": {}, "parameters": {}}
    wrong: dict[str, str] = {}
    for one in policy.inputs.values():
        text = values.get(one.path, "").strip()
        if not text:
            continue
        try:
            value = meant({"type": _TYPES[one.kind or Kind.TEXT]}, text)
        except NotMeant as problem:
            wrong[one.path] = str(problem)
            continue
        head, _, tail = one.path.partition(".")
        if tail:
            body[head][tail] = value
        else:
            body[head] = value
    if "currency" not in policy.inputs and (currency := values.get("currency", "").strip().upper()):
        body["currency"] = currency
    if wrong:
        return Tried(None, wrong)
    try:
        return Tried(SubmitBody.model_validate(body).proposal(), {})
    except ValidationError as problem:
        return Tried(None, dict(_faults(problem)))


def _pasted(text: str) -> Tried:
    if len(text) > LONGEST_JSON:
        return Tried(None, {JSON: f"is longer than {LONGEST_JSON} characters"})
    try:
        body = SubmitBody.model_validate(read_json(text.encode(errors="replace")))
    except Problem as problem:
        return Tried(None, {JSON: str(problem.detail)})
    except ValidationError as problem:
        whole = "; ".join(f"{name} {what}" if name else what for name, what in _faults(problem))
        return Tried(None, {JSON: whole[:600]})
    if fault := body.fault():
        return Tried(None, {JSON: f"{fault[0]} {fault[1]}"})
    return Tried(body.proposal(), {})


def _faults(problem: ValidationError) -> Iterable[tuple[str, str]]:
    for error in problem.errors(include_url=False):
        yield ".".join(str(part) for part in error["loc"]), said(error)


def summary_of(proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """What was tried, for whoever has pasted it."""
    facts = [("Action", proposal.action), ("Subject", proposal.subject), ("Title", proposal.title)]
    if proposal.amount is not None:
        facts.append(("Amount", f"{plain_decimal(proposal.amount)} {proposal.currency or ''}".strip()))
    if proposal.confidence is not None:
        facts.append(("Confidence", plain_decimal(proposal.confidence)))
    return tuple(facts)
