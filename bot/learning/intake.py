"""Taking in what happened elsewhere: judged row by row, written into the ledger in slices.

Nothing here is ever undone or changed in place: other content under a known key is a further version. Content that was
known once and has been replaced since changes nothing, so that an old file imported again takes no correction back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

from bot.ids import new_id
from bot.learning.brought import Sender, content, may_change, orders_of, signed
from bot.learning.meaning import Busted, Corrected, Decided, Meant, Terms, imported, meant, with_answer
from bot.learning.rows import Fault, Read, Refusal, Row, Skipped
from bot.services import Services
from bot.threads import off_the_loop
from core.codec import Doc
from core.engine import CLOCK, Bookkeeping, Done, Failed
from core.errors import PlacetError
from core.learning import records
from core.learning.gather import recommendation_of, to_record
from core.learning.ledger import Record, Wanted
from core.learning.records import Close, Execution, Recommendation, Result
from core.model import Person, Program
from core.ports import Reader

A_SLICE = 200
"""Rows that are read at once, and records in one transaction: decisions wait for no more than this."""
_ROWS_IN_A_BREATH, _BREATH = 16, 0.0002
"""Seconds, between so many rows. A thread that reckons keeps the others waiting for 5 ms each time they want to go on
(`sys.getswitchinterval`); one that lets go by itself does not.
"""
MOST_TOLD = 10_000
"""Rows that an answer tells of; what is above is counted alone."""
Item = TypeVar("Item")
Of = TypeVar("Of", bound=Recommendation | Execution)


@dataclass(slots=True)
class Taken:
    """What became of a file."""

    new: int = 0
    changed: int = 0
    known: int = 0
    refused: list[Refusal] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    refused_count: int = 0
    skipped_count: int = 0
    unknown_accounts: set[str] = field(default_factory=set)

    @property
    def took(self) -> int:
        return self.new + self.changed + self.known

    def refuse(self, refusal: Refusal) -> None:
        self.refused_count += 1
        if len(self.refused) < MOST_TOLD:
            self.refused.append(refusal)

    def skip(self, skipped: Skipped) -> None:
        self.skipped_count += 1
        if len(self.skipped) < MOST_TOLD:
            self.skipped.append(skipped)


class Intake:
    """One import at a time; the approvals beside it go on."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._turn = asyncio.Lock()

    async def take(self, kind: str, rows: Iterator[Read], terms: Terms, sender: Sender) -> Taken:
        """Take in the rows. Raises what the desk raises; what was written by then stays, and is known the next time."""
        registry = self._services.registry()
        judge = _Judge(self._services, kind, terms, sender, registry.people, registry.programs)
        async with self._turn:
            while True:
                portion = await off_the_loop(_portion, rows)
                if not portion:
                    return judge.taken
                for some in await off_the_loop(judge.judged, portion):
                    await self._write(some)

    async def _write(self, some: Sequence[Record]) -> None:
        now = self._services.clock.now()
        command = Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda tx: tx.record(some, now))
        outcome = await self._services.ask(command)
        if isinstance(outcome, Failed):
            raise PlacetError("an import could not be written; see the log") from outcome.error
        if not isinstance(outcome, Done):
            raise PlacetError(f"an import was refused: {outcome.detail}")


def _portion(rows: Iterator[Read]) -> list[Read]:
    return list(_breathing(islice(rows, A_SLICE)))


def _breathing(items: Iterable[Item]) -> Iterator[Item]:
    for number, item in enumerate(items, 1):
        yield item
        if number % _ROWS_IN_A_BREATH == 0:
            time.sleep(_BREATH)


_KINDS: Mapping[type, str] = {
    Recommendation: records.RECOMMENDATION,
    Decided: records.RECOMMENDATION,
    Execution: records.EXECUTION,
    Corrected: records.EXECUTION,
    Busted: records.EXECUTION,
    Result: records.RESULT,
    Close: records.CLOSE,
}


