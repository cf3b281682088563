"""Matches as people meet them: found by their id, explained by a reason, and settled where they are ambiguous."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.ids import new_id, written
from bot.threads import within
from core.commands import Command
from core.engine import Failed, Outcome, Recording
from core.errors import PlacetError, Refused
from core.learning import records
from core.learning.counting import ambiguous
from core.learning.fold import Order, orders
from core.learning.gather import match_id, to_record
from core.learning.ledger import Record, Wanted
from core.learning.records import Execution, Match, Recommendation
from core.learning.rules import Rules
from core.learning.setup import Learning
from core.learning.testimony import (
    ORDER,
    about,
    answered,
    carried,
    choices,
    done,
    explained,
    links,
    order_line,
    order_words,
)
from core.model import Account, Actor, Words
from core.ports import Clock, Reader, Transaction, Writing

QUESTION = "question"
"""The kind of the records of what people were asked (`bot/learning/questions.py`)."""
_AROUND = timedelta(days=8)
"""How far from a match its orders may lie, and whatever else they could belong to."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A match with what it is about. `orders`: by key, those in question, also the ones that it might be instead."""

    record: Record
    match: Match
    recommendation: Recommendation | None
    advice: Mapping[str, Recommendation]
    orders: Mapping[str, Order]
    executions: Sequence[Execution] = ()

    @property
    def id(self) -> str:
        return match_id(self.match.key)

    @property
    def title(self) -> str:
        return about(self.match, self.recommendation)

    @property
    def differs(self) -> tuple[str, ...]:
        """How what was done differs from the advice, in lines."""
        return done(self.match, self.recommendation, self.orders)

    def words(self, choice: str) -> str:
        """One of the things that it might be, whole."""
        return order_line(self.orders[choice]) if choice in self.orders else self.label(choice)

    def label(self, choice: str) -> str:
        """The same as a button says it."""
        if choice in self.orders:
            return order_words(self.orders[choice])
        if choice in self.advice:
            other = self.advice[choice]
            return f"Other advice: {about(self.match, other)}; {other.at:%d %b, %H:%M} UTC"
        return choice


