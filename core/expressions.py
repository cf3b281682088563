"""CEL expressions: compiled once, given only declared inputs, and never able to fail towards yes.

Policies and `valid_while` are written in the Common Expression Language. Numbers reach it as integers, or as doubles
where the decimal survives the trip exactly; a number that would be rounded is unknown, because rounding could
carry it under a bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeGuard

import cel

from core.model import Json, Proposal

LONGEST = 2_000
_STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'")
_PATHS = re.compile(r"(?<![\w.])(context|parameters)\.([A-Za-z_]\w*)")
# Each of these can make a piece of code look like text to `_STRINGS`, or the other way round.
_DISGUISES = ("\\", '"""', "'''", "//")
_WHOLE = re.compile(r"(?<![\w.])[0-9]+(?![\w.])")
# Comprehensions can be nested into exponential work; no rule needs them.
_MACROS = re.compile(r"\.\s*(all|exists|exists_one|map|filter)\s*\(")
NAMES = frozenset(
    {"action", "subject", "confidence", "amount", "currency", "account", "algorithm", "context", "parameters"}
)


class Unknown(Exception):
    """A value that an expression needs cannot be known; the caller must assume the worst."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled CEL expression. `paths` are the inputs it reads: `amount`, `context.vix`, ..."""

    source: str
    program: Any
    paths: frozenset[str]

    def holds(self, values: cel.Context) -> bool:
        """Whether it is true. Raises Unknown when it cannot be said: an error, or an answer that is no boolean."""
        try:
            answer = self.program.execute(values)
        except Exception as problem:
            raise Unknown(f"`{self.source}` cannot be judged: {problem}") from problem
        except BaseException as problem:
            # The CEL library is Rust: a panic there arrives as a BaseException. Ctrl-C must still pass.
            if type(problem).__name__ != "PanicException":
                raise
            raise Unknown(f"`{self.source}` cannot be judged") from problem
        if answer is True or answer is False:
            return answer
        raise Unknown(f"`{self.source}` is not a yes-or-no question")

    def held(self, values: cel.Context) -> Expression:
        """Of an expression that holds, the alternatives (`a || b`) that do; all of it where they cannot be told."""
        alternatives = [compiled(clause) for clause in _alternatives(self.source)]
        holding = [one for one in alternatives if one.surely(values)]
        if not holding or len(holding) == len(alternatives):
            return self
        return compiled(" || ".join(one.source for one in holding))

    def surely(self, values: cel.Context) -> bool:
        """Whether it is true; what cannot be said is not."""
        try:
            return self.holds(values)
        except Unknown:
            return False


def bared(source: str) -> str:
    """The expression with every text in it emptied."""
    return _STRINGS.sub("''", source)


@lru_cache(maxsize=1024)
def _alternatives(source: str) -> tuple[str, ...]:
    """The clauses between the outermost `||`; none where there are none, or cannot be told."""
    clauses = parts(source, "||")
    try:
        return tuple(compiled(clause).source for clause in clauses) if len(clauses) > 1 else ()
    except ValueError:
        return ()


def parts(source: str, between: str) -> tuple[str, ...]:
    """What stands between the outermost `||` (or `&&`, where there is none of those), as it is written.

    Nothing in CEL binds weaker than `||` but the `? :` of a choice, beside which nothing is parted.
    """
    masked = _STRINGS.sub(lambda text: "'" * len(text[0]), source)
    if "?" in masked:
        return (source.strip(),)
    depth, begun, found = 0, 0, []
    for at, character in enumerate(masked):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and at >= begun and masked.startswith(between, at):
            found.append(source[begun:at].strip())
            begun = at + len(between)
    return (*found, source[begun:].strip())


