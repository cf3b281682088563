"""`/placet` as Discord offers it: its subcommands, and what was typed made into the same words again. Pure.

https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

NAME = "placet"
_CHAT_INPUT, _SUBCOMMAND, _TEXT = 1, 1, 3
_IN_SERVERS, _WITH_THE_BOT = 0, 1
_ID = ("id", "The last characters of its id, as lists show them", True)
_WORDS: Mapping[str, tuple[str, tuple[str, str, bool] | None]] = {
    "pending": ("What waits for you", None),
    "show": ("One request, with its buttons", _ID),
    "approve": ("Approve a request", _ID),
    "reject": ("Reject a request", _ID),
    "modify": ("Change what a request proposes", _ID),
    "why": ("Say why you decided as you did", _ID),
    "undo": ("Take your vote back, while there is time for it", _ID),
    "withdraw": ("Take back what you asked yourself", _ID),
    "ask": ("Ask the others something yourself", ("what", "What is to be decided, and what it costs", False)),
    "away": ("Be away for a while", ("until", "For how long, and who stands in: 3d bob", True)),
    "back": ("Be here again", None),
    "login": ("A link that signs you in on the web", None),
    "link": ("Tell Placet that this account is yours", ("code", "The code that you were given", True)),
    "help": ("What there is", None),
}


def command() -> Json:
    """The command as it is registered."""
    return {
        "name": NAME,
        "type": _CHAT_INPUT,
        "description": "Decide what programs propose",
        "contexts": [_IN_SERVERS, _WITH_THE_BOT],
        "options": [_subcommand(verb, says, option) for verb, (says, option) in _WORDS.items()],
    }


def _subcommand(verb: str, says: str, option: tuple[str, str, bool] | None) -> Json:
    body: Json = {"name": verb, "type": _SUBCOMMAND, "description": says}
    if option is not None:
        name, about, needed = option
        body["options"] = [{"name": name, "type": _TEXT, "description": about, "required": needed}]
    return body


def is_offered(registered: Any) -> bool:
    """Whether exactly our command is registered, and nothing else."""
    return isinstance(registered, list) and [_bare(one) for one in registered] == [_bare(command())]


def _bare(one: Json) -> Json:
    """A command without what Discord adds to it by itself."""
    kept: Json = {name: one[name] for name in ("name", "description", "contexts") if name in one}
    kept["type"] = one.get("type") or _CHAT_INPUT
    if one.get("required"):
        kept["required"] = True
    if one.get("options"):
        kept["options"] = [_bare(option) for option in one["options"]]
    return kept


def words(data: Json) -> str | None:
    """What `/placet …` says in words, or None when it is none of ours."""
    if data.get("name") != NAME:
        return None
    found: list[str] = []
    options = data.get("options") or []
    while options:
        option, *more = options
        found.append(str(option.get("value", option.get("name", ""))))
        options = option.get("options") or more
    return " ".join(" ".join(found).split("\n"))
