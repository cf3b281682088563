"""What was advised against what was done: which order belongs to which recommendation, and what became of each.

An order that names its recommendation belongs to it, and is matched to nothing else. The others are brought to the
recommendations of the same account, subject and side that they come after, one to one, so that the differences in all
cost least; where it would cost little more otherwise, the person is asked.

An explicit no stands, whatever else was done that day; only an order of the very contract that was refused says
otherwise. It is matched, and the person is asked which of the two was meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from core.learning import labels
from core.learning.episodes import episodes, links_of
from core.learning.fold import BOOKED, Order, by_name, orders
from core.learning.labels import Told
from core.learning.names import words
from core.learning.pairing import Node, Pairing
from core.learning.records import Execution, How, Label, Match, Recommendation
from core.learning.rules import RULES, Rules
from core.learning.setup import Session

__all__ = ["RULES", "Rules", "reconcile"]


def reconcile(
    recommendations: Sequence[Recommendation],
    executions: Sequence[Execution],
    *,
    rules: Rules = Rules(),  # noqa: B008  (frozen)
    zone: tzinfo = UTC,
    settled: Mapping[str, str | None] | None = None,
    session: Session | None = None,
    now: datetime,
) -> list[Match]:
    """One match for each recommendation that is open no more, and one for each order that nobody advised.

    `settled`: by order, what a person said that it belongs to (a recommendation's key), or None for nothing.
    An order may be named by its bare number, where only one has it. `session`: when the house trades; None: all day.
    Nothing later than `now` counts. The same input, in any order, gives the same answer.
    """
    known = [_as_of(one, now) for one in recommendations if one.at <= now]
    advised = {words(one.action) for one in known}
    acts, booked = list[Execution](), defaultdict[str, list[Execution]](list)
    for one in executions:
        if one.at > now:
            continue
        if one.at.tzinfo is not UTC:  # the hours between two times of one zone are those on its clock, also at night
            one = replace(one, at=one.at.astimezone(UTC))  # noqa: PLW2901
        if words(one.action) & BOOKED and words(one.action) not in advised:
            booked[one.subject.casefold()].append(one)
        else:
            acts.append(one)
    done = orders(acts, rules)
    links = links_of(known)
    nodes = [Node(one, rules.of(one.advice.algorithm), session) for one in episodes(known, done)]
    named = by_name(done)
    said = {named[name].key if name in named else name: to for name, to in (settled or {}).items()}
    work = Pairing(nodes, done, links, said)
    work.link()
    work.pair()
    work.join_parts()
    work.join_shapes()
    work.doubt_shared()
    found = [match for node in nodes for match in _matches(node, booked, zone, now, said)]
    whose = _whose(known)
    found.extend(
        _independent(order, whose, zone, said) for order in done if order.key not in work.taken and order.quantity != 0
    )
    return sorted(found, key=lambda one: (one.at, one.key))


def _as_of(one: Recommendation, now: datetime) -> Recommendation:
    if one.at.tzinfo is not UTC:
        one = replace(one, at=one.at.astimezone(UTC), valid_until=one.valid_until.astimezone(UTC))
    if one.decided_at is None or one.decided_at <= now:
        return one
    return replace(one, decision=None, decided_at=None, decided=None, reason=None, would_agree=None)


def _matches(
    node: Node,
    booked: Mapping[str, Sequence[Execution]],
    zone: tzinfo,
    now: datetime,
    settled: Mapping[str, str | None],
) -> list[Match]:
    """That of the advice itself, and of each other recommendation that gave it."""
    one, members = node.one, node.episode.members
    resolved = any(
        node.since <= event.at <= one.valid_until and (event.account is None or event.account == one.account)
        for event in booked.get(one.subject.casefold(), ())
    )
    if node.orders:
        told: Told | None = node.told(node.orders)
    else:
        told = labels.by_word(one) or labels.by_silence(one, now, resolved=resolved)
    if told is None:
        return []
    if node.orders and one.decision == "rejected" and not node.settled:
        node.doubts[node.orders[0].key] = None
    moment = node.orders[0].at if node.orders else one.decided_at if told.how is How.EXPLICIT else None
    head = Match(
        key=one.key,
        day=one.at.astimezone(zone).date(),
        at=one.at,
        person=one.person,
        program=one.program,
        algorithm=one.algorithm,
        subject=one.subject,
        action=one.action,
        label=told.label,
        how=How.EXPLICIT if node.settled else told.how,
        recommendation=one.key,
        orders=tuple(order.key for order in node.orders),
        edits={name: round(value, 6) for name, value in told.edits.items()},
        quantity=told.quantity,
        delay=(moment - one.at).total_seconds() if moment is not None else None,
        cost=node.cost,
        margin=node.margin,
        ambiguous=() if node.settled else tuple(key for key in node.doubts if settled.get(key, key) is not None),
        settled_by=(one.person or None) if node.settled else None,
        fill_incomplete=told.incomplete,
        shared=tuple(member.key for member in members[1:]),
        reason=one.reason,
        would_agree=one.would_agree,
        source=one.source,
        version=RULES,
    )
    return [head, *(_shared(head, one, member) for member in members[1:])]


def _shared(head: Match, first: Recommendation, member: Recommendation) -> Match:
    """The same advice sent again is nothing to act on any more; another algorithm's has the same answer, without the
    order, which counts once."""
    again = (member.program, member.algorithm) == (first.program, first.algorithm)
    return replace(
        head,
        key=member.key,
        recommendation=member.key,
        program=member.program,
        algorithm=member.algorithm,
        action=member.action,
        day=head.day,
        at=member.at,
        orders=(),
        label=Label.NO_ACTION if again else head.label,
        how=How.IGNORED if again else head.how,
        edits={} if again else head.edits,
        quantity=None if again else head.quantity,
        delay=None,
        cost=None,
        margin=None,
        ambiguous=() if again else head.ambiguous,
        fill_incomplete=False if again else head.fill_incomplete,
        shared=(head.key,),
        reason=None if again else head.reason,
        would_agree=None if again else head.would_agree,
        source=member.source,
    )


def _whose(known: Iterable[Recommendation]) -> Mapping[str | None, str]:
    """By account, the one person whose advice is for it; by None, the one person there is."""
    found: dict[str | None, set[str]] = defaultdict(set)
    for one in known:
        found[one.account].add(one.person)
        found[None].add(one.person)
    return {account: next(iter(people)) for account, people in found.items() if len(people) == 1}


def _independent(
    order: Order, whose: Mapping[str | None, str], zone: tzinfo, settled: Mapping[str, str | None]
) -> Match:
    person = order.person or whose.get(order.account) or ""
    said = order.key in settled
    return Match(
        key=f"order:{order.key}",
        day=order.at.astimezone(zone).date(),
        at=order.at,
        person=person,
        program="",
        algorithm="",
        subject=order.subject,
        action=order.first.action,
        label=Label.INDEPENDENT,
        how=How.EXPLICIT if said else How.MATCHED,
        orders=(order.key,),
        settled_by=(person or None) if said else None,
        source=order.executions[0].source,
        version=RULES,
    )
