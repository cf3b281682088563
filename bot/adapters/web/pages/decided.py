"""What was decided, the latest first: by whom, when, why, and how it departs from what was recommended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.web.doors import Visitor
from bot.adapters.web.web import Web
from bot.faces import commitments
from core.card import Button, level, mark, value_text
from core.deadlines import REASON_AFTERWARDS
from core.model import ActorKind, Choice, Outcome, Person, ReasonRule, Vote
from core.policy import Policy
from core.ports import Filter, Page
from core.registry import Registry
from core.request import Request as Asked
from core.story import AGREE
from core.token import Token, guard_of
from core.wording import reason_text

SIZE = 30
_OUTCOMES = {
    Outcome.APPROVED: ("Approved", "good"),
    Outcome.MODIFIED: ("Approved as modified", "good"),
    Outcome.REJECTED: ("Rejected", "bad"),
    Outcome.CHANGES_REQUESTED: ("Changes requested", "warn"),
    Outcome.EXPIRED: ("Expired", ""),
    Outcome.LAPSED: ("Lapsed", ""),
    Outcome.CANCELLED: ("Withdrawn", ""),
    Outcome.ADVISED: ("For information", ""),
}
_CHOICES = {
    Choice.APPROVE: "approved",
    Choice.REJECT: "rejected",
    Choice.MODIFY: "modified",
    Choice.REQUEST_CHANGES: "asked for changes",
    Choice.ABSTAIN: "abstained",
}
_DEPARTING = (Choice.REJECT, Choice.MODIFY, Choice.REQUEST_CHANGES)
_ME = "me"
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Sought:
    """The filters, as they stand in the address."""

    outcome: str = ""
    tier: str = ""
    subject: str = ""
    by: str = ""
    asker: str = ""

    def but(self, **changes: str) -> str:
        """The address with some of them changed."""
        given = {name: getattr(self, name) for name in self.__slots__} | changes
        said = {name: value for name, value in given.items() if value}
        return f"/decided?{urlencode(said)}" if said else "/decided"

    @property
    def narrow(self) -> bool:
        return self != Sought()


@dataclass(frozen=True, slots=True)
class ReasonShown:
    """`late`: it was given after the decision, at `at`."""

    text: str
    agree: str
    at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class VoteShown:
    """`counted`: it is one of those that decided, so that it is named already."""

    person: str
    acting_for: str | None
    choice: str
    note: str
    reasons: tuple[ReasonShown, ...]
    counted: bool

    @property
    def tells(self) -> bool:
        return bool(self.note or self.reasons)


@dataclass(frozen=True, slots=True)
class Row:
    """`why`: the reason codes as buttons, where this visitor can still say why."""

    request: Asked
    title: str
    subject: str
    tier: int
    mark: str
    outcome: str
    look: str
    at: datetime
    by: str
    asker: str
    because: str | None
    claimed: str | None
    override: str
    changes: tuple[tuple[str, str, str], ...]
    votes: tuple[VoteShown, ...]
    why: tuple[Button, ...]


def routes(web: Web) -> list[Route]:
    services = web.services

    async def decided(request: Request, visitor: Visitor) -> Response:
        registry, now = services.registry(), services.clock.now()
        sought = _sought(request)
        try:
            page: Page[Asked] = await services.read(
                services.reader.page, _filter(sought, visitor.person), request.query_params.get("cursor"), SIZE
            )
        except ValueError:
            words = "This address leads nowhere: begin again with what was decided last."
            return web.refusal(request, visitor, 404, "Not found", words)
        needed = commitments(page.items)
        texts = await services.read(services.reader.words, needed) if needed else {}
        return web.page(
            request,
            visitor,
            "decided.html",
            rows=[_row(one, visitor.person, registry, texts, now) for one in page.items],
            sought=sought,
            outcomes=[(one.value, words) for one, (words, _) in _OUTCOMES.items()],
            tiers=sorted(registry.policy.tiers.items(), reverse=True) if registry.policy else [],
            askers=_askers(registry),
            further=sought.but(cursor=page.cursor) if page.cursor else None,
            later=request.query_params.get("cursor") is not None,
        )

    return [web.shown("/decided", decided)]


def _sought(request: Request) -> Sought:
    """What is asked for, as far as it can be: a filter that makes no sense filters nothing."""
    given = {name: request.query_params.get(name, "").strip()[:_LONGEST] for name in Sought.__slots__}
    given = {name: value if value.isprintable() else "" for name, value in given.items()}
    sought = Sought(**given)
    if sought.outcome not in {one.value for one in Outcome}:
        sought = replace(sought, outcome="")
    if not (sought.tier.isascii() and sought.tier.isdecimal() and len(sought.tier) == 1):
        sought = replace(sought, tier="")
    if sought.asker.partition(":")[0] not in ("program", "person"):
        sought = replace(sought, asker="")
    return sought if sought.by == _ME else replace(sought, by="")


def _filter(sought: Sought, person: Person) -> Filter:
    return Filter(
        status=sought.outcome or "decided",
        tier=int(sought.tier) if sought.tier else None,
        subject=sought.subject or None,
        asker=sought.asker or None,
        voter=person.id if sought.by == _ME else None,
    )


def _askers(registry: Registry) -> list[tuple[str, str]]:
    programs = [(f"program:{name}", name) for name in sorted(registry.programs)]
    people = [(f"person:{one.id}", f"{one.name} (a person)") for one in registry.people.values()]
    return [*programs, *people]


def _row(one: Asked, visitor: Person, registry: Registry, texts: Mapping[str, str], now: datetime) -> Row:
    decision = one.decision
    if decision is None:
        raise ValueError(f"{one.id} is still open")
    outcome, look = _OUTCOMES[decision.outcome]
    override = decision.override
    changes = override.changes if override is not None else ()
    return Row(
        request=one,
        title=one.proposal.title,
        subject=one.proposal.subject,
        tier=level(one.ruling),
        mark=mark(one.ruling),
        outcome=outcome,
        look=look,
        at=decision.at,
        by=", ".join(_name(person, registry) for person in decision.by),
        asker=one.asker.ref if one.asker.kind is not ActorKind.PERSON else _name(one.asker.ref, registry),
        because=decision.why,
        claimed=one.claim.claimant.partition("/clm_")[0] if one.claim is not None else None,
        override={"refined": "in part", "replaced": "altogether"}.get(override.kind, "") if override else "",
        changes=tuple(
            (change.path.removeprefix("/parameters/"), value_text(change.old), value_text(change.new))
            for change in changes
        ),
        votes=_votes(one, registry, texts),
        why=_why(one, visitor, registry.policy, now),
    )


def _name(person: str, registry: Registry) -> str:
    known = registry.people.get(person)
    return known.name if known else person


def _votes(one: Asked, registry: Registry, texts: Mapping[str, str]) -> tuple[VoteShown, ...]:
    """Who said what, each person's answer once: whoever modifies has voted on what was asked and on what came of it."""
    found: dict[tuple[str, Choice], list[Vote]] = {}
    for vote in one.votes:
        if vote.taken_back is None:
            found.setdefault((vote.person, vote.choice), []).append(vote)
    return tuple(_vote(votes, one, registry, texts) for votes in found.values())


