"""People who were invited: they stand beside those that `placet.yaml` declares, and administrators change them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.commands import Command
from core.errors import Refused
from core.model import Person, Program, Words
from core.text import fault

LONGEST_NAME = 80
MOST_ROLES = 20
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True)
class AddPerson(Command):
    """An invitation was accepted. The actor is who invited: whether they may is judged now, not when they did."""

    person: Person = None  # type: ignore[assignment]
    name: Words = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class ChangePerson(Command):
    """What an invited person is called and may decide from now on. `person` is them as they are to be."""

    person: Person = None  # type: ignore[assignment]
    name: Words = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class RemovePerson(Command):
    """An invited person goes, with their keys and accounts."""

    person: str = ""


@dataclass(frozen=True, slots=True)
class OfferEntry(Command):
    """An administrator makes a link that signs somebody else in. Who uses it decides in that person's name."""

    person: str = ""


@dataclass(frozen=True, slots=True)
class EntryOffered:
    """Said by the actor of the entry: so nobody comes in as somebody else without a trace."""

    person: str


GuestCommand = AddPerson | ChangePerson | RemovePerson | OfferEntry


def guest_fault(person: Person) -> Refused | None:
    """What is wrong with somebody who is to be invited, or changed, as such."""
    if not _SLUG.fullmatch(person.id):
        return Refused("invalid", "is 1 to 40 small letters, digits and . _ - (no dot or dash first)", "id")
    if not person.name.strip():
        return Refused("invalid", "must be said", "name")
    if problem := fault(person.name, longest=LONGEST_NAME, joiners=True):
        return Refused("invalid", problem, "name")
    for field, words in (("roles", person.roles), ("skills", person.skills)):
        if len(words) > MOST_ROLES:
            return Refused("invalid", f"are more than {MOST_ROLES}", field)
        if any(not _SLUG.fullmatch(word) for word in words):
            return Refused("invalid", "are words of small letters, digits and . _ -, as the policy names them", field)
    return None


def taken(name: str, people: Mapping[str, Person], programs: Mapping[str, Program]) -> Refused | None:
    """Why nobody new can have this id. Somebody who was removed may come back under theirs."""
    known = people.get(name)
    if known is not None and known.active:
        return Refused("invalid", f"is {known.name}'s already; take another", "id")
    if known is not None and known.declared:
        return Refused("invalid", "was declared in placet.yaml, and can be declared again there alone", "id")
    if name in programs:
        return Refused("invalid", "is a program's name; a person needs one of their own", "id")
    return None


def invited(name: str, people: Mapping[str, Person]) -> Person | Refused:
    """The invited person of this id, if they are here: nobody else is changed or removed while running."""
    known = people.get(name)
    if known is None or not known.active:
        return Refused("not_found", "There is no such person.")
    if known.declared:
        return Refused("invalid", "is declared in placet.yaml: change or take them out there", "person")
    return known
