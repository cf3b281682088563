"""A policy in words, for people who have never written one: what a rule asks for, and when it applies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.canonical import plain_decimal
from core.durations import in_words
from core.expressions import parts
from core.kinds import Kind
from core.model import Choice, Gate, QuorumKind, ReasonRule, Route, Ruling, Silence
from core.policy import Input, Policy, Rule, describe

_COMPARED = re.compile(
    r"\(?\s*(?P<path>[A-Za-z_][\w.]*)\s*(?P<how>==|!=|<=|>=|<|>)\s*"
    r"(?P<value>-?[0-9]+(?:\.[0-9]+)?|\"[^\"]*\"|'[^']*'|true|false)\s*\)?"
)
_AMONG = re.compile(r"(?P<path>[A-Za-z_][\w.]*)\s+in\s+\[(?P<values>[^\[\]]*)\]")
_PLAIN = re.compile(r"(?P<no>!?)\s*(?P<path>[A-Za-z_][\w.]*)")
_HOW = {
    "==": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}
_NAMED = {"amount": "the amount", "confidence": "confidence"}
_QUOTES = "\"'"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that is said about a rule or a ruling. `at`: the moment it speaks of, if it speaks of one."""

    label: str
    text: str
    at: datetime | None = None


def clauses(source: str) -> tuple[str, ...]:
    """The parts of a condition of which one is enough: what stands between its outermost `||`."""
    return parts(source, "||")


def condition(source: str, currency: str | None = None) -> str | None:
    """A condition as a sentence, or None where only the expression itself says it well."""
    said = []
    for part in parts(source, "&&"):
        words = _one(_bare(part), currency)
        if words is None:
            return None
        said.append(words)
    return " and ".join(said)


def _bare(part: str) -> str:
    """Without the brackets that stand around the whole of it."""
    inside = part[1:-1]
    whole = part.startswith("(") and part.endswith(")") and "(" not in inside and ")" not in inside
    return inside.strip() if whole else part


def _one(part: str, currency: str | None) -> str | None:
    if found := _COMPARED.fullmatch(part):
        return f"{_name(found['path'])} {_HOW[found['how']]} {_value(found['path'], found['value'], currency)}"
    if found := _AMONG.fullmatch(part):
        values = [value.strip() for value in found["values"].split(",")]
        return f"{_name(found['path'])} is one of {', '.join(_value(found['path'], v, currency) for v in values)}"
    if found := _PLAIN.fullmatch(part):
        return f"{_name(found['path'])} is {'no' if found['no'] else 'yes'}"
    return None


def _name(path: str) -> str:
    return _NAMED.get(path, path.rpartition(".")[2])


def _value(path: str, literal: str, currency: str | None) -> str:
    if literal in ("true", "false"):
        return "yes" if literal == "true" else "no"
    if literal[0] in _QUOTES:
        return f"“{literal[1:-1]}”"
    try:
        number = Decimal(literal)
    except ArithmeticError:
        return literal
    if path == "confidence":
        return f"{plain_decimal((number * 100).normalize())} %"
    return f"{number:,f} {currency}" if path == "amount" and currency else f"{number:,f}"


def about_rule(rule: Rule) -> tuple[Said, ...]:
    """What a rule asks for, each with its name."""
    if rule.gate is not Gate.ASK:
        return (Said("Who decides", _NOT_ASKED[rule.gate]),)
    said = [Said("Who decides", _deciders(rule.quorum, rule.n, rule.route))]
    if rule.four_eyes:
        said.append(Said("Four eyes", "the owner of the program that asks does not decide"))
    said.append(Said("Time", in_words(rule.expire) + _reminded(rule.remind, rule.expire)))
    said += [
        Said("If it takes too long", f"after {in_words(after)}, {describe(to)} is asked as well")
        for after, to in rule.escalate
    ]
    said.append(Said("If nobody answers", _SILENCE[rule.silence]))
    return (*said, *_further(rule.reasons, rule.web_only, rule.act_within, rule.grace))


