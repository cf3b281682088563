"""A batch of commands becomes one transaction: load, decide, append, answer.

Group commit is what makes Placet fast, and one writer is what makes races inside a process impossible. A refused
command never harms its neighbours; a poisonous one (which makes the program itself fail) is found by halving.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from core.attachments import Upload
from core.canonical import time_text
from core.codec import Doc, write_actor
from core.codec_events import Entry, entry, write_event
from core.codec_registry import write_registry_event
from core.commands import CastVote, Command, GiveReason, Submit, TakeClaim, Tick
from core.deadlines import overdue
from core.errors import PlacetError, Refused, StoreUnavailable
from core.events import RequestEvent
from core.guests import AddPerson, ChangePerson
from core.kept import PASSES
from core.lifecycle import decide, evolve
from core.model import Account, Actor, ActorKind, Gate, Words
from core.ports import Clock, Remembered, Store, Transaction, Writing
from core.registry import (
    REGISTRY_COMMANDS,
    DeclarePeople,
    PersonDeclared,
    PersonRemoved,
    Registry,
    RegistryCommand,
    Stop,
    Stopped,
    decide_registry,
    evolve_registry,
    stream_of,
)
from core.request import Request
from core.world import World


@dataclass(frozen=True, slots=True)
class Done:
    """A command was carried out (or was, the first time). `request` is its state right after."""

    request: Request | None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The program itself failed on this command; nothing of it was recorded."""

    error: Exception


Outcome = Done | Refused | Failed
Channels = Callable[[Request, Registry], Sequence[str]]
CLOCK = Actor(ActorKind.SYSTEM, "clock", "clock")


@dataclass(frozen=True, slots=True)
class Bookkeeping(Command):
    """What must be remembered and is no fact: that a post is shown, a draft. `apply` runs in the transaction."""

    apply: Callable[[Transaction], object] = lambda transaction: None


