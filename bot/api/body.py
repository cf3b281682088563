"""Reading JSON without believing it: every number exact, every key once, nothing too long or too deep."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.api.problems import Problem
from core.text import fault, normal

DEEPEST = 8
MOST_VALUES = 2_000
LONGEST_STRING = 5_000
_SAFE_INT = 2**53
_MOST_DIGITS = 40
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.$-]{0,63}")


class _Bad(ValueError):
    pass


def _whole(text: str) -> int | Decimal:
    if text == "-0":
        raise _Bad("-0 is not a number that means anything here; write 0")
    if len(text) > _MOST_DIGITS:
        raise _Bad(f"a number has more than {_MOST_DIGITS} digits")
    number = int(text)
    return number if -_SAFE_INT < number < _SAFE_INT else Decimal(text)


def _decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= 2 * _MOST_DIGITS else None
    if number is None or not -_MOST_DIGITS < number.adjusted() < _MOST_DIGITS or len(number.as_tuple().digits) > 40:
        raise _Bad(f"{text:.20} is out of range; a number has at most {_MOST_DIGITS} digits on either side")
    if number.is_zero() and number.is_signed():
        raise _Bad(f"{text:.20} is not a number that means anything here; write 0")
    return number


def _constant(text: str) -> Any:
    raise _Bad(f"{text} is not a number; leave the field out if it is not known")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Bad(f"the key {key[:60]!a} stands twice in one object")
            seen.add(key)
    return result


def read_json(data: bytes) -> Any:
    """Parse a body. Raises Problem (400) with what is wrong."""
    try:
        text = data.decode("utf-8")
        return json.loads(
            text, parse_int=_whole, parse_float=_decimal, parse_constant=_constant, object_pairs_hook=_once
        )
    except UnicodeDecodeError as problem:
        raise Problem("bad_json", 400, f"The body is not UTF-8 (byte {problem.start}).") from problem
    except _Bad as problem:
        raise Problem("bad_json", 422, f"In the body, {problem}.") from problem
    except json.JSONDecodeError as problem:
        raise Problem(
            "bad_json", 400, f"The body is not JSON: {problem.msg} (line {problem.lineno}, column {problem.colno})."
        ) from problem
    except RecursionError as problem:
        raise Problem("bad_json", 422, f"The body is nested deeper than {DEEPEST} levels.") from problem


def free_values(value: dict[str, Any]) -> dict[str, Any]:
    """Check a free object (`parameters`, `context`, `editable`), and normalise its text. Raises ValueError."""
    count = 0

    def walk(item: Any, where: str, depth: int) -> Any:
        nonlocal count
        count += 1
        if count > MOST_VALUES:
            raise ValueError(f"holds more than {MOST_VALUES} values")
        if isinstance(item, str):
            item = normal(item)
            if what := fault(item, longest=LONGEST_STRING, lines=True):
                raise ValueError(f"{where} {what}".strip())
            return item
        if isinstance(item, (dict, list)) and depth >= DEEPEST:
            raise ValueError(f"{where} is nested deeper than {DEEPEST} levels".strip())
        if isinstance(item, dict):
            for key in item:
                if not _NAME.fullmatch(key):
                    raise ValueError(
                        f"`{key[:60]!a}` is no name: a letter, then letters, digits, _ . - (ASCII, at most 64)"
                    )
            return {key: walk(inner, f"{where}.{key}".lstrip("."), depth + 1) for key, inner in item.items()}
        if isinstance(item, list):
            return [walk(inner, f"{where}[{index}]", depth + 1) for index, inner in enumerate(item)]
        if isinstance(item, float):
            raise ValueError(f"{where} is a binary float; numbers are read as decimals")
        return item

    result: dict[str, Any] = walk(value, "", 0)
    return result


class BodyLimit:
    """ASGI middleware: a body over the bound is answered with 413 before it is read to its end.

    `larger`: paths with a bound of their own for all that lies below them, where that is higher.
    """

    def __init__(self, app: Any, most: int, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._most = most
        self._larger = [(f"{path}/", bound) for path, bound in (larger or {}).items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        here = f"{scope['path']}/"
        most = max([self._most, *(most for path, most in self._larger if here.startswith(path))])
        for name, value in scope["headers"]:
            if name == b"content-length":
                # The server reads no more than the length that was announced.
                if value.isdigit() and int(value) <= most:
                    await self._app(scope, receive, send)
                else:
                    await _too_large(most).response(scope["path"])(scope, receive, send)
                return
        size = 0

        async def counted() -> Any:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise _too_large(most)
            return message

        await self._app(scope, counted, send)


def _too_large(most: int) -> Problem:
    return Problem("too_large", 413, f"A body has at most {most} bytes here.")
