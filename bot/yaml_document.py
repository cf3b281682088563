"""YAML with the line of every value, numbers as int or Decimal, and none of YAML 1.1's surprises.

`no` is a word and not false, `2026-11-20` is text, `1:30` is text, and the same key twice is a mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from core.errors import PlacetError

Trail = tuple[str | int, ...]
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_DEEPEST = 20
_MOST_VALUES = 20_000


class ConfigError(PlacetError):
    """A mistake in a settings file: which file, which line, what to do."""

    def __init__(self, file: Path | str, line: int | None, message: str) -> None:
        super().__init__(f"{file}{f', line {line}' if line else ''}: {message}")


@dataclass(frozen=True, slots=True)
class Document:
    """A file's value, and where in it each part stands."""

    file: Path | str
    value: Any
    lines: dict[Trail, int]

    def fault(self, trail: Trail, message: str) -> ConfigError:
        """A mistake at a place, or at the nearest place around it that the file has."""
        for end in range(len(trail), -1, -1):
            if trail[:end] in self.lines:
                return ConfigError(self.file, self.lines[trail[:end]], message)
        return ConfigError(self.file, None, message)


def read_document(file: Path | str, text: str) -> Document:
    """Read YAML. Raises ConfigError."""
    lines: dict[Trail, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = None if node is None else _value(node, (), lines, file)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        raise ConfigError(file, mark.line + 1 if mark else None, f"not YAML: {problem.problem}") from problem
    except yaml.YAMLError as problem:
        raise ConfigError(file, None, f"not YAML: {problem}") from problem
    except RecursionError:
        raise ConfigError(file, None, f"nested deeper than {_DEEPEST} levels") from None
    return Document(file, value, lines)


def _value(node: yaml.Node, trail: Trail, lines: dict[Trail, int], file: Path | str) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(trail, line)
    if len(lines) > _MOST_VALUES:
        raise ConfigError(file, line, f"more than {_MOST_VALUES} values (or an alias that repeats itself)")
    if len(trail) > _DEEPEST:
        raise ConfigError(file, line, f"nested deeper than {_DEEPEST} levels")
    if isinstance(node, yaml.MappingNode):
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node, file)
            if key in result:
                raise ConfigError(file, key_node.start_mark.line + 1, f"`{key}` stands here twice")
            lines[(*trail, key)] = key_node.start_mark.line + 1
            result[key] = _value(value_node, (*trail, key), lines, file)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*trail, index), lines, file) for index, item in enumerate(node.value)]
    return _scalar(node, file)


def _scalar(node: yaml.Node, file: Path | str) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        raise ConfigError(file, node.start_mark.line + 1, "a key must be a single word")
    text: str = node.value
    if node.style is not None or node.tag == "tag:yaml.org,2002:str":
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text
