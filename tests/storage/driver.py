"""A seeded driver: a few hundred commands at random, in batches of every size, as a confused day brings them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

from core.commands import Cancel, Command, GivenReason, GiveReason, Recheck, UpdateContext
from core.model import Choice, Person, Words
from core.registry import DeclarePeople, Resume, Stop
from tests.storage.scene import PEOPLE, PROGRAM, SYSTEM, Scene, claim, declare, name, person, submit, tick, vote, words

SECRET = "between us: "
EVERYBODY = (*PEOPLE, Person("erin", "Erin Ellis", frozenset({"trader", "risk"})))


class Driver:
    """Makes commands from a seed. Many of them will be refused, which is as it should be."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.count = 0
        self.submitted: list[str] = []
        self.sent: list[Command] = []
        self.votes: list[tuple[str, str]] = []
        self.written: list[str] = []

    def batches(self, commands: int) -> Iterator[list[Command]]:
        while commands > 0:
            size = min(commands, self.random.choice((1, 3, 12, 40)))
            yield [self._command() for _ in range(size)]
            commands -= size

    def drive(self, scene: Scene, commands: int) -> None:
        """Send them, and let between two seconds and a quarter of an hour go by after each batch."""
        for batch in self.batches(commands):
            outcomes = scene.run(*batch)
            assert len(outcomes) == len(batch)
            if any(isinstance(command, DeclarePeople) for command in batch):
                voted = {request for who in EVERYBODY for request in scene.reader.voted_by(who.id)}
                scene.run(*(Recheck("recheck", SYSTEM, request) for request in sorted(voted)))
            scene.run(*(tick(request) for request in scene.reader.due(scene.clock.at, 100)))
            scene.clock.advance(seconds=self.random.choice((2, 60, 60, 900)))

    def _command(self) -> Command:
        self.count += 1
        if self.sent and self.random.random() < 0.1:
            return self.random.choice(self.sent)
        command = self._fresh()
        self.sent.append(command)
        return command

    def _fresh(self) -> Command:
        random = self.random
        if not self.submitted or random.random() < 0.15:
            return self._submission()
        request = random.choice(self.submitted[-8:])
        who = random.choice(EVERYBODY).id
        id = f"cmd:{self.count}"
        kind = random.randrange(24)
        if kind < 13:
            return self._vote(request, who, id)
        if kind in (13, 14):
            request, who = self.votes[-1] if self.votes else (request, who)
            reason = GivenReason(random.choice(("price", "size", "nonsense")), self._words())
            return GiveReason(id, person(who), request, "d", reason=reason)
        if kind == 15:
            return Cancel(id, PROGRAM, request, "d")
        if kind in (16, 17):
            spot = Decimal(random.randrange(10_000, 99_999)) / 100
            return UpdateContext(id, PROGRAM, request, "d", context={"spot": spot})
        if kind in (18, 19):
            return claim(request, random.choice(("worker-1", "worker-2")), id=id)
        if kind == 20:
            return random.choice((Stop(id, SYSTEM, "", "d", why=words("drill", id)), Resume(id, SYSTEM, "", "d")))
        if kind == 21:
            here = [replace(p) for p in EVERYBODY if p.admin or random.random() < 0.8]
            return declare(here, id=id)
        return random.choice((tick(request), Recheck("recheck", SYSTEM, request)))

    def _submission(self) -> Command:
        request = name(self.count)
        amount = self.random.choice((5, 2_000, 200_000, 200_000, 9_000_000))
        rule = "context.spot > 300" if self.random.random() < 0.3 else None
        replaces = self.random.choice(self.submitted) if self.submitted and self.random.random() < 0.1 else None
        self.submitted.append(request)
        advisory = self.random.random() < 0.1
        return submit(request, amount, valid_while=rule, replaces=replaces, advisory=advisory)

    def _vote(self, request: str, who: str, id: str) -> Command:
        self.votes.append((request, who))
        choice = self.random.choice((*Choice, Choice.APPROVE, Choice.MODIFY, Choice.ABSTAIN))
        return vote(
            request,
            who,
            choice.value,
            self.random.choice((1, 1, 1, 2, 3)),
            id=id,
            parameters={"quantity": self.random.randrange(1, 11)} if choice is Choice.MODIFY else None,
            reason=GivenReason("other", self._words()) if self.random.random() < 0.5 else None,
            note=self._words() if self.random.random() < 0.3 else None,
        )

    def _words(self) -> Words:
        text = f"{SECRET}{self.random.random()}"
        self.written.append(text)
        return words(text, text)
