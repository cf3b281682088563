"""From submission to claim: what is refused, what follows by itself, and what time does."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.commands import Command, Submit
from core.events import Reminded
from core.lifecycle import decide, evolve, fold
from core.model import Outcome
from tests.cast import (
    ALICE,
    BOB,
    FRANK,
    HOUR,
    MINUTE,
    MOMENTUM,
    NOW,
    OTHER_PROGRAM,
    Story,
    away,
    cancel,
    claim,
    context,
    gone,
    modify,
    people,
    person,
    policy,
    proposal,
    recheck,
    rule,
    submit,
    tick,
    vote,
    world,
)

HEAD_LATER = {"after": "PT1H", "to": {"roles": ["head"]}}
LIMITS = [{"name": "largest", "must": "amount <= 50000"}]


def refusal_of(command: Command) -> str:
    events, refused = decide(None, command, world())
    assert events == ()
    assert refused is not None
    return refused.code


# Submit


def test_a_submission_opens_a_request_with_its_ruling() -> None:
    story = Story(opening=submit(key="order-7"))

    request = story.request
    assert story.happened() == ["Opened"]
    assert (request.id, request.version, request.key, request.subject) == ("req_1", 1, "order-7", "NVDA")
    assert (request.asker, request.created_at, request.pending) == (MOMENTUM, NOW, True)
    assert (request.ruling.rule, request.ruling.tier, request.ruling.needed) == ("routine", 1, 1)


def test_the_same_request_is_not_opened_twice() -> None:
    assert Story().refusal(submit()) == "exists"


@pytest.mark.parametrize("command", [vote("alice", "approve"), cancel(), context(vix=1), claim(), tick(), recheck()])
def test_nothing_can_be_said_of_a_request_that_does_not_exist(command: Command) -> None:
    assert refusal_of(command) == "not_found"


def test_a_fact_about_a_request_that_was_never_opened_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="never opened"):
        evolve(None, Reminded())


def test_a_condition_that_does_not_hold_at_once_is_refused_at_the_door() -> None:
    for condition in ("context.vix > 30", "context.spread < 3", "amount +", "amount"):
        assert refusal_of(submit(valid_while=condition)) == "invalid", condition


def test_it_replaces_only_what_the_same_asker_was_asked_to_change() -> None:
    changed = Story().tells(vote("alice", "request_changes")).request

    def answer(command: Submit, replaced: object) -> str | None:
        events, refused = decide(None, command, world(replaced=replaced))
        assert bool(events) is (refused is None)
        return refused.code if refused else None

    assert answer(submit(replaces="req_1"), changed) is None
    assert answer(submit(replaces="req_1"), None) == "invalid"
    assert answer(submit(by=OTHER_PROGRAM, replaces="req_1"), changed) == "invalid"
    assert answer(submit(replaces="req_1"), Story().request) == "invalid"


def test_the_shorter_of_the_rules_time_and_the_proposals_own_counts() -> None:
    assert Story(opening=submit(valid_for=HOUR)).request.ruling.expire_at == NOW + HOUR
    assert Story(opening=submit(valid_for=9 * HOUR)).request.ruling.expire_at == NOW + 4 * HOUR


def test_a_proposals_own_time_counts_from_the_submission_over_every_revision() -> None:
    story = Story(world(rule(quorum=2)), submit(valid_for=2 * HOUR)).later(HOUR).tells(modify("alice", qty=80))

    assert story.request.revision.number == 2
    assert story.request.ruling.expire_at == NOW + 2 * HOUR


def test_the_shorter_of_both_times_to_act_counts() -> None:
    around = world(rule(act_within="PT30M"))

    assert Story(around).request.ruling.act_within == 30 * MINUTE
    assert Story(around, submit(act_within=5 * MINUTE)).request.ruling.act_within == 5 * MINUTE
    assert Story(around, submit(act_within=HOUR)).request.ruling.act_within == 30 * MINUTE


@pytest.mark.parametrize("gate", ["none", "notify"])
def test_without_a_gate_a_request_is_told_and_never_claimed(gate: str) -> None:
    story = Story(world(rule(gate=gate)))

    assert story.happened() == ["Opened", "Decided"]
    assert story.outcome == Outcome.ADVISED
    assert story.request.ruling.gate == gate
    assert story.refusal(claim()) == "not_approved"


# Cancel


def test_who_asked_can_withdraw() -> None:
    story = Story().tells(cancel(why="the signal is gone"))

    assert story.outcome == Outcome.CANCELLED
    assert story.request.decision is not None
    assert story.request.decision.why == "the signal is gone"
    assert story.refusal(vote("alice", "approve")) == "ended"


def test_nobody_else_can_withdraw() -> None:
    story = Story()

    assert story.refusal(cancel(by=OTHER_PROGRAM)) == "not_yours"
    assert story.refusal(cancel(by=person("momentum"))) == "not_yours"
    assert story.refusal(cancel(by=person("frank"))) == "not_yours"
    assert story.outcome is None


def test_what_has_ended_cannot_be_withdrawn() -> None:
    story = Story().tells(vote("alice", "approve"))

    assert story.refusal(cancel()) == "ended"
    assert story.outcome == Outcome.APPROVED


# Context


def test_a_new_context_lies_over_the_proposals_own() -> None:
    story = Story().tells(context(vix=25, spread=Decimal("0.5")), context(spread=2))

    assert story.request.context == {"vix": 25, "spread": 2}
    assert story.request.proposal.context == {"vix": 20}
    assert story.outcome is None


def test_nobody_else_updates_the_context() -> None:
    assert Story().refusal(context(by=OTHER_PROGRAM, vix=1)) == "not_yours"


def test_the_context_has_a_bound() -> None:
    many = {f"n{number}": number for number in range(199)}

    story = Story().tells(context(MOMENTUM, **many))
    assert story.refusal(context(one_more=1)) == "invalid"
    assert len(story.request.context) == 200


def test_a_condition_that_cannot_be_judged_any_more_lapses() -> None:
    story = Story(opening=submit(valid_while="context.vix < 30")).tells(context(vix="wild"))

    assert story.outcome == Outcome.LAPSED
    assert story.request.decision is not None
    assert story.request.decision.why == "`context.vix < 30` holds no longer"


def test_context_is_taken_until_the_claim_and_not_after_it() -> None:
    story = Story().tells(vote("alice", "approve"), context(vix=25), claim())
    assert story.refusal(context(vix=20)) == "ended"

    rejected = Story().tells(vote("alice", "reject"))
    assert rejected.refusal(context(vix=20)) == "ended"


# Claim


def test_an_approval_is_claimed_once_and_the_same_claimant_hears_the_same_again() -> None:
    story = Story().tells(vote("alice", "approve"), claim("worker-1"))
    taken = story.request.claim
    assert taken is not None
    assert (taken.id, taken.claimant, taken.at) == ("clm_worker-1", "worker-1", NOW)

    story.tells(claim("worker-1"))
    assert story.latest == ()
    assert story.refusal(claim("worker-2")) == "claimed"
    assert story.request.claim == taken


def test_only_who_asked_can_claim() -> None:
    story = Story().tells(vote("alice", "approve"))

    assert story.refusal(claim(by=OTHER_PROGRAM)) == "not_yours"
    assert story.refusal(claim(by=person("alice"))) == "not_yours"


def test_nothing_is_claimed_before_it_is_decided() -> None:
    assert Story().refusal(claim()) == "not_decided"


def test_what_is_overdue_expires_before_a_claim_is_judged() -> None:
    story = Story().later(4 * HOUR)

    assert story.refusal(claim()) == "not_approved"
    assert story.outcome == Outcome.EXPIRED


@pytest.mark.parametrize("choice", ["reject", "request_changes"])
def test_what_was_not_approved_is_not_claimed(choice: str) -> None:
    assert Story().tells(vote("alice", choice)).refusal(claim()) == "not_approved"


def test_a_modified_request_is_claimed_with_the_hash_of_what_was_approved() -> None:
    story = Story()
    first = story.request.revision.hash
    story.tells(modify("alice", qty=80))
    assert story.outcome == Outcome.MODIFIED

    assert story.refusal(claim(hash=first)) == "other_revision"
    story.tells(claim(hash=story.request.revision.hash))
    assert story.request.claim is not None


def test_content_that_was_altered_in_the_store_is_not_acted_on() -> None:
    story = Story().tells(vote("alice", "approve"))
    revision = replace(story.request.revision, content=story.request.revision.content.replace(b"NVDA", b"AMZN"))
    story.state = story.request.but(revision=revision)

    assert story.refusal(claim()) == "altered"


def test_the_time_to_act_is_bounded() -> None:
    def approved() -> Story:
        return Story(world(rule(act_within="PT30M"))).tells(vote("alice", "approve"))

    assert approved().later(30 * MINUTE).tells(claim()).request.claim is not None
    assert approved().later(30 * MINUTE + timedelta(microseconds=1)).refusal(claim()) == "too_late"


def test_nothing_is_claimed_while_everything_is_stopped() -> None:
    story = Story().tells(vote("alice", "approve"))
    story.world = replace(story.world, stopped="fat finger in Zurich")
    assert story.refusal(claim()) == "stopped"

    story.world = replace(story.world, stopped=None)
    assert story.tells(claim()).request.claim is not None


def test_a_hard_limit_that_was_set_after_the_approval_holds_at_the_claim() -> None:
    story = Story().tells(vote("alice", "approve"))
    story.world = replace(story.world, policy=policy(limits=[{"name": "largest", "must": "amount <= 10000"}]))

    assert story.refusal(claim()) == "limit"


def test_a_claim_does_not_hold_when_the_context_has_broken_a_limit() -> None:
    calm = [{"name": "calm", "must": "context.vix < 40"}]
    story = Story(world(ruled_by=policy(limits=calm))).tells(vote("alice", "approve"), context(vix=60))

    assert story.refusal(claim()) == "limit"


# People come and go


def test_nothing_happens_when_people_who_have_not_voted_change() -> None:
    story = Story(world(rule(quorum=2))).tells(vote("alice", "approve"))

    assert story.with_people(gone(FRANK)).tells(recheck()).latest == ()
    assert story.tells(recheck()).latest == ()


def test_it_is_blocked_once() -> None:
    everybody_away = people(away(ALICE), away(BOB), away(FRANK))
    story = Story(world(rule(), people=everybody_away))
    assert story.happened() == ["Opened", "Blocked"]

    story.tells(recheck(), context(vix=1), recheck())
    assert story.happened() == ["Opened", "Blocked", "ContextUpdated"]


def test_a_request_that_has_ended_does_not_care_who_leaves() -> None:
    story = Story().tells(vote("alice", "approve")).with_people(gone(ALICE)).tells(recheck())

    assert story.latest == ()
    assert story.outcome == Outcome.APPROVED


def test_the_fold_of_all_facts_is_the_state() -> None:
    story = Story(world(rule(quorum=2))).tells(vote("alice", "approve"), modify("bob", qty=80), context(vix=3))
    story.tells(vote("alice", "approve", 2), claim())

    assert fold(None, story.events, "req_1") == story.request
    assert story.request.version == len(story.events)


def test_what_is_not_a_known_command_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match="Command"):
        decide(Story().request, Command("c", MOMENTUM, "req_1"), world())


def test_a_proposal_without_anything_to_change_cannot_be_modified() -> None:
    story = Story(opening=submit(proposal(editable=None)))

    assert story.refusal(modify("alice", qty=80)) == "not_editable"
