"""Candidates, recorded: the facts into the journal and the state into the ledger, in one transaction.

Whatever surface it comes from, it is judged here, inside the transaction: of two decisions that race the second is
told who was first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from bot.ids import new_id
from bot.services import Services
from core.canonical import time_text
from core.codec import write_actor
from core.codec_events import entry
from core.commands import Command
from core.engine import CLOCK, Done, Outcome, Recording
from core.errors import PlacetError, Refused
from core.learning.candidate_bodies import STREAM, fact_body, from_record, to_record, type_of
from core.learning.candidates import AT_WORK, Candidate, CandidateFact, Reviewed, Seen, Status, evolve
from core.learning.deciding import Asked, Known, decide, wants_four_eyes
from core.learning.finding import Finding
from core.learning.ledger import Ledger, Wanted
from core.learning.observations import Observation
from core.learning.patterns import Who
from core.learning.proposing import candidate_id, may_propose, proposal, review
from core.learning.records import CANDIDATE
from core.learning.validation import LOOKS
from core.model import Account, Actor, Words
from core.ports import Transaction, Writing

Apply = Callable[[Transaction, datetime], Writing | Refused]


def find(
    ledger: Ledger, person: str | None = None, program: str | None = None, status: str | None = None
) -> list[Candidate]:
    """Those there are, the oldest first. Reads the database."""
    wanted = Wanted(CANDIDATE, person=person, program=program, status=status)
    return [from_record(record) for record in ledger.records(wanted)]


def one(ledger: Ledger, name: str) -> Candidate | None:
    """A candidate by its id. Reads the database."""
    record = ledger.record(CANDIDATE, name)
    return from_record(record) if record is not None else None


async def propose(services: Services, findings: Sequence[Finding]) -> list[Candidate]:
    """Propose what has become a pattern and is not proposed yet, or has earned to be proposed again."""
    known = {one.id: one for one in await services.read(find, services.reader)}
    now = services.clock.now()
    made: list[Candidate] = []
    for finding in findings:
        name = candidate_id(finding)
        if not may_propose(finding, known.get(name), now):
            continue
        cause = new_id("cmd")
        await _carried_out(services, Recording(cause, CLOCK, "", apply=_proposing(finding, cause, CLOCK)))
        if (candidate := await services.read(one, services.reader, name)) is not None:
            made.append(candidate)
    return made


async def promote(services: Services, finding: Finding, actor: Actor, identity: tuple[str, str]) -> Candidate | Refused:
    """A hint becomes a candidate because whom it is about says so."""
    cause, digest = identity
    apply = _proposing(finding, cause, actor, by_hand=True)
    outcome = await services.ask(Recording(cause, actor, "", digest, apply=apply))
    return await _answered(services, outcome, candidate_id(finding))


def _proposing(finding: Finding, cause: str, actor: Actor, *, by_hand: bool = False) -> Apply:
    name = candidate_id(finding)

    def apply(transaction: Transaction, now: datetime) -> Writing | Refused:
        before = _stored(transaction, name)
        if not may_propose(finding, before, now, by_hand=by_hand):
            if not by_hand:
                return Writing()
            if before is not None:
                return Refused("already_decided", f"It is proposed already: {before.id}.")
            return Refused("not_open", "There is too little to propose yet: only a hint or a pattern can be.")
        return _written(transaction, before, name, [proposal(finding, now, by_hand=by_hand)], actor, cause, now)

    return apply


async def decided(
    services: Services,
    name: str,
    asked: Asked,
    digest: str = "",
    words: Words | None = None,
    over: Account | None = None,
) -> Candidate | Refused:
    """What somebody decides about a candidate: how it stands then, or why not."""
    asked = replace(asked, words=words.commitment if words is not None else None)

    def apply(transaction: Transaction, now: datetime) -> Writing | Refused:
        candidate = _stored(transaction, name)
        if candidate is None:
            return Refused("not_found", "There is no such candidate.")
        registry = transaction.registry()
        known = Known(now, registry.people, registry.programs, wants_four_eyes(registry))
        fact = decide(candidate, asked, known)
        if isinstance(fact, Refused):
            return fact
        if fact is None:
            return Writing()
        made = _written(transaction, candidate, name, [fact], asked.actor, asked.cause, now)
        if words is not None:
            made.words.append(words)
        return made

    command = Recording(asked.cause, asked.actor, "", digest, over=over, apply=apply)
    answer = await _answered(services, await services.ask(command), name)
    if services.jobs is not None and isinstance(answer, Candidate):
        # A digest that still offers it is to be renewed.
        services.jobs.look_soon()
    return answer


async def review_due(services: Services, seen: Mapping[Who, Sequence[Observation]]) -> list[Candidate]:
    """Look at the changes whose time has come. `seen`: everybody's reactions, by whose and of which version.

    A look that was missed is made up for with what was known then. Those that have moved are returned.
    """
    moved: list[Candidate] = []
    zone = services.learning.zone
    for candidate in await services.read(find, services.reader):
        if candidate.status not in AT_WORK or not _facts(candidate, seen, services.clock.now(), zone):
            continue
        cause = new_id("cmd")
        await _carried_out(services, Recording(cause, CLOCK, "", apply=_reviewing(candidate.id, seen, zone, cause)))
        after = await services.read(one, services.reader, candidate.id)
        if after is not None and after.version != candidate.version:
            moved.append(after)
    return moved


def _reviewing(name: str, seen: Mapping[Who, Sequence[Observation]], zone: tzinfo, cause: str) -> Apply:
    def apply(transaction: Transaction, now: datetime) -> Writing | Refused:
        candidate = _stored(transaction, name)
        facts = _facts(candidate, seen, now, zone) if candidate is not None else []
        return _written(transaction, candidate, name, facts, CLOCK, cause, now) if facts else Writing()

    return apply


def _facts(
    candidate: Candidate, seen: Mapping[Who, Sequence[Observation]], now: datetime, zone: tzinfo
) -> list[CandidateFact]:
    """What there is to say about a change that is at work. `zone`: in which the days of what was seen are days."""
    begun, version = candidate.implemented_at, candidate.new_algorithm
    if candidate.status not in AT_WORK or begun is None or version is None:
        return []
    day = begun.astimezone(zone).date()
    before = [x for x in seen.get((candidate.person, candidate.program, candidate.algorithm), ()) if x.day < day]
    after = [x for x in seen.get((candidate.person, candidate.program, version), ()) if x.day >= day]
    facts: list[CandidateFact] = []
    if after and candidate.status is Status.IMPLEMENTED:
        facts.append(Seen(now))
        candidate = evolve(candidate, facts[-1])
    while (look := candidate.next_look) is not None and look <= now:
        known = [one for one in after if one.day < look.astimezone(zone).date()]
        facts.append(Reviewed(review(candidate, before, known, LOOKS[candidate.looks], zone), now))
        candidate = evolve(candidate, facts[-1])
    return facts


# Writing


def _stored(transaction: Transaction, name: str) -> Candidate | None:
    record = transaction.recorded(CANDIDATE, name)
    return from_record(record) if record is not None else None


def _written(
    transaction: Transaction,
    candidate: Candidate | None,
    name: str,
    facts: Sequence[CandidateFact],
    actor: Actor,
    cause: str,
    now: datetime,
) -> Writing:
    """The state goes into the ledger at once; the entries go with those of the whole batch."""
    entries = []
    for fact in facts:
        candidate = evolve(candidate, fact, name)
        place = f"{STREAM}{name}", candidate.version, now, time_text(now)
        entries.append(entry(*place, type_of(fact), write_actor(actor), cause, fact_body(fact)))
    if candidate is not None:
        transaction.record([to_record(candidate)], now)
    return Writing(entries=entries)


async def _carried_out(services: Services, command: Command) -> None:
    """Raises PlacetError where Placet itself failed."""
    outcome = await services.ask(command)
    if not isinstance(outcome, Done):
        raise PlacetError("a candidate could not be recorded; see the log")


async def _answered(services: Services, outcome: Outcome, name: str) -> Candidate | Refused:
    if isinstance(outcome, Refused):
        return outcome
    if not isinstance(outcome, Done):
        raise PlacetError("a candidate could not be recorded; see the log") from outcome.error
    found = await services.read(one, services.reader, name)
    return found if found is not None else Refused("not_found", "There is no such candidate.")