def _with_doubles(source: str) -> str:
    """The expression with its whole numbers written as doubles (`5` as `5.0`).

    CEL divides whole numbers as such (90000 / 100000 is 0) and refuses to mix them with doubles, so that the same rule
    would judge 90000.00 and 90000.50 differently. Here every number is a double.
    """
    parts, end = [], 0
    for text in _STRINGS.finditer(source):
        parts += [_WHOLE.sub(r"\g<0>.0", source[end : text.start()]), text[0]]
        end = text.end()
    return "".join([*parts, _WHOLE.sub(r"\g<0>.0", source[end:])])


@lru_cache(maxsize=1024)
def compiled(source: str) -> Expression:
    """Compile. Raises ValueError with a sentence that says what is wrong and where."""
    if len(source) > LONGEST:
        raise ValueError(f"an expression has at most {LONGEST} characters")
    if any(disguise in source for disguise in _DISGUISES):
        raise ValueError("an expression is written without backslashes, triple quotes and comments (`//`)")
    bare = bared(source)
    if macro := _MACROS.search(bare):
        raise ValueError(f"`{macro[1]}` is not allowed in expressions: compare the fields one by one")
    try:
        program = cel.compile(_with_doubles(source))
        names = set(program.variables())
    except ValueError as problem:
        raise ValueError(f"`{source}` is not a CEL expression: {problem}") from problem
    except BaseException as problem:
        if isinstance(problem, (KeyboardInterrupt, SystemExit)):
            raise
        raise ValueError(f"`{source}` is not a CEL expression") from problem
    if refused := {"_%_": "%", "matches": "matches"}.keys() & set(program.functions()):
        word = "`%`" if "_%_" in refused else "`matches`"
        raise ValueError(
            f"{word} is not allowed in expressions: numbers are decimals, and patterns can be made to last"
        )
    if strangers := names - NAMES:
        raise ValueError(
            f"`{source}` reads {', '.join(sorted(strangers))}, which a proposal does not have; "
            f"it has {', '.join(sorted(NAMES))}"
        )
    paths = {name for name in names if name not in ("context", "parameters")}
    paths |= {f"{head}.{tail}" for head, tail in _PATHS.findall(bare)}
    for head in names & {"context", "parameters"}:
        if not any(path.startswith(head + ".") for path in paths):
            raise ValueError(f"`{source}` must say which field of {head} it reads, as in {head}.name")
    return Expression(source, program, frozenset(paths))


def is_number(value: Json) -> TypeGuard[int | Decimal]:
    """Whether it is a number that can be compared: neither true nor false, and no NaN or infinity."""
    return type(value) is int or (type(value) is Decimal and value.is_finite())


def number(value: Json) -> float:
    """A number as CEL reads it: a double. Raises Unknown when it is none, or would be rounded on the way."""
    if is_number(value):
        nearest = float(value)
        if Decimal(repr(nearest)) == value:
            return nearest
    raise Unknown(f"{value!s:.40} is not a number that can be compared exactly")


def scalar(value: Json) -> Any:
    """A single value as CEL reads it: text, yes or no, or a number. Raises Unknown for anything else."""
    if isinstance(value, (str, bool)):
        return value
    return number(value)


def read(proposal: Proposal, context: Mapping[str, Json], path: str) -> Json:
    """The value at `path` of a proposal with its live context; None when it is missing."""
    head, _, tail = path.partition(".")
    if head == "context":
        return context.get(tail)
    if head == "parameters":
        return proposal.parameters.get(tail)
    return getattr(proposal, head, None)


def still_valid(source: str, proposal: Proposal, context: Mapping[str, Json]) -> bool:
    """Whether a proposal's `valid_while` holds. What cannot be judged does not hold."""
    try:
        expression = compiled(source)
        values: dict[str, Any] = {"context": {}, "parameters": {}}
        for path in expression.paths:
            head, _, tail = path.partition(".")
            value = scalar(read(proposal, context, path))
            if tail:
                values[head][tail] = value
            else:
                values[head] = value
        return expression.holds(cel.Context(values))
    except (Unknown, ValueError):
        return False
