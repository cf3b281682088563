"""Whatever anybody does in whatever order: what can never be true of a request."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.commands import Command, Recheck
from core.deadlines import count, next_due, overdue
from core.events import (
    Blocked,
    Claimed,
    Decided,
    Escalated,
    Opened,
    RequestEvent,
    Revised,
    Unblocked,
    Voted,
    VoteTakenBack,
    VoteVoided,
)
from core.lifecycle import decide, evolve, fold
from core.model import CLAIMABLE, Actor, Away, Choice, Gate, Outcome, Person
from core.policy import Policy
from core.request import Request
from core.settling import settling
from core.voting import Verdict
from tests.cast import (
    MOMENTUM,
    OTHER_PROGRAM,
    PROGRAMS,
    because,
    cancel,
    claim,
    context,
    fresh,
    gone,
    modify,
    person,
    policy,
    reason,
    recheck,
    submit,
    take_back,
    tick,
    vote,
    world,
)
from tests.cast import people as everybody
from tests.cast import rule as written

HEAD_LATER = {"after": "PT1H", "to": {"roles": ["head"]}}
CRITICAL = written(
    name="critical", tier=3, when="amount > 200000 || context.vix > 40", route={"roles": ["head", "risk"]}, quorum=2
)
LIMITS = [{"name": "largest", "must": "amount <= 1000000"}]
POLICIES: tuple[Policy, ...] = (
    policy(CRITICAL, written(quorum=2, four_eyes=True, escalate=[HEAD_LATER]), limits=LIMITS),
    policy({**CRITICAL, "four_eyes": True}, written(silence="approve"), limits=LIMITS),
    policy(CRITICAL, written(name="elevated", tier=2, when="amount > 60000", quorum="all"), written(quorum="majority")),
    policy(written(route={"roles": ["risk"]}, escalate=[HEAD_LATER], reasons={"reject": "required"})),
    policy(CRITICAL, written(name="told", when="amount > 60000", gate="notify"), written(quorum=2)),
    policy({**CRITICAL, "grace": "PT5M"}, written(grace="PT2M", four_eyes=True, escalate=[HEAD_LATER]), limits=LIMITS),
    policy(CRITICAL, written(grace="PT5M", quorum=2, silence="approve", expire="PT8M")),
)
ASKERS = (MOMENTUM, OTHER_PROGRAM, person("alice"))
NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "mallory")


class OneRequest(RuleBasedStateMachine):
    """Everybody acts on one request, in any order, while time passes and people come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world()
        self.state: Request | None = None
        self.events: list[RequestEvent] = []
        self.tiers: list[int] = []
        self.asker = MOMENTUM

    @property
    def request(self) -> Request:
        assert self.state is not None
        return self.state

    def say(self, command: Command) -> None:
        before = self.state
        late = before is not None and overdue(before, self.world.now)
        expired = before is not None and before.pending and before.ruling.expire_at <= self.world.now
        facts, refused = decide(before, command, self.world)
        if refused is not None:
            # A vote of somebody who was removed does not settle: it is void, and then others must be asked.
            allowed = (Decided, VoteVoided, Escalated, Blocked, Unblocked) if late else ()
            assert all(isinstance(fact, allowed) for fact in facts)
        elif expired:
            assert any(isinstance(fact, Decided) for fact in facts)
        elif late:
            assert isinstance(facts[0], (Decided, VoteVoided))
        for fact in facts:
            if isinstance(fact, (Blocked, Unblocked)):
                assert (self.request.blocked is None) is isinstance(fact, Blocked)
            self.state = evolve(self.state, fact, command.request)
            if isinstance(fact, (Opened, Revised)):
                self.tiers.append(self.request.ruling.tier)
            if isinstance(fact, Voted):
                assert fact.vote in self.request.counted()
        self.events += facts

    @initialize(
        by=st.sampled_from(POLICIES),
        asker=st.sampled_from(ASKERS),
        amount=st.sampled_from([None, Decimal(10), Decimal(59_000), Decimal(150_000), Decimal(2_000_000)]),
        vix=st.sampled_from([20, 50]),
        condition=st.sampled_from([None, None, "context.vix < 60"]),
    )
    def opens(self, by: Policy, asker: Actor, amount: Decimal | None, vix: int, condition: str | None) -> None:
        self.world = replace(self.world, policy=by)
        self.asker = asker
        self.say(submit(by=self.asker, amount=amount, context={"vix": vix}, valid_while=condition))

    @rule(
        name=st.sampled_from(NAMES),
        choice=st.sampled_from([Choice.APPROVE, Choice.APPROVE, *Choice]),
        stale=st.sampled_from([0, 0, 0, 1]),
        code=st.sampled_from([None, "risk", "mood"]),
        via=st.sampled_from(["web", "slack"]),
    )
    def votes(self, name: str, choice: Choice, stale: int, code: str | None, via: str) -> None:
        number = self.request.revision.number - stale
        given = because(code) if code else None
        values = {"qty": 90} if choice is Choice.MODIFY else None
        self.say(vote(name, choice, number, via=via, parameters=values, reason=given))

    @rule(name=st.sampled_from(NAMES), qty=st.sampled_from([0, 1, 80, 100, 150, 600, 5_000]))
    def modifies(self, name: str, qty: int) -> None:
        self.say(modify(name, self.request.revision.number, qty=qty))

    @rule(name=st.sampled_from(NAMES), number=st.integers(1, 3))
    def adopts(self, name: str, number: int) -> None:
        self.say(modify(name, self.request.revision.number, adopt=number))

    @rule(name=st.sampled_from(NAMES), code=st.sampled_from(["size", "other"]))
    def gives_a_reason(self, name: str, code: str) -> None:
        self.say(reason(name, because(code)))

    @rule(vix=st.sampled_from([10, 50, 70, "wild"]))
    def says_what_has_changed(self, vix: int | str) -> None:
        self.say(context(self.asker, vix=vix))

    @rule(name=st.sampled_from(NAMES), stale=st.sampled_from([0, 0, 1]))
    def takes_the_vote_back(self, name: str, stale: int) -> None:
        self.say(take_back(name, self.request.revision.number - stale))
        if self.request.decision is None:
            mine = [v for v in self.request.counted() if v.person == name]
            # Who was removed does nothing any more, also before their vote is voided.
            active = name in self.world.people and self.world.people[name].active
            grace = self.request.ruling.grace
            assert stale or not mine or not active or grace is None or self.took_back(name) == 10

    def took_back(self, name: str) -> int:
        return sum(isinstance(event, VoteTakenBack) and event.person == name for event in self.events)

    @precondition(lambda self: self.state is not None and len(self.events) > 6)
    @rule()
    def withdraws(self) -> None:
        self.say(cancel(by=self.asker))

    @rule(claimant=st.sampled_from(["worker-1", "worker-2"]), mine=st.booleans())
    def claims(self, claimant: str, mine: bool) -> None:
        self.say(claim(claimant, by=self.asker if mine else OTHER_PROGRAM))

    @rule(minutes=st.sampled_from([1, 2, 20, 50, 130]), ticks=st.booleans())
    def time_passes(self, minutes: int, ticks: bool) -> None:
        self.world = replace(self.world, now=self.world.now + timedelta(minutes=minutes))
        if ticks:
            self.say(tick())

    def become(self, someone: Person) -> None:
        self.world = replace(self.world, people={**self.world.people, someone.id: someone})

    @rule(name=st.sampled_from(NAMES[:-1]), told=st.booleans())
    def is_removed(self, name: str, told: bool) -> None:
        self.become(gone(self.world.people[name]))
        if told:
            self.say(recheck())

    @rule(name=st.sampled_from(NAMES[:-1]), told=st.booleans())
    def comes_back(self, name: str, told: bool) -> None:
        self.become(everybody()[name])
        if told:
            self.say(recheck())

    @rule(name=st.sampled_from(["alice", "dave", "erin", "frank"]), delegate=st.sampled_from([None, "bob", "carol"]))
    def goes_away(self, name: str, delegate: str | None) -> None:
        until = self.world.now + timedelta(hours=1)
        self.become(replace(self.world.people[name], away=Away(until, delegate)))
        self.say(recheck())

    @invariant()
    def it_is_decided_once_and_claimed_once_after_an_approval(self) -> None:
        ends = [event for event in self.events if isinstance(event, (Decided, Claimed))]
        assert sum(isinstance(event, Decided) for event in ends) <= 1
        assert sum(isinstance(event, Claimed) for event in ends) <= 1
        if any(isinstance(event, Claimed) for event in ends):
            first = ends[0]
            assert isinstance(first, Decided)
            assert first.decision.outcome in CLAIMABLE

    @invariant()
    def an_approval_has_enough_approvals_of_people_who_may(self) -> None:
        decision = self.state.decision if self.state else None
        if decision is None or decision.outcome not in CLAIMABLE:
            return
        ruling = self.request.ruling
        approving = [v for v in self.request.counted() if v.choice in (Choice.APPROVE, Choice.MODIFY)]
        voters = {v.person for v in approving}
        if not decision.by:
            assert (ruling.tier, ruling.silence, self.request.revision.number) == (1, "approve", 1)
            assert decision.outcome is Outcome.APPROVED
            return
        assert set(decision.by) == voters
        assert len(voters) == len(approving) >= ruling.needed
        assert self.request.asker.ref not in voters
        assert not voters & {"carol", "mallory"} or all(v.acting_for for v in approving if v.person == "carol")
        owner = PROGRAMS[self.request.asker.ref].owner if self.request.asker.ref in PROGRAMS else None
        if ruling.four_eyes:
            assert owner not in voters
            lent = [v.acting_for for v in approving if v.acting_for]
            assert len({*voters, *lent}) == len(voters) + len(lent)

    @invariant()
    def the_tier_never_falls(self) -> None:
        assert self.tiers == sorted(self.tiers)

    @invariant()
    def nobody_votes_twice_on_a_revision(self) -> None:
        if self.state is not None:
            cast = [(v.person, v.revision) for v in self.state.votes if v.taken_back is None]
            assert len(cast) == len(set(cast))

    @invariant()
    def nothing_is_voted_on_after_the_end(self) -> None:
        kinds = [type(event) for event in self.events]
        if Decided in kinds:
            assert not {Voted, Revised, VoteVoided, VoteTakenBack} & set(kinds[kinds.index(Decided) :])

    @invariant()
    def the_state_is_the_fold_of_the_facts(self) -> None:
        assert fold(None, self.events, "req_1") == self.state
        if self.state is not None:
            assert self.state.version == len(self.events)

    @invariant()
    def it_is_due_until_it_has_ended(self) -> None:
        if self.state is not None:
            assert (next_due(self.state) is None) is (self.state.decision is not None)

    @invariant()
    def what_was_decided_under_a_grace_could_be_taken_back_for_so_long(self) -> None:
        decision = self.state.decision if self.state else None
        grace = self.request.ruling.grace if self.state else None
        if decision is None or grace is None or not decision.by:
            return
        latest = max(vote.at for vote in self.request.counted())
        assert decision.at >= min(latest + grace, self.request.ruling.expire_at)

    @invariant()
    def what_settles_is_due_when_it_counts(self) -> None:
        if self.state is not None and (decision := settling(self.state)) is not None:
            assert next_due(self.state) == decision.at <= self.state.ruling.expire_at
            assert decision.outcome in {*CLAIMABLE, Outcome.REJECTED, Outcome.CHANGES_REQUESTED}

    @invariant()
    def asking_again_changes_nothing(self) -> None:
        # What follows by itself has followed: a second look at the same moment finds nothing more to do.
        if self.state is not None:
            facts, refused = decide(self.state, Recheck(fresh(), MOMENTUM, "req_1"), self.world)
            settled = fold(self.state, facts)
            assert refused is None
            assert decide(settled, recheck(), self.world) == ((), None)
            if settled is not None and settled.pending:
                verdict = count(settled, self.world).verdict
                if settling(settled) is None:
                    assert verdict is (Verdict.OPEN if settled.blocked is None else Verdict.UNREACHABLE)

    @invariant()
    def every_authority_counts_once(self) -> None:
        if self.state is not None:
            counted = [vote.acting_for or vote.person for vote in self.state.counted()]
            assert len(counted) == len(set(counted))

    @invariant()
    def what_is_open_asks_somebody(self) -> None:
        if self.state is not None and self.state.pending:
            assert self.state.ruling.gate is Gate.ASK


OneRequest.TestCase.settings = settings(max_examples=1000, stateful_step_count=30)
TestWhateverHappens = OneRequest.TestCase
