"""Accounts: a person on one platform, as the platform vouches for it. Linked with a one-time code, or declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.commands import Command
from core.errors import Refused
from core.model import Account, ActorKind, Person

CODE_LASTS = timedelta(minutes=10)
MOST_OFFERS = 5
"""Codes of one person that are good at once; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Link:
    """Whose an account is. `declared`: in `placet.yaml`, and kept in step with it."""

    person: str
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A one-time code that was handed out. It is kept as the SHA-256 of the code."""

    person: str
    until: datetime


@dataclass(frozen=True, slots=True)
class AccountLinked:
    """`offer`: the digest of the code that was used, if it was one."""

    person: str
    account: Account
    declared: bool = False
    offer: str | None = None


@dataclass(frozen=True, slots=True)
class AccountUnlinked:
    person: str
    account: Account


@dataclass(frozen=True, slots=True)
class LinkOffered:
    person: str
    digest: str
    until: datetime


AccountEvent = AccountLinked | AccountUnlinked | LinkOffered


@dataclass(frozen=True, slots=True)
class OfferLink(Command):
    """Hand out a code to a person. `code`: its SHA-256. One for each platform can be made beforehand."""

    person: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class LinkAccount(Command):
    """Whoever holds this account has shown a code. `code`: its SHA-256."""

    account: Account = None  # type: ignore[assignment]
    code: str = ""


@dataclass(frozen=True, slots=True)
class UnlinkAccount(Command):
    person: str = ""
    account: Account = None  # type: ignore[assignment]


AccountCommand = OfferLink | LinkAccount | UnlinkAccount


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who is who on the platforms."""

    links: Mapping[Account, Link] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)

    def of(self, person: str) -> tuple[Account, ...]:
        """A person's accounts, in the order in which they were linked."""
        return tuple(account for account, link in self.links.items() if link.person == person)


def evolve_accounts(accounts: Accounts, event: AccountEvent) -> Accounts:
    """The accounts after one more fact."""
    match event:
        case AccountLinked():
            offers = {digest: offer for digest, offer in accounts.offers.items() if digest != event.offer}
            return Accounts({**accounts.links, event.account: Link(event.person, event.declared)}, offers)
        case AccountUnlinked():
            rest = {account: link for account, link in accounts.links.items() if account != event.account}
            return Accounts(rest, accounts.offers)
        case LinkOffered():
            mine = [digest for digest, offer in accounts.offers.items() if offer.person == event.person]
            over = set(mine[: max(0, len(mine) + 1 - MOST_OFFERS)])
            others = {digest: offer for digest, offer in accounts.offers.items() if digest not in over}
            return Accounts(accounts.links, {**others, event.digest: Offer(event.person, event.until)})


def without_offers(accounts: Accounts, person: str) -> Accounts:
    """No code of this person's is good any more."""
    offers = {digest: offer for digest, offer in accounts.offers.items() if offer.person != person}
    return Accounts(accounts.links, offers)


def decide_accounts(
    accounts: Accounts, people: Mapping[str, Person], command: AccountCommand, now: datetime
) -> tuple[AccountEvent, ...] | Refused:
    """The facts that follow from a command, or why not."""
    if isinstance(command, LinkAccount):
        return _link(accounts, people, command, now)
    actor = command.actor
    asking = people.get(actor.ref) if actor.kind is ActorKind.PERSON else None
    if asking is None or not asking.active or (asking.id != command.person and not asking.admin):
        return Refused("not_admin", "Only an administrator can do this for somebody else.")
    person = people.get(command.person)
    if person is None or not person.active:
        return Refused("not_found", "There is no such person.")
    if isinstance(command, OfferLink):
        return (LinkOffered(person.id, command.code, now + CODE_LASTS),)
    link = accounts.links.get(command.account)
    if link is None or link.person != person.id:
        return Refused("not_found", f"{person.id} has no such account.")
    if link.declared:
        return Refused("invalid", "is declared in placet.yaml: take it out there", "account")
    return (AccountUnlinked(person.id, command.account),)


def _link(
    accounts: Accounts, people: Mapping[str, Person], command: LinkAccount, now: datetime
) -> tuple[AccountEvent, ...] | Refused:
    offer = accounts.offers.get(command.code)
    person = people.get(offer.person) if offer else None
    if offer is None or now >= offer.until or person is None or not person.active:
        return Refused("bad_code", "This code is not good: each one works once, within ten minutes. Make a new one.")
    link = accounts.links.get(command.account)
    if link is not None and link.person != offer.person:
        return Refused("linked_already", f"This account is {link.person}'s already. An administrator can unlink it.")
    return (AccountLinked(offer.person, command.account, link.declared if link else False, command.code),)


def kept_in_step(
    accounts: Accounts, declared: Mapping[str, Iterable[Account]], removed: Iterable[str]
) -> tuple[AccountEvent, ...]:
    """What follows from the accounts that `placet.yaml` declares, and from people who are gone."""
    events: list[AccountEvent] = []
    wanted = {account: person for person, theirs in declared.items() for account in theirs}
    gone = set(removed)
    for account, link in accounts.links.items():
        # What the file says of an account goes before what a code has made of it.
        otherwise = wanted.get(account, None if link.declared else link.person) != link.person
        if link.person in gone or otherwise:
            events.append(AccountUnlinked(link.person, account))
    for account, person in wanted.items():
        if accounts.links.get(account) != Link(person, declared=True):
            events.append(AccountLinked(person, account, declared=True))
    return tuple(events)
