"""The same advice sent again is one piece of advice: what one decision was about."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.learning import ladders
from core.learning.fold import Order, agree, contract_of, deed
from core.learning.records import Recommendation


@dataclass(frozen=True, slots=True)
class Episode:
    """One piece of advice, however often it was sent and by how many algorithms.

    `advice`: the first of them, with what was said to any of them and valid as long as the last. `members`: all of
    them as they came, the first one first.
    """

    advice: Recommendation
    members: tuple[Recommendation, ...]

    @property
    def key(self) -> str:
        return self.advice.key


def episodes(recommendations: Iterable[Recommendation], done: Sequence[Order]) -> list[Episode]:
    """The same advice again, while it was open and nothing had been done of it, is the same advice.

    Two that were both answered, or that both have orders of their own, are two.
    """
    known = {one.key: one for one in recommendations}
    links = links_of(known.values())
    linked = {one.key for order in done if (one := named_by(order.link, links)) is not None}
    acts: dict[str, list[Order]] = defaultdict(list)
    for order in done:
        acts[order.subject.casefold()].append(order)
    open_now: dict[tuple[object, ...], list[Recommendation]] = {}
    groups: list[list[Recommendation]] = []
    for one in sorted(known.values(), key=lambda one: (one.at, one.key)):
        alike = _advice(one)
        group = open_now.get(alike)
        if group is not None and _again(group, one, linked, acts[one.subject.casefold()]):
            group.append(one)
        else:
            open_now[alike] = fresh = [one]
            groups.append(fresh)
    return [_episode(group) for group in groups]


def _advice(one: Recommendation) -> tuple[object, ...]:
    """What makes two recommendations the same advice: all but the price that the market had just then."""
    parameters = {
        name: value for name, value in one.parameters.items() if name not in ladders.PRICES or name in ladders.LIMITS
    }
    return (
        one.person,
        one.account,
        one.subject.casefold(),
        deed(one.action, one.parameters),
        json.dumps(parameters, sort_keys=True, default=str),
    )


_SAID = frozenset({"approved", "modified", "rejected", "changes_requested"})


def _again(group: Sequence[Recommendation], one: Recommendation, linked: set[str], done: Sequence[Order]) -> bool:
    first = group[0]
    if one.at >= max(member.valid_until for member in group):
        return False
    if any(member.decision is not None and (member.decided_at or first.at) <= one.at for member in group):
        return False
    answered = one.decision in _SAID or one.key in linked
    if answered and any(member.decision in _SAID or member.key in linked for member in group):
        return False
    wanted, contract = deed(first.action, first.parameters), contract_of(first.parameters)
    since, until = (bisect_left(done, when, key=lambda order: order.at) for when in (first.at, one.at))
    for order in done[since:until]:
        if wanted.agrees(order.deed) and agree(first.account, order.account):
            made = order.first.contract
            if all(ladders.same(value, made[name]) for name, value in contract.items() if name in made):
                return False
    return True


def _episode(group: Sequence[Recommendation]) -> Episode:
    first = group[0]
    if len(group) == 1:
        return Episode(first, (first,))
    telling = next((one for one in group if one.decision in _SAID), None) or group[-1]
    merged = replace(
        first,
        valid_until=max(one.valid_until for one in group),
        decision=telling.decision,
        decided_at=telling.decided_at,
        decided=telling.decided,
        reason=telling.reason,
        would_agree=telling.would_agree,
        seen=any(one.seen for one in group),
        asked_at=min((one.asked_at for one in group if one.asked_at), default=None),
    )
    return Episode(merged, tuple(group))


IMPORTED = "imp:"


def links_of(recommendations: Iterable[Recommendation]) -> dict[str | None, Recommendation]:
    """By what an execution may name a recommendation: its key, the key it was imported under, and its claim."""
    found: dict[str | None, Recommendation] = {}
    for one in sorted(recommendations, key=lambda one: one.key):
        found[one.key] = one
        found.setdefault(one.key.removeprefix(IMPORTED), one)
        if one.claim:
            found[one.claim] = one
    return found


def named_by(link: str | None, links: Mapping[str | None, Recommendation]) -> Recommendation | None:
    """Which recommendation a link names: by itself, or as the part of a client order id that is a request's id."""
    if link is None or link in links:
        return links.get(link)
    return next((links[part] for part in link.split(":") if part.startswith("req_") and part in links), None)