@dataclass(slots=True)
class Matches:
    """On the event loop. Raises what the desk raises, and StoreUnavailable."""

    ask: Callable[[Command], Awaitable[Outcome]]
    reader: Reader
    clock: Clock
    setup: Callable[[], Learning] = Learning
    _keys: dict[str, str] = field(default_factory=dict)
    _indexed: datetime | None = None

    # What there is

    async def find(self, match: str) -> Record | None:
        """The latest version of a match, by its id."""
        if match not in self._keys:
            await within(asyncio.to_thread(self._index))
        key = self._keys.get(match)
        return None if key is None else await within(asyncio.to_thread(self.reader.record, records.MATCH, key))

    def _index(self) -> None:
        """An id is a hash of the key, so all keys are looked through, once for every state of the ledger."""
        now = self.reader.last_recorded()
        if now == self._indexed:
            return
        self._keys = {match_id(one.key): one.key for one in self.reader.records(Wanted(records.MATCH))}
        self._indexed = now

    async def version(self, key: str, number: int) -> Match | None:
        """A match as an earlier version had it."""
        found = await within(asyncio.to_thread(self.reader.record, records.MATCH, key, number))
        return None if found is None else match_of(found)

    async def whole(self, record: Record) -> Whole:
        return (await self.wholes([record]))[0]

    async def wholes(self, found: Sequence[Record]) -> list[Whole]:
        """Matches with the advice and the orders in question."""
        return await within(asyncio.to_thread(self._wholes, found))

    def _wholes(self, found: Sequence[Record]) -> list[Whole]:
        matches = [match_of(one) for one in found]
        named = {key for one in matches for key in (*choices(one), one.recommendation) if key}
        advice = self._advice(named)
        known = self._orders(matches, advice)
        return [
            Whole(
                record,
                one,
                advice.get(one.recommendation or ""),
                {key: advice[key] for key in choices(one) if key in advice},
                {key: known[key] for key in (*one.orders, *one.ambiguous) if key in known},
                tuple(fill for key in one.orders if key in known for fill in known[key].executions),
            )
            for record, one in zip(found, matches, strict=True)
        ]

    def _advice(self, keys: set[str]) -> dict[str, Recommendation]:
        if not keys:
            return {}
        found = self.reader.records(Wanted(records.RECOMMENDATION, keys=tuple(sorted(keys))))
        read = [records.read(records.RECOMMENDATION, one.body) for one in found]
        return {one.key: self.setup().renamed(one) for one in read if isinstance(one, Recommendation)}

    def _orders(self, matches: Sequence[Match], advice: Mapping[str, Recommendation]) -> dict[str, Order]:
        """The orders of these matches: of each, what was filled around it, and for as long as its advice was valid."""
        setup, fills = self.setup(), dict[str, Execution]()
        for since, until in _spans(matches, advice):
            for one in self.reader.records(Wanted(records.EXECUTION, since=since, until=until)):
                fill = records.read(records.EXECUTION, one.body)
                if isinstance(fill, Execution):
                    fills[fill.key] = setup.owned(fill)
        return {one.key: one for one in orders(fills.values(), Rules())}

    # What people say

    async def explain(
        self,
        record: Record,
        by: Actor,
        code: str | None,
        words: str | None = None,
        would_agree: str | None = None,
        over: Account | None = None,
        version: int | None = None,
    ) -> Record | Refused:
        """Add why somebody departed from the advice. The same again changes nothing.

        `over`: the account that it came over. `version`: the one that was looked at, if a later one is to be refused.
        """
        texts = await within(asyncio.to_thread(self.reader.words, _committed(record)))
        fresh = written(words) if words else None

        def apply(transaction: Transaction, now: datetime) -> Writing | Refused:
            current = transaction.recorded(records.MATCH, record.key)
            if current is None or current.status == records.WITHDRAWN:
                return _gone()
            if version not in (None, current.version):
                return _stale(current)
            match = match_of(current)
            if not match.diverges:
                return _nothing_to_explain(match)
            said = _again(match, texts, words) or fresh
            after = explained(match, code, said.commitment if said else None, would_agree)
            if after == match:
                return Writing()
            transaction.record([to_record(after)], now)
            return Writing(words=[fresh] if fresh is not None and said is fresh else [])

        return await self._carry_out(record, by, over, apply)

    async def settle(
        self,
        record: Record,
        by: Actor,
        chosen: str | None,
        over: Account | None = None,
        version: int | None = None,
    ) -> Record | Refused:
        """Say which order it was (or which advice was followed), one of `choices`; None: none of them.

        `version`: as for `explain`.
        """
        match = match_of(record)
        if chosen is not None:
            chosen = _by_key(chosen, match)
        if not ambiguous(match):
            return record if _stands(match, chosen, by) else _no_doubt(match, by)
        if chosen is not None and chosen not in choices(match):
            named = ", ".join(choices(match))
            return Refused("invalid", f"is none of what it might be ({named}), nor null for none of them", "settle")
        whole = await self.whole(record)
        known = await within(asyncio.to_thread(self._involved, whole))
        said = links(match, chosen, whole.advice.keys(), {one.key.removeprefix(ORDER) for one in known})
        found = await within(asyncio.to_thread(self._reconciled, known, whole, said, by.ref))

        def apply(transaction: Transaction, now: datetime) -> Writing | Refused:
            current = transaction.recorded(records.MATCH, record.key)
            if current is None or current.status == records.WITHDRAWN:
                return _gone()
            if version not in (None, current.version):
                return _stale(current)
            if refused := _not_open(match_of(current), match, by):
                return Writing() if _stands(match_of(current), chosen, by) else refused
            stand = [transaction.recorded(records.MATCH, one.key) for one in known]
            if [one.version for one in stand if one is not None] != [one.version for one in known]:
                return Refused("stale_version", "This was reconciled anew meanwhile: look at it again.")
            transaction.record(found, now)
            return Writing()

        return await self._carry_out(record, by, over, apply)

    def _involved(self, whole: Whole) -> list[Record]:
        """The matches that an answer may change: those that share an order or a recommendation with it."""
        match = whole.match
        asked = {*choices(match), *match.orders}
        around = Wanted(records.MATCH, person=match.person, since=match.at - _AROUND, until=match.at + _AROUND)
        found = []
        for one in self.reader.records(around):
            other = match_of(one)
            if one.status != records.WITHDRAWN and (asked & {*other.orders, other.recommendation or ""}):
                found.append(one)
        return found

    def _reconciled(
        self, known: Sequence[Record], whole: Whole, said: Mapping[str, str | None], by: str
    ) -> list[Record]:
        """What a reconciliation makes of the answer: of the advice and orders that are involved, and no others."""
        from core.learning.reconcile import reconcile  # noqa: PLC0415 - it computes with more than an idle server needs

        matches = [match_of(one) for one in known]
        named = {one.recommendation for one in matches if one.recommendation} | {*whole.advice}
        advice = self._advice({one for one in named if one})
        held = self._orders(matches, advice)
        fills = [fill for one in matches for key in one.orders if key in held for fill in held[key].executions]
        fills += [fill for order in whole.orders.values() for fill in order.executions]
        fresh = reconcile(
            list(advice.values()),
            list({fill.key: fill for fill in fills}.values()),
            zone=self.setup().zone,
            settled=dict(said),
            session=self.setup().session,
            now=self.clock.now(),
        )
        before = {one.key: one for one in matches}
        after = [carried(one, before.get(one.key)) for one in answered(fresh, whole.match, said, by)]
        gone = before.keys() - {one.key for one in after}
        return [to_record(one) for one in after] + [withdrawn(before[key]) for key in sorted(gone)]

    async def _carry_out(
        self,
        record: Record,
        by: Actor,
        over: Account | None,
        apply: Callable[[Transaction, datetime], Writing | Refused],
    ) -> Record | Refused:
        outcome = await self.ask(Recording(new_id("cmd"), by, "", over=over, apply=apply))
        if isinstance(outcome, Failed):
            raise PlacetError("an answer about a match could not be recorded; see the log") from outcome.error
        if isinstance(outcome, Refused):
            return outcome
        return await within(asyncio.to_thread(self.reader.record, records.MATCH, record.key)) or record


