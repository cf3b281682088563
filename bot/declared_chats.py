"""What `placet.yaml` says of chats: channels, and people's accounts. `bot/config.py` reads the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from bot.yaml_document import Document
from core.channels import DIRECT, Channel
from core.model import Account, Person
from core.policy import Policy

RESERVED = "console"
"""The channel of `placet serve --console`."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How a platform names a chat and a user, and which lines of `.env` bring it."""

    address: re.Pattern[str]
    chat: str
    account: re.Pattern[str]
    user: str
    settings: str


NAMINGS: Mapping[str, Naming] = {
    "slack": Naming(
        re.compile(r"[CGD][A-Z0-9]{2,20}(/[0-9]{1,15}\.[0-9]{1,10})?"),
        "the ID of the channel, as in C0123456789 (in Slack: the channel's name, About, at the bottom)",
        re.compile(r"[TE][A-Z0-9]{2,20}/[UW][A-Z0-9]{2,20}"),
        "TEAM/USER, as in T012AB34C/U345CD67E",
        "PLACET_SLACK_BOT_TOKEN=xoxb-… and PLACET_SLACK_APP_TOKEN=xapp-…",
    ),
    "discord": Naming(
        re.compile(r"[0-9]{5,20}"),
        "the ID of the channel or thread, a number (in Discord: developer mode, right click, Copy Channel ID)",
        re.compile(r"[0-9]{5,20}"),
        "the user's ID, a number",
        "PLACET_DISCORD_TOKEN=…",
    ),
    "telegram": Naming(
        re.compile(r"-?[0-9]{1,20}(/[0-9]{1,15})?"),
        "the chat's number, as in 4242 or -1001234567890, and perhaps a topic behind it, as in -1001234567890/17",
        re.compile(r"[0-9]{1,20}"),
        "the user's number",
        "PLACET_TELEGRAM_TOKEN=…",
    ),
}
"""The platforms that can be named in `placet.yaml`."""


def _as_text(value: Any) -> Any:
    """A number is written without quotes as often as with them."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
Address = Annotated[str, BeforeValidator(_as_text)]


class _Platforms(BaseModel):
    """Something said for each of some platforms."""

    model_config = ConfigDict(extra="forbid", strict=True)

    slack: Address | None = None
    discord: Address | None = None
    telegram: Address | None = None

    def given(self) -> dict[str, str]:
        return {name: said for name in NAMINGS if (said := getattr(self, name)) is not None}


class AccountsEntry(_Platforms):
    pass


class ChannelEntry(_Platforms):
    person: _Slug | None = None
    tiers: list[int] | None = Field(None, min_length=1)
    roles: list[_Slug] | None = Field(None, min_length=1)
    programs: list[_Slug] | None = Field(None, min_length=1)


def read_channels(
    document: Document,
    entries: Mapping[str, ChannelEntry],
    there: Collection[str],
    people: Collection[Person],
    policy: Policy,
) -> tuple[Channel, ...]:
    """The channels declared. `there`: the platforms whose tokens are set. Raises ConfigError."""
    found: list[Channel] = []
    standing: dict[tuple[str, str], str] = {}
    roles = {role for person in people for role in person.roles}
    for name, entry in entries.items():
        place = ("channels", name)
        given = entry.given() | ({DIRECT: entry.person} if entry.person is not None else {})
        if name == RESERVED:
            raise document.fault(place, f"`{name}` is the terminal of `placet serve --console`; take another name")
        if len(given) != 1:
            known = ", ".join(NAMINGS)
            raise document.fault(
                place, f"`channels.{name}` names one chat on one platform ({known}), or one person, not {len(given)}"
            )
        [(platform, address)] = given.items()
        if fault := _place_fault(name, platform, address, there, people):
            raise document.fault((*place, platform), fault)
        if other := standing.get((platform, address)):
            raise document.fault((*place, platform), f"`{other}` is the same chat already; take one of them out")
        standing[platform, address] = name
        for index, tier in enumerate(entry.tiers or ()):
            if tier not in policy.tiers:
                tiers = ", ".join(str(number) for number in policy.tiers)
                raise document.fault(
                    (*place, "tiers", index), f"`channels.{name}.tiers`: there is no tier {tier} (there are: {tiers})"
                )
        for index, role in enumerate(entry.roles or ()):
            if role not in roles:
                raise document.fault((*place, "roles", index), f"`channels.{name}.roles`: nobody has the role `{role}`")
        found.append(Channel(name, platform, address, _some(entry.tiers), _some(entry.roles), _some(entry.programs)))
    return tuple(found)


def _place_fault(
    name: str, platform: str, address: str, there: Collection[str], people: Collection[Person]
) -> str | None:
    """What is wrong with where a channel is, if anything."""
    if platform == DIRECT:
        if all(person.id != address for person in people):
            return f"`channels.{name}.person`: `{address}` is not among the people"
        return None
    naming = NAMINGS[platform]
    if not naming.address.fullmatch(address):
        return f"`channels.{name}.{platform}`: give {naming.chat}"
    if platform not in there:
        return f"`channels.{name}` is on {platform}, whose token is not set: add {naming.settings} to .env"
    return None


def _some(values: list[Any] | None) -> frozenset[Any] | None:
    return None if values is None else frozenset(values)


def read_accounts(document: Document, entries: Mapping[str, AccountsEntry]) -> dict[str, tuple[Account, ...]]:
    """The accounts declared, by person. Raises ConfigError."""
    whose: dict[Account, str] = {}
    for person, entry in entries.items():
        for platform, said in entry.given().items():
            place = ("people", person, "accounts", platform)
            naming = NAMINGS[platform]
            if not naming.account.fullmatch(said):
                raise document.fault(place, f"`{'.'.join(place)}`: give {naming.user}")
            workspace, _, user = said.rpartition("/")
            account = Account(platform, workspace, user)
            if account in whose:
                raise document.fault(
                    place, f"this is the account of `{whose[account]}` already; an account is one person's"
                )
            whose[account] = person
    return {
        person: tuple(account for account, owner in whose.items() if owner == person)
        for person in dict.fromkeys(whose.values())
    }
