"""Any value of the core, for Hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core import events as e
from core.model import (
    Actor,
    Attachment,
    Away,
    Change,
    Claim,
    Decision,
    Escalation,
    Override,
    Person,
    Proposal,
    Reason,
    Route,
    Ruling,
    Similar,
    Suggestion,
    Vote,
)
from core.request import Request, Revision

WORDS = st.text(max_size=8)
NAMES = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=6)
KEYS = st.text(st.characters(max_codepoint=127), max_size=4)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds must be naive
DURATIONS = st.timedeltas(timedelta(microseconds=1), timedelta(days=366))
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)
COUNTS = st.integers(1, 9)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=2).map(tuple)


SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | DECIMALS | WORDS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)
MAPPINGS = st.dictionaries(KEYS, VALUES, max_size=3)

actors = st.builds(Actor, ref=NAMES, via=NAMES)
routes = st.builds(Route, roles=several(NAMES), people=several(NAMES), skills=several(NAMES))
attachments = st.builds(
    Attachment, id=NAMES, title=WORDS, media_type=NAMES, width=st.integers(0, 9), height=st.integers(0, 9)
)
proposals = st.builds(
    Proposal,
    action=NAMES,
    subject=WORDS,
    title=WORDS,
    summary=maybe(WORDS),
    parameters=MAPPINGS,
    editable=maybe(MAPPINGS),
    confidence=maybe(st.decimals(Decimal(0), Decimal(1), places=3)),
    amount=maybe(DECIMALS),
    currency=maybe(NAMES),
    context=MAPPINGS,
    valid_for=maybe(DURATIONS),
    valid_while=maybe(WORDS),
    act_within=maybe(DURATIONS),
    account=maybe(NAMES),
    algorithm=maybe(NAMES),
    attachments=several(attachments),
    similar=maybe(st.builds(Similar, count=COUNTS, good=st.integers(0, 9), words=maybe(WORDS))),
)
rulings = st.builds(
    Ruling,
    tier=COUNTS,
    tier_name=NAMES,
    rule=NAMES,
    why=several(WORDS),
    policy=NAMES,
    route=routes,
    needed=COUNTS,
    eligible=COUNTS,
    expire_at=TIMES,
    remind_at=maybe(TIMES),
    escalations=several(st.builds(Escalation, at=TIMES, to=routes)),
    reasons=st.dictionaries(NAMES, st.sampled_from(["off", "asked", "required"]), max_size=2),
    act_within=maybe(DURATIONS),
    grace=maybe(DURATIONS),
    tiers=maybe(COUNTS),
    broken=several(NAMES),
)
revisions = st.builds(Revision.of, number=COUNTS, proposal=proposals, ruling=rulings, shown=NAMES, opened_at=TIMES)
reasons = st.builds(Reason, code=NAMES, at=TIMES, words=maybe(NAMES), catalogue=COUNTS)
votes = st.builds(
    Vote,
    person=NAMES,
    revision=COUNTS,
    at=TIMES,
    via=NAMES,
    note=maybe(NAMES),
    reasons=several(reasons),
    acting_for=maybe(NAMES),
    taken_back=maybe(TIMES),
)
suggestions = st.builds(Suggestion, number=COUNTS, person=NAMES, parameters=MAPPINGS, at=TIMES)
changes = st.builds(Change, path=WORDS, old=VALUES, new=VALUES)
overrides = st.builds(Override, kind=st.sampled_from(["refined", "replaced"]), changes=several(changes))
decisions = st.builds(
    Decision, at=TIMES, revision=COUNTS, by=several(NAMES), why=maybe(WORDS), override=maybe(overrides)
)
claims = st.builds(Claim, id=NAMES, claimant=WORDS, at=TIMES)

opened = st.builds(
    e.Opened,
    revision=revisions,
    asker=actors,
    key=maybe(WORDS),
    replaces=maybe(NAMES),
    iteration=COUNTS,
    floor=COUNTS,
)
revised = st.builds(e.Revised, revision=revisions, vote=votes)
events = st.one_of(
    opened,
    revised,
    st.builds(e.Voted, vote=votes, revision_hash=NAMES, shown=NAMES, policy=NAMES),
    st.builds(e.Suggested, suggestion=suggestions),
    st.builds(e.VoteVoided, person=NAMES, revision=COUNTS),
    st.builds(e.VoteTakenBack, person=NAMES, revision=COUNTS, at=TIMES),
    st.builds(e.ReasonGiven, person=NAMES, revision=COUNTS, reason=reasons),
    st.builds(e.ContextUpdated, context=MAPPINGS),
    st.just(e.Reminded()),
    st.builds(e.Escalated, level=COUNTS, to=routes, why=WORDS),
    st.builds(e.Blocked, why=WORDS),
    st.just(e.Unblocked()),
    st.builds(e.Decided, decision=decisions),
    st.builds(e.Claimed, claim=claims),
)

states = st.builds(
    Request,
    id=NAMES,
    version=COUNTS,
    key=maybe(WORDS),
    asker=actors,
    subject=WORDS,
    created_at=TIMES,
    revision=revisions,
    revised_in=COUNTS,
    floor=COUNTS,
    advice=maybe(revisions.map(lambda revision: revision.content)),
    updates=MAPPINGS,
    replaces=maybe(NAMES),
    iteration=COUNTS,
    votes=several(votes),
    voided=st.frozensets(NAMES, max_size=2),
    suggestions=several(suggestions),
    escalated=st.integers(0, 3),
    blocked=maybe(WORDS.filter(bool)),
    decision=maybe(decisions),
    claim=maybe(claims),
)

people = st.builds(
    Person,
    id=NAMES,
    name=WORDS,
    roles=st.frozensets(NAMES, max_size=2),
    skills=st.frozensets(NAMES, max_size=2),
    away=maybe(st.builds(Away, until=TIMES, delegate=maybe(NAMES))),
)
