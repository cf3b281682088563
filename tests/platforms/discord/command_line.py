"""What a client makes of `/placet WORDS`, by the commands that the application has registered.

https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

import re

from tests.platforms.discord.world import Json

_SUBCOMMAND, _STRING, _INTEGER, _BOOLEAN, _NUMBER = 1, 3, 4, 5, 10


class CommandLine:
    def __init__(self, registered: dict[str, list[Json]], guild: str | None) -> None:
        here = {one["name"]: one for one in registered.get("", []) if _offered(one, guild)}
        here |= {one["name"]: one for one in registered.get(guild or "-", [])}
        self._commands = here

    def read(self, text: str) -> Json:
        """The data of the interaction. LookupError: the client offers nothing like it, so it cannot be sent."""
        command = self._commands.get("placet")
        if command is None:
            raise LookupError(f"/placet is not offered here, but {sorted(self._commands)}")
        data: Json = {"id": command["id"], "name": "placet", "type": command["type"]}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        if options := _values(command.get("options") or [], text.strip()):
            data["options"] = options
        return data


def _offered(command: Json, guild: str | None) -> bool:
    contexts = command.get("contexts")
    return contexts is None or (0 if guild else 1) in contexts


def _values(options: list[Json], text: str) -> list[Json]:
    subcommands = {one["name"]: one for one in options if one["type"] == _SUBCOMMAND}
    if subcommands:
        name, _, rest = text.partition(" ")
        if name not in subcommands:
            raise LookupError(f"/placet {text}: choose one of {', '.join(subcommands)}")
        inner = _values(subcommands[name].get("options") or [], rest.strip())
        return [{"name": name, "type": _SUBCOMMAND, "options": inner}]
    found: list[Json] = []
    for number, option in enumerate(options):
        last = number == len(options) - 1
        value, text = _next(option, text, greedy=last)
        if value:
            found.append({"name": option["name"], "type": option["type"], "value": _typed(option, value)})
        elif option.get("required"):
            raise LookupError(f"`{option['name']}` is required")
    if text:
        raise LookupError(f"there is no place for `{text}`")
    return found


def _next(option: Json, text: str, *, greedy: bool) -> tuple[str, str]:
    """The words for this option, and those that are left: `name: value`, or simply the next."""
    text = re.sub(rf"^{re.escape(option['name'])}:\s*", "", text)
    if greedy:
        return text, ""
    value, _, rest = text.partition(" ")
    return value, rest.strip()


def _typed(option: Json, value: str) -> str | int | float | bool:
    if choices := option.get("choices"):
        picked = next((one["value"] for one in choices if value in (one["name"], str(one["value"]))), None)
        if picked is None:
            raise LookupError(f"`{value}` is none of {[one['name'] for one in choices]}")
        return picked  # type: ignore[no-any-return]
    try:
        match option["type"]:
            case 4:
                return int(value)
            case 10:
                return float(value)
            case 5:
                return value.lower() in ("true", "yes")
    except ValueError:
        raise LookupError(f"`{value}` is no number") from None
    if len(value) > (option.get("max_length") or 6000):
        raise LookupError(f"`{option['name']}` is too long")
    return value