def _vote(votes: list[Vote], one: Asked, registry: Registry, texts: Mapping[str, str]) -> VoteShown:
    labels, vote, decision = registry.policy.reasons if registry.policy else {}, votes[-1], one.decision
    decided_at = decision.at if decision else vote.at
    earlier = vote.revision != one.revision.number
    return VoteShown(
        person=_name(vote.person, registry),
        acting_for=_name(vote.acting_for, registry) if vote.acting_for else None,
        choice=_CHOICES[vote.choice] + (" an earlier revision" if earlier else ""),
        note=next((texts[vote.note] for vote in votes if vote.note and vote.note in texts), ""),
        reasons=tuple(
            ReasonShown(
                reason_text(reason, labels, texts) if reason.code else "",
                AGREE[reason.would_agree] if reason.would_agree else "",
                reason.at,
                reason.at > decided_at,
            )
            for vote in votes
            for reason in vote.reasons
        ),
        counted=bool(decision and vote.person in decision.by),
    )


def _why(one: Asked, visitor: Person, policy: Policy | None, now: datetime) -> tuple[Button, ...]:
    """The reason codes for the visitor's own vote, as the desk of taps takes them: where one departs, or was asked."""
    votes = [vote for vote in one.votes if vote.person == visitor.id and vote.taken_back is None]
    mine = next((vote for vote in reversed(votes) if vote.reasons), votes[-1] if votes else None)
    if mine is None or policy is None or one.decision is None or now - one.decision.at > REASON_AFTERWARDS:
        return ()
    if mine.choice not in _DEPARTING and one.ruling.reason_rule(mine.choice) is ReasonRule.OFF:
        return ()
    token = Token("why", one.id, mine.revision, guard=guard_of(visitor.id))
    return tuple(Button("why", label, str(replace(token, argument=code))) for code, label in policy.reasons.items())
