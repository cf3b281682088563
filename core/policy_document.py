"""A policy as people write it, read into `Policy`: every mistake says where it is and what to do.

The document is plain data (from YAML, with numbers as int or Decimal). `docs/policy.md` shows one in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from core.canonical import encode, sha256, split_decimals, text_keys
from core.durations import in_words, parse_duration
from core.errors import PolicyError
from core.expressions import Expression, bared, compiled, is_number
from core.kinds import Kind, kinds_of
from core.model import Gate, QuorumKind, ReasonRule, Route, Silence
from core.policy import GATES, Input, Limit, Policy, Rule
from core.text import fault

Path = tuple[str | int, ...]
AnyEnum = TypeVar("AnyEnum", bound=StrEnum)

DEFAULT_REASONS: Mapping[str, str] = {
    "price": "Price or market moved",
    "size": "Too big or too small",
    "timing": "Wrong moment",
    "risk": "Too risky",
    "information": "I know something it does not",
    "quality": "Not good enough",
    "other": "Something else",
}
LONGEST_GRACE = timedelta(minutes=5)
LONGEST_CODE = 17
"""Characters of a reason code: so that the token of its button stays within 64 bytes, whatever the revision."""
_CHOICES = ("approve", "reject", "modify", "request_changes")
_PROPOSAL_TEXTS = ("action", "subject", "currency", "account", "algorithm")
_PROPOSAL_NUMBERS = ("amount", "confidence")


def read_policy(document: Any) -> Policy:
    """Read a policy. Raises PolicyError with the path of the first mistake."""
    _mapping(document, (), {"name", "currency", "tiers", "inputs", "rules", "limits", "reasons", "catalogue"})
    name = _text(document.get("name"), ("name",))
    currency = document.get("currency")
    if currency is not None and not (isinstance(currency, str) and currency.isalnum() and currency.isascii()):
        raise PolicyError("`currency` is a code such as USD", ("currency",))
    tiers = _tiers(document.get("tiers", {1: "routine", 2: "elevated", 3: "critical"}))
    inputs = _inputs(document.get("inputs", {}))
    rules = _rules(document.get("rules"), tiers)
    limits = _limits(document.get("limits", []))
    expressions = [rule.when for rule in rules if rule.when is not None] + [limit.must for limit in limits]
    inputs = {path: _of_one_kind(declared, expressions) for path, declared in inputs.items()}
    for index, rule in enumerate(rules):
        if rule.when is not None:
            _declared(rule.when, inputs, ("rules", index, "when"))
    for index, limit in enumerate(limits):
        _declared(limit.must, inputs, ("limits", index, "must"))
    catalogue = document.get("catalogue", 1)
    if type(catalogue) is not int or catalogue < 1:
        raise PolicyError("`catalogue` is the version of the reasons: a whole number from 1", ("catalogue",))
    plain = split_decimals(text_keys(document), "", [])
    return Policy(
        name=name,
        hash=sha256(encode(plain)),
        currency=currency,
        tiers=tiers,
        inputs=inputs,
        rules=tuple(sorted(rules, key=lambda rule: -rule.tier)),
        limits=limits,
        reasons=_reasons(document.get("reasons", DEFAULT_REASONS)),
        catalogue=catalogue,
    )


def _mapping(value: Any, path: Path, known: set[str]) -> None:
    if not isinstance(value, Mapping):
        raise PolicyError("this must be a mapping (`key: value` lines)", path)
    for key in value:
        if key not in known:
            raise PolicyError(f"`{key}` is not known here; known: {', '.join(sorted(known))}", (*path, key))


def _text(value: Any, path: Path, longest: int = 200) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PolicyError(f"`{path[-1]}` must be given, as text", path)
    if what := fault(value, longest=longest):
        raise PolicyError(f"`{path[-1]}` {what}", path)
    return value


def _tiers(value: Any) -> dict[int, str]:
    if not isinstance(value, Mapping) or not 1 <= len(value) <= 9 or set(value) != set(range(1, len(value) + 1)):
        raise PolicyError(
            "`tiers` numbers one to nine of them from 1, without gaps: `1: routine`, `2: critical`", ("tiers",)
        )
    return {number: _text(word, ("tiers", number), 40) for number, word in sorted(value.items())}


def _inputs(value: Any) -> dict[str, Input]:
    if not isinstance(value, Mapping):
        raise PolicyError("`inputs` maps each value that rules read to what it may be", ("inputs",))
    found = {}
    for path, said in value.items():
        where: Path = ("inputs", path)
        head, _, tail = str(path).partition(".")
        if head in ("context", "parameters"):
            if not tail.isidentifier():
                raise PolicyError(f"`{path}` must name one field, as in {head}.name", where)
        elif tail or head not in (
            "action",
            "subject",
            "confidence",
            "amount",
            "currency",
            "account",
            "algorithm",
        ):
            raise PolicyError(
                f"`{path}` is no part of a proposal: amount, confidence, action, subject, currency, account, "
                "algorithm, context.NAME or parameters.NAME",
                where,
            )
        terms = {} if said is None or said == "required" else said
        _mapping(terms, where, {"default", "min", "max", "required", "type", "why"})
        if terms.get("required") not in (None, True, False):
            raise PolicyError("`required` is true or false", (*where, "required"))
        default = terms.get("default")
        if terms.get("required") and default is not None:
            raise PolicyError("an input is either required or has a default", where)
        if isinstance(default, (list, dict, float)):
            raise PolicyError("a default is a number, text, or yes or no", (*where, "default"))
        for bound in ("min", "max"):
            if bound in terms and not is_number(terms[bound]):
                raise PolicyError(f"`{bound}` is a number", (*where, bound))
        least = 0 if head in _PROPOSAL_NUMBERS else None
        most = 1 if head == "confidence" else None
        kind = _one_of(Kind, terms["type"], (*where, "type")) if "type" in terms else None
        found[str(path)] = Input(str(path), default, terms.get("min", least), terms.get("max", most), kind)
    return found


def _of_one_kind(declared: Input, expressions: list[Expression]) -> Input:
    """An input with the kind of value that it is: said, or read off its bounds, its default and its use."""
    where: Path = ("inputs", declared.path)
    found = {declared.kind} if declared.kind else set()
    if declared.minimum is not None or declared.maximum is not None:
        found.add(Kind.NUMBER)
    elif declared.path in _PROPOSAL_TEXTS:
        found.add(Kind.TEXT)
    if declared.default is not None:
        default = declared.default
        found.add(Kind.YES_NO if isinstance(default, bool) else Kind.TEXT if isinstance(default, str) else Kind.NUMBER)
    if declared.kind is None:
        for expression in expressions:
            if declared.path in expression.paths:
                found |= kinds_of(bared(expression.source), declared.path)
    if len(found) > 1:
        raise PolicyError(f"`{declared.path}` is taken for {' and for '.join(sorted(found))}; it is one of them", where)
    if not found and any(declared.path in expression.paths for expression in expressions):
        raise PolicyError(f"say what `{declared.path}` is: `{{type: number}}`, text or yes_no", where)
    return replace(declared, kind=next(iter(found), None))


def _rules(value: Any, tiers: Mapping[int, str]) -> list[Rule]:
    if not isinstance(value, list) or not value:
        raise PolicyError("`rules` is a list with at least one rule", ("rules",))
    rules = [_rule(item, ("rules", index), tiers) for index, item in enumerate(value)]
    names = [rule.name for rule in rules]
    for index, rule in enumerate(rules):
        if rule.name in names[:index]:
            raise PolicyError(f"two rules are called `{rule.name}`", ("rules", index, "name"))
        if weaker := next(
            (r for r in rules if r.tier > rule.tier and GATES.index(r.gate) < GATES.index(rule.gate)), None
        ):
            raise PolicyError(
                f"`{weaker.name}` has a higher tier than `{rule.name}` and a weaker gate; a gate never weakens "
                "as the tier rises",
                ("rules", rules.index(weaker), "gate"),
            )
    if max(rule.tier for rule in rules) != max(tiers):
        raise PolicyError(
            f"no rule has the highest tier {max(tiers)} ({tiers[max(tiers)]}), which decides whatever is unknown",
            ("rules",),
        )
    return rules


def _rule(value: Any, path: Path, tiers: Mapping[int, str]) -> Rule:
    _mapping(
        value,
        path,
        {"name", "tier", "when", "gate", "route", "quorum", "expire", "remind", "escalate", "silence", "four_eyes",
         "reasons", "decide_in", "act_within", "grace"},
    )  # fmt: skip
    name = _text(value.get("name"), (*path, "name"), 60)
    tier = value.get("tier")
    if type(tier) is not int or tier not in tiers:
        raise PolicyError(f"`tier` is one of {', '.join(str(t) for t in tiers)}", (*path, "tier"))
    gate = _one_of(Gate, value.get("gate", "ask"), (*path, "gate"))
    silence = _one_of(Silence, value.get("silence", "expire"), (*path, "silence"))
    if silence is Silence.APPROVE and tier != 1:
        raise PolicyError("silence may approve in tier 1 alone", (*path, "silence"))
    route = _route(value.get("route"), (*path, "route")) if gate is Gate.ASK or "route" in value else Route()
    quorum, n = _quorum(value.get("quorum", "any"), (*path, "quorum"))
    expire = _duration(value.get("expire", "PT24H"), (*path, "expire"))
    remind = value.get("remind", Decimal("0.8"))
    if remind is not None and (not is_number(remind) or not 0 < remind < 1):
        raise PolicyError("`remind` is a share of the time, between 0 and 1 (0.8), or null", (*path, "remind"))
    return Rule(
        name=name,
        tier=tier,
        gate=gate,
        when=_when(value.get("when"), (*path, "when")) if "when" in value else None,
        route=route,
        quorum=quorum,
        n=n,
        expire=expire,
        remind=Decimal(remind) if remind is not None else None,
        escalate=_escalations(value.get("escalate", []), expire, (*path, "escalate")),
        silence=silence,
        four_eyes=_flag(value.get("four_eyes", False), (*path, "four_eyes")),
        reasons=_reason_rules(value.get("reasons", {}), (*path, "reasons")),
        web_only=_decide_in(value.get("decide_in", "chat"), (*path, "decide_in")),
        act_within=_duration(value["act_within"], (*path, "act_within")) if "act_within" in value else None,
        grace=_grace(value["grace"], expire, (*path, "grace")) if "grace" in value else None,
    )


def _one_of(kind: type[AnyEnum], value: Any, path: Path) -> AnyEnum:
    try:
        return kind(value)
    except ValueError:
        raise PolicyError(f"`{path[-1]}` is one of {', '.join(kind)}", path) from None


def _flag(value: Any, path: Path) -> bool:
    if not isinstance(value, bool):
        raise PolicyError(f"`{path[-1]}` is true or false", path)
    return value


def _decide_in(value: Any, path: Path) -> bool:
    if value not in ("chat", "web"):
        raise PolicyError("`decide_in` is chat (everywhere) or web (the web inbox, API and command line alone)", path)
    return bool(value == "web")


def _duration(value: Any, path: Path) -> timedelta:
    try:
        return parse_duration(value if isinstance(value, str) else "")
    except ValueError as problem:
        raise PolicyError(f"`{path[-1]}` {problem}", path) from None


def _grace(value: Any, expire: timedelta, path: Path) -> timedelta | None:
    grace = _duration(value, path) if value != "PT0S" else timedelta()
    if grace > LONGEST_GRACE:
        raise PolicyError(f"`grace` is at most {in_words(LONGEST_GRACE)}: a decision waits for its end", path)
    if grace >= expire:
        raise PolicyError(f"it expires after {in_words(expire)}, so this grace would never end", path)
    return grace or None


def _when(value: Any, path: Path) -> Expression:
    try:
        return compiled(_text(value, path, 2_000))
    except ValueError as problem:
        raise PolicyError(str(problem), path) from None


def _route(value: Any, path: Path) -> Route:
    if value is None:
        raise PolicyError("a rule that asks must say whom: `route: {roles: [trader]}`", path)
    _mapping(value, path, {"roles", "people", "skills"})
    lists = {}
    for part in ("roles", "people", "skills"):
        names = value.get(part, [])
        if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
            raise PolicyError(f"`{part}` is a list of names", (*path, part))
        lists[part] = tuple(names)
    if not lists["roles"] and not lists["people"]:
        raise PolicyError("an empty list of approvers is an error, never everybody: name roles or people", path)
    return Route(**lists)


def _quorum(value: Any, path: Path) -> tuple[QuorumKind, int]:
    if type(value) is int and value >= 1:
        return QuorumKind.N, value
    if value in ("any", "all", "majority"):
        return QuorumKind(value), 1
    raise PolicyError("`quorum` is any, all, majority, or a whole number from 1", path)


def _escalations(value: Any, expire: timedelta, path: Path) -> tuple[tuple[timedelta, Route], ...]:
    if not isinstance(value, list):
        raise PolicyError("`escalate` is a list of steps: `- {after: PT1H, to: {roles: [head]}}`", path)
    steps = []
    for index, step in enumerate(value):
        where = (*path, index)
        _mapping(step, where, {"after", "to"})
        steps.append((_duration(step.get("after"), (*where, "after")), _route(step.get("to"), (*where, "to"))))
    if [after for after, _ in steps] != sorted(after for after, _ in steps):
        raise PolicyError("the steps of `escalate` must stand in order of time", path)
    if steps and steps[-1][0] >= expire:
        raise PolicyError(
            f"it expires after {in_words(expire)}, so this step would never come", (*path, len(steps) - 1)
        )
    return tuple(steps)


def _reason_rules(value: Any, path: Path) -> dict[str, ReasonRule]:
    _mapping(value, path, set(_CHOICES))
    asked = {"reject": ReasonRule.ASKED, "modify": ReasonRule.ASKED}
    return asked | {choice: _one_of(ReasonRule, rule, (*path, choice)) for choice, rule in value.items()}


def _reasons(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not value:
        raise PolicyError("`reasons` maps each code to its words: `size: Too big`", ("reasons",))
    for code in value:
        if not isinstance(code, str) or not code.isidentifier() or not code.isascii() or len(code) > LONGEST_CODE:
            raise PolicyError(
                f"`{code}` is no reason code: up to {LONGEST_CODE} ASCII letters, digits and _", ("reasons", str(code))
            )
    return {code: _text(words, ("reasons", code), 60) for code, words in value.items()}


def _limits(value: Any) -> tuple[Limit, ...]:
    if not isinstance(value, list):
        raise PolicyError("`limits` is a list: `- {name: size, must: amount <= 1000000}`", ("limits",))
    limits = []
    for index, item in enumerate(value):
        path: Path = ("limits", index)
        _mapping(item, path, {"name", "must"})
        limits.append(Limit(_text(item.get("name"), (*path, "name"), 60), _when(item.get("must"), (*path, "must"))))
    return tuple(limits)


def _declared(expression: Expression, inputs: Mapping[str, Input], path: Path) -> None:
    if missing := sorted(expression.paths - set(inputs)):
        raise PolicyError(
            f"`{expression.source}` reads {', '.join(missing)}, which `inputs` does not declare; add it there, "
            "required or with a pessimistic default",
            path,
        )
