"""Where the card of a request stands: which of the declared channels, and afterwards with the person behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from core.accounts import Accounts
from core.model import Account, ActorKind, Gate, Outcome
from core.people import excluded, fits, owner_of, routes
from core.registry import Registry
from core.request import Request

PERSON = "person:"
"""What the name of a channel begins with that is the direct chat with one person."""
DIRECT = "person"
"""The platform of a channel that is a person's direct chat, wherever that is; its address is the person."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A chat that `placet.yaml` declares. A filter that is left out lets everything pass."""

    name: str
    platform: str
    address: str
    """The chat as its platform names it, perhaps with a thread or topic behind a stroke."""
    tiers: frozenset[int] | None = None
    roles: frozenset[str] | None = None
    """The rule asks one of these roles, or by name a person who has one."""
    programs: frozenset[str] | None = None

    @property
    def chat(self) -> str:
        """The chat without the thread or topic in it."""
        return self.address.partition("/")[0]

    def shows(self, request: Request, registry: Registry) -> bool:
        """Whether the card of this request belongs here."""
        if self.tiers is not None and request.ruling.tier not in self.tiers:
            return False
        if self.platform == DIRECT and not _asks(request, self.address, registry):
            return False
        if self.programs is not None and (
            request.asker.kind is not ActorKind.PROGRAM or request.asker.ref not in self.programs
        ):
            return False
        return self.roles is None or not self.roles.isdisjoint(_roles_asked(request, registry))


def for_request(
    request: Request, registry: Registry, channels: Iterable[Channel], platforms: Collection[str]
) -> tuple[str, ...]:
    """The names of the channels in which the card of a request stands.

    Once it is decided, the person behind it is told, too: in the direct chat, on one of the `platforms` there are.
    """
    standing = [
        PERSON + channel.address if channel.platform == DIRECT else channel.name
        for channel in channels
        if channel.shows(request, registry)
    ]
    told = _to_be_told(request, registry)
    if told is not None and direct_account(registry.accounts, told, platforms) is not None:
        standing.append(PERSON + told)
    return tuple(dict.fromkeys(standing))


def direct_account(accounts: Accounts, person: str, platforms: Collection[str]) -> Account | None:
    """The account over which a person is written to: the first that was linked, on a platform that is there."""
    return next((account for account in accounts.of(person) if account.platform in platforms), None)


def _asks(request: Request, name: str, registry: Registry) -> bool:
    """Whether this person is among those who are asked."""
    person = registry.people.get(name)
    if person is None or name in excluded(request.asker, request.ruling.four_eyes, registry.programs):
        return False
    return any(fits(person, route) for route in routes(request))


def _roles_asked(request: Request, registry: Registry) -> set[str]:
    """The roles that decide this: those the rule and its escalations name, and those of the people they name."""
    found: set[str] = set()
    for route in routes(request):
        found.update(route.roles)
        for name in route.people:
            person = registry.people.get(name)
            if person is not None and person.active:
                found |= person.roles
    return found


def _to_be_told(request: Request, registry: Registry) -> str | None:
    """The person behind a request that people were really asked about, if they have not decided it themselves."""
    decision = request.decision
    if decision is None or request.ruling.gate is not Gate.ASK:
        return None
    asker = request.asker
    if asker.kind is ActorKind.PERSON and decision.outcome is Outcome.CANCELLED:
        return None  # They took it back themselves.
    behind = asker.ref if asker.kind is ActorKind.PERSON else owner_of(asker, registry.programs)
    person = registry.people.get(behind) if behind else None
    if person is None or not person.active or person.id in decision.by:
        return None
    return person.id