class _Judge:
    """Whether a row may go in, and what it makes of what is there. Works in threads, one portion after the other."""

    def __init__(
        self,
        services: Services,
        kind: str,
        terms: Terms,
        sender: Sender,
        people: Mapping[str, Person],
        programs: Mapping[str, Program],
    ) -> None:
        self.taken = Taken()
        self._reader = services.reader
        self._kind = kind
        self._terms = terms
        self._sender = sender
        self._people = people
        here = [person.id for person in people.values() if person.active]
        self._only = here[0] if len(here) == 1 else ""
        self._programs = programs
        self._program = next(iter(programs)) if len(programs) == 1 else "imported"
        self._there: dict[str, Record] = {}
        self._replaced: dict[str, list[Doc]] = {}
        self._advised: dict[str, Record] = {}
        self._orders: Mapping[str, bool] | None = None
        self._last: dict[str, Meant] = {}

    def judged(self, portion: Sequence[Read]) -> list[list[Record]]:
        """What is to be written of a portion, in one transaction each: a key stands once in a transaction."""
        told: list[tuple[Row, Meant]] = []
        for row in _breathing(portion):
            if isinstance(row, Refusal):
                self.taken.refuse(row)
            elif isinstance(row, Skipped):
                self.taken.skip(row)
            else:
                self._try(row, lambda row=row: told.append((row, meant(self._kind, row, self._terms))))  # type: ignore[misc]
        self._look_up([one for _, one in told])
        self._last = {one.key: one for _, one in told}
        slices: list[dict[str, Record]] = [{}]
        for row, one in _breathing(told):
            self._try(row, lambda one=one: self._take(one, slices))  # type: ignore[misc]
        return [list(some.values()) for some in slices if some]

    def _try(self, row: Row, step: Callable[[], None]) -> None:
        try:
            step()
        except Fault as problem:
            self.taken.refuse(Refusal(row.line, problem.field, problem.detail))

    def _look_up(self, told: Sequence[Meant]) -> None:
        """What the ledger knows of all these."""
        self._there, self._replaced = {}, {}
        by_kind: dict[str, set[str]] = {}
        for one in told:
            by_kind.setdefault(_KINDS[type(one)], set()).add(one.key)
        for kind, keys in by_kind.items():
            found = self._reader.records(Wanted(kind, keys=tuple(keys)))
            self._there |= {record.key: record for record in found}
        about = {imported(one.about) for one in told if isinstance(one, Result)}
        if about:
            found = self._reader.records(Wanted(records.RECOMMENDATION, keys=tuple(about)))
            self._advised = {record.key: record for record in found}

    def _take(self, one: Meant, slices: list[dict[str, Record]]) -> None:
        before = self._there.get(one.key)
        made = signed(self._made(one, before), before, self._sender)
        if before is not None and self._is_known(one, made, before):
            self.taken.known += 1
            return
        if before is None:
            self.taken.new += 1
        else:
            if not isinstance(one, Decided):
                may_change(before, self._sender)
            self.taken.changed += 1
            self._replaced.setdefault(before.key, []).append(before.body)
        # Of a recommendation the latest alone counts; of all else every version that a file holds is kept.
        if made.key in slices[-1] and made.kind != records.RECOMMENDATION:
            slices.append({})
        slices[-1][made.key] = made
        self._there[made.key] = made

    def _is_known(self, one: Meant, made: Record, before: Record) -> bool:
        if made.body == before.body:
            return True
        if (
            made.kind == records.EXECUTION
            and before.body.get("busted")
            and {**made.body, "busted": True} == before.body
        ):
            return True  # What was taken back stays so, in whatever order a file tells of it.
        if before.version == 0:
            return False  # Of this very portion, and written before what comes now.
        if isinstance(one, Corrected) and not self._ends_as_it_is(one, before):
            return False  # Whoever says that it is a correction means it, also where it leads back.
        return any(made.body == older.body for older in self._reader.versions(made.kind, made.key))

    def _ends_as_it_is(self, one: Corrected, before: Record) -> bool:
        """Whether corrections that come after this one lead to what is there: the same file once more."""
        last = self._last[one.key]
        if last is one or not isinstance(last, Execution):
            return False
        return content(self._execution(last, before).body) == content(before.body)

    def _made(self, one: Meant, before: Record | None) -> Record:
        match one:
            case Decided():
                return to_record(self._decided(one, before))
            case Busted():
                if before is None:
                    raise Fault(
                        "execution", "was taken back and is not known here; import the fills first, then this again"
                    )
                return to_record(replace(_as(Execution, before), busted=True))
            case Recommendation():
                return to_record(self._recommendation(one, before))
            case Execution():
                return self._execution(one, before)
            case Result():
                self._about(one)
                return to_record(one)
            case _:
                if self._sender.person is not None:
                    raise Fault(
                        "subject", "has prices that concern everybody; an administrator or a program brings them"
                    )
                return to_record(one)

    def _whose(self, said: str | None, account: str | None, owner: str = "") -> str:
        """The person behind a row; "" where nobody knows. Raises Fault where the sender may not speak of them."""
        by_account = self._terms.learning.accounts.get(account or "")
        person = said or by_account or ""
        if said and said not in self._people:
            raise Fault("person", f"is {said}, who is not known here; `placet people list` shows who is")
        if said and by_account and said != by_account:
            raise Fault("person", f"is {said}, and the account {account} is {by_account}'s (learning.accounts)")
        mine = self._sender.person
        if mine is not None:
            if (person or mine) != mine:
                raise Fault("person", f"is {person}; only an administrator brings what others did")
            if account is not None and by_account is None:
                raise Fault("account", f"is {account}, which is not known as yours; add it to learning.accounts")
            return mine
        person = person or self._only or owner
        if not person and account is not None and len(self.taken.unknown_accounts) < MOST_TOLD:
            self.taken.unknown_accounts.add(account)
        return person

    def _recommendation(self, one: Recommendation, before: Record | None) -> Recommendation:
        person = self._whose(one.person or None, one.account, self._owner(one.program or self._sender.program))
        if not person and one.account:
            raise Fault(
                "account", f"is {one.account}, which is nobody's: say in learning.accounts whose it is, or `person`"
            )
        if not person:
            raise Fault("person", "is missing: say whose overrides it tells of")
        sender = self._sender.program
        if sender is not None and one.program not in ("", sender):
            raise Fault("program", f"is {one.program}; with this key it is {sender}")
        if sender is not None and one.decision is not None:
            raise Fault("decision", _NOT_BY_PROGRAMS)
        known = _as(Recommendation, before) if before is not None else None
        program = one.program or sender or (known.program if known else self._unnamed())
        mine = self._sender.person
        if mine is not None and program in self._programs and self._owner(program) != mine:
            raise Fault("program", f"is {program}, which is not yours; its owner or an administrator brings this")
        made = replace(one, person=person, program=program)
        if known is not None and one.decision is None:
            # What was said to it came in a file of its own.
            said = ("decision", "decided_at", "decided", "reason", "would_agree")
            made = replace(made, **{name: getattr(known, name) for name in said})
        return made

    def _unnamed(self) -> str:
        """What recommended where nothing says it: the only program there is, if it is the sender's to speak for."""
        if self._sender.person not in (None, self._owner(self._program)):
            return "imported"
        return self._program

    def _owner(self, program: str | None) -> str:
        found = self._programs.get(program or "")
        return (found.owner or "") if found is not None else ""

    def _decided(self, said: Decided, before: Record | None) -> Recommendation:
        if self._sender.program is not None:
            raise Fault("decision", _NOT_BY_PROGRAMS)
        if before is None:
            raise Fault("key", "is of a recommendation that is not known here; import the recommendations first")
        if self._sender.person not in (None, before.person):
            raise Fault("key", "is of a recommendation to somebody else; they themselves say what they decided")
        return with_answer(_as(Recommendation, before), said)

    def _execution(self, one: Execution, before: Record | None) -> Record:
        person = self._whose(one.person, one.account) or None
        record = to_record(replace(one, person=person))
        return replace(record, program=self._sender.program or (before.program if before is not None else ""))

    def _about(self, one: Result) -> None:
        """Whether there is what a result is about, and it is the sender's. Raises Fault."""
        if one.kind == "actual" and self._is_order(one.about):
            return
        whose = self._whose_advice(imported(one.about))
        if whose is not None:
            program, person = whose
            theirs = self._sender.program in (None, program) and self._sender.person in (None, person)
            if not theirs:
                raise Fault("about", "is a request that is not known here as yours")
        elif one.kind == "recommended":
            raise Fault("about", "is a request that is not known here; import the recommendations first")
        else:
            yours = " as yours alone" if self._sender.name else ""
            raise Fault("about", f"is an order that is not known here{yours}; import the executions first")

    def _whose_advice(self, key: str) -> tuple[str, str] | None:
        """The program and the person of a recommendation, be it imported or asked here."""
        if key in self._advised:
            return self._advised[key].program, self._advised[key].person
        request = self._reader.request(key) if key.startswith("req_") else None
        if request is None:
            return None
        accounts = self._terms.learning.accounts
        one = recommendation_of(request, people=self._people, programs=self._programs, accounts=accounts)
        return one.program, one.person

    def _is_order(self, name: str) -> bool:
        """Whether it is an order, or a fill, and all of it the sender's."""
        if self._orders is None:
            fills = _breathing(_every(self._reader, Wanted(records.EXECUTION)))
            self._orders = orders_of(fills, self._sender, self._terms.learning)
        return self._orders.get(name, False)


def _every(reader: Reader, wanted: Wanted) -> Iterator[Record]:
    """Page by page, so that none of the readings is a long one."""
    after: str | None = None
    while page := reader.records(wanted, A_SLICE, after):
        yield from page
        after = page[-1].key


_NOT_BY_PROGRAMS = "is what a person said; only they themselves or an administrator bring it"


def _as(kind: type[Of], record: Record) -> Of:
    found = records.read(record.kind, record.body)
    assert isinstance(found, kind)  # noqa: S101 - records of a kind are of its type
    return found
