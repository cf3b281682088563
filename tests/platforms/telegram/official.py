"""Both directions held to the description of the Bot API, where the folder with it is named by PLACET_SPECS."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from tests.platforms.telegram.calls import Call
from tests.platforms.telegram.html import units
from tests.platforms.telegram.world import Json

_PLAIN: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "True": (bool,),
    "String": (str,),
    "InputFile": (str,),
}
_LENGTH = re.compile(r"(\d+)-(\d+) (characters|bytes)(?! after entit)")


@cache
def _description() -> Json | None:
    folder = os.environ.get("PLACET_SPECS")
    file = Path(folder) / "telegram-bot-api.json" if folder else None
    if file is None or not file.is_file():
        return None
    found: Json = json.loads(file.read_text(encoding="utf-8"))
    return found


def described() -> bool:
    """Whether there is a description to hold anything to."""
    return _description() is not None


def faults_of_call(call: Call) -> list[str]:
    """How a call breaks the description; nothing where there is no description."""
    description = _description()
    method = description["methods"].get(call.method) if description else None
    if method is None:
        return []
    fields = {one["name"]: one for one in method.get("fields", [])}
    given = call.arguments.keys() | call.files.keys()
    attached = {value.removeprefix("attach://") for value in call.arguments.values() if value.startswith("attach://")}
    faults = [f"no parameter {name}" for name in sorted(given - fields.keys() - attached)]
    faults += [f"{name} is missing" for name, one in fields.items() if one["required"] and name not in given]
    for name, value in call.arguments.items():
        if name in fields:
            fault = _fault(_read(value, fields[name]["types"]), fields[name]["types"], name)
            faults += [one for one in (fault, _length(name, value, fields[name])) if one]
    return faults


def fault_of_answer(method: str, result: Any) -> str | None:
    description = _description()
    known = description["methods"].get(method) if description else None
    return _fault(result, known["returns"], method) if known else None


def _read(value: str, types: list[str]) -> Any:
    """A parameter as it is meant: `Integer or String` is a number if it looks like one."""
    if "Integer" in types and re.fullmatch(r"-?\d+", value):
        return int(value)
    if "Boolean" in types and value in ("true", "false"):
        return value == "true"
    if "String" in types or "InputFile" in types:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _length(name: str, value: Any, described: Json) -> str | None:
    found = _LENGTH.search(described["description"])
    if found is None or not isinstance(value, str) or "String" not in described["types"]:
        return None
    length = units(value) if found[3] == "characters" else len(value.encode())
    return None if int(found[1]) <= length <= int(found[2]) else f"{name} has {length} {found[3]}, not {found[0]}"


def _fault(value: Any, types: list[str], path: str) -> str | None:
    """The fault of the type that comes nearest; None if any type fits."""
    faults = [_fault_of_type(value, one, path) for one in types]
    return None if None in faults else max((one for one in faults if one), key=len)


def _fault_of_type(value: Any, kind: str, path: str) -> str | None:
    if kind in _PLAIN:
        fits = isinstance(value, _PLAIN[kind]) and isinstance(value, bool) == (_PLAIN[kind] == (bool,))
        return None if fits else f"{path}: no {kind}"
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return f"{path}: no Array"
        faults = [_fault(one, [kind.removeprefix("Array of ")], f"{path}[{n}]") for n, one in enumerate(value)]
        return next((one for one in faults if one), None)
    return _fault_of_object(value, kind, path)


def _fault_of_object(value: Any, kind: str, path: str) -> str | None:
    description = _description()
    assert description is not None
    described = description["types"][kind]
    if described.get("subtypes"):
        return _fault(value, described["subtypes"], path)
    if not isinstance(value, dict):
        return f"{path}: no {kind}"
    fields = {one["name"]: one for one in described.get("fields", [])}
    if strange := sorted(value.keys() - fields.keys()):
        return f"{path}: {kind} has no {strange}"
    if lacking := sorted(name for name, one in fields.items() if one["required"] and name not in value):
        return f"{path}: {kind} lacks {lacking}"
    for name, one in value.items():
        fault = _fault(one, fields[name]["types"], f"{path}.{name}") or _length(f"{path}.{name}", one, fields[name])
        if fault:
            return fault
    return None