@dataclass(frozen=True, slots=True)
class Recording(Command):
    """Facts about what is neither a request nor the registry: a candidate.

    `apply` runs in the transaction, at its `now`, and says which entries and words are to be written; or why not.
    """

    apply: Callable[[Transaction, datetime], Writing | Refused] = lambda transaction, now: Writing()


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that was just recorded, and about which request."""

    request: str
    fact: RequestEvent


@dataclass(slots=True)
class Batch:
    """What became of a batch: an outcome for each command, in order, and which requests have changed."""

    outcomes: list[Outcome] = field(default_factory=list)
    changed: dict[str, Request] = field(default_factory=dict)
    facts: list[Told] = field(default_factory=list)
    registry_changed: bool = False


class Engine:
    """Not for several threads: the desk runs it in its one writer thread.

    `channels`: where the cards of a request are to stand.
    """

    def __init__(self, store: Store, clock: Clock, channels: Channels = lambda request, registry: ()) -> None:
        self._store = store
        self._clock = clock
        self._channels = channels
        self._latest = store.latest() or datetime.min.replace(tzinfo=UTC)
        self._version = -1
        self._registry = Registry()

    @property
    def registry(self) -> Registry:
        """The registry as of the last transaction."""
        return self._registry

    def refresh(self) -> Registry:
        """Read the registry anew."""
        with self._store.transaction() as transaction:
            self._read_registry(transaction)
        return self._registry

    def run(self, commands: Sequence[Command], *, again: bool = False) -> Batch:
        """Carry out a batch. Raises StoreUnavailable: nothing is certain, so run the same batch once more, `again`."""
        if not commands:
            return Batch()
        try:
            return self._attempt(commands, again)
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever a poisonous command raises must not reach its neighbours
            # The registry in memory may be ahead of the one recorded.
            self._version = -1
        if len(commands) == 1:
            return self._alone(commands, again)
        half = len(commands) // 2
        first, second = self.run(commands[:half], again=again), self.run(commands[half:], again=again)
        return Batch(
            first.outcomes + second.outcomes,
            {**first.changed, **second.changed},
            first.facts + second.facts,
            first.registry_changed or second.registry_changed,
        )

    def _alone(self, commands: Sequence[Command], again: bool) -> Batch:
        """A second try, for the same command may have come to another process at the same moment: it is known now."""
        try:
            return self._attempt(commands, again)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the answer is that the program failed
            self._version = -1
            return Batch([Failed(error)])

    def _attempt(self, commands: Sequence[Command], again: bool) -> Batch:
        changing = any(isinstance(command, REGISTRY_COMMANDS) for command in commands)
        with self._store.transaction() as transaction:
            now = max(self._clock.now(), self._latest)
            self._read_registry(transaction, changing)
            step = _Step(transaction, self._registry, now, self._channels)
            outcomes = step.carry_out(commands, again)
            transaction.write(step.writing, now)
        self._latest = now
        if step.writing.registry_changed:
            self._registry, self._version = step.registry, -1
        return Batch(outcomes, step.touched, step.facts, step.writing.registry_changed)

    def _read_registry(self, transaction: Transaction, changing: bool = False) -> None:
        version = transaction.registry_version(changing=changing)
        if version != self._version:
            self._registry, self._version = transaction.registry(), version


class _Step:
    """One transaction's worth of work: states in memory, and what is to be written of them."""

    def __init__(
        self,
        transaction: Transaction,
        registry: Registry,
        now: datetime,
        channels: Channels,
    ) -> None:
        self.writing = Writing()
        self.facts: list[Told] = []
        self.registry = registry
        self._transaction = transaction
        self._now = now
        self._now_text = time_text(now)
        self._channels = channels
        self._requests: dict[str, Request] = {}
        self._uploads: Mapping[str, Upload] = {}
        self._answered: dict[str, Done] = {}
        self.touched: dict[str, Request] = {}
        """What has changed, and what a repeated command had changed before: somebody may still have to be told."""
        self._world = self._view()

    def _view(self) -> World | None:
        registry = self.registry
        if registry.policy is None:
            return None
        return World(self._now, registry.policy, registry.people, registry.programs, registry.stopped)

    def carry_out(self, commands: Sequence[Command], again: bool) -> list[Outcome]:
        transaction = self._transaction
        remembered = dict(transaction.remembered([c.id for c in commands if c.digest]))
        wanted = {c.request for c in commands if c.request and (again or not c.creates)}
        wanted |= {first.request for first in remembered.values() if first.request}
        wanted |= {c.replaces for c in commands if isinstance(c, Submit) and c.replaces}
        # Who is about to act is given what is stored, not what is remembered of it.
        claimed = {c.request for c in commands if isinstance(c, TakeClaim)}
        self._requests.update(transaction.requests(sorted(wanted), anew=claimed))
        if named := {one.id for c in commands if isinstance(c, Submit) for one in c.proposal.attachments}:
            self._uploads = transaction.uploads(sorted(named))
        outcomes: list[Outcome] = []
        for command in commands:
            if again and not command.digest and (done := self._recorded_before(command)):
                outcomes.append(done)
                continue
            if command.digest and (before := remembered.get(command.id)):
                outcomes.append(self._again(command, before))
                continue
            outcome = self._one(command)
            # A refused submission made nothing, so its key is free for the corrected one; and a refused claim is asked
            # again until the answer is yes, or no for good.
            free = isinstance(outcome, Failed) or (
                isinstance(outcome, Refused) and isinstance(command, (Submit, TakeClaim))
            )
            if command.draft is not None and isinstance(outcome, Done):
                transaction.drop_draft(command.draft)
            if command.digest and not free:
                if isinstance(outcome, Done):
                    self._answered[command.id] = replace(outcome, repeated=True)
                version = outcome.request.version if isinstance(outcome, Done) and outcome.request else 0
                refused = outcome if isinstance(outcome, Refused) else None
                first = Remembered(command.digest, command.request, version, refused)
                self.writing.remembered[command.id] = remembered[command.id] = first
            outcomes.append(outcome)
        return outcomes

    def _recorded_before(self, command: Command) -> Done | None:
        """A fresh command whose commit may have been lost on the way: its stream says whether it was recorded.

        By its own actor: an expiry that a refused command met is the clock's fact, and no answer to the command.
        """
        if not command.request:
            return None
        version = self._transaction.version_made_by(command.request, command.id, command.actor)
        if version is None:
            return None
        state = self._transaction.request_at(command.request, version)
        if state is not None and state.id not in self.touched:
            self.touched[state.id] = self._requests.get(state.id, state)
        return Done(state, repeated=True)

    def _again(self, command: Command, before: Remembered) -> Outcome:
        if before.digest != command.digest:
            return Refused(
                "key_reused",
                "This key was used before for something else. Take a new key, or send the same again.",
                "key",
            )
        if before.refused is not None:
            return before.refused
        if command.id in self._answered:
            return self._answered[command.id]
        if not before.request:
            return Done(None, repeated=True)
        current = self._requests.get(before.request)
        if current is not None:
            self.touched.setdefault(current.id, current)
        if current is None or current.version != before.version:
            current = self._transaction.request_at(before.request, before.version) or current
        return Done(current, repeated=True)

    def _one(self, command: Command) -> Outcome:
        if isinstance(command, Bookkeeping):
            command.apply(self._transaction)
            return Done(None)
        if command.over is not None and not self._is_theirs(command.over, command.actor):
            return Refused("unknown_person", "This account was taken from you a moment ago; nothing was counted.")
        if isinstance(command, Recording):
            made = command.apply(self._transaction, self._now)
            if isinstance(made, Refused):
                return made
            self.writing.entries += made.entries
            self.writing.words += made.words
            return Done(None)
        if isinstance(command, REGISTRY_COMMANDS):
            return self._change_registry(command)
        if self._world is None:
            raise PlacetError("no policy has been adopted yet")
        request = self._requests.get(command.request)
        world = self._world
        if isinstance(command, Submit) and command.replaces:
            world = replace(world, replaced=self._requests.get(command.replaces))
        if isinstance(command, Submit) and command.proposal.attachments:
            world = replace(world, uploads=self._uploads)
        if request is not None and overdue(request, self._now):
            # Due before anybody spoke: the clock's fact and not the caller's, whatever becomes of the command.
            tick = Tick(command.id, CLOCK, request.id)
            facts, _ = decide(request, tick, world)
            request = self._record(request, facts, tick)
        facts, refused = decide(request, command, world)
        if facts:
            request = self._record(request, facts, command)
        if refused is not None:
            return refused
        if facts:
            self.writing.words += _words(command)
            if isinstance(command, Submit):
                self.writing.kept |= {one.id for one in command.proposal.attachments}
        return Done(request)

    def _is_theirs(self, account: Account, actor: Actor) -> bool:
        link = self.registry.accounts.links.get(account)
        return link is not None and link.person == actor.ref

    def _record(self, request: Request | None, facts: Sequence[RequestEvent], command: Command) -> Request | None:
        self.facts += [Told(command.request, fact) for fact in facts]
        actor, data = write_actor(command.actor), self.writing.entries
        for fact in facts:
            request = evolve(request, fact, command.request)
            body = write_event(fact)
            data.append(self._entry(request.id, request.version, type(fact).__name__, actor, command.id, body))
        if request is not None:
            self._requests[request.id] = self.writing.requests[request.id] = self.touched[request.id] = request
            if request.ruling.gate is not Gate.NONE:
                for channel in self._channels(request, self.registry):
                    self.writing.posts[request.id, channel] = request.version
        return request

    def _change_registry(self, command: RegistryCommand) -> Outcome:
        facts = decide_registry(self.registry, command, self._now)
        if isinstance(facts, Refused):
            return facts
        actor = write_actor(command.actor)
        for fact in facts:
            self.registry = evolve_registry(self.registry, fact)
            stream = stream_of(fact)
            body = write_registry_event(fact)
            seq = self.registry.versions[stream]
            self.writing.entries.append(self._entry(stream, seq, type(fact).__name__, actor, command.id, body))
            if isinstance(fact, PersonDeclared) and isinstance(command, DeclarePeople):
                self.writing.words.append(command.names[fact.person.id])
            elif isinstance(fact, PersonDeclared) and isinstance(command, (AddPerson, ChangePerson)):
                self.writing.words.append(command.name)
            elif isinstance(fact, PersonRemoved):
                # With the fact itself, so that no session comes back to life with somebody of the same name.
                for kind in PASSES:
                    self._transaction.drop_passes(fact.person, kind)
                self._transaction.drop_device(None, fact.person)
            elif isinstance(fact, Stopped) and isinstance(command, Stop):
                self.writing.words.append(command.why)
        if facts:
            self.writing.registry_changed = True
            self._world = self._view()
        return Done(None)

    def _entry(self, stream: str, seq: int, type_name: str, actor: Doc, cause: str, body: Doc) -> Entry:
        return entry(stream, seq, self._now, self._now_text, type_name, actor, cause, body)


def _words(command: Command) -> list[Words]:
    """What the command's author wrote, for the vault."""
    found: list[Words | None] = []
    if isinstance(command, CastVote):
        found = [command.note, command.reason.words if command.reason else None]
    elif isinstance(command, GiveReason):
        found = [command.reason.words]
    return [words for words in found if words is not None]