def match_of(record: Record) -> Match:
    """What a record says, with the marks of the ledger left out."""
    found = records.read(records.MATCH, record.body)
    assert isinstance(found, Match)  # noqa: S101 - by its kind
    return found


def withdrawn(match: Match) -> Record:
    """A match that is none any more: the version that says so."""
    return replace(to_record(match), status=records.WITHDRAWN)


def _spans(matches: Sequence[Match], advice: Mapping[str, Recommendation]) -> list[tuple[datetime, datetime]]:
    """The stretches of time in which the orders of these matches lie, joined where they overlap."""
    found: list[tuple[datetime, datetime]] = []
    for one in sorted(matches, key=lambda match: match.at):
        if not (one.orders or one.ambiguous):
            continue
        advised = advice.get(one.recommendation or "")
        # An order that names its advice may come at any time: the match says when.
        last = max(one.at + timedelta(seconds=one.delay or 0.0), advised.valid_until if advised else one.at)
        since, until = one.at - _AROUND, last + _AROUND
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def _committed(record: Record) -> list[str]:
    words = record.body.get("words")
    return [words] if words else []


def _again(match: Match, texts: Mapping[str, str], words: str | None) -> Words | None:
    """What was written before, if it is the same: a second commitment to it would be a change that is none."""
    if words and match.words and texts.get(match.words) == words:
        return Words(match.words, words, b"")
    return None


def _gone() -> Refused:
    return Refused("not_found", "This match is none any more: its order was found to belong elsewhere.")


def _stale(now: Record) -> Refused:
    return Refused("stale_version", f"There is version {now.version} by now: look at it again.")


def _nothing_to_explain(match: Match) -> Refused:
    return Refused(
        "no_divergence", f"It is labelled {match.label.value}: nothing was done otherwise, so nothing asks why."
    )


def _not_open(now: Match, match: Match, by: Actor) -> Refused | None:
    """Why an answer is not taken any more."""
    if not ambiguous(now):
        return _no_doubt(now, by)
    if choices(now) != choices(match):
        return Refused("stale_version", "What it might be has changed meanwhile: look at it again.")
    return None


def _no_doubt(match: Match, by: Actor) -> Refused:
    if match.settled_by is None:
        return Refused("settled", "It is not ambiguous: there is nothing to settle.")
    return Refused("settled", f"It was settled by {'you' if match.settled_by == by.ref else match.settled_by} already.")


def _by_key(chosen: str, match: Match) -> str:
    """An order's key, where only its number was said and one of them has it."""
    keys = {*match.orders, *choices(match)}
    found = [key for key in keys if chosen not in keys and key.startswith(f"{chosen}/")]
    return found[0] if len(found) == 1 else chosen


def _stands(now: Match, chosen: str | None, by: Actor) -> bool:
    """Whether this very person has said the very same."""
    if now.settled_by != by.ref:
        return False
    return not now.orders if chosen is None else chosen in (*now.orders, now.recommendation)
