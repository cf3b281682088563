"""Who may decide: judged at the moment of the vote, from roles as they are then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.errors import Refused
from core.model import Actor, ActorKind, Person, Program, Route
from core.request import Request

People = Mapping[str, Person]


def fits(person: Person, route: Route) -> bool:
    """Whether the route asks this person by name or by role, and they have the skills."""
    asked = person.id in route.people or not person.roles.isdisjoint(route.roles)
    return asked and person.skills.issuperset(route.skills)


def routes(request: Request) -> tuple[Route, ...]:
    """The route of the ruling and those that escalation added: it adds people and removes nobody."""
    ruling = request.ruling
    return (ruling.route, *(step.to for step in ruling.escalations[: request.escalated]))


def owner_of(asker: Actor, programs: Mapping[str, Program]) -> str | None:
    """The person behind what is asked: the program's owner."""
    if asker.kind is not ActorKind.PROGRAM:
        return None
    program = programs.get(asker.ref)
    return program.owner if program else None


def excluded(asker: Actor, four_eyes: bool, programs: Mapping[str, Program]) -> frozenset[str]:
    """Who can never decide this: the person who asked and, under four eyes, the program's owner."""
    barred = {asker.ref} if asker.kind is ActorKind.PERSON else set()
    if four_eyes and (owner := owner_of(asker, programs)):
        barred.add(owner)
    return frozenset(barred)


@dataclass(frozen=True, slots=True)
class Authority:
    """That somebody may decide, and for whom they stand in if the right is not their own."""

    acting_for: str | None = None


def authority(
    person: Person, over: Iterable[Route], people: People, barred: frozenset[str], now: datetime
) -> Authority | None:
    """The person's right under these routes, or None. Somebody who is away lends theirs to one delegate."""
    if not person.active or person.id in barred:
        return None
    over = tuple(over)
    if any(fits(person, route) for route in over):
        return Authority()
    for absent in people.values():
        if (
            absent.active
            and absent.away is not None
            and absent.away.delegate == person.id
            and absent.is_away(now)
            and absent.id not in barred
            and any(fits(absent, route) for route in over)
        ):
            return Authority(acting_for=absent.id)
    return None


def waits_for(person: Person, request: Request, people: People, programs: Mapping[str, Program], now: datetime) -> bool:
    """Whether this person may decide a pending request and has not yet."""
    if any(vote.person == person.id for vote in request.counted()):
        return False
    barred = excluded(request.asker, request.ruling.four_eyes, programs)
    return authority(person, routes(request), people, barred, now) is not None


def audience(person: Person, people: People) -> tuple[str, ...]:
    """What a request that waits for this person asks: a role or a name of theirs, or of somebody they stand in for.

    As `Filter.audience` has it: it finds every request that waits for them, and perhaps some that do not.
    """
    absent = [one for one in people.values() if one.away and one.away.delegate == person.id]
    names = [
        name
        for one in (person, *absent)
        for name in (*(f"role:{role}" for role in sorted(one.roles)), f"person:{one.id}")
    ]
    return tuple(dict.fromkeys(names))


def eligible(route: Route, people: People, barred: frozenset[str]) -> int:
    """How many people the route asks, present or not."""
    return sum(1 for p in people.values() if p.active and p.id not in barred and fits(p, route))


def present(
    over: Iterable[Route], people: People, barred: frozenset[str], voted: frozenset[str], now: datetime
) -> Iterator[tuple[Person, Authority]]:
    """Who could vote right now, and by what right: entitled, not away, and has not voted."""
    over = tuple(over)
    for person in people.values():
        if person.id in voted or person.is_away(now):
            continue
        if (allowed := authority(person, over, people, barred, now)) is not None:
            yield person, allowed


def second_eye(
    person: Person, acting_for: str | None, request: Request, people: People, now: datetime
) -> Refused | None:
    """Why this person's vote would count an authority, or under four eyes a pair of eyes, for the second time.

    An absent person and whoever stands in for them have one authority between them. Under four eyes, delegates of
    earlier voters, and those they stood in for, cannot be the second eye by any right of their own.
    """
    mine = person.away.delegate if person.away and person.is_away(now) else None
    for vote in request.counted():
        if (acting_for or person.id) == (vote.acting_for or vote.person):
            return Refused("already_counted", f"{vote.person} has voted with the same authority; it counts once.")
        if not request.ruling.four_eyes:
            continue
        voter = people.get(vote.person)
        delegate = voter.away.delegate if voter and voter.away and voter.is_away(now) else None
        if person.id in (delegate, vote.acting_for) or vote.person in (acting_for, mine):
            return Refused(
                "four_eyes",
                f"{vote.person} has voted, and one of you stands in for the other: a second pair of eyes must decide.",
            )
    return None