def about_ruling(ruling: Ruling) -> tuple[Said, ...]:
    """What a ruling asks for, each with its name, and its moments as such."""
    if ruling.gate is not Gate.ASK:
        return (Said("Who decides", _NOT_ASKED[ruling.gate]),)
    said = [Said("Who decides", _deciders(ruling.quorum, ruling.needed, ruling.route))]
    if ruling.four_eyes:
        said.append(Said("Four eyes", "the owner of the program that asks does not decide"))
    said.append(Said("Until", "", ruling.expire_at))
    if ruling.remind_at is not None:
        said.append(Said("Reminded", "", ruling.remind_at))
    said += [Said("Asked as well", f"{describe(step.to)}, from", step.at) for step in ruling.escalations]
    said.append(Said("If nobody answers", _SILENCE[ruling.silence]))
    return (*said, *_further(ruling.reasons, ruling.web_only, ruling.act_within, ruling.grace))


_NOT_ASKED = {
    Gate.NONE: "nobody is asked, and nobody is told",
    Gate.NOTIFY: "nobody is asked; people are told",
    Gate.ASK: "",
}
_SILENCE = {
    Silence.EXPIRE: "it expires, and nothing may be done",
    Silence.APPROVE: "it counts as approved",
}
_CHOICES = {
    Choice.APPROVE: "to approve",
    Choice.REJECT: "to reject",
    Choice.MODIFY: "to modify",
    Choice.REQUEST_CHANGES: "to ask for changes",
}


def _deciders(quorum: QuorumKind, n: int, route: Route) -> str:
    who = describe(route)
    match quorum:
        case QuorumKind.ANY:
            return f"one person ({who})"
        case QuorumKind.ALL:
            return f"everybody who is asked ({who})"
        case QuorumKind.MAJORITY:
            return f"more than half of those who are asked ({who})"
        case _:
            return f"{n} {'person' if n == 1 else 'people'} ({who})"


def _reminded(share: Decimal | None, lasts: timedelta) -> str:
    return "" if share is None else f", with a reminder after {in_words(lasts * float(share))}"


def _further(
    reasons: Mapping[str, ReasonRule], web_only: bool, act_within: timedelta | None, grace: timedelta | None
) -> list[Said]:
    said = [Said("Reasons", reasons_said(reasons))]
    if grace:
        said.append(Said("Undo", f"for {in_words(grace)} after the decision"))
    said.append(Said("Where", "on the web alone, never in a chat" if web_only else "here and in chats"))
    if act_within is not None:
        said.append(Said("Once approved", f"to be acted on within {in_words(act_within)}"))
    return said


def reasons_said(reasons: Mapping[str, ReasonRule]) -> str:
    """Which choices are asked for their reason."""
    said = []
    for rule in (ReasonRule.REQUIRED, ReasonRule.ASKED):
        choices = [words for choice, words in _CHOICES.items() if reasons.get(choice.value) is rule]
        if choices:
            said.append(f"{rule.value} {' and '.join(choices)}")
    return "; ".join(said) or "never asked"


@dataclass(frozen=True, slots=True)
class InputSaid:
    """`missing`: what happens when a proposal does not say it."""

    name: str
    kind: str
    missing: str
    bounds: str
    why: str


_KINDS = {Kind.NUMBER: "a number", Kind.TEXT: "text", Kind.YES_NO: "yes or no", None: "anything"}


def about_inputs(policy: Policy, document: Mapping[str, Any]) -> tuple[InputSaid, ...]:
    """What the rules read. `document`: the policy as written, for the reasons that were written beside the inputs."""
    written = document.get("inputs", {})
    return tuple(_about_input(one, policy, written.get(path)) for path, one in policy.inputs.items())


def _about_input(one: Input, policy: Policy, terms: Any) -> InputSaid:
    highest = f"the highest tier decides ({policy.tiers[max(policy.tiers)]})"
    low, high = (f"{bound:,f}" if isinstance(bound, Decimal) else str(bound) for bound in (one.minimum, one.maximum))
    if one.minimum is not None and one.maximum is not None:
        bounds = f"{low} to {high}"
    elif one.minimum is not None:
        bounds = f"at least {low}"
    else:
        bounds = "" if one.maximum is None else f"at most {high}"
    kind = _KINDS[one.kind] + (f" in {policy.currency}" if one.path == "amount" and policy.currency else "")
    why = terms.get("why") if isinstance(terms, Mapping) else None
    missing = highest if one.default is None else f"taken to be {_default(one.default)}"
    return InputSaid(one.path, kind, missing, bounds, why if isinstance(why, str) else "")


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain_decimal(value) if isinstance(value, Decimal) else str(value)
